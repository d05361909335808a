package site_test

import (
	"strings"
	"testing"

	"hearth/internal/booking"
	"hearth/internal/testkit/factory"
	"hearth/internal/testkit/htmltest"
	"hearth/internal/user"
)

func TestAnOwnerSeesOnlyOwnStays(t *testing.T) {
	c := newTown(t)
	rival := c.logIn(t, factory.Person(t, c.DB, "Rival", user.Owner))
	b := c.Confirmed(c.tenant, c.home, 30, 3)
	for _, path := range []string{"", "/cancel", "/refund"} {
		rival.Get("/owner/stays/" + b.Code + path).WantStatus(404)
		c.ownerB.Get("/owner/stays/" + b.Code + path).WantStatus(200)
	}
	rival.Post("/owner/stays/"+b.Code+"/cancel", "refund", "68000", "reason", "x").WantStatus(404)
	rival.Post("/owner/stays/"+b.Code+"/refund", "amount", "1", "left", "68000", "reason", "x").WantStatus(404)
	c.ownerB.Get("/owner/stays/"+b.Code).Want("h1", "Dana Mills").Want("aside", c.tenant.Email, "$680.00", "-$81.60", "$598.40")
}

// The owner sees who pays what, then refunds; the form sent twice refunds once.
func TestOwnerRefunds(t *testing.T) {
	c := newTown(t)
	b := c.Confirmed(c.tenant, c.home, 30, 3)
	page := c.ownerB.Get("/owner/stays/"+b.Code+"/refund").WantStatus(200).WantNone("#refund").Want("#f-amount-hint", "At most $680.00")
	page.Submit("#ask", "amount", "abc").WantStatus(422).Want("#f-amount-error").Want("#f-reason-error").WantNone("#refund")
	page.Submit("#ask", "amount", "1000", "reason", "Late").WantStatus(422).Want("#f-amount-error", "Only $680.00")
	preview := page.Submit("#ask", "amount", "100", "reason", "The heating was cold").WantStatus(200).Want("#refund", "$88.00", "$12.00", "$100.00", "You keep $510.40").Want(".btn-danger", "Refund $100.00")
	preview.Submit("#refund").WantRedirect("/owner/stays/" + b.Code)
	preview.Submit("#refund").WantStatus(409).Want(".form-errors", "$580.00 is left")
	c.Settle()
	if refunds := c.Refunds(b); len(refunds) != 1 || refunds[0].Amount != 10000 || refunds[0].ReversedAmount-refunds[0].FeeRefunded != 8800 {
		t.Errorf("refunds %+v", refunds)
	}
	c.ownerB.Get("/owner/stays/"+b.Code).Want("aside", "-$88.00", "$510.40").Want(".timeline", "Refund of $100.00")
	c.tenantB.Get("/trips/"+b.Code).Want("#refunds", "$100.00", "re_").Want("#arrival")
}

// An owner who cancels gives everything back, and says why.
func TestOwnerCancels(t *testing.T) {
	c := newTown(t)
	b := c.Confirmed(c.tenant, c.home, 3, 3) // the policy would keep half
	page := c.ownerB.Get("/owner/stays/"+b.Code+"/cancel").WantStatus(200).Want("#cancel", "$598.40", "$81.60", "$680.00")
	page.Submit("#cancel").WantStatus(422).Want("#f-reason-error")
	page.Submit("#cancel", "reason", "A pipe burst", "refund", "1").WantStatus(409).Want("textarea", "A pipe burst")
	page.Submit("#cancel", "reason", "A pipe burst").WantRedirect("/owner/stays/"+b.Code).Follow().Want(".flash", "cancelled").Want(".timeline", "Cancelled by you", "A pipe burst")
	c.Settle()
	if got := c.Booking(b.ID).Status; got != booking.Cancelled {
		t.Errorf("the booking is %s", got)
	}
	c.tenantB.Get("/trips/"+b.Code).Want("#refunds", "$680.00").Want(".timeline", "Cancelled by the owner", "A pipe burst")
	owners := c.ownerB.Get("/owner/stays/" + b.Code).WantStatus(200)
	if strings.Contains(owners.Text("aside"), c.tenant.Email) {
		t.Error("the tenant's address stays after the stay is off")
	}
}

// Before either side gives money back for an owner whose account is gone, they
// are told who pays for it.
func TestARefundTellsThatTheOwnerIsGone(t *testing.T) {
	c := newTown(t)
	b := c.Confirmed(c.tenant, c.home, 30, 3)
	admin := c.admin(t)
	const ask = "/refund?amount=100&reason=Cold"
	pages := func(want func(page *htmltest.Page, words string)) {
		for _, path := range []string{ask, "/cancel"} {
			want(c.ownerB.Get("/owner/stays/"+b.Code+path).WantStatus(200), "Your account at Stripe is disconnected or closed")
			want(admin.Get("/admin/bookings/"+b.Code+path).WantStatus(200), "The owner’s account is disconnected or rejected")
		}
	}
	pages(func(page *htmltest.Page, words string) {
		if strings.Contains(page.Text("main"), words) {
			t.Errorf("an owner in order is told of: %s", words)
		}
	})
	c.Control("accounts/"+c.AccountOf(c.owner.ID).StripeAccountID+"/deauthorize", map[string]any{})
	c.Settle()
	pages(func(page *htmltest.Page, words string) { page.Want("main", words) })
}
