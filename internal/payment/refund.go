package payment

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hearth/internal/fault"
	"hearth/internal/money"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Refund is a row of refunds: reserved under the booking's lock before Stripe
// is asked, then mirrored. The tenant's leg is the Status; the owner's leg is
// ReversedAmount, FeeRefunded and OwnerDebt. FeeWaived and Absorbed are what it
// cost us beside Stripe. The last three are what the ledger has: they stay zero
// until the refund is seen at Stripe.
type Refund struct {
	ID                   string
	PaymentID            ID
	BookingID            string
	ListingID            string
	Amount               int64
	Currency             money.Currency
	Status               string // requested, pending, requires_action, succeeded, failed, canceled
	Cause                string // policy, owner, admin, dispute, unavailable, late, stripe
	Reason               string
	Actor                string
	ActorID              *string
	ReverseTransfer      bool
	RefundApplicationFee bool
	Attempt              int
	RequestID            *string
	StripeRefundID       *string
	ReversedAmount       int64
	FeeRefunded          int64
	OwnerDebt            int64
	FeeWaived            int64
	Absorbed             int64
	FailureReason        string
	Reference            string // the number by which the tenant's bank knows it
	ReferenceStatus      string // pending, available, unavailable; "" before Stripe says
	CreatedAt            time.Time
	FinishedAt           *time.Time
}

const refundColumns = `r.id, r.payment_id, r.booking_id, r.listing_id, r.amount, r.currency, r.status, r.cause, r.reason,
	r.actor, r.actor_id, r.reverse_transfer, r.refund_application_fee, r.attempt, r.request_id, r.stripe_refund_id,
	r.reversed_amount, r.fee_refunded, r.owner_debt, r.fee_waived, r.absorbed, r.failure_reason, r.reference, r.reference_status,
	r.created_at, r.finished_at`

// Money is the refund's amount.
func (r Refund) Money() money.Amount { return money.New(r.Amount, r.Currency) }

// In is minor units in the refund's currency.
func (r Refund) In(minor int64) money.Amount { return money.New(minor, r.Currency) }

// StripeID is the refund's id at Stripe, or "" before there is one.
func (r Refund) StripeID() string {
	if r.StripeRefundID == nil {
		return ""
	}
	return *r.StripeRefundID
}

// Dead reports whether the refund ended without the tenant having the money:
// its amount may be refunded again.
func (r Refund) Dead() bool { return r.Status == "failed" || r.Status == "canceled" }

// Key is the idempotency key of the refund's current attempt.
func (r Refund) Key() string { return fmt.Sprintf("refund:%s:%d", r.ID, r.Attempt) }

// RefundsOf lists a payment's refunds, the oldest first.
func RefundsOf(ctx context.Context, q postgres.Querier, payment ID) ([]Refund, error) {
	return postgres.All[Refund](ctx, q, `SELECT `+refundColumns+` FROM refunds r WHERE r.payment_id = $1 ORDER BY r.id`, payment)
}

// RefundByRequest finds the refund that a request was planned for.
func RefundByRequest(ctx context.Context, q postgres.Querier, requestID string) (Refund, error) {
	return postgres.One[Refund](ctx, q, "There is no such refund.", `SELECT `+refundColumns+` FROM refunds r WHERE r.request_id = $1`, requestID)
}

// Remaining is what may still be refunded: what was received less every refund
// that has not died.
func Remaining(p Payment, refunds []Refund) money.Amount {
	left := p.Money(p.AmountReceived)
	for _, r := range refunds {
		if !r.Dead() {
			left = left.Sub(r.Money())
		}
	}
	return left
}

// Reservation is a refund to be made.
type Reservation struct {
	Amount  money.Amount
	Cause   string
	Reason  string
	Actor   string
	ActorID *string
}

// Reserve writes a refund before Stripe is asked, in as many parts as
// [Stand.Parts] says. The booking and the payment are locked by the caller.
// More than remains is Invalid; a payment that is not paid, or that the
// tenant's bank holds or has kept, is Conflict.
func Reserve(ctx context.Context, tx pgx.Tx, p Payment, r Reservation, now time.Time) ([]Refund, error) {
	refunds, err := RefundsOf(ctx, tx, p.ID)
	if err != nil {
		return nil, err
	}
	disputes, err := DisputesOf(ctx, tx, p.ID)
	if err != nil {
		return nil, err
	}
	blocked := Blocks(disputes)
	left := Remaining(p, refunds)
	switch {
	case p.Status != Paid:
		return nil, fault.New(fault.Conflict, "Nothing has been paid that could be refunded.")
	case blocked != "":
		return nil, fault.New(fault.Conflict, "%s", blocked)
	case r.Amount.Minor < 1:
		return nil, fault.Field("amount", "Enter an amount above zero.")
	case r.Amount.Minor > left.Minor:
		return nil, fault.Field("amount", "Only %s can still be refunded.", left.Format())
	}
	stand, err := StandOf(ctx, tx, p, refunds)
	if err != nil {
		return nil, err
	}
	var all []Refund
	for _, part := range stand.Parts(r.Amount.Minor) {
		refund, err := reserve(ctx, tx, p, r, part, now)
		if err != nil {
			return nil, err
		}
		all = append(all, refund)
	}
	return all, nil
}

func reserve(ctx context.Context, tx pgx.Tx, p Payment, r Reservation, part Part, now time.Time) (Refund, error) {
	id := uuid.Must(uuid.NewV7()).String()
	_, err := tx.Exec(ctx, `
		INSERT INTO refunds (id, payment_id, booking_id, listing_id, amount, currency, status, cause, reason, actor, actor_id,
			reverse_transfer, refund_application_fee, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, 'requested', $7, $8, $9, $10, $11, $11, $12)`,
		id, p.ID, p.BookingID, p.ListingID, part.Amount, p.Currency, r.Cause, r.Reason, r.Actor, r.ActorID, part.Reverse, now)
	if err != nil {
		return Refund{}, fmt.Errorf("reserve refund of payment %s: %w", p.ID, err)
	}
	return refundByID(ctx, tx, id)
}

func refundByID(ctx context.Context, q postgres.Querier, id string) (Refund, error) {
	return postgres.One[Refund](ctx, q, "There is no such refund.", `SELECT `+refundColumns+` FROM refunds r WHERE r.id = $1`, id)
}

// Sending notes the request that an attempt was planned as.
func Sending(ctx context.Context, tx pgx.Tx, r Refund, requestID string) error {
	_, err := tx.Exec(ctx, `UPDATE refunds SET request_id = $2 WHERE id = $1`, r.ID, requestID)
	if err != nil {
		return fmt.Errorf("note request of refund %s: %w", r.ID, err)
	}
	return nil
}

// Sent notes the refund that Stripe made. The rest is mirrored by [Settle].
func Sent(ctx context.Context, tx pgx.Tx, r Refund, stripeID string) error {
	_, err := tx.Exec(ctx, `UPDATE refunds SET stripe_refund_id = $2 WHERE id = $1 AND stripe_refund_id IS NULL`, r.ID, stripeID)
	if err != nil {
		return fmt.Errorf("note stripe's id of refund %s: %w", r.ID, err)
	}
	return nil
}

// NextAttempt prepares a refund to be asked for again under a new key. With
// reverse false it leaves transfer and fee alone: Stripe refused it because the
// owner's balance is short, the tenant does not wait, and the owner owes the
// rest. Somebody who was first makes it a Conflict.
func NextAttempt(ctx context.Context, tx pgx.Tx, r Refund, reverse bool) (Refund, error) {
	tag, err := tx.Exec(ctx, `UPDATE refunds SET attempt = attempt + 1, reverse_transfer = $3, refund_application_fee = $3, request_id = NULL
		WHERE id = $1 AND attempt = $2 AND status = 'requested' AND stripe_refund_id IS NULL`, r.ID, r.Attempt, reverse)
	if err != nil {
		return r, fmt.Errorf("try refund %s again: %w", r.ID, err)
	}
	if tag.RowsAffected() == 0 {
		return r, fault.New(fault.Conflict, "This refund has just changed.")
	}
	return refundByID(ctx, tx, r.ID)
}

// RefundFailed notes that Stripe refused a refund for good; its amount is free
// again. It reports whether this call did it.
func RefundFailed(ctx context.Context, tx pgx.Tx, r Refund, why string, now time.Time) (bool, error) {
	tag, err := tx.Exec(ctx, `UPDATE refunds SET status = 'failed', failure_reason = $2, finished_at = $3 WHERE id = $1 AND status = 'requested'`, r.ID, why, now)
	if err != nil {
		return false, fmt.Errorf("mark refund %s failed: %w", r.ID, err)
	}
	return tag.RowsAffected() > 0, nil
}

// Stranded are the requests of refunds and disputes whose outcome Stripe has told, while the
// process that heard it died before it acted upon it.
func Stranded(ctx context.Context, q postgres.Querier, before time.Time, limit int) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT q.id::text FROM stripe_requests q JOIN (
			SELECT request_id FROM refunds WHERE status = 'requested' AND stripe_refund_id IS NULL
			UNION ALL `+strandedDisputes+`) open ON open.request_id = q.id
		WHERE q.state IN ('succeeded', 'refused') AND q.finished_at < $1
		ORDER BY q.finished_at LIMIT $2`, before, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// settleRefunds mirrors every refund of the payment, those made outside
// Hearth too. What Stripe moved for them is posted already; what it did not
// take back is posted here, once, when a refund is first seen, and lifted when
// the refund dies.
func settleRefunds(ctx context.Context, tx pgx.Tx, p Payment, look stripeapi.PaymentLook, now time.Time) error {
	known, err := RefundsOf(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	fees := feeRefunds(p, look, known)
	var fresh []string
	for _, theirs := range slices.Backward(look.Refunds) { // Stripe lists the newest first
		if released(look, theirs) {
			continue
		}
		ours, ok := find(known, theirs)
		if !ok {
			if ours, err = adopt(ctx, tx, p, theirs); err != nil {
				return err
			}
			known = append(known, ours)
		}
		seen, err := mirror(ctx, tx, ours, theirs, reversedBy(look, theirs.ID), fees[theirs.ID], now)
		if err != nil {
			return err
		}
		if seen.Dead() && !ours.Dead() {
			if err := lift(ctx, tx, p, &seen, known, now); err != nil {
				return err
			}
		}
		if !seen.Dead() && ours.Status == "requested" {
			fresh = append(fresh, seen.ID)
		}
		known[slices.IndexFunc(known, func(r Refund) bool { return r.ID == seen.ID })] = seen
	}
	for ; len(fresh) > 0; fresh = fresh[1:] {
		if err := cover(ctx, tx, p, known, fresh, look, now); err != nil {
			return err
		}
	}
	return nil
}

// mirror writes Stripe's word over a refund.
func mirror(ctx context.Context, tx pgx.Tx, ours Refund, theirs stripeapi.Refund, reversed, fee int64, now time.Time) (Refund, error) {
	r, err := postgres.One[Refund](ctx, tx, "There is no such refund.", `
		UPDATE refunds r SET status = $2, stripe_refund_id = $3, failure_reason = $4, reversed_amount = $5, fee_refunded = $6,
			reference = $7, reference_status = $8, refund_application_fee = CASE WHEN cause = 'stripe' THEN $6::bigint > 0 ELSE refund_application_fee END,
			finished_at = CASE WHEN $2 IN ('succeeded', 'failed', 'canceled') THEN coalesce(finished_at, $9) END
		WHERE id = $1 RETURNING `+refundColumns,
		ours.ID, theirs.Status, theirs.ID, theirs.FailureReason, reversed, fee, theirs.Reference, theirs.ReferenceStatus, now)
	if err != nil {
		return r, fmt.Errorf("settle refund %s: %w", theirs.ID, err)
	}
	return r, nil
}

// released reports a refund of a charge that was never captured: Stripe lets a
// hold go so, and no money moves.
func released(look stripeapi.PaymentLook, r stripeapi.Refund) bool {
	for _, c := range look.Charges {
		if c.ID == r.ChargeID {
			return !c.Captured
		}
	}
	return false
}

func find(known []Refund, theirs stripeapi.Refund) (Refund, bool) {
	for _, r := range known {
		if r.StripeID() == theirs.ID || (r.StripeRefundID == nil && theirs.Metadata[stripeapi.MetaRefund] == r.ID) {
			return r, true
		}
	}
	return Refund{}, false
}

// adopt writes a refund that somebody made outside Hearth.
func adopt(ctx context.Context, tx pgx.Tx, p Payment, theirs stripeapi.Refund) (Refund, error) {
	id := uuid.Must(uuid.NewV7()).String()
	_, err := tx.Exec(ctx, `
		INSERT INTO refunds (id, payment_id, booking_id, listing_id, amount, currency, status, cause, reason, actor,
			reverse_transfer, refund_application_fee, stripe_refund_id, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, 'requested', 'stripe', 'Made at Stripe, outside Hearth', 'stripe', $7, false, $8, $9)`,
		id, p.ID, p.BookingID, p.ListingID, theirs.Amount, theirs.Currency, theirs.TransferReversalID != "", theirs.ID, theirs.Created)
	if err != nil {
		return Refund{}, fmt.Errorf("adopt refund %s: %w", theirs.ID, err)
	}
	return refundByID(ctx, tx, id)
}

// feeShare is the part of our fee in a refunded amount, as Stripe rounds it.
func feeShare(p Payment, amount int64) int64 {
	return money.Proportion(p.FeeAmount, amount, p.AmountReceived)
}

func reversedBy(look stripeapi.PaymentLook, refundID string) int64 {
	var sum int64
	if look.Transfer != nil {
		for _, r := range look.Transfer.Reversals {
			if r.SourceRefundID == refundID {
				sum += r.Amount
			}
		}
	}
	return sum
}
