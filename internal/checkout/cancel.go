package checkout

import (
	"cmp"
	"context"
	"slices"

	"hearth/internal/booking"
	"hearth/internal/fault"
	"hearth/internal/money"
	"hearth/internal/payment"
	"hearth/internal/postgres"

	"github.com/jackc/pgx/v5"
)

// Cancellation is what cancelling a booking now would do.
type Cancellation struct {
	Refund  money.Amount
	Kept    money.Amount
	Policy  booking.Refundable // the tenant's terms
	Waiting bool               // the payment is on its way and is returned when it comes
	Blocked string
}

// PreviewCancel works it out for a person: the tenant gets what the policy
// gives, the owner and an admin give everything back that is left.
func (s *Service) PreviewCancel(ctx context.Context, by booking.Actor, b booking.Booking) (Cancellation, error) {
	c := Cancellation{Policy: booking.RefundFor(b, s.Now()), Refund: b.Amount(0), Kept: b.Amount(0)}
	if b.Status == booking.Processing {
		c.Waiting, c.Refund = true, b.Total()
		return c, nil
	}
	if b.Status != booking.Confirmed {
		if c.Blocked = "This booking cannot be cancelled any more."; b.Status == booking.Requested {
			c.Blocked = "Nothing has been charged yet. The request is withdrawn, or answered, on the stay’s own page."
		}
		return c, nil
	}
	p, err := payment.ByBooking(ctx, s.DB, string(b.ID))
	if err != nil {
		return c, err
	}
	refunds, err := payment.RefundsOf(ctx, s.DB, p.ID)
	if err != nil {
		return c, err
	}
	disputes, err := payment.DisputesOf(ctx, s.DB, p.ID)
	if err != nil {
		return c, err
	}
	c.Refund, c.Kept = due(by, b, left(p, refunds, disputes), c.Policy)
	for _, d := range disputes {
		if d.Open() && !d.Inquiry() {
			c.Blocked = "Your bank is looking into this payment, so it cannot be cancelled here. Write to us."
		}
	}
	return c, nil
}

// left is what can go back at all: nothing of what the tenant's bank has kept.
func left(p payment.Payment, refunds []payment.Refund, disputes []payment.Dispute) money.Amount {
	if slices.ContainsFunc(disputes, payment.Dispute.Kept) {
		return p.Money(0)
	}
	return payment.Remaining(p, refunds)
}

// due is what goes back to the tenant: never more than is left, and never so
// much that with what was refunded before it exceeds the policy.
func due(by booking.Actor, b booking.Booking, left money.Amount, policy booking.Refundable) (refund, kept money.Amount) {
	refund = left
	if by.Kind == "tenant" {
		already := b.Total().Sub(left)
		refund = policy.Amount.Sub(already)
		if refund.Minor < 0 {
			refund = b.Amount(0)
		}
	}
	return refund, left.Sub(refund)
}

// Cancel ends a booking and reserves what goes back, in one transaction: there
// is no cancelled stay whose refund was forgotten. Expected is the refund that
// the person saw; when it has changed since, nothing happens.
func (s *Service) Cancel(ctx context.Context, by booking.Actor, id booking.ID, expected money.Amount, reason string) error {
	var refunds []payment.Refund
	err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		b, p, err := s.lockPaid(ctx, tx, id)
		if err != nil {
			return err
		}
		switch b.Status {
		case booking.Processing:
			return booking.AskToCancel(ctx, tx, b, by, reason, s.Now())
		case booking.Confirmed:
			refunds, err = s.cancelConfirmed(ctx, tx, by, b, p, expected, reason)
			return err
		}
		return fault.New(fault.Conflict, "This booking cannot be cancelled any more.")
	})
	if err != nil {
		return err
	}
	return s.refundNow(ctx, refunds)
}

func (s *Service) cancelConfirmed(ctx context.Context, tx pgx.Tx, by booking.Actor, b booking.Booking, p payment.Payment, expected money.Amount, reason string) (made []payment.Refund, err error) {
	now := s.Now()
	policy := booking.RefundFor(b, now)
	if policy.Started && by.Kind == "tenant" {
		return nil, fault.New(fault.Conflict, "The stay has begun. Write to the owner instead.")
	}
	refunds, err := payment.RefundsOf(ctx, tx, p.ID)
	if err != nil {
		return nil, err
	}
	disputes, err := payment.DisputesOf(ctx, tx, p.ID)
	if err != nil {
		return nil, err
	}
	refund, _ := due(by, b, left(p, refunds, disputes), policy)
	if refund != expected {
		return nil, fault.New(fault.Conflict, "The refund is now %s. Look it over and confirm again.", refund.Format())
	}
	cause := map[string]string{"tenant": "policy", "owner": "owner", "admin": "admin"}[by.Kind]
	if refund.Minor > 0 {
		made, err = s.reserve(ctx, tx, p, payment.Reservation{Amount: refund, Cause: cause, Reason: cmp.Or(reason, "Cancelled"), Actor: by.Kind, ActorID: actorID(by)})
		if err != nil {
			return nil, err
		}
	}
	if b, err = booking.Move(ctx, tx, b, booking.Cancelled, by, cmp.Or(reason, "Cancelled"), now); err != nil {
		return nil, err
	}
	if err := s.audit(ctx, tx, by, b, "cancel", cmp.Or(reason, "Cancelled"), map[string]any{"refund": refund.Format()}); err != nil {
		return nil, err
	}
	return made, s.mailBoth(ctx, tx, b, "booking_cancelled", map[string]any{"amount": refund.Minor, "currency": string(b.Currency), "reason": reason})
}
