package checkout

import (
	"cmp"
	"context"
	"fmt"

	"hearth/internal/booking"
	"hearth/internal/fault"
	"hearth/internal/payment"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"
	"hearth/internal/task"

	"github.com/jackc/pgx/v5"
)

// followWon undoes what a dispute took back, now that it was won: Stripe gives
// us the money, and nothing to the owner by itself. A reversal that is under way
// is waited for.
func (s *Service) followWon(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment, v payment.Recovery) error {
	switch v.State {
	case "planned":
		withdrawn, err := stripeapi.Withdraw(ctx, tx, stripeapi.RequestID(*v.RequestID), s.Now())
		if err != nil || !withdrawn {
			return err
		}
		return payment.WithdrawRecovery(ctx, tx, v, "The dispute was won", s.Now())
	case "reversed":
		_, err := s.planReturn(ctx, tx, p, v)
		return err
	case "debt":
		return s.lift(ctx, tx, b, p, v)
	}
	return nil
}

// planReturn plans a transfer of what the owner lost, as far as Stripe can make
// one of it. It does not name the charge as its source: Stripe counts the first
// transfer against it.
func (s *Service) planReturn(ctx context.Context, tx pgx.Tx, p payment.Payment, v payment.Recovery) (payment.Recovery, error) {
	v.ReturnAttempt++
	params := stripeapi.TransferParams{Amount: v.Currency.Floor(v.Net().Minor), Currency: v.Currency, Destination: p.Destination,
		Group: stripeapi.TransferGroup(p.IntentID()), Description: "Dispute " + v.DisputeID + " was won", Metadata: recoveryMeta(v)}
	request, err := s.plan(ctx, tx, stripeapi.Planned{Purpose: stripeapi.ForReturn, Path: stripeapi.TransfersPath,
		Key: v.ReturnKey(), About: about(booking.ID(v.BookingID)), Params: params.Values()})
	if err != nil {
		return v, err
	}
	id := string(request)
	v.ReturnRequestID = &id
	return v, payment.ReturnPlanned(ctx, tx, v, id)
}

// lift takes the debt away. What was netted of it by then goes back to the stays
// that it was netted from, with the next run of payouts.
func (s *Service) lift(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment, v payment.Recovery) error {
	if err := payment.LiftRecovery(ctx, tx, p, v, s.Now()); err != nil {
		return err
	}
	v.State = "lifted"
	return s.tellRecovery(ctx, tx, b, v)
}

// sendReturn gives the owner's part back. While our own balance is short it
// stays planned, the sweep comes by again, and a person is told.
func (s *Service) sendReturn(ctx context.Context, id stripeapi.RequestID) error {
	v, err := payment.RecoveryByRequest(ctx, s.DB, string(id))
	if fault.Is(err, fault.NotFound) {
		return nil // a later attempt has taken its place
	}
	if err != nil {
		return err
	}
	request, err := stripeapi.RequestByID(ctx, s.DB, id)
	if err != nil {
		return err
	}
	if request.State == stripeapi.StatePlanned {
		enough, err := s.canReturn(ctx, v)
		if err != nil || !enough {
			return err
		}
	}
	outcome, err := s.Stripe.Send(ctx, id)
	if stripeapi.Over(err) {
		return s.findReturn(ctx, id, v)
	}
	if err != nil {
		return fmt.Errorf("give back dispute %s: %w", v.DisputeID, err)
	}
	if outcome.Refused() {
		return s.returnRefused(ctx, id, v, cmp.Or(outcome.Message, outcome.Code))
	}
	return s.madeFor(ctx, v, outcome.ObjectID, nil, payment.ReturnSent)
}

// canReturn asks Stripe whether our available balance covers the transfer: a
// refusal would use the key up.
func (s *Service) canReturn(ctx context.Context, v payment.Recovery) (bool, error) {
	balance, err := s.Stripe.Balance(ctx, "")
	if err != nil {
		return false, fmt.Errorf("read our balance for dispute %s: %w", v.DisputeID, err)
	}
	available := v.In(balance.Available[v.Currency])
	if available.Minor >= v.Net().Minor {
		return true, nil
	}
	return false, postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		return s.returnTask(ctx, tx, v, fmt.Sprintf("our available balance at Stripe is %s. It is tried again every few minutes; top the balance up to be quicker", available.Format()))
	})
}

func (s *Service) returnTask(ctx context.Context, tx pgx.Tx, v payment.Recovery, why string) error {
	_, err := task.Open(ctx, tx, task.Task{Key: fmt.Sprintf("dispute_return:%s:%d", v.DisputeID, v.ReturnAttempt), BookingID: &v.BookingID, ObjectID: v.DisputeID,
		Title: "The owner waits for their part of a dispute that was won", Href: "/admin/disputes/" + v.DisputeID,
		Detail: fmt.Sprintf("%s is to be transferred: %s.", v.Net().Format(), why)}, s.Now())
	return err
}

// returned closes the tasks of a return that has arrived.
func (s *Service) returned(ctx context.Context, tx pgx.Tx, v payment.Recovery) error {
	for attempt := 1; attempt <= v.ReturnAttempt; attempt++ {
		if _, err := task.Close(ctx, tx, fmt.Sprintf("dispute_return:%s:%d", v.DisputeID, attempt), "Transferred as "+v.ReturnID, s.Now()); err != nil {
			return err
		}
	}
	return nil
}

// findReturn looks in the payment's transfer group for a transfer whose answer
// was lost; only when it is not there is it asked for again.
func (s *Service) findReturn(ctx context.Context, id stripeapi.RequestID, v payment.Recovery) error {
	p, err := payment.ByID(ctx, s.DB, v.PaymentID)
	if err != nil {
		return err
	}
	made, err := s.Stripe.TransfersOf(ctx, p.IntentID())
	if err != nil {
		return fmt.Errorf("list the transfers of %s: %w", p.IntentID(), err)
	}
	for _, t := range made {
		if t.Metadata[stripeapi.MetaDispute] == v.DisputeID {
			return s.madeFor(ctx, v, t.ID, &id, payment.ReturnSent)
		}
	}
	return s.anew(ctx, booking.ID(v.BookingID), &id, func(tx pgx.Tx, p payment.Payment) (*string, error) {
		next, err := s.planReturn(ctx, tx, p, v)
		return next.ReturnRequestID, err
	})
}

func (s *Service) returnRefused(ctx context.Context, id stripeapi.RequestID, v payment.Recovery, why string) error {
	return postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		if _, _, err := s.lockPaid(ctx, tx, booking.ID(v.BookingID)); err != nil {
			return err
		}
		now, err := payment.RecoveryOf(ctx, tx, v.DisputeID)
		if err != nil || now.State != "returning" || *now.ReturnRequestID != string(id) || now.FailureReason != "" {
			return err
		}
		if err := payment.ReturnRefused(ctx, tx, now, why); err != nil {
			return err
		}
		return s.returnTask(ctx, tx, now, "Stripe refused: "+why)
	})
}

// ReturnAgain asks once more for a transfer that Stripe refused. Seen is the
// attempt that the admin read of.
func (s *Service) ReturnAgain(ctx context.Context, by booking.Actor, dispute string, seen int, reason string) error {
	if reason == "" {
		return fault.Field("reason", "Say why: it is kept with the booking.")
	}
	var v payment.Recovery
	err := s.onDispute(ctx, dispute, func(tx pgx.Tx, b booking.Booking, p payment.Payment, d payment.Dispute) (err error) {
		if v, err = payment.RecoveryOf(ctx, tx, d.ID); err != nil {
			return err
		}
		if v.State != "returning" || v.FailureReason == "" || v.ReturnAttempt != seen {
			return fault.New(fault.Conflict, "It is being given back already, or there is nothing to give back.")
		}
		if v, err = s.planReturn(ctx, tx, p, v); err != nil {
			return err
		}
		return s.audit(ctx, tx, by, b, "give-back-dispute", reason, map[string]any{"dispute": d.ID, "amount": v.Net().Format()})
	})
	if err != nil {
		return err
	}
	return s.nudged(ctx, stripeapi.RequestID(*v.ReturnRequestID))
}

// onDispute reads a dispute with its booking and payment locked.
func (s *Service) onDispute(ctx context.Context, id string, act func(tx pgx.Tx, b booking.Booking, p payment.Payment, d payment.Dispute) error) error {
	return postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		d, err := payment.DisputeByID(ctx, tx, id)
		if err != nil {
			return err
		}
		b, err := booking.Lock(ctx, tx, booking.ID(d.BookingID))
		if err != nil {
			return err
		}
		p, err := payment.Lock(ctx, tx, d.PaymentID)
		if err != nil {
			return err
		}
		if d, err = payment.DisputeByID(ctx, tx, id); err != nil {
			return err
		}
		return act(tx, b, p, d)
	})
}
