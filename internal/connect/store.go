package connect

import (
	"context"
	"fmt"
	"time"

	"hearth/internal/postgres"
	"hearth/internal/stripeapi"
	"hearth/internal/user"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const columns = `id, user_id, livemode, coalesce(stripe_account_id, '') AS stripe_account_id, request_id, country,
	charges_enabled, payouts_enabled, details_submitted, transfers, card_payments, disabled_reason,
	currently_due, past_due, eventually_due, pending, errors, due_by, payout_interval,
	paused_at, paused_reason, retired_at, deauthorized_at, lost_at, fetched_at, created_at`

const missing = "There is no such connected account."

// ByUser finds the account that a person uses in a mode; NotFound when there is
// none, or none any more.
func ByUser(ctx context.Context, q postgres.Querier, id user.ID, livemode bool) (Account, error) {
	return postgres.One[Account](ctx, q, missing,
		`SELECT `+columns+` FROM connected_accounts WHERE user_id = $1 AND livemode = $2 AND retired_at IS NULL`, id, livemode)
}

// ByStripeID finds the account that Stripe calls acct_….
func ByStripeID(ctx context.Context, q postgres.Querier, acct string) (Account, error) {
	return postgres.One[Account](ctx, q, missing,
		`SELECT `+columns+` FROM connected_accounts WHERE stripe_account_id = $1`, acct)
}

// Stale lists accounts that nobody looked at since before, the oldest look
// first: a sweep asks for them again.
func Stale(ctx context.Context, q postgres.Querier, livemode bool, before time.Time, limit int) ([]Account, error) {
	return postgres.All[Account](ctx, q, `
		SELECT `+columns+` FROM connected_accounts
		WHERE livemode = $1 AND stripe_account_id IS NOT NULL AND lost_at IS NULL AND deauthorized_at IS NULL
		  AND (fetched_at IS NULL OR fetched_at < $2)
		ORDER BY fetched_at NULLS FIRST LIMIT $3`, livemode, before, limit)
}

// Unattached are the requests whose account Stripe has made, while the process
// that heard it died before it noted which.
func Unattached(ctx context.Context, q postgres.Querier, before time.Time, limit int) ([]stripeapi.RequestID, error) {
	rows, err := q.Query(ctx, `SELECT r.id FROM connected_accounts a JOIN stripe_requests r ON r.id = a.request_id
		WHERE a.stripe_account_id IS NULL AND r.state = 'succeeded' AND r.finished_at < $1 ORDER BY r.finished_at LIMIT $2`, before, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[stripeapi.RequestID])
}

// Lock waits for every other writer of this person's account, whether or not
// there is a row yet, until the transaction ends.
func Lock(ctx context.Context, tx pgx.Tx, id user.ID) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('connected account of ' || $1::text, 0))`, id)
	return err
}

// Plan writes the row of an account that request is about to create.
func Plan(ctx context.Context, tx pgx.Tx, owner user.ID, livemode bool, request stripeapi.RequestID, country string, now time.Time) (Account, error) {
	_, err := tx.Exec(ctx, `
		INSERT INTO connected_accounts (id, user_id, livemode, request_id, country, created_at)
		VALUES ($1, $2, $3, $4, $5, $6)`, uuid.Must(uuid.NewV7()), owner, livemode, request, country, now)
	if err != nil {
		return Account{}, fmt.Errorf("plan connected account of %s: %w", owner, err)
	}
	return ByUser(ctx, tx, owner, livemode)
}

// Replan gives an account that Stripe refused to create another request. One
// that exists is never replaced.
func Replan(ctx context.Context, tx pgx.Tx, id ID, request stripeapi.RequestID) error {
	_, err := tx.Exec(ctx, `UPDATE connected_accounts SET request_id = $2 WHERE id = $1 AND stripe_account_id IS NULL`, id, request)
	return err
}

// Attach notes the id that Stripe answered with; the first one stays.
func Attach(ctx context.Context, tx pgx.Tx, id ID, acct string) error {
	_, err := tx.Exec(ctx, `UPDATE connected_accounts SET stripe_account_id = $2 WHERE id = $1 AND stripe_account_id IS NULL`, id, acct)
	return err
}

// Apply writes what Stripe showed at now over the row. A tie that was cut is
// whole again when Stripe shows the account to us.
func Apply(ctx context.Context, tx pgx.Tx, id ID, seen stripeapi.Account, now time.Time) (before, after Account, err error) {
	if before, err = byID(ctx, tx, id); err != nil {
		return before, after, err
	}
	after = before.With(seen, now)
	_, err = tx.Exec(ctx, `
		UPDATE connected_accounts SET
			country = $2, charges_enabled = $3, payouts_enabled = $4, details_submitted = $5, transfers = $6, card_payments = $7,
			disabled_reason = $8, currently_due = $9, past_due = $10, eventually_due = $11, pending = $12, errors = $13,
			due_by = $14, payout_interval = $15, deauthorized_at = NULL, lost_at = NULL, fetched_at = $16
		WHERE id = $1`,
		id, after.Country, after.ChargesEnabled, after.PayoutsEnabled, after.DetailsSubmitted, after.Transfers, after.CardPayments,
		after.DisabledReason, after.CurrentlyDue, after.PastDue, after.EventuallyDue, after.Pending, after.Errors,
		after.DueBy, after.PayoutInterval, now)
	return before, after, err
}

// Disconnect notes that the owner cut the tie (deauthorized), or that Stripe
// no longer shows us the account. The first time is kept.
func Disconnect(ctx context.Context, tx pgx.Tx, id ID, deauthorized bool, now time.Time) (before, after Account, err error) {
	if before, err = byID(ctx, tx, id); err != nil {
		return before, after, err
	}
	after, err = postgres.One[Account](ctx, tx, missing, `
		UPDATE connected_accounts SET
			deauthorized_at = CASE WHEN $2 THEN coalesce(deauthorized_at, $3) ELSE deauthorized_at END,
			lost_at = CASE WHEN $2 THEN lost_at ELSE coalesce(lost_at, $3) END, fetched_at = $3
		WHERE id = $1 RETURNING `+columns, id, deauthorized, now)
	return before, after, err
}

func byID(ctx context.Context, tx pgx.Tx, id ID) (Account, error) {
	return postgres.One[Account](ctx, tx, missing, `SELECT `+columns+` FROM connected_accounts WHERE id = $1 FOR UPDATE`, id)
}
