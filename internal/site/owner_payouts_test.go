package site_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"hearth/internal/testkit/factory"
	"hearth/internal/testkit/htmltest"
	"hearth/internal/user"
)

// newcomer is somebody without a home or an account, logged in.
func (c *town) newcomer(t *testing.T) (user.User, *htmltest.Browser) {
	t.Helper()
	u := factory.Person(t, c.DB, "Ned Newcomer")
	return u, c.logIn(t, u)
}

func TestSettingUpPayouts(t *testing.T) {
	c := newTown(t)
	u, b := c.newcomer(t)
	page := b.Get("/owner/payouts").WantStatus(200).Want("#account", "Set up your payouts").Want("form[action='/owner/payouts/setup'] button", "Set up payouts").
		WantNone("form[action='/owner/payouts/dashboard']")
	led := page.Submit("form[action='/owner/payouts/setup']").WantStatus(303)
	acct := c.AccountOf(u.ID).StripeAccountID
	if at := led.Header.Get("Location"); !strings.HasPrefix(at, c.Sandbox+"/setup/e/"+acct+"/") {
		t.Fatalf("led to %s", at)
	}
	b.Get("/owner/payouts/return").WantStatus(200).Want("#account", "Stripe still needs a few things").Want("#due", "Your date of birth", "A bank account for your payouts").
		Want("form[action='/owner/payouts/setup'] button", "Continue at Stripe")
	c.Control("accounts/"+acct+"/onboard", map[string]any{"outcome": "pending"})
	b.Get("/owner/payouts/return").Want("#account", "Stripe is checking what you sent").WantNone("form[action='/owner/payouts/setup']").Want("a[href='/owner/payouts/return']", "Look again")
	c.Control("accounts/"+acct+"/onboard", map[string]any{"outcome": "active"})
	// No webhook has been worked off: the page asks Stripe itself.
	b.Get("/owner/payouts/return").Want("#account", "You are ready to be paid").WantNone("#due").Want(".badge", "Enabled")
	c.Settle()
	dashboard := b.Get("/owner/payouts").Want("#account", "You are ready to be paid").Submit("form[action='/owner/payouts/dashboard']").WantStatus(303)
	if at := dashboard.Header.Get("Location"); !strings.HasPrefix(at, c.Sandbox+"/express/"+acct) {
		t.Errorf("the dashboard is at %s", at)
	}
	if at := b.Post("/owner/payouts/setup").WantStatus(303).Header.Get("Location"); !strings.HasSuffix(at, "/owner/payouts") {
		t.Errorf("nothing is due, yet there is a link: %s", at)
	}
}

func TestARefreshLeadsBackAndNeverRound(t *testing.T) {
	c := newTown(t)
	u, b := c.newcomer(t)
	b.Get("/owner/payouts/refresh").WantStatus(409).Want(".form-errors", "not set up payouts yet")
	b.Get("/owner/payouts/return").WantRedirect("/owner/payouts")
	b.Post("/owner/payouts/setup").WantStatus(303)
	acct := c.AccountOf(u.ID).StripeAccountID
	for n := range 10 {
		page := b.Get("/owner/payouts/refresh")
		if page.Status == http.StatusSeeOther && strings.HasPrefix(page.Header.Get("Location"), c.Sandbox+"/setup/e/"+acct+"/") {
			continue
		}
		page.WantStatus(409).Want(".form-errors", "several times in a row").Want("form[action='/owner/payouts/setup']")
		if n == 0 {
			t.Error("the first refresh is the usual way")
		}
		return
	}
	t.Error("round and round")
}

func TestARejectedOwnerIsToldWhy(t *testing.T) {
	c := newTown(t)
	acct := c.AccountOf(c.owner.ID).StripeAccountID
	c.Control("accounts/"+acct+"/onboard", map[string]any{"outcome": "rejected"})
	c.Settle()
	c.ownerB.Get("/owner/payouts").WantStatus(200).Want("#account", "Stripe has closed your payout account").WantNone("form[action='/owner/payouts/setup']")
	c.ownerB.Get("/owner/payouts/refresh").WantStatus(403).Want(".form-errors", "closed your payout account")
	c.ownerB.Post("/owner/payouts/setup").WantStatus(403)
	c.Get("/homes/lakeside").WantStatus(200).WantNone("#book button")
}

func TestADisconnectedOwnerIsToldWhy(t *testing.T) {
	c := newTown(t)
	c.Control("accounts/"+c.AccountOf(c.owner.ID).StripeAccountID+"/deauthorize", map[string]any{})
	c.Settle()
	c.ownerB.Get("/owner/payouts").WantStatus(200).Want("#account", "disconnected").WantNone("form[action='/owner/payouts/setup']").WantNone("form[action='/owner/payouts/dashboard']")
	c.ownerB.Post("/owner/payouts/setup").WantStatus(403)
}

// Somebody else's account cannot even be named.
func TestLinksAreForTheirOwner(t *testing.T) {
	c := newTown(t)
	owners := c.AccountOf(c.owner.ID).StripeAccountID
	_, b := c.newcomer(t)
	led := b.Post("/owner/payouts/setup", "account", owners, "user", string(c.owner.ID)).WantStatus(303)
	if strings.Contains(led.Header.Get("Location"), owners) {
		t.Error("a stranger was led into the owner's account")
	}
	b.Post("/owner/payouts/dashboard", "account", owners).WantStatus(409)
	if body := c.otherB.Get("/owner/payouts").Body; strings.Contains(body, owners) {
		t.Error("the page names somebody else's account")
	}
}

func TestWhoseAddressIsNotProvedWaits(t *testing.T) {
	c := newTown(t)
	u, b := c.newcomer(t)
	if _, err := c.DB.Exec(t.Context(), `UPDATE users SET email_verified_at = NULL WHERE id = $1`, u.ID); err != nil {
		t.Fatal(err)
	}
	b.Post("/owner/payouts/setup").WantRedirect("/account")
}

// The way of a stay's money, as its owner follows it.
func TestTheWayOfAStaysMoney(t *testing.T) {
	c := newTown(t)
	stay := c.Confirmed(c.tenant, c.home, 3, 2)
	c.ownerB.Get("/owner/payouts").Want("#account", "ready").Want("table", stay.Code, "$480.00", "$422.40", "Scheduled", "Sent on").Want(".kpis", "Coming to you", "$422.40", "In your Stripe balance")
	c.Advance(6 * 24 * time.Hour)
	if _, err := c.Payout.ReleaseDue(t.Context(), c.Now()); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	c.ownerB = c.logIn(t, c.owner)
	c.ownerB.Get("/owner/payouts").Want("table", "Arrives about").Want("[aria-labelledby=payouts]", "$422.40", "po_")
	c.Control("charges/"+c.Payment(c.Confirmed(c.tenant, c.home, 20, 2)).ChargeID+"/dispute", map[string]any{"reason": "fraudulent"})
	c.Settle()
	c.ownerB.Get("/owner/payouts").Want("table", "Disputed", "On hold while the bank decides")
	c.ownerB.Get("/owner").Want("[aria-labelledby=todo]", "A payment is disputed")
}

func TestStripeAwayLeavesThePage(t *testing.T) {
	c := newTown(t)
	c.Confirmed(c.tenant, c.home, 3, 2)
	c.Control("faults", map[string]any{"route": "GET /v1/balance", "kind": "500", "count": 10})
	c.ownerB.Get("/owner/payouts").WantStatus(200).Want(".kpis", "Coming to you")
}
