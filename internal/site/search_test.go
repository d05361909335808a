package site_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"hearth/internal/calendar"
	"hearth/internal/checkout"
	"hearth/internal/hosting"
	"hearth/internal/listing"
	"hearth/internal/postgres"
	"hearth/internal/site"
	"hearth/internal/user"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// letting opens the house with what home pages need.
func letting(t *testing.T) *house {
	return start(t, func(s *site.Server) {
		s.Config.Region, s.Config.CurrencyCode = "US", "usd"
		s.Checkout = &checkout.Service{DB: s.DB, Fee: 1200, Now: s.Now}
		s.Hosting = &hosting.Service{DB: s.DB, Now: s.Now}
	})
}

func (h *house) tx(t *testing.T, do func(tx pgx.Tx) error) {
	t.Helper()
	if err := postgres.InTx(t.Context(), h.server.DB, do); err != nil {
		t.Fatal(err)
	}
}

// payable gives an owner an account that Stripe can pay.
func (h *house) payable(t *testing.T, u user.User) {
	t.Helper()
	h.tx(t, func(tx pgx.Tx) error {
		request := uuid.NewString()
		if _, err := tx.Exec(t.Context(), `INSERT INTO stripe_requests (id, purpose, path, idempotency_key, params, livemode, state, planned_at)
			VALUES ($1, 'account', '/v1/accounts', $2, '', false, 'succeeded', now())`, request, request); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `INSERT INTO connected_accounts (id, user_id, livemode, stripe_account_id, request_id, country,
			charges_enabled, transfers, created_at) VALUES ($1, $2, false, $3, $1, 'US', true, 'active', now())`, request, u.ID, "acct_"+request)
		return err
	})
}

// home makes a published home; change may alter it before.
func (h *house) home(t *testing.T, owner user.User, title string, change func(*listing.Listing)) (l listing.Listing) {
	t.Helper()
	platform := listing.Platform{Country: "US", Currency: "usd"}
	h.tx(t, func(tx pgx.Tx) (err error) {
		l, err = listing.Create(t.Context(), tx, owner.ID, listing.New{Title: title, Kind: "cabin", City: "South Lake Tahoe",
			Region: "California", TimeZone: "America/Los_Angeles"}, platform, h.now())
		if err != nil {
			return err
		}
		if _, err = listing.Update(t.Context(), tx, l.ID, platform, h.now(), func(l *listing.Listing) {
			lat, lon := 38.93994, -119.97719
			l.Description, l.AddressLine1, l.PostalCode, l.Lat, l.Lon = "By the lake.\n\nQuiet.", "12 Stillwater Landing", "96150", &lat, &lon
			l.NightlyPrice, l.CleaningFee, l.Guests, l.MinNights, l.WeeklyDiscountBPS = 31200, 12000, 6, 2, 1000
			l.CheckInInstructions = "The code is 4711."
			if change != nil {
				change(l)
			}
		}); err != nil {
			return err
		}
		if _, err = listing.AddPhoto(t.Context(), tx, l.ID, listing.Processed{Width: 400, Height: 300,
			Files: []listing.PhotoFile{{Width: 400, JPEG: []byte("jpeg of " + title)}}}, "A lake", h.now()); err != nil {
			return err
		}
		if err = listing.Publish(t.Context(), tx, l.ID, h.now()); err != nil {
			return err
		}
		l, err = listing.ByID(t.Context(), tx, l.ID)
		return err
	})
	return l
}

// days is a date some days from now, as forms write it.
func (h *house) days(n int) string {
	return calendar.Today("America/Los_Angeles", h.now()).AddDate(0, 0, n).Format(time.DateOnly)
}

func TestSearchShowsTotalsAndKeepsFilters(t *testing.T) {
	h := letting(t)
	nora := h.person(t, "Nora", user.Owner)
	h.payable(t, nora)
	h.home(t, nora, "Lakeside A-frame", func(l *listing.Listing) { l.Amenities = []string{"pool"} })
	h.home(t, nora, "Little cabin", func(l *listing.Listing) { l.NightlyPrice = 10000 })
	h.Get("/").WantStatus(200).Want("h1", "Homes to stay in").Want(".card .title", "South Lake Tahoe", "South Lake Tahoe").
		Want(".card .price b", "$320", "$744"). // two nights and the cleaning
		Want(".mapbox a.pin", "$320", "$744")
	dates := "in=" + h.days(10) + "&out=" + h.days(20)
	page := h.Get("/search?q=tahoe&amenity=pool&max=3000&guests=2&sort=price&"+dates).WantStatus(200).
		Want("h1", "1 home for “tahoe”").Want(".card .price b", "$2,928"). // 10 × 312 − 10 % + 120
		Want(`input[name=q][value="tahoe"]`).Want(`.searchbar input[name=in][value="` + h.days(10) + `"]`)
	href, _ := page.Find(".card .title a").Attr("href")
	if !strings.Contains(href, "in="+h.days(10)) || !strings.Contains(href, "guests=2") {
		t.Errorf("the card leads to %s", href)
	}
	page.Find(".choices a.chip").Each(func(_ int, chip *goquery.Selection) {
		href, _ := chip.Attr("href")
		u, err := url.Parse(href)
		if err != nil || u.Query().Get("q") != "tahoe" || u.Query().Get("in") != h.days(10) {
			t.Errorf("a chip loses the search: %s", href)
		}
		if strings.Contains(chip.Text(), "Pool") && (u.Query().Has("amenity") || !u.Query().Has("max")) {
			t.Errorf("the pool's chip leads to %s", href)
		}
	})
	h.Get("/search?q=nowhere").WantStatus(200).Want(".empty a").WantNone(".card").WantNone(".mapbox")
}

func TestSearchSaysWhatItCannotRead(t *testing.T) {
	h := letting(t)
	for _, c := range []struct{ query, says string }{
		{"in=" + h.days(9) + "&out=" + h.days(9), "Choose a day after check-in."},
		{"in=" + h.days(9), "Choose the day you leave."},
		{"in=" + h.days(-9) + "&out=" + h.days(9), "That day has passed."},
		{"max=cheap", "Write an amount such as 1,200."},
		{"guests=-1", "Write a number up to 100."},
	} {
		h.Get("/search?"+c.query).WantStatus(422).Want(".form-errors li", c.says)
	}
	h.Get("/search?kind=castle&amenity=moat&sort=luck&after=1.x&q=" + url.QueryEscape("\x00'%_\\")).WantStatus(200)
}

func TestSearchPagesLeadOnAndBack(t *testing.T) {
	h := letting(t)
	nora := h.person(t, "Nora", user.Owner)
	h.payable(t, nora)
	for range 25 {
		h.home(t, nora, "Cabin", nil)
	}
	page := h.Get("/search?q=tahoe&sort=price").WantStatus(200).Want("h1", "25 homes for “tahoe”")
	if n := page.Find(".card").Length(); n != 24 {
		t.Errorf("%d on the first page", n)
	}
	next, _ := page.Find("a[rel=next]").Attr("href")
	page = h.Get(next).WantStatus(200).WantNone("a[rel=next]").Want("h1", "25 homes for “tahoe”")
	if n := page.Find(".card").Length(); n != 1 {
		t.Errorf("%d on the second page", n)
	}
	first, _ := page.Find("nav[aria-label=Pages] a").Attr("href")
	if u, _ := url.Parse(first); u.Query().Has("after") || u.Query().Get("sort") != "price" {
		t.Errorf("back to %s", first)
	}
}

func TestHomePageQuotesWithoutLogIn(t *testing.T) {
	h := letting(t)
	nora := h.person(t, "Nora", user.Owner)
	home := h.home(t, nora, "Lakeside A-frame", nil)
	path := "/homes/" + home.Slug
	h.Get(path).WantStatus(200).Want(".book .note", "This home cannot be booked right now.").WantNone(".book .btn-primary")
	h.payable(t, nora)
	page := h.Get(path).WantStatus(200).Want("h1", "Lakeside A-frame").Want(".mapbox .m-area").Want(".book .btn-primary", "Reserve").WantNone(".book .total")
	for _, secret := range []string{"Stillwater", "96150", "4711", "38.93994", "119.97719", nora.Email} {
		if strings.Contains(page.Body, secret) {
			t.Errorf("the page says %q to strangers", secret)
		}
	}
	dates := "?in=" + h.days(10) + "&out=" + h.days(17) + "&guests=6"
	for _, address := range []string{path + dates, path + "/quote" + dates} {
		h.Get(address).WantStatus(200).Want(".total", "$2,085.60 total for 7 nights").
			Want(".lines dt", "$312 × 7 nights", "Weekly discount (10 %)", "Cleaning", "Total (USD)").
			Want(".lines dd", "$2,184.00", "-$218.40", "$120.00", "$2,085.60")
	}
	h.Get(path+dates).Want(`.book input[name=in][value="`+h.days(10)+`"]`).Want(`.book option[selected]`, "6 guests")
	h.tx(t, func(tx pgx.Tx) error {
		stay, err := calendar.ParseStay(h.days(12), h.days(13))
		if err != nil {
			return err
		}
		return calendar.Block(t.Context(), tx, home.ID, stay)
	})
	h.Get(path+dates).WantStatus(409).Want(".book .note", "Some of those nights are taken.").Want(".cal-plain .taken").Want(".book .choices a")
	other, _ := h.Get(path + dates).Find(".book .choices a").Attr("href")
	h.Get(strings.TrimSuffix(other, "#book")).WantStatus(200).Want(".total", "total for 7 nights")
	for query, says := range map[string]string{
		"?in=" + h.days(10) + "&out=" + h.days(11):               "This home is let for at least 2 nights.",
		"?in=" + h.days(-2) + "&out=" + h.days(3):                "That day has passed.",
		"?in=" + h.days(20) + "&out=" + h.days(22) + "&guests=7": "This home sleeps 6.",
		"?in=" + h.days(20):                                      "Choose the day you leave.",
	} {
		h.Get(path+query).WantStatus(422).Want(".book .note", says)
		h.Get(path+"/quote"+query).WantStatus(422).Want(".note", says)
	}
}

// What is not published is there for its owner and admins only: page, quote
// and pictures.
func TestHiddenHomesAreNotFound(t *testing.T) {
	h := letting(t)
	nora := h.person(t, "Nora", user.Owner)
	home := h.home(t, nora, "Lakeside A-frame", nil)
	photos, err := listing.Photos(t.Context(), h.server.DB, home.ID)
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{"/homes/" + home.Slug, "/homes/" + home.Slug + "/photos", "/homes/" + home.Slug + "/quote", "/photos/" + string(photos[0].ID) + "/400.jpg"}
	for _, path := range paths {
		h.Get(path).WantStatus(200)
	}
	h.tx(t, func(tx pgx.Tx) error { return listing.Pause(t.Context(), tx, home.ID, h.now()) })
	owner, admin, other := h.as(t, nora), h.as(t, h.person(t, "Ada", user.Admin)), h.as(t, h.person(t, "Olga", user.Owner))
	for _, path := range paths {
		h.Get(path).WantStatus(404)
		other.Get(path).WantStatus(404)
		owner.Get(path).WantStatus(200)
		admin.Get(path).WantStatus(200)
	}
	h.booked(t, home, 20, 22) // Maya's trip shows the home, so its pictures are hers to see
	tenant := h.Another()
	tenant.Post("/login", "email", "maya@example.com", "password", password).WantStatus(303)
	tenant.Get(paths[0]).WantStatus(404)
	tenant.Get(paths[3]).WantStatus(200)
	owner.Get(paths[0]).Want(".note a", "Go to the home’s settings").WantNone(".book .btn-primary")
	if c := owner.Get(paths[3]).Header.Get("Cache-Control"); !strings.HasPrefix(c, "private") {
		t.Errorf("a hidden photo is cached: %s", c)
	}
}

func TestPhotosAreKeptForGood(t *testing.T) {
	h := letting(t)
	home := h.home(t, h.person(t, "Nora", user.Owner), "Cabin", nil)
	photos, err := listing.Photos(t.Context(), h.server.DB, home.ID)
	if err != nil {
		t.Fatal(err)
	}
	path := "/photos/" + string(photos[0].ID) + "/"
	page := h.Get(path + "640.jpg").WantStatus(200)
	etag := page.Header.Get("ETag")
	if page.Body != "jpeg of Cabin" || page.Header.Get("Content-Type") != "image/jpeg" || etag == "" ||
		page.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
		t.Errorf("%q, %v", page.Body, page.Header)
	}
	again, err := http.NewRequest(http.MethodGet, h.URL(path+"640.jpg"), nil)
	if err != nil {
		t.Fatal(err)
	}
	again.Header.Set("If-None-Match", etag)
	answer, err := http.DefaultClient.Do(again)
	if err != nil || answer.StatusCode != http.StatusNotModified {
		t.Errorf("asked again: %v, %v", answer, err)
	}
	for _, wrong := range []string{path + "640.png", path + "x.jpg", "/photos/nothing/640.jpg", "/photos/" + uuid.NewString() + "/640.jpg"} {
		if c := h.Get(wrong).WantStatus(404).Header.Get("Cache-Control"); strings.Contains(c, "immutable") {
			t.Errorf("%s: an error is kept for good", wrong)
		}
	}
}
