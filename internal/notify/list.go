package notify

import (
	"context"
	"time"

	"hearth/internal/postgres"
)

// Line is a mail as admins see it: to whom, about what, and whether it went.
type Line struct {
	ID        string
	Template  string
	Recipient string
	Subject   string
	State     string
	LastError string
	CreatedAt time.Time
	SentAt    *time.Time
}

// OfBooking lists the mails about a booking, the oldest first.
func OfBooking(ctx context.Context, q postgres.Querier, bookingID string) ([]Line, error) {
	return postgres.All[Line](ctx, q, `SELECT id, template, recipient, subject, state, last_error, created_at, sent_at
		FROM notifications WHERE booking_id = $1 ORDER BY created_at, id`, bookingID)
}
