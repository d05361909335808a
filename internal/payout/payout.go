// Package payout is a homeowner's money after it was earned: what they have,
// what is still held, what was paid to their bank, down to the payout that
// carried each stay.
//
// Express accounts are paid out by hand (their schedule is manual), so that
// the money for a refund is still there while a stay may be cancelled. A job
// releases it ([Service.ReleaseDue]): the day after check-in, once it is
// available, never while a dispute is open or a refund is being made, and
// never later than Stripe allows money to wait. Each stay is released once, by
// a payout of its own, which is written before Stripe is asked; a payout that
// Stripe refuses, or that the bank returns, gives its stay back, and a later
// run pays it out again under a new key.
//
// How much: the owner's part of what the ledger says the booking moved, less
// what payouts carry of it already. So a stay may be carried in parts: money
// that came to it later is paid by a later payout, and what was taken back of a
// stay that was paid out, out of other stays' money, is made up for by the next
// payout as a negative part ([bundles]). The parts of a stay never come to more
// than its share: they are planned under the booking's lock, and two planned at
// once would have the same number.
//
// What the owner owes us is netted first ([Service.net]): a planned reversal of
// the stay's transfer, posted once by the payment's look. Nothing is paid out
// while a debt that the stay could pay is open.
//
// On another schedule ([Service.SetSchedule]) Stripe pays out by itself. Hearth's
// release then leaves the account alone, and the payout's look writes what it
// carried, from the balance transactions that Stripe names with it.
//
// A month of all that is a [Statement].
//
// Tables: payouts, payout_releases, payout_schedules.
package payout

import (
	"context"
	"fmt"
	"time"

	"hearth/internal/connect"
	"hearth/internal/fault"
	"hearth/internal/inbound"
	"hearth/internal/notify"
	"hearth/internal/stripeapi"
	"hearth/internal/user"
	"hearth/internal/webhook"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Service releases money and follows it to the bank.
type Service struct {
	DB        *pgxpool.Pool
	Stripe    *stripeapi.Client
	Inbox     *webhook.Inbox
	Notify    *notify.Service
	DelayDays int // after check-in
	// OwnersChoose lets owners set their own schedule.
	OwnersChoose bool
	Now          func() time.Time
}

// Overview is an owner's money for their page.
type Overview struct {
	Account  connect.Account
	Schedule connect.Schedule
	Change   Change // of the schedule, the last that was asked for; zero for none
	Stays    []Stay
	Payouts  []Payout
	Debts    []Debtor // in every currency in which there are or were any
}

const payoutsShown = 50

// Overview reads what we know; see [Service.Purses] for what Stripe holds.
func (s *Service) Overview(ctx context.Context, owner user.ID, a connect.Account) (o Overview, err error) {
	o.Account = a
	if o.Stays, err = StaysOf(ctx, s.DB, owner, s.Stripe.Livemode()); err != nil {
		return o, fmt.Errorf("list the stays of %s: %w", owner, err)
	}
	if o.Payouts, err = Of(ctx, s.DB, owner, payoutsShown); err != nil {
		return o, fmt.Errorf("list the payouts of %s: %w", owner, err)
	}
	if a.StripeAccountID == "" {
		return o, nil
	}
	if o.Schedule, err = connect.ScheduleOf(ctx, s.DB, a.StripeAccountID); err != nil {
		return o, fmt.Errorf("read the schedule of %s: %w", a.StripeAccountID, err)
	}
	if o.Change, err = LastChange(ctx, s.DB, a.StripeAccountID); ignoring(fault.NotFound, err) != nil {
		return o, fmt.Errorf("read the last change of the schedule of %s: %w", a.StripeAccountID, err)
	}
	o.Debts, err = Debtors(ctx, s.DB, s.Stripe.Livemode(), a.StripeAccountID)
	return o, err
}

func subjectOf(acct, stripeID string) inbound.Subject {
	return inbound.Subject{Kind: inbound.Payout, ID: acct + "/" + stripeID}
}
