package payout_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/payout"
	"hearth/internal/postgres"
	"hearth/internal/testkit/factory"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"
)

func (w *town) statement(month time.Time) payout.Statement {
	w.T.Helper()
	s, err := payout.StatementOf(w.T.Context(), w.DB, w.acct(), w.owner.Name, month)
	if err != nil {
		w.T.Fatal(err)
	}
	return s
}

// adds holds a book's own sums.
func adds(t interface{ Errorf(string, ...any) }, b payout.Book) {
	sum, debt := b.Opening, b.DebtOpening
	stays := b.Sum.Net().Minor
	for _, l := range b.Stays {
		sum, stays = sum.Add(l.Net()), stays-l.Net().Minor
	}
	for _, m := range b.Payouts {
		sum = sum.Add(m.Amount)
	}
	for _, m := range b.Debts {
		debt = debt.Add(m.Amount)
	}
	if sum != b.Closing || debt != b.DebtClosing || stays != 0 {
		t.Errorf("%s: the lines come to %s and %s, the end is %s and %s (%d)", b.Currency, sum.Format(), debt.Format(), b.Closing.Format(), b.DebtClosing.Format(), stays)
	}
}

// A life of some months: every statement's end is the next one's beginning, and
// the last is what the books and Stripe have.
func TestStatementsSumUp(t *testing.T) {
	t.Parallel()
	w := start(t)
	first := w.owes(48000)
	half := w.paid(3)
	w.Advance(20 * day)
	w.released()
	late := w.paid(4)
	w.Advance(20 * day)
	w.released()
	if _, err := w.Checkout.Refund(t.Context(), booking.Owner(w.owner.ID), w.paid(40).ID, money.New(16000, "usd"), "Cold"); err != nil {
		t.Fatal(err)
	}
	w.Settle()
	months, err := payout.Months(t.Context(), w.DB, w.acct())
	if err != nil || len(months) < 2 {
		t.Fatalf("months: %v, %v", months, err)
	}
	before, debt := int64(0), int64(0)
	all := map[string]payout.StayLine{}
	for i := len(months) - 1; i >= 0; i-- {
		s := w.statement(months[i])
		if len(s.Books) != 1 {
			t.Fatalf("%s: %+v", months[i], s)
		}
		b := s.Books[0]
		adds(t, b)
		if b.Opening.Minor != before || b.DebtOpening.Minor != debt {
			t.Errorf("%s begins with %s and %s", months[i], b.Opening.Format(), b.DebtOpening.Format())
		}
		before, debt = b.Closing.Minor, b.DebtClosing.Minor
		for _, l := range b.Stays {
			all[l.Code] = l
			if !l.Other.IsZero() || !l.Dispute.IsZero() {
				t.Errorf("%s has what nobody named: %+v", l.Code, l)
			}
		}
		if pdf, err := s.PDF(w.Now()); err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) {
			t.Errorf("the document: %v", err)
		}
	}
	theirs, err := w.Stripe.Balance(t.Context(), w.acct())
	if err != nil || before != theirs.Available["usd"]+theirs.Pending["usd"] || before != w.balance(ledger.Owner(w.acct())) {
		t.Errorf("the end is %d, at Stripe %+v, %v", before, theirs, err)
	}
	if debt != w.balance(ledger.Debt(w.acct())) || debt != 0 {
		t.Errorf("a debt of %d at the end", debt)
	}
	if l := all[half.Code]; l.Netted.Minor != -share {
		t.Errorf("the stay that paid the debt: %+v", l)
	}
	if l := all[late.Code]; l.Gross.Minor != 48000 || l.Fee.Minor != -5760 || l.Net().Minor != share {
		t.Errorf("a plain stay: %+v", l)
	}
	if all[first.Code].Code == "" {
		t.Error("the first stay is on no statement")
	}
}

// Any movements, in any currencies: the sums hold, and every amount has its
// currency's decimals.
func TestStatementsOfAnything(t *testing.T) {
	t.Parallel()
	w := start(t)
	acct, n := w.acct(), 0
	at := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(rt *rapid.T) {
		must := func(err error) {
			if err != nil {
				rt.Fatal(err)
			}
		}
		tx, err := w.DB.Begin(t.Context())
		must(err)
		defer tx.Rollback(t.Context()) //nolint:errcheck // nothing is kept
		sums := map[money.Currency]int64{}
		for range rapid.IntRange(1, 12).Draw(rt, "movements") {
			n++
			c := rapid.SampledFrom([]money.Currency{"usd", "jpy", "kwd"}).Draw(rt, "currency")
			kind := rapid.SampledFrom([]string{"transfer", "fee", "fee_refund", "reversal", "payout", "payout_return", "brand_new"}).Draw(rt, "kind")
			amount := rapid.Int64Range(-1_000_000, 1_000_000).Draw(rt, "amount")
			when := at.Add(time.Duration(rapid.Int64Range(-60*24, 60*24).Draw(rt, "hours")) * time.Hour)
			_, err := ledger.Post(t.Context(), tx, ledger.Transaction{Reference: kind + ":" + string(rune(0x4e00+n%20000)) + time.Duration(n).String(), Kind: kind, At: when,
				Postings: []ledger.Posting{{From: ledger.Escrow, To: ledger.Owner(acct), Amount: money.New(amount, c)}}})
			must(err)
			sums[c] += amount
		}
		months, err := payout.Months(t.Context(), tx, acct)
		must(err)
		last := map[money.Currency]int64{}
		for i := len(months) - 1; i >= 0; i-- {
			s, err := payout.StatementOf(t.Context(), tx, acct, "Olga", months[i])
			must(err)
			for _, b := range s.Books {
				adds(rt, b)
				if b.Opening.Minor != last[b.Currency] {
					rt.Errorf("%s begins with %s", months[i], b.Opening.Format())
				}
				last[b.Currency] = b.Closing.Minor
			}
		}
		for c, sum := range sums {
			if last[c] != sum {
				rt.Errorf("%s: %d, want %d", c, last[c], sum)
			}
		}
	})
}

func TestStatementsKnowDecimals(t *testing.T) {
	t.Parallel()
	w := start(t)
	if err := postgres.InTx(t.Context(), w.DB, func(tx pgx.Tx) error {
		for c, minor := range map[money.Currency]int64{"usd": 123456, "jpy": 123456, "kwd": 123456} {
			if _, err := ledger.Post(t.Context(), tx, ledger.Transaction{Reference: "transfer:" + string(c), Kind: "transfer", At: w.Now(),
				Postings: []ledger.Posting{{From: ledger.Escrow, To: ledger.Owner(w.acct()), Amount: money.New(minor, c)}}}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, row := range w.statement(w.Now()).CSV() {
		text += strings.Join(row, ",") + "\n"
	}
	for _, want := range []string{"USD,closing balance", "1234.56", "JPY,closing balance", ",123456,", "KWD,closing balance", "123.456"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

// Currencies without decimals, and with three, go all the way: paid out, owed,
// netted, and on the statement.
func TestCurrenciesWithOtherDecimals(t *testing.T) {
	for _, c := range []money.Currency{"jpy", "kwd"} {
		t.Run(string(c), func(t *testing.T) {
			t.Parallel()
			w := start(t)
			w.Checkout.Currency = c
			home := factory.Home(t, w.DB, w.owner.ID, map[string]any{"currency": string(c), "nightly_price": 24000, "cleaning_fee": 0})
			w.Confirmed(w.tenant, factory.Home(t, w.DB, w.Owner("Ossi").ID, map[string]any{"currency": string(c), "nightly_price": 100000}), 90, 20)
			first := w.Confirmed(w.tenant, home, 2, 2)
			w.Advance(5 * day)
			w.released()
			if _, err := w.Checkout.Refund(t.Context(), booking.Owner(w.owner.ID), first.ID, money.New(10000, c), "Cold"); err != nil {
				t.Fatal(err)
			}
			w.Settle()
			next := w.Confirmed(w.tenant, home, 3, 2)
			w.Advance(6 * day)
			if run := w.released(); run.Netted != 1 || run.Released != 1 {
				t.Fatalf("run: %+v", run)
			}
			if s := w.stay(next); s.NettedAmount != 8800 || s.CarriedAmount != share-8800 || s.Currency != c {
				t.Errorf("the stay: %+v", s)
			}
			for _, b := range w.statement(w.Now()).Books {
				adds(t, b)
			}
		})
	}
}
