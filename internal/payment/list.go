package payment

import (
	"context"
	"fmt"

	"hearth/internal/postgres"
)

// ListedRefund is a refund in the admin's list.
type ListedRefund struct {
	Refund
	Code       string // of the booking
	TenantName string
	HomeTitle  string
}

// ListRefunds lists refunds: failed ones first, then those under way, then the
// rest, the newest first. Status "" is all.
func ListRefunds(ctx context.Context, q postgres.Querier, status string, limit, offset int) ([]ListedRefund, error) {
	return postgres.All[ListedRefund](ctx, q, `SELECT `+refundColumns+`, b.code, t.name AS tenant_name, l.title AS home_title
		FROM refunds r JOIN bookings b ON b.id = r.booking_id JOIN users t ON t.id = b.tenant_id JOIN listings l ON l.id = b.listing_id
		WHERE $1 = '' OR r.status = $1
		ORDER BY CASE r.status WHEN 'failed' THEN 0 WHEN 'requested' THEN 1 WHEN 'requires_action' THEN 1 WHEN 'pending' THEN 2 ELSE 3 END, r.id DESC
		LIMIT $2 OFFSET $3`, status, limit, offset)
}

// CountRefunds counts them by status.
func CountRefunds(ctx context.Context, q postgres.Querier) (map[string]int, error) {
	type count struct {
		Status string
		N      int
	}
	counts, err := postgres.All[count](ctx, q, `SELECT status, count(*) AS n FROM refunds GROUP BY status`)
	if err != nil {
		return nil, fmt.Errorf("count refunds: %w", err)
	}
	byStatus := map[string]int{}
	for _, c := range counts {
		byStatus[c.Status] = c.N
	}
	return byStatus, nil
}
