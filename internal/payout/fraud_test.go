package payout_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/payout"
	"hearth/internal/task"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
)

// suspected is a stay that is paid with a card whose issuer suspects fraud.
func (w *town) suspected(inDays int) booking.Booking {
	w.T.Helper()
	b := w.Held(w.tenant, w.home, inDays, 2)
	w.Pay(b, "4000000000005423")
	w.Settle()
	w.Advance(time.Minute) // the issuer warns a little later
	w.Settle()
	return w.Booking(b.ID)
}

// warnings are the tasks about a booking.
func (w *town) warnings(b booking.Booking) []task.Task {
	w.T.Helper()
	all, err := task.OfBooking(w.T.Context(), w.DB, string(b.ID))
	if err != nil {
		w.T.Fatal(err)
	}
	return all
}

func (w *town) done(t task.Task, by user.User, note string) error {
	return pgx.BeginFunc(w.T.Context(), w.DB, func(tx pgx.Tx) error {
		return task.Done(w.T.Context(), tx, t.ID, by.ID, note, w.Now())
	})
}

func TestAFraudWarningFreezesUntilSomebodyHasLooked(t *testing.T) {
	t.Parallel()
	w := start(t)
	admin := factory.Person(t, w.DB, "Ada Admin", user.Admin)
	b := w.suspected(3)
	all := w.warnings(b)
	if len(all) != 1 || !all[0].Open() || !all[0].Freezes || all[0].DueAt == nil || all[0].Href != "/admin/bookings/"+b.Code+"/refund" {
		t.Fatalf("tasks: %+v", all)
	}
	w.Advance(6 * day)
	if run := w.released(); run != (payout.Run{}) || w.standing(b) != payout.Frozen || len(w.atStripe()) != 0 {
		t.Fatalf("while it is open: %+v, %s", run, w.standing(b))
	}
	if err := w.done(all[0], admin, "Called the tenant: it is their card."); err != nil {
		t.Fatal(err)
	}
	w.Settle()
	if run := w.released(); run.Released != 1 || w.standing(b) != payout.Released {
		t.Errorf("closed: %+v, %s", run, w.standing(b))
	}
	if again := w.warnings(b); len(again) != 1 || again[0].Open() {
		t.Errorf("the warning came back: %+v", again)
	}
}

// What makes a warning pointless closes it.
func TestAFraudWarningEndsByItself(t *testing.T) {
	for name, c := range map[string]struct {
		happen func(w *town, b booking.Booking)
		open   bool
		want   payout.Standing
	}{
		"refunded in part": {func(w *town, b booking.Booking) { w.refund(b, 10000) }, true, payout.Frozen},
		"refunded in full": {func(w *town, b booking.Booking) { w.refund(b, b.TotalAmount) }, false, payout.Nothing},
		"disputed":         {func(w *town, b booking.Booking) { w.dispute(b, "") }, false, payout.Frozen},
		"disputed and won": {func(w *town, b booking.Booking) { w.dispute(b, "won") }, false, payout.Due},
		"lost":             {func(w *town, b booking.Booking) { w.dispute(b, "lost") }, false, payout.Nothing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			b := w.suspected(3)
			c.happen(w, b)
			w.Advance(6 * day)
			all := w.warnings(b)
			if len(all) != 1 || all[0].Open() != c.open || (!c.open && all[0].Outcome == "") || w.standing(b) != c.want {
				t.Errorf("tasks: %+v, %s", all, w.standing(b))
			}
		})
	}
}

// The word that nothing is left to do may be lost: then the refund or the
// dispute itself says it.
func TestAFraudWarningEndsWithoutItsOwnEvent(t *testing.T) {
	t.Parallel()
	w := start(t)
	refunded, disputed := w.suspected(3), w.suspected(8)
	w.Control("webhooks", map[string]any{"mode": "drop", "types": []string{"radar.early_fraud_warning.updated"}})
	w.refund(refunded, refunded.TotalAmount)
	w.dispute(disputed, "won")
	for _, b := range []booking.Booking{refunded, disputed} {
		if all := w.warnings(b); len(all) != 1 || all[0].Open() {
			t.Errorf("tasks: %+v", all)
		}
	}
}

func (w *town) dispute(b booking.Booking, outcome string) {
	w.T.Helper()
	w.Control("charges/"+w.Payment(b).ChargeID+"/dispute", map[string]any{"reason": "fraudulent"})
	w.Settle()
	if outcome == "" {
		return
	}
	var id string
	if err := w.DB.QueryRow(w.T.Context(), `SELECT id FROM disputes WHERE booking_id = $1`, b.ID).Scan(&id); err != nil {
		w.T.Fatal(err)
	}
	w.Control("disputes/"+id+"/resolve", map[string]any{"outcome": outcome})
	w.Settle()
}

func (w *town) refund(b booking.Booking, minor int64) {
	w.T.Helper()
	if _, err := w.Checkout.Refund(w.T.Context(), booking.Owner(w.owner.ID), b.ID, b.Amount(minor), "The card was stolen"); err != nil {
		w.T.Fatal(err)
	}
	w.Settle()
}

// Whoever is first, webhook, release or admin, and all at once: no payout is
// planned between the moment a warning is known and the moment it is closed.
func TestNothingIsPaidWhileAWarningIsOpen(t *testing.T) {
	t.Parallel()
	w := start(t)
	admin := factory.Person(t, w.DB, "Ada Admin", user.Admin)
	var all []booking.Booking
	for i := range 8 {
		b := w.Held(w.tenant, w.home, 3*i, 2)
		w.Pay(b, "4000000000005423")
		w.Settle()
		all = append(all, b)
	}
	w.Advance(32 * day) // the warnings are on their way
	var busy sync.WaitGroup
	busy.Go(w.Settle)
	for range 4 {
		busy.Go(func() { _, _ = w.Payout.ReleaseDue(t.Context(), w.Now()) })
	}
	for i := range 4 {
		busy.Go(func() {
			for range 50 {
				for _, k := range w.warnings(all[i]) {
					_ = w.done(k, admin, "Looked into it.")
					return
				}
			}
		})
	}
	busy.Wait()
	w.Settle()
	w.released()
	if n := w.count(`SELECT count(*) FROM tasks WHERE kind = 'fraud_warning'`); n != len(all) {
		t.Fatalf("%d warnings of %d", n, len(all))
	}
	if n := w.count(`SELECT count(*) FROM stripe_requests r JOIN payouts o ON o.request_id = r.id JOIN payout_releases l ON l.payout_id = o.id
		JOIN tasks k ON k.booking_id = l.booking_id AND k.freezes
		WHERE r.planned_at >= k.created_at AND (k.closed_at IS NULL OR r.planned_at < k.closed_at)`); n != 0 {
		t.Errorf("%d payouts were planned while a warning was open", n)
	}
	for _, b := range all {
		k := w.warnings(b)[0]
		if s := w.standing(b); k.Open() && s != payout.Frozen && s != payout.Released || !k.Open() && s == payout.Frozen {
			t.Error(fmt.Sprint(s, k))
		}
	}
}
