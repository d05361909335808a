package checkout

import (
	"context"
	"fmt"

	"hearth/internal/booking"
	"hearth/internal/fault"
	"hearth/internal/payment"
	"hearth/internal/task"

	"github.com/jackc/pgx/v5"
)

// followAuthorized asks the owner, or, where nobody can stay for the money any
// more, lets the card go.
func (s *Service) followAuthorized(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment) (booking.Booking, error) {
	if b.Status == booking.Requested {
		return b, nil
	}
	asked, err := s.request(ctx, tx, b, p)
	if fault.Is(err, fault.Conflict) { // the nights are someone else's by now, or the booking was given up
		if _, err := s.letGo(ctx, tx, b, p, ""); err != nil || b.CancelRequestedAt != nil {
			return b, err
		}
		return b, s.mailEnded(ctx, tx, b, "unavailable", "", false)
	}
	if err != nil {
		return b, err
	}
	if asked.CancelRequestedAt != nil {
		_, err := s.giveAnswer(ctx, tx, asked, p, booking.AnswerWithdraw, booking.Tenant(b.TenantID), "Given back while it was paid for")
		return asked, err
	}
	return asked, s.mailBoth(ctx, tx, asked, "request_received", map[string]any{"by": asked.HoldUntil.In(asked.Location()).Format("Jan 2, 2006, 15:04 MST")})
}

func (s *Service) request(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment) (booking.Booking, error) {
	return booking.Request(ctx, tx, b, b.AnswerBy(*p.AuthorizedAt, *p.CaptureBefore), s.Now())
}

// missedHold catches up on a hold that came and went before we saw it: the
// booking was a request, whatever became of it.
func (s *Service) missedHold(ctx context.Context, tx pgx.Tx, b booking.Booking, before, after payment.Payment) (booking.Booking, error) {
	if before.AuthorizedAt != nil || after.AuthorizedAt == nil || after.Status != payment.Canceled {
		return b, nil
	}
	asked, err := s.request(ctx, tx, b, after)
	if fault.Is(err, fault.Conflict) {
		return b, nil // it had ended, and its nights are gone
	}
	return asked, err
}

// endRequested ends a request whose card was let go, as it was answered.
func (s *Service) endRequested(ctx context.Context, tx pgx.Tx, b booking.Booking) (booking.Booking, error) {
	by, reason := booking.Stripe, "The card was let go at Stripe"
	if b.Answer != "" {
		step, err := booking.AnswerOf(ctx, tx, b.ID)
		if err != nil {
			return b, err
		}
		by, reason = step.By(), step.Reason
	}
	to := b.Answer.End()
	if b.CancelRequestedAt != nil {
		to = booking.Cancelled
	}
	if b.Answer == booking.AnswerAccept {
		by, reason = booking.Stripe, "Accepted when the card was no longer held"
	}
	ended, err := booking.Move(ctx, tx, b, to, by, reason, s.Now())
	if err != nil {
		return b, err
	}
	return ended, s.mailEnded(ctx, tx, ended, how(ended), reason, false)
}

// how a request ended, in a word for its mail.
func how(b booking.Booking) string {
	switch {
	case b.Status == booking.Declined:
		return "declined"
	case b.Status == booking.Cancelled:
		return "withdrawn"
	case b.Answer == booking.AnswerAccept:
		return "untaken"
	}
	return "lapsed"
}

// takenAfterAll ends a request whose money was taken although it had been
// answered otherwise: somebody at Stripe's Dashboard was first. All of it goes
// back.
func (s *Service) takenAfterAll(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment) (booking.Booking, error) {
	const why = "Taken at Stripe when the request had ended"
	if _, err := s.giveBack(ctx, tx, b, p, "late", why); err != nil {
		return b, err
	}
	ended, err := booking.Move(ctx, tx, b, b.Answer.End(), booking.Stripe, why, s.Now())
	if err != nil {
		return b, err
	}
	return ended, s.mailEnded(ctx, tx, ended, how(ended), "", true)
}

// mailEnded tells both that a request has come to nothing, and whether
// anything was charged that goes back. The owner hears nothing of one whose
// nights were gone.
func (s *Service) mailEnded(ctx context.Context, tx pgx.Tx, b booking.Booking, how, reason string, charged bool) error {
	if how != "declined" {
		reason = ""
	}
	data := map[string]any{"outcome": how, "reason": reason}
	if charged {
		data["amount"], data["currency"] = b.TotalAmount, string(b.Currency)
	}
	if how == "unavailable" {
		return s.Notify.Enqueue(ctx, tx, mail("request_ended_tenant", b, b.TenantID, "", data))
	}
	return s.mailBoth(ctx, tx, b, "request_ended", data)
}

// askAboutPart has a person look when less was taken than was agreed: somebody
// at Stripe's Dashboard captured a part. The stay stands; whether the tenant is
// to pay the rest nobody but they can say.
func (s *Service) askAboutPart(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment) error {
	if p.AmountReceived >= p.Amount {
		return nil
	}
	id := string(b.ID)
	_, err := task.Open(ctx, tx, task.Task{Key: "captured_in_part:" + id, BookingID: &id, Href: "/admin/bookings/" + b.Code,
		Title: "Only a part of stay " + b.Code + " was charged",
		Detail: fmt.Sprintf("Somebody captured %s of %s at Stripe. The stay is confirmed, and the rest of the card's hold is gone. Agree with tenant and owner, or cancel the stay.",
			p.Money(p.AmountReceived).Format(), p.Money(p.Amount).Format())}, s.Now())
	return err
}
