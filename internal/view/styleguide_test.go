package view_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/PuerkitoBio/goquery"

	"hearth/internal/money"
	"hearth/internal/view"
	"hearth/web"
)

// guide is one struct for all pages of testdata, which together show every
// layout and every part.
type guide struct {
	view.Base
	Cards    []view.Card
	Chips    []view.Chip
	Pager    view.Pager
	Gallery  view.Gallery
	Calendar view.Calendar
	Lines    []view.Line
	Steps    []view.Step
	Chart    view.Chart
	Tabs     []view.Tab
	Toolbar  view.Toolbar
	Columns  []view.Column
	Rows     []guideRow
	Timeline []view.Happening
	Empty    view.Empty
	Errors   map[string]string
	Total    money.Amount
	Max      money.Amount
	In, Out  time.Time
}

type guideRow struct {
	Code, Tenant, Email, Status string
	In, Out, At                 time.Time
	Total                       money.Amount
}

var now = time.Date(2027, 6, 1, 9, 41, 0, 0, time.UTC)

func usd(minor int64) money.Amount { return money.New(minor, "usd") }

func date(month time.Month, day int) time.Time {
	return time.Date(2027, month, day, 0, 0, 0, 0, time.UTC)
}

func newGuide(page string) guide {
	g := guide{
		Base: view.Base{
			Title: "Style guide", Description: "Every part", Path: "/" + page, Year: 2027, Now: now, Sandbox: page == "form",
			User:   &view.UserInfo{ID: "u1", Name: "Mia Lind", Email: "mia@example.com", IsOwner: true, IsAdmin: true, Initial: "M"},
			Search: view.SearchBox{Where: "California", In: "2027-06-12", Out: "2027-06-17", Min: "2027-06-01", Guests: 4},
			Nav:    map[string]string{"admin": "admin:bookings", "owner": "owner:today"}[page],
			Counts: map[string]int{"admin:disputes": 3, "admin:accounts": 2},
		},
		Gallery: view.Gallery{Href: "/homes/a-frame/photos", Photos: photos("aframe", "living", "bedroom", "kitchen", "deck", "bath")},
		Total:   usd(192800), Max: usd(300000), In: date(6, 12), Out: date(6, 17),
		Chips: []view.Chip{{Text: "2+ bedrooms", Href: "/s?max=3000"}, {Text: "Up to $3,000", Href: "/s?beds=2"}},
		Pager: view.NewPager(&url.URL{Path: "/s", RawQuery: "q=California"}, 3, 25, 1284),
		Calendar: view.NewCalendar(now, 2, []view.Nights{{From: date(6, 20), To: date(6, 25)}, {From: date(7, 2), To: date(7, 7)}},
			view.Nights{From: date(6, 12), To: date(6, 17)}),
		Lines: []view.Line{{Label: "$312 × 5 nights", Value: "$1,560.00"}, {Label: "Cleaning fee", Note: "once", Value: "$120.00"},
			{Label: "Payout", Value: "$231.00", Badge: &view.Badge{Tone: "ok", Icon: "check", Text: "Paid"}}, {Label: "Total (USD)", Value: "$1,928.00", Sum: true}},
		Steps: []view.Step{{Title: "Describe your home", Done: true}, {Title: "Set up payouts", Text: "Stripe needs a bank account.", Action: "Continue on Stripe", Href: "/owner/payouts/setup", Post: true}, {Title: "Publish", Action: "Publish"}},
		Chart: view.Chart{Label: "Earnings by month", Bars: []view.Bar{{"Apr", "", usd(320000)}, {"May", "", usd(734000)}, {"Jun", "now", usd(641200)}, {"Jul", "next", usd(241000)}}},
		Tabs:  []view.Tab{{"All", "/admin/bookings", 1284, true}, {"Confirmed", "/admin/bookings?status=confirmed", 412, false}, {"Log", "/admin/log", -1, false}},
		Toolbar: view.Toolbar{Action: "/admin/bookings", Label: "Search bookings", Placeholder: "Code, tenant, email, pi_…", Hidden: []view.Option{{Value: "status", Label: "confirmed"}},
			Chips: []view.Chip{{Text: "Created: last 30 days", Href: "/admin/bookings"}}, ClearHref: "/admin/bookings"},
		Columns: []view.Column{{Name: "Booking"}, {Name: "Tenant"}, {Name: "Stay", Href: "?sort=stay", Sort: "descending"}, {Name: "Charged", Href: "?sort=total", Number: true}, {Name: "Status"}},
		Rows: []guideRow{{"HX-4F2K", "Dana Mills", "dana@example.com", "confirmed", date(6, 12), date(6, 17), now.Add(-3 * time.Hour), usd(192800)},
			{"HX-1ZCE", "Priya Nair", "priya@example.com", "held", date(6, 28), date(7, 2), now.Add(-50 * time.Hour), usd(265180)},
			{"HX-5RTD", "Sofia Conti", "sofia@example.com", "disputed", date(6, 21), date(6, 24), now.Add(-5 * time.Minute), usd(110600)}},
		Timeline: []view.Happening{{Icon: "check", Tone: "ok", Title: "Booking confirmed", Text: "Webhook", Code: "evt_1Q9c", Href: "/admin/events/1", At: now}, {Icon: "shopping-cart", Title: "Checkout opened", At: now}},
		Empty:    view.Empty{Icon: "luggage", Text: "No stays yet.", Action: "Find a home", Href: "/s"},
	}
	if page == "form" {
		g.Errors = map[string]string{"email": "That is not an email address.", "price": "Say a price above zero.", "": "The dates were just taken."}
		g.Flash = []view.Flash{{Kind: "ok", Text: "Saved."}, {Kind: "info", Text: "Payouts arrive in two days."}}
	}
	for i, home := range [][]string{{"South Lake Tahoe", "Lakeside A-frame with a private dock", "aframe", "living"}, {"Joshua Tree", "Glass desert house with a pool", "desert", "loft"}, {"Big Sur", "Clifftop cedar house over the Pacific", "cliff"}, {"Mammoth Lakes", "Log chalet at the foot of the slopes"}} {
		card := view.Card{ID: home[0], Href: "/homes/x", Place: home[0], Title: home[1], Meta: "3 bedrooms · Free cancellation", Photos: photos(home[2:]...),
			Nights: 5, Total: usd(192800), Night: usd(31200), Saved: i == 0, Eager: i < 2, SaveHref: "/saved/x", Rating: "4.97", Reviews: 126, Tag: "Tenants’ favourite"}
		if i > 1 {
			card.Nights, card.Rating, card.Tag = 0, "", ""
		}
		g.Cards = append(g.Cards, card)
	}
	return g
}

func photos(names ...string) []view.Photo {
	var all []view.Photo
	for _, name := range names {
		all = append(all, view.Photo{ID: name, Alt: "The " + name})
	}
	return all
}

// guideFS is the real look with the pages of testdata.
func guideFS(t *testing.T) fstest.MapFS {
	t.Helper()
	all := fstest.MapFS{}
	add := func(from fs.FS, prefix string) {
		err := fs.WalkDir(from, ".", func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			data, err := fs.ReadFile(from, file)
			all[path.Join(prefix, file)] = &fstest.MapFile{Data: data}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	add(web.FS, "")
	for name := range all {
		if strings.HasPrefix(name, "templates/pages/") && name != "templates/pages/error.html" {
			delete(all, name) // other pages want data of their own
		}
	}
	add(os.DirFS("testdata"), "templates")
	return all
}

func newEngine(t *testing.T, fsys fs.FS) *view.Engine {
	t.Helper()
	e, err := view.New(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func render(t *testing.T, e *view.Engine, page string, data any) string {
	t.Helper()
	w := httptest.NewRecorder()
	if err := e.Render(w, http.StatusOK, page, data); err != nil {
		t.Fatal(err)
	}
	return w.Body.String()
}

func document(t *testing.T, html string) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// Every page of the guide renders, and holds what the content security policy
// (default-src 'self') asks for: no inline style, script or handler.
func TestGuide(t *testing.T) {
	e := newEngine(t, guideFS(t))
	want := map[string]string{
		"search": ".cards .card:first-child .price b", "home": ".book .lines .sum", "owner": ".side a[aria-current]",
		"admin": ".tbl .badge.warn", "form": ".field.bad [aria-invalid]", "confirming": "[data-sse]", "receipt": ".plain-header",
	}
	for page, selector := range want {
		t.Run(page, func(t *testing.T) {
			html := render(t, e, page, newGuide(page))
			doc := document(t, html)
			if doc.Find(selector).Length() == 0 {
				t.Errorf("no %s", selector)
			}
			if n := doc.Find("main#main").Length(); n != 1 {
				t.Errorf("%d main", n)
			}
			holdsPolicy(t, doc)
			save(t, "/"+page, []byte(html))
		})
	}
	saveFiles(t, e)
}

func holdsPolicy(t *testing.T, doc *goquery.Document) {
	t.Helper()
	for _, forbidden := range []string{"style", "[style]", "script:not([src])", "[onclick]", "[onsubmit]"} {
		if found := doc.Find(forbidden); found.Length() > 0 {
			html, _ := goquery.OuterHtml(found.First())
			t.Errorf("inline %s: %s", forbidden, html)
		}
	}
	seen := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if seen[id] {
			t.Errorf("id %q twice", id)
		}
		seen[id] = true
	})
}

// save writes the guide to the folder HEARTH_STYLEGUIDE, where any file server
// shows it.
func save(t *testing.T, address string, content []byte) {
	t.Helper()
	dir := os.Getenv("HEARTH_STYLEGUIDE")
	if dir == "" {
		return
	}
	file := filepath.Join(dir, filepath.FromSlash(address))
	if path.Ext(file) == "" {
		file += ".html"
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func saveFiles(t *testing.T, e *view.Engine) {
	t.Helper()
	for _, status := range []int{403, 404, 409, 422, 429, 500, 503} {
		page := view.ErrorPage{Base: newGuide("error").Base, Status: status}
		save(t, "/error-"+http.StatusText(status)[:4], []byte(render(t, e, "error", page)))
	}
	doc := document(t, render(t, e, "home", newGuide("home")))
	for _, attr := range []string{"href", "src"} {
		doc.Find("[" + attr + "^='/static/']").Each(func(_ int, s *goquery.Selection) {
			w := httptest.NewRecorder()
			e.Static().ServeHTTP(w, httptest.NewRequest("GET", s.AttrOr(attr, ""), nil))
			save(t, s.AttrOr(attr, ""), w.Body.Bytes())
		})
	}
	files, err := fs.Glob(web.Demo, "demo/*.jpg")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := fs.ReadFile(web.Demo, file)
		if err != nil {
			t.Fatal(err)
		}
		for _, width := range []int{400, 640, 960, 1200, 1920} {
			save(t, view.PhotoURL(strings.TrimSuffix(path.Base(file), ".jpg"), width), data)
		}
	}
}
