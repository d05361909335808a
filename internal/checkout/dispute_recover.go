package checkout

import (
	"cmp"
	"context"
	"fmt"

	"hearth/internal/booking"
	"hearth/internal/fault"
	"hearth/internal/inbound"
	"hearth/internal/money"
	"hearth/internal/payment"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"
	"hearth/internal/task"

	"github.com/jackc/pgx/v5"
)

// followDisputes does what a payment's disputes have come to: a lost one takes
// the owner's part back, a won one gives back what was taken. Booking and
// payment are locked. It may run any number of times.
func (s *Service) followDisputes(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment) error {
	disputes, err := payment.DisputesOf(ctx, tx, p.ID)
	if err != nil || len(disputes) == 0 {
		return err
	}
	recoveries, err := payment.RecoveriesOf(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	taken := map[string]payment.Recovery{}
	for _, v := range recoveries {
		taken[v.DisputeID] = v
	}
	for _, d := range disputes {
		v, begun := taken[d.ID]
		switch {
		case d.Kept() && !begun:
			_, err = s.beginRecovery(ctx, tx, b, p, d, booking.System, "The dispute was lost")
		case d.Status == "won" && begun:
			err = s.followWon(ctx, tx, b, p, v)
		}
		if err != nil {
			return fmt.Errorf("follow dispute %s: %w", d.ID, err)
		}
	}
	return nil
}

// settleRecoveries mirrors what a look found of recoveries, tells the owner, and
// goes on from there.
func (s *Service) settleRecoveries(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment, look found) (told []string, err error) {
	changed, err := payment.SettleRecoveries(ctx, tx, p, look.PaymentLook, s.Now())
	if err != nil {
		return nil, err
	}
	for _, v := range changed {
		told = append(told, fmt.Sprintf("%s of dispute %s %s", v.Net().Format(), v.DisputeID, v.State))
		if err := s.tellRecovery(ctx, tx, b, v); err != nil {
			return nil, err
		}
		if v.State == "returned" {
			if err := s.returned(ctx, tx, v); err != nil {
				return nil, err
			}
		}
	}
	return told, s.followDisputes(ctx, tx, b, p)
}

// beginRecovery plans to take back from the owner what the bank took from us.
// Where too little of the transfer is left, the owner owes it at once. It is zero
// when there is nothing to take back.
func (s *Service) beginRecovery(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment, d payment.Dispute, by booking.Actor, reason string) (v payment.Recovery, err error) {
	can, err := payment.ToRecover(ctx, tx, p, d)
	if err != nil || can.Amount.IsZero() {
		return v, err
	}
	v, err = payment.BeginRecovery(ctx, tx, payment.Recovery{DisputeID: d.ID, PaymentID: p.ID, BookingID: p.BookingID, Currency: p.Currency,
		Amount: can.Amount.Minor, TransferID: can.TransferID, Actor: by.Kind, ActorID: actorID(by), Reason: reason}, s.Now())
	if err != nil {
		return v, err
	}
	if v.TransferID == "" {
		return s.owe(ctx, tx, b, p, v, v.Amount, "Nothing is left of the transfer")
	}
	return s.planRecovery(ctx, tx, v)
}

func (s *Service) planRecovery(ctx context.Context, tx pgx.Tx, v payment.Recovery) (payment.Recovery, error) {
	params := stripeapi.TransferReversalParams{Amount: v.Amount, RefundApplicationFee: true, Description: "Dispute " + v.DisputeID, Metadata: recoveryMeta(v)}
	request, err := s.plan(ctx, tx, stripeapi.Planned{Purpose: stripeapi.ForRecovery, Path: stripeapi.ReversalsPath(v.TransferID),
		Key: v.Key(), About: about(booking.ID(v.BookingID)), Params: params.Values()})
	if err != nil {
		return v, err
	}
	id := string(request)
	v.RequestID = &id
	return v, payment.RecoverySending(ctx, tx, v, id)
}

func recoveryMeta(v payment.Recovery) map[string]string {
	return map[string]string{stripeapi.MetaBooking: v.BookingID, stripeapi.MetaPayment: string(v.PaymentID), stripeapi.MetaDispute: v.DisputeID}
}

// owe posts as the owner's debt what cannot be taken back, and tells them.
func (s *Service) owe(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment, v payment.Recovery, amount int64, why string) (payment.Recovery, error) {
	v, err := payment.OweRecovery(ctx, tx, p, v, amount, why, s.Now())
	if err != nil {
		return v, err
	}
	return v, s.tellRecovery(ctx, tx, b, v)
}

// tellRecovery mails the owner about what was taken back, or given back.
func (s *Service) tellRecovery(ctx context.Context, tx pgx.Tx, b booking.Booking, v payment.Recovery) error {
	template := "dispute_recovered_owner"
	if v.State == "returned" || v.State == "lifted" {
		template = "dispute_returned_owner"
	}
	return s.tellOwner(ctx, tx, b, template, v.DisputeID, map[string]any{"amount": v.Amount, "share": v.Net().Minor,
		"currency": string(v.Currency), "outcome": v.State, "reference": v.DisputeID})
}

// sendRecovery sends the reversal of a transfer; the look that follows mirrors
// it. What Stripe refuses, mostly because the owner's balance is short, becomes
// the owner's debt.
func (s *Service) sendRecovery(ctx context.Context, id stripeapi.RequestID) error {
	v, err := payment.RecoveryByRequest(ctx, s.DB, string(id))
	if fault.Is(err, fault.NotFound) {
		return nil // a later attempt has taken its place
	}
	if err != nil {
		return err
	}
	outcome, err := s.Stripe.Send(ctx, id)
	if stripeapi.Over(err) {
		return s.findRecovery(ctx, id, v)
	}
	if err != nil {
		return fmt.Errorf("take back dispute %s: %w", v.DisputeID, err)
	}
	if outcome.Refused() {
		return s.recoveryRefused(ctx, id, v, outcome)
	}
	return s.madeFor(ctx, v, outcome.ObjectID, nil, payment.RecoverySent)
}

// madeFor writes, by note, the id of what Stripe made for a recovery, and looks.
// With found, the request had no outcome and its object turned up in Stripe's
// list.
func (s *Service) madeFor(ctx context.Context, v payment.Recovery, object string, found *stripeapi.RequestID, note func(context.Context, pgx.Tx, payment.Recovery, string) error) error {
	err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		if found != nil {
			if _, err := stripeapi.Found(ctx, tx, *found, object, s.Now()); err != nil {
				return err
			}
		}
		return note(ctx, tx, v, object)
	})
	if err != nil && !fault.Is(err, fault.Conflict) { // a look was quicker
		return err
	}
	return s.Look(ctx, inbound.SourceOwn, inbound.Subject{Kind: inbound.Payment, ID: string(v.PaymentID)})
}

// findRecovery asks Stripe what became of a reversal whose answer was lost so
// long ago that its key may be forgotten. Only when the transfer does not hold
// it is it asked for again.
func (s *Service) findRecovery(ctx context.Context, id stripeapi.RequestID, v payment.Recovery) error {
	t, err := s.Stripe.Transfer(ctx, v.TransferID)
	if err != nil {
		return fmt.Errorf("look for the reversal of dispute %s: %w", v.DisputeID, err)
	}
	for _, r := range t.Reversals {
		if r.Metadata[stripeapi.MetaDispute] == v.DisputeID {
			return s.madeFor(ctx, v, r.ID, &id, payment.RecoverySent)
		}
	}
	return s.anew(ctx, booking.ID(v.BookingID), &id, func(tx pgx.Tx, _ payment.Payment) (*string, error) {
		next, err := payment.NextRecovery(ctx, tx, v)
		if err == nil {
			next, err = s.planRecovery(ctx, tx, next)
		}
		return next.RequestID, err
	})
}

// recoveryRefused looks what is still to be taken back, as somebody may have
// done it at Stripe, and makes a debt of it.
func (s *Service) recoveryRefused(ctx context.Context, id stripeapi.RequestID, v payment.Recovery, o stripeapi.Outcome) error {
	if err := s.Look(ctx, inbound.SourceOwn, inbound.Subject{Kind: inbound.Payment, ID: string(v.PaymentID)}); err != nil {
		return err
	}
	theirs, err := s.Stripe.Transfer(ctx, v.TransferID)
	if err != nil {
		return fmt.Errorf("ask what is left of transfer %s: %w", v.TransferID, err)
	}
	return postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		b, p, err := s.lockPaid(ctx, tx, booking.ID(v.BookingID))
		if err != nil {
			return err
		}
		ours, err := payment.Reversed(ctx, tx, v.TransferID)
		if err != nil {
			return err
		}
		if ours != theirs.AmountReversed { // a debt on old news would be taken twice
			return fault.New(fault.Unavailable, "Stripe knows more about this payment than we do. Please try again in a minute.")
		}
		now, err := payment.RecoveryOf(ctx, tx, v.DisputeID)
		if err != nil || now.State != "planned" || now.RequestID == nil || *now.RequestID != string(id) {
			return err
		}
		d, err := payment.DisputeByID(ctx, tx, v.DisputeID)
		if err != nil {
			return err
		}
		can, err := payment.ToRecover(ctx, tx, p, d)
		switch {
		case err != nil:
			return err
		case d.Status == "won":
			return payment.WithdrawRecovery(ctx, tx, now, "The dispute was won", s.Now())
		case can.Amount.IsZero():
			return payment.WithdrawRecovery(ctx, tx, now, "It was taken back at Stripe", s.Now())
		}
		if !short[o.Code] {
			if err := s.recoveryTask(ctx, tx, b, now, o); err != nil {
				return err
			}
		}
		_, err = s.owe(ctx, tx, b, p, now, min(now.Amount, can.Amount.Minor), cmp.Or(o.Code, o.Message))
		return err
	})
}

// recoveryTask asks a person to look when Stripe refused for another reason
// than a short balance: the account is closed, perhaps.
func (s *Service) recoveryTask(ctx context.Context, tx pgx.Tx, b booking.Booking, v payment.Recovery, o stripeapi.Outcome) error {
	id := string(b.ID)
	_, err := task.Open(ctx, tx, task.Task{Key: "dispute_recovery:" + v.DisputeID, BookingID: &id, ObjectID: v.DisputeID,
		Title: "Stripe did not take back the owner’s part of a dispute", Href: "/admin/disputes/" + v.DisputeID,
		Detail: fmt.Sprintf("Booking %s: %s. The owner owes us the money now; see whether their account can still pay it.", b.Code, cmp.Or(o.Message, o.Code))}, s.Now())
	return err
}

// RecoverDispute takes the owner's part back before the bank has decided, or
// after a loss for which nothing was taken back. Seen is the amount that the
// admin read on the page.
func (s *Service) RecoverDispute(ctx context.Context, by booking.Actor, dispute string, seen money.Amount, reason string) error {
	if reason == "" {
		return fault.Field("reason", "Say why: it is kept with the booking.")
	}
	var v payment.Recovery
	err := s.onDispute(ctx, dispute, func(tx pgx.Tx, b booking.Booking, p payment.Payment, d payment.Dispute) error {
		can, err := payment.ToRecover(ctx, tx, p, d)
		if err != nil {
			return err
		}
		switch {
		case d.Inquiry() || d.Withdrawn <= 0 || can.Amount.IsZero():
			return fault.New(fault.Conflict, "There is nothing to take back: the bank holds none of our money, or it was taken back already.")
		case can.Amount != seen:
			return fault.New(fault.Conflict, "Something moved since you opened this page: %s can be taken back now. Look it over and try again.", can.Amount.Format())
		}
		if v, err = s.beginRecovery(ctx, tx, b, p, d, by, reason); err != nil {
			return err
		}
		return s.audit(ctx, tx, by, b, "recover-dispute", reason, map[string]any{"dispute": d.ID, "amount": seen.Format()})
	})
	if err != nil || v.RequestID == nil {
		return err
	}
	return s.nudged(ctx, stripeapi.RequestID(*v.RequestID))
}
