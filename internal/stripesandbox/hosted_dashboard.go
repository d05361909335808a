package stripesandbox

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"hearth/internal/stripesandbox/hosted"
)

// A login link opens once; the dashboard behind it stays open for an hour of
// sandbox time.
const dashboardOpenFor = hour

// dashboardOpen spends the login link and shows the dashboard.
func (s *Server) dashboardOpen(w http.ResponseWriter, r *http.Request) {
	err := s.OpenLoginLink(r.PathValue("account"), r.PathValue("token"))
	switch {
	case errors.Is(err, ErrLinkUsed):
		s.dashboardGone(w)
		return
	case err != nil:
		s.trouble(w, "Express", err)
		return
	}
	http.Redirect(w, r, r.URL.Path+"/home", http.StatusSeeOther)
}

func (s *Server) dashboardGone(w http.ResponseWriter) {
	s.notice(w, http.StatusGone, hosted.NoticePage{Surface: "Express", Title: "This link was used already",
		Text: "A link to the dashboard opens once. Go back to " + s.name + " and open the dashboard from there."})
}

// dashboardAccount is the account that a spent login link still opens. The lock is held.
func (s *Server) dashboardAccount(r *http.Request) (*Account, bool) {
	l, ok := s.logins.get(r.PathValue("token"))
	if !ok || l.Account != r.PathValue("account") || !l.Used || s.now > l.Created+dashboardOpenFor {
		return nil, false
	}
	return s.accounts.get(l.Account)
}

func (s *Server) dashboardShow(w http.ResponseWriter, r *http.Request) {
	var p hosted.DashboardPage
	found := false
	s.look(func() {
		var a *Account
		if a, found = s.dashboardAccount(r); found {
			p = s.dashboard(r, a)
		}
	})
	if !found {
		s.dashboardGone(w)
		return
	}
	p.Message = r.URL.Query().Get("notice")
	s.reply(w, http.StatusOK, func(w io.Writer) error { return hosted.Dashboard(w, p) })
}

// dashboardBank replaces the bank account, which also lets payouts run again
// after one came back.
func (s *Server) dashboardBank(w http.ResponseWriter, r *http.Request) {
	s.dashboardDo(w, r, "Payouts go to the new bank account from now on.", func(a *Account) (map[string]string, error) {
		fields := bankFields(a)
		values, err := s.readStep(r, a, fields)
		if err != nil {
			return nil, err
		}
		wrong := checkStep(fields, values, time.Unix(s.now, 0))
		if len(wrong) == 0 {
			if err := s.keep(a, fields, values, nil); err != nil {
				wrong["account_number"] = asAPIError(err).Message
			}
		}
		return wrong, nil
	})
}

// dashboardSchedule says when payouts go. Manual payouts are the platform's alone.
func (s *Server) dashboardSchedule(w http.ResponseWriter, r *http.Request) {
	s.dashboardDo(w, r, "Payouts go by the new schedule from now on.", func(a *Account) (map[string]string, error) {
		sc := a.Settings.Payouts.Schedule
		interval, day := r.PostForm.Get("interval"), r.PostForm.Get("weekly_anchor")
		month, _ := strconv.ParseInt(r.PostForm.Get("monthly_anchor"), 10, 64)
		if sc.Interval == "manual" || interval != "daily" && interval != "weekly" && interval != "monthly" || !slices.Contains(weekdays[:], day) || month < 1 || month > 31 {
			return nil, refuse("", "", "This schedule is not yours to choose.")
		}
		sc.Interval, sc.WeeklyAnchor, sc.MonthlyAnchor = interval, day, month
		sc.settle()
		s.change(a, func() { a.Settings.Payouts.Schedule = sc })
		s.stop(timerAutoPayout, a.ID)
		s.scheduleAutoPayout(a.ID)
		return nil, nil
	})
}

// dashboardDo changes something from the dashboard. What is wrong is said in place.
func (s *Server) dashboardDo(w http.ResponseWriter, r *http.Request, done string, do func(*Account) (map[string]string, error)) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	_ = r.ParseForm()
	var wrong map[string]string
	var p hosted.DashboardPage
	found := false
	err := s.do(func() (err error) {
		var a *Account
		if a, found = s.dashboardAccount(r); !found {
			return nil
		}
		if wrong, err = do(a); err == nil && len(wrong) > 0 {
			p = s.dashboard(r, a)
			p.Errors = wrong
			for i, f := range p.BankFields {
				p.BankFields[i].Value, p.BankFields[i].Error = r.PostForm.Get(f.Name), wrong[f.Name]
			}
		}
		return err
	})
	switch {
	case err != nil:
		s.trouble(w, "Express", err)
	case !found:
		s.dashboardGone(w)
	case len(wrong) > 0:
		s.reply(w, http.StatusUnprocessableEntity, func(w io.Writer) error { return hosted.Dashboard(w, p) })
	default:
		back(w, r, dashboardPath(r)+"/home", "%s", done)
	}
}

// dashboardContinue leads to the form that asks for what is due, or shows what
// was told; it comes back here.
func (s *Server) dashboardContinue(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	_ = r.ParseForm()
	to := ""
	err := s.do(func() error {
		a, ok := s.dashboardAccount(r)
		if !ok {
			return nil
		}
		home, kind := s.baseURL+dashboardPath(r)+"/home", "account_onboarding"
		if r.PostForm.Get("what") == "details" {
			kind = "account_update"
		}
		to = s.addLink(a, &AccountLink{Kind: kind, RefreshURL: home, ReturnURL: home}).URL
		return nil
	})
	switch {
	case err != nil:
		s.trouble(w, "Express", err)
	case to == "":
		s.dashboardGone(w)
	default:
		http.Redirect(w, r, to, http.StatusSeeOther)
	}
}

func dashboardPath(r *http.Request) string {
	return "/express/" + r.PathValue("account") + "/" + r.PathValue("token")
}

// dashboard draws an account for its owner. The lock is held.
func (s *Server) dashboard(r *http.Request, a *Account) hosted.DashboardPage {
	p := hosted.DashboardPage{
		Platform: s.name, Account: a.ID, Status: status(standing(a)), Charges: a.ChargesEnabled, Payouts: a.PayoutsEnabled,
		Due: a.Requirements.CurrentlyDue, Disabled: string(a.Requirements.DisabledReason),
		Schedule: scheduleInWords(a.Settings.Payouts.Schedule), BankAction: dashboardPath(r) + "/bank",
		Name: s.ownerName(a), Continue: dashboardPath(r) + "/continue",
	}
	for _, f := range bankFields(a) {
		p.BankFields = append(p.BankFields, f.Field)
	}
	if sc := a.Settings.Payouts.Schedule; sc.Interval != "manual" {
		p.OnSchedule = &hosted.ScheduleForm{Action: dashboardPath(r) + "/schedule", Interval: sc.Interval, Weekly: orElse(sc.WeeklyAnchor, "monday"), Monthly: max(1, sc.MonthlyAnchor)}
	}
	for _, st := range s.formSteps(onboardingVisit{&AccountLink{Kind: "account_update"}, a}) {
		for _, f := range st.fields {
			if had := s.holds(a, f); had != "" && st.key != "bank" {
				p.Details = append(p.Details, hosted.KnownField{Name: f.Name, Label: f.Label, Value: masked(f, had)})
			}
		}
	}
	if len(a.Banks) > 0 {
		if b, ok := s.banks.get(a.Banks[0]); ok {
			p.Bank = fmt.Sprintf("%s ••••\u00a0%s", b.BankName, b.Last4)
		}
	}
	for _, id := range s.balances.order {
		if b := s.balances.byID[id]; b != nil && b.Scope == a.ID {
			p.Available = append(p.Available, money(b.Available, b.Currency))
			p.Pending = append(p.Pending, money(b.Pending, b.Currency))
		}
	}
	if len(p.Available) == 0 {
		p.Available, p.Pending = []hosted.Money{money(0, a.DefaultCurrency)}, []hosted.Money{money(0, a.DefaultCurrency)}
	}
	for o := range s.payouts.newest() {
		if o.Scope == a.ID && len(p.PayoutRows) < inspectorPage {
			p.PayoutRows = append(p.PayoutRows, hosted.PayoutRow{ID: o.ID, Amount: money(o.Amount, o.Currency), Status: status(o.Status), Arrives: instant(o.ArrivalDate), Failure: string(o.FailureCode)})
		}
	}
	for t := range s.txns.newest() {
		if t.Scope == a.ID && len(p.Transactions) < inspectorPage {
			p.Transactions = append(p.Transactions, s.transactionRow(t))
		}
	}
	return p
}

func (s *Server) transactionRow(t *BalanceTransaction) hosted.TransactionRow {
	standing := hosted.Badge{Label: "available", Tone: "ok"}
	if t.AvailableOn > s.now {
		standing = status("pending")
	}
	return hosted.TransactionRow{ID: t.ID, Created: instant(t.Created), Type: t.Type, Description: string(t.Description),
		Amount: money(t.Amount, t.Currency), Fee: money(t.Fee, t.Currency), Net: money(t.Net, t.Currency),
		AvailableOn: instant(t.AvailableOn), Status: standing}
}

func (s *Server) ownerName(a *Account) string {
	name := a.profile("name")
	if a.isCompany() {
		name = orElse(name, a.Facts["company.name"])
	}
	if p := s.individual(a); p != nil {
		name = orElse(name, p.name())
	}
	return name
}

func scheduleInWords(p Schedule) string {
	switch p.Interval {
	case "manual":
		return "Paid out by hand"
	case "weekly":
		return "Every week on " + p.WeeklyAnchor
	case "monthly":
		return fmt.Sprintf("Every month on day %d", p.MonthlyAnchor)
	}
	return fmt.Sprintf("Every day, %d days later", p.DelayDays)
}
