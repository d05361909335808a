package site_test

import (
	"net"
	"net/http"
	"testing"

	"hearth/internal/booking"
	"hearth/internal/listing"
	"hearth/internal/site"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
	"hearth/internal/testkit/htmltest"
	"hearth/internal/user"
)

// town is all of Hearth with its Stripe, a home that can be booked, its owner,
// a tenant, and somebody who has nothing to do with them.
type town struct {
	*apptest.World
	*htmltest.Browser
	home            listing.Listing
	owner, tenant   user.User
	ownerB, tenantB *htmltest.Browser // their browsers
	otherB          *htmltest.Browser // another tenant's
}

var noLimits = site.Limits{LogIns: 1000, Mails: 1000, Bookings: 1000}

func newTown(t *testing.T) *town {
	t.Helper()
	w := apptest.Start(t)
	c := &town{World: w, Browser: htmltest.New(t, w.Site(noLimits).Handler())}
	c.owner = w.Owner("Nora Lind")
	c.home = factory.Home(t, w.DB, c.owner.ID, map[string]any{"house_rules": "No parties.\n\nShoes off.", "slug": "lakeside"})
	c.tenant = factory.Person(t, w.DB, "Dana Mills")
	other := factory.Person(t, w.DB, "Otto Other")
	c.ownerB, c.tenantB, c.otherB = c.logIn(t, c.owner), c.logIn(t, c.tenant), c.logIn(t, other)
	return c
}

// logIn gives somebody the password of all tests, and logs them in.
func (c *town) logIn(t *testing.T, u user.User) *htmltest.Browser {
	t.Helper()
	hashed, err := hash()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.DB.Exec(t.Context(), `UPDATE users SET password_hash = $2 WHERE id = $1`, u.ID, hashed); err != nil {
		t.Fatal(err)
	}
	b := c.Another()
	b.Post("/login", "email", u.Email, "password", password).WantStatus(303)
	return b
}

// bookPath is the booking page of the home, so many nights from so many days
// ahead.
func (c *town) bookPath(inDays, nights int) string {
	stay := apptest.Stay(c.home, c.Now(), inDays, nights)
	return "/homes/" + c.home.Slug + "/book?in=" + stay.CheckIn.Format("2006-01-02") + "&out=" + stay.CheckOut.Format("2006-01-02") + "&guests=2"
}

// mine is the tenant's newest booking.
func (c *town) mine(t *testing.T) booking.Booking {
	t.Helper()
	trips, err := booking.Trips(t.Context(), c.DB, c.tenant.ID)
	if err != nil || len(trips) == 0 {
		t.Fatalf("no trips: %v", err)
	}
	newest := trips[0].Booking
	for _, b := range trips {
		if b.CreatedAt.After(newest.CreatedAt) {
			newest = b.Booking
		}
	}
	return newest
}

// serve runs a server with deadlines of its own.
func serve(t *testing.T, server *http.Server) (url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return "http://" + listener.Addr().String()
}
