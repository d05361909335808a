package reconcile

import (
	"context"
	"fmt"
	"time"

	"hearth/internal/money"
	"hearth/internal/postgres"
	"hearth/internal/task"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// taskAge is how long a remainder may last before a person has to look.
const taskAge = time.Hour

// Discrepancy is a remainder that was found, by name and with its likely cause.
type Discrepancy struct {
	ID         string
	Account    string // acct_…; "" is ours
	Currency   money.Currency
	Reference  string // the ledger's, there or missing
	Ours       int64
	Theirs     int64
	What       string
	Cause      string
	ObjectID   string // at Stripe
	BookingID  *string
	Code       *string // the booking's
	HappenedAt time.Time
	FirstSeen  time.Time
	LastSeen   time.Time
	ResolvedAt *time.Time
}

// Money is what Stripe has more than the ledger.
func (d Discrepancy) Money() money.Amount { return money.New(d.Theirs-d.Ours, d.Currency) }

// In is minor units in its currency.
func (d Discrepancy) In(minor int64) money.Amount { return money.New(minor, d.Currency) }

const discrepancyColumns = `d.id, d.account, d.currency, d.reference, d.ours, d.theirs, d.what, d.cause, d.object_id, d.booking_id::text,
	b.code, d.happened_at, d.first_seen, d.last_seen, d.resolved_at`

// Open lists the remainders that are left, the oldest first.
func Open(ctx context.Context, q postgres.Querier, limit int) ([]Discrepancy, error) {
	return postgres.All[Discrepancy](ctx, q, `SELECT `+discrepancyColumns+` FROM discrepancies d LEFT JOIN bookings b ON b.id = d.booking_id
		WHERE d.resolved_at IS NULL ORDER BY d.first_seen, d.account, d.reference LIMIT $1`, limit)
}

// Resolved lists those that went away, the newest first.
func Resolved(ctx context.Context, q postgres.Querier, limit int) ([]Discrepancy, error) {
	return postgres.All[Discrepancy](ctx, q, `SELECT `+discrepancyColumns+` FROM discrepancies d LEFT JOIN bookings b ON b.id = d.booking_id
		WHERE d.resolved_at IS NOT NULL ORDER BY d.resolved_at DESC, d.id LIMIT $1`, limit)
}

// CountOpen says how many are left.
func CountOpen(ctx context.Context, q postgres.Querier) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM discrepancies WHERE resolved_at IS NULL`).Scan(&n)
	return n, err
}

// record writes what a comparison of these accounts found: remainders that are
// there, those that went away, and the balances. What lasts becomes a task.
func (s *Service) record(ctx context.Context, accounts []string, found []remainder, balances []Balance) error {
	now := s.Now()
	return postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		for _, r := range found {
			if err := s.note(ctx, tx, r, now); err != nil {
				return err
			}
		}
		if err := resolve(ctx, tx, accounts, now); err != nil {
			return err
		}
		for _, b := range balances {
			if _, err := tx.Exec(ctx, `
				INSERT INTO book_balances (account, currency, ours, theirs, checked_at) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (account, currency) DO UPDATE SET ours = excluded.ours, theirs = excluded.theirs, checked_at = excluded.checked_at`,
				b.Account, b.Currency, b.Ours, b.Theirs, b.CheckedAt); err != nil {
				return fmt.Errorf("keep the balance of %q: %w", b.Account, err)
			}
		}
		return raise(ctx, tx, now)
	})
}

func (s *Service) note(ctx context.Context, tx pgx.Tx, r remainder, now time.Time) error {
	known, _, err := s.belongs(ctx, tx, r)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO discrepancies (id, account, currency, reference, ours, theirs, what, cause, object_id, booking_id, happened_at, first_seen, last_seen)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
		ON CONFLICT (account, currency, reference) WHERE resolved_at IS NULL DO UPDATE SET
			ours = excluded.ours, theirs = excluded.theirs, what = excluded.what, cause = excluded.cause, booking_id = excluded.booking_id, last_seen = excluded.last_seen`,
		uuid.Must(uuid.NewV7()), r.Account, r.Currency, r.Reference, r.Ours, r.Theirs, r.what(), r.cause(known), r.object(), r.booking(known), r.At, now)
	if err != nil {
		return fmt.Errorf("note remainder %s: %w", r.Reference, err)
	}
	return nil
}

// resolve ends the remainders of these accounts that this comparison did not
// see, with their tasks, and those of accounts that are gone: a run that had read
// one may have recorded them after another found it gone.
func resolve(ctx context.Context, tx pgx.Tx, accounts []string, now time.Time) error {
	rows, err := tx.Query(ctx, `UPDATE discrepancies SET resolved_at = $1
		WHERE resolved_at IS NULL AND (account = ANY($2) AND last_seen < $1 OR account IN (SELECT account FROM stripe_reads WHERE gone)) RETURNING id::text`, now, accounts)
	if err != nil {
		return fmt.Errorf("resolve remainders: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("resolve remainders: %w", err)
	}
	for _, id := range ids {
		if _, err := task.Close(ctx, tx, "discrepancy:"+id, "The books agree again.", now); err != nil {
			return err
		}
	}
	return nil
}

// raise makes a task of every remainder that has lasted.
func raise(ctx context.Context, tx pgx.Tx, now time.Time) error {
	old, err := postgres.All[Discrepancy](ctx, tx, `SELECT `+discrepancyColumns+` FROM discrepancies d LEFT JOIN bookings b ON b.id = d.booking_id
		WHERE d.resolved_at IS NULL AND d.first_seen <= $1 AND NOT EXISTS (SELECT FROM tasks k WHERE k.key = 'discrepancy:' || d.id) LIMIT 100`, now.Add(-taskAge))
	if err != nil {
		return fmt.Errorf("find remainders that last: %w", err)
	}
	for _, d := range old {
		if _, err := task.Open(ctx, tx, task.Task{Key: "discrepancy:" + d.ID, BookingID: d.BookingID, Account: d.Account, ObjectID: d.ObjectID,
			Title: "The books differ by " + d.Money().Format() + ": " + d.What, Detail: d.Cause, Href: "/admin/books#" + d.ID}, now); err != nil {
			return err
		}
	}
	return nil
}
