package checkout

import (
	"cmp"
	"context"
	"errors"

	"hearth/internal/booking"
	"hearth/internal/fault"
	"hearth/internal/payment"

	"github.com/jackc/pgx/v5"
)

// follow moves the booking to where its payment is. Every pair of states has
// its line here or needs none.
func (s *Service) follow(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment) (booking.Booking, error) {
	now := s.Now()
	switch p.Status {
	case payment.Paid:
		return s.followPaid(ctx, tx, b, p)
	case payment.Authorized:
		return s.followAuthorized(ctx, tx, b, p)
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
		b, err := booking.Move(ctx, tx, b, booking.Failed, booking.Stripe, cmp.Or(p.LastError, "The payment was refused"), now)
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
		case booking.Requested:
			return s.endRequested(ctx, tx, b)
		}
	}
	return b, nil
}

// followPaid confirms, or, where nobody can stay for the money any more, gives
// it back: paid-but-unavailable never lasts. Money that went back before we
// heard that it had come confirms nothing.
func (s *Service) followPaid(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment) (booking.Booking, error) {
	if b.ConfirmedAt != nil {
		return b, nil
	}
	if b.Status == booking.Requested && b.Answer != "" && b.Answer != booking.AnswerAccept {
		return s.takenAfterAll(ctx, tx, b, p)
	}
	if p.AmountRefunded >= p.AmountReceived {
		return s.followReturned(ctx, tx, b, p)
	}
	if b.CancelRequestedAt != nil && b.Status == booking.Processing {
		return s.cancelLate(ctx, tx, b, p)
	}
	if b.Status.May(booking.Confirmed) {
		confirmed, err := booking.Move(ctx, tx, b, booking.Confirmed, booking.Stripe, "Paid", s.Now())
		if err == nil {
			return confirmed, errors.Join(s.mailBoth(ctx, tx, confirmed, "booking_confirmed", nil), s.askAboutPart(ctx, tx, confirmed, p))
		}
		if !fault.Is(err, fault.Conflict) {
			return b, err
		}
	}
	// The nights are someone else's by now, or the booking was given up.
	began, err := s.giveBack(ctx, tx, b, p, "unavailable", "Paid when the stay was no longer to be had")
	if err != nil || !began || b.CancelRequestedAt != nil {
		return b, err
	}
	return b, s.Notify.Enqueue(ctx, tx, mail("booking_unavailable_tenant", b, b.TenantID, "", whole(p)))
}

func whole(p payment.Payment) map[string]any {
	return map[string]any{"amount": p.AmountReceived, "currency": string(p.Currency)}
}

// followReturned ends a booking whose money somebody gave back at Stripe before
// we ever saw it paid.
func (s *Service) followReturned(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment) (booking.Booking, error) {
	if !b.Status.May(booking.Cancelled) {
		return b, nil
	}
	b, err := booking.Move(ctx, tx, b, booking.Cancelled, booking.Stripe, "The payment was given back at Stripe", s.Now())
	if err != nil {
		return b, err
	}
	return b, s.Notify.Enqueue(ctx, tx, mail("booking_cancelled_tenant", b, b.TenantID, "", whole(p)))
}

// cancelLate ends a booking that was no longer wanted when its payment came.
func (s *Service) cancelLate(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment) (booking.Booking, error) {
	const why = "Cancelled while the payment was on its way"
	if _, err := s.giveBack(ctx, tx, b, p, "late", why); err != nil {
		return b, err
	}
	b, err := booking.Move(ctx, tx, b, booking.Cancelled, booking.Tenant(b.TenantID), why, s.Now())
	if err != nil {
		return b, err
	}
	return b, s.Notify.Enqueue(ctx, tx, mail("booking_cancelled_tenant", b, b.TenantID, "", whole(p)))
}

// giveBack refunds whatever is left, once, and reports whether this call began
// it. While the tenant's bank holds the money nothing is begun: the dispute's
// end comes by here again. A refund that failed for another reason is an
// admin's, who was told: trying it over and over helps nobody.
func (s *Service) giveBack(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment, cause, why string) (bool, error) {
	refunds, err := payment.RefundsOf(ctx, tx, p.ID)
	if err != nil {
		return false, err
	}
	for _, r := range refunds {
		if (r.Cause == "unavailable" || r.Cause == "late") && r.FailureReason != chargedBack {
			return false, nil
		}
	}
	left := payment.Remaining(p, refunds)
	if left.Minor < 1 {
		return false, nil
	}
	_, err = s.reserve(ctx, tx, p, payment.Reservation{Amount: left, Cause: cause, Reason: why, Actor: "system"})
	if fault.Is(err, fault.Conflict) {
		s.Logger.WarnContext(ctx, "cannot give a payment back", "booking", b.Code, "why", err)
		return false, nil
	}
	return err == nil, err
}

// chargedBack is Stripe's refusal to refund what the tenant's bank holds.
const chargedBack = "charge_disputed"
