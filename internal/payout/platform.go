package payout

import (
	"context"
	"fmt"
	"time"

	"hearth/internal/money"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"
)

// Our own money moves, too: payouts take what is ours to our bank, top-ups
// bring some back where refunds and disputes need it. A move is written before
// Stripe is asked, like an owner's payout; those that Stripe makes by itself, or
// that somebody makes at its Dashboard, are found by their events. The ledger
// learns of them from our balance transactions (reconcile), not from here.
//
// Table: platform_moves.

// MoveKind is a way that our own money moves.
type MoveKind string

// The kinds.
const (
	ToBank MoveKind = "payout"
	TopUp  MoveKind = "topup"
)

// path is where Stripe makes it.
func (k MoveKind) path() string {
	if k == TopUp {
		return stripeapi.TopupsPath
	}
	return stripeapi.PayoutsPath
}

// Move is a row of platform_moves.
type Move struct {
	ID             string
	Kind           MoveKind
	StripeID       *string
	RequestID      *stripeapi.RequestID // nil when Stripe made it by itself
	Amount         int64
	Currency       money.Currency
	Status         Status // of a top-up also succeeded, reversed
	ArrivalDate    *time.Time
	FailureCode    string
	FailureMessage string
	CreatedAt      time.Time
}

// What a top-up's status may be beside a payout's.
const (
	Succeeded Status = "succeeded"
	Reversed  Status = "reversed"
)

// Money is the move's amount.
func (m Move) Money() money.Amount { return money.New(m.Amount, m.Currency) }

// Cancellable reports a move that Stripe may still stop.
func (m Move) Cancellable() bool { return m.Status == Pending && m.StripeID != nil }

// Why says in plain words why it failed; "" for one that did not.
func (m Move) Why() string {
	return Why(Payout{FailureCode: m.FailureCode, FailureMessage: m.FailureMessage})
}

const moveColumns = `m.id::text, m.kind, m.stripe_id, m.request_id, m.amount, m.currency, m.status, m.arrival_date,
	m.failure_code, m.failure_message, m.created_at`

const noMove = "There is no such payout or top-up."

// Moves lists payouts or top-ups of ours, the newest first.
func (s *Service) Moves(ctx context.Context, kind MoveKind, limit int) ([]Move, error) {
	return postgres.All[Move](ctx, s.DB, `SELECT `+moveColumns+` FROM platform_moves m
		WHERE m.kind = $1 AND m.livemode = $2 ORDER BY m.created_at DESC, m.id DESC LIMIT $3`, kind, s.Stripe.Livemode(), limit)
}

// Move reads one.
func (s *Service) Move(ctx context.Context, q postgres.Querier, id string) (Move, error) {
	return postgres.One[Move](ctx, q, noMove, `SELECT `+moveColumns+` FROM platform_moves m WHERE m.id::text = $1 AND m.livemode = $2`, id, s.Stripe.Livemode())
}

// Own is our own money in one currency: what Stripe holds, whose it is by the
// books, and what will be needed.
type Own struct {
	Currency                              money.Currency
	Available, Pending, Reserved, Instant int64 // by Stripe
	Escrow, Revenue, Debts                int64 // by the books
	Refunds                               int64 // under way, and not yet in the books
	AtRisk                                int64 // inquiries and warnings that may become disputes
}

// In is an amount of this currency.
func (o Own) In(minor int64) money.Amount { return money.New(minor, o.Currency) }

// Free is what can be paid out without touching tenants' money, or what refunds
// under way will take.
func (o Own) Free() int64 { return max(0, o.Available-max(0, o.Escrow)-o.Refunds) }

// Spare is what is free when every inquiry and warning becomes a dispute; below
// zero that much is missing.
func (o Own) Spare() int64 { return o.Available - max(0, o.Escrow) - o.Refunds - o.AtRisk }

// Own reads our own money, fresh from Stripe. When Stripe does not answer,
// the books alone come back with the error.
func (s *Service) Own(ctx context.Context) (all []Own, at time.Time, err error) {
	at = s.Now()
	all, failed := s.ownBooks(ctx, s.DB)
	if failed != nil {
		return nil, at, failed
	}
	seen, err := s.Stripe.OwnBalance(ctx)
	if err != nil {
		return all, at, fmt.Errorf("read our own balance: %w", err)
	}
	for i, o := range all {
		all[i].Available, all[i].Pending = seen.Available[o.Currency], seen.Pending[o.Currency]
		all[i].Reserved, all[i].Instant = seen.Reserved[o.Currency], seen.Instant[o.Currency]
		delete(seen.Available, o.Currency)
	}
	for c := range seen.Available { // money that no booking brought: a top-up
		all = append(all, Own{Currency: c, Available: seen.Available[c], Pending: seen.Pending[c], Reserved: seen.Reserved[c], Instant: seen.Instant[c]})
	}
	return all, at, nil
}

// ownBooks is what the books and the open cases say, by currency.
func (s *Service) ownBooks(ctx context.Context, q postgres.Querier) ([]Own, error) {
	all, err := postgres.All[Own](ctx, q, `
		SELECT x.currency, 0::bigint AS available, 0::bigint AS pending, 0::bigint AS reserved, 0::bigint AS instant,
			coalesce(sum(x.amount) FILTER (WHERE x.name = 'escrow'), 0)::bigint AS escrow,
			coalesce(sum(x.amount) FILTER (WHERE x.name = 'revenue'), 0)::bigint AS revenue,
			coalesce(sum(x.amount) FILTER (WHERE x.name LIKE 'debt:%'), 0)::bigint AS debts,
			(SELECT coalesce(sum(r.amount), 0) FROM refunds r WHERE r.currency = x.currency AND r.status IN ('requested', 'pending'))::bigint AS refunds,
			((SELECT coalesce(sum(d.amount), 0) FROM disputes d WHERE d.currency = x.currency AND d.status IN ('warning_needs_response', 'warning_under_review'))
			 + (SELECT coalesce(sum(p.amount_received - p.amount_refunded), 0) FROM tasks k JOIN payments p ON p.booking_id = k.booking_id AND p.status = 'paid'
				WHERE k.kind = 'fraud_warning' AND k.closed_at IS NULL AND p.currency = x.currency))::bigint AS at_risk
		FROM (SELECT source AS name, currency, -amount AS amount FROM ledger_postings
			UNION ALL SELECT destination, currency, amount FROM ledger_postings) x
		WHERE x.name IN ('escrow', 'revenue') OR x.name LIKE 'debt:%'
		GROUP BY x.currency ORDER BY x.currency`)
	if err != nil {
		return nil, fmt.Errorf("sum up whose our balance is: %w", err)
	}
	return all, nil
}
