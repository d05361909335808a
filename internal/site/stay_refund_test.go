package site_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// atStripe posts as somebody at Stripe's Dashboard, on account or on ours.
func (c *town) atStripe(t *testing.T, path, account string, form url.Values) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.Sandbox+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer sk_test_dashboard")
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if account != "" {
		request.Header.Set("Stripe-Account", account)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("POST %s: %s", path, answer.Status)
	}
	c.Settle()
}

// emptyTheOwner pays all of the owner's available balance out.
func (c *town) emptyTheOwner(t *testing.T) {
	t.Helper()
	account := c.AccountOf(c.owner.ID).StripeAccountID
	balance, err := c.Stripe.Balance(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	c.atStripe(t, "/v1/payouts", account, url.Values{"amount": {strconv.FormatInt(balance.Available["usd"], 10)}, "currency": {"usd"}})
}

// The owner's balance goes to their bank between the preview and the click: the
// click does nothing, and the new preview says who will owe what, and that our
// own balance is too low.
func TestAPreviewThatNoLongerHoldsRefundsNothing(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	b := c.Confirmed(c.tenant, c.home, 30, 5)
	c.Advance(8 * 24 * time.Hour)
	admin, tenant, owner := c.admin(t), c.logIn(t, c.tenant), c.logIn(t, c.owner)
	ask := "/admin/bookings/" + b.Code + "/refund?amount=400&reason=Cold&cause=policy"
	page := admin.Get(ask).WantStatus(200).Want("#refund", "-$352.00", "$950.40 → $598.40", "-$48.00", "$31.62 is never returned", "$400.00", "5–10 business days", "cannot be undone").WantNone("#refund .note.warn")
	c.emptyTheOwner(t)
	page.Submit("#refund").WantStatus(409).Want(".form-errors", "has changed since")
	if all := c.Refunds(b); len(all) != 0 {
		t.Fatalf("refunds %+v", all)
	}
	again := admin.Get(ask).Want("#refund", "the owner owes us $352.00", "debt to us", "Our own available balance is too low: $97.98")
	again.Submit("#refund").WantRedirect("/admin/bookings/"+b.Code).Follow().Want("#refunds", "Waits at Stripe", "$352.00 owed to us", "$48.00 of our fee given up", "As the tenant’s terms say")
	tenant.Get("/trips/"+b.Code).Want("#refunds", "$400.00", "On its way", "5–10 business days")
	owner.Get("/owner/stays/"+b.Code+"/refund?amount=100&reason=Cold").Want("#refund", "you owe Hearth $88.00")
	admin.Get("/admin/refunds/bulk?code="+b.Code).Want("tbody", "Owner owes it", "Waits for our balance")
	admin.Get("/admin/bookings/"+b.Code+"/cancel").Want("#cancel", "Who gains and loses what", "owes us $598.40")
}

// A refund made at Stripe's Dashboard is explained; a returned one says what
// happens next; the bank's number is shown when it is there.
func TestRefundsAreExplained(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	b := c.Confirmed(c.tenant, c.home, 30, 5)
	c.Advance(8 * 24 * time.Hour)
	admin, tenant := c.admin(t), c.logIn(t, c.tenant)
	c.atStripe(t, "/v1/refunds", "", url.Values{"payment_intent": {c.Payment(b).IntentID()}, "amount": {"4000"}})
	const explained = "Made at Stripe by somebody with access: the owner kept their part, and we paid."
	admin.Get("/admin/bookings/"+b.Code).Want("#refunds", explained, "Nothing", "$40.00 paid by us", "ARN to come")
	admin.Get("/admin/refunds").Want("tbody", explained)
	tenant.Get("/trips/"+b.Code).Want("#refunds", "appears here within a few days")
	c.Advance(4 * 24 * time.Hour)
	c.Settle()
	number := c.Refunds(b)[0].Reference
	if len(number) != 23 {
		t.Fatalf("refunds %+v", c.Refunds(b))
	}
	tenant.Get("/trips/"+b.Code).Want("#refunds", "ARN", number)
	c.Control("refunds/"+c.Refunds(b)[0].StripeID()+"/fail", map[string]any{"reason": "lost_or_stolen_card"})
	c.Settle()
	tenant.Get("/trips/"+b.Code).Want("#refunds", "Your bank returned it", "we will pay you another way")
	admin.Get("/admin/bookings/"+b.Code).Want("#refunds", "Returned by the bank: lost or stolen card")
}

// What a refund is for is asked of admins; an agreement is offered when the
// tenant's bank asks.
func TestAnAgreementIsOfferedWhenTheBankAsks(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	admin := c.admin(t)
	b := c.Confirmed(c.tenant, c.home, 30, 5)
	admin.Get("/admin/bookings/"+b.Code+"/refund").Want("#f-cause", "Goodwill").WantNone("#f-cause option[value=dispute]")
	c.ownerB.Get("/owner/stays/" + b.Code + "/refund").WantNone("#f-cause")
	c.Control("charges/"+c.Payment(b).ChargeID+"/dispute", map[string]any{"inquiry": true})
	c.Settle()
	admin.Get("/admin/bookings/"+b.Code+"/refund?cause=dispute").Want("#f-cause option[value=dispute][selected]").
		Submit("#ask", "amount", "100", "reason", "We met half way").Submit("#refund").WantRedirect("/admin/bookings/"+b.Code).
		Follow().Want("#refunds", "Agreed with the tenant in a dispute", "We met half way")
}
