package site_test

import (
	"net/http"
	"strings"
	"testing"

	"hearth/internal/booking"
	"hearth/internal/checkout"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/htmltest"
)

func TestStrangersLogInAndComeBackToTheirDates(t *testing.T) {
	c := newTown(t)
	page := c.Get(c.bookPath(30, 3)).WantStatus(303)
	if at := page.Header.Get("Location"); !strings.HasPrefix(at, "/login?next=%2Fhomes%2Flakeside%2Fbook%3Fin%3D") {
		t.Errorf("led to %s", at)
	}
}

// From the summary to Stripe's page, and back as a confirmed stay.
func TestBookPayAndArrive(t *testing.T) {
	c := newTown(t)
	page := c.tenantB.Get(c.bookPath(30, 3)).WantStatus(200).Want("#book", checkout.ConsentWords) // the evidence quotes them
	page.Want(".book .total", "$680.00").Want(".lines", "$200 × 3 nights", "Cleaning", "Total (USD)").
		Want("#book", "Full refund until 5 days before check-in", "No parties.", "Shoes off.", "all of it is refunded", "15:00 P").Want("#book button", "$680.00")
	if strings.Contains(page.Body, "12 Secret Lane") || strings.Contains(page.Body, "under the mat") {
		t.Error("the booking page tells the address")
	}
	led := page.Submit("#book", "consent", "true").WantStatus(303)
	b := c.mine(t)
	if at := led.Header.Get("Location"); !strings.HasPrefix(at, c.Sandbox) || b.Status != booking.Held {
		t.Fatalf("led to %s, booking is %s", at, b.Status)
	}
	c.tenantB.Get("/trips/" + b.Code).WantRedirect("/trips/" + b.Code + "/held")
	c.Pay(b, apptest.Good)
	c.tenantB.Get("/trips/"+b.Code+"/confirming?session="+c.Session(b)).WantStatus(200).Want("[data-sse]").Want("h1", "Confirming")
	c.Settle()
	c.tenantB.Get("/trips/"+b.Code+"/confirming").WantStatus(200).WantNone("[data-sse]").WantNone("meta[http-equiv=refresh]").Want("h1", "Your stay is confirmed")
	c.tenantB.Get("/trips/"+b.Code).WantStatus(200).
		Want("#arrival", "12 Secret Lane", "The key is under the mat.", "Nora Lind", c.owner.Email, "+1 555 0100").Want(".timeline", "Stay confirmed", "Visa •••• 4242")
	c.tenantB.Get("/trips/"+b.Code+"/receipt").WantStatus(200).Want("main", "$680.00", "Visa •••• 4242", b.Code, "Dana Mills")
	c.tenantB.Get("/trips").Want(".stay-line", "Lakeside A-frame", "Confirmed", "$680.00")
}

// The page's own confirmation: the browser's look and the webhook are one path.
func TestReturningAloneBringsTheLook(t *testing.T) {
	c := newTown(t)
	b := c.Held(c.tenant, c.home, 30, 3)
	c.Pay(b, apptest.Good)
	for range 3 { // no webhook has come
		c.tenantB.Get("/trips/" + b.Code + "/confirming").WantStatus(200)
	}
	var looks int
	if err := c.DB.QueryRow(t.Context(), `SELECT count(*) FROM stripe_events WHERE source = 'return'`).Scan(&looks); err != nil || looks < 1 || looks > 2 {
		t.Errorf("%d look-ups for three visits within a minute, %v", looks, err)
	}
	if err := c.Inbox.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.tenantB.Get("/trips/"+b.Code+"/confirming").Want("h1", "Your stay is confirmed")
}

func TestBookingSaysWhatIsWrongAndLosesNothing(t *testing.T) {
	c := newTown(t)
	page := c.tenantB.Get(c.bookPath(30, 3))
	again := page.Submit("#book").WantStatus(422).Want("#f-consent-error")
	if in := again.Find("#book input[name=in]").AttrOr("value", ""); in != page.Find("#book input[name=in]").AttrOr("value", "?") {
		t.Errorf("the dates are lost: %q", in)
	}
	page.Submit("#book", "consent", "true", "total", "100").WantStatus(409).Want(".form-errors", "The price is now $680.00").
		Submit("#book").WantStatus(303) // consent is still given, and the form has the price of now
	if got := c.mine(t).TotalAmount; got != 68000 {
		t.Errorf("total %d", got)
	}
	c.tenantB.Get("/homes/lakeside/book?in=2020-01-01&out=2020-01-04&guests=2").WantStatus(422).Want("#f-in-error", "passed").WantNone("#book")
	c.tenantB.Get("/homes/lakeside/book?in=x&out=&guests=9").WantStatus(422).Want("#f-in-error").Want("#f-out-error")
	c.tenantB.Get(strings.Replace(c.bookPath(40, 3), "guests=2", "guests=9", 1)).WantStatus(422).Want(".form-errors", "sleeps 4")
	c.tenantB.Get("/homes/lakeside/book").WantStatus(200).WantNone("#book").Want("#dates")
	c.tenantB.Get("/homes/nowhere/book").WantStatus(404)
	c.ownerB.Get(c.bookPath(40, 3)).WantStatus(403).Want(".form-errors", "your own home").WantNone("#book")
}

// Two tenants want the same nights: the second is told, and offered others.
func TestTakenNightsOfferTheNearestFree(t *testing.T) {
	c := newTown(t)
	late := c.otherB.Get(c.bookPath(30, 3)).WantStatus(200)
	c.Confirmed(c.tenant, c.home, 30, 3)
	late.Submit("#book", "consent", "true").WantStatus(409).Want(".form-errors", "just taken").WantNone("#book").Want(".chip")
	page := c.otherB.Get(c.bookPath(31, 3)).WantStatus(409).Want(".form-errors", "taken")
	if n := page.Find("a.chip").Length(); n != 3 {
		t.Fatalf("%d other dates", n)
	}
	href := page.Find("a.chip").First().AttrOr("href", "")
	if after := apptest.Stay(c.home, c.Now(), 33, 3); !strings.Contains(href, "in="+after.CheckIn.Format("2006-01-02")) {
		t.Errorf("the nearest free dates are %s, want those right after the stay", href)
	}
	c.otherB.Get(href).WantStatus(200).Want("#book")
}

// A form that is sent twice makes one booking; a form without our token none.
func TestAFormMakesOneBooking(t *testing.T) {
	c := newTown(t)
	page := c.tenantB.Get(c.bookPath(30, 3))
	first := page.Submit("#book", "consent", "true").WantStatus(303).Header.Get("Location")
	second := page.Submit("#book", "consent", "true").WantStatus(303).Header.Get("Location")
	if first != second {
		t.Errorf("led to %s and %s", first, second)
	}
	trips, err := booking.Trips(t.Context(), c.DB, c.tenant.ID)
	if err != nil || len(trips) != 1 {
		t.Errorf("%d bookings, %v", len(trips), err)
	}
	for _, token := range []string{"", "x", strings.Repeat("A", 25) + "\x00"} {
		c.tenantB.Get(c.bookPath(60, 2)).Submit("#book", "consent", "true", "token", token).WantStatus(409).Want(".form-errors", "out of date")
	}
	// The tenant's own hold is no obstacle: it is resumed.
	c.tenantB.Get(c.bookPath(30, 3)).WantStatus(200).Submit("#book", "consent", "true").WantRedirect(first)
}

func TestAnUnprovenAddressCannotBook(t *testing.T) {
	c := newTown(t)
	if _, err := c.DB.Exec(t.Context(), `UPDATE users SET email_verified_at = NULL WHERE id = $1`, c.tenant.ID); err != nil {
		t.Fatal(err)
	}
	page := c.tenantB.Get(c.bookPath(30, 3)).WantStatus(200).Want("#book .note", "Confirm your e-mail").WantNone("#book button")
	page.Submit("#book", "consent", "true").WantRedirect("/account")
}

// When Stripe does not answer, nothing typed is lost and nothing is charged.
func TestBookingWhileStripeIsSilent(t *testing.T) {
	c := newTown(t)
	page := c.tenantB.Get(c.bookPath(30, 3))
	c.Control("faults", map[string]any{"route": "POST /v1/checkout/sessions", "kind": "reset_before", "count": 20})
	page.Submit("#book", "consent", "true").WantStatus(http.StatusSeeOther).WantRedirect("/trips/"+c.mine(t).Code+"/held").
		Follow().WantStatus(200).Want(".flash", "held")
}

// Whoever books as fast as a program is slowed down.
func TestBookingsAreCounted(t *testing.T) {
	c := newTown(t)
	few := noLimits
	few.Bookings = 1
	b := htmltest.New(t, c.Site(few).Handler())
	b.Post("/login", "email", c.tenant.Email, "password", password).WantStatus(http.StatusSeeOther)
	page := b.Get(c.bookPath(30, 3))
	page.Submit("#book").WantStatus(http.StatusUnprocessableEntity)
	page.Submit("#book").WantStatus(http.StatusTooManyRequests)
}
