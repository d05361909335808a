package site_test

import (
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/listing"
	"hearth/internal/testkit/apptest"
)

// letOnRequest has the owner say, on the home's own page, that it is booked on
// request.
func (c *town) letOnRequest(t *testing.T) {
	t.Helper()
	_, err := c.DB.Exec(t.Context(), `INSERT INTO listing_photos (id, listing_id, position, width, height, created_at) VALUES (gen_random_uuid(), $1, 9, 4, 3, now())`, c.home.ID)
	must(t, err) // without a picture no edit of a published home is taken
	path := "/owner/homes/" + string(c.home.ID) + "/rules"
	c.ownerB.Get(path).Want("#f-booking_mode", "Booked at once", "Booked on request").
		Submit("form.form-wide", "booking_mode", "request").WantRedirect(path)
	c.home, err = listing.ByID(t.Context(), c.DB, c.home.ID)
	must(t, err)
	if c.home.BookingMode != listing.OnRequest {
		t.Fatalf("the home is %s", c.home.BookingMode)
	}
}

// ask books by the form, as the tenant sees it, and has the card held.
func (c *town) ask(t *testing.T) booking.Booking {
	t.Helper()
	c.tenantB.Get("/homes/"+c.home.Slug).Want("#book", "Request to book", "the owner answers within a day")
	page := c.tenantB.Get("/homes/"+c.home.Slug+"/book?"+dates(c.World, 30, 3)+"&guests=2").Want("#on-request", "the card is held").Want("#book", "held", "You are not charged yet")
	page.Submit("#book", "consent", "true").WantStatus(303)
	all, err := booking.ForTenant(t.Context(), c.DB, c.tenant.ID)
	must(t, err)
	b := all[0]
	c.Pay(b, apptest.Good)
	c.Settle()
	return c.Booking(b.ID)
}

func TestARequestIsAnsweredOnPages(t *testing.T) {
	c := newTown(t)
	c.letOnRequest(t)
	b := c.ask(t)
	trip, stay := "/trips/"+b.Code, "/owner/stays/"+b.Code
	c.tenantB.Get(trip).Want("h2", "We have asked the owner").Want(".standing", "You have not been charged", "$680.00").Want(".timeline", "Card held, not charged").
		Want("#withdraw").WantNone("#arrival").WantNone("a[href$='/cancel']").WantNone("a[href$='/receipt']")
	c.tenantB.Get(trip+"/confirming").Want("h1", "We have asked the owner")
	c.ownerB.Get("/owner").Want("section", "would like to stay", "answer until")
	c.ownerB.Get("/owner/stays").Want(".tbl", b.Code, "Awaiting owner")
	c.ownerB.Get(stay).Want("#request", "waits for your answer")
	c.otherB.Post(stay+"/answer", "answer", "accept").WantStatus(403)
	c.otherB.Post(trip + "/withdraw").WantStatus(404)
	c.tenantB.Post(stay+"/answer", "answer", "accept").WantStatus(403)
	c.ownerB.Post(stay+"/answer", "answer", "perhaps").WantStatus(422)
	page := c.ownerB.Get(stay+"/answer").Want("h1", "would like to stay").Want(".panel", "You receive", "$598.40").Want("#accept", "Accept and charge $680.00")
	page.Submit("#accept").WantRedirect(stay).Follow().Want(".flash", "Accepted").Want(".timeline", "Accepted by you", "Stay confirmed")
	page.Submit("#decline").WantStatus(409).Want(".note", "has been answered")
	c.tenantB.Get(trip).Want("h2", "Your stay is confirmed").Want(".timeline", "Accepted by the owner").Want("#arrival", "12 Secret Lane").WantNone("#withdraw")
	c.tenantB.Post(trip+"/withdraw").WantRedirect(trip).Follow().Want(".flash.warn", "no longer open")
}

func TestARequestIsDeclinedOnPages(t *testing.T) {
	c := newTown(t)
	c.letOnRequest(t)
	b := c.ask(t)
	stay := "/owner/stays/" + b.Code
	c.ownerB.Get(stay+"/answer").Submit("#decline", "reason", "We are away").WantRedirect(stay).Follow().Want(".flash", "Declined").Want(".timeline", "Declined by you", "We are away").WantNone("#request")
	c.tenantB.Get("/trips/"+b.Code).Want("h2", "The owner declined").Want(".standing", "no longer held", "Book again").Want(".timeline", "Declined by the owner", "We are away")
	c.ownerB.Get("/owner/stays?tab=cancelled").Want(".tbl", b.Code, "Declined", "$0.00")
}

func TestARequestIsWithdrawnOnPages(t *testing.T) {
	c := newTown(t)
	c.letOnRequest(t)
	b := c.ask(t)
	c.tenantB.Get("/trips/"+b.Code).Submit("#withdraw").WantRedirect("/trips/"+b.Code).Follow().Want(".flash", "withdrawn").Want("h2", "You withdrew your request").Want(".timeline", "Request withdrawn by you")
	c.ownerB.Get("/owner/stays/"+b.Code).Want(".timeline", "Request withdrawn by the tenant")
}

func TestAnAdminAnswersARequest(t *testing.T) {
	c := newTown(t)
	c.letOnRequest(t)
	b := c.ask(t)
	admin := c.admin(t)
	path := "/admin/bookings/" + b.Code
	admin.Get(path).Want("#request", "to answer", "held until")
	admin.Get(path+"/answer").Want(".panel", "The owner receives", "$598.40").Submit("#decline", "reason", "").WantStatus(422).Want(".field-error", "Say why")
	admin.Get(path+"/answer").Submit("#decline", "reason", "The owner is ill").WantRedirect(path).Follow().WantNone("#request")
	admin.Get("/admin/audit").Want(".tbl", "decline", "The owner is ill")
}

// The time is over: the page says so, and nothing can be accepted any more.
func TestARequestIsAnsweredTooLate(t *testing.T) {
	c := newTown(t)
	c.letOnRequest(t)
	b := c.ask(t)
	page := c.ownerB.Get("/owner/stays/" + b.Code + "/answer")
	c.Advance(24*time.Hour + time.Minute)
	c.logIn(t, c.owner)
	c.ownerB.Post("/login", "email", c.owner.Email, "password", password)
	page.Submit("#accept").WantStatus(409).Want(".form-errors", "time to answer is over").WantNone("#accept")
}

// A form from before the owner changed the mode books nothing.
func TestTheFormSaysHowTheHomeIsBooked(t *testing.T) {
	c := newTown(t)
	page := c.tenantB.Get("/homes/" + c.home.Slug + "/book?" + dates(c.World, 30, 3) + "&guests=2").WantNone("#on-request")
	c.letOnRequest(t)
	page.Submit("#book", "consent", "true").WantStatus(409).Want(".form-errors", "just changed").Want("#on-request")
}
