package payout_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/money"
	"hearth/internal/payout"
	"hearth/internal/stripeapi"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"
)

// Stripe takes no amount in dinars that does not end in 0, and after a part of a
// fee went back the books have odd ones: what is paid out, netted, and given back
// is as much of them as Stripe takes, and the rest stops nobody.
func TestStripeIsAskedForNoOddFils(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.Checkout.Currency = "kwd"
	admin := booking.Admin(factory.Person(t, w.DB, "Ada", user.Admin).ID, "192.0.2.9")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		w.Settle()
	}
	stay := func(owner user.ID, price, inDays int) booking.Booking {
		return w.Confirmed(w.tenant, factory.Home(t, w.DB, owner, map[string]any{"currency": "kwd", "nightly_price": price, "cleaning_fee": 0, "fee_bps": 1177}), inDays, 2)
	}
	refund := func(b booking.Booking, minor int64) {
		t.Helper()
		_, err := w.Checkout.Refund(t.Context(), admin, b.ID, money.New(minor, "kwd"), "Cold")
		must(err)
	}
	disputed := func(b booking.Booking) string {
		id := fmt.Sprint(w.Control("charges/"+w.Payment(b).ChargeID+"/dispute", map[string]any{"amount": 33330})["id"])
		w.Settle()
		must(w.Checkout.RecoverDispute(t.Context(), admin, id, money.New(33330, "kwd"), "Now"))
		return id
	}
	won := func(id string) {
		w.Control("disputes/"+id+"/resolve", map[string]any{"outcome": "won"})
		w.Settle()
		w.Advance(6 * time.Minute)
		_, err := w.Reconcile.Sweep(t.Context())
		must(err)
	}
	stay(w.Owner("Ossi").ID, 1000000, 90) // the platform has money of its own
	w.Advance(6 * day)
	first := stay(w.owner.ID, 48000, 2)
	w.Advance(2 * day)
	refund(first, 33330) // 3.923 of our fee go back with it
	w.Advance(3 * day)
	w.released()
	refund(first, 10010) // and here, the balance is empty: a debt of 8.832
	second := stay(w.owner.ID, 48000, 3)
	w.Advance(7 * day)
	w.released()
	for _, b := range []booking.Booking{first, second} {
		if s := w.stay(b); s.Standing(w.Now(), 1) != payout.Released {
			t.Errorf("%s, %s: %+v", b.Code, s.Standing(w.Now(), 1), s)
		}
	}
	owed := disputed(second)
	third := stay(w.owner.ID, 48000, 4)
	w.Advance(8 * day)
	w.released()
	won(owed)
	w.released()
	w.released()
	fourth := stay(w.owner.ID, 48000, 60)
	w.Advance(3 * day)
	won(disputed(fourth))
	if s := w.stay(third); s.Standing(w.Now(), 1) != payout.Released || s.NettedAmount > 10 {
		t.Errorf("what was netted has not come back: %s %+v", s.Standing(w.Now(), 1), s)
	}
	asked, err := stripeapi.RequestsAbout(t.Context(), w.DB, "booking:"+string(first.ID))
	must(err)
	for _, b := range []booking.Booking{second, third, fourth} {
		more, err := stripeapi.RequestsAbout(t.Context(), w.DB, "booking:"+string(b.ID))
		must(err)
		asked = append(asked, more...)
	}
	purposes := map[string]bool{}
	for _, r := range asked {
		params, err := url.ParseQuery(r.Params)
		must(err)
		if amount := params.Get("amount"); amount != "" {
			if purposes[r.Purpose] = true; !strings.HasSuffix(amount, "0") {
				t.Errorf("%s of %s", r.Purpose, amount)
			}
		}
	}
	for _, purpose := range []string{stripeapi.ForRefund, stripeapi.ForPayout, stripeapi.ForCollection, stripeapi.ForDebtReturn, stripeapi.ForReturn} {
		if !purposes[purpose] {
			t.Errorf("no %s was asked for", purpose)
		}
	}
	w.Audit()
}
