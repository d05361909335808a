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
// what must stay in the balance because the owner owes it to us.
//
// Tables: payouts, payout_releases.
package payout

import (
	"context"
	"fmt"
	"time"

	"hearth/internal/connect"
	"hearth/internal/inbound"
	"hearth/internal/money"
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
	Account connect.Account
	Stays   []Stay
	Payouts []Payout
}

const payoutsShown = 50

// Overview reads what we know; see [Service.Balance] for what Stripe holds.
func (s *Service) Overview(ctx context.Context, owner user.ID, a connect.Account) (o Overview, err error) {
	o.Account = a
	if o.Stays, err = StaysOf(ctx, s.DB, owner, s.Stripe.Livemode()); err != nil {
		return o, fmt.Errorf("list the stays of %s: %w", owner, err)
	}
	if o.Payouts, err = Of(ctx, s.DB, owner, payoutsShown); err != nil {
		return o, fmt.Errorf("list the payouts of %s: %w", owner, err)
	}
	return o, nil
}

// Balance asks Stripe what the account holds.
func (s *Service) Balance(ctx context.Context, acct string, c money.Currency) (available, pending money.Amount, err error) {
	b, err := s.Stripe.Balance(ctx, acct)
	return money.New(b.Available[c], c), money.New(b.Pending[c], c), err
}

func subjectOf(acct, stripeID string) inbound.Subject {
	return inbound.Subject{Kind: inbound.Payout, ID: acct + "/" + stripeID}
}
