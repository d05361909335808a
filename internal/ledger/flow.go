package ledger

import (
	"context"
	"fmt"
	"time"

	"hearth/internal/money"
	"hearth/internal/postgres"
)

// Flow is what a span of time moved, by when it happened at Stripe. All
// amounts are positive.
type Flow struct {
	Taken      money.Amount // paid by tenants
	Payments   int          // how many times
	Refunded   money.Amount // given back to tenants, less what came back
	Fees       money.Amount // our own part, less what was given back of it
	StripeFees money.Amount // what Stripe kept
}

// FlowOf sums the time from (inclusive) to (exclusive) in one currency.
func FlowOf(ctx context.Context, q postgres.Querier, from, to time.Time, currency money.Currency) (Flow, error) {
	var taken, refunded, fees, stripe int64
	var payments int
	err := q.QueryRow(ctx, `
		SELECT coalesce(sum(p.amount) FILTER (WHERE t.kind = 'charge'), 0)::bigint,
			count(*) FILTER (WHERE t.kind = 'charge'),
			coalesce(sum(CASE t.kind WHEN 'refund' THEN p.amount WHEN 'refund_failure' THEN -p.amount END), 0)::bigint,
			coalesce(sum(CASE t.kind WHEN 'fee' THEN p.amount WHEN 'fee_kept' THEN p.amount WHEN 'fee_refund' THEN -p.amount END), 0)::bigint,
			coalesce(sum(CASE WHEN p.destination = $4 THEN p.amount WHEN p.source = $4 THEN -p.amount END), 0)::bigint
		FROM ledger_transactions t JOIN ledger_postings p ON p.transaction_id = t.id
		WHERE t.at >= $1 AND t.at < $2 AND p.currency = $3`, from, to, currency, StripeFees).Scan(&taken, &payments, &refunded, &fees, &stripe)
	if err != nil {
		return Flow{}, fmt.Errorf("sum the ledger from %s to %s: %w", from, to, err)
	}
	in := func(minor int64) money.Amount { return money.New(minor, currency) }
	return Flow{Taken: in(taken), Payments: payments, Refunded: in(refunded), Fees: in(fees), StripeFees: in(stripe)}, nil
}
