package payout

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hearth/internal/booking"
	"hearth/internal/money"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"
	"hearth/internal/user"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// ID is a payout's key, a UUIDv7.
type ID string

// Status is where a payout stands: ours until Stripe has answered, then
// Stripe's word.
type Status string

// The states.
const (
	Planned   Status = "planned"
	Refused   Status = "refused" // Stripe did not make it
	Pending   Status = "pending"
	InTransit Status = "in_transit"
	Paid      Status = "paid" // expected to have arrived; may still fail
	Failed    Status = "failed"
	Canceled  Status = "canceled"
)

// back reports that the money is in the owner's balance again, or never left.
func (s Status) back() bool { return s == Refused || s == Failed || s == Canceled }

// Payout is a row of payouts.
type Payout struct {
	ID             ID
	UserID         user.ID
	StripeAccount  string
	StripeID       *string
	RequestID      *stripeapi.RequestID // nil when Stripe made it by itself
	Amount         int64
	Currency       money.Currency
	Status         Status
	ArrivalDate    *time.Time
	FailureCode    string
	FailureMessage string
	FetchedAt      *time.Time
	CreatedAt      time.Time
	Automatic      bool // by the account's schedule
	BankName       string
	BankLast4      string
	Reconciliation string // of an automatic one: in_progress, completed
	Unnamed        int64  // of an automatic one: what belongs to no stay that we know
}

// Money is the payout's amount.
func (p Payout) Money() money.Amount { return money.New(p.Amount, p.Currency) }

const columns = `o.id, o.user_id, o.stripe_account, o.stripe_id, o.request_id, o.amount, o.currency, o.status,
	o.arrival_date, o.failure_code, o.failure_message, o.fetched_at, o.created_at,
	o.automatic, o.bank_name, o.bank_last4, o.reconciliation, o.unnamed`

const missing = "There is no such payout."

// Of lists an owner's payouts, the newest first.
func Of(ctx context.Context, q postgres.Querier, owner user.ID, limit int) ([]Payout, error) {
	return postgres.All[Payout](ctx, q, `SELECT `+columns+` FROM payouts o
		WHERE o.user_id = $1 ORDER BY o.created_at DESC, o.id DESC LIMIT $2`, owner, limit)
}

// open are payouts whose request has no final answer yet.
func open(ctx context.Context, q postgres.Querier, livemode bool) ([]Payout, error) {
	return postgres.All[Payout](ctx, q, `SELECT `+columns+` FROM payouts o JOIN stripe_requests r ON r.id = o.request_id
		WHERE o.status = 'planned' AND r.livemode = $1 ORDER BY o.id`, livemode)
}

// plan writes a payout and the parts of stays that it carries.
func plan(ctx context.Context, tx pgx.Tx, p Payout, parts []part, now time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO payouts (id, user_id, stripe_account, request_id, amount, currency, status, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, 'planned', $7)`, p.ID, p.UserID, p.StripeAccount, *p.RequestID, p.Amount, p.Currency, now)
	if err != nil {
		return fmt.Errorf("plan payout %s: %w", p.ID, err)
	}
	for _, x := range parts {
		if err := carry(ctx, tx, p.ID, x.BookingID, x.amount, now); err != nil {
			return err
		}
	}
	return nil
}

// carry notes what a payout carries of a stay. What is said again about the
// same payout and stay takes the place of what was said before. The booking is
// locked by the caller.
func carry(ctx context.Context, tx pgx.Tx, id ID, b booking.ID, amount int64, now time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO payout_releases (payout_id, booking_id, amount, created_at, part) VALUES ($1, $2, $3, $4,
			(SELECT coalesce(max(x.part), 0) + 1 FROM payout_releases x WHERE x.booking_id = $2 AND x.returned_at IS NULL))
		ON CONFLICT (payout_id, booking_id) DO UPDATE SET amount = excluded.amount`, id, b, amount, now)
	if err != nil {
		return fmt.Errorf("release the money of booking %s: %w", b, err)
	}
	return nil
}

// attach notes Stripe's id; the first answer stays.
func attach(ctx context.Context, tx pgx.Tx, id ID, stripeID string) error {
	_, err := tx.Exec(ctx, `UPDATE payouts SET stripe_id = $2, status = 'pending' WHERE id = $1 AND status = 'planned'`, id, stripeID)
	return err
}

// refuse notes that Stripe did not make the payout; its stays are due again.
func refuse(ctx context.Context, tx pgx.Tx, id ID, code, message string, now time.Time) error {
	tag, err := tx.Exec(ctx, `UPDATE payouts SET status = 'refused', failure_code = $2, failure_message = $3
		WHERE id = $1 AND status = 'planned'`, id, code, message)
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	return giveBack(ctx, tx, id, now)
}

// giveBack makes what a payout carried due again.
func giveBack(ctx context.Context, tx pgx.Tx, id ID, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE payout_releases SET returned_at = $2 WHERE payout_id = $1 AND returned_at IS NULL`, id, now)
	return err
}

// found makes the row of a payout that Stripe made by itself, or finds the one
// that Stripe's object belongs to.
func found(ctx context.Context, tx pgx.Tx, owner user.ID, acct string, seen stripeapi.Payout) (Payout, error) {
	if ours := seen.Metadata[stripeapi.MetaPayout]; uuid.Validate(ours) == nil {
		if _, err := tx.Exec(ctx, `UPDATE payouts SET stripe_id = $2 WHERE id = $1 AND stripe_id IS NULL AND stripe_account = $3`,
			ours, seen.ID, acct); err != nil {
			return Payout{}, err
		}
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO payouts (id, user_id, stripe_account, stripe_id, amount, currency, status, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, 'pending', $7) ON CONFLICT ON CONSTRAINT payouts_stripe_key DO NOTHING`,
		uuid.Must(uuid.NewV7()), owner, acct, seen.ID, seen.Amount, seen.Currency, seen.Created)
	if err != nil {
		return Payout{}, fmt.Errorf("note payout %s: %w", seen.ID, err)
	}
	return postgres.One[Payout](ctx, tx, missing, `SELECT `+columns+` FROM payouts o WHERE o.stripe_id = $1 FOR UPDATE`, seen.ID)
}

// carried are the bookings whose money a payout of Stripe's carries, by its id
// there or by ours in its metadata.
func carried(ctx context.Context, q postgres.Querier, seen stripeapi.Payout) ([]booking.ID, error) {
	rows, err := q.Query(ctx, `SELECT r.booking_id FROM payouts o JOIN payout_releases r ON r.payout_id = o.id
		WHERE o.stripe_id = $1 OR o.id::text = $2`, seen.ID, seen.Metadata[stripeapi.MetaPayout])
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[booking.ID])
}

// lockAll locks bookings in the order of their ids, so that two who lock
// several never wait for each other.
func lockAll(ctx context.Context, tx pgx.Tx, all []booking.ID) error {
	for _, id := range slices.Compact(slices.Sorted(slices.Values(all))) {
		if _, err := booking.Lock(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

// mirror writes Stripe's word over a payout.
func mirror(ctx context.Context, tx pgx.Tx, id ID, seen stripeapi.Payout, now time.Time) (Payout, error) {
	return postgres.One[Payout](ctx, tx, missing, `
		UPDATE payouts o SET status = $2, arrival_date = $3, failure_code = $4, failure_message = $5, fetched_at = $6,
			automatic = $7, bank_name = coalesce(nullif($8, ''), bank_name), bank_last4 = coalesce(nullif($9, ''), bank_last4), reconciliation = $10
		WHERE o.id = $1 RETURNING `+columns, id, seen.Status, day(seen.ArrivalDate), seen.FailureCode, seen.FailureMessage, now,
		seen.Automatic, seen.Bank.Name, seen.Bank.Last4, seen.Reconciliation)
}

func day(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
