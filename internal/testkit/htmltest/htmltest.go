// Package htmltest walks through a site as a browser without scripts would:
// it keeps cookies, says where its requests come from, fills forms as they
// stand on the page, and looks at what came back with CSS selectors.
//
//	b := htmltest.New(t, server.Handler())
//	page := b.Get("/login").Submit("form[action='/login']", "email", "ada@example.com", "password", "…")
//	page.WantRedirect("/trips").Follow().Want("h1", "Trips")
//
// Redirects are not followed by themselves: where a form leads is part of what
// a test wants to know.
package htmltest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// Browser is one visitor.
type Browser struct {
	t      testing.TB
	server *httptest.Server
	client *http.Client
	Header http.Header // sent with every request
}

// New serves the handler and visits it with an empty cookie jar.
func New(t testing.TB, handler http.Handler) *Browser {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return (&Browser{t: t, server: server}).Another()
}

// Another is a second visitor of the same site, without the first one's cookies.
func (b *Browser) Another() *Browser {
	b.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Browser{b.t, b.server, &http.Client{Transport: b.server.Client().Transport, Jar: jar, CheckRedirect: stay}, http.Header{}}
}

// URL is the site's own address of a path.
func (b *Browser) URL(path string) string { return b.server.URL + path }

// Cookies are the visitor's cookies.
func (b *Browser) Cookies() []*http.Cookie {
	u, _ := url.Parse(b.server.URL)
	return b.client.Jar.Cookies(u)
}

// Get opens a page.
func (b *Browser) Get(path string) *Page {
	b.t.Helper()
	return b.Do(http.MethodGet, path, "", nil)
}

// Post sends a form of names and values in turn.
func (b *Browser) Post(path string, pairs ...string) *Page {
	b.t.Helper()
	return b.Do(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(values(b.t, nil, pairs).Encode()))
}

// Do makes any request.
func (b *Browser) Do(method, path, contentType string, body io.Reader) *Page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.URL(path), body)
	if err != nil {
		b.t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for name, all := range b.Header {
		r.Header[name] = all
	}
	return b.send(r)
}

func (b *Browser) send(r *http.Request) *Page {
	b.t.Helper()
	response, err := b.client.Do(r)
	if err != nil {
		b.t.Fatalf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatalf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(body))
	if err != nil {
		b.t.Fatalf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	return &Page{Document: doc, Status: response.StatusCode, Header: response.Header, Body: string(body), Path: r.URL.RequestURI(), b: b}
}

// Page is what came back.
type Page struct {
	*goquery.Document
	Status int
	Header http.Header
	Body   string
	Path   string
	b      *Browser
}

// WantStatus fails the test if the status is another.
func (p *Page) WantStatus(status int) *Page {
	p.b.t.Helper()
	if p.Status != status {
		p.b.t.Fatalf("%s answered %d, want %d: %s", p.Path, p.Status, status, p.Text("main"))
	}
	return p
}

// Want fails the test unless something matches the selector and, if texts are
// given, says all of them.
func (p *Page) Want(selector string, texts ...string) *Page {
	p.b.t.Helper()
	found := p.Find(selector)
	if found.Length() == 0 {
		p.b.t.Errorf("%s has no %q: %s", p.Path, selector, p.Text("main"))
		return p
	}
	got := squeeze(found.Text())
	for _, text := range texts {
		if !strings.Contains(got, text) {
			p.b.t.Errorf("%s: %q says %q, want %q", p.Path, selector, got, text)
		}
	}
	return p
}

// WantNone fails the test if something matches the selector.
func (p *Page) WantNone(selector string) *Page {
	p.b.t.Helper()
	if found := p.Find(selector); found.Length() > 0 {
		p.b.t.Errorf("%s has a %q: %s", p.Path, selector, squeeze(found.Text()))
	}
	return p
}

// WantRedirect fails the test unless the answer leads to the path.
func (p *Page) WantRedirect(path string) *Page {
	p.b.t.Helper()
	if got := p.Header.Get("Location"); p.Status != http.StatusSeeOther || got != path {
		p.b.t.Fatalf("%s answered %d to %q, want 303 to %q: %s", p.Path, p.Status, got, path, p.Text("main"))
	}
	return p
}

// Follow goes where the answer leads, until it leads nowhere.
func (p *Page) Follow() *Page {
	p.b.t.Helper()
	for range 10 {
		location := p.Header.Get("Location")
		if location == "" {
			return p
		}
		p = p.b.Get(strings.TrimPrefix(location, p.b.server.URL))
	}
	p.b.t.Fatalf("%s leads in circles", p.Path)
	return p
}

// Text is what the matching elements say, with spaces squeezed.
func (p *Page) Text(selector string) string { return squeeze(p.Find(selector).Text()) }

// Submit sends the form as it stands on the page, with names and values in
// turn typed over it. A submit button counts only if it is named in pairs.
func (p *Page) Submit(selector string, pairs ...string) *Page {
	p.b.t.Helper()
	form := p.Find(selector)
	if form.Length() != 1 || !form.Is("form") {
		p.b.t.Fatalf("%s has %d forms %q: %s", p.Path, form.Length(), selector, p.Text("main"))
	}
	action := form.AttrOr("action", p.Path)
	sent := values(p.b.t, standing(form), pairs)
	if !strings.EqualFold(form.AttrOr("method", "get"), "post") {
		return p.b.Get(action + "?" + sent.Encode())
	}
	return p.b.Do(http.MethodPost, action, "application/x-www-form-urlencoded", strings.NewReader(sent.Encode()))
}

// standing is what a form would send without anything being typed.
func standing(form *goquery.Selection) url.Values {
	sent := url.Values{}
	form.Find("input[name], textarea[name], select[name]").Each(func(_ int, field *goquery.Selection) {
		name := field.AttrOr("name", "")
		_, checked := field.Attr("checked")
		_, disabled := field.Attr("disabled")
		kind := field.AttrOr("type", "text")
		switch {
		case disabled || kind == "file" || kind == "submit" || ((kind == "checkbox" || kind == "radio") && !checked):
		case field.Is("textarea"):
			sent.Add(name, field.Text())
		case field.Is("select"):
			option := field.Find("option[selected]")
			if option.Length() == 0 {
				option = field.Find("option").First()
			}
			sent.Add(name, option.AttrOr("value", option.Text()))
		default:
			sent.Add(name, field.AttrOr("value", map[bool]string{true: "on"}[checked]))
		}
	})
	return sent
}

// values sets names and values in turn over what stands there.
func values(t testing.TB, over url.Values, pairs []string) url.Values {
	t.Helper()
	if over == nil {
		over = url.Values{}
	}
	if len(pairs)%2 != 0 {
		t.Fatalf("a form wants names and values in turn, got %d words", len(pairs))
	}
	for i := 0; i < len(pairs); i += 2 {
		over.Set(pairs[i], pairs[i+1])
	}
	return over
}

func squeeze(text string) string { return strings.Join(strings.Fields(text), " ") }
