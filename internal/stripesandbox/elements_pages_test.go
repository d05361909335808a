package stripesandbox_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hearth/internal/stripesandbox"
	"hearth/internal/testkit/browser"
)

// The demonstration, and every element alone, are readable and usable in the
// light on a large screen and in the dark on a telephone.
func TestElementsForEverybody(t *testing.T) {
	t.Parallel()
	_, v := hostedSandbox(t, stripesandbox.Options{})
	p := browser.New(t)
	asks := func(method string, more ...string) string {
		form := url.Values{"amount": {"9000"}, "currency": {"usd"}, "payment_method_types[0]": {"card"}, "payment_method": {method}, "confirm": {"true"}}
		for i := 0; i < len(more); i += 2 {
			form[more[i]] = []string{more[i+1]}
		}
		if method == "" {
			form.Del("payment_method")
		}
		return v.base + "/v3/window/" + v.api(http.MethodPost, "/v1/payment_intents", form)["id"].(string)
	}
	look := func(width int) {
		voucher := asks("", "currency", "mxn", "payment_method_types[0]", "oxxo", "payment_method_data[type]", "oxxo", "payment_method_data[billing_details][name]", "Ada", "payment_method_data[billing_details][email]", "ada@example.com")
		for _, window := range []string{asks("pm_card_threeDSecure2Required"), asks("pm_card_visa"), voucher} {
			p.Goto(window)
			p.Axe()
		}
		for _, show := range []string{"payment&currency=eur", "card", "split", "setup"} {
			p.Goto(v.base + "/demo/elements?show=" + show)
			p.Wait(`document.querySelector('body.ready')`)
			p.Axe()
			if wide := browser.Eval[int](p, `document.documentElement.scrollWidth`); wide > width {
				t.Errorf("%s is %d px wide on a screen of %d", p.URL(), wide, width)
			}
		}
		p.Goto(v.base + "/demo/elements?show=checkout")
		p.Wait(`document.querySelector('#checkout iframe')`)
		p.Axe()
		for _, element := range []string{"card", "cardNumber", "iban", "idealBank", "linkAuthentication", "address", "payment"} {
			p.Goto(v.base + "/v3/frame?alone=" + element + "#" + element)
			p.Wait(`document.querySelector('input, select')`)
			p.Axe()
			if wide := browser.Eval[int](p, `document.documentElement.scrollWidth`); wide > width {
				t.Errorf("%s is %d px wide on a screen of %d", p.URL(), wide, width)
			}
		}
	}
	look(1280)
	p.Viewport(390, 844)
	p.Dark(true)
	look(390)
}

// Any site may load the script and show the frames; nothing else may be framed,
// and no page of the sandbox sets a cookie.
func TestScriptForAnySite(t *testing.T) {
	t.Parallel()
	_, v := hostedSandbox(t, stripesandbox.Options{})
	for path, want := range map[string]map[string]string{
		"/v3/":                     {"Content-Type": "text/javascript; charset=utf-8", "Access-Control-Allow-Origin": "*", "Timing-Allow-Origin": "*", "Set-Cookie": ""},
		"/v3":                      {"Content-Type": "text/javascript; charset=utf-8", "Access-Control-Allow-Origin": "*"},
		"/v3/frame":                {"Content-Type": "text/html; charset=utf-8", "Set-Cookie": "", "X-Frame-Options": ""},
		"/v3/assets/frame/card.js": {"Content-Type": "text/javascript; charset=utf-8"},
	} {
		page := v.open(path)
		for header, value := range want {
			if got := page.header.Get(header); page.code != http.StatusOK || got != value {
				t.Errorf("%s: %d, %s is %q, want %q", path, page.code, header, got, value)
			}
		}
		if policy := page.header.Get("Content-Security-Policy"); strings.Contains(policy, "frame-ancestors") {
			t.Errorf("%s may not be framed: %s", path, policy)
		}
	}
	if policy := v.open("/demo/elements").header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("the demonstration may be framed: %s", policy)
	}
	for _, path := range []string{"/v3/assets/frame/frame.html", "/v3/assets/frame/none.js", "/v3/assets/demo/elements.html"} {
		if page := v.open(path); page.code != http.StatusNotFound {
			t.Errorf("%s answers %d", path, page.code)
		}
	}
}
