package task

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// CloseOf ends every open task of a kind about a connected account: what
// troubled it is over, however often it happened.
func CloseOf(ctx context.Context, tx pgx.Tx, kind, account, outcome string, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE tasks SET closed_at = $3, outcome = $4 WHERE kind = $1 AND account = $2 AND closed_at IS NULL`, kind, account, now, outcome)
	if err != nil {
		return fmt.Errorf("close tasks %s of %s: %w", kind, account, err)
	}
	return nil
}
