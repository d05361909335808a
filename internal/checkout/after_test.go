package checkout_test

import (
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/checkout"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"
)

// A stay completes by itself after check-out, in the home's own time zone, and
// not an hour before.
func TestAStayCompletesByItself(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	b := w.Confirmed(tenant, factory.Home(t, w.DB, owner.ID, map[string]any{"time_zone": "Pacific/Honolulu"}), 2, 2)
	w.Advance(b.CheckOutAt().Add(-time.Hour).Sub(w.Now()))
	if n, err := w.Checkout.CompleteStays(t.Context()); err != nil || n != 0 || w.Booking(b.ID).Status != booking.Confirmed {
		t.Fatalf("an hour before check-out: %d, %v, %s", n, err, w.Booking(b.ID).Status)
	}
	w.Advance(2 * time.Hour)
	for i, want := range []int{1, 0} {
		if n, err := w.Checkout.CompleteStays(t.Context()); err != nil || n != want {
			t.Errorf("run %d: %d, %v", i+1, n, err)
		}
	}
	if got := w.Booking(b.ID).Status; got != booking.Completed {
		t.Errorf("after check-out the stay is %s", got)
	}
}

// A card issuer's early warning becomes a row and one mail to each admin.
func TestAFraudWarningReachesTheAdmins(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	factory.Person(t, w.DB, "Ada", user.Admin)
	b := w.Held(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 5)
	w.Pay(b, "4000000000005423")
	w.Settle()
	w.Advance(time.Minute) // the issuer warns a little later
	w.Settle()
	w.Advance(time.Minute)
	w.Settle()
	var warnings, mails int
	if err := w.DB.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM fraud_warnings WHERE booking_id = $1),
		(SELECT count(*) FROM notifications WHERE template = 'fraud_warning_admin')`, b.ID).Scan(&warnings, &mails); err != nil {
		t.Fatal(err)
	}
	if got := w.Booking(b.ID).Status; got != booking.Confirmed || warnings != 1 || mails != 1 {
		t.Errorf("booking %s, %d warnings, %d mails", got, warnings, mails)
	}
}

// The back button leads from Stripe's page to our form, and the same form sent
// again leads to the same page; once it is paid, to the trip.
func TestTheBackButtonMakesNoSecondBooking(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	home := factory.Home(t, w.DB, owner.ID, nil)
	ask := w.Ask(home, 30, 3, "one-form")
	first, url, err := w.Checkout.Start(t.Context(), tenant.ID, ask)
	if err != nil {
		t.Fatal(err)
	}
	fresh := ask
	fresh.FormToken = "the form, loaded anew"
	for name, request := range map[string]checkout.Request{"the same form": ask, "a new form for the same nights": fresh} {
		b, same, err := w.Checkout.Start(t.Context(), tenant.ID, request)
		if err != nil || b.ID != first.ID || same != url {
			t.Errorf("%s: %s %q %v", name, b.Code, same, err)
		}
	}
	w.Pay(first, "4242424242424242")
	w.Settle()
	b, same, err := w.Checkout.Start(t.Context(), tenant.ID, ask)
	if err != nil || b.ID != first.ID || same != "" || b.Status != booking.Confirmed {
		t.Errorf("the same form after payment: %s %s %q %v", b.Code, b.Status, same, err)
	}
}

// Other dates on the same home release the tenant's own hold first.
func TestChoosingOtherDatesReleasesTheOldHold(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	home := factory.Home(t, w.DB, owner.ID, nil)
	first, _, err := w.Checkout.Start(t.Context(), tenant.ID, w.Ask(home, 30, 3, "one"))
	if err != nil {
		t.Fatal(err)
	}
	second, url, err := w.Checkout.Start(t.Context(), tenant.ID, w.Ask(home, 31, 3, "two"))
	if err != nil || url == "" {
		t.Fatalf("%q, %v", url, err)
	}
	if got := w.Booking(first.ID).Status; got != booking.Cancelled || second.ID == first.ID {
		t.Errorf("the old hold is %s", got)
	}
}
