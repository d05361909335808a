package payout_test

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/fault"
	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/payout"
	"hearth/internal/stripeapi"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"
)

// owes makes the owner owe so much, for a refund that found their balance short.
func (w *town) owes(minor int64) booking.Booking {
	w.T.Helper()
	// The fees of another owner's stay: a platform has money of its own.
	w.Confirmed(w.tenant, factory.Home(w.T, w.DB, w.Owner("Ossi").ID, map[string]any{"nightly_price": 100000}), 90, 20)
	b := w.paid(2)
	w.Advance(5 * day)
	w.released()
	if _, err := w.Checkout.Refund(w.T.Context(), booking.Owner(w.owner.ID), b.ID, money.New(minor, "usd"), "The roof leaks"); err != nil {
		w.T.Fatal(err)
	}
	w.Settle()
	if got := -w.balance(ledger.Debt(w.acct())); got != minor-minor*12/100 {
		w.T.Fatalf("a debt of %d", got)
	}
	return b
}

// square holds the books against Stripe: what the owner has, and nothing in
// between.
func (w *town) square() {
	w.T.Helper()
	theirs, err := w.Stripe.Balance(w.T.Context(), w.acct())
	if err != nil {
		w.T.Fatal(err)
	}
	if own := w.balance(ledger.Owner(w.acct())); own != theirs.Available["usd"]+theirs.Pending["usd"] {
		w.T.Errorf("the owner has %d by the books, %+v at Stripe", own, theirs)
	}
	if escrow := w.balance(ledger.Escrow); escrow != 0 {
		w.T.Errorf("%d is left in escrow", escrow)
	}
}

func (w *town) reversals(b booking.Booking) []stripeapi.Reversal {
	w.T.Helper()
	look, err := w.Stripe.LookAtPayment(w.T.Context(), "", w.Payment(b).IntentID())
	if err != nil {
		w.T.Fatal(err)
	}
	return look.Transfer.Reversals
}

func TestADebtIsNettedOutOfTheNextStays(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.owes(48000) // 422.40
	half := w.Confirmed(w.tenant, factory.Home(t, w.DB, w.owner.ID, map[string]any{"nightly_price": 10000, "cleaning_fee": 0}), 3, 2)
	next := w.paid(4)
	w.Advance(8 * day)
	run := w.released()
	if run.Netted != 2 || run.Released != 1 {
		t.Fatalf("run: %+v", run)
	}
	if w.balance(ledger.Debt(w.acct())) != 0 || w.balance(ledger.Owner(w.acct())) != 0 {
		t.Errorf("debt %d, owner %d", w.balance(ledger.Debt(w.acct())), w.balance(ledger.Owner(w.acct())))
	}
	w.square()
	if s := w.stay(half); s.Standing(w.Now(), 1) != payout.Nothing || s.LostAmount != 0 {
		t.Errorf("all of the small stay is netted: %s %+v", s.Standing(w.Now(), 1), s)
	}
	if s := w.stay(next); s.Standing(w.Now(), 1) != payout.Released || s.CarriedAmount != share-(share-17600) {
		t.Errorf("the rest of the next: %s %+v", s.Standing(w.Now(), 1), s)
	}
	if w.count(`SELECT count(*) FROM ledger_transactions WHERE kind = 'debt_repaid'`) != 2 || w.count(`SELECT count(*) FROM debt_collections WHERE status = 'made'`) != 2 {
		t.Error("the books or the rows tell another story")
	}
	if again := w.released(); again != (payout.Run{}) {
		t.Errorf("once more: %+v", again)
	}
}

// Whatever becomes of the answer, and however many runs there are, Stripe takes
// the money back once, and the owner is not paid out meanwhile.
func TestNettingHappensOnce(t *testing.T) {
	for _, kind := range []string{"reset", "reset_before", "500_after", "429", "500"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			w.owes(10000)
			b := w.paid(3)
			w.Advance(6 * day)
			w.spoil("POST /v1/transfers/{id}/reversals", kind)
			if _, err := w.Payout.ReleaseDue(t.Context(), w.Now()); err == nil {
				t.Fatalf("with a %s the run knew how it ended", kind)
			}
			if w.standing(b) == payout.Released {
				t.Error("paid out while the debt was being netted")
			}
			if kind == "500" { // kept under its key: nothing was made, and it is tried anew
				w.released()
				w.Advance(13 * time.Hour)
			}
			done := make(chan error)
			for range 3 {
				go func() {
					_, err := w.Payout.ReleaseDue(t.Context(), w.Now())
					done <- err
				}()
			}
			for range 3 {
				if err := <-done; err != nil {
					t.Log(err) // a rival, or the trouble is not over
				}
			}
			w.Settle()
			w.released()
			w.released()
			if got := w.reversals(b); len(got) != 1 || got[0].Amount != 8800 {
				t.Errorf("reversals: %+v", got)
			}
			if s := w.stay(b); s.Standing(w.Now(), 1) != payout.Released || s.CarriedAmount != share-8800 {
				t.Errorf("the stay: %s %+v", s.Standing(w.Now(), 1), s)
			}
			w.square()
		})
	}
}

// The answer of our POST is never heard, and no webhook comes: the look knows
// the reversal by its metadata.
func TestAReversalIsKnownByItsMetadata(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.owes(10000)
	b := w.paid(3)
	w.Advance(6 * day)
	w.Control("webhooks", map[string]any{"mode": "drop"})
	w.spoil("POST /v1/transfers/{id}/reversals", "reset")
	if _, err := w.Payout.ReleaseDue(t.Context(), w.Now()); err == nil {
		t.Fatal("the answer was lost")
	}
	w.Advance(25 * time.Hour) // the key is too old
	w.released()
	w.released()
	if got := w.reversals(b); len(got) != 1 || w.standing(b) != payout.Released {
		t.Errorf("reversals %+v, %s", got, w.standing(b))
	}
	w.square()
}

// Stripe knows a reason that we do not: the debt stays, the owner waits, an
// admin is told.
func TestARefusedCollectionIsATask(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.owes(10000)
	b := w.paid(3)
	w.paid(30) // its money is in the balance
	w.Advance(6 * day)
	w.Control("webhooks", map[string]any{"mode": "drop"})
	look, err := w.Stripe.LookAtPayment(t.Context(), "", w.Payment(b).IntentID())
	if err != nil {
		t.Fatal(err)
	}
	w.AtStripe("/v1/transfers/"+look.Transfer.ID+"/reversals", "", url.Values{"amount": {"48000"}}) // by somebody at Stripe's Dashboard
	if run := w.released(); run.Refused != 1 || run.Netted != 0 || run.Released != 0 {
		t.Fatalf("run: %+v", run)
	}
	if n := w.count(`SELECT count(*) FROM tasks WHERE kind = 'debt_not_netted' AND closed_at IS NULL`); n != 1 {
		t.Errorf("%d tasks", n)
	}
	if again := w.released(); again.Netted+again.Refused+again.Released != 0 {
		t.Errorf("at once again: %+v", again)
	}
}

// A refund that wants back more than a collection has left of the transfer
// takes what is left; the rest is a debt again.
func TestARefundOfAStayThatADebtWasNettedFrom(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.owes(10000)
	b := w.paid(3)
	w.Advance(6 * day)
	w.exec(`UPDATE connected_accounts SET payouts_enabled = false`) // netted, and not paid out
	if run := w.released(); run.Netted != 1 || run.Released != 0 {
		t.Fatalf("run: %+v", run)
	}
	if _, err := w.Checkout.Refund(t.Context(), booking.Owner(w.owner.ID), b.ID, b.Total(), "The roof leaks still"); err != nil {
		t.Fatal(err)
	}
	w.Settle()
	if r := w.Refunds(b)[0]; r.Status != "succeeded" || !r.ReverseTransfer || r.ReversedAmount != 48000-8800 || r.OwnerDebt != 8800 {
		t.Fatalf("refund: %+v", r)
	}
	w.square()
	w.released()
	if debt, own := w.balance(ledger.Debt(w.acct())), w.balance(ledger.Owner(w.acct())); debt != -8800 || own != 0 {
		t.Errorf("a debt of %d, and %d with the owner", debt, own)
	}
	w.square()
	// A part that is still there goes the usual way.
	other := w.paid(4)
	w.Advance(8 * day)
	w.released()
	if _, err := w.Checkout.Refund(t.Context(), booking.Owner(w.owner.ID), other.ID, money.New(10000, "usd"), "Noise"); err != nil {
		t.Fatal(err)
	}
	w.Settle()
	if r := w.Refunds(other)[0]; r.Status != "succeeded" || !r.ReverseTransfer || r.ReversedAmount != 10000 {
		t.Errorf("a part: %+v", r)
	}
	w.square()
}

// What was netted out of a stay is no recovery of what its bank kept later: too
// little of the transfer is left, and the owner owes that whole.
func TestNettingIsNoRecovery(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.owes(10000)
	b := w.paid(3)
	w.Advance(6 * day)
	w.exec(`UPDATE connected_accounts SET payouts_enabled = false`)
	if run := w.released(); run.Netted != 1 {
		t.Fatalf("run: %+v", run)
	}
	w.Control("charges/"+w.Payment(b).ChargeID+"/dispute", map[string]any{"reason": "fraudulent"})
	w.Settle()
	var id string
	if err := w.DB.QueryRow(t.Context(), `SELECT id FROM disputes`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	w.Control("disputes/"+id+"/resolve", map[string]any{"outcome": "lost"})
	w.Settle()
	if s, debt := w.stay(b), w.balance(ledger.Debt(w.acct())); s.LostAmount != 0 || s.NettedAmount != 8800 || debt != -share {
		t.Errorf("%d of what the bank kept is nobody's, %d is netted, and a debt of %d", s.LostAmount, s.NettedAmount, debt)
	}
	w.square()
}

// Where Stripe pays out by itself, a debt is netted as soon as there is money.
func TestADebtIsNettedBeforeAnAutomaticPayout(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.owes(48000)
	w.schedule("daily", "")
	b := w.paid(60)
	w.released()
	if debt, s := w.balance(ledger.Debt(w.acct())), w.stay(b); debt != 0 || s.Standing(w.Now(), 1) != payout.Nothing {
		t.Errorf("a debt of %d, %s", debt, s.Standing(w.Now(), 1))
	}
	w.square()
}

// What was taken back of a stay that was paid out came out of another stay's
// money: that one's payout is so much less, and does not wait for ever.
func TestWhatWasTakenBackIsNettedByTheNextPayout(t *testing.T) {
	t.Parallel()
	w := start(t)
	first := w.paid(2)
	w.Advance(5 * day)
	w.released()
	second := w.paid(10)
	w.Advance(4 * day) // the second stay's money is there, and not due
	if _, err := w.Checkout.Refund(t.Context(), booking.Owner(w.owner.ID), first.ID, money.New(16000, "usd"), "Cold"); err != nil {
		t.Fatal(err)
	}
	w.Settle()
	if w.balance(ledger.Debt(w.acct())) != 0 {
		t.Fatal("the reversal found the second stay's money")
	}
	w.Advance(8 * day)
	if run := w.released(); run.Released != 1 {
		t.Fatalf("run: %+v", run)
	}
	if got := w.atStripe()[0].Amount; got != share-14080 {
		t.Errorf("%d is paid out", got)
	}
	for _, b := range []booking.Booking{first, second} {
		if w.standing(b) != payout.Released {
			t.Errorf("%s: %s", b.Code, w.standing(b))
		}
	}
	if s := w.stay(first); s.CarriedAmount != share-14080 {
		t.Errorf("the first: %+v", s)
	}
	w.square()
	if again := w.released(); again != (payout.Run{}) {
		t.Errorf("once more: %+v", again)
	}
}

func TestPayNow(t *testing.T) {
	t.Parallel()
	w := start(t)
	by := booking.Owner(w.owner.ID)
	refused := func(why string) {
		t.Helper()
		sent, err := w.Payout.PayNow(t.Context(), by, w.owner.ID, "")
		if f, ok := fault.Of(err); !ok || f.Kind != fault.Conflict || len(sent) > 0 {
			t.Errorf("%s: %v, %v", why, sent, err)
		} else {
			t.Log(f.Message)
		}
	}
	refused("nothing was ever paid")
	b := w.paid(3)
	w.paid(30)
	refused("before check-in")
	w.Advance(6 * day)
	sent, err := w.Payout.PayNow(t.Context(), by, w.owner.ID, "")
	if err != nil || len(sent) != 1 || sent[0].Minor != share {
		t.Fatalf("on the day: %v, %v", sent, err)
	}
	w.Settle()
	refused("twice")
	w.Control("payouts/"+w.atStripe()[0].ID+"/fail", map[string]any{"reason": "account_closed"})
	w.Settle()
	refused("the bank is closed")
	w.newBank()
	if sent, err = w.Payout.PayNow(t.Context(), by, w.owner.ID, ""); err != nil || len(sent) != 1 || w.standing(b) != payout.Released {
		t.Errorf("mended, without waiting: %v, %v", sent, err)
	}
	w.Settle()
	if _, err := w.Payout.PayNow(t.Context(), booking.Tenant(w.tenant.ID), w.owner.ID, ""); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else: %v", err)
	}
	admin := factory.Person(t, w.DB, "Ada", user.Admin)
	if _, err := w.Payout.PayNow(t.Context(), booking.Admin(admin.ID, "192.0.2.1"), w.owner.ID, ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("an admin without a reason: %v", err)
	}
	w.schedule("daily", "")
	refused("Stripe does it")
}

// Two presses at once send one payout.
func TestPayNowTwiceAtOnce(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.paid(3)
	w.Advance(6 * day)
	done := make(chan error)
	for range 4 {
		go func() {
			_, err := w.Payout.PayNow(t.Context(), booking.Owner(w.owner.ID), w.owner.ID, "")
			done <- err
		}()
	}
	for range 4 {
		if err := <-done; err != nil && !fault.Is(err, fault.Conflict) && !errors.Is(err, stripeapi.ErrTooOld) {
			t.Error(err)
		}
	}
	w.Settle()
	if made := w.atStripe(); len(made) != 1 {
		t.Errorf("at Stripe: %+v", made)
	}
}
