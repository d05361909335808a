package stripesandbox_test

import (
	"net/http"
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
	look := func(width int) {
		for _, show := range []string{"payment&currency=eur", "card", "split"} {
			p.Goto(v.base + "/demo/elements?show=" + show)
			p.Wait(`document.querySelector('body.ready')`)
			p.Axe()
			if wide := browser.Eval[int](p, `document.documentElement.scrollWidth`); wide > width {
				t.Errorf("%s is %d px wide on a screen of %d", p.URL(), wide, width)
			}
		}
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
