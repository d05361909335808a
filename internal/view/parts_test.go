package view_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"hearth/internal/view"
)

func TestDates(t *testing.T) {
	day := func(year int, month time.Month, d int) time.Time {
		return time.Date(year, month, d, 14, 5, 0, 0, time.UTC)
	}
	for _, tc := range []struct{ got, want string }{
		{view.Stay(day(2027, 6, 12), day(2027, 6, 17)), "Jun 12 – 17"},
		{view.Stay(day(2027, 6, 28), day(2027, 7, 2)), "Jun 28 – Jul 2"},
		{view.Stay(day(2026, 12, 29), day(2027, 1, 2)), "Dec 29, 2026 – Jan 2, 2027"},
		{view.StayYear(day(2027, 6, 12), day(2027, 6, 17)), "Jun 12 – 17, 2027"},
		{view.StayYear(day(2026, 12, 29), day(2027, 1, 2)), "Dec 29, 2026 – Jan 2, 2027"},
		{view.DayLong(day(2027, 6, 12)), "Sat, Jun 12, 2027"},
		{view.MomentZone(day(2027, 6, 12).In(time.FixedZone("PDT", -7*3600))), "Jun 12, 2027, 07:05 PDT"},
		{view.Ago(now, now.Add(-30*time.Second)), "just now"},
		{view.Ago(now, now.Add(-time.Minute)), "1 minute ago"},
		{view.Ago(now, now.Add(-26*time.Hour)), "1 day ago"},
		{view.Ago(now, now.Add(3*time.Hour)), "in 3 hours"},
		{view.Ago(now, now.AddDate(0, 0, -20)), "May 12"},
		{view.Ago(now, now.AddDate(-1, 0, 0)), "Jun 1, 2026"},
		{view.Plural(1, "night", "nights"), "1 night"},
		{view.Plural(0, "night", "nights"), "0 nights"},
		{view.Count(999), "999"},
		{view.Count(1284), "1,284"},
		{view.Count(-123456), "-123,456"},
		{view.Count(1234567), "1,234,567"},
	} {
		if tc.got != tc.want {
			t.Errorf("got %q, want %q", tc.got, tc.want)
		}
	}
}

func TestPager(t *testing.T) {
	at := &url.URL{Path: "/s", RawQuery: "page=9&q=a+b"}
	p := view.NewPager(at, 9, 25, 1284)
	if p.From != 201 || p.To != 225 || p.Prev != "/s?page=8&q=a+b" || p.Next != "/s?page=10&q=a+b" {
		t.Errorf("%+v", p)
	}
	var shown []int
	for _, link := range p.Pages {
		shown = append(shown, link.N)
	}
	if got, want := shown, []int{1, 0, 8, 9, 10, 0, 52}; len(got) != len(want) || got[3] != want[3] || got[6] != want[6] {
		t.Errorf("pages %v, want %v", got, want)
	}
	if first := p.Pages[0].Href; first != "/s?q=a+b" {
		t.Errorf("the first page is %s", first)
	}
	if last := view.NewPager(at, 99, 25, 30); last.From != 26 || last.To != 30 || last.Next != "" {
		t.Errorf("beyond the end: %+v", last)
	}
	if one := view.NewPager(at, 0, 25, 3); one.Prev+one.Next != "" || one.Pages != nil {
		t.Errorf("a single page: %+v", one)
	}
}

// The day of leaving is free for the next tenant: nights are taken, not days.
func TestCalendar(t *testing.T) {
	c := view.NewCalendar(now, 2, []view.Nights{{From: date(6, 20), To: date(6, 25)}}, view.Nights{From: date(6, 12), To: date(6, 14)})
	if c.Blocked != "2027-06-20/2027-06-24" || c.Value != "2027-06-12/2027-06-14" || c.Min != "2027-06-01" || c.Max != "2027-07-31" {
		t.Errorf("%+v", c)
	}
	june := c.Months[0]
	if june.Blank != 1 || len(june.Days) != 30 {
		t.Errorf("June 2027 begins on a Tuesday with 30 days: %d, %d", june.Blank, len(june.Days))
	}
	for _, tc := range []struct {
		day           int
		taken, chosen bool
	}{{19, false, false}, {20, true, false}, {24, true, false}, {25, false, false}, {12, false, true}, {14, false, false}} {
		if d := june.Days[tc.day-1]; d.Taken != tc.taken || d.Chosen != tc.chosen {
			t.Errorf("June %d: %+v", tc.day, d)
		}
	}
	for _, week := range june.Weeks() {
		if len(week) != 7 {
			t.Errorf("a week of %d days", len(week))
		}
	}
}

// A status that Stripe adds tomorrow must not break today's page.
func TestStatusBadge(t *testing.T) {
	if b, err := view.StatusBadge("dispute", "brand_new"); err != nil || b.Text != "Brand new" || b.Icon == "" {
		t.Errorf("%+v %v", b, err)
	}
	if _, err := view.StatusBadge("bokking", "held"); err == nil {
		t.Error("a kind that does not exist passed")
	}
}

// Every badge's icon exists: statuses are data, which the check at the start
// does not see.
func TestBadgeIcons(t *testing.T) {
	e := newEngine(t, with(t, "templates/pages/x.html", `{{define "main"}}{{template "badge" .}}{{end}}`))
	for kind, statuses := range view.Statuses() {
		for _, status := range statuses {
			badge, err := view.StatusBadge(kind, status)
			if err != nil {
				t.Fatal(err)
			}
			if err := e.Fragment(httptest.NewRecorder(), 200, "x", "main", badge); err != nil {
				t.Errorf("%s %s: %v", kind, status, err)
			}
		}
	}
}

func TestField(t *testing.T) {
	for call, want := range map[string]string{
		`field "name" "n" "label" "L" "typ" "text"`:     "typ",
		`field "name" "n"`:                              "label",
		`field "name" "n" "label" "L" "required" "yes"`: "required",
		`field "name" "n" "label" "L" "options" "a"`:    "options",
		`field "name" "n" "label"`:                      "pairs",
	} {
		e := newEngine(t, with(t, "templates/pages/x.html", `{{define "main"}}{{template "field" (`+call+`)}}{{end}}`))
		err := e.Fragment(httptest.NewRecorder(), 200, "x", "main", nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want an error about %q, got %v", call, want, err)
		}
	}
	doc := document(t, render(t, newEngine(t, guideFS(t)), "form", newGuide("form")))
	email := doc.Find("input[name=email]")
	if email.AttrOr("aria-invalid", "") != "true" || email.AttrOr("aria-describedby", "") != "f-email-hint f-email-error" {
		html, _ := email.Parent().Html()
		t.Errorf("the error is not tied to its field: %s", html)
	}
	for selector, want := range map[string]string{
		"label[for=f-email]": "Email", "#f-email-error": "That is not an email address.",
		".form-errors a[href='#f-price']": "Say a price above zero.", "textarea": "By the lake", "option[selected][value=cabin]": "Cabin",
	} {
		if got := strings.TrimSpace(doc.Find(selector).Text()); got != want {
			t.Errorf("%s is %q, want %q", selector, got, want)
		}
	}
	for selector, value := range map[string]string{"input[name=price]": "1928.00", "input#f-in": "2027-06-01", "input[name=policy][checked]": "flexible", "input[name=terms][checked]": "true"} {
		if got := doc.Find(selector).AttrOr("value", ""); got != value {
			t.Errorf("%s has %q, want %q", selector, got, value)
		}
	}
}

func TestPeople(t *testing.T) {
	if view.Initial(" élodie") != "É" || view.Initial("") != "?" {
		t.Error("initials")
	}
	if a, b := view.NewAvatar("u1", "A", 48), view.NewAvatar("u1", "Bee", 32); a.Color != b.Color || a.Color < 0 || a.Color > 4 {
		t.Errorf("colours %d and %d", a.Color, b.Color)
	}
}
