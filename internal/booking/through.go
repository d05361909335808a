package booking

import (
	"context"
	"fmt"
	"time"

	"hearth/internal/postgres"

	"github.com/jackc/pgx/v5"
)

// Through are the bookings whose money goes through a connected account and
// that have not ended, the nearest check-in first: held ones too.
func Through(ctx context.Context, q postgres.Querier, acct string) ([]Booking, error) {
	return postgres.All[Booking](ctx, q, `SELECT `+Columns+` FROM bookings b
		WHERE b.status IN ('held', 'processing', 'requested', 'confirmed')
		  AND EXISTS (SELECT FROM payments p WHERE p.booking_id = b.id AND p.destination = $1)
		ORDER BY b.nights, b.id`, acct)
}

// CutHolds ends the time that held bookings of a connected account have to be
// paid, and requested ones to be answered: the sweep then asks Stripe to close
// their payment pages, lets the cards go, and gives the nights back. One that somebody is just changing is passed over, so that this
// never waits; call it again.
func CutHolds(ctx context.Context, tx pgx.Tx, acct string, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE bookings SET hold_until = $2 WHERE id IN (
		SELECT b.id FROM bookings b WHERE (b.status = 'held' OR (b.status = 'requested' AND b.answer = '')) AND b.hold_until > $2
		  AND EXISTS (SELECT FROM payments p WHERE p.booking_id = b.id AND p.destination = $1)
		ORDER BY b.id FOR UPDATE SKIP LOCKED)`, acct, now)
	if err != nil {
		return fmt.Errorf("cut the holds of account %s: %w", acct, err)
	}
	return nil
}
