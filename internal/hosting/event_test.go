package hosting_test

import (
	"testing"
	"time"

	"hearth/internal/connect"
	"hearth/internal/inbound"
)

func TestAStateThatNeedsTheOwnerIsMailedOnce(t *testing.T) {
	t.Parallel()
	w := start(t)
	u, a := w.onboarded("active")
	if n := w.mails("account_problem_owner"); n != 0 {
		t.Fatalf("%d mails about an account in order", n)
	}
	w.onboard(a, "restricted")
	if a = w.stored(u); a.CanBePaid() || a.State() != connect.Restricted {
		t.Fatalf("restricted: %s", a.State())
	}
	if n := w.mails("account_problem_owner"); n != 1 {
		t.Fatalf("%d mails", n)
	}
	// the same news again, by another event
	for _, key := range []string{"a", "b"} {
		if err := w.inbox.Nudge(t.Context(), w.db, inbound.SourceSweep, inbound.Subject{Kind: inbound.Account, ID: a.StripeAccountID}, key); err != nil {
			t.Fatal(err)
		}
		w.settle()
	}
	if n := w.mails("account_problem_owner"); n != 1 {
		t.Errorf("%d mails for one reason", n)
	}
	if n := w.count(`SELECT jsonb_array_length(data -> 'items') FROM notifications WHERE template = 'account_problem_owner'`); n == 0 {
		t.Error("the mail does not say what is missing")
	}
	w.onboard(a, "active")
	if !w.stored(u).CanBePaid() {
		t.Error("put in order, the owner cannot be paid")
	}
}

func TestOnboardingItselfIsNoNews(t *testing.T) {
	t.Parallel()
	w := start(t)
	for _, outcome := range []string{"active", "pending"} {
		u := w.person()
		if _, err := w.StartOnboarding(t.Context(), u.ID); err != nil {
			t.Fatal(err)
		}
		w.settle()
		if a := w.stored(u); a.State() != connect.Incomplete {
			t.Fatalf("before the form: %s", a.State())
		}
		w.onboard(w.stored(u), outcome)
	}
	if n := w.count(`SELECT count(*) FROM notifications`); n != 0 {
		t.Errorf("%d mails", n)
	}
}

func TestDeauthorised(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.person("admin")
	u, a := w.onboarded("active")
	w.control("accounts/"+a.StripeAccountID+"/deauthorize", nil)
	w.settle()
	if a = w.stored(u); a.DeauthorizedAt == nil || a.State() != connect.Disconnected {
		t.Fatalf("deauthorised: %+v", a)
	}
	if n := w.count(`SELECT count(*) FROM payable_owners`); n != 0 {
		t.Error("the homes are still on sale")
	}
	later := time.Now().Add(time.Hour)
	w.Now = func() time.Time { return later }
	if err := w.inbox.Nudge(t.Context(), w.db, inbound.SourceSweep, inbound.Subject{Kind: inbound.Account, ID: a.StripeAccountID}, "again"); err != nil {
		t.Fatal(err)
	}
	w.settle()
	if owner, admins := w.mails("account_problem_owner"), w.mails("account_disconnected_admin"); owner != 1 || admins != 1 {
		t.Errorf("%d mails to the owner, %d to admins", owner, admins)
	}
}

// Accounts of other platforms' owners, or made by hand, are not ours.
func TestForeignAccountsAreLeftAlone(t *testing.T) {
	t.Parallel()
	w := start(t)
	u, a := w.onboarded("active")
	w.exec(`UPDATE connected_accounts SET stripe_account_id = 'acct_other' WHERE user_id = $1`, u.ID)
	w.control("accounts/"+a.StripeAccountID+"/onboard", map[string]any{"outcome": "rejected"})
	w.settle()
	if n := w.count(`SELECT count(*) FROM stripe_events WHERE account = $1 AND subject = '' AND state <> 'applied'`, a.StripeAccountID); n == 0 {
		t.Error("the event of a foreign account found somebody")
	}
	if w.stored(u).Rejected() {
		t.Error("somebody else's news was written")
	}
}
