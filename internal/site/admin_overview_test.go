package site_test

import (
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"
)

func TestTheOverviewOfAQuietPlatform(t *testing.T) {
	c := newTown(t)
	admin := c.logIn(t, factory.Person(t, c.DB, "Ada Admin", user.Admin))
	page := admin.Get("/admin").WantStatus(200).Want(".kpis", "Tenants paid", "$0.00").Want("[aria-labelledby=todo]", "The sweep stands still")
	page.WantNone(".side .count").WantNone("[aria-labelledby=disputes]")
	if _, err := c.Reconcile.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	admin.Get("/admin").Want("[aria-labelledby=todo]", "Nothing").Want(".page-head", "Last sweep: just now")
}

// Everything that can want somebody's eye, at once.
func TestTheOverviewSaysWhatNeedsAttention(t *testing.T) {
	c := newTown(t)
	ada := factory.Person(t, c.DB, "Ada Admin", user.Admin)
	admin := c.logIn(t, ada)
	refunded, disputed := c.Confirmed(c.tenant, c.home, 10, 2), c.Confirmed(c.tenant, c.home, 20, 3)
	by := booking.Admin(ada.ID, "192.0.2.9")
	if _, err := c.Checkout.Refund(t.Context(), by, refunded.ID, refunded.Amount(10000), "Noise"); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	admin.Get("/admin").Want(".kpis", "$1,160.00", "2 payments", "$100.00").WantNone(".side .count")

	c.Control("refunds/"+c.Refunds(refunded)[0].StripeID()+"/fail", map[string]any{"reason": "lost_or_stolen_card"})
	c.Advance(time.Minute)
	c.Control("charges/"+c.Payment(disputed).ChargeID+"/dispute", map[string]any{"reason": "product_not_received"})
	c.Settle()
	c.Control("accounts/"+c.AccountOf(c.Owner("Rita Restricted").ID).StripeAccountID+"/onboard", map[string]any{"outcome": "restricted"})
	c.Settle()
	if _, err := c.DB.Exec(t.Context(), `UPDATE stripe_events SET state = 'failed' WHERE id = (SELECT min(id) FROM stripe_events)`); err != nil {
		t.Fatal(err)
	}
	page := admin.Get("/admin").Want("[aria-labelledby=todo]", "1 failed refund", "1 open dispute", "1 webhook event given up", "1 restricted account")
	for _, item := range []string{"/admin/refunds", "/admin/disputes", "/admin/events"} {
		page.Want(".side a[href='"+item+"'] .count", "1")
	}
	page.Want("[aria-labelledby=disputes] table", disputed.Code, "Product not received", "left").Want("[aria-labelledby=latest] table", refunded.Code)
	for _, link := range []string{"/admin/refunds?status=failed", "/admin/events?state=failed", "/admin/accounts?group=restricted"} {
		page.Want("[aria-labelledby=todo] a[href='" + link + "']")
		admin.Get(link).WantStatus(200).Want("table")
	}

	// A new refund is on its way: the tenant does not wait any more.
	if _, err := c.Checkout.Refund(t.Context(), by, refunded.ID, refunded.Amount(10000), "Again"); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	admin.Get("/admin").WantNone(".side a[href='/admin/refunds'] .count")
	c.otherB.Get("/account").WantNone(".count")
}

func TestDisputesByTheTimeThatIsLeft(t *testing.T) {
	c := newTown(t)
	admin := c.logIn(t, factory.Person(t, c.DB, "Ada Admin", user.Admin))
	admin.Get("/admin/disputes").WantStatus(200).Want(".empty", "No disputes here")
	first, second := c.Confirmed(c.tenant, c.home, 40, 2), c.Confirmed(c.tenant, c.home, 50, 2)
	c.Advance(time.Minute)
	c.Control("charges/"+c.Payment(first).ChargeID+"/dispute", map[string]any{"reason": "fraudulent"})
	c.Advance(24 * time.Hour)
	c.Control("charges/"+c.Payment(second).ChargeID+"/dispute", map[string]any{"reason": "duplicate"})
	c.Settle()
	page := admin.Get("/admin/disputes").Want(".tabs", "All 2", "To answer 2", "Closed 0").Want("table", "Visa •••• 4242", "days left", "$480.00", "and $15.00 fee")
	if code := page.Find("tbody .key").First().Text(); code != first.Code {
		t.Errorf("the first to be lost is %s, want %s", code, first.Code)
	}
	page.Want("a[href*='dp_'], a[href*='du_']")
	id := page.Find("tbody tr").First().Find("td .code").Text()
	c.Control("disputes/"+id+"/resolve", map[string]any{"outcome": "won"})
	c.Settle()
	admin.Get("/admin/disputes?group=closed").Want("tbody", first.Code, "Won")
	if text := admin.Get("/admin/disputes?group=answer").Text("tbody"); contains(text, first.Code) {
		t.Errorf("a dispute that was won wants an answer: %s", text)
	}
	admin.Get("/admin/disputes?group=nonsense").Want(".tabs", "All 2")
}
