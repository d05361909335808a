package ledger_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/testkit/pgtest"

	"github.com/jackc/pgx/v5/pgconn"
)

func usd(minor int64) money.Amount { return money.New(minor, "usd") }

func TestPostOnce(t *testing.T) {
	tx := pgtest.Tx(t)
	post := ledger.Transaction{Reference: "charge:ch_1", Kind: "charge", At: time.Now(), Postings: []ledger.Posting{
		{From: ledger.Tenant, To: ledger.Escrow, Amount: usd(120000)},
		{From: ledger.Escrow, To: ledger.Owner("acct_1"), Amount: usd(120000)},
		{From: ledger.Revenue, To: ledger.Owner("acct_1"), Amount: usd(-14400)}, // the other way round
		{From: ledger.Revenue, To: ledger.StripeFees, Amount: usd(0)},           // nothing
	}}
	for i := range 2 {
		if posted, err := ledger.Post(t.Context(), tx, post); err != nil || posted != (i == 0) {
			t.Fatalf("post %d: %v, %v", i+1, posted, err)
		}
	}
	for account, want := range map[string]int64{ledger.Tenant: -120000, ledger.Escrow: 0, ledger.Owner("acct_1"): 105600, ledger.Revenue: 14400, ledger.StripeFees: 0} {
		if got, err := ledger.Balance(t.Context(), tx, account, "usd"); err != nil || got.Minor != want {
			t.Errorf("%s: %v, %v, want %d", account, got, err, want)
		}
	}
}

func TestTheBooksAreNeverRewritten(t *testing.T) {
	tx := pgtest.Tx(t)
	if _, err := ledger.Post(t.Context(), tx, ledger.Transaction{Reference: "x", Kind: "x", At: time.Now(),
		Postings: []ledger.Posting{{From: ledger.Tenant, To: ledger.Escrow, Amount: usd(1)}}}); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{`UPDATE ledger_postings SET amount = 2`, `DELETE FROM ledger_postings`, `TRUNCATE ledger_postings`,
		`UPDATE ledger_transactions SET kind = 'y'`, `DELETE FROM ledger_transactions`, `TRUNCATE ledger_transactions CASCADE`} {
		nested, err := tx.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var refused *pgconn.PgError
		if _, err := nested.Exec(t.Context(), sql); !errors.As(err, &refused) || !strings.HasSuffix(refused.Message, "is append-only") {
			t.Errorf("%s: %v", sql, err)
		}
		if err := nested.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
