package checkout_test

import (
	"testing"

	"hearth/internal/booking"
	"hearth/internal/ledger"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
)

func TestBookPayConfirm(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	owner := w.Owner("Nora")
	tenant := factory.Person(t, w.DB, "Maya")
	home := factory.Home(t, w.DB, owner.ID, nil)
	b := w.Held(tenant, home, 30, 5)
	if b.Status != booking.Held || b.TotalAmount != 108000 || b.FeeAmount != 12960 {
		t.Fatalf("held wrong: %+v", b)
	}
	w.Settle()
	if got := w.Booking(b.ID); got.Status != booking.Held {
		t.Fatalf("nothing is paid, and the booking is %s", got.Status)
	}
	w.Pay(b, apptest.Good)
	w.Settle()
	if b = w.Booking(b.ID); b.Status != booking.Confirmed || b.ConfirmedAt == nil {
		t.Fatalf("paid, and the booking is %s", b.Status)
	}
	// STRIPE.md §2.1 A: the platform keeps its fee less Stripe's, the owner the rest.
	balances, err := ledger.BookingBalances(t.Context(), w.DB, string(b.ID))
	if err != nil {
		t.Fatal(err)
	}
	account := w.AccountOf(owner.ID).StripeAccountID
	want := map[string]int64{ledger.Tenant: -108000, ledger.Escrow: 0, ledger.Owner(account): 95040, ledger.Revenue: 12960 - 3162, ledger.StripeFees: 3162}
	for name, minor := range want {
		if balances[name] != minor {
			t.Errorf("%s has %d, want %d (all: %v)", name, balances[name], minor, balances)
		}
	}
}
