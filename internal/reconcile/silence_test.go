package reconcile_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/connect"
	"hearth/internal/ledger"
	"hearth/internal/listing"
	"hearth/internal/payment"
	"hearth/internal/payout"
	"hearth/internal/reconcile"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"
)

// TestOneSweepIsEnough lives through the same days twice: once with every
// webhook, and once with none, ours or the accounts'. One sweep later both
// worlds are the same, and the books agree in both.
func TestOneSweepIsEnough(t *testing.T) {
	t.Parallel()
	told, silent := newLife(t), newLife(t)
	silent.Control("webhooks", map[string]any{"mode": "drop"})
	both := func(step string, do func(l *life)) {
		t.Helper()
		for _, l := range []*life{told, silent} {
			do(l)
		}
		told.Settle()
	}
	same := func(when string) {
		t.Helper()
		both("time passes", func(l *life) { l.Advance(7 * time.Hour) }) // more than any look waits
		told.sweep()
		told.Settle()
		silent.sweep()
		if want, got := told.state(), silent.state(); want != got {
			t.Fatalf("%s, with webhooks:\n%s\nwithout, after a sweep:\n%s", when, want, got)
		}
	}

	both("booked and paid, but for one", func(l *life) {
		for i, days := range []int{3, 4, 30, 40, 50, 60, 70} {
			b := l.Held(l.tenant, l.homes[i%2], days, 2)
			if l.stays = append(l.stays, b); i != 6 {
				l.Pay(b, apptest.Good)
			}
		}
	})
	same("paid")
	if b := silent.Booking(silent.stays[2].ID); b.Status != booking.Confirmed {
		t.Fatalf("the stay is %s", b.Status)
	}
	if b := silent.Booking(silent.stays[6].ID); b.Status != booking.Expired {
		t.Fatalf("the hold is %s", b.Status)
	}

	both("refunded here and at the Dashboard", func(l *life) {
		l.refund(l.stays[2], 5000)
		l.post("", "/v1/refunds", url.Values{"payment_intent": {l.Payment(l.stays[3]).IntentID()}, "amount": {"7000"}, "reverse_transfer": {"true"}, "refund_application_fee": {"true"}})
	})
	both("disputed", func(l *life) {
		for _, i := range []int{4, 5} {
			l.Control("charges/"+l.Payment(l.stays[i]).ChargeID+"/dispute", map[string]any{})
		}
	})
	same("refunded and disputed")
	both("decided", func(l *life) {
		l.Control("disputes/"+l.dispute(4)+"/resolve", map[string]any{"outcome": "won"})
		l.Control("disputes/"+l.dispute(5)+"/resolve", map[string]any{"outcome": "lost"})
	})
	same("decided")

	both("paid out, by us and by an owner", func(l *life) {
		l.Advance(8 * 24 * time.Hour)
		if _, err := l.Payout.ReleaseDue(t.Context(), l.Now()); err != nil {
			t.Fatal(err)
		}
		l.post(l.accounts()[1], "/v1/payouts", url.Values{"amount": {"100"}, "currency": {"usd"}})
		l.Advance(5 * 24 * time.Hour)
	})
	same("paid out")
	both("one comes back, long after it arrived", func(l *life) {
		l.Control("payouts/"+l.payouts()[0]+"/fail", map[string]any{"reason": "account_closed"})
	})
	same("returned")
	both("one account is restricted", func(l *life) {
		l.Control("accounts/"+l.accounts()[0]+"/onboard", map[string]any{"outcome": "restricted"})
	})
	same("restricted")
	for _, l := range []*life{told, silent} {
		l.agree("at the end")
	}
	both("an owner disconnects", func(l *life) {
		l.Control("accounts/"+l.accounts()[1]+"/deauthorize", map[string]any{})
	})
	same("disconnected")
	for _, l := range []*life{told, silent} {
		l.agree("with an account that is not shown to us")
	}
	healed, err := reconcile.ListHealed(t.Context(), silent.DB, 100)
	if err != nil {
		t.Fatal(err)
	}
	all := ""
	for _, h := range healed {
		all += h.Effect + " | " + h.Why() + "\n"
	}
	for _, want := range []string{"booking held → confirmed", "booking held → expired", "dispute none → needs_response", "dispute needs_response → won",
		"payout failed", "No webhook brought payout.", "Nobody told us"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not among what was healed:\n%s", want, all)
		}
	}
	if quiet, err := reconcile.ListHealed(t.Context(), told.DB, 100); err != nil || len(quiet) > 2 {
		t.Errorf("with webhooks sweeps healed %+v, %v", quiet, err) // the hold's end, which no webhook tells
	}
}

// life is a world with two owners and their stays.
type life struct {
	*world
	owners []user.User
	homes  []listing.Listing
	stays  []booking.Booking
}

func newLife(t *testing.T) *life {
	t.Helper()
	l := &life{world: start(t)}
	l.owners = []user.User{l.owner, l.Owner("Ossi")}
	for _, o := range l.owners {
		l.homes = append(l.homes, factory.Home(t, l.DB, o.ID, nil))
	}
	return l
}

func (l *life) sweep() {
	l.T.Helper()
	if _, err := l.Reconcile.Sweep(l.T.Context()); err != nil {
		l.T.Fatal(err)
	}
}

func (l *life) accounts() (all []string) {
	for _, o := range l.owners {
		all = append(all, l.AccountOf(o.ID).StripeAccountID)
	}
	return all
}

func (l *life) dispute(stay int) string {
	l.T.Helper()
	all, err := payment.DisputesOf(l.T.Context(), l.DB, l.Payment(l.stays[stay]).ID)
	if err != nil || len(all) != 1 {
		l.T.Fatalf("disputes %+v, %v", all, err)
	}
	return all[0].ID
}

// payouts are the first owner's at Stripe.
func (l *life) payouts() (ids []string) {
	l.T.Helper()
	all, err := l.Stripe.Payouts(l.T.Context(), l.accounts()[0], time.Time{}, time.Time{})
	if err != nil || len(all) == 0 {
		l.T.Fatalf("payouts %+v, %v", all, err)
	}
	for _, p := range all {
		ids = append(ids, p.ID)
	}
	return ids
}

// state is everything that should be equal, with no id and no time in it.
func (l *life) state() string {
	l.T.Helper()
	var out strings.Builder
	ctx := l.T.Context()
	for i, s := range l.stays {
		b, p := l.Booking(s.ID), l.Payment(s)
		fmt.Fprintf(&out, "stay %d: %s; payment %s %d refunded %d disputed %v\n", i, b.Status, p.Status, p.AmountReceived, p.AmountRefunded, p.Disputed)
		for _, r := range l.Refunds(s) {
			fmt.Fprintf(&out, "  refund %d %s %s reversed %d fee %d debt %d\n", r.Amount, r.Cause, r.Status, r.ReversedAmount, r.FeeRefunded, r.OwnerDebt)
		}
		disputes, err := payment.DisputesOf(ctx, l.DB, p.ID)
		if err != nil {
			l.T.Fatal(err)
		}
		for _, d := range disputes {
			fmt.Fprintf(&out, "  dispute %s withdrawn %d fee %d\n", d.Status, d.Withdrawn, d.Fee)
		}
		balances, err := ledger.BookingBalances(ctx, l.DB, string(b.ID))
		if err != nil {
			l.T.Fatal(err)
		}
		for name, minor := range balances {
			balances[strings.NewReplacer(l.accounts()[0], "0", l.accounts()[1], "1").Replace(name)] = minor
			if strings.Contains(name, "acct_") {
				delete(balances, name)
			}
		}
		fmt.Fprintf(&out, "  books %v\n", balances)
	}
	for i, o := range l.owners {
		a, err := connect.ByUser(ctx, l.DB, o.ID, false)
		if err != nil {
			l.T.Fatal(err)
		}
		fmt.Fprintf(&out, "owner %d: can be paid %v, payouts %v, lost %v, due %v\n", i, a.CanBePaid(), a.PayoutsEnabled, a.Lost(), a.CurrentlyDue)
		made, err := payout.Of(ctx, l.DB, o.ID, 50)
		if err != nil {
			l.T.Fatal(err)
		}
		var lines []string
		for _, p := range made {
			lines = append(lines, fmt.Sprintf("  payout %d %s %s", p.Amount, p.Status, p.FailureCode))
		}
		slices.Sort(lines)
		fmt.Fprintln(&out, strings.Join(lines, "\n"))
	}
	return out.String()
}
