package site_test

import (
	"testing"

	"hearth/internal/booking"
	"hearth/internal/listing"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"
)

func TestPeopleAreFoundAndSorted(t *testing.T) {
	c := newTown(t)
	admin := c.logIn(t, factory.Person(t, c.DB, "Ada Admin", user.Admin))
	page := admin.Get("/admin/people").WantStatus(200).Want(".tabs", "All 4", "Owners 1", "Admins 1", "Suspended 0").Want("table", "Nora Lind", "Dana Mills")
	page.Want(".side a[aria-current=page]", "People")
	admin.Get("/admin/people?group=admins").Want("table", "Ada Admin")
	if text := admin.Get("/admin/people?group=owners").Text("table"); contains(text, "Ada Admin") || !contains(text, "Nora Lind") {
		t.Errorf("owners are %s", text)
	}
	admin.Get("/admin/people?q=dana").Want("table", "Dana Mills").Want(".tabs", "All 1").Want("input[value=dana]")
	admin.Get("/admin/people?q="+string(c.owner.ID)).Want("table", "Nora Lind")
	admin.Get("/admin/people?q=%00%ff&page=-7").WantStatus(200)
	admin.Get("/admin/people?q=nobody").WantNone("table").Want(".empty", "Nobody fits")
	admin.Get("/admin/people/x").WantStatus(404)
}

func TestAnAdminSuspendsAndReinstatesWithAReason(t *testing.T) {
	c := newTown(t)
	ada := factory.Person(t, c.DB, "Ada Admin", user.Admin)
	admin := c.logIn(t, ada)
	show, suspend := "/admin/people/"+string(c.owner.ID), "/admin/people/"+string(c.owner.ID)+"/suspend"
	admin.Get(show).Want("h1", "Nora Lind").Want("table", "Lakeside A-frame").Want("a[href='"+suspend+"']").Want(".badge", "Enabled")
	ask := admin.Get(suspend).WantStatus(200).Want("#act", "logged out everywhere")
	ask.Submit("#act", "reason", " ").WantStatus(422).Want("#f-reason-error", "Say why")
	if u := c.person(t, c.owner.ID); u.Suspended() {
		t.Fatal("suspended without a reason")
	}
	ask.Submit("#act", "reason", "Two homes that do not exist").WantRedirect(show).Follow().
		Want("body", "Nora Lind is suspended").Want(".timeline", "suspend", "Two homes that do not exist", "Ada Admin")
	c.ownerB.Get("/owner/homes").WantStatus(303) // logged out
	if on, err := listing.Sellable(t.Context(), c.DB, c.home.ID, false); err != nil || on {
		t.Errorf("the home is on sale: %v, %v", on, err)
	}
	admin.Post(suspend, "reason", "Again").WantStatus(404)
	admin.Get("/admin/people?group=suspended").Want("table", "Nora Lind")
	admin.Get(show+"/reinstate").Submit("#act", "reason", "They do exist").WantRedirect(show)
	c.logIn(t, c.owner).Get("/owner/homes").WantStatus(200)
	admin.Get("/admin/audit?target=user:"+string(c.owner.ID)).Want("table", "suspend", "reinstate").Want(".chip", "user:"+string(c.owner.ID))
}

func TestRolesChangeButThePlatformKeepsAnAdmin(t *testing.T) {
	c := newTown(t)
	ada := factory.Person(t, c.DB, "Ada Admin", user.Admin)
	admin := c.logIn(t, ada)
	dana, self := "/admin/people/"+string(c.tenant.ID), "/admin/people/"+string(ada.ID)
	admin.Get(self).Want("main", "This is you").WantNone("a[href$='/no-admin']")
	for _, act := range []string{"/no-admin", "/suspend"} {
		admin.Post(self+act, "reason", "Enough").WantStatus(403).Want(".form-errors", "cannot do this to yourself")
	}
	admin.Get(dana+"/make-admin").Submit("#act", "reason", "Night shift").WantRedirect(dana)
	c.tenantB.Get("/trips").WantStatus(303) // must log in again
	second := c.logIn(t, c.tenant)
	second.Get("/admin/people").WantStatus(200)
	admin.Get(dana+"/no-admin").Submit("#act", "reason", "Night shift is over").WantRedirect(dana)
	second.Get("/admin/people").WantStatus(303)
	if u := c.person(t, c.tenant.ID); u.IsAdmin() {
		t.Error("still an admin")
	}
	admin.Post("/admin/people/"+string(c.owner.ID)+"/no-owner", "reason", "x").WantStatus(409).Want(".form-errors", "They have homes")
	admin.Post(dana+"/make-king", "reason", "x").WantStatus(404)
}

func TestFeesOfTheirOwnHoldForNewBookings(t *testing.T) {
	c := newTown(t)
	before := c.Held(c.tenant, c.home, 10, 2)
	admin := c.logIn(t, factory.Person(t, c.DB, "Ada Admin", user.Admin))
	owner, home := "/admin/people/"+string(c.owner.ID), "/admin/homes/"+string(c.home.ID)
	ask := admin.Get(owner+"/fee").Want("#f-fee-hint", "12 %")
	for _, wrong := range []string{"12 %", "10001", "-1"} {
		ask.Submit("#act", "fee", wrong, "reason", "x").WantStatus(422).Want("#f-fee-error").Want("input[value='" + wrong + "']")
	}
	ask.Submit("#act", "fee", "900", "reason", "Ten homes").WantRedirect(owner)
	admin.Get(owner).Want(".kv", "9 %, their own").Want(".timeline", "from none, to 900")
	admin.Post(home+"/fee", "fee", "10001", "reason", "x").WantStatus(422).Want("#f-fee-error", "between 0 and 10000")
	admin.Get(home+"/fee").Want("#f-fee-hint", "9 %").Submit("#act", "fee", "700", "reason", "First month").WantRedirect(home)
	admin.Get(home).Want(".kv", "7 %")
	admin.Get("/admin/homes").Want("table", "7 %", "of this home")
	if b := c.Held(c.tenant, c.home, 20, 2); b.FeeBPS != 700 {
		t.Errorf("a new booking has %d", b.FeeBPS)
	}
	admin.Get(home+"/fee").Want("input[value='700']").Submit("#act", "fee", "", "reason", "The month is over").WantRedirect(home)
	if b := c.Held(c.tenant, c.home, 30, 2); b.FeeBPS != 900 {
		t.Errorf("without a fee of the home's own: %d", b.FeeBPS)
	}
	if b := c.Booking(before.ID); b.FeeBPS != 1200 || b.Status != booking.Held {
		t.Errorf("the booking that was made has %d", b.FeeBPS)
	}
}

func TestAnAdminSuspendsAHome(t *testing.T) {
	c := newTown(t)
	admin := c.logIn(t, factory.Person(t, c.DB, "Ada Admin", user.Admin))
	home := "/admin/homes/" + string(c.home.ID)
	admin.Get("/admin/homes").WantStatus(200).Want(".tabs", "All 1", "Published 1", "Suspended 0").Want("table", "Lakeside A-frame", "Nora Lind", "12 %")
	admin.Get("/admin/homes?q=nora").Want("table", "Lakeside")
	admin.Get("/admin/homes?q=elsewhere").WantNone("table")
	admin.Get("/admin/homes?status=%00").WantStatus(200)
	admin.Get(home).Want("h1", "Lakeside A-frame").Want(".kv", "12 Secret Lane")
	admin.Get(home+"/suspend").Submit("#act", "reason", "").WantStatus(422)
	admin.Get(home+"/suspend").Submit("#act", "reason", "The photos are of another house").WantRedirect(home)
	c.Get("/homes/lakeside").WantStatus(404)
	c.ownerB.Post("/owner/homes/" + string(c.home.ID) + "/publish").WantStatus(403)
	admin.Get("/admin/homes?status=suspended").Want("table", "Lakeside", "Suspended")
	admin.Get(home+"/restore").Submit("#act", "reason", "New photos").WantRedirect(home)
	c.ownerB.Get("/owner/homes/"+string(c.home.ID)).Want("main", "Paused")
	admin.Get("/admin/audit?q=another+house").Want("table", "suspend").Want("a[href='" + home + "']")
	c.ownerB.Post(home+"/suspend", "reason", "x").WantStatus(403)
}

func (c *town) person(t *testing.T, id user.ID) user.User {
	t.Helper()
	u, err := user.ByID(t.Context(), c.DB, id)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
