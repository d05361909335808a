package stripeapi

import (
	"context"

	"hearth/internal/postgres"
)

// LatestAbout lists the newest requests about any of several things.
func LatestAbout(ctx context.Context, q postgres.Querier, limit int, about ...string) ([]Request, error) {
	return postgres.All[Request](ctx, q,
		`SELECT `+requestColumns+` FROM stripe_requests WHERE about = ANY($1) ORDER BY planned_at DESC, id DESC LIMIT $2`, about, limit)
}
