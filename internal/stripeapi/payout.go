package stripeapi

import (
	"context"
	"maps"
	"slices"

	"hearth/internal/money"

	"github.com/stripe/stripe-go/v76"
)

// ForCollection is what requests that net a debt are for: a reversal of a
// transfer that belongs to no refund.
const ForCollection = "debt_collection"

// MetaCollection names the debt's collection in a reversal's metadata.
const MetaCollection = "collection_id"

// ForDebtReturn is what requests are for that give back what was netted of a
// debt that is owed no longer: a transfer.
const ForDebtReturn = "debt_return"

// MetaDebtReturn names the return in a transfer's metadata.
const MetaDebtReturn = "debt_return_id"

// Bank is where a payout goes, as far as it is anybody's business.
type Bank struct{ Name, Last4 string }

func bankOf(d *stripe.PayoutDestination) Bank {
	switch {
	case d == nil:
		return Bank{}
	case d.BankAccount != nil:
		return Bank{Name: d.BankAccount.BankName, Last4: d.BankAccount.Last4}
	case d.Card != nil:
		return Bank{Name: string(d.Card.Brand), Last4: d.Card.Last4}
	}
	return Bank{}
}

// PayoutRow is a balance transaction that an automatic payout carried.
type PayoutRow struct {
	BalanceTransaction
	PaymentID string // py_… that it is, or gives back a part of; "" for none
}

// PayoutRows lists what an automatic payout carried; Stripe keeps no such list
// of a manual one. The payout's own row is left out.
func (c *Client) PayoutRows(ctx context.Context, account, payout string) ([]PayoutRow, error) {
	query := expand("data.source")
	query.Set("payout", payout)
	all, err := fetchAll(ctx, c, "/v1/balance_transactions", account, query, payoutRow)
	return keep(all, func(r PayoutRow) bool { return r.SourceID != payout || r.Type != "payout" }), err
}

func payoutRow(b *stripe.BalanceTransaction) PayoutRow {
	out := PayoutRow{BalanceTransaction: balanceTransaction(b)}
	if s := b.Source; s != nil {
		switch {
		case s.Charge != nil:
			out.PaymentID = s.Charge.ID
		case s.Refund != nil && s.Refund.Charge != nil:
			out.PaymentID = s.Refund.Charge.ID
		}
	}
	return out
}

// Currencies are those that an account holds anything in, or was asked about,
// in order.
func (b Balance) Currencies() []money.Currency {
	all := slices.Collect(maps.Keys(b.Available))
	all = slices.AppendSeq(all, maps.Keys(b.Pending))
	slices.Sort(all)
	return slices.Compact(all)
}
