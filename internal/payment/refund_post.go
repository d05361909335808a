package payment

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hearth/internal/ledger"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
)

// cover books who pays for what Stripe did not take back for the first of the
// fresh refunds: those that are seen for the first time. What Stripe moved for
// them is posted by now, and nothing else is.
func cover(ctx context.Context, tx pgx.Tx, p Payment, known []Refund, fresh []string, look stripeapi.PaymentLook, now time.Time) error {
	stand, err := standAt(ctx, tx, p, known, fresh, look)
	if err != nil {
		return err
	}
	r := &known[slices.IndexFunc(known, func(r Refund) bool { return r.ID == fresh[0] })]
	s := stand.cover(r.Amount, r.ReversedAmount, r.FeeRefunded, r.Cause != "stripe")
	if err := postShares(ctx, tx, p, *r, shareKind, s, now); err != nil {
		return err
	}
	return keepShares(ctx, tx, r, s)
}

// standAt is the stand as it was before the fresh refunds moved anything.
func standAt(ctx context.Context, tx pgx.Tx, p Payment, known []Refund, fresh []string, look stripeapi.PaymentLook) (Stand, error) {
	others := slices.DeleteFunc(slices.Clone(known), func(o Refund) bool {
		return slices.Contains(fresh, o.ID) || (o.Status == "requested" && o.ID > fresh[0])
	})
	stand, err := StandOf(ctx, tx, p, others)
	for _, o := range known {
		if !slices.Contains(fresh, o.ID) {
			continue
		}
		stand.FeeLeft += o.FeeRefunded
		stand.Escrow -= o.ReversedAmount
		if paidOut(look, o) {
			stand.Escrow += o.Amount
		}
	}
	return stand, err
}

// paidOut reports whether a refund's money has left our balance.
func paidOut(look stripeapi.PaymentLook, r Refund) bool {
	return slices.ContainsFunc(look.Refunds, func(theirs stripeapi.Refund) bool {
		return theirs.ID == r.StripeID() && theirs.BalanceTransactionID != ""
	})
}

// lift takes back what was booked for a refund that died, as far as no later
// refund has taken it back.
func lift(ctx context.Context, tx pgx.Tx, p Payment, r *Refund, known []Refund, now time.Time) error {
	var debt, waived, absorbed int64
	for _, o := range known {
		debt, waived, absorbed = debt+o.OwnerDebt, waived+o.FeeWaived, absorbed+o.Absorbed
	}
	off := Shares{OwnerDebt: -take(r.OwnerDebt, debt), FeeWaived: -take(r.FeeWaived, waived), Absorbed: -take(r.Absorbed, absorbed)}
	if err := postShares(ctx, tx, p, *r, liftKind, off, now); err != nil {
		return err
	}
	return keepShares(ctx, tx, r, Shares{OwnerDebt: r.OwnerDebt + off.OwnerDebt, FeeWaived: r.FeeWaived + off.FeeWaived, Absorbed: r.Absorbed + off.Absorbed})
}

// The kinds of what is posted beside Stripe.
const (
	shareKind = "debt"
	liftKind  = "debt_lifted"
)

var shareMemos = map[string]string{shareKind: "Refunded without the owner's money", liftKind: "The refund came back"}

func postShares(ctx context.Context, tx pgx.Tx, p Payment, r Refund, kind string, s Shares, now time.Time) error {
	_, err := ledger.Post(ctx, tx, ledger.Transaction{Reference: kind + ":" + r.ID, Kind: kind, BookingID: p.BookingID, ObjectID: r.StripeID(),
		Memo: shareMemos[kind], At: now, Postings: []ledger.Posting{
			{From: ledger.Debt(p.Destination), To: ledger.Escrow, Amount: p.Money(s.OwnerDebt)},
			{From: ledger.Revenue, To: ledger.Escrow, Amount: p.Money(s.FeeWaived + s.Absorbed)},
		}})
	return err
}

func keepShares(ctx context.Context, tx pgx.Tx, r *Refund, s Shares) error {
	r.OwnerDebt, r.FeeWaived, r.Absorbed = s.OwnerDebt, s.FeeWaived, s.Absorbed
	_, err := tx.Exec(ctx, `UPDATE refunds SET owner_debt = $2, fee_waived = $3, absorbed = $4 WHERE id = $1`, r.ID, s.OwnerDebt, s.FeeWaived, s.Absorbed)
	if err != nil {
		return fmt.Errorf("note who pays for refund %s: %w", r.ID, err)
	}
	return nil
}

// feeRefunds pairs Stripe's fee refunds, which name no refund, with the refunds
// that they came with: made at the same time, and of the size that goes with
// the refund's, or else all that was left of the fee. Those of which we know
// that a part of the fee was asked for choose first. A refund too small for a
// part of the fee has none.
func feeRefunds(p Payment, look stripeapi.PaymentLook, known []Refund) map[string]int64 {
	pairs := map[string]int64{}
	if look.Fee == nil {
		return pairs
	}
	fees := slices.Clone(look.Fee.Refunds)
	slices.Reverse(fees) // Stripe lists the newest first
	slices.SortStableFunc(fees, func(a, b stripeapi.FeeRefund) int { return a.Created.Compare(b.Created) })
	used, others := make([]bool, len(fees)), feesOfOthers(p, look)
	for i, f := range fees {
		used[i] = others[f.ID]
	}
	pair := func(r stripeapi.Refund, rest bool) {
		left := p.FeeAmount
		for i, f := range fees {
			fits := (f.Amount-feeShare(p, r.Amount))/2 == 0 // a cent more or less: halves are Stripe's to round
			if rest {
				fits = f.Amount == left
			}
			if left -= f.Amount; fits && !used[i] && f.Created.Sub(r.Created).Abs() <= time.Minute {
				used[i], pairs[r.ID] = true, f.Amount
				return
			}
		}
	}
	for _, rest := range []bool{false, true} {
		for _, made := range []bool{true, false} {
			for _, r := range slices.Backward(look.Refunds) {
				ours, ok := find(known, r)
				ok = ok && ours.Cause != "stripe"
				_, has := pairs[r.ID]
				if !has && r.TransferReversalID != "" && ok == made && (!ok || ours.RefundApplicationFee) {
					pair(r, rest)
				}
			}
		}
	}
	return pairs
}
