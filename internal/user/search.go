package user

import (
	"context"
	"strings"

	"hearth/internal/postgres"
)

// Filter narrows a search for people. Zero values do not narrow.
type Filter struct {
	Query     string // a part of the name or the address, or a whole id
	Role      string
	Suspended bool // only who may not log in
	Limit     int  // 0: 50
	Page      int  // from 1
}

// Listed is a person in the admins' list.
type Listed struct {
	User
	Homes int `db:"homes"` // of any status
	Stays int `db:"stays"` // bookings made as a tenant
}

const matches = ` FROM users u WHERE ($1 = '' OR position(lower($1) IN lower(name || ' ' || email)) > 0 OR id::text = $1)`

// Search lists people for admins, newest first, with the number of all that match.
func Search(ctx context.Context, q postgres.Querier, f Filter) (found []Listed, total int, err error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	const matching = matches + ` AND ($2 = '' OR $2 = ANY (roles)) AND (NOT $3 OR suspended_at IS NOT NULL)`
	query := strings.TrimSpace(f.Query)
	if err := q.QueryRow(ctx, `SELECT count(*)`+matching, query, f.Role, f.Suspended).Scan(&total); err != nil {
		return nil, 0, err
	}
	found, err = postgres.All[Listed](ctx, q, `SELECT `+columns+`,
		(SELECT count(*) FROM listings l WHERE l.owner_id = u.id) AS homes,
		(SELECT count(*) FROM bookings b WHERE b.tenant_id = u.id) AS stays`+matching+` ORDER BY created_at DESC, id DESC LIMIT $4 OFFSET $5`,
		query, f.Role, f.Suspended, f.Limit, max(f.Page-1, 0)*f.Limit)
	return found, total, err
}

// Counts is how many people there are of each sort.
type Counts struct {
	All       int `db:"everybody"`
	Owners    int `db:"owners"`
	Admins    int `db:"admins"`
	Suspended int `db:"suspended"`
}

// Count counts the people that a query finds, as the tabs of their list want it.
func Count(ctx context.Context, q postgres.Querier, query string) (Counts, error) {
	return postgres.One[Counts](ctx, q, nobody, `SELECT count(*) AS everybody, count(*) FILTER (WHERE 'owner' = ANY (roles)) AS owners,
		count(*) FILTER (WHERE 'admin' = ANY (roles)) AS admins, count(*) FILTER (WHERE suspended_at IS NOT NULL) AS suspended`+matches,
		strings.TrimSpace(query))
}
