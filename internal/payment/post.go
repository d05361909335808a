package payment

import (
	"context"
	"time"

	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
)

// purse is the balance at Stripe that a charge itself is in: what it takes,
// refunds and loses to a dispute moves money, what Stripe keeps is its cost.
// Money that is in our balance is the tenants' until it is transferred; the
// costs are ours. A direct charge is all in the account's own balance.
type purse struct{ money, cost string }

func purseOf(account string) purse {
	if account == "" {
		return purse{ledger.Escrow, ledger.Revenue}
	}
	return purse{ledger.Owner(account), ledger.Owner(account)}
}

// Post writes what Stripe moved for the payment, each movement once. It asks
// for no charge type: a destination charge has a transfer and perhaps a fee, a
// direct one an account and a fee, a separate one transfers of its own, and
// what there is moved what it says.
func Post(ctx context.Context, tx pgx.Tx, p Payment, look stripeapi.PaymentLook) error {
	for _, t := range movements(p, look) {
		if _, err := ledger.Post(ctx, tx, t); err != nil {
			return err
		}
	}
	return nil
}

// movements are the transactions of a look, in the order in which money can
// have moved.
func movements(p Payment, look stripeapi.PaymentLook) (all []ledger.Transaction) {
	in, charge := purseOf(look.Account), succeeded(look.Charges)
	add := func(kind, object, memo string, at time.Time, postings ...ledger.Posting) {
		all = append(all, ledger.Transaction{Reference: kind + ":" + object, Kind: kind, BookingID: p.BookingID,
			ObjectID: object, Memo: memo, At: at, Postings: postings})
	}
	if c := charge; c != nil {
		add("charge", c.ID, "Paid by the tenant", c.Created, ledger.Posting{From: ledger.Tenant, To: in.money, Amount: p.Money(c.AmountCaptured)})
		if c.BalanceTransactionID != "" {
			add("stripe_fee", c.BalanceTransactionID, "Stripe's fee", c.Created, ledger.Posting{From: in.cost, To: ledger.StripeFees, Amount: p.Money(c.StripeFee)})
		}
	}
	for _, t := range transfers(look) {
		owner := ledger.Owner(t.Destination)
		add("transfer", t.ID, "Transferred to the owner", t.Created, ledger.Posting{From: ledger.Escrow, To: owner, Amount: p.Money(t.Amount)},
			ledger.Posting{From: ledger.Escrow, To: ledger.Revenue, Amount: p.Money(kept(look, charge, t))})
		for _, r := range t.Reversals {
			add("reversal", r.ID, "Taken back from the owner", r.Created, ledger.Posting{From: owner, To: ledger.Escrow, Amount: p.Money(r.Amount)},
				ledger.Posting{From: ledger.Revenue, To: ledger.Escrow, Amount: p.Money(givenUp(look, charge, t, r))})
		}
	}
	if f := look.Fee; f != nil {
		payer := feePayer(look)
		add("fee", f.ID, "Our fee", f.Created, ledger.Posting{From: payer, To: ledger.Revenue, Amount: p.Money(f.Amount)})
		for _, r := range f.Refunds {
			add("fee_refund", r.ID, "Our fee given back", r.Created, ledger.Posting{From: ledger.Revenue, To: payer, Amount: p.Money(r.Amount)})
		}
	}
	for _, r := range look.Refunds {
		if r.BalanceTransactionID != "" {
			add("refund", r.ID, "Refunded to the tenant", r.Created, ledger.Posting{From: in.money, To: ledger.Tenant, Amount: p.Money(r.Amount)})
		}
		if r.FailureBalanceTransactionID != "" {
			add("refund_failure", r.ID, "The refund came back", look.At, ledger.Posting{From: ledger.Tenant, To: in.money, Amount: p.Money(r.Amount)})
		}
	}
	return all
}

// transfers are all that the look found: the charge's own, then the others.
func transfers(look stripeapi.PaymentLook) []stripeapi.Transfer {
	if look.Transfer == nil {
		return look.Transfers
	}
	return append([]stripeapi.Transfer{*look.Transfer}, look.Transfers...)
}

// feePayer is the account that an application fee came from.
func feePayer(look stripeapi.PaymentLook) string {
	if look.Account == "" && look.Transfer != nil {
		return ledger.Owner(look.Transfer.Destination)
	}
	return ledger.Owner(look.Account)
}

// kept is what a charge that transfers less than it took leaves with us: our
// part, where no application fee brings it. What separate transfers leave is
// nobody's yet, as another may follow.
func kept(look stripeapi.PaymentLook, c *stripeapi.Charge, t stripeapi.Transfer) int64 {
	if c == nil || look.Transfer == nil || t.ID != look.Transfer.ID {
		return 0
	}
	return c.AmountCaptured - t.Amount
}

// givenUp is the part of what we kept that goes back with a reversal: to the
// tenant with their refund, to the cent.
func givenUp(look stripeapi.PaymentLook, c *stripeapi.Charge, t stripeapi.Transfer, r stripeapi.Reversal) int64 {
	ours := kept(look, c, t)
	if ours == 0 {
		return 0
	}
	for _, refund := range look.Refunds {
		if refund.ID == r.SourceRefundID {
			return refund.Amount - r.Amount
		}
	}
	return money.Proportion(ours, r.Amount, t.Amount)
}

// PostDispute books a row of a dispute: what the bank took or gave back, and
// Stripe's fee for it, which some prices give back, too.
func PostDispute(ctx context.Context, tx pgx.Tx, p Payment, d stripeapi.Dispute, t stripeapi.BalanceTransaction) error {
	in, memo := purseOf(d.Account), "Withdrawn by the tenant's bank"
	if t.Amount > 0 {
		memo = "Given back by the tenant's bank"
	}
	_, err := ledger.Post(ctx, tx, ledger.Transaction{Reference: "dispute:" + t.ID, Kind: "dispute", BookingID: p.BookingID, ObjectID: d.ID, Memo: memo, At: t.Created,
		Postings: []ledger.Posting{
			{From: ledger.Disputes, To: in.money, Amount: p.Money(t.Amount)},
			{From: in.cost, To: ledger.StripeFees, Amount: p.Money(t.Fee)},
		}})
	return err
}
