package site_test

import (
	"bytes"
	"image/jpeg"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"hearth/internal/demo"
	"hearth/internal/inbound"
	"hearth/internal/listing"
	"hearth/internal/postgres"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/browser"
	"hearth/internal/user"
	"hearth/web"

	"github.com/jackc/pgx/v5"
)

// The demo as a newcomer meets it, through the pages of README.md. With
// HEARTH_SCREENSHOTS=docs/img it takes README's pictures anew.
func TestTheDemo(t *testing.T) {
	w := apptest.Start(t)
	photos, err := fs.Sub(web.Demo, "demo")
	if err != nil {
		t.Fatal(err)
	}
	if err := demo.Load(t.Context(), w.DB, photos, w.Now()); err != nil {
		t.Fatal(err)
	}
	owners, err := demo.Owners(t.Context(), w.DB)
	if err != nil {
		t.Fatal(err)
	}
	for _, owner := range owners {
		if _, err := w.Hosting.StartOnboarding(t.Context(), owner.ID); err != nil {
			t.Fatal(err)
		}
		account := w.AccountOf(owner.ID).StripeAccountID
		w.Control("accounts/"+account+"/onboard", map[string]any{"outcome": "active"})
		if err := w.Inbox.LookNow(t.Context(), inbound.SourceOwn, inbound.Subject{Kind: inbound.Account, ID: account}); err != nil {
			t.Fatal(err)
		}
	}
	tenant := demoPerson(t, w, demo.Tenant)
	home := demoHome(t, w, owners[0])
	earlier := w.Confirmed(tenant, home, 70, 3)
	stay := w.Confirmed(tenant, home, 40, 5)

	p := browser.New(t)
	p.Viewport(1280, 860)
	p.Goto(w.SiteURL + "/search?q=California&" + dates(w, 90, 5) + "&guests=2")
	p.WaitText("h1", "10 homes")
	readmePicture(t, p, "search")
	p.Goto(w.SiteURL + "/homes/" + home.Slug + "?" + dates(w, 90, 5) + "&guests=2")
	p.WaitText("main", "total for 5 nights")
	readmePicture(t, p, "home")
	demoLogIn(w, p, demo.Tenant)
	p.Goto(w.SiteURL + "/trips/" + stay.Code)
	p.WaitText("main", home.Address())
	readmePicture(t, p, "trip")

	demoLogIn(w, p, demo.Owner)
	p.Goto(w.SiteURL + "/owner/payouts")
	p.WaitText("main", stay.Code)
	readmePicture(t, p, "payouts")

	demoLogIn(w, p, demo.Admin)
	p.Goto(w.SiteURL + "/admin/bookings/" + earlier.Code + "/refund")
	p.Fill("#ask [name=amount]", "100.00")
	p.Fill("#ask [name=reason]", "The canoe was missing")
	submit(p, "#ask")
	p.WaitText("#refund", "Refund $100.00")
	readmePicture(t, p, "admin-refund")
	submit(p, "#refund")
	w.Settle()
	p.Goto(w.SiteURL + "/admin/bookings/" + earlier.Code)
	p.WaitText(".timeline", "Refund of $100.00")
	readmePicture(t, p, "admin-booking")
}

func demoPerson(t *testing.T, w *apptest.World, email string) user.User {
	t.Helper()
	u, err := user.ByEmail(t.Context(), w.DB, email)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func demoHome(t *testing.T, w *apptest.World, owner user.User) (home listing.Listing) {
	t.Helper()
	homes, err := listing.ByOwner(t.Context(), w.DB, owner.ID)
	if err != nil || len(homes) == 0 {
		t.Fatalf("%d homes, %v", len(homes), err)
	}
	home = homes[0]
	for _, h := range homes {
		if h.City == "South Lake Tahoe" {
			home = h
		}
	}
	// The demo's own blocked nights are somebody else's test.
	err = postgres.InTx(t.Context(), w.DB, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `DELETE FROM occupancies WHERE listing_id = $1`, home.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return home
}

func demoLogIn(w *apptest.World, p *browser.Page, email string) {
	p.Goto(w.SiteURL + "/")
	browser.Eval[bool](p, `fetch('/logout', {method: 'POST'}).then(() => true)`)
	p.Goto(w.SiteURL + "/login")
	p.Fill("[name=email]", email)
	p.Fill("[name=password]", demo.Password)
	submit(p, "form[action='/login']")
	p.Wait(`location.pathname !== '/login'`)
}

// readmePicture keeps what the window shows, when pictures are wanted.
func readmePicture(t *testing.T, p *browser.Page, name string) {
	t.Helper()
	dir := os.Getenv("HEARTH_SCREENSHOTS")
	if dir == "" {
		return
	}
	raw, err := png.Decode(bytes.NewReader(p.Shot()))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, raw, &jpeg.Options{Quality: 82}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("../..", dir, name+".jpg"), out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
