package checkout

import (
	"context"
	"errors"
	"fmt"

	"hearth/internal/booking"
	"hearth/internal/payment"
	"hearth/internal/postgres"

	"github.com/jackc/pgx/v5"
)

// tellRefunds mails about refunds that Stripe took on or lost since, for the
// booking as it is now.
func (s *Service) tellRefunds(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment, before []payment.Refund) ([]string, error) {
	refunds, err := payment.RefundsOf(ctx, tx, p.ID)
	if err != nil {
		return nil, err
	}
	was := map[string]string{}
	for _, r := range before {
		was[r.ID] = r.Status
	}
	var changes []string
	for _, r := range refunds {
		if was[r.ID] == r.Status {
			continue
		}
		changes = append(changes, fmt.Sprintf("refund of %s %s", r.Money().Format(), r.Status))
		data := map[string]any{"amount": r.Amount, "currency": string(r.Currency), "reason": r.Reason, "reference": r.StripeID(), "share": r.ReversedAmount - r.FeeRefunded + r.OwnerDebt}
		switch r.Status {
		case "succeeded", "pending":
			if err := s.Notify.Enqueue(ctx, tx, mail("refund_tenant", b, b.TenantID, r.ID, data)); err != nil {
				return nil, err
			}
			if err := s.tellOwner(ctx, tx, b, "refund_owner", r.ID, data); err != nil {
				return nil, err
			}
		case "failed", "canceled":
			data["reason"] = r.FailureReason
			if err := s.Notify.EnqueueAdmins(ctx, tx, "refund_failed_admin:"+r.ID, "refund_failed_admin", string(b.ID), data); err != nil {
				return nil, err
			}
		}
	}
	return changes, nil
}

// mismatched tells the admins, once, that Stripe's payment is not the one that
// was asked for. The look fails all the same: nothing of it is settled.
func (s *Service) mismatched(ctx context.Context, p payment.Payment, cause error) error {
	err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		return s.Notify.EnqueueAdmins(ctx, tx, "payment_mismatch_admin:"+string(p.ID), "payment_mismatch_admin", p.BookingID,
			map[string]any{"amount": p.Amount, "currency": string(p.Currency), "reason": cause.Error(), "reference": p.IntentID()})
	})
	return errors.Join(fmt.Errorf("payment %s is not the one asked for: %w", p.ID, cause), err)
}
