package listing

import (
	"context"
	"fmt"
	"time"

	"hearth/internal/fault"
	"hearth/internal/postgres"

	"github.com/jackc/pgx/v5"
)

// Publish offers a home to tenants. It is refused, with a message per field,
// while something is missing, and denied while the home is suspended.
func Publish(ctx context.Context, tx pgx.Tx, id ID, now time.Time) error {
	l, err := Lock(ctx, tx, id)
	if err != nil {
		return err
	}
	if l.Status == Suspended {
		return fault.New(fault.Denied, "This home was suspended by an administrator. Contact support to have it reviewed.")
	}
	l.Status = Published
	if err := l.stillComplete(ctx, tx); err != nil {
		return err
	}
	return setStatus(ctx, tx, id, Published, now)
}

// Pause takes a published home off: no new bookings, those made stay. A home
// that is not published stays as it is.
func Pause(ctx context.Context, tx pgx.Tx, id ID, now time.Time) error {
	l, err := Lock(ctx, tx, id)
	if err != nil || l.Status != Published {
		return err
	}
	return setStatus(ctx, tx, id, Paused, now)
}

// Suspend takes a home off by an admin's word; only [Restore] ends it.
func Suspend(ctx context.Context, tx pgx.Tx, id ID, now time.Time) error {
	if _, err := Lock(ctx, tx, id); err != nil {
		return err
	}
	return setStatus(ctx, tx, id, Suspended, now)
}

// Restore ends a suspension: the home is paused, and its owner publishes it.
func Restore(ctx context.Context, tx pgx.Tx, id ID, now time.Time) error {
	l, err := Lock(ctx, tx, id)
	if err != nil || l.Status != Suspended {
		return err
	}
	return setStatus(ctx, tx, id, Paused, now)
}

func setStatus(ctx context.Context, tx pgx.Tx, id ID, to Status, now time.Time) error {
	if _, err := tx.Exec(ctx, `UPDATE listings SET status = $2, updated_at = $3 WHERE id = $1 AND status <> $2`, id, to, now); err != nil {
		return fmt.Errorf("make home %s %s: %w", id, to, err)
	}
	return nil
}

// sellable is the one condition for homes that tenants may find and book: the
// home is published, and its owner may act and can be paid in this mode.
const sellable = `l.status = 'published'
	AND EXISTS (SELECT FROM users u WHERE u.id = l.owner_id AND u.suspended_at IS NULL)
	AND EXISTS (SELECT FROM payable_owners p WHERE p.user_id = l.owner_id AND p.livemode = `

// Sellable reports whether a home can be booked right now.
func Sellable(ctx context.Context, q postgres.Querier, id ID, livemode bool) (bool, error) {
	var yes bool
	err := q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM listings l WHERE l.id = $1 AND `+sellable+`$2))`, id, livemode).Scan(&yes)
	if err != nil {
		return false, fmt.Errorf("ask whether home %s is on sale: %w", id, err)
	}
	return yes, nil
}
