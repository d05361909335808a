package reconcile

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hearth/internal/fault"
	"hearth/internal/ledger"
	"hearth/internal/postgres"
	"hearth/internal/task"

	"github.com/jackc/pgx/v5"
)

// explained is the kind of transaction that books what an admin has explained.
// It names the remainder's reference as its object, and counts for it.
const explained = "explained"

// Bookable reports whether a person may book the remainder: one that Stripe
// itself has not settled yet goes away by itself.
func (d Discrepancy) Bookable() bool {
	return d.ResolvedAt == nil && d.Reference != whole && !strings.HasPrefix(d.Reference, waiting)
}

// DiscrepancyByID reads one.
func DiscrepancyByID(ctx context.Context, q postgres.Querier, id string) (Discrepancy, error) {
	return postgres.One[Discrepancy](ctx, q, "There is no such remainder.", `SELECT `+discrepancyColumns+` FROM discrepancies d
		LEFT JOIN bookings b ON b.id = d.booking_id WHERE d.id::text = $1`, id)
}

// Explain books what a remainder differs by against the world outside, for a
// reason that is kept with it, and ends it. It is a Conflict when it has ended
// already, or will by itself. The next comparison proves it.
func Explain(ctx context.Context, tx pgx.Tx, id, reason string, now time.Time) (Discrepancy, error) {
	if _, err := tx.Exec(ctx, `SELECT FROM discrepancies WHERE id::text = $1 FOR UPDATE`, id); err != nil {
		return Discrepancy{}, fmt.Errorf("lock remainder %s: %w", id, err)
	}
	d, err := DiscrepancyByID(ctx, tx, id)
	if err != nil {
		return d, err
	}
	if !d.Bookable() {
		return d, fault.New(fault.Conflict, "This remainder has gone, or goes away by itself.")
	}
	if strings.TrimSpace(reason) == "" {
		return d, fault.Field("reason", "Say what it was: the reason is kept in the books.")
	}
	holds := ledger.Revenue
	if d.Account != "" {
		holds = ledger.Owner(d.Account)
	}
	if _, err := ledger.Post(ctx, tx, ledger.Transaction{Reference: explained + ":" + d.ID, Kind: explained, ObjectID: d.Reference, Memo: reason, At: now,
		Postings: []ledger.Posting{{From: ledger.Other, To: holds, Amount: d.Money()}}}); err != nil {
		return d, err
	}
	if _, err := tx.Exec(ctx, `UPDATE discrepancies SET resolved_at = $2 WHERE id = $1`, d.ID, now); err != nil {
		return d, fmt.Errorf("resolve remainder %s: %w", id, err)
	}
	if _, err := tx.Exec(ctx, `UPDATE book_balances SET ours = ours + $3 WHERE account = $1 AND currency = $2`, d.Account, d.Currency, d.Money().Minor); err != nil {
		return d, fmt.Errorf("count remainder %s: %w", id, err)
	}
	_, err = task.Close(ctx, tx, "discrepancy:"+d.ID, "Booked by an admin: "+reason, now)
	return d, err
}
