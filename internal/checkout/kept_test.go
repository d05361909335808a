package checkout_test

import (
	"testing"

	"hearth/internal/booking"
	"hearth/internal/fault"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"
)

// Stripe keeps a 500 under its key and repeats it all day long. Nobody waits a
// day for that: once it is known, the list or another key has the word.

func TestAFailureThatStripeKeepsHoldsNoBookingUp(t *testing.T) {
	t.Parallel()
	for kind, sessions := range map[string]int{"500": 1, "500_after": 1} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w, owner, tenant := scene(t)
			ask := w.Ask(factory.Home(t, w.DB, owner.ID, nil), 30, 3, "form")
			w.Control("faults", map[string]any{"route": "POST /v1/checkout/sessions", "kind": kind})
			b, page, err := w.Checkout.Start(t.Context(), tenant.ID, ask)
			if kind == "500" { // none was made: the next click tries anew
				if !fault.Is(err, fault.Unavailable) {
					t.Fatalf("the first click: %v", err)
				}
				b, page, err = w.Checkout.Start(t.Context(), tenant.ID, ask)
			}
			if err != nil || page == "" {
				t.Fatalf("no page: %q, %v", page, err)
			}
			if all, err := w.Stripe.SessionsByBooking(t.Context(), string(b.ID), b.CreatedAt, w.Now()); err != nil || len(all) != sessions || all[0].URL != page {
				t.Errorf("at Stripe: %+v, %v", all, err)
			}
			w.Pay(b, apptest.Good)
			w.Settle()
			if got := w.Booking(b.ID).Status; got != booking.Confirmed {
				t.Errorf("booking is %s", got)
			}
		})
	}
}

// The job of the try that failed comes late: it does not end the hold of who
// has a page by now.
func TestTheJobOfAFailedSessionEndsNoHold(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	ask := w.Ask(factory.Home(t, w.DB, owner.ID, nil), 30, 3, "form")
	w.Control("faults", map[string]any{"route": "POST /v1/checkout/sessions", "kind": "500"})
	b, _, err := w.Checkout.Start(t.Context(), tenant.ID, ask)
	if err == nil {
		t.Fatal("no error")
	}
	sweep(t, w)
	if got := w.Booking(b.ID).Status; got != booking.Held {
		t.Errorf("booking is %s", got)
	}
}

func TestAFailureThatStripeKeepsHoldsNoNights(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	b := w.Held(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 3)
	w.Control("faults", map[string]any{"route": "POST /v1/checkout/sessions/{id}/expire", "kind": "500"})
	if err := w.Checkout.Release(t.Context(), booking.Tenant(tenant.ID), b.ID, "Changed my mind"); err != nil {
		t.Fatal(err)
	}
	if got := w.Booking(b.ID).Status; got != booking.Cancelled {
		t.Errorf("booking is %s", got)
	}
}

func TestAFailureThatStripeKeepsHoldsNoRefundUp(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"500", "500_after"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w, owner, tenant := scene(t)
			admin := factory.Person(t, w.DB, "Ada", user.Admin)
			b := w.Confirmed(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 5)
			w.Control("faults", map[string]any{"route": "POST /v1/refunds", "kind": kind})
			if _, err := w.Checkout.Refund(t.Context(), booking.Admin(admin.ID, "192.0.2.9"), b.ID, usd(5000), "Noise"); err != nil {
				t.Fatal(err)
			}
			if got := w.Refunds(b)[0].Status; got != "requested" {
				t.Fatalf("after a first failure, which may not be the last word, the refund is %s", got)
			}
			sweep(t, w) // sends it again, and hears the failure repeated
			theirs, err := w.Stripe.RefundsByIntent(t.Context(), w.Payment(b).IntentID())
			if all := w.Refunds(b); err != nil || len(theirs) != 1 || len(all) != 1 || all[0].Status != "succeeded" || all[0].StripeID() != theirs[0].ID {
				t.Errorf("at Stripe %+v, ours %+v, %v", theirs, all, err)
			}
		})
	}
}
