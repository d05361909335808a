package site_test

import (
	"testing"
	"time"

	"hearth/internal/booking"
)

func TestADayOfAnOwner(t *testing.T) {
	c := newTown(t)
	near, far := c.Confirmed(c.tenant, c.home, 2, 3), c.Confirmed(c.tenant, c.home, 30, 2)
	page := c.ownerB.Get("/owner").WantStatus(200).Want("h1", "Hello, Nora").Want("[aria-labelledby=arriving]", near.Code, "Dana Mills", "3 nights").
		WantNone("[aria-labelledby=setup]").WantNone("[aria-labelledby=inhouse]").Want(".kpis", "Booked, not yet paid out").Want("svg.chart")
	if got := page.Text("[aria-labelledby=arriving]"); contains(got, far.Code) {
		t.Error("a stay a month ahead arrives this week")
	}
	c.Advance(3 * 24 * time.Hour)
	c.ownerB = c.logIn(t, c.owner)
	c.ownerB.Get("/owner").Want("[aria-labelledby=inhouse]", near.Code).Want("[aria-labelledby=leaving]", near.Code)
}

func TestTheWayToTheFirstBooking(t *testing.T) {
	c := newTown(t)
	_, b := c.newcomer(t)
	b.Get("/owner").WantStatus(200).Want("[aria-labelledby=setup]", "0 of 3 done", "List your home", "Set up payouts")
	if _, err := c.DB.Exec(t.Context(), `UPDATE listings SET status = 'draft'`); err != nil {
		t.Fatal(err)
	}
	c.ownerB.Get("/owner").Want("[aria-labelledby=setup]", "2 of 3 done").Want(".steps a[href='/owner/homes/"+string(c.home.ID)+"']", "Go on")
}

func TestTheListOfStays(t *testing.T) {
	c := newTown(t)
	coming, gone := c.Confirmed(c.tenant, c.home, 2, 2), c.Confirmed(c.tenant, c.home, 30, 2)
	held := c.Held(c.tenant, c.home, 60, 2)
	if err := c.Checkout.Cancel(t.Context(), booking.Owner(c.owner.ID), gone.ID, gone.Total(), "The roof leaks"); err != nil {
		t.Fatal(err)
	}
	c.Settle()
	page := c.ownerB.Get("/owner/stays").WantStatus(200).Want("table", coming.Code, "Dana Mills", "$422.40", "Confirmed").Want(".tabs", "Upcoming 1", "Cancelled 1")
	if contains(page.Body, held.Code) {
		t.Error("a hold is nobody's business yet")
	}
	c.ownerB.Get("/owner/stays?tab=cancelled").Want("table", gone.Code, "$0.00").WantNone("a[href='/owner/stays/" + coming.Code + "']")
	c.ownerB.Get("/owner/stays?tab=nonsense").WantRedirect("/owner/stays")
	c.Advance(6 * 24 * time.Hour)
	c.ownerB = c.logIn(t, c.owner)
	c.ownerB.Get("/owner/stays?tab=past").Want("table", coming.Code)
}
