package checkout_test

import (
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/calendar"
	"hearth/internal/checkout"
	"hearth/internal/payment"
	"hearth/internal/stripeapi"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5/pgxpool"
)

// dying is a process that dies right after it has committed: what it planned
// is never sent by it.
func dying(t *testing.T, w *apptest.World) *checkout.Service {
	t.Helper()
	closed, err := pgxpool.NewWithConfig(t.Context(), w.DB.Config())
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	stripe, service := *w.Stripe, *w.Checkout
	stripe.DB, service.Stripe = closed, &stripe
	return &service
}

// step is how far a request came before its process died.
type step func(t *testing.T, w *apptest.World, id stripeapi.RequestID)

func planned(*testing.T, *apptest.World, stripeapi.RequestID) {}

// answered: Stripe has answered, the answer is kept, and nobody acted upon it.
func answered(t *testing.T, w *apptest.World, id stripeapi.RequestID) {
	t.Helper()
	if _, err := w.Stripe.Send(t.Context(), id); err != nil {
		t.Fatal(err)
	}
}

// unheard: Stripe has done it, and its answer reached nobody.
func unheard(t *testing.T, w *apptest.World, id stripeapi.RequestID) {
	t.Helper()
	answered(t, w, id)
	if _, err := w.DB.Exec(t.Context(), `UPDATE stripe_requests SET state = 'unknown', object_id = '', http_status = NULL, finished_at = NULL WHERE id = $1`, id); err != nil {
		t.Fatal(err)
	}
}

var steps = map[string]step{"planned": planned, "unheard": unheard, "answered": answered}

// Whatever step of a refund or a cancellation a process dies after, the tenant
// has the money once, and nobody had to do anything.
func TestDyingInTheMiddleOfARefund(t *testing.T) {
	t.Parallel()
	for name, reach := range steps {
		for verb, act := range map[string]func(s *checkout.Service, by booking.Actor, b booking.Booking) error{
			"refund": func(s *checkout.Service, by booking.Actor, b booking.Booking) error {
				_, err := s.Refund(t.Context(), by, b.ID, usd(5000), "Noise")
				return err
			},
			"cancel": func(s *checkout.Service, by booking.Actor, b booking.Booking) error {
				return s.Cancel(t.Context(), by, b.ID, b.Total(), "Burst pipe")
			},
		} {
			t.Run(verb+" "+name, func(t *testing.T) {
				t.Parallel()
				w, owner, tenant := scene(t)
				w.Control("webhooks", map[string]any{"mode": "deliver"})
				b := w.Confirmed(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 5)
				w.Control("webhooks", map[string]any{"mode": "drop"})
				if act(dying(t, w), booking.Owner(owner.ID), b) == nil {
					t.Fatal("it did not die")
				}
				reach(t, w, requestOf(w.Refunds(b)[0]))
				sweep(t, w)
				theirs, err := w.Stripe.RefundsByIntent(t.Context(), w.Payment(b).IntentID())
				if err != nil || len(theirs) != 1 {
					t.Fatalf("at Stripe: %+v, %v", theirs, err)
				}
				if all := w.Refunds(b); len(all) != 1 || all[0].Status != "succeeded" || all[0].StripeID() != theirs[0].ID || all[0].ReversedAmount != all[0].Amount {
					t.Errorf("refunds %+v", all)
				}
				sweep(t, w)
				if again, err := w.Stripe.RefundsByIntent(t.Context(), w.Payment(b).IntentID()); err != nil || len(again) != 1 {
					t.Errorf("the next sweep refunds again: %+v, %v", again, err)
				}
			})
		}
	}
}

// Stripe has refused because the owner's balance is short, and who heard it
// died: the tenant is refunded without the owner's money all the same.
func TestDyingBeforeTheSecondAttempt(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	admin := factory.Person(t, w.DB, "Ada", user.Admin)
	b := w.Confirmed(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 5)
	w.Confirmed(tenant, factory.Home(t, w.DB, w.Owner("Ossi").ID, nil), 60, 20) // the platform has money
	w.Advance(8 * 24 * time.Hour)
	payOut(t, w, w.AccountOf(owner.ID).StripeAccountID, 95040)
	if _, err := dying(t, w).Refund(t.Context(), booking.Admin(admin.ID, "192.0.2.9"), b.ID, b.Total(), "Fire"); err == nil {
		t.Fatal("it did not die")
	}
	answered(t, w, requestOf(w.Refunds(b)[0]))
	sweep(t, w)
	if all := w.Refunds(b); len(all) != 1 || all[0].Attempt != 2 || all[0].StripeID() == "" || all[0].OwnerDebt != 95040 {
		t.Errorf("refunds %+v", all)
	}
}

// Whatever step of a booking a process dies after, the same click opens the one
// payment page that there is.
func TestDyingInTheMiddleOfABooking(t *testing.T) {
	t.Parallel()
	for name, reach := range steps {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, owner, tenant := scene(t)
			ask := w.Ask(factory.Home(t, w.DB, owner.ID, nil), 30, 3, "form")
			b := diedBooking(t, w, tenant, ask, reach)
			_, page, err := w.Checkout.Start(t.Context(), tenant.ID, ask)
			if err != nil || page == "" {
				t.Fatalf("the same click: %q, %v", page, err)
			}
			if all, err := w.Stripe.SessionsByBooking(t.Context(), string(b.ID), time.Time{}, time.Time{}); err != nil || len(all) != 1 || all[0].URL != page {
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

// The tenant does not come back: the sweep ends the hold, and no page is left
// that could take money for nights that are free.
func TestDyingInTheMiddleOfABookingThatNobodyWants(t *testing.T) {
	t.Parallel()
	for name, reach := range steps {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, owner, tenant := scene(t)
			home := factory.Home(t, w.DB, owner.ID, nil)
			b := diedBooking(t, w, tenant, w.Ask(home, 30, 3, "form"), reach)
			w.Control("webhooks", map[string]any{"mode": "drop"})
			w.Advance(46 * time.Minute)
			sweep(t, w)
			if got := w.Booking(b.ID).Status; got != booking.Expired {
				t.Errorf("booking is %s", got)
			}
			if free, err := calendar.Free(t.Context(), w.DB, home.ID, b.Stay()); err != nil || !free {
				t.Errorf("free: %v, %v", free, err)
			}
			all, err := w.Stripe.SessionsByBooking(t.Context(), string(b.ID), time.Time{}, time.Time{})
			for _, session := range all {
				if session.Status == "open" {
					t.Errorf("a page is open: %+v", session)
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func diedBooking(t *testing.T, w *apptest.World, tenant user.User, ask checkout.Request, reach step) booking.Booking {
	t.Helper()
	if _, _, err := dying(t, w).Start(t.Context(), tenant.ID, ask); err == nil {
		t.Fatal("it did not die")
	}
	b := bookingOf(t, w, tenant)
	a, err := payment.LastAttempt(t.Context(), w.DB, w.Payment(b).ID)
	if err != nil {
		t.Fatal(err)
	}
	reach(t, w, stripeapi.RequestID(a.RequestID))
	return b
}

// Who gave a hold up died before the page was closed: the hold's end does it.
func TestDyingInTheMiddleOfARelease(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	home := factory.Home(t, w.DB, owner.ID, nil)
	b := w.Held(tenant, home, 30, 3)
	if dying(t, w).Release(t.Context(), booking.Tenant(tenant.ID), b.ID, "Changed my mind") == nil {
		t.Fatal("it did not die")
	}
	w.Control("webhooks", map[string]any{"mode": "drop"})
	sweep(t, w)
	if got := w.Booking(b.ID).Status; got != booking.Cancelled {
		t.Errorf("booking is %s", got)
	}
	if status, _ := w.TryControl("checkout/"+w.Session(b)+"/pay", map[string]any{"card": apptest.Good}); status == 200 {
		t.Error("its page still takes money")
	}
}
