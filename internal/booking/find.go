package booking

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hearth/internal/money"
	"hearth/internal/postgres"
	"hearth/internal/user"
)

// Search is an admin's question. Zero fields ask nothing.
type Search struct {
	Query  string     // code, name, e-mail, home, amount, last four digits, or an id at Stripe
	Status Status     // exactly this
	Money  string     // "refunded", "disputed"
	From   *time.Time // arrivals from this day
	To     *time.Time // to this day
	Owner  user.ID
	Sort   string // created, check_in, total, status; "" is created
	Up     bool   // the smallest first
	Page   int    // from 1
	Size   int
}

// Row is a booking in a list, with the names that people know it by.
type Row struct {
	Booking
	TenantName     string
	TenantEmail    string
	OwnerName      string
	HomeTitle      string
	HomeSlug       string
	PaymentStatus  string
	AmountRefunded int64
	Disputed       bool
}

// Sorts are the columns that a list can be sorted by.
var sorts = map[string]string{"created": "b.created_at", "check_in": "lower(b.nights)", "total": "b.total_amount", "status": "b.status"}

const rowTables = ` FROM bookings b
	JOIN users t ON t.id = b.tenant_id JOIN users o ON o.id = b.owner_id JOIN listings l ON l.id = b.listing_id
	LEFT JOIN LATERAL (SELECT status, amount_refunded, disputed FROM payments WHERE booking_id = b.id
		ORDER BY status = 'paid' DESC, id DESC LIMIT 1) p ON true`

// The query names one thing; whatever it names, by whatever id, is found.
const rowMatches = ` WHERE ($1 = '' OR b.code = upper($1)
		OR position(lower($1) IN lower(concat_ws(' ', t.name, t.email, o.name, o.email, l.title, l.city))) > 0
		OR b.total_amount = $2
		OR EXISTS (SELECT FROM payments x WHERE x.booking_id = b.id AND $1 IN (x.payment_intent_id, x.destination))
		OR EXISTS (SELECT FROM charges x WHERE x.booking_id = b.id AND $1 IN (x.id, x.last4, x.transfer_id, x.application_fee_id))
		OR EXISTS (SELECT FROM refunds x WHERE x.booking_id = b.id AND $1 = x.stripe_refund_id)
		OR EXISTS (SELECT FROM disputes x WHERE x.booking_id = b.id AND $1 = x.id)
		OR EXISTS (SELECT FROM checkout_attempts x JOIN payments y ON y.id = x.payment_id WHERE y.booking_id = b.id AND $1 = x.session_id)
		OR EXISTS (SELECT FROM payout_releases x JOIN payouts y ON y.id = x.payout_id WHERE x.booking_id = b.id AND $1 = y.stripe_id))
	AND ($3::date IS NULL OR lower(b.nights) >= $3) AND ($4::date IS NULL OR lower(b.nights) <= $4)
	AND ($5 = '' OR b.owner_id::text = $5)
	AND ($6 = '' OR ($6 = 'refunded' AND p.amount_refunded > 0) OR ($6 = 'disputed' AND p.disputed))`

func (s Search) args(currency money.Currency) []any {
	var amount *int64
	if typed, err := money.Parse(s.Query, currency); err == nil {
		amount = &typed.Minor
	}
	return []any{strings.TrimSpace(s.Query), amount, s.From, s.To, string(s.Owner), s.Money}
}

const rowColumns = Columns + `, t.name AS tenant_name, t.email AS tenant_email, o.name AS owner_name, l.title AS home_title, l.slug AS home_slug,
	coalesce(p.status, '') AS payment_status, coalesce(p.amount_refunded, 0) AS amount_refunded, coalesce(p.disputed, false) AS disputed`

// Find lists what a search asks for. Typed amounts are in the currency.
func Find(ctx context.Context, q postgres.Querier, s Search, currency money.Currency) ([]Row, error) {
	column, ok := sorts[s.Sort]
	if !ok {
		column = sorts["created"]
	}
	direction := " DESC"
	if s.Up {
		direction = " ASC"
	}
	args := append(s.args(currency), string(s.Status), s.Size, max(s.Page-1, 0)*s.Size)
	rows, err := postgres.All[Row](ctx, q, `SELECT `+rowColumns+rowTables+rowMatches+
		` AND ($7 = '' OR b.status = $7) ORDER BY `+column+direction+`, b.id`+direction+` LIMIT $8 OFFSET $9`, args...)
	if err != nil {
		return nil, fmt.Errorf("find bookings: %w", err)
	}
	return rows, nil
}

// Count says, for every status, how many a search would find if it asked for
// that status.
func Count(ctx context.Context, q postgres.Querier, s Search, currency money.Currency) (byStatus map[Status]int, total int, err error) {
	type count struct {
		Status Status
		N      int
	}
	counts, err := postgres.All[count](ctx, q, `SELECT b.status, count(*) AS n`+rowTables+rowMatches+` GROUP BY b.status`, s.args(currency)...)
	if err != nil {
		return nil, 0, fmt.Errorf("count bookings: %w", err)
	}
	byStatus = map[Status]int{}
	for _, c := range counts {
		byStatus[c.Status] = c.N
		total += c.N
	}
	return byStatus, total, nil
}
