package site_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hearth/internal/calendar"
	"hearth/internal/listing"
	"hearth/internal/testkit/browser"
	"hearth/internal/testkit/htmltest"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
)

// upload sends files as a browser's form does.
func upload(t *testing.T, b *htmltest.Browser, path string, files map[string][]byte) *htmltest.Page {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, data := range files {
		part, err := form.CreateFormFile("photos", name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Do(http.MethodPost, path, form.FormDataContentType(), &body)
}

func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewRGBA(image.Rect(0, 0, 800, 600)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A tenant becomes an owner, fills in section after section and publishes.
func TestAHomeFromDraftToSale(t *testing.T) {
	h := letting(t)
	tess := h.person(t, "Tess")
	b := h.as(t, tess)
	b.Get("/owner/homes").WantStatus(200).Want(".empty a", "List your home")
	form := b.Get("/owner/homes/new").WantStatus(200)
	form.Submit("form.form", "title", "", "city", "Truckee").WantStatus(422).
		Want(".form-errors", "Give your home a title.").Want(`input[name=city][value=Truckee]`)
	page := form.Submit("form.form", "title", "Snow hut", "kind", "cabin", "city", "Truckee", "region", "California")
	page.WantStatus(303)
	path := page.Header.Get("Location")
	page.Follow().WantStatus(200).Want("h1", "Snow hut").Want(".badge", "Draft").Want(".steps", "A description", "At least one photo").
		Want("form[action$=publish] button[disabled]")
	b.Post(path+"/publish").WantStatus(422).Want(".form-errors", "A published home needs this.")

	save := func(section string, pairs ...string) {
		t.Helper()
		b.Get(path+"/"+section).WantStatus(200).Submit("form.form", pairs...).WantRedirect(path + "/" + section)
	}
	save("basics", "description", "Snow.\r\n\r\nMore snow.")
	save("location", "address_line1", "1 Powder Lane", "postal_code", "96161", "lat", "39.3280", "lon", "-120.1833")
	save("rooms", "guests", "5", "half_baths", "3", "amenities", "fireplace")
	save("price", "nightly_price", "180.50", "cleaning_fee", "60", "weekly_discount", "12.5")
	save("rules", "min_nights", "2", "cancellation_policy", "strict", "house_rules", "No ski boots inside.")
	upload(t, b, path+"/photos", map[string][]byte{"hut.jpg": picture(t)}).WantRedirect(path + "/photos")
	page = b.Get(path).WantStatus(200).WantNone("form[action$=publish] button[disabled]")
	page.Submit("form[action$=publish]").WantRedirect(path)
	b.Get(path).Want(".badge", "Published").Want("main", "Published, not on sale yet")
	h.payable(t, tess)
	b.Get(path).Want("main", "On sale")

	home, err := listing.ByOwner(t.Context(), h.server.DB, tess.ID)
	if err != nil || len(home) != 1 {
		t.Fatal(err)
	}
	l := home[0]
	if l.Description != "Snow.\n\nMore snow." || *l.Lat != 39.328 || l.Guests != 5 || l.Baths() != "1.5" || !l.Has("fireplace") ||
		l.NightlyPrice != 18050 || l.CleaningFee != 6000 || l.WeeklyDiscountBPS != 1250 || l.CancellationPolicy != "strict" || l.HouseRules == "" {
		t.Errorf("saved %+v", l)
	}
	b.Get("/owner/homes").Want(".tbl .key", "Snow hut").Want(".tbl", "$180.50")
	b.Get(path).Submit("form[action$=pause]").WantRedirect(path)
	b.Get(path).Want(".badge", "Paused")
}

// What was typed comes back with a message per field; nothing is saved by half.
func TestOwnerFormsKeepWhatWasTyped(t *testing.T) {
	h := letting(t)
	nora := h.person(t, "Nora", user.Owner)
	home := h.home(t, nora, "Cabin", nil)
	b, path := h.as(t, nora), "/owner/homes/"+string(home.ID)
	for _, c := range []struct {
		section string
		pairs   []string
		field   string
		typed   string
	}{
		{"basics", []string{"title", " ", "description", "Kept text"}, "title", `textarea[name=description]`},
		{"basics", []string{"description", ""}, "description", `input[name=title][value=Cabin]`},
		{"location", []string{"country", "DE", "city", "Berlin"}, "country", `input[name=city][value=Berlin]`},
		{"location", []string{"lat", "north"}, "lat", `input[name=lat][value=north]`},
		{"location", []string{"time_zone", "Mars/Base"}, "time_zone", `option[value="Mars/Base"][selected]`},
		{"rooms", []string{"guests", "many"}, "guests", `input[name=guests][value=many]`},
		{"price", []string{"currency", "EUR", "nightly_price", "99"}, "currency", `input[name=nightly_price][value="99"]`},
		{"price", []string{"nightly_price", "1.234,5"}, "nightly_price", `input[name=nightly_price][value="1.234,5"]`},
		{"price", []string{"weekly_discount", "95"}, "weekly_discount", `input[name=weekly_discount][value="95"]`},
		{"rules", []string{"check_in_from", "25:00", "min_nights", "3"}, "check_in_from", `input[name=min_nights][value="3"]`},
		{"rules", []string{"min_nights", "20", "max_nights", "10"}, "max_nights", `input[name=max_nights][value="10"]`},
	} {
		page := b.Get(path+"/"+c.section).WantStatus(200).Submit("form.form", c.pairs...).WantStatus(422).Want(c.typed)
		page.Want(".form-errors a[href='#f-" + c.field + "']")
		page.Want("#f-" + c.field + "[aria-invalid=true]")
	}
	if after, err := listing.ByID(t.Context(), h.server.DB, home.ID); err != nil || !after.UpdatedAt.Equal(home.UpdatedAt) {
		t.Errorf("a refused form was saved: %v", err)
	}
	b.Get(path + "/nothing").WantStatus(404)
}

func TestOwnersOrderAndDescribePhotos(t *testing.T) {
	h := letting(t)
	nora := h.person(t, "Nora", user.Owner)
	home := h.home(t, nora, "Cabin", nil)
	b, path := h.as(t, nora), "/owner/homes/"+string(home.ID)+"/photos"
	upload(t, b, path, map[string][]byte{}).WantStatus(422).Want(".form-errors", "Choose at least one photo.")
	upload(t, b, path, map[string][]byte{"good.jpg": picture(t), "bad.gif": []byte("GIF89a")}).WantStatus(422).
		Want(".form-errors", "bad.gif: Upload photos as JPEG, PNG or WebP.").Want("h2", "2 photos")
	upload(t, b, path, map[string][]byte{"a.jpg": picture(t), "b.jpg": picture(t)}).WantRedirect(path)
	order := func() (ids []string) {
		t.Helper()
		photos, err := listing.Photos(t.Context(), h.server.DB, home.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range photos {
			ids = append(ids, string(p.ID))
		}
		return ids
	}
	first := order()
	if len(first) != 4 {
		t.Fatalf("%d photos", len(first))
	}
	b.Post(path+"/"+first[3], "do", "cover").WantRedirect(path + "#photo-" + first[3])
	b.Post(path+"/"+first[0], "do", "down").WantStatus(303)
	b.Post(path+"/"+first[1], "do", "delete").WantStatus(303)
	b.Post(path+"/"+first[2], "do", "alt", "alt", "The kitchen").WantStatus(303)
	if got, want := strings.Join(order(), " "), strings.Join([]string{first[3], first[0], first[2]}, " "); got != want {
		t.Errorf("order %s, want %s", got, want)
	}
	b.Get(path).Want(`img[alt="The kitchen"]`).Want(".photo-list li:first-child .badge", "Cover").
		WantNone(".photo-list li:first-child [value=up]").WantNone(".photo-list li:last-child [value=down]")
	for _, id := range order()[1:] {
		b.Post(path+"/"+id, "do", "delete").WantStatus(303)
	}
	b.Post(path+"/"+order()[0], "do", "delete").WantStatus(422).Want(".form-errors", "A published home needs this.")
}

// Several files go up in a browser, where a script shows how far they are.
func TestOwnersUploadInABrowser(t *testing.T) {
	h := letting(t)
	nora := h.person(t, "Nora", user.Owner)
	home := h.home(t, nora, "Cabin", nil)
	dir := t.TempDir()
	for _, name := range []string{"one.jpg", "two.jpg"} {
		if err := os.WriteFile(filepath.Join(dir, name), picture(t), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := browser.New(t)
	p.Goto(h.URL("/login"))
	p.Fill("main input[name=email]", nora.Email)
	p.Fill("main input[name=password]", password)
	p.Click("main .btn-primary")
	p.Wait(`location.pathname !== "/login"`)
	p.Goto(h.URL("/owner/homes/" + string(home.ID) + "/photos"))
	p.WaitText("main", "1 photo")
	p.Upload("input[type=file]", filepath.Join(dir, "one.jpg"), filepath.Join(dir, "two.jpg"))
	p.Click(".upload .btn-primary")
	p.WaitText("main", "3 photos")
}

func TestOwnersKeepNights(t *testing.T) {
	h := letting(t)
	nora := h.person(t, "Nora", user.Owner)
	home := h.home(t, nora, "Cabin", nil)
	b, path := h.as(t, nora), "/owner/homes/"+string(home.ID)+"/availability"
	b.Get(path).WantStatus(200).Want(".panel", "Every night is free.").Submit("form.form", "check_in", h.days(10), "check_out", h.days(12), "do", "block").WantRedirect(path)
	page := b.Get(path).Want(".panel li", "Kept by you").Want("td.taken")
	b.Get(path).Submit("form.form", "check_in", h.days(10), "check_out", h.days(10), "do", "block").WantStatus(422).
		Want(".form-errors", "Choose a day after check-in.").Want(`input[name=check_in][value="` + h.days(10) + `"]`)
	page.Submit("li form", "do", "unblock").WantRedirect(path)
	b.Get(path).Want(".panel", "Every night is free.")
	h.booked(t, home, 20, 22)
	b.Get(path).Want(".panel li", "Booked").WantNone("li form").
		Submit("form.form", "check_in", h.days(19), "check_out", h.days(25), "do", "block").WantStatus(409).Want(".form-errors", "A tenant has booked some of those nights.")
}

// booked takes nights for a tenant.
func (h *house) booked(t *testing.T, home listing.Listing, in, out int) {
	t.Helper()
	maya := h.person(t, "Maya")
	stay, err := calendar.ParseStay(h.days(in), h.days(out))
	if err != nil {
		t.Fatal(err)
	}
	h.tx(t, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO bookings (id, listing_id, code, tenant_id, owner_id, form_token, status, nights, guests, currency,
			nightly_price, stay_amount, total_amount, fee_bps, fee_amount, policy, policy_sentence, consent_at, consent_ip,
			time_zone, check_in_from, check_out_by, hold_until, created_at)
			VALUES ($1, $2, 'HX', $1, $3, 'x', 'confirmed', daterange($4::date, $5::date), 1, 'usd', 100, 100, 100, 0, 0, 'moderate', '', $6, '',
			'America/Los_Angeles', '15:00', '11:00', $6, $6)`, maya.ID, home.ID, home.OwnerID, stay.CheckIn, stay.CheckOut, time.Now())
		if err != nil {
			return err
		}
		return calendar.Take(t.Context(), tx, home.ID, stay, string(maya.ID))
	})
}

// Another owner's home is not found, by any of its pages and forms.
func TestOwnersSeeOnlyTheirOwnHomes(t *testing.T) {
	h := letting(t)
	home := h.home(t, h.person(t, "Nora", user.Owner), "Cabin", nil)
	other := h.as(t, h.person(t, "Olga", user.Owner))
	path := "/owner/homes/" + string(home.ID)
	for _, section := range []string{"", "/basics", "/location", "/rooms", "/photos", "/price", "/rules", "/availability"} {
		other.Get(path + section).WantStatus(404)
		if section != "" {
			other.Post(path+section, "title", "Mine", "check_in", h.days(3), "check_out", h.days(5)).WantStatus(404)
		}
	}
	photos, err := listing.Photos(t.Context(), h.server.DB, home.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{"/publish", "/pause", "/photos/" + string(photos[0].ID)} {
		other.Post(path+form, "do", "delete").WantStatus(404)
	}
	upload(t, other, path+"/photos", map[string][]byte{"a.jpg": picture(t)}).WantStatus(404)
	if after, err := listing.ByID(t.Context(), h.server.DB, home.ID); err != nil || after.Status != listing.Published || after.Title != "Cabin" {
		t.Errorf("%s %s, %v", after.Title, after.Status, err)
	}
}
