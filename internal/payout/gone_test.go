package payout_test

import (
	"testing"

	"hearth/internal/inbound"
	"hearth/internal/ledger"
)

// An owner who disconnects while their payout is on its way: Stripe shows it to
// us no more. It stays as it was seen last, and nobody asks for ever.
func TestAPayoutOfADisconnectedOwnerStaysAsItWas(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.paid(3)
	w.Advance(6 * day)
	w.released()
	w.Settle()
	po := w.atStripe()[0].ID
	w.Control("accounts/"+w.acct()+"/deauthorize", map[string]any{})
	w.Settle()
	subject := inbound.Subject{Kind: inbound.Payout, ID: w.acct() + "/" + po}
	if err := w.Inbox.LookNow(t.Context(), inbound.SourceSweep, subject); err != nil {
		t.Fatal(err)
	}
	if n := w.count(`SELECT count(*) FROM stripe_events WHERE subject = $1 AND state = 'applied' AND effect = 'Stripe shows it to us no more'`, subject.String()); n != 1 {
		t.Errorf("%d looks said so", n)
	}
	w.Advance(7 * day)
	if _, err := w.Reconcile.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := w.count(`SELECT count(*) FROM stripe_events WHERE subject = $1`, subject.String()); n != 1+w.count(`SELECT count(*) FROM stripe_events WHERE subject = $1 AND source <> 'sweep'`, subject.String()) {
		t.Errorf("the sweep asked again: %d events", n)
	}
	if bank := w.balance(ledger.Bank(w.acct())); bank != share {
		t.Errorf("the books say %d at the bank", bank)
	}
}
