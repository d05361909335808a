package checkout

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"hearth/internal/booking"
	"hearth/internal/connect"
	"hearth/internal/fault"
	"hearth/internal/payment"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
)

// A request to book holds the tenant's card until somebody has answered. The
// answer is written with the planned request that carries it out: to take the
// money, or to let the card go. The booking moves only when Stripe has said
// which of the two came about; somebody at Stripe's Dashboard may have been
// first.

// Accept has the tenant charged. The booking is confirmed when Stripe says
// that it has the money; when it no longer could be taken that is a Conflict,
// and the request has ended or is about to.
func (s *Service) Accept(ctx context.Context, by booking.Actor, id booking.ID) error {
	if by.Kind != "owner" && by.Kind != "admin" {
		return fault.New(fault.Denied, "Only the owner or an admin can accept a request.")
	}
	if err := s.answer(ctx, by, id, booking.AnswerAccept, "Accepted"); err != nil {
		return err
	}
	b, err := booking.ByID(ctx, s.DB, id)
	if err == nil && (b.Status == booking.Lapsed || b.Answer == booking.AnswerLapse) {
		return fault.New(fault.Conflict, "The tenant’s card could not be charged any more, so there is no stay. They have been told.")
	}
	return err
}

// Decline lets the tenant's card go. The reason is shown to them.
func (s *Service) Decline(ctx context.Context, by booking.Actor, id booking.ID, reason string) error {
	if by.Kind != "owner" && by.Kind != "admin" {
		return fault.New(fault.Denied, "Only the owner or an admin can decline a request.")
	}
	return s.answer(ctx, by, id, booking.AnswerDecline, reason)
}

// Withdraw lets the tenant's card go because they no longer want to stay.
func (s *Service) Withdraw(ctx context.Context, by booking.Actor, id booking.ID) error {
	if by.Kind != "tenant" {
		return fault.New(fault.Denied, "Only the tenant can withdraw a request.")
	}
	return s.answer(ctx, by, id, booking.AnswerWithdraw, "No longer wanted")
}

func (s *Service) answer(ctx context.Context, by booking.Actor, id booking.ID, a booking.Answer, reason string) error {
	var request stripeapi.RequestID
	err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		b, p, err := s.lockPaid(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.mayAnswer(ctx, tx, b, p, a); err != nil {
			return err
		}
		if request, err = s.giveAnswer(ctx, tx, b, p, a, by, reason); err != nil {
			return err
		}
		return s.audit(ctx, tx, by, b, map[booking.Answer]string{booking.AnswerAccept: "accept", booking.AnswerDecline: "decline"}[a], reason, nil)
	})
	if err != nil {
		return err
	}
	return s.nudged(ctx, request)
}

// mayAnswer says why an answer cannot be given. Nothing is taken for an owner
// who cannot be paid; the look at their account ends such requests.
func (s *Service) mayAnswer(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment, a booking.Answer) error {
	over := !s.Now().Before(b.HoldUntil)
	switch {
	case b.Status != booking.Requested:
		return fault.New(fault.Conflict, "This request is no longer open.")
	case a == booking.AnswerLapse && !over:
		return fault.New(fault.Conflict, "There is still time to answer.")
	case a != booking.AnswerAccept:
		return nil
	case over:
		return fault.New(fault.Conflict, "The time to answer is over.")
	}
	account, err := connect.Keep(ctx, tx, p.Destination)
	if err != nil {
		return err
	}
	if !account.CanBePaid() {
		return fault.New(fault.Conflict, "The owner cannot be paid right now, so the request cannot be accepted. See what Stripe asks for under Payouts.")
	}
	return nil
}

// giveAnswer writes the answer and plans what carries it out.
func (s *Service) giveAnswer(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment, a booking.Answer, by booking.Actor, reason string) (stripeapi.RequestID, error) {
	if _, err := booking.GiveAnswer(ctx, tx, b, a, by, reason, s.Now()); err != nil {
		return "", err
	}
	if a == booking.AnswerAccept {
		return s.plan(ctx, tx, stripeapi.Planned{Purpose: stripeapi.ForCapture, Path: stripeapi.CapturePath(p.IntentID()),
			Key: fmt.Sprintf("book:%s:capture", b.ID), About: about(b.ID), Params: stripeapi.CaptureParams{Amount: p.Amount, Fee: p.FeeAmount}.Values()})
	}
	return s.letGo(ctx, tx, b, p, map[booking.Answer]string{booking.AnswerWithdraw: "requested_by_customer"}[a])
}

// letGo plans the end of a card's hold.
func (s *Service) letGo(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment, reason string) (stripeapi.RequestID, error) {
	params := stripeapi.CancelParams{Reason: cmp.Or(reason, "abandoned")}
	return s.plan(ctx, tx, stripeapi.Planned{Purpose: stripeapi.ForCancel, Path: stripeapi.CancelPath(p.IntentID()),
		Key: fmt.Sprintf("book:%s:cancel", b.ID), About: about(b.ID), Params: params.Values()})
}

// endRequest brings a request to its end whose time to be answered is over, or
// goes on with the answer that it was given. It may run any number of times.
func (s *Service) endRequest(ctx context.Context, b booking.Booking) error {
	if b.Answer == "" {
		err := s.answer(ctx, booking.System, b.ID, booking.AnswerLapse, "Not answered in time")
		if fault.Is(err, fault.Conflict) {
			return nil // somebody answered, or there is time left
		}
		return err
	}
	asked, err := stripeapi.RequestsAbout(ctx, s.DB, about(b.ID))
	if err != nil {
		return err
	}
	for _, r := range slices.Backward(asked) {
		if r.Purpose == stripeapi.ForCapture || r.Purpose == stripeapi.ForCancel {
			return s.Finish(ctx, r.ID)
		}
	}
	return fmt.Errorf("booking %s is %s and nothing was asked of Stripe", b.Code, b.Answer)
}
