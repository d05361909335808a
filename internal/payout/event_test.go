package payout_test

import (
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/inbound"
	"hearth/internal/ledger"
	"hearth/internal/payout"
)

func TestAPayoutThatComesBackIsPaidAgain(t *testing.T) {
	t.Parallel()
	w := start(t)
	b := w.paid(3)
	w.Advance(6 * day)
	w.released()
	w.Advance(7 * day)
	w.Settle()
	if s := w.stay(b); *s.PayoutStatus != payout.Paid {
		t.Fatalf("before the bank returns it: %s", *s.PayoutStatus)
	}
	w.Control("payouts/"+w.atStripe()[0].ID+"/fail", map[string]any{"reason": "account_closed"})
	w.Settle()
	if got := w.standing(b); got != payout.Returned {
		t.Fatalf("returned: %s", got)
	}
	if own, bank := w.balance(ledger.Owner(w.acct())), w.balance(ledger.Bank(w.acct())); own != share || bank != 0 {
		t.Errorf("the books say %d with the owner's balance and %d at the bank", own, bank)
	}
	all, err := payout.Of(t.Context(), w.DB, w.owner.ID, 10)
	if err != nil || len(all) != 1 || all[0].Status != payout.Failed || payout.Why(all[0]) != "The bank account has been closed." {
		t.Errorf("payouts: %+v, %v", all, err)
	}
	w.Settle()
	if n := w.count(`SELECT count(*) FROM notifications WHERE template = 'payout_failed_owner' AND booking_id = $1`, b.ID); n != 1 {
		t.Errorf("%d mails", n)
	}
	w.Advance(13 * time.Hour)
	w.newBank()
	if run := w.released(); run.Released != 1 {
		t.Fatalf("mended: %+v", run)
	}
	if s := w.stay(b); s.Standing(w.Now(), 1) != payout.Released || w.count(`SELECT count(*) FROM payout_releases`) != 2 {
		t.Errorf("paid again: %+v", s)
	}
	if bank := w.balance(ledger.Bank(w.acct())); bank != share {
		t.Errorf("the books say %d at the bank", bank)
	}
}

// Each way in which a bank refuses has its words, and the stay is paid out once
// the bank account is mended.
func TestWhatTheBankSays(t *testing.T) {
	t.Parallel()
	w := start(t)
	b := w.paid(3)
	w.Advance(6 * day)
	for number, code := range map[string]string{"000111111116": "no_account", "000111111113": "account_closed", "000222222227": "insufficient_funds",
		"000333333335": "debit_not_authorized", "000444444440": "invalid_currency"} {
		w.bank(number)
		if _, err := w.Payout.PayNow(t.Context(), booking.Owner(w.owner.ID), w.owner.ID, ""); err != nil {
			t.Fatalf("%s: %v", code, err)
		}
		w.Settle()
		for range 6 {
			w.Advance(day)
			w.Settle()
		}
		all, err := payout.Of(t.Context(), w.DB, w.owner.ID, 1)
		if err != nil || all[0].Status != payout.Failed || all[0].FailureCode != code || payout.Why(all[0]) == "" || w.standing(b) == payout.Released {
			t.Fatalf("%s: %+v, %v", code, all, err)
		}
	}
	w.newBank()
	if _, err := w.Payout.PayNow(t.Context(), booking.Owner(w.owner.ID), w.owner.ID, ""); err != nil || w.standing(b) != payout.Released {
		t.Errorf("mended: %v, %s", err, w.standing(b))
	}
}

func TestAPayoutThatStripeMadeByItselfIsKnown(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.paid(3)
	w.Advance(6 * day)
	w.drain(share)
	w.Settle()
	all, err := payout.Of(t.Context(), w.DB, w.owner.ID, 10)
	if err != nil || len(all) != 1 || all[0].RequestID != nil || all[0].Amount != share {
		t.Errorf("payouts: %+v, %v", all, err)
	}
	if own, bank := w.balance(ledger.Owner(w.acct())), w.balance(ledger.Bank(w.acct())); own != 0 || bank != share {
		t.Errorf("the books say %d with the owner's balance and %d at the bank", own, bank)
	}
}

func TestSubjects(t *testing.T) {
	t.Parallel()
	w := start(t)
	for name, c := range map[string]struct {
		ev   inbound.Event
		want string
	}{
		"an owner's":         {inbound.Event{Account: w.acct(), ObjectID: "po_1"}, "payout:" + w.acct() + "/po_1"},
		"the platform's own": {inbound.Event{ObjectID: "po_1"}, "payout:/po_1"},
		"somebody else's":    {inbound.Event{Account: "acct_foreign", ObjectID: "po_1"}, ":"},
		"not a payout":       {inbound.Event{Account: w.acct(), ObjectID: "ba_1"}, ":"},
	} {
		if got, err := payout.SubjectOf(t.Context(), w.DB, c.ev); err != nil || got.String() != c.want {
			t.Errorf("%s: %s, %v; want %s", name, got, err, c.want)
		}
	}
}

// A webhook that was lost is asked after.
func TestQuietPayoutsAreFollowed(t *testing.T) {
	t.Parallel()
	w := start(t)
	b := w.paid(3)
	w.Advance(6 * day)
	w.released()
	w.Control("webhooks", map[string]any{"mode": "drop"})
	w.Advance(7 * day)
	w.Settle()
	if s := w.stay(b); *s.PayoutStatus == payout.Paid {
		t.Fatal("nobody could know")
	}
	if _, err := w.Reconcile.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Settle()
	if s := w.stay(b); *s.PayoutStatus != payout.Paid {
		t.Errorf("asked after: %s", *s.PayoutStatus)
	}
}
