package payment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hearth/internal/fault"
	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
)

// Recovery is a row of dispute_recoveries: what a dispute takes back from the
// homeowner, because the bank took it from us. There is one per dispute.
//
//	planned ─▶ reversed ─▶ returning ─▶ returned    (won after all)
//	planned ─▶ debt ─▶ lifted                       (Stripe refused the reversal)
//	planned ─▶ withdrawn                            (won, or taken back by hand, before anything moved)
type Recovery struct {
	DisputeID       string
	PaymentID       ID
	BookingID       string
	Currency        money.Currency
	Amount          int64 // of the transfer, our fee included
	State           string
	Attempt         int
	TransferID      string
	RequestID       *string
	ReversalID      string
	ReversedAmount  int64
	FeeReturned     int64
	OwnerDebt       int64
	FailureReason   string
	ReturnAttempt   int
	ReturnRequestID *string
	ReturnID        string
	Actor           string
	ActorID         *string
	Reason          string
	CreatedAt       time.Time
	FinishedAt      *time.Time
}

const recoveryColumns = `v.dispute_id, v.payment_id, v.booking_id, v.currency, v.amount, v.state, v.attempt, v.transfer_id, v.request_id,
	v.reversal_id, v.reversed_amount, v.fee_returned, v.owner_debt, v.failure_reason, v.return_attempt, v.return_request_id, v.return_id,
	v.actor, v.actor_id, v.reason, v.created_at, v.finished_at`

const noRecovery = "Nothing was taken back for this dispute."

// In is minor units in the recovery's currency.
func (v Recovery) In(minor int64) money.Amount { return money.New(minor, v.Currency) }

// Net is what the owner lost by it: without our fee.
func (v Recovery) Net() money.Amount {
	if v.OwnerDebt > 0 {
		return v.In(v.OwnerDebt)
	}
	return v.In(v.ReversedAmount - v.FeeReturned)
}

// Key is the idempotency key of the current attempt to take it back.
func (v Recovery) Key() string { return fmt.Sprintf("dispute:%s:recover:%d", v.DisputeID, v.Attempt) }

// ReturnKey is that of the current attempt to give it back.
func (v Recovery) ReturnKey() string {
	return fmt.Sprintf("dispute:%s:return:%d", v.DisputeID, v.ReturnAttempt)
}

// LostSQL is, over payments p, what banks have kept of a payment and its owner
// has neither given back nor come to owe. Reversals that belong to no refund, or
// to one that failed, and netted no debt, are for the dispute, whoever made them;
// those of a dispute that was not lost are not.
const LostSQL = `greatest(0, (SELECT coalesce(sum(d.withdrawn), 0) FROM disputes d WHERE d.payment_id = p.id AND d.status = 'lost')
	- (SELECT coalesce(sum(t.amount_reversed), 0) FROM transfers t WHERE t.payment_id = p.id)
	+ (SELECT coalesce(sum(r.reversed_amount), 0) FROM refunds r WHERE r.payment_id = p.id AND r.status NOT IN ('failed', 'canceled'))
	+ (SELECT coalesce(sum(k.amount), 0) FROM debt_collections k WHERE k.payment_id = p.id AND k.status = 'made')
	+ (SELECT coalesce(sum(v.reversed_amount), 0) FROM dispute_recoveries v JOIN disputes d ON d.id = v.dispute_id WHERE v.payment_id = p.id AND d.status <> 'lost')
	- (SELECT coalesce(sum(v.amount), 0) FROM dispute_recoveries v JOIN disputes d ON d.id = v.dispute_id
	   WHERE v.payment_id = p.id AND v.state = 'debt' AND d.status = 'lost'))::bigint`

// RecoveriesOf lists what was taken back for a payment's disputes.
func RecoveriesOf(ctx context.Context, q postgres.Querier, payment ID) ([]Recovery, error) {
	return postgres.All[Recovery](ctx, q, `SELECT `+recoveryColumns+` FROM dispute_recoveries v WHERE v.payment_id = $1 ORDER BY v.created_at, v.dispute_id`, payment)
}

// RecoveryOf is what was taken back for one dispute; NotFound when nothing was.
func RecoveryOf(ctx context.Context, q postgres.Querier, dispute string) (Recovery, error) {
	return postgres.One[Recovery](ctx, q, noRecovery, `SELECT `+recoveryColumns+` FROM dispute_recoveries v WHERE v.dispute_id = $1`, dispute)
}

// RecoveryByRequest finds the recovery that a request was planned for, to take
// it or to give it back.
func RecoveryByRequest(ctx context.Context, q postgres.Querier, requestID string) (Recovery, error) {
	return postgres.One[Recovery](ctx, q, noRecovery, `SELECT `+recoveryColumns+` FROM dispute_recoveries v WHERE v.request_id = $1 OR v.return_request_id = $1`, requestID)
}

// Recoverable is what of a transfer is to be taken back for a dispute: what the
// bank took, less what somebody has taken back already.
type Recoverable struct {
	TransferID string // to reverse; "" when too little of it is left
	Amount     money.Amount
}

// ToRecover works out what a dispute is to take back; zero when it is nothing,
// or when Stripe has not told about the transfer yet.
func ToRecover(ctx context.Context, q postgres.Querier, p Payment, d Dispute) (Recoverable, error) {
	var free int64
	err := q.QueryRow(ctx, `SELECT (SELECT coalesce(sum(t.amount_reversed), 0) FROM transfers t WHERE t.payment_id = p.id)
			- (SELECT coalesce(sum(r.reversed_amount), 0) FROM refunds r WHERE r.payment_id = p.id AND r.status NOT IN ('failed', 'canceled'))
			- (SELECT coalesce(sum(v.reversed_amount), 0) FROM dispute_recoveries v WHERE v.payment_id = p.id)
			- (SELECT coalesce(sum(k.amount), 0) FROM debt_collections k WHERE k.payment_id = p.id AND k.status = 'made')
		FROM payments p WHERE p.id = $1`, p.ID).Scan(&free)
	if err != nil {
		return Recoverable{}, fmt.Errorf("ask what is taken back of payment %s: %w", p.ID, err)
	}
	want := d.Withdrawn - max(0, free)
	out := Recoverable{Amount: p.Money(max(0, want))}
	if want <= 0 {
		return out, nil
	}
	var left int64
	err = q.QueryRow(ctx, `SELECT id, amount - amount_reversed FROM transfers WHERE payment_id = $1
		ORDER BY amount > amount_reversed DESC, created_at LIMIT 1`, p.ID).Scan(&out.TransferID, &left)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Recoverable{Amount: p.Money(0)}, nil
	case err != nil:
		return Recoverable{}, fmt.Errorf("find the transfer of payment %s: %w", p.ID, err)
	case left < want: // a debt was netted off the transfer: the owner owes this one whole
		out.TransferID = ""
	}
	return out, nil
}

// Reversed is what was taken back of a transfer, as we last saw it.
func Reversed(ctx context.Context, q postgres.Querier, transfer string) (n int64, err error) {
	if err = q.QueryRow(ctx, `SELECT amount_reversed FROM transfers WHERE id = $1`, transfer).Scan(&n); err != nil {
		return 0, fmt.Errorf("read transfer %s: %w", transfer, err)
	}
	return n, nil
}

// BeginRecovery writes the row before Stripe is asked. The booking and the
// payment are locked by the caller. One that exists is Conflict.
func BeginRecovery(ctx context.Context, tx pgx.Tx, v Recovery, now time.Time) (Recovery, error) {
	tag, err := tx.Exec(ctx, `
		INSERT INTO dispute_recoveries (dispute_id, payment_id, booking_id, currency, amount, state, transfer_id, actor, actor_id, reason, created_at)
		VALUES ($1, $2, $3, $4, $5, 'planned', $6, $7, $8, $9, $10) ON CONFLICT (dispute_id) DO NOTHING`,
		v.DisputeID, v.PaymentID, v.BookingID, v.Currency, v.Amount, v.TransferID, v.Actor, v.ActorID, v.Reason, now)
	if err != nil {
		return v, fmt.Errorf("begin the recovery of dispute %s: %w", v.DisputeID, err)
	}
	if tag.RowsAffected() == 0 {
		return v, fault.New(fault.Conflict, "The owner's part of this dispute is being taken back already.")
	}
	return RecoveryOf(ctx, tx, v.DisputeID)
}

// RecoverySending notes the request that the current attempt was planned as.
func RecoverySending(ctx context.Context, tx pgx.Tx, v Recovery, requestID string) error {
	return recoveryStep(ctx, tx, v, `request_id = $2`, requestID)
}

// RecoverySent notes the reversal that Stripe made; the rest is mirrored.
func RecoverySent(ctx context.Context, tx pgx.Tx, v Recovery, reversalID string) error {
	return recoveryStep(ctx, tx, v, `reversal_id = $2`, reversalID)
}

// NextRecovery prepares a recovery to be asked for under a new key.
func NextRecovery(ctx context.Context, tx pgx.Tx, v Recovery) (Recovery, error) {
	v.Attempt++
	return v, recoveryStep(ctx, tx, v, `attempt = $2, request_id = NULL`, v.Attempt)
}

// WithdrawRecovery ends a recovery of which nothing has moved and nothing will.
func WithdrawRecovery(ctx context.Context, tx pgx.Tx, v Recovery, why string, now time.Time) error {
	return recoveryStep(ctx, tx, v, `state = 'withdrawn', failure_reason = $2, finished_at = $3`, why, now)
}

// ReturnPlanned notes the request that gives a recovery back. The owner gets
// what they lost by it; our fee stays ours.
func ReturnPlanned(ctx context.Context, tx pgx.Tx, v Recovery, requestID string) error {
	return recoveryStep(ctx, tx, v, `state = 'returning', return_attempt = $2, return_request_id = $3, failure_reason = ''`, v.ReturnAttempt, requestID)
}

// ReturnRefused notes why Stripe did not give it back.
func ReturnRefused(ctx context.Context, tx pgx.Tx, v Recovery, why string) error {
	return recoveryStep(ctx, tx, v, `failure_reason = $2`, why)
}

// ReturnSent notes the transfer that Stripe made; the rest is mirrored.
func ReturnSent(ctx context.Context, tx pgx.Tx, v Recovery, transferID string) error {
	return recoveryStep(ctx, tx, v, `return_id = $2`, transferID)
}

// recoveryStep changes a recovery that is still in the state in which it was read.
func recoveryStep(ctx context.Context, tx pgx.Tx, v Recovery, set string, args ...any) error {
	n := len(args) + 1
	tag, err := tx.Exec(ctx, fmt.Sprintf(`UPDATE dispute_recoveries SET %s WHERE dispute_id = $1 AND state = $%d`, set, n+1),
		append(append([]any{v.DisputeID}, args...), v.State)...)
	if err != nil {
		return fmt.Errorf("change the recovery of dispute %s: %w", v.DisputeID, err)
	}
	if tag.RowsAffected() == 0 {
		return fault.New(fault.Conflict, "What this dispute takes back has just changed.")
	}
	return nil
}

// FeeShare is our fee on a part of a payment, as Stripe rounds it.
func FeeShare(p Payment, amount int64) int64 { return feeShare(p, amount) }

// OweRecovery turns a recovery that Stripe refused into the owner's debt: the
// bank's money less our own fee on it, which we give up.
func OweRecovery(ctx context.Context, tx pgx.Tx, p Payment, v Recovery, amount int64, why string, now time.Time) (Recovery, error) {
	fee := feeShare(p, amount)
	v.OwnerDebt = amount - fee
	if err := recoveryStep(ctx, tx, v, `state = 'debt', amount = $2, owner_debt = $3, failure_reason = $4, finished_at = $5`, amount, v.OwnerDebt, why, now); err != nil {
		return v, err
	}
	v.State, v.Amount = "debt", amount
	_, err := ledger.Post(ctx, tx, ledger.Transaction{Reference: "debt:" + v.DisputeID, Kind: "debt", BookingID: p.BookingID, ObjectID: v.DisputeID,
		Memo: "Taken by the tenant's bank while the owner's balance was short", At: now,
		Postings: []ledger.Posting{
			{From: ledger.Debt(p.Destination), To: ledger.Escrow, Amount: p.Money(v.OwnerDebt)},
			{From: ledger.Revenue, To: ledger.Escrow, Amount: p.Money(fee)},
		}})
	return v, err
}

// LiftRecovery takes a debt away again: the dispute was won.
func LiftRecovery(ctx context.Context, tx pgx.Tx, p Payment, v Recovery, now time.Time) error {
	if err := recoveryStep(ctx, tx, v, `state = 'lifted', finished_at = $2`, now); err != nil {
		return err
	}
	_, err := ledger.Post(ctx, tx, ledger.Transaction{Reference: "debt_lifted:" + v.DisputeID, Kind: "debt_lifted", BookingID: p.BookingID, ObjectID: v.DisputeID,
		Memo: "The dispute was won", At: now,
		Postings: []ledger.Posting{
			{From: ledger.Escrow, To: ledger.Debt(p.Destination), Amount: p.Money(v.OwnerDebt)},
			{From: ledger.Escrow, To: ledger.Revenue, Amount: p.Money(v.Amount - v.OwnerDebt)},
		}})
	return err
}

// SettleRecoveries mirrors what a look found of recoveries and of what was given
// back after wins, posts it, and returns those that have a new state.
func SettleRecoveries(ctx context.Context, tx pgx.Tx, p Payment, look stripeapi.PaymentLook, now time.Time) (changed []Recovery, err error) {
	all, err := RecoveriesOf(ctx, tx, p.ID)
	if err != nil {
		return nil, err
	}
	for _, v := range all {
		after, err := settleRecovery(ctx, tx, p, v, look, now)
		if err == nil {
			after, err = settleReturn(ctx, tx, p, after, look.Transfers, now)
		}
		if err != nil {
			return nil, err
		}
		if after.State != v.State {
			changed = append(changed, after)
		}
	}
	return changed, nil
}

func settleRecovery(ctx context.Context, tx pgx.Tx, p Payment, v Recovery, look stripeapi.PaymentLook, now time.Time) (Recovery, error) {
	if v.State != "planned" || look.Transfer == nil {
		return v, nil
	}
	for _, r := range look.Transfer.Reversals {
		if r.ID != v.ReversalID && r.Metadata[stripeapi.MetaDispute] != v.DisputeID {
			continue
		}
		fee := feeWith(p, look.Fee, r).Amount
		if err := recoveryStep(ctx, tx, v, `state = 'reversed', reversal_id = $2, reversed_amount = $3, fee_returned = $4, finished_at = $5`,
			r.ID, r.Amount, fee, now); err != nil {
			return v, err
		}
		return RecoveryOf(ctx, tx, v.DisputeID)
	}
	return v, nil
}

// feeWith is the part of our fee that went back with a reversal that belongs to
// no refund: Stripe makes both at once, and does not say that they belong
// together. It is zero for a reversal that left the fee alone.
func feeWith(p Payment, fee *stripeapi.ApplicationFee, r stripeapi.Reversal) (found stripeapi.FeeRefund) {
	if fee == nil {
		return found
	}
	share := feeShare(p, r.Amount)
	for _, f := range fee.Refunds {
		if f.Created.Sub(r.Created).Abs() <= together && (found.ID == "" || f.Amount == share) {
			found = f
		}
	}
	return found
}

// together is how far apart two things of one request may be.
const together = 5 * time.Second

// feesOfOthers are the ids of the fee's refunds that came with a reversal that
// belongs to no refund. Netting a debt leaves the fee alone.
func feesOfOthers(p Payment, look stripeapi.PaymentLook) map[string]bool {
	others := map[string]bool{}
	if look.Transfer == nil {
		return others
	}
	for _, r := range look.Transfer.Reversals {
		if r.SourceRefundID == "" && r.Metadata[stripeapi.MetaCollection] == "" {
			others[feeWith(p, look.Fee, r).ID] = true
		}
	}
	return others
}

// settleReturn mirrors the transfer that gave a recovery back, which [Post] has
// posted. What the bank gave back besides is our fee on it, which is ours again,
// with what Stripe cannot transfer of an odd amount.
func settleReturn(ctx context.Context, tx pgx.Tx, p Payment, v Recovery, returns []stripeapi.Transfer, now time.Time) (Recovery, error) {
	for _, t := range returns {
		if t.Metadata[stripeapi.MetaDispute] != v.DisputeID {
			continue
		}
		if err := saveTransfer(ctx, tx, p, t); err != nil {
			return v, err
		}
		if err := postReturn(ctx, tx, p, v, t); err != nil {
			return v, err
		}
		if v.State != "returning" {
			continue
		}
		if err := recoveryStep(ctx, tx, v, `state = 'returned', return_id = $2, failure_reason = '', finished_at = $3`, t.ID, now); err != nil {
			return v, err
		}
		return RecoveryOf(ctx, tx, v.DisputeID)
	}
	return v, nil
}

func postReturn(ctx context.Context, tx pgx.Tx, p Payment, v Recovery, t stripeapi.Transfer) error {
	if v.ReversedAmount == 0 {
		return nil // somebody's own transfer: nothing was taken back
	}
	_, err := ledger.Post(ctx, tx, ledger.Transaction{Reference: "fee_kept:" + t.ID, Kind: "fee_kept", BookingID: p.BookingID, ObjectID: t.ID,
		Memo: "Our fee is ours again: the dispute was won", At: t.Created,
		Postings: []ledger.Posting{{From: ledger.Escrow, To: ledger.Revenue, Amount: p.Money(v.ReversedAmount - t.Amount)}}})
	return err
}
