package site_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
	"hearth/internal/testkit/htmltest"

	"github.com/jackc/pgx/v5"
)

// secrets are what only the two sides of a confirmed stay may know.
func (c *town) secrets() []string {
	return []string{"12 Secret Lane", "96150", "under the mat", c.owner.Email, c.tenant.Email, "+1 555 0100", "Nora Lind"}
}

// Whoever comes back from Stripe unpaid, or with somebody else's session, sees
// no address, no contact and no way in: on any page that takes a code.
func TestUnpaidVisitsShowNothing(t *testing.T) {
	c := newTown(t)
	unpaid := c.Held(c.tenant, c.home, 30, 3)
	theirs := c.Held(factory.Person(t, c.DB, "Payer"), c.home, 60, 3)
	c.Pay(theirs, apptest.Good) // and Stripe's word has not been heard: no Settle
	server := c.Site(noLimits)
	walk := func(who string, b *htmltest.Browser, code, session string, may ...string) {
		for _, route := range server.Routes() {
			if route.Method != http.MethodGet || !strings.Contains(route.Path, "{code}") || strings.HasSuffix(route.Path, "/events") {
				continue
			}
			page := b.Get(strings.ReplaceAll(route.Path, "{code}", code) + "?session=" + session)
			for _, secret := range c.secrets() {
				if strings.Contains(page.Find("main").Text(), secret) {
					t.Errorf("%s sees %q on %s", who, secret, route.Path)
				}
			}
			if len(may) == 0 && page.Status != 404 && page.Status != 403 {
				t.Errorf("%s gets %d from %s", who, page.Status, route.Path)
			}
		}
	}
	walk("the tenant, unpaid", c.tenantB, unpaid.Code, c.Session(unpaid), "see it")
	walk("the tenant, with somebody else's session", c.tenantB, unpaid.Code, c.Session(theirs), "see it")
	walk("another tenant", c.otherB, unpaid.Code, c.Session(theirs))
	walk("the tenant, with somebody else's code", c.tenantB, theirs.Code, c.Session(theirs))
	walk("the owner, before anything is paid", c.ownerB, unpaid.Code, "")
	if b := c.Booking(unpaid.ID); b.Status != booking.Held {
		t.Errorf("a visit made the booking %s", b.Status)
	}
	// The same pages do show it to the two of them once Stripe has said so, and
	// to nobody else.
	c.Settle()
	c.Pay(unpaid, apptest.Good)
	c.Settle()
	c.tenantB.Get("/trips/"+unpaid.Code).Want("#arrival", "12 Secret Lane", "under the mat", c.owner.Email)
	c.ownerB.Get("/owner/stays/"+unpaid.Code).Want("aside", c.tenant.Email)
	walk("another tenant, of a confirmed stay", c.otherB, unpaid.Code, c.Session(unpaid))
	// Cancelled again, the address is gone again.
	c.cancel(t, unpaid)
	page := c.tenantB.Get("/trips/" + unpaid.Code).WantStatus(200).WantNone("#arrival")
	for _, secret := range []string{"12 Secret Lane", "under the mat", c.owner.Email} {
		if strings.Contains(page.Body, secret) {
			t.Errorf("a cancelled stay still tells %q", secret)
		}
	}
}

func (c *town) cancel(t *testing.T, b booking.Booking) {
	t.Helper()
	c.tenantB.Get("/trips/" + b.Code + "/cancel").WantStatus(200).Submit("#cancel").WantRedirect("/trips/" + b.Code)
	c.Settle()
}

// Codes are typed and guessed: nothing about them is an error of ours.
func TestOddCodesAreNotFound(t *testing.T) {
	c := newTown(t)
	for _, code := range []string{"NOPE", "%00", "%ff", "a%20b", strings.Repeat("A", 300)} {
		c.tenantB.Get("/trips/" + code).WantStatus(404)
		c.ownerB.Get("/owner/stays/" + code).WantStatus(404)
	}
	b := c.Held(c.tenant, c.home, 30, 3)
	there, nowhere := c.otherB.Get("/trips/"+b.Code), c.otherB.Get("/trips/HAAAAAAAA")
	if there.Text("main p") != nowhere.Text("main p") {
		t.Error("a stranger can tell a code that exists from one that does not")
	}
}

func TestTheHeldPage(t *testing.T) {
	c := newTown(t)
	b := c.Held(c.tenant, c.home, 30, 3)
	page := c.tenantB.Get("/trips/"+b.Code+"/held").WantStatus(200).Want("h1", "held until").Want(".lines", "$680.00")
	if led := page.Submit("form[action$='/continue']").WantStatus(303).Header.Get("Location"); !strings.HasPrefix(led, c.Sandbox) {
		t.Errorf("continue leads to %s", led)
	}
	c.otherB.Post("/trips/" + b.Code + "/release").WantStatus(404)
	c.otherB.Post("/trips/" + b.Code + "/continue").WantStatus(404)
	page.Submit("form[action$='/release']").WantRedirect("/trips/"+b.Code).Follow().WantStatus(200).Want(".flash", "released").Want("h2", "You gave these nights back").Want(".timeline", "by you")
	c.tenantB.Get("/trips/" + b.Code + "/held").WantRedirect("/trips/" + b.Code)
	c.tenantB.Post("/trips/" + b.Code + "/continue").WantRedirect("/trips/" + b.Code)
	c.tenantB.Post("/trips/"+b.Code+"/release").WantRedirect("/trips/"+b.Code).Follow().Want(".flash.warn", "no longer waiting")
	c.tenantB.Get("/trips?tab=cancelled").Want(".stay-line", b.Code)
}

func TestADeclinedCardIsTold(t *testing.T) {
	c := newTown(t)
	b := c.Held(c.tenant, c.home, 30, 3)
	c.TryControl("checkout/"+c.Session(b)+"/pay", map[string]any{"card": "4000000000009995"})
	c.Settle()
	c.tenantB.Get("/trips/"+b.Code+"/held").WantStatus(200).Want(".note", "insufficient funds")
	c.Pay(b, apptest.Good)
	c.Settle()
	c.tenantB.Get("/trips/"+b.Code).Want(".timeline", "A payment was declined", "insufficient funds", "Stay confirmed")
	owners := c.ownerB.Get("/owner/stays/" + b.Code).WantStatus(200)
	if strings.Contains(owners.Body, "insufficient") {
		t.Error("the owner learns about the tenant's cards")
	}
}

func TestConfirmingTellsEveryOutcome(t *testing.T) {
	c := newTown(t)
	expired := c.Held(c.tenant, c.home, 60, 3)
	c.Advance(41 * time.Minute)
	c.Settle()
	c.tenantB.Get("/trips/"+expired.Code+"/confirming").Want("h1", "run out").WantNone("[data-sse]").Want("a[href*='/book?']", "Book again")

	taken := c.Held(c.tenant, c.home, 90, 3)
	c.Pay(taken, apptest.Good)
	c.takeAway(t, taken)
	c.Settle()
	c.tenantB.Get("/trips/"+taken.Code+"/confirming").Want("h1", "We are sorry").Want("p", "$680.00")
	for _, r := range c.Refunds(taken) { // as its job would
		if err := c.Checkout.Finish(t.Context(), stripeapi.RequestID(*r.RequestID)); err != nil {
			t.Fatal(err)
		}
	}
	c.tenantB.Get("/trips/"+taken.Code).Want("#refunds", "$680.00", "5–10 business days", "cannot be undone", "re_")

	bank := c.Held(c.tenant, c.home, 30, 3)
	c.onItsWay(t, bank)
	c.tenantB.Get("/trips/"+bank.Code+"/confirming").WantStatus(200).Want("h1", "Your bank is sending the payment").WantNone("[data-sse]")
	c.tenantB.Get("/trips").Want(".tabs [aria-current]", "Upcoming 1")
}

// onItsWay makes a booking wait for a bank payment, of which the sandbox has
// none in dollars.
func (c *town) onItsWay(t *testing.T, b booking.Booking) {
	t.Helper()
	err := postgres.InTx(t.Context(), c.DB, func(tx pgx.Tx) error {
		_, err := booking.Move(t.Context(), tx, b, booking.Processing, booking.Stripe, "The payment is on its way", c.Now())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// takeAway gives a held booking's nights to somebody else, behind its back.
func (c *town) takeAway(t *testing.T, b booking.Booking) {
	t.Helper()
	for _, sql := range []string{
		`DELETE FROM occupancies WHERE booking_id = $1`, `UPDATE bookings SET status = 'expired' WHERE id = $1`,
		`INSERT INTO occupancies (id, listing_id, nights) SELECT gen_random_uuid(), listing_id, nights FROM bookings WHERE id = $1`,
	} {
		if _, err := c.DB.Exec(t.Context(), sql, b.ID); err != nil {
			t.Fatal(err)
		}
	}
}

// The stream says "done" when the worker has settled the booking, and outlives
// the server's own deadline for answers.
func TestTheStreamSaysDone(t *testing.T) {
	c := newTown(t)
	b := c.Held(c.tenant, c.home, 30, 3)
	if answer := c.otherB.Get("/trips/" + b.Code + "/events"); answer.Status != 404 {
		t.Errorf("somebody else may listen: %d", answer.Status)
	}
	server := &http.Server{Handler: c.Site(noLimits).Handler(), WriteTimeout: 300 * time.Millisecond}
	url := serve(t, server)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/trips/"+b.Code+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range c.tenantB.Cookies() {
		r.AddCookie(cookie)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if got := answer.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("%s, %s", answer.Status, got)
	}
	lines := bufio.NewScanner(answer.Body)
	began := time.Now()
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "retry:") {
		t.Fatalf("the stream begins with %q", lines.Text())
	}
	c.Pay(b, apptest.Good)
	for time.Since(began) < 600*time.Millisecond { // past the server's deadline
		c.tenantB.Get("/trips/" + b.Code + "/held").WantStatus(200)
	}
	c.Settle()
	for lines.Scan() {
		if lines.Text() == "event: done" && lines.Scan() && lines.Text() == "data: confirmed" {
			return
		}
	}
	t.Errorf("the stream ended without a word: %v", lines.Err())
}
