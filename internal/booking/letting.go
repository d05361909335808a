package booking

import (
	"context"
	"strings"

	"hearth/internal/postgres"
	"hearth/internal/user"
)

// Letting is a booking as it stands in its homeowner's list.
type Letting struct {
	Booking
	Title  string // of the home
	Tenant string // the whole name
}

// TenantName is the whole name once the stay is confirmed, and the first name
// before.
func (l Letting) TenantName() string {
	if l.Status.Fulfilled() {
		return l.Tenant
	}
	first, _, _ := strings.Cut(l.Tenant, " ")
	return first
}

// Lettings are the stays of [ForOwner] with the home's and the tenant's names,
// the newest stay first.
func Lettings(ctx context.Context, q postgres.Querier, owner user.ID) ([]Letting, error) {
	return postgres.All[Letting](ctx, q, `SELECT `+Columns+`, l.title, u.name AS tenant
		FROM bookings b JOIN listings l ON l.id = b.listing_id JOIN users u ON u.id = b.tenant_id
		WHERE b.owner_id = $1 AND `+reachedOwner+`
		ORDER BY b.nights DESC, b.id DESC`, owner)
}
