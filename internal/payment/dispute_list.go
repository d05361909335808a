package payment

import (
	"context"
	"fmt"

	"hearth/internal/postgres"
)

// DisputeGroup is a part of the admins' list of disputes.
type DisputeGroup string

// The groups; "" is all.
const (
	DisputesToAnswer DisputeGroup = "answer" // evidence can still be sent
	DisputesWaiting  DisputeGroup = "waiting"
	DisputesClosed   DisputeGroup = "closed"
)

// ListedDispute is a dispute with what it is about.
type ListedDispute struct {
	Dispute
	Code       string // of the booking
	TenantName string
	OwnerName  string
	HomeTitle  string
	Card       string // brand and last four digits
}

const disputeGroup = `CASE WHEN d.status IN ('needs_response', 'warning_needs_response') THEN 'answer'
	WHEN d.status IN ('won', 'lost', 'warning_closed') THEN 'closed' ELSE 'waiting' END`

// ListDisputes lists disputes: those that want an answer by their due date, then
// those with the bank, then the closed ones, the newest first.
func ListDisputes(ctx context.Context, q postgres.Querier, group DisputeGroup, limit, offset int) ([]ListedDispute, error) {
	return postgres.All[ListedDispute](ctx, q, `SELECT `+disputeColumns+`, b.code, t.name AS tenant_name, o.name AS owner_name, l.title AS home_title,
			coalesce((SELECT concat_ws(' ', initcap(c.brand), '•••• ' || nullif(c.last4, '')) FROM charges c WHERE c.id = d.charge_id), '') AS card
		FROM disputes d JOIN bookings b ON b.id = d.booking_id JOIN users t ON t.id = b.tenant_id JOIN users o ON o.id = b.owner_id JOIN listings l ON l.id = b.listing_id
		WHERE $1 = '' OR `+disputeGroup+` = $1
		ORDER BY CASE `+disputeGroup+` WHEN 'answer' THEN 0 WHEN 'waiting' THEN 1 ELSE 2 END,
			CASE WHEN d.status NOT IN ('won', 'lost', 'warning_closed') THEN d.due_by END NULLS LAST, d.created_at DESC, d.id
		LIMIT $2 OFFSET $3`, group, limit, offset)
}

// CountDisputes counts them by group; every group is in the answer.
func CountDisputes(ctx context.Context, q postgres.Querier) (map[DisputeGroup]int, error) {
	type count struct {
		Kind DisputeGroup
		N    int
	}
	counts, err := postgres.All[count](ctx, q, `SELECT `+disputeGroup+` AS kind, count(*) AS n FROM disputes d GROUP BY 1`)
	if err != nil {
		return nil, fmt.Errorf("count disputes: %w", err)
	}
	byGroup := map[DisputeGroup]int{"": 0, DisputesToAnswer: 0, DisputesWaiting: 0, DisputesClosed: 0}
	for _, c := range counts {
		byGroup[c.Kind] = c.N
		byGroup[""] += c.N
	}
	return byGroup, nil
}

// Troubles are numbers that somebody should look at.
type Troubles struct {
	Refunds  int // payments with a failed refund and none sent since: tenants who wait for their money
	Disputes int // open ones
}

// CountTroubles reads little, as every admin page shows it.
func CountTroubles(ctx context.Context, q postgres.Querier) (Troubles, error) {
	return postgres.One[Troubles](ctx, q, "", `SELECT
		(SELECT count(DISTINCT r.payment_id) FROM refunds r WHERE r.status = 'failed' AND NOT EXISTS (SELECT FROM refunds later
			WHERE later.payment_id = r.payment_id AND later.id > r.id AND later.status NOT IN ('failed', 'canceled'))) AS refunds,
		(SELECT count(*) FROM disputes WHERE status NOT IN ('won', 'lost', 'warning_closed')) AS disputes`)
}
