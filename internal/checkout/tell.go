package checkout

import (
	"context"
	"errors"
	"fmt"

	"hearth/internal/payment"
	"hearth/internal/postgres"

	"github.com/jackc/pgx/v5"
)

// mismatched tells the admins, once, that Stripe's payment is not the one that
// was asked for. The look fails all the same: nothing of it is settled.
func (s *Service) mismatched(ctx context.Context, p payment.Payment, cause error) error {
	err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		return s.Notify.EnqueueAdmins(ctx, tx, "payment_mismatch_admin:"+string(p.ID), "payment_mismatch_admin", p.BookingID,
			map[string]any{"amount": p.Amount, "currency": string(p.Currency), "reason": cause.Error(), "reference": p.IntentID()})
	})
	return errors.Join(fmt.Errorf("payment %s is not the one asked for: %w", p.ID, cause), err)
}
