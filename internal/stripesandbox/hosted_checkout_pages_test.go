package stripesandbox_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hearth/internal/stripesandbox"
	"hearth/internal/testkit/browser"
)

// Checkout with everything on it, for everybody: see TestHostedPagesForEverybody.
func TestCheckoutForEverybody(t *testing.T) {
	t.Parallel()
	_, v := hostedSandbox(t, stripesandbox.Options{})
	p, width := browser.New(t), 1280
	look := func() {
		t.Helper()
		p.Axe()
		if wide := browser.Eval[int](p, `document.documentElement.scrollWidth`); wide > width {
			t.Errorf("%s is %d px wide on a screen of %d", p.URL(), wide, width)
		}
	}
	methodsInBrowser(v, p, look)
	width = 390
	p.Viewport(390, 844)
	p.Dark(true)
	methodsInBrowser(v, p, look)
}

// methodsInBrowser is Checkout with all that can be asked and offered, every way
// to pay chosen once, and the pages that follow.
func methodsInBrowser(v *visitor, p *browser.Page, look func()) {
	customer := v.api(http.MethodPost, "/v1/customers", url.Values{"email": {"ada@example.com"}, "payment_method": {"pm_card_visa"}})["id"].(string)
	everything := euros("ideal")
	for _, param := range asksEverything {
		k, value, _ := strings.Cut(param, "=")
		everything.Set(k, value)
	}
	everything.Del("customer_creation")
	everything.Set("customer", customer)
	everything.Set("payment_method_types[2]", "sepa_debit")
	_, link := v.session(everything)
	p.Goto(link)
	look()
	for _, method := range []string{"card", "ideal", "sepa_debit"} {
		p.Click("[name=method][value=" + method + "]")
		look()
	}
	clickAway(p, payButton) // with nothing answered
	look()

	session, link := v.session(euros("ideal"))
	p.Goto(link)
	p.Click("[name=method][value=ideal]")
	for field, value := range map[string]string{"email": "ada@example.com", "name": "Ada", "bank": "ing"} {
		p.Fill("#pay [name="+field+"]", value)
	}
	clickAway(p, payButton)
	p.WaitText("main", "Authorise this payment")
	look()
	p.Goto(v.base + "/3ds/" + v.intentOf(session)["id"].(string))
	look()
	clickAway(p, "button[value=fail]")
	p.WaitText("[role=alert]", "unable to authenticate")

	_, link = v.session(url.Values{"line_items[0][price_data][currency]": {"mxn"}, "payment_method_types[0]": {"oxxo"}})
	p.Goto(link)
	look()
	for field, value := range map[string]string{"email": "ada@example.com", "name": "Ada"} {
		p.Fill("#pay [name="+field+"]", value)
	}
	clickAway(p, payButton)
	p.WaitText("h1", "at OXXO")
	look()

	p.Goto(v.base + "/receipts/" + v.api(http.MethodGet, "/v1/payment_intents/"+v.paid("4242424242424242", nil), nil)["latest_charge"].(string))
	look()
	for _, form := range []url.Values{monthly("subscription_data[trial_period_days]=7"), {"mode": {"setup"}, "currency": {"usd"}, "success_url": {"http://127.0.0.1:9/done"}}} {
		p.Goto(v.api(http.MethodPost, "/v1/checkout/sessions", form)["url"].(string))
		look()
	}
	embedded := v.embeddedSession("always")
	p.Goto(v.base + "/c/embed/" + embedded)
	look()
	v.press(v.open("/c/embed/"+embedded), payButton, card("4242424242424242"))
	p.Reload()
	look()
}
