package booking

import (
	"context"

	"hearth/internal/postgres"
	"hearth/internal/user"
)

// Trip is a booking as it stands in a list: with what everybody may know of
// its home, and no address.
type Trip struct {
	Booking
	Title, Slug, City, Region string
	CoverID, CoverAlt         string // "" without a photo
}

// Trips are a person's bookings, the newest stay first.
func Trips(ctx context.Context, q postgres.Querier, tenant user.ID) ([]Trip, error) {
	return postgres.All[Trip](ctx, q, `SELECT `+Columns+`, l.title, l.slug, l.city, l.region,
			coalesce(c.id::text, '') AS cover_id, coalesce(c.alt, '') AS cover_alt
		FROM bookings b JOIN listings l ON l.id = b.listing_id
		LEFT JOIN LATERAL (SELECT p.id, p.alt FROM listing_photos p WHERE p.listing_id = l.id ORDER BY p.position LIMIT 1) c ON true
		WHERE b.tenant_id = $1 ORDER BY b.nights DESC, b.id DESC`, tenant)
}
