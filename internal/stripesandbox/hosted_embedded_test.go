package stripesandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"hearth/internal/stripesandbox"
	"hearth/internal/testkit/browser"
)

// embeddedSession is one in the merchant's own page; never is redirect_on_completion.
func (p *visitor) embeddedSession(onCompletion string) (id string) {
	p.t.Helper()
	form := url.Values{
		"mode": {"payment"}, "ui_mode": {"embedded"}, "redirect_on_completion": {onCompletion}, "payment_method_types[0]": {"card"},
		"line_items[0][price_data][currency]": {"usd"}, "line_items[0][price_data][unit_amount]": {"40000"}, "line_items[0][quantity]": {"3"},
		"line_items[0][price_data][product_data][name]": {"3 nights at Cedar House"},
	}
	if onCompletion != "never" {
		form.Set("return_url", "http://127.0.0.1:9/done?session={CHECKOUT_SESSION_ID}")
	}
	return p.api(http.MethodPost, "/v1/checkout/sessions", form)["id"].(string)
}

func TestEmbeddedPageStaysInItsFrame(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	for _, c := range []struct{ onCompletion, link string }{{"always", "http://127.0.0.1:9/done?session="}, {"if_required", ""}, {"never", ""}} {
		id := p.embeddedSession(c.onCompletion)
		page := p.open("/c/embed/" + id)
		if got := page.header.Get("Content-Security-Policy"); !strings.Contains(got, "frame-ancestors *") || !strings.Contains(got, "script-src 'self'") {
			t.Errorf("framed under %s", got)
		}
		says(t, p.open("/c/pay/"+id), http.StatusNotFound, "h1", "does not exist")
		done := p.press(page, payButton, card("4242424242424242"))
		says(t, done, http.StatusOK, "h1", "Thank you")
		if got := done.Find("[data-complete]").AttrOr("data-complete", ""); got != id {
			t.Errorf("complete is %q", got)
		}
		link, leads := done.Find("a.main").AttrOr("href", ""), done.Find("[data-return-url]").AttrOr("data-return-url", "")
		if c.link == "" && link+leads != "" || c.link != "" && (link != c.link+id || leads != link) {
			t.Errorf("%s: leads to %q and %q", c.onCompletion, link, leads)
		}
		says(t, p.open("/c/embed/"+id), http.StatusOK, "h1", "Thank you")
	}
	hosted, _ := p.session(nil)
	says(t, p.open("/c/embed/"+hosted), http.StatusNotFound, "h1", "does not exist")
	if got := p.open("/c/pay/" + hosted).header.Get("Content-Security-Policy"); !strings.Contains(got, "frame-ancestors 'none'") {
		t.Errorf("hosted under %s", got)
	}
}

// The merchant's page hears how tall the frame is, and when the session is complete.
func TestEmbeddedPageTellsThePageAroundIt(t *testing.T) {
	t.Parallel()
	_, v := hostedSandbox(t, stripesandbox.Options{})
	id := v.embeddedSession("never")
	merchant := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><html lang=en><title>Shop</title><script>window.heard = []; addEventListener('message', e => heard.push(e.data));</script><iframe title=pay width=500 height=900 src="%s/c/embed/%s"></iframe>`, v.base, id)
	}))
	defer merchant.Close()
	p := browser.New(t)
	p.Goto(merchant.URL)
	p.Wait(`heard.some(m => m.type === 'checkout.height' && m.height > 300)`)
	v.press(v.open("/c/embed/"+id), payButton, card("4242424242424242"))
	p.Reload()
	p.Wait(`heard.some(m => m.type === 'checkout.complete' && m.session === '` + id + `' && !m.return_url)`)
	if got := browser.Eval[int](p, `Math.max(...heard.filter(m => m.type === 'checkout.height').map(m => m.height))`); got > 600 {
		t.Errorf("the last page is %d px tall", got)
	}
}

// What is typed is set in groups; a second click sends no second form.
func TestCheckoutHelpsWithTyping(t *testing.T) {
	t.Parallel()
	_, v := hostedSandbox(t, stripesandbox.Options{})
	_, link := v.session(nil)
	p := browser.New(t)
	p.Goto(link)
	for name, typed := range map[string][2]string{"number": {"4242424242424242", "4242 4242 4242 4242"}, "expiry": {"1234", "12 / 34"}, "cvc": {"12a3", "123"}} {
		got := browser.Eval[string](p, `(() => { const f = document.querySelector('[name=`+name+`]'); f.value = '`+typed[0]+`';
			f.dispatchEvent(new InputEvent('input', {inputType: 'insertText', bubbles: true})); return f.value; })()`)
		if got != typed[1] {
			t.Errorf("%s typed as %q reads %q", name, typed[0], got)
		}
	}
	if amex := browser.Eval[string](p, `written.number('378282246310005')`); amex != "3782 822463 10005" {
		t.Errorf("American Express reads %q", amex)
	}
	if twice := browser.Eval[int](p, `(() => { let sent = 0; const f = document.querySelector('#pay');
		f.addEventListener('submit', e => { if (!e.defaultPrevented) sent++; e.preventDefault(); });
		for (const b of [0, 1]) f.requestSubmit(); return sent; })()`); twice != 1 {
		t.Errorf("two clicks sent %d forms", twice)
	}
}
