package site_test

import (
	"testing"
	"time"

	"hearth/internal/testkit/browser"
)

// The whole way in a real browser: into Stripe's form by our button, left half
// way, continued, and back as somebody who can be paid.
func TestOnboardingInABrowser(t *testing.T) {
	c := newTown(t)
	c.Hosting.BaseURL = c.Browser.URL("") // where the browser finds the site
	u, _ := c.newcomer(t)
	p := browser.New(t)
	p.Goto(c.Browser.URL("/login?next=/owner/payouts"))
	p.Fill("#f-email", u.Email)
	p.Fill("#f-password", password)
	p.Click("main form button")
	p.WaitText("#account", "Set up your payouts")
	press(p, "#setup button")
	p.WaitText("h1", "Let’s start with your contact details")
	p.Click("button[value=later]")
	p.WaitURL("/owner/payouts/return")
	p.WaitText("#account", "Stripe still needs a few things")
	press(p, "#setup button")
	for _, step := range []string{"contact details", "Tell us about yourself", "Where should your payouts go"} {
		p.WaitText("h1", step)
		p.Click("button[value=fill]")
		p.Wait(`[...document.querySelectorAll("main form input")].every(i => i.value)`)
		p.Click("button[value=next]")
	}
	p.WaitText("h1", "Review and agree")
	p.Click("input[name=agree]")
	p.Click("button[value=next]")
	p.WaitURL("/owner/payouts/return")
	p.WaitText("#account", "Stripe is checking what you sent")
	c.Advance(time.Hour)
	press(p, "#account a")
	p.WaitText("#account", "You are ready to be paid")
	c.Settle()
	if !c.AccountOf(u.ID).CanBePaid() {
		t.Error("the page says more than is written")
	}
}

// press clicks once the page has stopped moving: a click on a page that still
// fades in is lost.
func press(p *browser.Page, css string) {
	p.Wait(`document.readyState === "complete" && document.getAnimations().length === 0`)
	p.Click(css)
}
