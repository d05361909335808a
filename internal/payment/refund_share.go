package payment

import (
	"context"
	"fmt"
	"slices"

	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/postgres"
)

// Shares is who pays for a refund, in minor units. Reversed, FromEscrow,
// OwnerDebt, FeeWaived and Absorbed sum to the refund's amount: each cent of
// the tenant's comes from somewhere. The preview shows what the rule says, the
// ledger gets what the same rule makes of Stripe's figures.
type Shares struct {
	Amount      int64 // to the tenant
	Reversed    int64 // taken back from the owner's balance at Stripe
	FeeRefunded int64 // of our fee, given back to the owner there
	FromEscrow  int64 // came back of an earlier refund; below zero: stays with us until the next
	OwnerDebt   int64 // owed by the owner; below zero: no longer owed
	FeeWaived   int64 // of our fee, given up beside Stripe; below zero: ours again
	Absorbed    int64 // paid by us; below zero: brought back to us
}

// Moves is what the shares do to the ledger's accounts. It sums to zero.
func (s Shares) Moves(destination string) map[string]int64 {
	return map[string]int64{
		ledger.Tenant:             s.Amount,
		ledger.Owner(destination): s.FeeRefunded - s.Reversed,
		ledger.Debt(destination):  -s.OwnerDebt,
		ledger.Revenue:            -s.FeeRefunded - s.FeeWaived - s.Absorbed,
		ledger.Escrow:             -s.FromEscrow,
	}
}

// Owner is what the owner loses, at once and later.
func (s Shares) Owner() int64 { return s.Reversed - s.FeeRefunded + s.OwnerDebt }

// Ours is what we lose.
func (s Shares) Ours() int64 { return s.FeeRefunded + s.FeeWaived + s.Absorbed }

// Plus adds two refunds up.
func (s Shares) Plus(o Shares) Shares {
	return Shares{s.Amount + o.Amount, s.Reversed + o.Reversed, s.FeeRefunded + o.FeeRefunded, s.FromEscrow + o.FromEscrow,
		s.OwnerDebt + o.OwnerDebt, s.FeeWaived + o.FeeWaived, s.Absorbed + o.Absorbed}
}

// Stand is how much of a payment there is to refund, and from where.
type Stand struct {
	Amount, Fee int64 // of the payment
	Left        int64 // received, and not refunded
	Transfer    int64 // with the owner, of what was transferred
	FeeLeft     int64 // our fee, less what was given back at Stripe
	Escrow      int64 // what came back and no refund claims
	Keeps       int64 // the owner's of this stay, debts taken off
	// What earlier refunds that left the transfer alone cost whom.
	OwnerDebt, FeeWaived, Absorbed int64
	Owed                           int64 // by the owner to us, for whatever
}

// Shares is the rule. With reverse the transfer and our fee give back their
// part of the amount, rounded to the nearest cent; the refund that completes
// the payment takes whatever is left of both. That is Stripe's doing; the rest
// is [Stand.cover].
func (s Stand) Shares(amount int64, reverse bool) Shares {
	var reversed, fee int64
	switch {
	case reverse && amount == s.Left:
		reversed, fee = s.Transfer, s.FeeLeft
	case reverse:
		reversed = min(s.Transfer, amount)
		fee = min(s.FeeLeft, money.Proportion(s.Fee, amount, s.Amount))
	}
	return s.cover(amount, reversed, fee, true)
}

// cover says who pays what Stripe did not take back: first what an earlier
// refund left in escrow; then, for a refund of ours, the owner, who owes it
// less our fee on it, and for one made outside Hearth, we. When there is more
// than enough, as the last refund after one that left the transfer alone finds,
// it undoes what that one cost.
func (s Stand) cover(amount, reversed, fee int64, ours bool) Shares {
	out := Shares{Amount: amount, Reversed: reversed, FeeRefunded: fee}
	rest := amount - reversed - max(0, s.Escrow)
	switch {
	case rest < 0 && (reversed > amount || amount == s.Left):
		over := -rest
		out.Absorbed = -take(over, s.Absorbed)
		out.FeeWaived = -take(over+out.Absorbed, s.FeeWaived)
		out.OwnerDebt = -take(over+out.Absorbed+out.FeeWaived, min(s.OwnerDebt, s.Owed))
	case rest > 0 && !ours:
		out.Absorbed = rest
	case rest > 0:
		waivable := max(0, s.FeeLeft-fee-s.FeeWaived-money.Proportion(s.Fee, s.Absorbed, s.Amount))
		if out.FeeWaived = take(money.Proportion(s.Fee, rest, s.Amount), waivable); amount == s.Left {
			out.FeeWaived = take(rest, waivable)
		}
		out.OwnerDebt = rest - out.FeeWaived
	}
	out.FromEscrow = amount - reversed - out.Absorbed - out.FeeWaived - out.OwnerDebt
	return out
}

func take(wanted, there int64) int64 { return max(0, min(wanted, there)) }

// after is the stand once the shares have moved.
func (s Stand) after(moved Shares) Stand {
	s.Left -= moved.Amount
	s.Transfer -= moved.Reversed
	s.FeeLeft -= moved.FeeRefunded
	s.Escrow -= moved.FromEscrow
	s.OwnerDebt += moved.OwnerDebt
	s.FeeWaived += moved.FeeWaived
	s.Absorbed += moved.Absorbed
	s.Owed += moved.OwnerDebt
	s.Keeps -= moved.Owner()
	return s
}

// Part is one refund of a plan.
type Part struct {
	Amount  int64
	Reverse bool // take transfer and fee back with it
}

// Parts plans a refund. Usually it is one, with transfer and fee. What an
// earlier refund left in escrow goes out first and takes nothing from the owner
// again: as a refund of its own, for Stripe knows only all or nothing. The
// transfer is left alone, too, where less of it is left than Stripe would take,
// as after a debt was netted off it, and where the last refund would take more
// than it needs: what the owner owed was paid in another way since.
func (s Stand) Parts(amount int64) []Part {
	if amount > s.Escrow && amount < s.Left && s.Escrow > 0 && s.Transfer > 0 {
		return []Part{{s.Escrow, false}, {amount - s.Escrow, amount-s.Escrow <= s.Transfer}}
	}
	reverse := amount > s.Escrow && s.Transfer > 0
	if amount == s.Left {
		return []Part{{amount, reverse && s.Shares(amount, true).FromEscrow >= 0}}
	}
	return []Part{{amount, reverse && amount <= s.Transfer}}
}

// Steps are what each part of a plan moves, and the stand after them; short
// says that Stripe will not take the owner's money.
func (s Stand) Steps(parts []Part, short bool) ([]Shares, Stand) {
	steps := make([]Shares, len(parts))
	for i, p := range parts {
		steps[i] = s.Shares(p.Amount, p.Reverse && !short)
		s = s.after(steps[i])
	}
	return steps, s
}

// StandOf reads the stand for the next refund: Stripe's figures as last seen,
// after the refunds that are asked for and not answered.
func StandOf(ctx context.Context, q postgres.Querier, p Payment, refunds []Refund) (Stand, error) {
	lines, err := ledger.OfBooking(ctx, q, p.BookingID)
	if err != nil {
		return Stand{}, fmt.Errorf("read the books of payment %s: %w", p.ID, err)
	}
	s, err := standing(ctx, q, p, lines)
	if err != nil {
		return s, err
	}
	for _, r := range refunds {
		if r.Status == "requested" {
			continue
		}
		s.OwnerDebt, s.FeeWaived, s.Absorbed = s.OwnerDebt+r.OwnerDebt, s.FeeWaived+r.FeeWaived, s.Absorbed+r.Absorbed
		if r.Dead() {
			continue
		}
		s.Left -= r.Amount
		if !slices.ContainsFunc(lines, func(l ledger.Line) bool { return l.Kind == "refund" && l.ObjectID == r.StripeID() }) {
			s.Escrow -= r.Amount // is there, and promised
		}
	}
	for _, r := range refunds {
		if r.Status == "requested" {
			s = s.after(s.Shares(r.Amount, r.ReverseTransfer))
		}
	}
	return s, nil
}

// standing is what transfer, fee, escrow and debt are at.
func standing(ctx context.Context, q postgres.Querier, p Payment, lines []ledger.Line) (Stand, error) {
	s := Stand{Amount: p.AmountReceived, Fee: p.FeeAmount, Left: p.AmountReceived, Transfer: p.AmountReceived, FeeLeft: p.FeeAmount}
	err := q.QueryRow(ctx, `SELECT coalesce((SELECT t.amount - t.amount_reversed FROM charges c JOIN transfers t ON t.id = c.transfer_id WHERE c.id = $1), $2)`,
		p.ChargeID, p.AmountReceived).Scan(&s.Transfer)
	if err != nil {
		return s, fmt.Errorf("read the transfer of payment %s: %w", p.ID, err)
	}
	var fee int64
	charged := false
	for _, l := range lines {
		into := func(account string) int64 {
			switch account {
			case l.Destination:
				return l.Amount
			case l.Source:
				return -l.Amount
			}
			return 0
		}
		s.Escrow += into(ledger.Escrow)
		if l.Kind != "payout" && l.Kind != "payout_return" {
			s.Keeps += into(ledger.Owner(p.Destination)) + into(ledger.Debt(p.Destination))
		}
		if l.Destination != ledger.StripeFees && l.Source != ledger.StripeFees && l.Kind != shareKind && l.Kind != liftKind {
			fee += into(ledger.Revenue)
		}
		charged = charged || l.Kind == "fee"
	}
	if charged { // else Stripe has not told of it yet
		s.FeeLeft = fee
	}
	debt, err := ledger.Balance(ctx, q, ledger.Debt(p.Destination), p.Currency)
	s.Owed = -debt.Minor
	return s, err
}
