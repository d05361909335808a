package site

import (
	"context"
	"net/http"
	"time"

	"hearth/internal/connect"
	"hearth/internal/money"
	"hearth/internal/payout"
	"hearth/internal/view"
)

// ownerPayoutsPage is a homeowner's money: whether Stripe can pay them, what
// is there, what they owe, when it is paid out, and the way of each stay's money
// to their bank.
type ownerPayoutsPage struct {
	page
	Errors    map[string]string
	Account   connect.Account
	Standing  accountStanding
	Due       []connect.Requirement
	Dashboard bool // there is a dashboard to open
	Figures   []figure
	Debts     []payout.Debtor // those that are open
	Schedule  scheduleView
	Stays     []payoutStay
	Payouts   []payoutRow
	DelayDays int
	PayNow    bool       // something is due and may be asked for
	Mend      *payoutRow // the newest payout, if it failed
}

// figure is one number of a row of them.
type figure struct {
	Label, Note string
	Amount      money.Amount
}

func (s *Server) getOwnerPayouts(w http.ResponseWriter, r *http.Request) error {
	account, err := s.Hosting.Account(r.Context(), me(r).ID)
	if err != nil {
		return err
	}
	p, err := s.ownerPayoutsPage(r, account)
	if err != nil {
		return err
	}
	return s.render(w, "owner_payouts", p)
}

func (s *Server) ownerPayoutsPage(r *http.Request, account connect.Account) (p ownerPayoutsPage, err error) {
	overview, err := s.Payout.Overview(r.Context(), me(r).ID, account)
	if err != nil {
		return p, err
	}
	p = ownerPayoutsPage{
		page: s.base(r, "Payouts"), Account: account, Standing: accountStandingOf(account), DelayDays: s.Payout.DelayDays,
		Dashboard: account.StripeAccountID != "" && account.DetailsSubmitted && !account.Lost(),
	}
	p.Nav = "owner:payouts"
	if account.NeedsAction() {
		p.Due = account.Due()
	}
	for _, stay := range overview.Stays {
		row := payoutStay{stay, s.Now(), s.Payout.DelayDays, overview.Schedule.Automatic(), account.PayoutsPaused()}
		p.Stays = append(p.Stays, row)
		p.PayNow = p.PayNow || row.ready()
	}
	p.PayNow = p.PayNow && account.PayoutsEnabled && !overview.Schedule.Automatic() && !account.Lost()
	for _, paid := range overview.Payouts {
		p.Payouts = append(p.Payouts, payoutRow{paid})
	}
	if len(p.Payouts) > 0 && p.Payouts[0].Status == payout.Failed {
		p.Mend = &p.Payouts[0]
	}
	for _, d := range overview.Debts {
		if d.Owed.Minor > 0 {
			p.Debts = append(p.Debts, d)
		}
	}
	p.Schedule = s.scheduleView(account, overview)
	p.Figures = s.figures(r.Context(), account, overview)
	return p, nil
}

// balanceWait is how long a page waits for Stripe's numbers.
// figures are the sums on top. What Stripe holds is asked for now; when Stripe
// does not answer, the page goes without.
func (s *Server) figures(ctx context.Context, account connect.Account, o payout.Overview) []figure {
	currency := s.Config.Currency()
	coming, paid := money.New(0, currency), money.New(0, currency)
	for _, stay := range o.Stays {
		if stay.Currency == currency {
			coming = coming.Add(stay.Left())
		}
	}
	for _, p := range o.Payouts {
		if sent := p.Status == payout.Pending || p.Status == payout.InTransit || p.Status == payout.Paid; sent && p.Currency == currency {
			paid = paid.Add(p.Money())
		}
	}
	all := []figure{{"Coming to you", "from stays that are paid", coming}, {"Paid out", "there or on the way", paid}}
	if account.StripeAccountID == "" || account.Lost() {
		return all
	}
	ctx, cancel := context.WithTimeout(ctx, balanceWait)
	defer cancel()
	purses, err := s.Payout.Purses(ctx, account.StripeAccountID)
	if err != nil {
		s.Logger.WarnContext(ctx, "a balance is not shown", "error", err)
		return all
	}
	for _, p := range purses {
		all = append(all, purseFigure(p))
	}
	return all
}

// balanceWait is how long a page waits for Stripe's numbers.
const balanceWait = 3 * time.Second

func purseFigure(p payout.Purse) figure {
	f := figure{Label: "In your Stripe balance", Note: p.Pending.Format() + " more on its way", Amount: p.Available}
	if p.Available.Minor < 0 || p.Pending.Minor < 0 {
		f.Note = "More was taken back than was there. Your next stays make up for it; on an automatic schedule Stripe may take it from your bank."
	}
	return f
}

// payoutRow is a payout in words.
type payoutRow struct{ payout.Payout }

// Badge is the payout's status.
func (p payoutRow) Badge() (view.Badge, error) {
	switch p.Status {
	case payout.Planned:
		return view.StatusBadge("payout", "pending")
	case payout.Refused:
		return view.Badge{Tone: "bad", Icon: "circle-alert", Text: "Not made"}, nil
	}
	return view.StatusBadge("payout", p.Status)
}

// Why says why it failed, or "".
func (p payoutRow) Why() string { return payout.Why(p.Payout) }

// What is to be mended when a payout failed.
func (p payoutRow) Mend() string {
	switch p.FailureCode {
	case "account_closed", "account_frozen", "bank_account_restricted", "bank_ownership_changed", "invalid_account_number", "no_account",
		"incorrect_account_holder_name", "invalid_currency", "unsupported_card":
		return "Enter another bank account in your Stripe dashboard. The money is paid out again as soon as it is there."
	case "debit_not_authorized", "declined", "could_not_process":
		return "Ask your bank why, or enter another bank account in your Stripe dashboard. The money is paid out again after that."
	case "insufficient_funds":
		return "Nothing is to be mended at your bank: it is tried again when your balance covers it."
	}
	return "Look at your bank account in your Stripe dashboard. The money is back in your balance and is paid out again."
}

// Made says who made it.
func (p payoutRow) Made() string {
	if p.Automatic {
		return "by your schedule"
	}
	return ""
}

// payoutStay is the money of a stay in words, at a moment.
type payoutStay struct {
	payout.Stay
	now       time.Time
	delay     int
	automatic bool // Stripe pays out by itself
	paused    bool // the bank cannot be reached
}

// ready reports whether somebody who asks for it is paid out.
func (s payoutStay) ready() bool {
	at := s.Standing(s.now, s.delay)
	return at == payout.Due || at == payout.Returned
}

// Badge says where the money is.
func (s payoutStay) Badge() (view.Badge, error) {
	switch s.Standing(s.now, s.delay) {
	case payout.Released:
		return payoutRow{payout.Payout{Status: *s.PayoutStatus}}.Badge()
	case payout.Frozen:
		if !s.Disputed {
			return view.Badge{Tone: "warn", Icon: "circle-pause", Text: "On hold"}, nil
		}
		return view.StatusBadge("payment", "disputed")
	case payout.Refunding:
		return view.Badge{Tone: "info", Icon: "undo-2", Text: "Being refunded"}, nil
	case payout.Collecting:
		return view.Badge{Tone: "info", Icon: "scale", Text: "Being netted"}, nil
	case payout.Nothing:
		if s.ShareAmount == 0 && s.netted() {
			return view.Badge{Tone: "info", Icon: "scale", Text: "Netted"}, nil
		}
		return view.Badge{Tone: "info", Icon: "undo-2", Text: "Given back"}, nil // refunded, or lost to a dispute
	case payout.Returned:
		return view.Badge{Tone: "bad", Icon: "circle-alert", Text: "Came back"}, nil
	}
	return view.StatusBadge("payout", "scheduled")
}

// netted reports whether something was taken out of it for a debt.
func (s payoutStay) netted() bool { return s.NettedAmount > 0 }

// Note is what comes next, and when.
func (s payoutStay) Note() string {
	switch at := s.Standing(s.now, s.delay); at {
	case payout.Released:
		return s.sentNote()
	case payout.Frozen:
		if !s.Disputed {
			return "On hold while we look into the payment"
		}
		return "On hold while the bank decides"
	case payout.Refunding:
		return "Waits for the refund"
	case payout.Collecting:
		return "What you owed is being taken out of it"
	case payout.Nothing:
		if s.netted() {
			return s.Money(s.NettedAmount).Format() + " netted off what you owed"
		}
		return "Nothing is left to pay out"
	case payout.Returned, payout.Waiting, payout.Settling, payout.Due:
		if s.paused && at != payout.Waiting {
			return "Sent once your bank account works again"
		}
		if s.automatic {
			return "Sent by Stripe on your schedule"
		}
		return map[payout.Standing]string{payout.Settling: "Sent as soon as it is available", payout.Due: "Sent within the hour", payout.Returned: "Tried again within a day",
			payout.Waiting: "Sent on " + view.DayYear(s.dueAt())}[at]
	}
	return ""
}

func (s payoutStay) sentNote() string {
	if s.ArrivalDate != nil && *s.PayoutStatus == payout.Paid {
		return "Arrived about " + view.DayYear(*s.ArrivalDate)
	}
	if s.ArrivalDate != nil {
		return "Arrives about " + view.DayYear(*s.ArrivalDate)
	}
	return "Sent " + view.DayYear(*s.PayoutAt)
}

// dueAt is the day of release as the home's calendar has it.
func (s payoutStay) dueAt() time.Time {
	due := s.DueAt(s.delay)
	if zone, err := time.LoadLocation(s.TimeZone); err == nil {
		return due.In(zone)
	}
	return due
}
