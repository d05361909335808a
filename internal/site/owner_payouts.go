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
// is there, and the way of each stay's money to their bank.
type ownerPayoutsPage struct {
	page
	Errors    map[string]string
	Account   connect.Account
	Standing  accountStanding
	Due       []connect.Requirement
	Dashboard bool // there is a dashboard to open
	Figures   []figure
	Stays     []payoutStay
	Payouts   []payoutRow
	DelayDays int
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
		p.Stays = append(p.Stays, payoutStay{stay, s.Now(), s.Payout.DelayDays})
	}
	for _, paid := range overview.Payouts {
		p.Payouts = append(p.Payouts, payoutRow{paid})
	}
	p.Figures = s.figures(r.Context(), account, overview)
	return p, nil
}

// balanceWait is how long a page waits for Stripe's numbers.
const balanceWait = 3 * time.Second

// figures are the sums on top. What Stripe holds is asked for now; when Stripe
// does not answer, the page goes without.
func (s *Server) figures(ctx context.Context, account connect.Account, o payout.Overview) []figure {
	currency := s.Config.Currency()
	coming, paid := money.New(0, currency), money.New(0, currency)
	for _, stay := range o.Stays {
		if stay.PayoutID == nil && stay.Currency == currency {
			coming = coming.Add(stay.Share())
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
	available, pending, err := s.Payout.Balance(ctx, account.StripeAccountID, currency)
	if err != nil {
		s.Logger.WarnContext(ctx, "a balance is not shown", "error", err)
		return all
	}
	return append(all, figure{"In your Stripe balance", pending.Format() + " more on its way", available})
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

// payoutStay is the money of a stay in words, at a moment.
type payoutStay struct {
	payout.Stay
	now   time.Time
	delay int
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
	case payout.Nothing:
		return view.StatusBadge("payment", "refunded")
	case payout.Returned:
		return view.Badge{Tone: "bad", Icon: "circle-alert", Text: "Came back"}, nil
	}
	return view.StatusBadge("payout", "scheduled")
}

// Note is what comes next, and when.
func (s payoutStay) Note() string {
	switch s.Standing(s.now, s.delay) {
	case payout.Released:
		if s.ArrivalDate != nil && *s.PayoutStatus == payout.Paid {
			return "Arrived about " + view.DayYear(*s.ArrivalDate)
		}
		if s.ArrivalDate != nil {
			return "Arrives about " + view.DayYear(*s.ArrivalDate)
		}
		return "Sent " + view.DayYear(*s.PayoutAt)
	case payout.Frozen:
		if !s.Disputed {
			return "On hold while we look into the payment"
		}
		return "On hold while the bank decides"
	case payout.Refunding:
		return "Waits for the refund"
	case payout.Nothing:
		return "Nothing is left to pay out"
	case payout.Returned:
		return "Tried again within a day"
	case payout.Settling:
		return "Sent as soon as it is available"
	case payout.Waiting:
		return "Sent on " + view.DayYear(s.dueAt())
	}
	return "Sent within the hour"
}

// dueAt is the day of release as the home's calendar has it.
func (s payoutStay) dueAt() time.Time {
	due := s.DueAt(s.delay)
	if zone, err := time.LoadLocation(s.TimeZone); err == nil {
		return due.In(zone)
	}
	return due
}
