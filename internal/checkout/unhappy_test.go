package checkout_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/calendar"
	"hearth/internal/fault"
	"hearth/internal/ledger"
	"hearth/internal/payment"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"
)

func scene(t *testing.T) (w *apptest.World, owner, tenant user.User) {
	t.Helper()
	w = apptest.Start(t)
	t.Cleanup(func() {
		if !t.Failed() {
			w.Audit()
		}
	})
	return w, w.Owner("Nora"), factory.Person(t, w.DB, "Maya")
}

func TestADeclinedCardKeepsTheHold(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	b := w.Held(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 3)
	if status, _ := w.TryControl("checkout/"+w.Session(b)+"/pay", map[string]any{"card": "4000000000009995"}); status != http.StatusPaymentRequired {
		t.Fatalf("the card was not declined: %d", status)
	}
	w.Settle()
	p := w.Payment(b)
	charges, err := payment.ChargesOf(t.Context(), w.DB, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	if b = w.Booking(b.ID); b.Status != booking.Held || p.Status != payment.Open || len(charges) != 1 || charges[0].Status != "failed" {
		t.Fatalf("booking %s, payment %s, charges %+v", b.Status, p.Status, charges)
	}
	if charges[0].DeclineCode != "insufficient_funds" || p.LastError == "" {
		t.Errorf("the reason is lost: %+v, %q", charges[0], p.LastError)
	}
	w.Pay(b, apptest.Good)
	w.Settle()
	if b = w.Booking(b.ID); b.Status != booking.Confirmed {
		t.Errorf("a second card pays: booking is %s", b.Status)
	}
}

func TestTwoClicksAreOneBooking(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	home := factory.Home(t, w.DB, owner.ID, nil)
	ask := w.Ask(home, 30, 3, "one-form")
	var all sync.WaitGroup
	codes, urls := make([]string, 6), make([]string, 6)
	for i := range codes {
		all.Go(func() {
			b, url, err := w.Checkout.Start(t.Context(), tenant.ID, ask)
			if err != nil {
				t.Errorf("click %d: %v", i, err)
			}
			codes[i], urls[i] = b.Code, url
		})
	}
	all.Wait()
	for i := range codes {
		if codes[i] != codes[0] || urls[i] == "" || urls[i] != urls[0] {
			t.Errorf("click %d led to %s %s, the first to %s %s", i, codes[i], urls[i], codes[0], urls[0])
		}
	}
	var bookings, sessions int
	if err := w.DB.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM bookings), (SELECT count(*) FROM checkout_attempts)`).Scan(&bookings, &sessions); err != nil {
		t.Fatal(err)
	}
	if bookings != 1 || sessions != 1 {
		t.Errorf("%d bookings, %d sessions", bookings, sessions)
	}
}

func TestRivalsForOneNight(t *testing.T) {
	t.Parallel()
	w, owner, _ := scene(t)
	home := factory.Home(t, w.DB, owner.ID, nil)
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		rival := factory.Person(t, w.DB, fmt.Sprintf("Rival %d", i))
		ask := w.Ask(home, 30, 3, "form")
		all.Go(func() { _, _, errs[i] = w.Checkout.Start(t.Context(), rival.ID, ask) })
	}
	all.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !fault.Is(err, fault.Conflict) {
			t.Errorf("a loser is told: %v", err)
		}
	}
	if won != 1 {
		t.Errorf("%d won", won)
	}
}

func TestReleaseGivesTheNightsBackOnlyOnStripesWord(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	home := factory.Home(t, w.DB, owner.ID, nil)
	b := w.Held(tenant, home, 30, 3)
	if err := w.Checkout.Release(t.Context(), booking.Tenant(tenant.ID), b.ID, "Changed my mind"); err != nil {
		t.Fatal(err)
	}
	if b = w.Booking(b.ID); b.Status != booking.Cancelled {
		t.Fatalf("booking is %s", b.Status)
	}
	if free, err := calendar.Free(t.Context(), w.DB, home.ID, b.Stay()); err != nil || !free {
		t.Errorf("nights are free: %v, %v", free, err)
	}
	if status, _ := w.TryControl("checkout/"+w.Session(b)+"/pay", map[string]any{"card": apptest.Good}); status == http.StatusOK {
		t.Error("a released booking's page still takes money")
	}
}

func TestReleaseAfterPaymentSettlesInstead(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	b := w.Held(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 3)
	w.Control("webhooks", map[string]any{"mode": "drop"})
	w.Pay(b, apptest.Good)
	err := w.Checkout.Release(t.Context(), booking.Tenant(tenant.ID), b.ID, "Changed my mind")
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("release after payment: %v", err)
	}
	if b = w.Booking(b.ID); b.Status != booking.Confirmed {
		t.Errorf("paid booking is %s", b.Status)
	}
}

func TestAnAbandonedHoldExpires(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	home := factory.Home(t, w.DB, owner.ID, nil)
	b := w.Held(tenant, home, 30, 3)
	w.Advance(46 * time.Minute)
	if err := w.Checkout.EndHold(t.Context(), b.ID); err != nil {
		t.Fatal(err)
	}
	if b = w.Booking(b.ID); b.Status != booking.Expired {
		t.Fatalf("booking is %s", b.Status)
	}
	if free, err := calendar.Free(t.Context(), w.DB, home.ID, b.Stay()); err != nil || !free {
		t.Errorf("nights are free: %v, %v", free, err)
	}
}

// With every webhook lost, the sweep alone brings the truth.
func TestTheSweepConfirmsWithoutWebhooks(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	b := w.Held(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 3)
	w.Control("webhooks", map[string]any{"mode": "drop"})
	w.Pay(b, apptest.Good)
	w.Advance(6 * time.Minute)
	if _, err := w.Reconcile.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.Inbox.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b = w.Booking(b.ID); b.Status != booking.Confirmed {
		t.Errorf("booking is %s", b.Status)
	}
}

// The hold ended, somebody else took the nights, and then the money came: the
// payment is settled and everything goes back.
func TestPaidLateAndTaken(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	home := factory.Home(t, w.DB, owner.ID, nil)
	b := lateButPaid(t, w, tenant, home.ID)
	rival := factory.Person(t, w.DB, "Rival")
	w.Held(rival, home, 30, 3)
	w.Settle()
	b = w.Booking(b.ID)
	refunds := w.Refunds(b)
	if b.Status != booking.Expired || len(refunds) != 1 || refunds[0].Amount != b.TotalAmount || refunds[0].Cause != "unavailable" {
		t.Fatalf("booking %s, refunds %+v", b.Status, refunds)
	}
	if err := w.Checkout.Finish(t.Context(), requestOf(refunds[0])); err != nil {
		t.Fatal(err)
	}
	w.Settle()
	if r := w.Refunds(b)[0]; r.Status != "succeeded" || r.ReversedAmount != b.TotalAmount {
		t.Errorf("refund is %+v", r)
	}
	balances, err := ledger.BookingBalances(t.Context(), w.DB, string(b.ID))
	if err != nil || balances[ledger.Tenant] != 0 || balances[ledger.Escrow] != 0 {
		t.Errorf("the tenant has everything back: %v %v", balances, err)
	}
}

// The same, with the nights still free: they are taken again.
func TestPaidLateAndFree(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	home := factory.Home(t, w.DB, owner.ID, nil)
	b := lateButPaid(t, w, tenant, home.ID)
	w.Settle()
	if b = w.Booking(b.ID); b.Status != booking.Confirmed {
		t.Fatalf("booking is %s", b.Status)
	}
	if free, _ := calendar.Free(t.Context(), w.DB, home.ID, b.Stay()); free {
		t.Error("a confirmed stay holds its nights")
	}
}

func TestADelayedPayment(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		account string // at a US bank: the session is in dollars
		want    booking.Status
	}{"arrives": {"000123456789", booking.Confirmed}, "is refused": {"000222222227", booking.Failed}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, owner, tenant := scene(t)
			home := factory.Home(t, w.DB, owner.ID, nil)
			b := w.Held(tenant, home, 30, 3)
			w.Control("checkout/"+w.Session(b)+"/pay", map[string]any{"account": c.account})
			w.Settle()
			if got := w.Booking(b.ID).Status; got != booking.Processing {
				t.Fatalf("complete and unpaid: booking is %s", got)
			}
			w.Advance(7 * 24 * time.Hour)
			w.Settle()
			if got := w.Booking(b.ID).Status; got != c.want {
				t.Errorf("booking is %s, want %s", got, c.want)
			}
			if free, _ := calendar.Free(t.Context(), w.DB, home.ID, b.Stay()); free == c.want.Takes() {
				t.Errorf("nights free: %v", free)
			}
		})
	}
}

func TestCancelWhileThePaymentIsOnItsWay(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	b := w.Held(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 3)
	w.Control("checkout/"+w.Session(b)+"/pay", map[string]any{"account": "000123456789"})
	w.Settle()
	if err := w.Checkout.Cancel(t.Context(), booking.Tenant(tenant.ID), b.ID, b.Total(), "No longer needed"); err != nil {
		t.Fatal(err)
	}
	w.Advance(7 * 24 * time.Hour)
	w.Settle()
	if b = w.Booking(b.ID); b.Status != booking.Cancelled {
		t.Fatalf("booking is %s", b.Status)
	}
	if refunds := w.Refunds(b); len(refunds) != 1 || refunds[0].Amount != b.TotalAmount {
		t.Errorf("refunds: %+v", refunds)
	}
}

// A home without any fee has no application fee at Stripe, and still settles.
func TestAHomeWithoutAFee(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	b := w.Confirmed(tenant, factory.Home(t, w.DB, owner.ID, map[string]any{"fee_bps": 0}), 30, 5)
	balances, err := ledger.BookingBalances(t.Context(), w.DB, string(b.ID))
	if err != nil || balances[ledger.Owner(w.AccountOf(owner.ID).StripeAccountID)] != b.TotalAmount {
		t.Errorf("the owner gets everything: %v, %v", balances, err)
	}
}

// The owner's account stops being payable between the page and the click.
func TestAnOwnerWhoCannotBePaidIsNotBooked(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	home := factory.Home(t, w.DB, owner.ID, nil)
	w.Control("webhooks", map[string]any{"mode": "drop"}) // we do not hear of it
	w.Control("accounts/"+w.AccountOf(owner.ID).StripeAccountID+"/onboard", map[string]any{"outcome": "rejected"})
	_, _, err := w.Checkout.Start(t.Context(), tenant.ID, w.Ask(home, 30, 3, "form"))
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("booking at a rejected owner's: %v", err)
	}
	if account := w.AccountOf(owner.ID); account.CanBePaid() {
		t.Error("and we still think that they can be paid")
	}
}

// Stripe fails in every way, and the same click again comes to the truth. A
// failure of which Stripe's list shows the page is none.
func TestALostAnswerIsFoundAgain(t *testing.T) {
	t.Parallel()
	for kind, fails := range map[string]bool{"timeout_after": true, "timeout_before": true, "429": true, "500": true, "500_after": false} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w, owner, tenant := scene(t)
			home := factory.Home(t, w.DB, owner.ID, nil)
			w.Control("faults", map[string]any{"route": "POST /v1/checkout/sessions", "kind": kind, "count": 1})
			ask := w.Ask(home, 30, 3, "form")
			if _, url, err := w.Checkout.Start(t.Context(), tenant.ID, ask); fails != fault.Is(err, fault.Unavailable) || fails != (url == "") {
				t.Fatalf("stripe fails: %q, %v", url, err)
			}
			held := bookingOf(t, w, tenant)
			if free, _ := calendar.Free(t.Context(), w.DB, home.ID, held.Stay()); free {
				t.Error("nobody knows whether there is a payment page, and the nights are free")
			}
			_, url, err := w.Checkout.Start(t.Context(), tenant.ID, ask)
			if err != nil || url == "" {
				t.Fatalf("the second click: %q, %v", url, err)
			}
			w.Pay(held, apptest.Good)
			w.Settle()
			if got := w.Booking(held.ID).Status; got != booking.Confirmed {
				t.Errorf("booking is %s", got)
			}
		})
	}
}

func bookingOf(t *testing.T, w *apptest.World, tenant user.User) booking.Booking {
	t.Helper()
	all, err := booking.ForTenant(t.Context(), w.DB, tenant.ID)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d bookings, %v", len(all), err)
	}
	return all[0]
}
