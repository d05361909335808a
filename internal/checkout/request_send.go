package checkout

import (
	"context"
	"fmt"
	"strings"

	"hearth/internal/booking"
	"hearth/internal/inbound"
	"hearth/internal/payment"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
)

// sendHold sends what takes a held card's money or lets it go. Both can be
// asked for any number of times: Stripe does one of them, once. The look that
// follows tells which.
func (s *Service) sendHold(ctx context.Context, r stripeapi.Request) error {
	id := booking.ID(strings.TrimPrefix(r.About, "booking:"))
	p, err := payment.ByBooking(ctx, s.DB, string(id))
	if err != nil {
		return err
	}
	outcome, err := s.Stripe.Send(ctx, r.ID)
	if stripeapi.Over(err) || failed(outcome, err) {
		return s.findHold(ctx, r, p)
	}
	if err != nil {
		return fmt.Errorf("send %s for %s: %w", r.Purpose, r.About, err)
	}
	if err := s.Look(ctx, inbound.SourceOwn, subjectOf(p)); err != nil {
		return err
	}
	if r.Purpose == stripeapi.ForCapture && outcome.Refused() && outcome.Code != otherState {
		return s.captureRefused(ctx, id, outcome)
	}
	return nil
}

// otherState is Stripe's refusal to do with an intent what is done or undone
// already.
const otherState = "payment_intent_unexpected_state"

// findHold asks the intent itself what became of a request whose answer tells
// nothing any more. While it still holds the card nothing came of it: it goes
// out again, under another key.
func (s *Service) findHold(ctx context.Context, r stripeapi.Request, p payment.Payment) error {
	intent, err := s.Stripe.PaymentIntent(ctx, p.IntentID())
	if err != nil {
		return fmt.Errorf("ask what became of %s for %s: %w", r.Purpose, r.About, err)
	}
	done := map[string]string{stripeapi.ForCapture: "succeeded", stripeapi.ForCancel: "canceled"}[r.Purpose]
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		switch intent.Status {
		case done:
			_, err := stripeapi.Found(ctx, tx, r.ID, intent.ID, s.Now())
			return err
		case "requires_capture":
			_, err := s.underNextKey(ctx, tx, r, "The card is still held")
			return err
		}
		_, err := stripeapi.Abandon(ctx, tx, r.ID, "The payment intent is "+intent.Status, s.Now())
		return err
	})
	if err != nil {
		return err
	}
	return s.Look(ctx, inbound.SourceOwn, subjectOf(p))
}

// captureRefused ends a request that was accepted, and whose money Stripe does
// not take although the card is held: the owner's account, most likely.
func (s *Service) captureRefused(ctx context.Context, id booking.ID, o stripeapi.Outcome) error {
	var request stripeapi.RequestID
	err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		b, p, err := s.lockPaid(ctx, tx, id)
		if err != nil || b.Status != booking.Requested || b.Answer != booking.AnswerAccept {
			return err
		}
		s.Logger.WarnContext(ctx, "stripe refused to take a held card's money", "booking", b.Code, "code", o.Code, "message", o.Message)
		request, err = s.giveAnswer(ctx, tx, b, p, booking.AnswerLapse, booking.Stripe, "Stripe did not take the payment")
		return err
	})
	if err != nil || request == "" {
		return err
	}
	return s.nudged(ctx, request)
}
