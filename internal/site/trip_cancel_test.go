package site_test

import (
	"testing"
	"time"

	"hearth/internal/booking"
)

// The preview is what happens, to the cent.
func TestCancelPreviewsAndDoesTheSame(t *testing.T) {
	c := newTown(t)
	b := c.Confirmed(c.tenant, c.home, 10, 3)
	early := c.tenantB.Get("/trips/"+b.Code+"/cancel").WantStatus(200).Want(".lines", "$680.00", "Refunded to you").Want("#cancel", "all of it is refunded", "15:00 P").Want(".btn-danger", "$680.00")
	c.otherB.Post("/trips/"+b.Code+"/cancel", "refund", "68000").WantStatus(404)
	c.Advance(7 * 24 * time.Hour)
	c.tenantB.Post("/login", "email", c.tenant.Email, "password", password).WantStatus(303)
	early.Submit("#cancel").WantStatus(409).Want(".form-errors", "The refund is now $380.00").Want(".btn-danger", "$380.00")
	if got := c.Booking(b.ID).Status; got != booking.Confirmed {
		t.Fatalf("the booking is %s", got)
	}
	page := c.tenantB.Get("/trips/"+b.Code+"/cancel").Want(".lines", "Kept by the owner, as agreed", "-$300.00", "$380.00")
	page.Submit("#cancel", "reason", "Ill\x00ness").WantRedirect("/trips/"+b.Code).Follow().Want(".flash", "cancelled")
	page.Submit("#cancel").WantStatus(409).WantNone("#cancel")
	c.Settle()
	c.tenantB.Get("/trips/"+b.Code).Want("#refunds", "$380.00").Want("h2", "This stay is cancelled").Want(".timeline", "Cancelled by you", "Illness").WantNone("a[href$='/cancel']")
	c.tenantB.Get("/trips/"+b.Code+"/receipt").Want(".lines", "-$380.00", "$300.00")
	if refunds := c.Refunds(b); len(refunds) != 1 || refunds[0].Amount != 38000 {
		t.Errorf("refunds %+v", refunds)
	}
}

func TestAStayThatHasBegunIsNotCancelled(t *testing.T) {
	c := newTown(t)
	b := c.Confirmed(c.tenant, c.home, 3, 3)
	c.Advance(4 * 24 * time.Hour)
	c.tenantB.Get("/trips/"+b.Code+"/cancel").WantStatus(200).WantNone("#cancel").Want(".note", "has begun")
	c.tenantB.Post("/trips/"+b.Code+"/cancel", "refund", "0").WantStatus(409)
	c.tenantB.Get("/trips/" + b.Code).WantNone("a[href$='/cancel']")
}

// A bank debit on its way cannot be stopped; its arrival is sent back.
func TestCancelWhileThePaymentIsOnItsWay(t *testing.T) {
	c := newTown(t)
	b := c.Held(c.tenant, c.home, 30, 3)
	c.onItsWay(t, b)
	c.tenantB.Get("/trips/"+b.Code+"/cancel").Want("#cancel", "goes back to you").Submit("#cancel").WantRedirect("/trips/"+b.Code).
		Follow().Want("h2", "Your cancellation is noted").WantNone("a[href$='/cancel']")
	c.tenantB.Get("/trips/"+b.Code+"/cancel").WantNone("#cancel").Want(".note", "cancelled already")
}
