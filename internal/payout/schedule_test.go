package payout_test

import (
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/connect"
	"hearth/internal/fault"
	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/payout"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"
)

func (w *town) schedule(interval, anchor string) {
	w.T.Helper()
	if err := w.Payout.SetSchedule(w.T.Context(), booking.Owner(w.owner.ID), w.acct(), payout.Wish{Interval: interval, Anchor: anchor}, ""); err != nil {
		w.T.Fatal(err)
	}
	w.Settle()
}

func (w *town) scheduled() connect.Schedule {
	w.T.Helper()
	s, err := connect.ScheduleOf(w.T.Context(), w.DB, w.acct())
	if err != nil {
		w.T.Fatal(err)
	}
	return s
}

// days lives through so many days, as the jobs do.
func (w *town) days(n int) {
	w.T.Helper()
	for range n {
		w.Advance(day)
		w.Settle()
		w.released()
	}
}

func TestAScheduleIsChosen(t *testing.T) {
	t.Parallel()
	w := start(t)
	if s := w.scheduled(); s.Automatic() || s.Interval != "manual" {
		t.Fatalf("made: %+v", s)
	}
	by := booking.Owner(w.owner.ID)
	for _, c := range []struct {
		wish   payout.Wish
		anchor string
		delay  int
	}{
		{payout.Wish{Interval: "weekly", Anchor: "friday"}, "friday", 2},
		{payout.Wish{Interval: "monthly", Anchor: "31", Delay: "7"}, "31", 7},
		{payout.Wish{Interval: "daily", Delay: payout.MinimumDelay}, "", 2},
		{payout.Wish{Interval: "manual"}, "", 2},
	} {
		if err := w.Payout.SetSchedule(t.Context(), by, w.acct(), c.wish, ""); err != nil {
			t.Fatalf("%+v: %v", c.wish, err)
		}
		if s := w.scheduled(); s.Interval != c.wish.Interval || s.Anchor != c.anchor || s.SetAt == nil {
			t.Errorf("%+v is set, before any look: %+v", c.wish, s)
		}
		w.Settle()
		theirs, err := w.Stripe.Account(t.Context(), w.acct())
		if err != nil || theirs.Schedule.Interval != c.wish.Interval || theirs.Schedule.Anchor != c.anchor || theirs.Schedule.DelayDays != c.delay {
			t.Errorf("%+v at Stripe: %+v, %v", c.wish, theirs.Schedule, err)
		}
		if s := w.scheduled(); !s.Shown() || s.DelayDays == nil || *s.DelayDays != c.delay {
			t.Errorf("%+v after the look: %+v", c.wish, s)
		}
		w.Advance(time.Second)
	}
}

func TestWhoMayChooseASchedule(t *testing.T) {
	t.Parallel()
	w := start(t)
	admin, other := factory.Person(t, w.DB, "Ada", user.Admin), w.Owner("Ossi")
	daily := payout.Wish{Interval: "daily"}
	for name, c := range map[string]struct {
		by     booking.Actor
		wish   payout.Wish
		reason string
		want   fault.Kind
	}{
		"another owner":   {booking.Owner(other.ID), daily, "", fault.NotFound},
		"a tenant":        {booking.Tenant(w.tenant.ID), daily, "", fault.NotFound},
		"no such thing":   {booking.Owner(w.owner.ID), payout.Wish{Interval: "hourly"}, "", fault.Invalid},
		"no weekday":      {booking.Owner(w.owner.ID), payout.Wish{Interval: "weekly"}, "", fault.Invalid},
		"no such day":     {booking.Owner(w.owner.ID), payout.Wish{Interval: "monthly", Anchor: "32"}, "", fault.Invalid},
		"too long":        {booking.Owner(w.owner.ID), payout.Wish{Interval: "daily", Delay: "90"}, "", fault.Invalid},
		"Stripe refuses":  {booking.Owner(w.owner.ID), payout.Wish{Interval: "daily", Delay: "1"}, "", fault.Invalid},
		"without reasons": {booking.Admin(admin.ID, "192.0.2.1"), daily, "", fault.Invalid},
	} {
		if err := w.Payout.SetSchedule(t.Context(), c.by, w.acct(), c.wish, c.reason); !fault.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.Payout.OwnersChoose = false
	if err := w.Payout.SetSchedule(t.Context(), booking.Owner(w.owner.ID), w.acct(), daily, ""); !fault.Is(err, fault.Denied) {
		t.Errorf("where only admins choose: %v", err)
	}
	if s := w.scheduled(); s.Automatic() {
		t.Fatalf("somebody got through: %+v", s)
	}
	if err := w.Payout.SetSchedule(t.Context(), booking.Admin(admin.ID, "192.0.2.1"), w.acct(), daily, "They asked on the phone"); err != nil || !w.scheduled().Automatic() {
		t.Errorf("an admin: %v, %+v", err, w.scheduled())
	}
	if w.count(`SELECT count(*) FROM audit_log WHERE act = 'schedule'`) != 1 {
		t.Error("the admin's act is not kept")
	}
}

// What was planned is sent, once, whatever becomes of the answer.
func TestAScheduleSurvivesALostAnswer(t *testing.T) {
	for _, kind := range []string{"reset", "reset_before", "500"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			w.spoil("POST /v1/accounts/{id}", kind)
			by := booking.Owner(w.owner.ID)
			if err := w.Payout.SetSchedule(t.Context(), by, w.acct(), payout.Wish{Interval: "daily"}, ""); err != nil {
				t.Fatal(err)
			}
			if err := w.Payout.SetSchedule(t.Context(), by, w.acct(), payout.Wish{Interval: "manual"}, ""); !fault.Is(err, fault.Conflict) {
				t.Errorf("another one while it is not known: %v", err)
			}
			if kind == "500" { // repeated for a day
				w.Advance(24 * time.Hour)
			}
			for range 4 {
				if err := w.Payout.Resume(t.Context()); err == nil { // as every sweep does
					break
				}
			}
			w.Settle()
			if open := w.count(`SELECT count(*) FROM payout_schedules WHERE status = 'planned'`); open != 0 {
				t.Errorf("%d are still open", open)
			}
			if automatic := w.scheduled().Automatic(); automatic != (kind != "500") {
				t.Errorf("automatic is %v", automatic)
			}
		})
	}
}

// One payout of Stripe's own carries many stays, and the very one is known for
// each; Hearth's own release keeps out of it.
func TestAnAutomaticPayoutIsExplained(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.schedule("weekly", "monday")
	first, second := w.paid(20), w.paid(30) // long before check-in
	w.days(10)
	made := w.atStripe()
	if len(made) != 1 || !made[0].Automatic || made[0].Amount != 2*share {
		t.Fatalf("at Stripe: %+v", made)
	}
	for _, b := range []booking.Booking{first, second} {
		if s := w.stay(b); s.Standing(w.Now(), 1) != payout.Released || *s.PayoutStripeID != made[0].ID || s.CarriedAmount != share {
			t.Errorf("the way of %s: %+v", b.Code, s)
		}
	}
	if w.count(`SELECT count(*) FROM payouts WHERE automatic AND unnamed = 0 AND bank_last4 = '6789'`) != 1 {
		t.Error("not all of it has a name, or the bank none")
	}
	// A refund now takes what is not there: the owner's next money makes up for it.
	third := w.paid(40)
	if _, err := w.Checkout.Refund(t.Context(), booking.Owner(w.owner.ID), first.ID, money.New(16000, "usd"), "The sauna was cold"); err != nil {
		t.Fatal(err)
	}
	w.Settle()
	w.days(10)
	if own, bank := w.balance(ledger.Owner(w.acct())), w.balance(ledger.Bank(w.acct())); own != 0 || bank != 3*share-14080 {
		t.Errorf("the books say %d left and %d at the bank", own, bank)
	}
	for _, b := range []booking.Booking{first, second, third} {
		if s := w.stay(b); s.Standing(w.Now(), 1) != payout.Released {
			t.Errorf("%s: %s %+v", b.Code, s.Standing(w.Now(), 1), s)
		}
	}
	if d := w.balance(ledger.Debt(w.acct())); d != 0 {
		t.Errorf("a debt of %d is left", d)
	}
}

// A failed automatic payout gives its stays back, and the next one takes them.
func TestAFailedAutomaticPayoutGivesItsStaysBack(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.schedule("daily", "")
	b := w.paid(20)
	w.days(5)
	if s := w.stay(b); s.Standing(w.Now(), 1) != payout.Released {
		t.Fatalf("before the bank returns it: %s", s.Standing(w.Now(), 1))
	}
	failed := w.atStripe()[0].ID
	w.Control("payouts/"+failed+"/fail", map[string]any{"reason": "account_closed"})
	w.Settle()
	if s := w.stay(b); s.PayoutID != nil || s.CarriedAmount != 0 {
		t.Fatalf("after: %+v", s)
	}
	w.newBank()
	w.days(5)
	s := w.stay(b)
	if s.Standing(w.Now(), 1) != payout.Released || *s.PayoutStripeID == failed || s.CarriedAmount != share {
		t.Errorf("by the next: %+v", s)
	}
	if n := w.count(`SELECT count(*) FROM payouts WHERE unnamed <> 0`); n != 0 {
		t.Errorf("%d payouts are not explained", n)
	}
}

// From a manual schedule to a daily one and back: nothing is paid twice, and
// nothing is carried twice.
func TestChangingTheScheduleMidway(t *testing.T) {
	t.Parallel()
	w := start(t)
	early := w.paid(3)
	w.days(6)
	w.schedule("daily", "")
	late := w.paid(30)
	w.days(6)
	w.schedule("manual", "")
	last := w.paid(4)
	w.days(6)
	for _, b := range []booking.Booking{early, late, last} {
		if s := w.stay(b); s.Standing(w.Now(), 1) != payout.Released || s.CarriedAmount != share {
			t.Errorf("%s: %s %+v", b.Code, s.Standing(w.Now(), 1), s)
		}
	}
	if n := w.count(`SELECT count(*) FROM payout_releases WHERE returned_at IS NULL`); n != 3 {
		t.Errorf("%d parts are carried", n)
	}
	if own, bank := w.balance(ledger.Owner(w.acct())), w.balance(ledger.Bank(w.acct())); own != 0 || bank != 3*share {
		t.Errorf("the books say %d left and %d at the bank", own, bank)
	}
}

// No webhook tells of the payout: the list does.
func TestAnAutomaticPayoutThatNobodyToldOfIsFound(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.schedule("daily", "")
	b := w.paid(20)
	w.Control("webhooks", map[string]any{"mode": "drop"})
	w.days(7)
	if s := w.stay(b); s.Standing(w.Now(), 1) != payout.Released {
		t.Errorf("after a week: %s", s.Standing(w.Now(), 1))
	}
}
