package checkout

import (
	"context"
	"fmt"
	"time"

	"hearth/internal/booking"
	"hearth/internal/inbound"
	"hearth/internal/payment"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
)

// OnDispute looks a dispute up and returns the change that mirrors it. Its
// charge is looked at too, so that the payment's facts stay true.
func (s *Service) OnDispute(ctx context.Context, subject inbound.Subject, _ []inbound.Event) (inbound.Change, error) {
	seen := s.Now()
	theirs, err := s.Stripe.Dispute(ctx, subject.ID)
	if err != nil {
		return nil, fmt.Errorf("look at dispute %s: %w", subject.ID, err)
	}
	return func(ctx context.Context, tx pgx.Tx) (string, error) {
		found, err := payment.ByCharge(ctx, tx, theirs.ChargeID, theirs.PaymentIntentID)
		if err != nil {
			return "", err
		}
		b, err := booking.Lock(ctx, tx, booking.ID(found.BookingID))
		if err != nil {
			return "", err
		}
		p, err := payment.Lock(ctx, tx, found.ID)
		if err != nil {
			return "", err
		}
		changes, err := s.settleDispute(ctx, tx, b, p, theirs, seen)
		if err != nil || len(changes) == 0 {
			return "nothing new", err
		}
		return changes[0], nil
	}, nil
}

// settleDispute mirrors one dispute and tells people when its status changed.
func (s *Service) settleDispute(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment, d stripeapi.Dispute, seen time.Time) (changes []string, err error) {
	before, after, err := payment.SettleDispute(ctx, tx, p, d, seen)
	if err != nil || before.Status == after.Status {
		return nil, err
	}
	return []string{fmt.Sprintf("dispute %s → %s", orElse(before.Status, "none"), after.Status)}, s.tellDispute(ctx, tx, b, before, after)
}

func (s *Service) tellDispute(ctx context.Context, tx pgx.Tx, b booking.Booking, before, after payment.Dispute) error {
	data := map[string]any{"amount": after.Amount, "currency": string(after.Currency), "reason": after.Reason, "reference": after.ID, "outcome": after.Status}
	if after.DueBy != nil {
		data["due_by"] = *after.DueBy
	}
	if before.ID == "" {
		if err := s.Notify.Enqueue(ctx, tx, mail("dispute_opened_owner", b, b.OwnerID, after.ID, data)); err != nil {
			return err
		}
		if err := s.Notify.EnqueueAdmins(ctx, tx, "dispute_opened_admin:"+after.ID, "dispute_opened_admin", string(b.ID), data); err != nil {
			return err
		}
	}
	if after.Open() {
		return nil
	}
	return s.Notify.Enqueue(ctx, tx, mail("dispute_closed_owner", b, b.OwnerID, after.ID, data))
}

func (s *Service) onFraudWarning(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment, w stripeapi.EarlyFraudWarning) error {
	first, err := payment.SaveFraudWarning(ctx, tx, p, w)
	if err != nil || !first {
		return err
	}
	return s.Notify.EnqueueAdmins(ctx, tx, "fraud_warning_admin:"+w.ID, "fraud_warning_admin", string(b.ID),
		map[string]any{"amount": p.AmountReceived, "currency": string(p.Currency), "reason": w.Type, "reference": w.ID})
}
