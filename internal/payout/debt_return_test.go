package payout_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/payment"
	"hearth/internal/payout"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"
)

// overpaid is an owner who came to owe the whole of a disputed stay, had it
// netted out of the next, and then the dispute was won.
func (w *town) overpaid(c money.Currency) (next booking.Booking) {
	w.T.Helper()
	w.Checkout.Currency = c
	home := func(owner user.ID, price, inDays int) booking.Booking {
		return w.Confirmed(w.tenant, factory.Home(w.T, w.DB, owner, map[string]any{"currency": string(c), "nightly_price": price, "cleaning_fee": 0}), inDays, 2)
	}
	home(w.Owner("Ossi").ID, 1000000, 90) // the platform has money of its own
	first := home(w.owner.ID, 24000, 3)
	w.Advance(6 * day)
	w.released()
	dispute := fmt.Sprint(w.Control("charges/"+w.Payment(first).ChargeID+"/dispute", nil)["id"])
	w.Settle()
	admin := booking.Admin(factory.Person(w.T, w.DB, "Ada", user.Admin).ID, "192.0.2.9")
	if err := w.Checkout.RecoverDispute(w.T.Context(), admin, dispute, money.New(48000, c), "The owner let us down"); err != nil {
		w.T.Fatal(err)
	}
	next = home(w.owner.ID, 60000, 4)
	w.Advance(7 * day)
	if run := w.released(); run.Netted != 1 || run.GivenBack != 0 {
		w.T.Fatalf("run: %+v", run)
	}
	w.Control("disputes/"+dispute+"/resolve", map[string]any{"outcome": "won"})
	w.Settle()
	if over, err := ledger.Balance(w.T.Context(), w.DB, ledger.Debt(w.acct()), c); err != nil || over.Minor != share {
		w.T.Fatalf("the owner has paid %d too much, %v", over.Minor, err)
	}
	return next
}

// even holds the books against Stripe in a currency, the owner's and ours, and
// that nobody owes anybody anything.
func (w *town) even(c money.Currency) {
	w.T.Helper()
	for account, holds := range map[string]string{"": "^(escrow|revenue|debt:.*)$", w.acct(): "^owner:" + w.acct() + "$"} {
		var ours int64
		if err := w.DB.QueryRow(w.T.Context(), `SELECT coalesce(sum(CASE WHEN destination ~ $1 THEN amount ELSE 0 END - CASE WHEN source ~ $1 THEN amount ELSE 0 END), 0)::bigint
			FROM ledger_postings WHERE currency = $2`, holds, c).Scan(&ours); err != nil {
			w.T.Fatal(err)
		}
		theirs, err := w.Stripe.Balance(w.T.Context(), account)
		if err != nil {
			w.T.Fatal(err)
		}
		if at := theirs.Available[c] + theirs.Pending[c]; at != ours {
			w.T.Errorf("account %q has %d in the books, %d at Stripe", account, ours, at)
		}
	}
	for _, account := range []string{ledger.Escrow, ledger.Debt(w.acct())} {
		if b, err := ledger.Balance(w.T.Context(), w.DB, account, c); err != nil || b.Minor != 0 {
			w.T.Errorf("%d is left in %s, %v", b.Minor, account, err)
		}
	}
}

// What was netted of a debt that a win lifts goes back to the stay that it was
// taken from, once, and is paid out with it.
func TestWhatWasNettedGoesBackAfterAWin(t *testing.T) {
	for _, c := range []money.Currency{"usd", "jpy", "kwd"} {
		t.Run(string(c), func(t *testing.T) {
			t.Parallel()
			w := start(t)
			next := w.overpaid(c)
			done := make(chan error)
			for range 3 {
				go func() {
					_, err := w.Payout.ReleaseDue(t.Context(), w.Now())
					done <- err
				}()
			}
			for range 3 {
				if err := <-done; err != nil {
					t.Log(err) // a rival
				}
			}
			w.Settle()
			w.even(c)
			w.released()
			if s := w.stay(next); s.Standing(w.Now(), 1) != payout.Released || s.CarriedAmount != 105600 || s.NettedAmount != 0 {
				t.Errorf("the stay that it was netted from: %+v", s)
			}
			if again := w.released(); again != (payout.Run{}) || w.count(`SELECT count(*) FROM debt_returns`) != 1 {
				t.Errorf("once more: %+v, %d returns", again, w.count(`SELECT count(*) FROM debt_returns`))
			}
			w.even(c)
			for _, d := range w.debtors() {
				if d.StripeAccount == w.acct() && (d.Owed.Minor != 0 || d.Netted.Minor != 0) {
					t.Errorf("the owner owes %s, and %s is netted", d.Owed.Format(), d.Netted.Format())
				}
			}
			for _, b := range w.statement(w.Now()).Books {
				adds(t, b)
			}
			w.Audit()
		})
	}
}

func (w *town) debtors() []payout.Debtor {
	w.T.Helper()
	all, err := payout.Debtors(w.T.Context(), w.DB, false, "")
	if err != nil {
		w.T.Fatal(err)
	}
	return all
}

// Whatever becomes of the answer, Stripe transfers it once, and where it kept its
// own failure it is asked again.
func TestGivingBackWhatWasNettedHappensOnce(t *testing.T) {
	for _, kind := range []string{"reset", "500_after", "500", "forgotten"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			next := w.overpaid("usd")
			w.Control("webhooks", map[string]any{"mode": "drop"})
			fault := kind
			if kind == "forgotten" {
				fault = "reset"
			}
			w.spoil("POST /v1/transfers", fault)
			if _, err := w.Payout.ReleaseDue(t.Context(), w.Now()); err == nil {
				t.Fatalf("with a %s the run knew how it ended", kind)
			}
			if kind == "forgotten" {
				w.Advance(25 * time.Hour)
			}
			for range 3 {
				_, _ = w.Payout.ReleaseDue(t.Context(), w.Now()) // the trouble may not be over
				w.Settle()
				w.Advance(13 * time.Hour)
			}
			if n := w.count(`SELECT count(*) FROM transfers t JOIN debt_returns d ON d.transfer_id = t.id AND d.status = 'made'`); n != 1 {
				t.Errorf("%d transfers", n)
			}
			theirs, err := w.Stripe.TransfersOf(t.Context(), w.Payment(next).IntentID())
			if err != nil || len(theirs) != 2 || theirs[0].Amount != share {
				t.Errorf("at Stripe: %+v, %v", theirs, err)
			}
			if s := w.stay(next); s.Standing(w.Now(), 1) != payout.Released || s.CarriedAmount != 105600 {
				t.Errorf("the stay: %+v", s)
			}
			w.even("usd")
		})
	}
}

// While our own balance is short, or Stripe refuses, a person knows; it is given
// back by itself as soon as it can be.
func TestGivingBackWhatWasNettedWaits(t *testing.T) {
	for name, hinder := range map[string]func(w *town) (asked int){
		"for our balance": func(w *town) int {
			balance, err := w.Stripe.Balance(w.T.Context(), "")
			if err != nil {
				w.T.Fatal(err)
			}
			w.AtStripe("/v1/payouts", "", url.Values{"amount": {fmt.Sprint(balance.Available["usd"])}, "currency": {"usd"}})
			return 0
		},
		"for the account": func(w *town) int {
			w.Control("accounts/"+w.acct()+"/onboard", map[string]any{"outcome": "restricted"})
			return 1
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			next := w.overpaid("usd")
			asked := hinder(w)
			for range 2 {
				if run := w.released(); run.GivenBack != 0 {
					t.Fatalf("run: %+v", run)
				}
			}
			tasks := func() int {
				return w.count(`SELECT count(*) FROM tasks WHERE kind = 'debt_not_returned' AND closed_at IS NULL`)
			}
			if n := w.count(`SELECT count(*) FROM stripe_requests WHERE purpose = 'debt_return'`); tasks() != 1 || n != asked {
				t.Errorf("%d tasks, %d requests", tasks(), n)
			}
			w.Control("accounts/"+w.acct()+"/onboard", map[string]any{"outcome": "active"})
			w.AtStripe("/v1/topups", "", url.Values{"amount": {"2000000"}, "currency": {"usd"}, "description": {"A float"}})
			w.Advance(8 * day)
			w.Settle()
			for range 2 {
				w.released()
			}
			if s := w.stay(next); s.Standing(w.Now(), 1) != payout.Released || s.CarriedAmount != 105600 || tasks() != 0 {
				t.Errorf("the stay: %+v; %d tasks", s, tasks())
			}
		})
	}
}

// A refund that comes back takes its debt away, too, whatever was netted of it.
func TestWhatWasNettedGoesBackAfterARefundThatFailed(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.Confirmed(w.tenant, factory.Home(t, w.DB, w.Owner("Ossi").ID, map[string]any{"nightly_price": 100000}), 90, 20)
	first := w.Held(w.tenant, w.home, 2, 2)
	w.Pay(first, "4000000000005126")
	w.Settle()
	w.Advance(5 * day)
	w.released()
	if _, err := w.Checkout.Refund(t.Context(), booking.Owner(w.owner.ID), first.ID, money.New(10000, "usd"), "The roof leaks"); err != nil {
		t.Fatal(err)
	}
	second := w.paid(3)
	w.Control("webhooks", map[string]any{"mode": "drop"})
	if r := w.Refunds(first)[0]; r.OwnerDebt != 8800 {
		t.Fatalf("refund: %+v", r)
	}
	w.Advance(6 * day)
	if run := w.released(); run.Netted != 1 {
		t.Fatalf("run: %+v", run)
	}
	w.Control("webhooks", map[string]any{"mode": "deliver"})
	if _, err := w.Reconcile.SweepAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Settle()
	if r := w.Refunds(first)[0]; r.Status != "failed" || payment.Remaining(w.Payment(first), w.Refunds(first)).Minor != 48000 {
		t.Fatalf("refund: %+v", r)
	}
	w.released()
	w.released()
	if s, debt := w.stay(second), w.balance(ledger.Debt(w.acct())); debt != 0 || s.CarriedAmount != share || s.NettedAmount != 0 {
		t.Errorf("%d is owed, and the stay: %+v", debt, s)
	}
}
