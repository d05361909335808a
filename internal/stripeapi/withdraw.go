package stripeapi

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Withdraw settles a request that never left as refused, and reports whether
// it could: one that may have reached Stripe is never withdrawn. From then on
// Send answers with the refusal.
func Withdraw(ctx context.Context, tx pgx.Tx, id RequestID, now time.Time) (bool, error) {
	tag, err := tx.Exec(ctx, `
		UPDATE stripe_requests SET state = 'refused', error_code = 'withdrawn', error_message = 'Never sent', finished_at = $2
		WHERE id = $1 AND state = 'planned' AND first_sent_at IS NULL`, id, now)
	if err != nil {
		return false, fmt.Errorf("withdraw request %s: %w", id, err)
	}
	return tag.RowsAffected() == 1, nil
}
