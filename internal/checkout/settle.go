package checkout

import (
	"context"
	"fmt"
	"strings"

	"hearth/internal/booking"
	"hearth/internal/inbound"
	"hearth/internal/payment"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
)

// OnPayment looks at a payment as a whole, session, intent, charges, refunds,
// transfer and fee, and returns the change that settles it. What the events
// claim is not believed; they only say where to look.
func (s *Service) OnPayment(ctx context.Context, subject inbound.Subject, events []inbound.Event) (inbound.Change, error) {
	p, err := payment.ByID(ctx, s.DB, payment.ID(subject.ID))
	if err != nil {
		return nil, err
	}
	session, err := s.sessionFor(ctx, p, events)
	if err != nil {
		return nil, err
	}
	if session == "" && p.IntentID() == "" {
		return func(context.Context, pgx.Tx) (string, error) { return "nothing at Stripe yet", nil }, nil
	}
	look, err := s.Stripe.LookAtPayment(ctx, session, p.IntentID())
	if err != nil {
		return nil, fmt.Errorf("look at payment %s: %w", p.ID, err)
	}
	if err := payment.Matches(p, look); err != nil {
		return nil, s.mismatched(ctx, p, err)
	}
	warnings, err := s.fraudWarnings(ctx, look, events)
	if err != nil {
		return nil, err
	}
	disputes, err := s.disputes(ctx, look)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx pgx.Tx) (string, error) {
		return s.settle(ctx, tx, p, found{look, disputes, warnings})
	}, nil
}

// found is everything that one look brought.
type found struct {
	stripeapi.PaymentLook
	disputes []stripeapi.Dispute
	warnings []stripeapi.EarlyFraudWarning
}

// disputes of a disputed payment belong to its look: their own event may have
// come before we knew the charge, or never.
func (s *Service) disputes(ctx context.Context, look stripeapi.PaymentLook) ([]stripeapi.Dispute, error) {
	for _, c := range look.Charges {
		if c.Disputed {
			return s.Stripe.DisputesByIntent(ctx, look.Intent.ID)
		}
	}
	return nil, nil
}

// sessionFor is the session of the payment's newest attempt. When the answer to
// our own POST was lost, an event or the request's row may know it. An event
// has the word even where we think that no session exists: it names one that
// carries our metadata, and [payment.Matches] looks it over.
func (s *Service) sessionFor(ctx context.Context, p payment.Payment, events []inbound.Event) (string, error) {
	a, err := payment.LastAttempt(ctx, s.DB, p.ID)
	if err != nil || a.Session() != "" {
		return a.Session(), err
	}
	for _, ev := range events {
		if strings.HasPrefix(ev.Type, "checkout.session.") {
			return ev.ObjectID, nil
		}
	}
	if a.Status == "refused" {
		return "", nil
	}
	request, err := stripeapi.RequestByID(ctx, s.DB, stripeapi.RequestID(a.RequestID))
	return request.ObjectID, err
}

func (s *Service) fraudWarnings(ctx context.Context, look stripeapi.PaymentLook, events []inbound.Event) ([]stripeapi.EarlyFraudWarning, error) {
	for _, ev := range events {
		if strings.HasPrefix(ev.Type, "radar.early_fraud_warning.") && look.Intent != nil {
			return s.Stripe.EarlyFraudWarningsByIntent(ctx, look.Intent.ID)
		}
	}
	return nil, nil
}

// settle is the one place where a payment's truth becomes a booking's state.
func (s *Service) settle(ctx context.Context, tx pgx.Tx, p payment.Payment, look found) (string, error) {
	b, err := booking.Lock(ctx, tx, booking.ID(p.BookingID))
	if err != nil {
		return "", err
	}
	before, err := payment.Lock(ctx, tx, p.ID)
	if err != nil {
		return "", err
	}
	if err := s.attach(ctx, tx, before, look.Session); err != nil {
		return "", err
	}
	refundsBefore, err := payment.RefundsOf(ctx, tx, p.ID)
	if err != nil {
		return "", err
	}
	after, err := payment.Settle(ctx, tx, before, look.PaymentLook, s.Now())
	if err != nil {
		return "", fmt.Errorf("settle payment %s: %w", p.ID, err)
	}
	disputes, err := settleDisputes(ctx, tx, after, look.disputes, look.At) // first: an open one stops refunds
	if err != nil {
		return "", err
	}
	moved, err := s.missedHold(ctx, tx, b, before, after)
	if err != nil {
		return "", err
	}
	moved, err = s.follow(ctx, tx, moved, after)
	if err != nil {
		return "", err
	}
	told, err := s.tellRefunds(ctx, tx, moved, after, refundsBefore)
	if err != nil {
		return "", err
	}
	for _, d := range disputes {
		change, err := s.tellDispute(ctx, tx, moved, d)
		if err != nil {
			return "", err
		}
		told = append(told, change...)
	}
	recovered, err := s.settleRecoveries(ctx, tx, moved, after, look)
	if err != nil {
		return "", err
	}
	told = append(told, recovered...)
	for _, w := range look.warnings {
		if err := s.onFraudWarning(ctx, tx, b, after, w); err != nil {
			return "", err
		}
	}
	if err := s.endWarnings(ctx, tx, b, after); err != nil {
		return "", err
	}
	return effect(before, after, b, moved, told), nil
}

// attach writes the session's id if the answer to our POST never came.
func (s *Service) attach(ctx context.Context, tx pgx.Tx, p payment.Payment, session *stripeapi.Session) error {
	if session == nil {
		return nil
	}
	a, err := payment.LastAttempt(ctx, tx, p.ID)
	if err != nil || a.Session() != "" {
		return err
	}
	if _, err := stripeapi.Found(ctx, tx, stripeapi.RequestID(a.RequestID), session.ID, s.Now()); err != nil {
		return err
	}
	return payment.Attach(ctx, tx, a.ID, session.ID, session.URL)
}

func effect(before, after payment.Payment, b, moved booking.Booking, more []string) string {
	var words []string
	if before.Status != after.Status {
		words = append(words, fmt.Sprintf("payment %s → %s", before.Status, after.Status))
	}
	if b.Status != moved.Status {
		words = append(words, fmt.Sprintf("booking %s → %s", b.Status, moved.Status))
	}
	if after.LastError != "" && before.LastError != after.LastError {
		words = append(words, "declined: "+after.LastError)
	}
	if words = append(words, more...); len(words) == 0 {
		return "nothing new"
	}
	return strings.Join(words, "; ")
}
