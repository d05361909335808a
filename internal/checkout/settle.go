package checkout

import (
	"context"
	"fmt"
	"strings"

	"hearth/internal/booking"
	"hearth/internal/fault"
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
// our own POST was lost, an event or the request's row may know it.
func (s *Service) sessionFor(ctx context.Context, p payment.Payment, events []inbound.Event) (string, error) {
	a, err := payment.LastAttempt(ctx, s.DB, p.ID)
	if err != nil || a.Session() != "" || a.Status == "refused" {
		return a.Session(), err
	}
	for _, ev := range events {
		if strings.HasPrefix(ev.Type, "checkout.session.") {
			return ev.ObjectID, nil
		}
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
	moved, err := s.follow(ctx, tx, b, after)
	if err != nil {
		return "", err
	}
	refunded, err := s.tellRefunds(ctx, tx, b, after, refundsBefore)
	if err != nil {
		return "", err
	}
	told := refunded
	for _, d := range look.disputes {
		change, err := s.settleDispute(ctx, tx, b, after, d, look.At)
		if err != nil {
			return "", err
		}
		told = append(told, change...)
	}
	for _, w := range look.warnings {
		if err := s.onFraudWarning(ctx, tx, b, after, w); err != nil {
			return "", err
		}
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

// follow moves the booking to where its payment is. Every pair of states has
// its line here or needs none.
func (s *Service) follow(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment) (booking.Booking, error) {
	now := s.Now()
	switch p.Status {
	case payment.Paid:
		return s.followPaid(ctx, tx, b, p)
	case payment.Processing:
		if b.Status != booking.Held {
			return b, nil
		}
		b, err := booking.Move(ctx, tx, b, booking.Processing, booking.Stripe, "The payment is on its way", now)
		if err != nil {
			return b, err
		}
		return b, s.Notify.Enqueue(ctx, tx, mail("payment_processing_tenant", b, b.TenantID, "", nil))
	case payment.Failed:
		if b.Status != booking.Processing && b.Status != booking.Held {
			return b, nil
		}
		if b.Status == booking.Held { // the refusal came before we had seen it processing
			moved, err := booking.Move(ctx, tx, b, booking.Processing, booking.Stripe, "The payment was on its way", now)
			if err != nil {
				return b, err
			}
			b = moved
		}
		b, err := booking.Move(ctx, tx, b, booking.Failed, booking.Stripe, orElse(p.LastError, "The payment was refused"), now)
		if err != nil {
			return b, err
		}
		return b, s.Notify.Enqueue(ctx, tx, mail("payment_failed_tenant", b, b.TenantID, "", nil))
	case payment.Canceled:
		switch b.Status {
		case booking.Held:
			return s.endHeld(ctx, tx, b, booking.Stripe, "Its payment page expired")
		case booking.Processing:
			return booking.Move(ctx, tx, b, booking.Failed, booking.Stripe, "The payment was cancelled", now)
		}
	}
	return b, nil
}

// followPaid confirms, or, where nobody can stay for the money any more, gives
// it back: paid-but-unavailable never lasts.
func (s *Service) followPaid(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment) (booking.Booking, error) {
	now := s.Now()
	if b.Status == booking.Confirmed || b.Status == booking.Completed || b.ConfirmedAt != nil {
		return b, nil
	}
	if b.CancelRequestedAt != nil && b.Status == booking.Processing {
		if err := s.giveBack(ctx, tx, b, p, "late", "Cancelled while the payment was on its way"); err != nil {
			return b, err
		}
		b, err := booking.Move(ctx, tx, b, booking.Cancelled, booking.Tenant(b.TenantID), "Cancelled while the payment was on its way", now)
		if err != nil {
			return b, err
		}
		return b, s.Notify.Enqueue(ctx, tx, mail("booking_cancelled_tenant", b, b.TenantID, "", map[string]any{"amount": p.AmountReceived, "currency": string(p.Currency)}))
	}
	if b.Status.May(booking.Confirmed) {
		confirmed, err := booking.Move(ctx, tx, b, booking.Confirmed, booking.Stripe, "Paid", now)
		if err == nil {
			return confirmed, s.mailBoth(ctx, tx, confirmed, "booking_confirmed", nil)
		}
		if !fault.Is(err, fault.Conflict) {
			return b, err
		}
	}
	// The nights are someone else's by now, or the booking was given up.
	if err := s.giveBack(ctx, tx, b, p, "unavailable", "Paid when the stay was no longer to be had"); err != nil {
		return b, err
	}
	return b, s.Notify.Enqueue(ctx, tx, mail("booking_unavailable_tenant", b, b.TenantID, "", map[string]any{"amount": p.AmountReceived, "currency": string(p.Currency)}))
}

// giveBack refunds everything once: when any refund was reserved, the matter is
// in hand.
func (s *Service) giveBack(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment, cause, why string) error {
	refunds, err := payment.RefundsOf(ctx, tx, p.ID)
	if err != nil || len(refunds) > 0 {
		return err
	}
	_, err = s.reserve(ctx, tx, p, payment.Reservation{Amount: p.Money(p.AmountReceived), Cause: cause, Reason: why, Actor: "system"})
	if fault.Is(err, fault.Conflict) {
		s.Logger.WarnContext(ctx, "cannot give a payment back", "booking", b.Code, "why", err)
		return nil // the tenant's bank has the money already
	}
	return err
}

// tellRefunds mails about refunds that Stripe took on or lost since.
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
			if err := s.Notify.Enqueue(ctx, tx, mail("refund_owner", b, b.OwnerID, r.ID, data)); err != nil {
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

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
