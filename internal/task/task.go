// Package task is the admins' list of what needs a person: a refund that
// failed, a card issuer's warning, a cent that nobody can name. A task is opened
// in the transaction of its cause, under a key that says which cause it is, so
// that telling it twice opens it once. It is closed by an admin with a note
// ([Done]), or by the verb that sees its cause go away ([Close]); it never opens
// again under the same key. A task that freezes keeps the booking's money from
// being paid out while it is open (payout asks the table).
//
// Table: tasks.
package task

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hearth/internal/fault"
	"hearth/internal/postgres"
	"hearth/internal/user"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// ID is a task's key, a UUIDv7.
type ID string

// Task is a row of tasks.
type Task struct {
	ID        ID
	Key       string // the cause
	Kind      string // the part of the key before the colon
	BookingID *string
	Account   string // acct_…
	ObjectID  string // Stripe's
	Title     string
	Detail    string
	Href      string // the page where it is done
	Freezes   bool   // the booking's payout waits while it is open
	CreatedAt time.Time
	DueAt     *time.Time
	ClosedAt  *time.Time
	ClosedBy  *user.ID
	Outcome   string
}

// Open reports whether somebody still has to look.
func (t Task) Open() bool { return t.ClosedAt == nil }

const columns = `k.id, k.key, k.kind, k.booking_id::text, k.account, k.object_id, k.title, k.detail, k.href, k.freezes,
	k.created_at, k.due_at, k.closed_at, k.closed_by::text, k.outcome`

// Open writes a task once per key and reports whether this call did. Its kind
// is what the key begins with: "refund_failed:<refund>".
func Open(ctx context.Context, tx pgx.Tx, t Task, now time.Time) (bool, error) {
	kind, _, _ := strings.Cut(t.Key, ":")
	tag, err := tx.Exec(ctx, `
		INSERT INTO tasks (id, key, kind, booking_id, account, object_id, title, detail, href, freezes, created_at, due_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT ON CONSTRAINT tasks_key DO NOTHING`,
		uuid.Must(uuid.NewV7()), t.Key, kind, t.BookingID, t.Account, t.ObjectID, t.Title, t.Detail, t.Href, t.Freezes, now, t.DueAt)
	if err != nil {
		return false, fmt.Errorf("open task %s: %w", t.Key, err)
	}
	return tag.RowsAffected() > 0, nil
}

// Close ends the task of a cause that went away, and reports whether one was
// open.
func Close(ctx context.Context, tx pgx.Tx, key, outcome string, now time.Time) (bool, error) {
	tag, err := tx.Exec(ctx, `UPDATE tasks SET closed_at = $2, outcome = $3 WHERE key = $1 AND closed_at IS NULL`, key, now, outcome)
	if err != nil {
		return false, fmt.Errorf("close task %s: %w", key, err)
	}
	return tag.RowsAffected() > 0, nil
}

// Done is an admin's word that it is settled; the note is kept. One that was
// closed meanwhile is Conflict.
func Done(ctx context.Context, tx pgx.Tx, id ID, by user.ID, note string, now time.Time) error {
	if strings.TrimSpace(note) == "" {
		return fault.Field("reason", "Say what was done: it is kept.")
	}
	tag, err := tx.Exec(ctx, `UPDATE tasks SET closed_at = $2, closed_by = $3, outcome = $4 WHERE id = $1 AND closed_at IS NULL`,
		id, now, by, strings.TrimSpace(note))
	if err != nil {
		return fmt.Errorf("close task %s: %w", id, err)
	}
	if tag.RowsAffected() == 0 {
		return fault.New(fault.Conflict, "Somebody has closed this task already.")
	}
	return nil
}

// OfBooking lists a booking's tasks, the oldest first.
func OfBooking(ctx context.Context, q postgres.Querier, bookingID string) ([]Task, error) {
	return postgres.All[Task](ctx, q, `SELECT `+columns+` FROM tasks k WHERE k.booking_id = $1 ORDER BY k.created_at, k.id`, bookingID)
}

// Count counts open and closed tasks. The open ones have an index of their own.
func Count(ctx context.Context, q postgres.Querier) (open, closed int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FILTER (WHERE closed_at IS NULL), count(*) FILTER (WHERE closed_at IS NOT NULL) FROM tasks`).Scan(&open, &closed)
	if err != nil {
		return 0, 0, fmt.Errorf("count tasks: %w", err)
	}
	return open, closed, nil
}

// CountOpen reads an index of the open tasks alone: every admin page may ask.
func CountOpen(ctx context.Context, q postgres.Querier) (n int, err error) {
	if err = q.QueryRow(ctx, `SELECT count(*) FROM tasks WHERE closed_at IS NULL`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count open tasks: %w", err)
	}
	return n, nil
}
