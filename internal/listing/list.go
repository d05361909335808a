package listing

import (
	"context"
	"fmt"
	"strings"

	"hearth/internal/fault"
	"hearth/internal/money"
	"hearth/internal/postgres"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
)

// Filter is an admin's question. Zero fields ask nothing.
type Filter struct {
	Query    string // a part of the title, the place, or the owner's name or address; a whole slug or id
	Status   Status
	Owner    user.ID
	Livemode bool // whose accounts decide what is on sale
	Limit    int
	Page     int // from 1
}

// Listed is a home in the admins' list.
type Listed struct {
	Listing
	OwnerName  string
	OwnerEmail string
	OwnerFee   *int64 // the owner's own, in basis points
	OnSale     bool   // Sellable, now
	Cover      *PhotoID
}

const listMatches = ` FROM listings l JOIN users o ON o.id = l.owner_id
	WHERE ($1 = '' OR position(lower($1) IN lower(concat_ws(' ', l.title, l.city, l.region, o.name, o.email))) > 0 OR l.slug = $1 OR l.id::text = $1)
		AND ($2 = '' OR o.id::text = $2)`

// List lists homes for admins, newest first.
func List(ctx context.Context, q postgres.Querier, f Filter) ([]Listed, error) {
	return postgres.All[Listed](ctx, q, `SELECT `+columns+`, o.name AS owner_name, o.email AS owner_email, o.fee_bps AS owner_fee,
			(`+sellable+`$3)) AS on_sale, (SELECT p.id FROM listing_photos p WHERE p.listing_id = l.id ORDER BY p.position LIMIT 1) AS cover`+
		listMatches+` AND ($4 = '' OR l.status = $4) ORDER BY l.id DESC LIMIT $5 OFFSET $6`,
		strings.TrimSpace(f.Query), string(f.Owner), f.Livemode, string(f.Status), f.Limit, max(f.Page-1, 0)*f.Limit)
}

// Count counts by status what a filter finds, whatever status it asks for.
func Count(ctx context.Context, q postgres.Querier, f Filter) (map[Status]int, error) {
	type count struct {
		Status Status
		N      int
	}
	counts, err := postgres.All[count](ctx, q, `SELECT l.status, count(*) AS n`+listMatches+` GROUP BY l.status`, strings.TrimSpace(f.Query), string(f.Owner))
	if err != nil {
		return nil, fmt.Errorf("count homes: %w", err)
	}
	byStatus := map[Status]int{}
	for _, c := range counts {
		byStatus[c.Status] = c.N
	}
	return byStatus, nil
}

// SetFee gives a home a fee of its own in basis points; nil: its owner's, else
// the platform's. Bookings that are made keep theirs.
func SetFee(ctx context.Context, tx pgx.Tx, id ID, bps *int64) error {
	if bps != nil && (*bps < 0 || *bps > int64(money.Whole)) {
		return fault.Field("fee", "A fee is between 0 and %d basis points.", money.Whole)
	}
	done, err := tx.Exec(ctx, `UPDATE listings SET fee_bps = $2 WHERE id = $1`, id, bps)
	if err == nil && done.RowsAffected() == 0 {
		return fault.New(fault.NotFound, noSuchHome)
	}
	return err
}
