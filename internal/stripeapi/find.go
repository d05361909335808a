package stripeapi

import (
	"context"
	"fmt"

	"hearth/internal/postgres"

	"github.com/jackc/pgx/v5"
)

// RequestFilter narrows the list of requests. Zero values do not narrow.
type RequestFilter struct {
	State   State
	Purpose string
	About   string // any id: see FindRequests
	Before  string // the id after which the next page begins
	Limit   int
}

// FindRequests lists requests, the newest first. An id in About is the
// request's own, its key, Stripe's req_…, what it is for, a booking's code, the
// account that it acts for, or any object that came of it: a charge, a payment
// intent, a transfer, our fee, a dispute or a balance transaction leads to the
// request for the session that they were paid in.
func FindRequests(ctx context.Context, q postgres.Querier, f RequestFilter) ([]Request, error) {
	return postgres.All[Request](ctx, q, `SELECT `+requestColumns+` FROM stripe_requests
		WHERE ($1 = '' OR state = $1) AND ($2 = '' OR purpose = $2) AND ($4 = '' OR id::text < $4)
		  AND ($3 = '' OR $3 IN (id::text, idempotency_key, stripe_request, about, object_id, stripe_account)
			OR about = 'booking:' || (SELECT id FROM bookings WHERE code = upper($3)) OR id = ANY(ARRAY(`+behind+`)))
		ORDER BY id DESC LIMIT $5`, string(f.State), f.Purpose, f.About, f.Before, f.Limit)
}

// behind are the requests that an object of Stripe's, $3, came of.
const behind = `
	SELECT a.request_id FROM checkout_attempts a JOIN payments p ON p.id = a.payment_id
	WHERE a.session_id = $3 OR p.payment_intent_id = $3 OR p.id IN (
		SELECT payment_id FROM charges WHERE $3 IN (id, transfer_id, application_fee_id, balance_transaction_id)
		UNION ALL SELECT payment_id FROM transfers WHERE $3 IN (id, destination_payment)
		UNION ALL SELECT payment_id FROM disputes WHERE id = $3)
	UNION ALL SELECT request_id FROM refunds WHERE $3 IN (stripe_refund_id, id::text) AND request_id IS NOT NULL
	UNION ALL SELECT request_id FROM payouts WHERE $3 IN (stripe_id, id::text) AND request_id IS NOT NULL
	UNION ALL SELECT request_id FROM connected_accounts WHERE stripe_account_id = $3`

// CountRequests counts requests by state.
func CountRequests(ctx context.Context, q postgres.Querier) (map[State]int, error) {
	rows, err := q.Query(ctx, `SELECT state, count(*) FROM stripe_requests GROUP BY state`)
	if err != nil {
		return nil, fmt.Errorf("count requests: %w", err)
	}
	counts := map[State]int{}
	var state State
	var n int
	_, err = pgx.ForEachRow(rows, []any{&state, &n}, func() error {
		counts[state] = n
		return nil
	})
	return counts, err
}

// PurposesSeen are the purposes that requests have had.
func PurposesSeen(ctx context.Context, q postgres.Querier) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT DISTINCT purpose FROM stripe_requests ORDER BY purpose`)
	if err != nil {
		return nil, fmt.Errorf("list purposes: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
