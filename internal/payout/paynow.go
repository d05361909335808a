package payout

import (
	"context"
	"fmt"
	"time"

	"hearth/internal/audit"
	"hearth/internal/booking"
	"hearth/internal/connect"
	"hearth/internal/fault"
	"hearth/internal/money"
	"hearth/internal/postgres"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
)

// PayNow pays an owner out what is due now, before the job comes by, and says
// how much was sent. What is not yet theirs stays: stays before their day of
// release, frozen ones, and what they owe. A stay whose payout came back does
// not wait for the job's next try. When nothing is sent it is a Conflict that
// says why. An admin's reason is kept in the audit log.
func (s *Service) PayNow(ctx context.Context, by booking.Actor, owner user.ID, reason string) (sent []money.Amount, err error) {
	if by.ID == nil || (by.Kind != "admin" && (by.Kind != "owner" || *by.ID != owner)) {
		return nil, fault.New(fault.NotFound, "There is no such account.")
	}
	a, err := connect.ByUser(ctx, s.DB, owner, s.Stripe.Livemode())
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	if why := noPayout(a); why != "" {
		return nil, fault.New(fault.Conflict, "%s", why)
	}
	if by.Kind == "admin" {
		entry := audit.Entry{ActorID: *by.ID, Act: "pay_now", Target: "user:" + string(owner), Reason: reason, IP: by.IP}
		if err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error { return audit.Record(ctx, tx, entry, s.Now()) }); err != nil {
			return nil, err
		}
	}
	return s.payNow(ctx, owner)
}

// noPayout is why an account cannot be paid out by hand, for people; "" when it
// can.
func noPayout(a connect.Account) string {
	switch {
	case a.StripeAccountID == "":
		return "Set up payouts first: Stripe needs to know where the money should go."
	case a.Lost():
		return "The account is no longer connected: nothing can be paid out."
	case a.Paused():
		return "The account is on hold while we look into something: nothing is paid out until then."
	case a.Automatic():
		return "Stripe pays this account out by itself, on its schedule. To decide about each payout, choose the manual schedule."
	case !a.PayoutsEnabled:
		return "Payouts to the bank are paused at Stripe. Mend the bank account in the Stripe dashboard first."
	}
	return ""
}

func (s *Service) payNow(ctx context.Context, owner user.ID) ([]money.Amount, error) {
	now, began := s.Now(), time.Time{}
	all, err := StaysOf(ctx, s.DB, owner, s.Stripe.Livemode())
	if err != nil {
		return nil, err
	}
	if err := s.DB.QueryRow(ctx, `SELECT coalesce(max(created_at), 'epoch') FROM payouts WHERE user_id = $1`, owner).Scan(&began); err != nil {
		return nil, fmt.Errorf("ask for the last payout of %s: %w", owner, err)
	}
	var run Run
	var away error
	for _, mine := range byPurse(all) {
		if err := s.releaseOwner(ctx, mine, now, true, &run); fault.Is(err, fault.Unavailable) {
			away = err // what is planned is sent by the job
		} else if err != nil {
			return nil, err
		}
	}
	made, err := Of(ctx, s.DB, owner, payoutsShown)
	if err != nil {
		return nil, err
	}
	var sent []money.Amount
	for _, p := range made {
		if p.CreatedAt.After(began) && !p.Status.back() && p.RequestID != nil {
			sent = append(sent, p.Money())
		}
	}
	if len(sent) > 0 {
		return sent, nil
	}
	if away != nil {
		return nil, away
	}
	return nil, fault.New(fault.Conflict, "%s", s.nothing(all, made, run, now))
}

// nothing says why nothing was sent.
func (s *Service) nothing(all []Stay, made []Payout, run Run, now time.Time) string {
	var waiting, settling, frozen, due money.Amount
	var next time.Time
	add := func(sum *money.Amount, x Stay) {
		if sum.Currency == "" {
			*sum = x.Money(0)
		}
		if sum.Currency == x.Currency {
			*sum = sum.Add(x.Left())
		}
	}
	for _, x := range all {
		switch x.Standing(now, s.DelayDays) {
		case Waiting:
			add(&waiting, x)
			if at := x.DueAt(s.DelayDays); next.IsZero() || at.Before(next) {
				next = at
			}
		case Settling:
			add(&settling, x)
		case Frozen, Refunding:
			add(&frozen, x)
		case Due, Returned, Collecting:
			add(&due, x)
		}
	}
	switch {
	case run.Refused > 0 && len(made) > 0 && made[0].Status == Refused:
		return "Stripe did not make the payout: " + made[0].FailureMessage
	case due.Minor > 0:
		return due.Format() + " is due, but your Stripe balance does not hold it yet. It is sent as soon as it is there."
	case settling.Minor > 0:
		return "Nothing can be sent yet: " + settling.Format() + " is at Stripe, but not available until the tenant’s bank has paid it."
	case waiting.Minor > 0:
		return "Nothing is due yet: " + waiting.Format() + " waits for check-in. The next is sent on " + next.Format("Jan 2, 2006") + "."
	case frozen.Minor > 0:
		return "Nothing can be sent now: " + frozen.Format() + " waits for a dispute, a refund or a check."
	}
	return "Nothing is due: everything that was yours has been sent."
}
