package hosting_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"hearth/internal/connect"
	"hearth/internal/fault"
	"hearth/internal/stripeapi"
)

func TestALinkLeadsToItsOwnersAccountAlone(t *testing.T) {
	t.Parallel()
	w := start(t)
	ada, bob := w.person(), w.person()
	for range 2 {
		forAda, err := w.StartOnboarding(t.Context(), ada.ID)
		if err != nil {
			t.Fatal(err)
		}
		forBob, err := w.StartOnboarding(t.Context(), bob.ID)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(forAda, w.stored(ada).StripeAccountID) || !strings.Contains(forBob, w.stored(bob).StripeAccountID) || w.stored(ada).ID == w.stored(bob).ID {
			t.Errorf("links %q and %q", forAda, forBob)
		}
	}
}

// Links live in memory only.
func TestLinksAreNotStored(t *testing.T) {
	t.Parallel()
	w := start(t)
	u, _ := w.onboarded("active")
	other := w.person()
	link, err := w.StartOnboarding(t.Context(), other.ID)
	if err != nil {
		t.Fatal(err)
	}
	login, err := w.DashboardLink(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{link, login} {
		token := secret[strings.LastIndex(secret, "/")+1:]
		for _, table := range []string{"stripe_requests", "stripe_events", "notifications", "connected_accounts", "river_job"} {
			if n := w.count(`SELECT count(*) FROM `+table+` t WHERE t::text LIKE '%' || $1 || '%'`, token); n != 0 {
				t.Errorf("the link is in %s", table)
			}
		}
	}
}

func TestASpentLinkComesBackToRefresh(t *testing.T) {
	t.Parallel()
	w := start(t)
	u := w.person()
	link, err := w.StartOnboarding(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var to string
	for range 2 {
		answer, err := stay.Get(link)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		to = answer.Header.Get("Location")
	}
	if to != base+"/owner/payouts/refresh" {
		t.Fatalf("a spent link leads to %q", to)
	}
	if again, err := w.Refresh(t.Context(), u.ID); err != nil || !w.intoStripe(again) || again == link {
		t.Errorf("refreshed: %q, %v", again, err)
	}
}

func TestRefreshEndsALoop(t *testing.T) {
	t.Parallel()
	w := start(t)
	u := w.person()
	if _, err := w.StartOnboarding(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	var err error
	for range 6 {
		if _, err = w.Refresh(t.Context(), u.ID); err != nil {
			break
		}
	}
	if !fault.Is(err, fault.Conflict) {
		t.Fatalf("round and round: %v", err)
	}
	if _, err := w.StartOnboarding(t.Context(), u.ID); err != nil {
		t.Errorf("a click of the owner's own is no loop: %v", err)
	}
	later := time.Now().Add(3 * time.Minute)
	w.Now = func() time.Time { return later }
	if _, err := w.Refresh(t.Context(), u.ID); err != nil {
		t.Errorf("later: %v", err)
	}
}

func TestARejectedAccountGetsNoLink(t *testing.T) {
	t.Parallel()
	w := start(t)
	u, a := w.onboarded("rejected")
	if a.State() != connect.Rejected || a.CanBePaid() {
		t.Fatalf("the account is %s", a.State())
	}
	before := w.count(`SELECT count(*) FROM stripe_requests WHERE purpose = 'account_link'`)
	for name, call := range map[string]func() (string, error){
		"start":   func() (string, error) { return w.StartOnboarding(t.Context(), u.ID) },
		"refresh": func() (string, error) { return w.Refresh(t.Context(), u.ID) },
	} {
		if url, err := call(); !fault.Is(err, fault.Denied) {
			t.Errorf("%s: %q, %v", name, url, err)
		}
	}
	if after := w.count(`SELECT count(*) FROM stripe_requests WHERE purpose = 'account_link'`); after != before {
		t.Errorf("%d links were made", after-before)
	}
	if w.mails("account_problem_owner") != 1 {
		t.Errorf("%d mails", w.mails("account_problem_owner"))
	}
}

// The row may still say active: the door asks Stripe.
func TestAnAccountLostUnheardGetsNoLink(t *testing.T) {
	t.Parallel()
	w := start(t)
	u, a := w.onboarded("active")
	w.control("webhooks", map[string]any{"mode": "drop"})
	w.control("accounts/"+a.StripeAccountID+"/deauthorize", nil)
	if _, err := w.StartOnboarding(t.Context(), u.ID); !fault.Is(err, fault.Denied) {
		t.Errorf("start: %v", err)
	}
	if _, err := w.DashboardLink(t.Context(), u.ID); !fault.Is(err, fault.Denied) {
		t.Errorf("dashboard: %v", err)
	}
	w.settle()
	if got := w.stored(u); got.LostAt == nil || got.CanBePaid() {
		t.Errorf("the look was not written: %+v", got)
	}
	if n := w.count(`SELECT count(*) FROM payable_owners WHERE user_id = $1`, u.ID); n != 0 {
		t.Error("the homes are still on sale")
	}
}

func TestAKeyThatMayNotReadIsNoLoss(t *testing.T) {
	t.Parallel()
	if connect.Gone(&stripeapi.Error{Status: http.StatusForbidden, Message: "The provided key does not have the required permissions"}) {
		t.Error("a restricted key would disconnect everybody")
	}
	if !connect.Gone(&stripeapi.Error{Status: http.StatusForbidden, Code: "account_invalid"}) || !connect.Gone(&stripeapi.Error{Status: http.StatusNotFound}) {
		t.Error("a lost account is gone")
	}
}

func TestTheLinkComesBackToUs(t *testing.T) {
	t.Parallel()
	w := start(t)
	u := w.person()
	if _, err := w.StartOnboarding(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	requests, err := stripeapi.RequestsAbout(t.Context(), w.db, "user:"+string(u.ID))
	if err != nil {
		t.Fatal(err)
	}
	sent, err := url.ParseQuery(requests[1].Params)
	if err != nil || sent.Get("refresh_url") != base+"/owner/payouts/refresh" || sent.Get("return_url") != base+"/owner/payouts/return" || sent.Get("type") != "account_onboarding" {
		t.Errorf("asked for %v, %v", sent, err)
	}
}
