package checkout

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"hearth/internal/booking"
	"hearth/internal/inbound"
	"hearth/internal/payment"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
)

// OnDispute looks a dispute up and returns the change that mirrors it, that
// gives back, when the bank has decided, what nobody can stay for, and that
// settles the loss, or the win, with the owner.
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
		steps, err := settleDisputes(ctx, tx, p, []stripeapi.Dispute{theirs}, seen)
		if err != nil || len(steps) == 0 {
			return "nothing new", err
		}
		// What could not be given back while the bank held it can be now.
		moved, err := s.follow(ctx, tx, b, p)
		if err != nil {
			return "", err
		}
		if err := s.endWarnings(ctx, tx, b, p); err != nil {
			return "", err
		}
		changes, err := s.tellDispute(ctx, tx, moved, steps[0])
		if err != nil {
			return "", err
		}
		return strings.Join(changes, "; "), s.followDisputes(ctx, tx, moved, p)
	}, nil
}

// disputeStep is a dispute whose status a look has changed.
type disputeStep struct{ before, after payment.Dispute }

// settleDisputes mirrors disputes and returns those that have a new status.
func settleDisputes(ctx context.Context, tx pgx.Tx, p payment.Payment, all []stripeapi.Dispute, seen time.Time) (steps []disputeStep, err error) {
	for _, d := range all {
		before, after, err := payment.SettleDispute(ctx, tx, p, d, seen)
		if err != nil {
			return nil, err
		}
		if before.Status != after.Status {
			steps = append(steps, disputeStep{before, after})
		}
	}
	return steps, nil
}

// tellDispute mails about a dispute's step: admins always, the owner when they
// ever heard of the booking. An inquiry that becomes a chargeback opens anew.
// What admins were reminded of ends with it.
func (s *Service) tellDispute(ctx context.Context, tx pgx.Tx, b booking.Booking, step disputeStep) ([]string, error) {
	before, after := step.before, step.after
	if err := s.remind(ctx, tx, b, after); err != nil {
		return nil, err
	}
	changes := []string{fmt.Sprintf("dispute %s → %s", cmp.Or(before.Status, "none"), after.Status)}
	data := map[string]any{"amount": after.Amount, "currency": string(after.Currency), "reason": spoken(after.Reason), "reference": after.ID, "outcome": after.Status}
	if after.DueBy != nil {
		data["due_by"] = *after.DueBy
	}
	key := after.ID
	escalated := before.ID != "" && before.Inquiry() && !after.Inquiry()
	if escalated {
		key += ":chargeback"
	}
	if before.ID == "" || (escalated && after.Open()) {
		if err := s.Notify.EnqueueAdmins(ctx, tx, "dispute_opened_admin:"+key, "dispute_opened_admin", string(b.ID), data); err != nil {
			return nil, err
		}
		if err := s.tellOwner(ctx, tx, b, "dispute_opened_owner", key, data); err != nil {
			return nil, err
		}
	}
	if after.Open() {
		return changes, nil
	}
	return changes, s.tellOwner(ctx, tx, b, "dispute_closed_owner", after.ID, data)
}

// tellOwner mails the owner about a booking that they know of.
func (s *Service) tellOwner(ctx context.Context, tx pgx.Tx, b booking.Booking, template, key string, data map[string]any) error {
	if b.ConfirmedAt == nil {
		return nil
	}
	return s.Notify.Enqueue(ctx, tx, mail(template, b, b.OwnerID, key, data))
}
