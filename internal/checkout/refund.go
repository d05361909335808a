package checkout

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"

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

// Refund gives money of a paid booking back, for a reason that is kept. The
// amount is reserved before Stripe is asked, so that two refunds at once can
// never exceed the charge.
func (s *Service) Refund(ctx context.Context, by booking.Actor, id booking.ID, amount money.Amount, reason string) (payment.Refund, error) {
	return s.refund(ctx, by, id, amount, nil, Why{Reason: reason})
}

// Why is why a refund is made: a reason in words, and for an admin's perhaps a
// cause of its own: "policy" for what the tenant's terms give, "dispute" for
// what was agreed with the tenant while their bank asked, or after.
type Why struct{ Cause, Reason string }

// RefundSeen refunds only if what is left to refund is what the person saw:
// the same form sent twice finds less, and is a Conflict.
func (s *Service) RefundSeen(ctx context.Context, by booking.Actor, id booking.ID, amount, left money.Amount, why Why) (payment.Refund, error) {
	return s.refund(ctx, by, id, amount, &left, why)
}

func (s *Service) refund(ctx context.Context, by booking.Actor, id booking.ID, amount money.Amount, seen *money.Amount, why Why) (refund payment.Refund, err error) {
	if why.Reason == "" {
		return refund, fault.Field("reason", "Say why: it is kept with the booking.")
	}
	if by.Kind != "owner" && by.Kind != "admin" {
		return refund, fault.New(fault.Denied, "Only the owner or an admin can refund a stay.")
	}
	var parts []payment.Refund
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		b, p, err := s.lockPaid(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.unchanged(ctx, tx, p, seen); err != nil {
			return err
		}
		cause, err := causeOf(ctx, tx, by, p, why.Cause)
		if err != nil {
			return err
		}
		if parts, err = s.reserve(ctx, tx, p, payment.Reservation{Amount: amount, Cause: cause, Reason: why.Reason, Actor: by.Kind, ActorID: actorID(by)}); err != nil {
			return err
		}
		return s.audit(ctx, tx, by, b, "refund", why.Reason, map[string]any{"amount": amount.Format(), "cause": cause, "refund": parts[0].ID})
	})
	if err != nil {
		return refund, err
	}
	return parts[len(parts)-1], s.refundNow(ctx, parts)
}

// causeOf is who refunds, unless an admin gives a cause of its own.
func causeOf(ctx context.Context, tx pgx.Tx, by booking.Actor, p payment.Payment, cause string) (string, error) {
	if by.Kind != "admin" || cause == "" {
		return by.Kind, nil
	}
	disputes, err := payment.DisputesOf(ctx, tx, p.ID)
	if err != nil {
		return "", err
	}
	if !slices.Contains(Causes(disputes), cause) {
		return "", fault.Field("cause", "Choose one of these.")
	}
	return cause, nil
}

// Causes are what an admin may say a refund is for. An agreement needs a
// dispute that it is about.
func Causes(disputes []payment.Dispute) []string {
	if len(disputes) == 0 {
		return []string{"admin", "policy"}
	}
	return []string{"admin", "policy", "dispute"}
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

// reserve writes a refund, in one part or two, and the planned requests.
// Booking and payment are locked.
func (s *Service) reserve(ctx context.Context, tx pgx.Tx, p payment.Payment, r payment.Reservation) ([]payment.Refund, error) {
	parts, err := payment.Reserve(ctx, tx, p, r, s.Now())
	for i := range parts {
		if parts[i], err = s.planRefund(ctx, tx, p, parts[i]); err != nil {
			break
		}
	}
	return parts, err
}

func (s *Service) planRefund(ctx context.Context, tx pgx.Tx, p payment.Payment, r payment.Refund) (payment.Refund, error) {
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

// nudged sends a request now. When Stripe does not answer, it stands as planned
// and its job goes on: the caller has not failed.
func (s *Service) nudged(ctx context.Context, id stripeapi.RequestID) error {
	err := s.Finish(ctx, id)
	if fault.Is(err, fault.Unavailable) {
		s.Logger.WarnContext(ctx, "a request waits for stripe", "request", id, "error", err)
		return nil
	}
	return err
}

// refundNow sends the requests of a refund's parts.
func (s *Service) refundNow(ctx context.Context, parts []payment.Refund) error {
	for _, r := range parts {
		if err := s.nudged(ctx, stripeapi.RequestID(*r.RequestID)); err != nil {
			return err
		}
	}
	return nil
}

// failed reports a first failure that Stripe has told, which may not be its last
// word: that is [stripeapi.Over]. Only what does no harm when it happens twice
// goes on from here, a payment page that nobody sees or the end of one, as
// somebody waits for it. After no answer, a conflict with a rival under the same
// key, or a rate limit, the request may be under way, and no list proves anything.
func failed(o stripeapi.Outcome, err error) bool {
	return fault.Is(err, fault.Unavailable) && o.HTTPStatus == http.StatusInternalServerError
}

// What Stripe says when the owner's balance cannot give the money back.
var short = map[string]bool{"balance_insufficient": true, "insufficient_funds": true}

// sendRefund sends a refund and writes the new object's id; the look that
// follows settles it. When Stripe refuses because the owner's balance is short,
// or because a debt was netted off the transfer, the tenant does not wait: the
// refund goes out again, without the reversal, and the owner owes the
// difference.
func (s *Service) sendRefund(ctx context.Context, id stripeapi.RequestID) error {
	refund, err := payment.RefundByRequest(ctx, s.DB, string(id))
	if fault.Is(err, fault.NotFound) {
		return nil // a later attempt has taken its place
	}
	if err != nil {
		return err
	}
	outcome, err := s.Stripe.Send(ctx, id)
	if stripeapi.Over(err) {
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

// refundAgain asks for a refund under a new key.
func (s *Service) refundAgain(ctx context.Context, r payment.Refund, reverse bool, abandon *stripeapi.RequestID) error {
	return s.anew(ctx, booking.ID(r.BookingID), abandon, func(tx pgx.Tx, p payment.Payment) (*string, error) {
		next, err := payment.NextAttempt(ctx, tx, r, reverse)
		if err == nil {
			next, err = s.planRefund(ctx, tx, p, next)
		}
		return next.RequestID, err
	})
}

// anew plans the next attempt of a request, and sends it. The one before it is
// abandoned in the same transaction, unless Stripe has refused it; where another
// process was first nothing is done.
func (s *Service) anew(ctx context.Context, id booking.ID, abandon *stripeapi.RequestID, plan func(tx pgx.Tx, p payment.Payment) (*string, error)) error {
	var next *string
	err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		next = nil
		_, p, err := s.lockPaid(ctx, tx, id)
		if err != nil {
			return err
		}
		if abandon != nil {
			if open, err := stripeapi.Abandon(ctx, tx, *abandon, "Stripe holds nothing of it", s.Now()); err != nil || !open {
				return err
			}
		}
		next, err = plan(tx, p)
		return err
	})
	if fault.Is(err, fault.Conflict) || (err == nil && next == nil) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.Finish(ctx, stripeapi.RequestID(*next))
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
		b, _, err := s.lockPaid(ctx, tx, booking.ID(r.BookingID))
		if err != nil {
			return err
		}
		first, err := payment.RefundFailed(ctx, tx, r, cmp.Or(o.Code, o.Message), s.Now())
		if err != nil || !first {
			return err
		}
		return s.refundFailed(ctx, tx, b, r, o.Message)
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
			_, err = s.RefundSeen(ctx, by, b.ID, result.Amount, result.Amount, Why{Reason: reason})
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
