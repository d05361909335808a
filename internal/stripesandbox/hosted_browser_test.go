package stripesandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"hearth/internal/stripesandbox"
)

// visitor walks through the hosted pages as a browser without JavaScript would:
// it sends what the forms on the page hold, and follows no redirect unasked.
type visitor struct {
	t    *testing.T
	base string
	http *http.Client
}

// visited is what came back.
type visited struct {
	*goquery.Document
	code     int
	location string
	url      string
	header   http.Header
}

func hostedSandbox(t *testing.T, o stripesandbox.Options) (*stripesandbox.Server, *visitor) {
	t.Helper()
	s, err := stripesandbox.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s)
	s.SetBaseURL(srv.URL)
	t.Cleanup(func() { srv.Close(); s.Close() })
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return s, &visitor{t, srv.URL, &http.Client{CheckRedirect: stay}}
}

func (p *visitor) send(r *http.Request) visited {
	p.t.Helper()
	resp, err := p.http.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	doc, err := goquery.NewDocumentFromReader(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return visited{doc, resp.StatusCode, resp.Header.Get("Location"), r.URL.String(), resp.Header}
}

func (p *visitor) open(link string) visited {
	p.t.Helper()
	if strings.HasPrefix(link, "/") {
		link = p.base + link
	}
	r, err := http.NewRequest(http.MethodGet, link, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.send(r)
}

// follow goes where the last answer pointed.
func (p *visitor) follow(v visited) visited {
	p.t.Helper()
	if v.code != http.StatusSeeOther {
		p.t.Fatalf("%s answered %d, not a redirect:\n%s", v.url, v.code, v.Find("main").Text())
	}
	return p.open(v.location)
}

// press fills the form that has the button and sends it.
func (p *visitor) press(v visited, button string, typed map[string]string) visited {
	p.t.Helper()
	b := v.Find(button).First()
	if b.Length() == 0 {
		p.t.Fatalf("%s has no button %s:\n%s", v.url, button, v.Find("main").Text())
	}
	form := b.Closest("form")
	if id, ok := b.Attr("form"); ok {
		form = v.Find("#" + id)
	}
	values := formValues(form)
	if name, ok := b.Attr("name"); ok {
		values.Set(name, b.AttrOr("value", ""))
	}
	for k, val := range typed {
		if form.Find("[name='"+k+"']").Length() == 0 {
			p.t.Fatalf("%s does not ask for %q", v.url, k)
		}
		values.Set(k, val)
	}
	return p.post(form.AttrOr("action", ""), values)
}

func (p *visitor) post(path string, values url.Values) visited {
	p.t.Helper()
	r, err := http.NewRequest(http.MethodPost, p.base+path, strings.NewReader(values.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return p.send(r)
}

func formValues(form *goquery.Selection) url.Values {
	values := url.Values{}
	form.Find("input").Each(func(_ int, in *goquery.Selection) {
		kind := in.AttrOr("type", "text")
		_, checked := in.Attr("checked")
		if (kind == "radio" || kind == "checkbox") && !checked {
			return
		}
		values.Set(in.AttrOr("name", ""), in.AttrOr("value", ""))
	})
	form.Find("select").Each(func(_ int, sel *goquery.Selection) {
		values.Set(sel.AttrOr("name", ""), sel.Find("option[selected]").AttrOr("value", ""))
	})
	return values
}

// api is the platform's server calling the API.
func (p *visitor) api(method, path string, form url.Values) map[string]any {
	p.t.Helper()
	r, err := http.NewRequest(method, p.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer sk_test_hosted")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := p.http.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil || resp.StatusCode != http.StatusOK {
		p.t.Fatalf("%s %s answered %d: %s", method, path, resp.StatusCode, body)
	}
	return m
}

// session makes a Checkout Session; more adds to or replaces its parameters.
func (p *visitor) session(more url.Values) (id, link string) {
	p.t.Helper()
	form := url.Values{
		"mode": {"payment"}, "success_url": {"http://127.0.0.1:9/done?session={CHECKOUT_SESSION_ID}&keep=1"}, "cancel_url": {"http://127.0.0.1:9/cancel"},
		"line_items[0][price_data][currency]": {"usd"}, "line_items[0][price_data][unit_amount]": {"40000"}, "line_items[0][quantity]": {"3"},
		"line_items[0][price_data][product_data][name]": {"3 nights at Cedar House"}, "payment_method_types[0]": {"card"},
	}
	for k, v := range more {
		form[k] = v
	}
	m := p.api(http.MethodPost, "/v1/checkout/sessions", form)
	return m["id"].(string), m["url"].(string)
}

func (p *visitor) status(id string) (status, paid string) {
	p.t.Helper()
	m := p.api(http.MethodGet, "/v1/checkout/sessions/"+id, nil)
	return m["status"].(string), m["payment_status"].(string)
}

// card is a form filled with a card.
func card(number string) map[string]string {
	return map[string]string{"email": "ada@example.com", "number": number, "expiry": "12 / 34", "cvc": "123", "name": "Ada Lovelace", "postal_code": "94103"}
}

func says(t *testing.T, v visited, code int, selector, want string) {
	t.Helper()
	if v.code != code {
		t.Errorf("%s answered %d, want %d", v.url, v.code, code)
	}
	if got := v.Find(selector).Text(); !strings.Contains(got, want) {
		t.Errorf("%s: %s says %q, want %q", v.url, selector, strings.TrimSpace(got), want)
	}
}
