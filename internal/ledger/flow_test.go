package ledger_test

import (
	"testing"
	"time"

	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/testkit/pgtest"
)

func TestAFlowIsWhatASpanOfTimeMoved(t *testing.T) {
	tx := pgtest.Tx(t)
	from := time.Date(2027, 5, 1, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(0, 1, 0)
	owner := ledger.Owner("acct_1")
	for i, m := range []struct {
		kind     string
		at       time.Time
		from, to string
		amount   money.Amount
	}{
		{"charge", from, ledger.Tenant, ledger.Escrow, usd(10000)},
		{"charge", to.Add(-time.Second), ledger.Tenant, ledger.Escrow, usd(5000)},
		{"charge", to, ledger.Tenant, ledger.Escrow, usd(77)},                     // the next month's
		{"charge", from.Add(-time.Second), ledger.Tenant, ledger.Escrow, usd(88)}, // the month before
		{"charge", from, ledger.Tenant, ledger.Escrow, money.New(99, "eur")},      // another currency
		{"stripe_fee", from, ledger.Revenue, ledger.StripeFees, usd(320)},
		{"dispute", from, ledger.Revenue, ledger.StripeFees, usd(1500)}, // its fee
		{"fee", from, owner, ledger.Revenue, usd(1200)},
		{"fee_refund", from, ledger.Revenue, owner, usd(200)},
		{"refund", from, ledger.Escrow, ledger.Tenant, usd(3000)},
		{"refund", from, ledger.Escrow, ledger.Tenant, usd(400)},
		{"refund_failure", from, ledger.Tenant, ledger.Escrow, usd(400)},
	} {
		if posted, err := ledger.Post(t.Context(), tx, ledger.Transaction{Reference: m.kind + string(rune('a'+i)), Kind: m.kind, At: m.at,
			Postings: []ledger.Posting{{From: m.from, To: m.to, Amount: m.amount}}}); err != nil || !posted {
			t.Fatalf("%s: %v, %v", m.kind, posted, err)
		}
	}
	flow, err := ledger.FlowOf(t.Context(), tx, from, to, "usd")
	want := ledger.Flow{Taken: usd(15000), Payments: 2, Refunded: usd(3000), Fees: usd(1000), StripeFees: usd(1820)}
	if err != nil || flow != want {
		t.Errorf("%+v, %v", flow, err)
	}
}
