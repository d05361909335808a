package checkout

import (
	"context"
	"fmt"

	"hearth/internal/booking"
	"hearth/internal/fault"
	"hearth/internal/inbound"
	"hearth/internal/payment"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
)

// Release gives a held booking up: its session is expired at Stripe first, and
// only Stripe's word releases the nights. When the tenant has paid in the
// meantime the booking is settled instead, and Release is a Conflict.
func (s *Service) Release(ctx context.Context, by booking.Actor, id booking.ID, reason string) error {
	err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		b, err := booking.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if b.Status != booking.Held {
			return fault.New(fault.Conflict, "This booking is no longer waiting for payment.")
		}
		return booking.AskToCancel(ctx, tx, b, by, reason, s.Now())
	})
	if err != nil {
		return err
	}
	if err := s.EndHold(ctx, id); err != nil {
		return err
	}
	b, err := booking.ByID(ctx, s.DB, id)
	if err != nil {
		return err
	}
	if b.Status == booking.Held {
		return fault.New(fault.Unavailable, "Stripe has not answered yet. The nights are released as soon as it does.")
	}
	if b.Status != booking.Cancelled && b.Status != booking.Expired {
		return fault.New(fault.Conflict, "The payment went through before the booking could be released.")
	}
	return nil
}

// EndHold brings a held booking to its end, whatever state its session is in:
// never made, perhaps made, open, or paid; and a request when its time is over.
// It may run any number of times.
func (s *Service) EndHold(ctx context.Context, id booking.ID) error {
	b, err := booking.ByID(ctx, s.DB, id)
	if err != nil {
		return err
	}
	if b.Status == booking.Requested {
		return s.endRequest(ctx, b)
	}
	p, err := payment.ByBooking(ctx, s.DB, string(id))
	if err != nil {
		return err
	}
	a, err := payment.LastAttempt(ctx, s.DB, p.ID)
	if err != nil {
		return err
	}
	if a.Status == "planned" {
		if a, err = s.makeKnown(ctx, id, p, a); err != nil {
			return err
		}
	}
	switch a.Status {
	case "refused":
		return s.endUnsent(ctx, id, p.ID)
	case "open":
		if err := s.expireSession(ctx, id, p, a); err != nil {
			return err
		}
	}
	return s.Look(ctx, inbound.SourceOwn, subjectOf(p))
}

// makeKnown finds out whether a session exists. A request that never left is
// withdrawn; one that may have arrived is sent again under its key. Where that
// tells nothing, because Stripe keeps a failure under the key or may have
// forgotten the key, the list tells: after the session's own end no request of
// it can be carried out any more.
func (s *Service) makeKnown(ctx context.Context, id booking.ID, p payment.Payment, a payment.Attempt) (payment.Attempt, error) {
	request := stripeapi.RequestID(a.RequestID)
	withdrawn := false
	err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) (err error) {
		if withdrawn, err = stripeapi.Withdraw(ctx, tx, request, s.Now()); err != nil || !withdrawn {
			return err
		}
		return payment.Refused(ctx, tx, a.ID)
	})
	if err == nil && !withdrawn {
		err = s.Finish(ctx, request)
	}
	if last, gone := payment.LastAttempt(ctx, s.DB, p.ID); gone == nil && last.Status != "planned" {
		return last, nil // known, even if only its failure
	}
	if stripeapi.Over(err) || (fault.Is(err, fault.Unavailable) && s.Now().After(a.ExpiresAt)) {
		err = s.findSession(ctx, id, a)
	}
	if err != nil {
		return a, fmt.Errorf("find out about attempt %d of booking %s: %w", a.Number, id, err)
	}
	return payment.LastAttempt(ctx, s.DB, p.ID)
}

func (s *Service) findSession(ctx context.Context, id booking.ID, a payment.Attempt) error {
	sessions, err := s.Stripe.SessionsByBooking(ctx, string(id), a.CreatedAt.Add(-holdMargin), s.Now())
	if err != nil {
		return err
	}
	request := stripeapi.RequestID(a.RequestID)
	return postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		if len(sessions) > 0 {
			theirs := sessions[0]
			if _, err := stripeapi.Found(ctx, tx, request, theirs.ID, s.Now()); err != nil {
				return err
			}
			return payment.Attach(ctx, tx, a.ID, theirs.ID, theirs.URL)
		}
		if _, err := stripeapi.Abandon(ctx, tx, request, "Stripe's list holds no session of it", s.Now()); err != nil {
			return err
		}
		return payment.Refused(ctx, tx, a.ID)
	})
}

// endUnsent ends a hold for which no session exists.
func (s *Service) endUnsent(ctx context.Context, id booking.ID, paymentID payment.ID) error {
	return postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		b, err := booking.Lock(ctx, tx, id)
		if err != nil || b.Status != booking.Held {
			return err
		}
		if a, err := payment.LastAttempt(ctx, tx, paymentID); err != nil || a.Status != "refused" {
			return err // a new attempt was made in the meantime
		}
		if err := payment.Close(ctx, tx, paymentID); err != nil {
			return err
		}
		_, err = s.endHeld(ctx, tx, b, booking.System, "Stripe has no payment page for it")
		return err
	})
}

// endHeld moves a hold to its end: cancelled when somebody asked for it.
func (s *Service) endHeld(ctx context.Context, tx pgx.Tx, b booking.Booking, by booking.Actor, why string) (booking.Booking, error) {
	to := booking.Expired
	if b.CancelRequestedAt != nil {
		to = booking.Cancelled
	}
	return booking.Move(ctx, tx, b, to, by, why, s.Now())
}

// expireSession asks Stripe to end an open session. A refusal means that it
// has ended already, paid or not: the look that follows tells.
func (s *Service) expireSession(ctx context.Context, id booking.ID, p payment.Payment, a payment.Attempt) error {
	var request stripeapi.RequestID
	err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) (err error) {
		request, err = s.plan(ctx, tx, stripeapi.Planned{Purpose: stripeapi.ForExpire, Path: stripeapi.ExpirePath(a.Session()),
			Key: fmt.Sprintf("book:%s:expire:%d", id, a.Number), About: about(id)})
		return err
	})
	if err != nil {
		return err
	}
	if err := s.Finish(ctx, request); err != nil {
		return fmt.Errorf("expire session %s: %w", a.Session(), err)
	}
	return nil
}
