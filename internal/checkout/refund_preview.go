package checkout

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hearth/internal/booking"
	"hearth/internal/fault"
	"hearth/internal/money"
	"hearth/internal/payment"
	"hearth/internal/stripeapi"
)

// Preview is what a refund does to everybody, before the click. The way it goes
// is worked out by the rule that the ledger follows ([payment.Stand]), from
// what Stripe last said of the payment and from balances read afresh.
type Preview struct {
	Way
	Else        *Way         // how it may go instead, where only Stripe can tell
	Amount      money.Amount // to the tenant
	Left        money.Amount // what can still be refunded, before this refund
	StripeKeeps money.Amount // its processing fee is never returned
	Blocked     string       // why it cannot be done now, for people
	Parts       int          // 2: what came back of an earlier refund goes out as a refund of its own
	OwnerGone   bool         // their account is lost or rejected: Stripe may take nothing back from it
	OwnerUnread bool         // the owner's balance could not be read
	OurUnread   bool         // nor ours
}

// Way is one way that a refund can go.
type Way struct {
	payment.Shares
	Short        bool // the transfer is left alone: the owner's balance is too low
	OwnerLoses   money.Amount
	FeeGiven     money.Amount // what we lose
	OwnerAfter   money.Amount // what the owner keeps of this stay
	FeeAfter     money.Amount // what we keep of our fee, before Stripe's
	Debt         money.Amount // what the owner owes us for it; below zero: less than before
	Back         money.Amount // of the tenant's money that an earlier refund left with us
	OwnerBalance *Span        // at Stripe, all of it; nil when it could not be read
	OurBalance   *Span        // the same of ours
	OurAvailable *Span        // what of ours Stripe can pay with
	Waits        bool         // ours is too low: Stripe keeps the refund pending
}

// Span is an amount before and after.
type Span struct{ Before, After money.Amount }

// Negative reports whether the owner's balance is below zero afterwards.
func (w Way) Negative() bool { return w.OwnerBalance != nil && w.OwnerBalance.After.Minor < 0 }

// Mark is what a form sends back of the preview that its person saw.
func (p Preview) Mark() string {
	mark := fmt.Sprint(p.Way.Shares)
	if p.Else != nil {
		mark += fmt.Sprint(p.Else.Shares)
	}
	return mark
}

// RefundPreviewed refunds if it would still do what the person saw: a payout or
// another refund in between may have changed that, and is a Conflict. Left is
// what was left to refund then.
func (s *Service) RefundPreviewed(ctx context.Context, by booking.Actor, b booking.Booking, amount, left money.Amount, mark string, why Why) error {
	now, err := s.PreviewRefund(ctx, b, amount)
	if err != nil {
		return err
	}
	if now.Left == left && now.Blocked == "" && now.Mark() != mark {
		return fault.New(fault.Conflict, "What this refund does has changed since you opened the page. Look it over and confirm again.")
	}
	_, err = s.RefundSeen(ctx, by, b.ID, amount, left, why)
	return err
}

// PreviewRefund works a refund out.
func (s *Service) PreviewRefund(ctx context.Context, b booking.Booking, amount money.Amount) (Preview, error) {
	return s.preview(ctx, b, &amount, purse{})
}

// PreviewRest works out the refund of all that is left of each booking, one
// after the other: the next finds the balances that the one before leaves.
func (s *Service) PreviewRest(ctx context.Context, all []booking.Booking) ([]Preview, error) {
	held := purse{}
	previews := make([]Preview, len(all))
	for i, b := range all {
		var err error
		if previews[i], err = s.preview(ctx, b, nil, held); err != nil {
			return nil, err
		}
	}
	return previews, nil
}

// purse holds the balances that were read, by account, "" being ours; nil is
// one that could not be read.
type purse map[string]*stripeapi.Balance

func (s *Service) balance(ctx context.Context, held purse, account string) *stripeapi.Balance {
	if b, ok := held[account]; ok {
		return b
	}
	held[account] = nil
	b, err := s.Stripe.Balance(ctx, account)
	if err != nil {
		s.Logger.WarnContext(ctx, "a preview without a balance", "account", account, "error", err)
		return nil
	}
	held[account] = &b
	return &b
}

// facts are what a preview is made of.
type facts struct {
	payment payment.Payment
	stand   payment.Stand
	parts   []payment.Part
	settled bool // the charge's money is available
	owner   *stripeapi.Balance
	ours    *stripeapi.Balance
}

func (s *Service) preview(ctx context.Context, b booking.Booking, asked *money.Amount, held purse) (view Preview, err error) {
	p, err := payment.ByBooking(ctx, s.DB, string(b.ID))
	if err != nil {
		return view, err
	}
	refunds, err := payment.RefundsOf(ctx, s.DB, p.ID)
	if err != nil {
		return view, err
	}
	disputes, err := payment.DisputesOf(ctx, s.DB, p.ID)
	if err != nil {
		return view, err
	}
	f := facts{payment: p}
	if f.stand, err = payment.StandOf(ctx, s.DB, p, refunds); err != nil {
		return view, err
	}
	view.Left, view.Amount = payment.Remaining(p, refunds), payment.Remaining(p, refunds)
	if asked != nil {
		view.Amount = *asked
	}
	view.Blocked = blocked(p, disputes, view.Amount, view.Left)
	if view.StripeKeeps, f.settled, err = s.paidBy(ctx, p); err != nil {
		return view, err
	}
	if view.OwnerGone, err = unreachable(ctx, s.DB, p.ID); err != nil {
		return view, err
	}
	f.parts = f.stand.Parts(view.Amount.Minor)
	view.Parts = len(f.parts)
	if view.Blocked == "" {
		f.owner, f.ours = s.balance(ctx, held, p.Destination), s.balance(ctx, held, "")
		view.OwnerUnread, view.OurUnread = f.owner == nil, f.ours == nil
	}
	view.Way, view.Else = f.ways()
	f.spend(view.Way)
	return view, nil
}

func blocked(p payment.Payment, disputes []payment.Dispute, amount, left money.Amount) string {
	why := payment.Blocks(disputes)
	switch {
	case why != "":
		return why
	case p.Status != payment.Paid:
		return "Nothing has been paid that could be refunded."
	case left.Minor < 1:
		return "Everything has been refunded."
	case amount.Minor > left.Minor:
		return fmt.Sprintf("Only %s can still be refunded.", left.Format())
	}
	return ""
}

// paidBy is Stripe's fee of the charge that paid, and whether its money is
// available by now.
func (s *Service) paidBy(ctx context.Context, p payment.Payment) (fee money.Amount, settled bool, err error) {
	charges, err := payment.ChargesOf(ctx, s.DB, p.ID)
	for _, c := range charges {
		if c.ID == p.ChargeID {
			return p.Money(c.StripeFee), c.AvailableOn != nil && !c.AvailableOn.After(s.Now().Truncate(time.Second)), err
		}
	}
	return p.Money(0), false, err
}

// ways are how the refund goes, and how it may go instead. Stripe takes the
// money back from the owner when their balance has what the refund costs them.
// Our fee, as far as we still have it, may push them below zero: whether it
// does is Stripe's to say, and so is all of it when no balance could be read.
func (f facts) ways() (Way, *Way) {
	long := f.way(false)
	reverses := slices.ContainsFunc(f.parts, func(p payment.Part) bool { return p.Reverse })
	if !reverses {
		return long, nil
	}
	short := f.way(true)
	if f.owner == nil {
		return long, &short
	}
	has := f.owner.Available[f.payment.Currency]
	if !f.settled {
		has += f.owner.Pending[f.payment.Currency]
	}
	switch {
	case has >= long.Reversed-long.FeeRefunded:
		return long, nil
	case has < long.Reversed-f.stand.FeeLeft:
		return short, nil
	}
	return long, &short
}

func (f facts) way(short bool) Way {
	steps, after := f.stand.Steps(f.parts, short)
	w := Way{Short: short}
	for _, step := range steps {
		w.Shares = w.Shares.Plus(step)
	}
	in := f.payment.Money
	w.OwnerLoses, w.FeeGiven, w.Debt, w.Back = in(w.Owner()), in(w.Ours()), in(w.OwnerDebt), in(max(0, w.FromEscrow))
	w.OwnerAfter = in(after.Keeps)
	w.FeeAfter = in(after.FeeLeft - after.FeeWaived - after.Absorbed)
	if f.owner != nil {
		has := f.owner.Available[f.payment.Currency] + f.owner.Pending[f.payment.Currency]
		w.OwnerBalance = &Span{in(has), in(has - w.Reversed + w.FeeRefunded)}
	}
	if f.ours != nil {
		f.ourWay(&w, steps)
	}
	return w
}

// ourWay follows our own balance: each part needs its money there when its turn
// comes. A charge whose money is not available yet pays its own refund.
func (f facts) ourWay(w *Way, steps []payment.Shares) {
	available, in := f.ours.Available[f.payment.Currency], f.payment.Money
	all := available + f.ours.Pending[f.payment.Currency]
	w.OurBalance = &Span{in(all), in(all + w.Reversed - w.Amount - w.FeeRefunded)}
	w.OurAvailable = &Span{in(available), in(available)}
	if !f.settled {
		return
	}
	for _, step := range steps {
		available += step.Reversed
		if available < step.Amount {
			w.Waits = true
		} else {
			available -= step.Amount
		}
		available -= step.FeeRefunded
	}
	w.OurAvailable.After = in(available)
}

// spend leaves the balances as the refund will.
func (f facts) spend(w Way) {
	c := f.payment.Currency
	at := func(b *stripeapi.Balance) map[money.Currency]int64 {
		if f.settled {
			return b.Available
		}
		return b.Pending
	}
	if f.owner != nil {
		at(f.owner)[c] -= w.Reversed - w.FeeRefunded
	}
	if f.ours != nil {
		at(f.ours)[c] += w.Reversed - w.FeeRefunded - w.Amount
	}
}
