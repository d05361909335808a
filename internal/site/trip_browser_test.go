package site_test

import (
	"testing"

	"hearth/internal/booking"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/browser"
)

// Whoever comes back from Stripe sees the stay confirmed without touching
// anything: the page listens.
func TestTheConfirmingPageListens(t *testing.T) {
	c := newTown(t)
	b := c.Held(c.tenant, c.home, 30, 3)
	c.Pay(b, apptest.Good)
	p := browser.New(t)
	p.Goto(c.SiteURL + "/login?next=/trips/" + b.Code + "/confirming")
	p.Fill("input[name=email]", c.tenant.Email)
	p.Fill("input[name=password]", password)
	p.Click("main form button.btn-primary")
	p.WaitText("h1", "Confirming your payment")
	c.Work() // only now does anybody hear from Stripe
	p.WaitText("h1", "Your stay is confirmed")
	if got := c.Booking(b.ID).Status; got != booking.Confirmed {
		t.Errorf("the page says confirmed, the booking is %s", got)
	}
	p.ClickText("Address and check-in")
	p.WaitText("#arrival", "12 Secret Lane")
}

// Without scripts the confirming page comes again by itself.
func TestConfirmingWithoutScripts(t *testing.T) {
	c := newTown(t)
	b := c.Held(c.tenant, c.home, 30, 3)
	c.tenantB.Get("/trips/"+b.Code+"/confirming").Want("noscript", "refresh", "every 5 seconds")
}
