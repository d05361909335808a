package site_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hearth/internal/site"
	"hearth/internal/testkit/browser"
)

// visit is a page as somebody sees it.
type visit struct {
	route, path string
	status      int
	then        func(p *browser.Page) // what they do there
}

// see is a visit to a route: values take the places of its parameters in turn,
// and one that begins with ? is the query.
func see(route string, values ...string) visit {
	path := route
	for _, value := range values {
		if strings.HasPrefix(value, "?") {
			path += value
			continue
		}
		path = strings.Replace(path, parameter.FindString(path), value, 1)
	}
	return visit{route: route, path: path, status: http.StatusOK}
}

var parameter = regexp.MustCompile(`\{\w+\}`)

// answers is see for a page that is not well.
func (v visit) answers(status int) visit {
	v.status = status
	return v
}

// doing is see, and then what they do there.
func (v visit) doing(then func(p *browser.Page)) visit {
	v.then = then
	return v
}

// notPages answer GET and are no pages for people.
var notPages = map[string]string{
	"/homes/{slug}/quote":                           "a part of a page",
	"/photos/{id}/{file}":                           "a picture",
	"/trips/{code}/events":                          "a stream",
	"/owner/payouts/refresh":                        "leads to Stripe",
	"/admin/bookings.csv":                           "a table to download",
	"/admin/debts.csv":                              "a table to download",
	"/owner/statements/{month}.csv":                 "a table to download",
	"/owner/statements/{month}.pdf":                 "a document to download",
	"/admin/accounts/{acct}/statements/{month}.csv": "a table to download",
	"/admin/accounts/{acct}/statements/{month}.pdf": "a document to download",
	"/healthz":                            "for machines",
	"/readyz":                             "for machines",
	"/robots.txt":                         "for machines",
	"/admin/disputes/{id}/papers/{field}": "a PDF",
	"/admin/disputes/{id}/files/{file}":   "a PDF",
	"/admin/books/{id}":                   "leads to the books",
}

// Every page of the table is visited by whom it is for, with what they would
// find on it, on a large screen in the light and on a telephone in the dark:
// it answers, breaks no rule of axe-core and none of its own policy, and does
// not scroll sideways. A page that is visited once more, with something else on
// it, is looked at on one of the screens, by turns. A new page that nobody visits fails the test. With
// HEARTH_PAGES=/some/folder it only takes pictures, for people to look at.
func TestEveryPageForEverybody(t *testing.T) {
	c := newBusyTown(t)
	visits := c.visits(t)
	visited := []string{}
	for who, pages := range visits {
		for _, v := range pages {
			visited = append(visited, v.route)
		}
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			p := browser.New(t)
			if email := c.emails[who]; email != "" {
				logIn(c.World, p, email)
			}
			if dir := os.Getenv("HEARTH_PAGES"); dir != "" {
				pictures(t, p, c.SiteURL, filepath.Join(dir, strings.ReplaceAll(who, " ", "-")), pages)
				return
			}
			for turn, s := range screens {
				s.show(p)
				for i, v := range pages {
					again := slices.ContainsFunc(pages[:i], func(earlier visit) bool { return earlier.route == v.route })
					if !again || i%len(screens) == turn {
						s.look(t, p, c.SiteURL, v)
					}
				}
			}
		})
	}
	for _, route := range c.Site(noLimits).Routes() {
		if _, not := notPages[route.Path]; route.Method == http.MethodGet && !not && !slices.Contains(visited, route.Path) {
			t.Errorf("nobody visits %s: add it to the visits", route.Path)
		}
	}
}

// The list of what is not a page does not outlive its routes.
func TestWhatIsNotAPageExists(t *testing.T) {
	routes := start(t).server.Routes()
	for path := range notPages {
		if !slices.ContainsFunc(routes, func(r site.Route) bool { return r.Method == http.MethodGet && r.Path == path }) {
			t.Errorf("there is no %s", path)
		}
	}
}

// screen is how somebody looks at a page.
type screen struct {
	name          string
	width, height int64
	dark          bool
}

var screens = []screen{{"large", 1280, 800, false}, {"telephone", 390, 844, true}}

// show prepares a browser to look at pages so; each is loaded anew, as a page
// that changes its colours is neither the one nor the other for a while.
func (s screen) show(p *browser.Page) {
	p.Viewport(s.width, s.height)
	p.Dark(s.dark)
}

func (s screen) look(t *testing.T, p *browser.Page, base string, v visit) {
	t.Helper()
	p.Goto(base + v.path)
	if status := browser.Eval[int](p, `performance.getEntriesByType('navigation')[0].responseStatus`); status != v.status {
		t.Errorf("%s answers %d, want %d:\n%s", v.path, status, v.status, p.Text("body"))
		return
	}
	if v.then != nil {
		v.then(p)
	}
	p.Axe()
	if wide := browser.Eval[[]string](p, tooWide); s.width == 390 && len(wide) > 0 {
		t.Errorf("%s scrolls sideways on a telephone:\n%s", v.path, strings.Join(wide, "\n"))
	}
}

// tooWide is what reaches over the edge of the page, if the page lets it.
const tooWide = `document.documentElement.scrollWidth <= 390 ? [] : ['the page is ' + document.documentElement.scrollWidth + ' px wide',
	...[...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > 390 && !e.closest('.scroll-x, .side, .tabs')).slice(0, 12)
		.map(e => Math.round(e.getBoundingClientRect().right) + ': ' + e.outerHTML.slice(0, 120))]`

// pictures keeps each page whole, on both screens, in the light and in the dark.
func pictures(t *testing.T, p *browser.Page, base, stem string, pages []visit) {
	t.Helper()
	for i, v := range pages {
		screens[0].show(p)
		p.Goto(base + v.path)
		if v.then != nil {
			v.then(p)
		}
		name := fmt.Sprintf("%s-%02d%s", stem, i, strings.NewReplacer("/", "-", "?", "-", "&", "-", "=", "-").Replace(v.path))
		for _, s := range screens {
			for _, look := range []string{"light", "dark"} {
				s.dark = look == "dark"
				s.show(p)
				browser.Eval[bool](p, settled)
				if err := os.WriteFile(fmt.Sprintf("%s.%d-%s.png", name, s.width, look), p.Whole(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// settled is when a page that changes its colours has the new ones.
const settled = `new Promise(done => requestAnimationFrame(() =>
	Promise.allSettled(document.getAnimations().map(a => a.finished)).then(() => requestAnimationFrame(() => done(true)))))`
