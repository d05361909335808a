package reconcile

import (
	"strings"

	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/stripeapi"
)

// leg is a part of a row's net, and the ledger's reference that has to move it.
type leg struct {
	ref    string
	amount int64
}

// waiting begins a reference that Stripe could not name yet, as a fee that is
// made a little later: reading the row again may name it.
const waiting = "waiting:"

// collection is Stripe's taking of our money for an owner's negative balance.
// It names nobody on our side: see [Service.pairCollections].
const collection = "connect_collection_transfer"

// legsOf names what the ledger has to show for a row of an account's balance;
// account "" is ours. The legs sum to the row's net.
func legsOf(account string, r stripeapi.BookRow) []leg {
	stripes := leg{"stripe_fee:" + r.ID, -(r.Fee - r.ApplicationFee)}
	gross := func(ref string) []leg { return kept(leg{ref, r.Amount}, stripes, leg{feeOf(r), -r.ApplicationFee}) }
	switch {
	case strings.HasPrefix(r.SourceID, "dp_"), strings.HasPrefix(r.SourceID, "du_"):
		return kept(leg{"dispute:" + r.ID, r.Net})
	case ownRow(account, r) != nil:
		return kept(leg{ownRef(r), r.Net})
	}
	switch r.Type {
	case "charge", "payment":
		if account != "" && r.Source.Transfer != "" {
			return gross("transfer:" + r.Source.Transfer)
		}
		return gross("charge:" + r.SourceID)
	case "refund", "payment_refund":
		if account != "" && r.Source.Reversal != "" {
			return gross("reversal:" + r.Source.Reversal)
		}
		return gross("refund:" + r.SourceID)
	case "refund_failure", "payment_failure_refund":
		return gross("refund_failure:" + r.SourceID)
	case "transfer":
		return gross("transfer:" + r.SourceID)
	case "transfer_refund":
		return gross(named("reversal:", r.Source.Reversal, r.SourceID))
	case "application_fee":
		return gross("fee:" + r.SourceID)
	case "application_fee_refund":
		return gross(named("fee_refund:", r.Source.FeeRefund, r.SourceID))
	case "payout": // a fee of its own, as for an instant one, is not the payout's
		return kept(leg{"payout:" + r.SourceID, r.Amount}, leg{ownRef(r), -r.Fee})
	case "payout_failure", "payout_cancel":
		return kept(leg{"payout_return:" + r.SourceID, r.Amount}, leg{ownRef(r), -r.Fee})
	case collection:
		return kept(leg{waiting + r.ID, r.Net})
	}
	if account != "" && r.Source.Fee != "" { // our fee, or what came back of it, as a row of its own
		return kept(leg{feeOf(r), r.Net})
	}
	return kept(leg{ownRef(r), r.Net})
}

func feeOf(r stripeapi.BookRow) string { return named("fee:", r.Source.Fee, r.SourceID) }

func named(kind, id, source string) string {
	if id == "" {
		return waiting + kind + source
	}
	return kind + id
}

func ownRef(r stripeapi.BookRow) string { return "txn:" + r.ID }

func kept(legs ...leg) []leg {
	var out []leg
	for _, l := range legs {
		if l.amount != 0 {
			out = append(out, l)
		}
	}
	return out
}

// ownRow is the transaction of a row that belongs to no payment: a balance's
// own coming and going, which nobody else books. It is nil for every other row.
func ownRow(account string, r stripeapi.BookRow) []ledger.Posting {
	held, bank := ledger.Revenue, ledger.PlatformBank
	if account != "" {
		held, bank = ledger.Owner(account), ledger.Bank(account)
	}
	posting := func(from string, minor int64) ledger.Posting {
		return ledger.Posting{From: from, To: held, Amount: money.New(minor, r.Currency)}
	}
	fee := posting(ledger.StripeFees, -r.Fee)
	switch {
	case r.Type == "payout", r.Type == "payout_failure", r.Type == "payout_cancel":
		if account == "" {
			return []ledger.Posting{posting(bank, r.Amount), fee}
		}
		return nil // payout books it
	case strings.HasPrefix(r.Type, "topup"):
		return []ledger.Posting{posting(bank, r.Amount), fee}
	case strings.HasPrefix(r.Type, "reserve"):
		return []ledger.Posting{posting(ledger.Reserve, r.Amount), fee}
	case r.Type == "stripe_fee", r.Type == "stripe_fx_fee", r.Type == "tax_fee":
		return []ledger.Posting{posting(ledger.StripeFees, r.Net)}
	}
	return nil
}

// ownFee is the fee of an owner's payout, which payout does not book.
func ownFee(account string, r stripeapi.BookRow) []ledger.Posting {
	if account == "" || r.Fee == 0 || !strings.HasPrefix(r.Type, "payout") {
		return nil
	}
	return []ledger.Posting{{From: ledger.Owner(account), To: ledger.StripeFees, Amount: money.New(r.Fee, r.Currency)}}
}
