package connect

import (
	"context"
	"fmt"
	"time"

	"hearth/internal/fault"
	"hearth/internal/postgres"

	"github.com/jackc/pgx/v5"
)

// Pause puts our own hold on an account: its owner cannot be paid for anything
// new, and nothing is paid out, whatever Stripe says, until [Resume]. Conflict
// when there is nothing to hold.
func Pause(ctx context.Context, tx pgx.Tx, acct, reason string, now time.Time) error {
	return decide(ctx, tx, "This account is paused already, or no longer used.", `
		UPDATE connected_accounts SET paused_at = $2, paused_reason = $3
		WHERE stripe_account_id = $1 AND paused_at IS NULL AND retired_at IS NULL`, acct, now, reason)
}

// Resume lifts the hold.
func Resume(ctx context.Context, tx pgx.Tx, acct string) error {
	return decide(ctx, tx, "This account is not paused.", `
		UPDATE connected_accounts SET paused_at = NULL, paused_reason = '' WHERE stripe_account_id = $1 AND paused_at IS NOT NULL`, acct)
}

// Retire ends the use of an account: nothing new is paid through it, and its
// owner may make another. What is in it is still paid out.
func Retire(ctx context.Context, tx pgx.Tx, acct string, now time.Time) error {
	return decide(ctx, tx, "This account is no longer used.", `
		UPDATE connected_accounts SET retired_at = $2 WHERE stripe_account_id = $1 AND retired_at IS NULL`, acct, now)
}

func decide(ctx context.Context, tx pgx.Tx, otherwise, sql string, args ...any) error {
	tag, err := tx.Exec(ctx, sql, args...)
	if err != nil {
		return fmt.Errorf("decide about account %v: %w", args[0], err)
	}
	if tag.RowsAffected() == 0 {
		return fault.New(fault.Conflict, "%s", otherwise)
	}
	return nil
}

// Keep reads an account and keeps anybody from pausing, retiring or losing it
// until the transaction ends: what is begun for it under this lock was begun
// before.
func Keep(ctx context.Context, tx pgx.Tx, acct string) (Account, error) {
	return postgres.One[Account](ctx, tx, missing, `SELECT `+columns+` FROM connected_accounts WHERE stripe_account_id = $1 FOR SHARE`, acct)
}

// Stopped are the accounts that were lost, refused or put out of use, by
// whomever: their open stays are looked at again and again.
func Stopped(ctx context.Context, q postgres.Querier, livemode bool) ([]Account, error) {
	return postgres.All[Account](ctx, q, `SELECT `+columns+` FROM connected_accounts
		WHERE livemode = $1 AND stripe_account_id IS NOT NULL
		  AND (lost_at IS NOT NULL OR deauthorized_at IS NOT NULL OR paused_at IS NOT NULL OR retired_at IS NOT NULL OR disabled_reason LIKE 'rejected.%')
		ORDER BY id`, livemode)
}
