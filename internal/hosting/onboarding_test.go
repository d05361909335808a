package hosting_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"hearth/internal/connect"
	"hearth/internal/fault"
	"hearth/internal/stripeapi"
	"hearth/internal/user"
)

func TestFromNothingToPaid(t *testing.T) {
	t.Parallel()
	w := start(t)
	u := w.person()
	url, err := w.StartOnboarding(t.Context(), u.ID)
	if err != nil || !w.intoStripe(url) {
		t.Fatalf("start: %q, %v", url, err)
	}
	a := w.stored(u)
	if a.State() != connect.NotStarted && a.State() != connect.Incomplete {
		t.Errorf("an account just made is %s", a.State())
	}
	if _, err := w.DashboardLink(t.Context(), u.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("a dashboard before the form was sent: %v", err)
	}
	if back, err := w.Return(t.Context(), u.ID); err != nil || back.State() != connect.Incomplete || len(back.Due()) == 0 {
		t.Errorf("coming back with nothing done: %s, %d due, %v", back.State(), len(back.Due()), err)
	}
	w.onboard(a, "active")
	if a = w.stored(u); !a.CanBePaid() || a.PayoutInterval != "manual" {
		t.Errorf("after onboarding: %s, payouts %q", a.State(), a.PayoutInterval)
	}
	if url, err := w.StartOnboarding(t.Context(), u.ID); err != nil || url != base+"/owner/payouts" {
		t.Errorf("nothing is due, yet there is a link: %q, %v", url, err)
	}
	if url, err := w.DashboardLink(t.Context(), u.ID); err != nil || !strings.HasPrefix(url, w.stripe+"/express/") {
		t.Errorf("dashboard: %q, %v", url, err)
	}
	if got, err := user.ByID(t.Context(), w.db, u.ID); err != nil || !got.IsOwner() {
		t.Errorf("whoever sets up payouts is an owner: %v, %v", got.Roles, err)
	}
}

func TestTheAccountIsAskedForAsWePromise(t *testing.T) {
	t.Parallel()
	w := start(t)
	u := w.person()
	if _, err := w.StartOnboarding(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	made, err := w.Stripe.Account(t.Context(), w.stored(u).StripeAccountID)
	if err != nil {
		t.Fatal(err)
	}
	_, cards := made.Capabilities["card_payments"]
	_, transfers := made.Capabilities["transfers"]
	if made.Type != "express" || made.Country != "US" || !cards || !transfers || made.Metadata[stripeapi.MetaUser] != string(u.ID) {
		t.Errorf("made: %+v", made)
	}
	requests, err := stripeapi.RequestsAbout(t.Context(), w.db, "user:"+string(u.ID))
	if err != nil || len(requests) != 2 || requests[0].Key != "owner:"+string(u.ID)+":acct" {
		t.Fatalf("requests: %+v, %v", requests, err)
	}
	for _, want := range []string{"first_name%5D=Ada", "last_name%5D=Lovelace+King", "phone%5D=%2B14155550100", "interval%5D=manual", "business_profile%5Bmcc%5D=6513"} {
		if !strings.Contains(requests[0].Params, want) {
			t.Errorf("the request lacks %s: %s", want, requests[0].Params)
		}
	}
	if strings.Contains(requests[0].Params, "localhost") {
		t.Error("Stripe is told of a page that it cannot see")
	}
}

func TestTwiceIsOneAccount(t *testing.T) {
	t.Parallel()
	w := start(t)
	u := w.person()
	first, err := w.StartOnboarding(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.StartOnboarding(t.Context(), u.ID)
	if err != nil || first == second || !w.intoStripe(second) {
		t.Errorf("a second link: %q, %v", second, err)
	}
	if n := w.atStripe(u); n != 1 {
		t.Errorf("%d accounts", n)
	}
}

func TestManyClicksAtOnceAreOneAccount(t *testing.T) {
	t.Parallel()
	w := start(t)
	u := w.person()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if url, err := w.StartOnboarding(t.Context(), u.ID); err != nil || !w.intoStripe(url) {
				t.Errorf("click: %q, %v", url, err)
			}
		})
	}
	all.Wait()
	if n := w.atStripe(u); n != 1 {
		t.Errorf("%d accounts", n)
	}
}

// The slower of two clicks meets the other's request in flight.
func TestARivalInFlightIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.busy.Store(2)
	if url, err := w.StartOnboarding(t.Context(), w.person().ID); err != nil || !w.intoStripe(url) {
		t.Errorf("the second click: %q, %v", url, err)
	}
}

// Whatever happens to the answer, the next click ends with one account.
func TestLostAnswers(t *testing.T) {
	for kind, asked := range map[string]int{"reset": 1, "reset_before": 1, "500": 2, "500_after": 1, "503": 1, "429": 1} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			u := w.person()
			w.spoil(kind)
			if _, err := w.StartOnboarding(t.Context(), u.ID); !fault.Is(err, fault.Unavailable) {
				t.Fatalf("with a %s: %v", kind, err)
			}
			if url, err := w.StartOnboarding(t.Context(), u.ID); err != nil || !w.intoStripe(url) {
				t.Fatalf("the next click: %q, %v", url, err)
			}
			if n := w.atStripe(u); n != 1 {
				t.Errorf("%d accounts", n)
			}
			all, err := stripeapi.RequestsAbout(t.Context(), w.db, "user:"+string(u.ID))
			all = slices.DeleteFunc(all, func(r stripeapi.Request) bool { return r.Purpose != stripeapi.ForAccount })
			if err != nil || len(all) != asked {
				t.Errorf("asked under %d keys, want %d (%v)", len(all), asked, err)
			}
		})
	}
}

func TestACrashAfterThePlanIsResumed(t *testing.T) {
	t.Parallel()
	w := start(t)
	u := w.person()
	w.spoil("reset_before")
	if _, err := w.StartOnboarding(t.Context(), u.ID); err == nil {
		t.Fatal("the connection was cut")
	}
	w.exec(`UPDATE stripe_requests SET state = 'planned', first_sent_at = NULL, attempts = 0`) // as if we had died before sending
	if _, err := w.StartOnboarding(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	if n := w.count(`SELECT count(*) FROM stripe_requests WHERE purpose = 'account'`); n != 1 || w.atStripe(u) != 1 {
		t.Errorf("%d requests, %d accounts", n, w.atStripe(u))
	}
}

// The resume job may have sent the request meanwhile: then only the id is missing.
func TestACrashAfterTheAnswerIsResumed(t *testing.T) {
	t.Parallel()
	w := start(t)
	u := w.person()
	if _, err := w.StartOnboarding(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	acct := w.stored(u).StripeAccountID
	w.exec(`UPDATE connected_accounts SET stripe_account_id = NULL`)
	if _, err := w.StartOnboarding(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	if got := w.stored(u).StripeAccountID; got != acct {
		t.Errorf("the account was %s and is %s", acct, got)
	}
}

func TestAForgottenKeyIsNotUsedAgain(t *testing.T) {
	t.Parallel()
	w := start(t)
	u := w.person()
	w.spoil("reset_before")
	if _, err := w.StartOnboarding(t.Context(), u.ID); err == nil {
		t.Fatal("the connection was cut")
	}
	w.exec(`UPDATE stripe_requests SET planned_at = planned_at - interval '25 hours', first_sent_at = first_sent_at - interval '25 hours'`)
	if _, err := w.StartOnboarding(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	requests, err := stripeapi.RequestsAbout(t.Context(), w.db, "user:"+string(u.ID))
	if err != nil || requests[0].Key == requests[1].Key || requests[0].State != stripeapi.StateRefused {
		t.Errorf("requests: %+v, %v", requests, err)
	}
	if n := w.atStripe(u); n != 1 {
		t.Errorf("%d accounts", n)
	}
}

// What we know of a person may be what Stripe does not take.
func TestARefusedPrefillIsLeftOut(t *testing.T) {
	t.Parallel()
	w := start(t)
	u := w.person()
	w.exec(`UPDATE users SET email = 'not an address' WHERE id = $1`, u.ID)
	url, err := w.StartOnboarding(t.Context(), u.ID)
	if err != nil || !w.intoStripe(url) {
		t.Fatalf("start: %q, %v", url, err)
	}
	if n := w.atStripe(u); n != 1 {
		t.Errorf("%d accounts", n)
	}
}

func TestNothingAtAllIsExplained(t *testing.T) {
	t.Parallel()
	w := start(t)
	u := w.person()
	for name, call := range map[string]func() error{
		"refresh":   func() error { _, err := w.Refresh(t.Context(), u.ID); return err },
		"return":    func() error { _, err := w.Return(t.Context(), u.ID); return err },
		"dashboard": func() error { _, err := w.DashboardLink(t.Context(), u.ID); return err },
	} {
		if err := call(); !fault.Is(err, fault.Conflict) {
			t.Errorf("%s without an account: %v", name, err)
		}
	}
	if w.atStripe(u) != 0 {
		t.Error("only the owner's own wish makes an account")
	}
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.db.Exec(w.t.Context(), sql, args...); err != nil {
		w.t.Fatal(err)
	}
}
