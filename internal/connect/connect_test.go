package connect_test

import (
	"testing"
	"time"

	"hearth/internal/connect"
	"hearth/internal/fault"
	"hearth/internal/inbound"
	"hearth/internal/stripeapi"
	"hearth/internal/testkit/pgtest"
	"hearth/internal/user"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"
)

var now = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

// planned is an account whose creation was planned and not answered.
func planned(t testing.TB, tx pgx.Tx) connect.Account {
	t.Helper()
	id := uuid.NewString()
	u, err := user.Create(t.Context(), tx, user.New{Email: id + "@example.com", Name: "Ada Owner", PasswordHash: "x"}, now)
	if err != nil {
		t.Fatal(err)
	}
	client, err := stripeapi.New(stripeapi.Config{Key: "sk_test_x", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	request, err := client.Plan(t.Context(), tx, stripeapi.Planned{Purpose: stripeapi.ForAccount, Path: stripeapi.AccountsPath, Key: id})
	if err != nil {
		t.Fatal(err)
	}
	a, err := connect.Plan(t.Context(), tx, u.ID, false, request, "US", now)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// attached is an account that Stripe has made.
func attached(t testing.TB, tx pgx.Tx) connect.Account {
	t.Helper()
	a := planned(t, tx)
	acct := "acct_" + uuid.NewString()
	if err := connect.Attach(t.Context(), tx, a.ID, acct); err != nil {
		t.Fatal(err)
	}
	a, err := connect.ByStripeID(t.Context(), tx, acct)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func enabled() stripeapi.Account {
	return stripeapi.Account{
		Country: "US", ChargesEnabled: true, PayoutsEnabled: true, DetailsSubmitted: true,
		Capabilities: map[string]string{"transfers": "active", "card_payments": "active"}, PayoutInterval: "manual",
	}
}

// Whatever Stripe says, Go and SQL agree on whom we may take money for.
func TestCanBePaidIsTheViewPayableOwners(t *testing.T) {
	tx := pgtest.Tx(t)
	a := attached(t, tx)
	rapid.Check(t, func(rt *rapid.T) {
		seen := stripeapi.Account{
			ChargesEnabled: rapid.Bool().Draw(rt, "charges"), PayoutsEnabled: rapid.Bool().Draw(rt, "payouts"),
			DetailsSubmitted: rapid.Bool().Draw(rt, "submitted"),
			Capabilities:     map[string]string{"transfers": rapid.SampledFrom([]string{"active", "active", "inactive", "pending", ""}).Draw(rt, "transfers")},
			DisabledReason: rapid.SampledFrom([]string{"", "", "rejected.fraud", "rejected.other", "rejectedXfraud", "rejected", "not rejected.fraud",
				"listed", "requirements.past_due", "platform_paused"}).Draw(rt, "reason"),
		}
		_, after, err := connect.Apply(t.Context(), tx, a.ID, seen, now)
		if err != nil {
			rt.Fatal(err)
		}
		if rapid.IntRange(0, 3).Draw(rt, "lost") == 0 {
			if _, after, err = connect.Disconnect(t.Context(), tx, a.ID, rapid.Bool().Draw(rt, "told"), now); err != nil {
				rt.Fatal(err)
			}
		}
		stored, err := connect.ByStripeID(t.Context(), tx, a.StripeAccountID)
		if err != nil {
			rt.Fatal(err)
		}
		if stored.CanBePaid() != after.CanBePaid() || stored.State() != after.State() {
			rt.Fatalf("what is stored is not what Apply returned: %+v, %+v", stored, after)
		}
		for _, word := range []func() error{
			func() error { return connect.Pause(t.Context(), tx, a.StripeAccountID, "why", now) },
			func() error { return connect.Resume(t.Context(), tx, a.StripeAccountID) },
		} {
			if rapid.IntRange(0, 2).Draw(rt, "ours") == 0 {
				if err := word(); err != nil && !fault.Is(err, fault.Conflict) {
					rt.Fatal(err)
				}
			}
		}
		if rapid.IntRange(0, 60).Draw(rt, "retire") == 0 { // for good: an account of its own for what comes
			if err := connect.Retire(t.Context(), tx, a.StripeAccountID, now); err != nil {
				rt.Fatal(err)
			}
			defer func() { a = attached(t, tx) }()
		}
		if after, err = connect.ByStripeID(t.Context(), tx, a.StripeAccountID); err != nil {
			rt.Fatal(err)
		}
		var inView bool
		err = tx.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM payable_owners WHERE user_id = $1 AND NOT livemode)`, a.UserID).Scan(&inView)
		if err != nil {
			rt.Fatal(err)
		}
		if after.CanBePaid() != inView {
			rt.Fatalf("CanBePaid is %v, the view says %v: %+v", after.CanBePaid(), inView, after)
		}
	})
}

func TestAnAccountWithoutAnIDCannotBePaid(t *testing.T) {
	tx := pgtest.Tx(t)
	a := planned(t, tx)
	_, after, err := connect.Apply(t.Context(), tx, a.ID, enabled(), now)
	if err != nil {
		t.Fatal(err)
	}
	if after.CanBePaid() || after.State() != connect.NotStarted {
		t.Errorf("an account that Stripe never answered for is %s", after.State())
	}
}

// The state tuples of STRIPE.md §1.2, and what we call them.
func TestStates(t *testing.T) {
	soon := now.Add(72 * time.Hour)
	for name, c := range map[string]struct {
		change func(*stripeapi.Account)
		want   connect.State
		action bool
	}{
		"active":               {func(*stripeapi.Account) {}, connect.Active, false},
		"active, later demand": {func(a *stripeapi.Account) { a.CurrentlyDue, a.CurrentDeadline = []string{"x"}, &soon }, connect.Active, true},
		"verified, bank missing": {func(a *stripeapi.Account) {
			a.DetailsSubmitted, a.PayoutsEnabled, a.PastDue = false, false, []string{"external_account"}
		}, connect.Active, true},
		"just created": {func(a *stripeapi.Account) {
			off(a)
			a.DetailsSubmitted, a.DisabledReason = false, "requirements.past_due"
		}, connect.Incomplete, true},
		"checks running":            {func(a *stripeapi.Account) { off(a); a.DisabledReason = "requirements.pending_verification" }, connect.InReview, false},
		"under review":              {func(a *stripeapi.Account) { off(a); a.DisabledReason = "under_review" }, connect.InReview, false},
		"document asked":            {func(a *stripeapi.Account) { off(a); a.PastDue = []string{"individual.verification.document"} }, connect.Restricted, true},
		"paused by the platform":    {func(a *stripeapi.Account) { off(a); a.DisabledReason = "platform_paused" }, connect.Restricted, false},
		"a reason nobody knew":      {func(a *stripeapi.Account) { off(a); a.DisabledReason = "brand_new" }, connect.Restricted, false},
		"rejected":                  {func(a *stripeapi.Account) { off(a); a.DisabledReason, a.PastDue = "rejected.fraud", []string{"x"} }, connect.Rejected, false},
		"transfers off, charges on": {func(a *stripeapi.Account) { a.Capabilities["transfers"] = "inactive" }, connect.InReview, false},
	} {
		seen := enabled()
		c.change(&seen)
		a := connect.Account{StripeAccountID: "acct_1"}.With(seen, now)
		if a.State() != c.want || a.NeedsAction() != c.action {
			t.Errorf("%s: %s, needs action %v; want %s, %v", name, a.State(), a.NeedsAction(), c.want, c.action)
		}
		if a.RestrictedSoon() != (a.DueBy != nil) {
			t.Errorf("%s: restricted soon is %v", name, a.RestrictedSoon())
		}
	}
	if (connect.Account{}).State() != connect.NotStarted {
		t.Error("nobody began")
	}
}

func off(a *stripeapi.Account) {
	a.ChargesEnabled, a.PayoutsEnabled, a.Capabilities = false, false, map[string]string{"transfers": "inactive"}
}

func TestALostAccountComesBackWhenStripeShowsIt(t *testing.T) {
	tx := pgtest.Tx(t)
	a := attached(t, tx)
	if _, a, _ = connect.Disconnect(t.Context(), tx, a.ID, true, now); a.State() != connect.Disconnected || a.DeauthorizedAt == nil {
		t.Fatalf("disconnected: %+v", a)
	}
	_, again, err := connect.Disconnect(t.Context(), tx, a.ID, false, now.Add(time.Hour))
	if err != nil || !again.DeauthorizedAt.Equal(now) {
		t.Errorf("a later look forgets the deauthorisation: %+v, %v", again, err)
	}
	before, after, err := connect.Apply(t.Context(), tx, a.ID, enabled(), now)
	if err != nil || !before.Lost() || !after.CanBePaid() {
		t.Errorf("connected again: %+v, %v", after, err)
	}
}

func TestTheFirstAnswerStays(t *testing.T) {
	tx := pgtest.Tx(t)
	a := attached(t, tx)
	if err := connect.Attach(t.Context(), tx, a.ID, "acct_other"); err != nil {
		t.Fatal(err)
	}
	if err := connect.Replan(t.Context(), tx, a.ID, a.RequestID); err != nil {
		t.Fatal(err)
	}
	if got, err := connect.ByUser(t.Context(), tx, a.UserID, false); err != nil || got.StripeAccountID != a.StripeAccountID {
		t.Errorf("the account is now %q, %v", got.StripeAccountID, err)
	}
	if _, err := connect.ByUser(t.Context(), tx, a.UserID, true); !fault.Is(err, fault.NotFound) {
		t.Errorf("the test account was found in live mode: %v", err)
	}
}

func TestSubjects(t *testing.T) {
	tx := pgtest.Tx(t)
	a := attached(t, tx)
	ours := inbound.Subject{Kind: inbound.Account, ID: a.StripeAccountID}
	for name, c := range map[string]struct {
		ev   inbound.Event
		want inbound.Subject
	}{
		"updated":         {inbound.Event{Account: a.StripeAccountID, ObjectID: a.StripeAccountID}, ours},
		"deauthorised":    {inbound.Event{Account: a.StripeAccountID, ObjectID: "ca_1"}, ours},
		"capability":      {inbound.Event{Account: a.StripeAccountID, ObjectID: "transfers"}, ours},
		"on our side":     {inbound.Event{ObjectID: a.StripeAccountID}, ours},
		"somebody else's": {inbound.Event{Account: "acct_foreign", ObjectID: a.StripeAccountID}, inbound.Subject{}},
		"not an account":  {inbound.Event{ObjectID: "po_1"}, inbound.Subject{}},
		"nothing named":   {inbound.Event{}, inbound.Subject{}},
	} {
		if got, err := connect.SubjectOf(t.Context(), tx, c.ev); err != nil || got != c.want {
			t.Errorf("%s: %v, %v; want %v", name, got, err, c.want)
		}
	}
}

func TestDueSpeaksPlainly(t *testing.T) {
	a := connect.Account{
		PastDue:      []string{"individual.dob.day", "individual.dob.month", "external_account"},
		CurrentlyDue: []string{"individual.dob.year", "external_account", "individual.verification.document", "person_12.verification.additional_document", "business_profile.url", "tos_acceptance.date", "tos_acceptance.ip", "brand_new.thing_asked"},
		Errors:       []connect.Problem{{Code: "verification_document_expired", Reason: "The document has expired.", Requirement: "individual.verification.document"}},
	}
	want := []connect.Requirement{
		{Words: "Your date of birth", Overdue: true},
		{Words: "A bank account for your payouts", Overdue: true},
		{Words: "Your identity document, as a photo or scan", Problem: "The document has expired."},
		{Words: "The representative’s proof of address, as a photo or scan"},
		{Words: "Your business’s website or a description of what you offer"},
		{Words: "Your agreement to Stripe’s terms"},
		{Words: "Brand new, thing asked"},
	}
	got := a.Due()
	if len(got) != len(want) {
		t.Fatalf("%d things are due, want %d: %+v", len(got), len(want), got)
	}
	for i, w := range want {
		if got[i].Words != w.Words || got[i].Overdue != w.Overdue || got[i].Problem != w.Problem || got[i].Section == "" {
			t.Errorf("%d: %+v, want %+v", i, got[i], w)
		}
	}
}

func TestStaleAsksForTheOldestLookFirst(t *testing.T) {
	tx := pgtest.Tx(t)
	fresh, never, old := attached(t, tx), attached(t, tx), attached(t, tx)
	for id, at := range map[connect.ID]time.Time{fresh.ID: now, old.ID: now.Add(-48 * time.Hour)} {
		if _, _, err := connect.Apply(t.Context(), tx, id, enabled(), at); err != nil {
			t.Fatal(err)
		}
	}
	got, err := connect.Stale(t.Context(), tx, false, now.Add(-24*time.Hour), 10)
	if err != nil || len(got) != 2 || got[0].ID != never.ID || got[1].ID != old.ID {
		t.Errorf("stale: %+v, %v", got, err)
	}
}
