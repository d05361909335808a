package checkout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"hearth/internal/audit"
	"hearth/internal/booking"
	"hearth/internal/fault"
	"hearth/internal/inbound"
	"hearth/internal/money"
	"hearth/internal/payment"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
)

// Preview is what a refund does to everybody, before the click.
type Preview struct {
	Amount      money.Amount // to the tenant
	Left        money.Amount // what can still be refunded, before this refund
	OwnerLoses  money.Amount // of what the owner was paid
	FeeGiven    money.Amount // of our fee
	StripeKeeps money.Amount // its processing fee is never returned
	OwnerAfter  money.Amount // what the owner keeps of this stay
	FeeAfter    money.Amount // what we keep of our fee, before Stripe's
	Blocked     string       // why it cannot be done now, for people
}

// PreviewRefund works a refund out as Stripe will. What was refunded before is
// taken from what Stripe really moved.
func (s *Service) PreviewRefund(ctx context.Context, b booking.Booking, amount money.Amount) (Preview, error) {
	p, err := payment.ByBooking(ctx, s.DB, string(b.ID))
	if err != nil {
		return Preview{}, err
	}
	refunds, err := payment.RefundsOf(ctx, s.DB, p.ID)
	if err != nil {
		return Preview{}, err
	}
	disputes, err := payment.DisputesOf(ctx, s.DB, p.ID)
	if err != nil {
		return Preview{}, err
	}
	charges, err := payment.ChargesOf(ctx, s.DB, p.ID)
	if err != nil {
		return Preview{}, err
	}
	return preview(p, refunds, disputes, charges, amount), nil
}

func preview(p payment.Payment, refunds []payment.Refund, disputes []payment.Dispute, charges []payment.Charge, amount money.Amount) Preview {
	var reversed, given, debt int64
	for _, r := range refunds {
		if !r.Dead() {
			planned, fee := shares(p, refunds, r)
			reversed += planned
			given += fee
			debt += r.OwnerDebt
		}
	}
	left := payment.Remaining(p, refunds)
	view := Preview{Amount: amount, Left: left}
	gross, fee := amount.Minor, money.Proportion(p.FeeAmount, amount.Minor, p.Amount)
	if amount == left { // the refund that completes the charge takes whatever is left
		gross, fee = p.Amount-reversed, p.FeeAmount-given
	}
	view.FeeGiven = p.Money(fee)
	view.OwnerLoses = p.Money(gross - fee)
	view.FeeAfter = p.Money(p.FeeAmount - given - fee)
	view.OwnerAfter = p.Money(p.Amount - p.FeeAmount - (reversed - given) - debt - (gross - fee))
	for _, c := range charges {
		if c.ID == p.ChargeID {
			view.StripeKeeps = p.Money(c.StripeFee)
		}
	}
	switch {
	case p.Status != payment.Paid:
		view.Blocked = "Nothing has been paid that could be refunded."
	case left.Minor < 1:
		view.Blocked = "Everything has been refunded."
	case amount.Minor > left.Minor:
		view.Blocked = fmt.Sprintf("Only %s can still be refunded.", left.Format())
	}
	if why := payment.Blocks(disputes); why != "" {
		view.Blocked = why
	}
	return view
}

// shares is what a refund takes back from the owner and of our fee: what
// Stripe did, or will do when it has not answered yet.
func shares(p payment.Payment, refunds []payment.Refund, r payment.Refund) (reversed, fee int64) {
	if r.StripeID() != "" || !r.ReverseTransfer {
		return r.ReversedAmount, r.FeeRefunded
	}
	return r.Amount, money.Proportion(p.FeeAmount, r.Amount, p.Amount)
}

// Refund gives money of a paid booking back, for a reason that is kept. The
// amount is reserved before Stripe is asked, so that two refunds at once can
// never exceed the charge.
func (s *Service) Refund(ctx context.Context, by booking.Actor, id booking.ID, amount money.Amount, reason string) (payment.Refund, error) {
	return s.refund(ctx, by, id, amount, nil, reason)
}

// RefundSeen refunds only if what is left to refund is what the person saw:
// the same form sent twice finds less, and is a Conflict.
func (s *Service) RefundSeen(ctx context.Context, by booking.Actor, id booking.ID, amount, left money.Amount, reason string) (payment.Refund, error) {
	return s.refund(ctx, by, id, amount, &left, reason)
}

func (s *Service) refund(ctx context.Context, by booking.Actor, id booking.ID, amount money.Amount, seen *money.Amount, reason string) (refund payment.Refund, err error) {
	if reason == "" {
		return refund, fault.Field("reason", "Say why: it is kept with the booking.")
	}
	if by.Kind != "owner" && by.Kind != "admin" {
		return refund, fault.New(fault.Denied, "Only the owner or an admin can refund a stay.")
	}
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		b, p, err := s.lockPaid(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.unchanged(ctx, tx, p, seen); err != nil {
			return err
		}
		if refund, err = s.reserve(ctx, tx, p, payment.Reservation{Amount: amount, Cause: by.Kind, Reason: reason, Actor: by.Kind, ActorID: actorID(by)}); err != nil {
			return err
		}
		return s.audit(ctx, tx, by, b, "refund", reason, map[string]any{"amount": amount.Format(), "refund": refund.ID})
	})
	if err != nil {
		return refund, err
	}
	return refund, s.nudged(ctx, stripeapi.RequestID(*refund.RequestID))
}

func (s *Service) unchanged(ctx context.Context, tx pgx.Tx, p payment.Payment, seen *money.Amount) error {
	if seen == nil {
		return nil
	}
	refunds, err := payment.RefundsOf(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	if left := payment.Remaining(p, refunds); left != *seen {
		return fault.New(fault.Conflict, "Something was refunded since you opened this page: %s is left. Look it over and try again.", left.Format())
	}
	return nil
}

// audit writes an admin's act down beside it; other people's acts are in the
// booking's own history.
func (s *Service) audit(ctx context.Context, tx pgx.Tx, by booking.Actor, b booking.Booking, act, reason string, detail any) error {
	if by.Kind != "admin" || by.ID == nil {
		return nil
	}
	return audit.Record(ctx, tx, audit.Entry{ActorID: *by.ID, Act: act, Target: "booking:" + b.Code, Reason: reason, IP: by.IP, Detail: detail}, s.Now())
}

func actorID(by booking.Actor) *string {
	if by.ID == nil {
		return nil
	}
	id := string(*by.ID)
	return &id
}

func (s *Service) lockPaid(ctx context.Context, tx pgx.Tx, id booking.ID) (booking.Booking, payment.Payment, error) {
	b, err := booking.Lock(ctx, tx, id)
	if err != nil {
		return b, payment.Payment{}, err
	}
	p, err := payment.ByBooking(ctx, tx, string(id))
	if err != nil {
		return b, p, err
	}
	p, err = payment.Lock(ctx, tx, p.ID)
	return b, p, err
}

// reserve writes the refund and its planned request. Booking and payment are
// locked.
func (s *Service) reserve(ctx context.Context, tx pgx.Tx, p payment.Payment, r payment.Reservation) (payment.Refund, error) {
	refund, err := payment.Reserve(ctx, tx, p, r, s.Now())
	if err != nil {
		return refund, err
	}
	return s.planRefund(ctx, tx, p, refund)
}

func (s *Service) planRefund(ctx context.Context, tx pgx.Tx, p payment.Payment, r payment.Refund) (payment.Refund, error) {
	r, err := payment.Reversible(ctx, tx, r)
	if err != nil {
		return r, err
	}
	params := stripeapi.RefundParams{PaymentIntentID: p.IntentID(), Amount: r.Amount, Reason: "requested_by_customer",
		ReverseTransfer: r.ReverseTransfer, RefundApplicationFee: r.RefundApplicationFee,
		Metadata: map[string]string{stripeapi.MetaBooking: r.BookingID, stripeapi.MetaPayment: string(p.ID), stripeapi.MetaRefund: r.ID}}
	request, err := s.plan(ctx, tx, stripeapi.Planned{Purpose: stripeapi.ForRefund, Path: stripeapi.RefundsPath,
		Key: r.Key(), About: "booking:" + r.BookingID, Params: params.Values()})
	if err != nil {
		return r, err
	}
	id := string(request)
	r.RequestID = &id
	return r, payment.Sending(ctx, tx, r, id)
}

// nudged sends a refund's request now. When Stripe does not answer, the refund
// stands as requested and the job goes on: the caller has not failed.
func (s *Service) nudged(ctx context.Context, id stripeapi.RequestID) error {
	err := s.Finish(ctx, id)
	if fault.Is(err, fault.Unavailable) {
		s.Logger.WarnContext(ctx, "a refund waits for stripe", "request", id, "error", err)
		return nil
	}
	return err
}

// Stripe keeps a failure under its key for a day, and would answer with it all
// day long. After this long the list is asked.
const patience = time.Hour

// failed reports a failure that Stripe has told. Its list then has the word:
// nothing of the request is under way any more. After no answer, a conflict
// with a rival under the same key, or a rate limit, something may be, and the
// list proves nothing.
func failed(o stripeapi.Outcome, err error) bool {
	return fault.Is(err, fault.Unavailable) && o.HTTPStatus == http.StatusInternalServerError
}

// What Stripe says when the owner's balance cannot give the money back.
var short = map[string]bool{"balance_insufficient": true, "insufficient_funds": true}

// sendRefund sends a refund and writes the new object's id; the look that
// follows settles it. When Stripe refuses because the owner's balance is
// short, the tenant does not wait: the refund goes out again, without the
// reversal, and the owner owes the difference.
func (s *Service) sendRefund(ctx context.Context, id stripeapi.RequestID) error {
	refund, err := payment.RefundByRequest(ctx, s.DB, string(id))
	if fault.Is(err, fault.NotFound) {
		return nil // a later attempt has taken its place
	}
	if err != nil {
		return err
	}
	outcome, err := s.Stripe.Send(ctx, id)
	if errors.Is(err, stripeapi.ErrTooOld) || (failed(outcome, err) && s.Now().Sub(refund.CreatedAt) > patience) {
		return s.findRefund(ctx, id, refund)
	}
	if err != nil {
		return fmt.Errorf("send refund %s: %w", refund.ID, err)
	}
	alone, err := s.withoutReversal(ctx, refund, outcome)
	if err != nil {
		return err
	}
	switch {
	case !outcome.Refused():
		err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error { return payment.Sent(ctx, tx, refund, outcome.ObjectID) })
	case alone:
		return s.refundAgain(ctx, refund, false, nil)
	default:
		err = s.refundRefused(ctx, refund, outcome)
	}
	if err != nil {
		return err
	}
	return s.Look(ctx, inbound.SourceOwn, inbound.Subject{Kind: inbound.Payment, ID: string(refund.PaymentID)})
}

// refundAgain plans the next attempt under a new key, and sends it. The attempt
// before it is abandoned in the same transaction, if it still has no outcome.
func (s *Service) refundAgain(ctx context.Context, r payment.Refund, reverse bool, abandon *stripeapi.RequestID) error {
	err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		_, p, err := s.lockPaid(ctx, tx, booking.ID(r.BookingID))
		if err != nil {
			return err
		}
		if abandon != nil {
			if _, err := stripeapi.Abandon(ctx, tx, *abandon, "Stripe's list holds no refund of it", s.Now()); err != nil {
				return err
			}
		}
		if r, err = payment.NextAttempt(ctx, tx, r, reverse); err != nil {
			return err
		}
		r, err = s.planRefund(ctx, tx, p, r)
		return err
	})
	if fault.Is(err, fault.Conflict) {
		return nil // another process did it
	}
	if err != nil {
		return err
	}
	return s.Finish(ctx, stripeapi.RequestID(*r.RequestID))
}

// findRefund asks Stripe's list what became of a refund whose answer was lost
// so long ago that its key may be forgotten. Only when the list does not hold
// it is it asked for again.
func (s *Service) findRefund(ctx context.Context, id stripeapi.RequestID, r payment.Refund) error {
	p, err := payment.ByID(ctx, s.DB, r.PaymentID)
	if err != nil {
		return err
	}
	theirs, err := s.Stripe.RefundsByIntent(ctx, p.IntentID())
	if err != nil {
		return fmt.Errorf("list refunds of %s: %w", p.IntentID(), err)
	}
	for _, t := range theirs {
		if t.Metadata[stripeapi.MetaRefund] != r.ID {
			continue
		}
		err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
			if _, err := stripeapi.Found(ctx, tx, id, t.ID, s.Now()); err != nil {
				return err
			}
			return payment.Sent(ctx, tx, r, t.ID)
		})
		if err != nil {
			return err
		}
		return s.Look(ctx, inbound.SourceOwn, subjectOf(p))
	}
	return s.refundAgain(ctx, r, r.ReverseTransfer, &id)
}

func (s *Service) refundRefused(ctx context.Context, r payment.Refund, o stripeapi.Outcome) error {
	return postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		if _, _, err := s.lockPaid(ctx, tx, booking.ID(r.BookingID)); err != nil {
			return err
		}
		first, err := payment.RefundFailed(ctx, tx, r, cmp.Or(o.Code, o.Message), s.Now())
		if err != nil || !first {
			return err
		}
		return s.Notify.EnqueueAdmins(ctx, tx, "refund_failed_admin:"+r.ID, "refund_failed_admin", r.BookingID,
			map[string]any{"amount": r.Amount, "currency": string(r.Currency), "reason": o.Message})
	})
}

// BulkOrder asks for everything that is left of a booking to be refunded, if it
// is still what the person saw.
type BulkOrder struct {
	Code string
	Left int64
}

// BulkResult is what became of one of many refunds.
type BulkResult struct {
	Code    string
	Booking booking.Booking
	Amount  money.Amount
	Refused string // why not, for people; "" when it is under way
}

// RefundAll refunds what is left of each booking, one after the other; one that
// cannot be refunded does not stop the rest.
func (s *Service) RefundAll(ctx context.Context, by booking.Actor, orders []BulkOrder, reason string) []BulkResult {
	results := make([]BulkResult, 0, len(orders))
	for _, o := range orders {
		b, err := booking.ByCode(ctx, s.DB, o.Code)
		result := BulkResult{Code: o.Code, Booking: b, Amount: b.Amount(o.Left)}
		if err == nil {
			_, err = s.RefundSeen(ctx, by, b.ID, result.Amount, result.Amount, reason)
		}
		if f, ok := fault.Of(err); ok {
			result.Refused = f.Message
		} else if err != nil {
			s.Logger.ErrorContext(ctx, "one of several refunds", "booking", o.Code, "error", err)
			result.Refused = "Something went wrong on our side. Look at the booking."
		}
		results = append(results, result)
	}
	return results
}
