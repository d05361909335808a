package task

import (
	"context"

	"hearth/internal/postgres"
)

// Listed is a task as admins see it, with the names of what it points at.
type Listed struct {
	Task
	BookingCode  string // "" without a booking
	ClosedByName string // "" when the cause went away by itself
}

const (
	missing = "There is no such task."
	listed  = `SELECT ` + columns + `, coalesce(b.code, '') AS booking_code, coalesce(u.name, '') AS closed_by_name
		FROM tasks k LEFT JOIN bookings b ON b.id = k.booking_id LEFT JOIN users u ON u.id = k.closed_by `
)

// ByID reads one task.
func ByID(ctx context.Context, q postgres.Querier, id ID) (Listed, error) {
	return postgres.One[Listed](ctx, q, missing, listed+`WHERE k.id::text = $1`, id)
}

// List lists open tasks, the nearest due date and then the oldest first, or
// closed ones, the newest first.
func List(ctx context.Context, q postgres.Querier, open bool, limit, offset int) ([]Listed, error) {
	return postgres.All[Listed](ctx, q, listed+`WHERE (k.closed_at IS NULL) = $1
		ORDER BY k.closed_at DESC NULLS FIRST, k.due_at NULLS LAST, k.created_at, k.id LIMIT $2 OFFSET $3`, open, limit, offset)
}
