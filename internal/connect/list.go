package connect

import (
	"context"

	"hearth/internal/postgres"
)

// Listed is an account as it stands in the admins' list.
type Listed struct {
	Account
	Name, Email string
	Homes       int // published
}

// Group is a part of the admins' list.
type Group string

// The groups.
const (
	GroupRestricted     Group = "restricted"      // cannot be paid, and something is wrong
	GroupRestrictedSoon Group = "restricted_soon" // can be paid until a deadline
	GroupPending        Group = "pending"         // on the way to be paid
	GroupEnabled        Group = "enabled"         // can be paid
	GroupRetired        Group = "retired"         // no longer used by us: nobody has to do anything
)

// Group is where an account is listed.
func (a Account) Group() Group {
	if a.Retired() {
		return GroupRetired
	}
	switch a.State() {
	case Active:
		if a.RestrictedSoon() {
			return GroupRestrictedSoon
		}
		return GroupEnabled
	case NotStarted, Incomplete, InReview:
		return GroupPending
	}
	return GroupRestricted
}

// List is every account of a mode with whose it is, the nearest deadline first.
func List(ctx context.Context, q postgres.Querier, livemode bool) ([]Listed, error) {
	return postgres.All[Listed](ctx, q, `
		SELECT `+columns+`, u.name, u.email,
			(SELECT count(*) FROM listings l WHERE l.owner_id = connected_accounts.user_id AND l.status = 'published') AS homes
		FROM connected_accounts JOIN LATERAL (SELECT u.name, u.email FROM users u WHERE u.id = connected_accounts.user_id) u ON true
		WHERE livemode = $1 ORDER BY due_by NULLS LAST, created_at DESC`, livemode)
}
