package site

import (
	"net/http"
	"strconv"
	"strings"

	"hearth/internal/booking"
	"hearth/internal/connect"
	"hearth/internal/money"
	"hearth/internal/payout"
	"hearth/internal/view"
)

// scheduleView is when an account is paid out, in words, and the form that
// changes it.
type scheduleView struct {
	Words    string // "Every Friday"
	Delay    string // "7 days after the tenant paid", or ""
	Source   string // whose word it is
	Note     string // what an automatic schedule means
	Waiting  bool   // the last change has not been answered
	Refused  string // why Stripe refused the last change
	Editable bool
	Form     scheduleForm
	Options  scheduleOptions
}

type scheduleForm struct {
	Interval string `form:"interval"`
	Weekday  string `form:"weekday"`
	Day      string `form:"day"`
	Delay    string `form:"delay"`
}

// scheduleOptions are what can be chosen.
type scheduleOptions struct{ Intervals, Weekdays []view.Option }

func (f scheduleForm) wish() payout.Wish {
	w := payout.Wish{Interval: f.Interval, Delay: strings.TrimSpace(f.Delay)}
	switch f.Interval {
	case "weekly":
		w.Anchor = f.Weekday
	case "monthly":
		w.Anchor = strings.TrimSpace(f.Day)
	}
	return w
}

var intervalNames = map[string]string{"manual": "After check-in, by Hearth", "daily": "Every day", "weekly": "Every week", "monthly": "Every month"}

func (s *Server) scheduleView(account connect.Account, o payout.Overview) scheduleView {
	if account.StripeAccountID == "" || account.Lost() {
		return scheduleView{}
	}
	v := scheduleView{Words: scheduleWords(o.Schedule), Editable: s.Payout.OwnersChoose && !account.Rejected(), Waiting: o.Change.Status == "planned"}
	if d := o.Schedule.DelayDays; d != nil && o.Schedule.Automatic() {
		v.Delay = "Money is sent at the earliest " + strconv.Itoa(*d) + " business days after the tenant paid."
	}
	switch {
	case o.Schedule.Shown():
		v.Source = "As Stripe showed it on " + view.DayYear(*o.Schedule.ShownAt) + "."
	case o.Schedule.SetAt != nil:
		v.Source = "As we last set it, on " + view.DayYear(*o.Schedule.SetAt) + "."
	}
	if o.Schedule.Automatic() {
		v.Note = "Stripe sends whatever is available, also before check-in. If a stay is refunded after that, you owe the refund, and your next stays make up for it."
	}
	if o.Change.Status == "refused" {
		v.Refused = o.Change.Failure
	}
	v.Form = scheduleForm{Interval: o.Schedule.Interval, Weekday: "monday", Day: "1"}
	switch o.Schedule.Interval {
	case "weekly":
		v.Form.Weekday = o.Schedule.Anchor
	case "monthly":
		v.Form.Day = o.Schedule.Anchor
	}
	for _, interval := range payout.Intervals {
		v.Options.Intervals = append(v.Options.Intervals, view.Option{Value: interval, Label: intervalNames[interval]})
	}
	for _, day := range payout.Weekdays {
		v.Options.Weekdays = append(v.Options.Weekdays, view.Option{Value: day, Label: titled(day)})
	}
	return v
}

func scheduleWords(s connect.Schedule) string {
	switch s.Interval {
	case "daily":
		return "Every business day, by Stripe"
	case "weekly":
		return "Every " + titled(s.Anchor) + ", by Stripe"
	case "monthly":
		return "Every month on day " + s.Anchor + ", by Stripe"
	}
	return "Each stay after check-in, by Hearth"
}

func (s *Server) postOwnerPayoutsSchedule(w http.ResponseWriter, r *http.Request) error {
	var form scheduleForm
	if err := decode(r, &form); err != nil {
		return err
	}
	account, err := s.Hosting.Account(r.Context(), me(r).ID)
	if err == nil {
		err = s.Payout.SetSchedule(r.Context(), booking.Owner(me(r).ID), account.StripeAccountID, form.wish(), "")
	}
	if formErrors(err) != nil {
		return s.ownerPayoutsAgain(w, r, account, form, err)
	}
	if err != nil {
		return err
	}
	s.flash(r, "ok", "Your payout schedule is changed.")
	return seeOther(w, r, "/owner/payouts#schedule")
}

// postOwnerPayoutsNow pays out what is due before the job comes by.
func (s *Server) postOwnerPayoutsNow(w http.ResponseWriter, r *http.Request) error {
	sent, err := s.Payout.PayNow(r.Context(), booking.Owner(me(r).ID), me(r).ID, "")
	if formErrors(err) != nil {
		account, failed := s.Hosting.Account(r.Context(), me(r).ID)
		if failed != nil {
			return failed
		}
		return s.ownerPayoutsAgain(w, r, account, scheduleForm{}, err)
	}
	if err != nil {
		return err
	}
	s.flash(r, "ok", amounts(sent)+" is on its way to your bank.")
	return seeOther(w, r, "/owner/payouts")
}

// amounts names a sum for each currency.
func amounts(all []money.Amount) string {
	var sums []money.Amount
next:
	for _, a := range all {
		for i := range sums {
			if sums[i].Currency == a.Currency {
				sums[i] = sums[i].Add(a)
				continue next
			}
		}
		sums = append(sums, a)
	}
	var words []string
	for _, sum := range sums {
		words = append(words, sum.Format())
	}
	return strings.Join(words, " and ")
}

// ownerPayoutsAgain shows the page with what was wrong, and what was typed.
func (s *Server) ownerPayoutsAgain(w http.ResponseWriter, r *http.Request, account connect.Account, typed scheduleForm, wrong error) error {
	p, err := s.ownerPayoutsPage(r, account)
	if err != nil {
		return err
	}
	p.Errors = formErrors(wrong)
	if typed.Interval != "" {
		p.Schedule.Form = typed
	}
	return s.again(w, wrong, "owner_payouts", p)
}
