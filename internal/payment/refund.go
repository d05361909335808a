package payment

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hearth/internal/fault"
	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Refund is a row of refunds: reserved under the booking's lock before Stripe
// is asked, then mirrored. The tenant's leg is the Status; the owner's leg is
// ReversedAmount, FeeRefunded and OwnerDebt.
type Refund struct {
	ID                   string
	PaymentID            ID
	BookingID            string
	ListingID            string
	Amount               int64
	Currency             money.Currency
	Status               string // requested, pending, requires_action, succeeded, failed, canceled
	Cause                string // policy, owner, admin, unavailable, late, stripe
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
	FailureReason        string
	CreatedAt            time.Time
	FinishedAt           *time.Time
}

const refundColumns = `r.id, r.payment_id, r.booking_id, r.listing_id, r.amount, r.currency, r.status, r.cause, r.reason,
	r.actor, r.actor_id, r.reverse_transfer, r.refund_application_fee, r.attempt, r.request_id, r.stripe_refund_id,
	r.reversed_amount, r.fee_refunded, r.owner_debt, r.failure_reason, r.created_at, r.finished_at`

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

// Reserve writes a refund before Stripe is asked. The booking and the payment
// are locked by the caller. Where a dispute took the charge's own transfer back
// nothing of it can be reversed any more: the owner comes to owe the refund.
// More than remains is Invalid; a payment that is
// not paid, or that the tenant's bank holds or has kept, is Conflict.
func Reserve(ctx context.Context, tx pgx.Tx, p Payment, r Reservation, now time.Time) (Refund, error) {
	refunds, err := RefundsOf(ctx, tx, p.ID)
	if err != nil {
		return Refund{}, err
	}
	disputes, err := DisputesOf(ctx, tx, p.ID)
	if err != nil {
		return Refund{}, err
	}
	blocked := Blocks(disputes)
	left := Remaining(p, refunds)
	switch {
	case p.Status != Paid:
		return Refund{}, fault.New(fault.Conflict, "Nothing has been paid that could be refunded.")
	case blocked != "":
		return Refund{}, fault.New(fault.Conflict, "%s", blocked)
	case r.Amount.Minor < 1:
		return Refund{}, fault.Field("amount", "Enter an amount above zero.")
	case r.Amount.Minor > left.Minor:
		return Refund{}, fault.Field("amount", "Only %s can still be refunded.", left.Format())
	}
	id := uuid.Must(uuid.NewV7()).String()
	_, err = tx.Exec(ctx, `
		INSERT INTO refunds (id, payment_id, booking_id, listing_id, amount, currency, status, cause, reason, actor, actor_id,
			reverse_transfer, refund_application_fee, created_at)
		SELECT $1, $2, $3, $4, $5, $6, 'requested', $7, $8, $9, $10, whole, whole, $11 FROM (SELECT NOT EXISTS (
			SELECT FROM dispute_recoveries v WHERE v.payment_id = $2 AND v.state IN ('reversed', 'returning', 'returned')) AS whole) transfer`,
		id, p.ID, p.BookingID, p.ListingID, r.Amount.Minor, r.Amount.Currency, r.Cause, r.Reason, r.Actor, r.ActorID, now)
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
// Hearth too, and posts what the owner came to owe.
func settleRefunds(ctx context.Context, tx pgx.Tx, p Payment, look stripeapi.PaymentLook, now time.Time) error {
	known, err := RefundsOf(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	fees := feeRefunds(p, look)
	for _, theirs := range look.Refunds {
		if released(look, theirs) {
			continue
		}
		ours, ok := find(known, theirs)
		if !ok {
			if ours, err = adopt(ctx, tx, p, theirs); err != nil {
				return err
			}
		}
		ours, err = postgres.One[Refund](ctx, tx, "There is no such refund.", `
			UPDATE refunds r SET status = $2, stripe_refund_id = $3, failure_reason = $4, reversed_amount = $5, fee_refunded = $6,
				owner_debt = CASE WHEN NOT reverse_transfer AND cause <> 'stripe' AND $2 NOT IN ('failed', 'canceled') THEN amount - $7 ELSE 0 END,
				finished_at = CASE WHEN $2 IN ('succeeded', 'failed', 'canceled') THEN coalesce(finished_at, $8) END
			WHERE id = $1 RETURNING `+refundColumns,
			ours.ID, theirs.Status, theirs.ID, theirs.FailureReason, reversedBy(look, theirs.ID), fees[theirs.ID], feeShare(p, ours.Amount), now)
		if err != nil {
			return fmt.Errorf("settle refund %s: %w", theirs.ID, err)
		}
		known = slices.DeleteFunc(known, func(r Refund) bool { return r.ID == ours.ID }) // one of ours is one of theirs
		if err := postDebt(ctx, tx, p, ours, now); err != nil {
			return err
		}
	}
	return nil
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
		VALUES ($1, $2, $3, $4, $5, $6, $7, 'stripe', 'Made at Stripe, outside Hearth', 'stripe', $8, $8, $9, $10)`,
		id, p.ID, p.BookingID, p.ListingID, theirs.Amount, theirs.Currency, theirs.Status, theirs.TransferReversalID != "", theirs.ID, theirs.Created)
	if err != nil {
		return Refund{}, fmt.Errorf("adopt refund %s: %w", theirs.ID, err)
	}
	return refundByID(ctx, tx, id)
}

// feeShare is the part of our fee in a refunded amount, as Stripe rounds it.
func feeShare(p Payment, amount int64) int64 {
	return money.Proportion(p.FeeAmount, amount, p.Amount)
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

// feeRefunds pairs Stripe's fee refunds, which name no refund, with the
// refunds that reversed a transfer, both in the order of their making. A refund
// too small for a part of the fee has none.
func feeRefunds(p Payment, look stripeapi.PaymentLook) map[string]int64 {
	pairs := map[string]int64{}
	if look.Fee == nil {
		return pairs
	}
	var reversing []stripeapi.Refund
	for _, r := range slices.Backward(look.Refunds) { // Stripe lists the newest first
		if r.TransferReversalID != "" {
			reversing = append(reversing, r)
		}
	}
	slices.SortStableFunc(reversing, func(a, b stripeapi.Refund) int { return a.Created.Compare(b.Created) })
	fees := feesOfRefunds(p, look)
	slices.Reverse(fees)
	slices.SortStableFunc(fees, func(a, b stripeapi.FeeRefund) int { return a.Created.Compare(b.Created) })
	for i, r := range reversing {
		if len(fees) == 0 {
			break
		}
		if feeShare(p, r.Amount) == 0 && len(reversing)-i > len(fees) {
			continue
		}
		pairs[r.ID], fees = fees[0].Amount, fees[1:]
	}
	return pairs
}

// postDebt books what the owner owes for a refund that left the transfer
// alone: the tenant's money, less our own fee on it, which we give up. When
// such a refund fails later, the debt is lifted.
func postDebt(ctx context.Context, tx pgx.Tx, p Payment, r Refund, now time.Time) error {
	if r.ReverseTransfer || r.Cause == "stripe" {
		return nil
	}
	fee := feeShare(p, r.Amount)
	postings := []ledger.Posting{
		{From: ledger.Debt(p.Destination), To: ledger.Escrow, Amount: p.Money(r.Amount - fee)},
		{From: ledger.Revenue, To: ledger.Escrow, Amount: p.Money(fee)},
	}
	t := ledger.Transaction{Reference: "debt:" + r.ID, Kind: "debt", BookingID: p.BookingID, ObjectID: r.StripeID(),
		Memo: "Refunded while the owner's balance was short", At: now, Postings: postings}
	if _, err := ledger.Post(ctx, tx, t); err != nil || !r.Dead() {
		return err
	}
	for i := range t.Postings {
		t.Postings[i].From, t.Postings[i].To = t.Postings[i].To, t.Postings[i].From
	}
	t.Reference, t.Kind, t.Memo = "debt_lifted:"+r.ID, "debt_lifted", "The refund came back"
	_, err := ledger.Post(ctx, tx, t)
	return err
}
