package stripesandbox_test

import (
	"net/http"
	"net/url"
	"testing"

	"hearth/internal/stripesandbox"
	"hearth/internal/testkit/browser"
)

// What people see of the sandbox is held to what our own pages are: readable
// and usable in the light on a large screen and in the dark on a telephone.
func TestHostedPagesForEverybody(t *testing.T) {
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
	walkHosted(t, v, p, look)
	width = 390
	p.Viewport(390, 844)
	p.Dark(true)
	walkHosted(t, v, p, look)
}

// walkHosted goes through every kind of page once, with a look at each.
func walkHosted(t *testing.T, v *visitor, p *browser.Page, look func()) {
	t.Helper()
	onboardInBrowser(v, p, look)
	checkOutInBrowser(v, p, look)

	owner := v.account(nil)
	v.onboard(owner, map[string]string{"dob": "1902-01-01"})
	intent := v.paid("4242424242424242", url.Values{"payment_intent_data[transfer_data][destination]": {owner}, "payment_intent_data[application_fee_amount]": {"14400"}})
	v.paid("4000000000000259", nil) // disputed
	v.api(http.MethodPost, "/v1/refunds", url.Values{"payment_intent": {intent}, "amount": {"40000"}})
	p.Goto(v.api(http.MethodPost, "/v1/accounts/"+owner+"/login_links", nil)["url"].(string))
	look()

	p.Goto(v.base + "/")
	look()
	tabs := browser.Eval[[]string](p, `[...document.querySelectorAll('nav.tabs a')].map(a => a.href)`)
	if len(tabs) < 8 {
		t.Errorf("the inspector has the tabs %q", tabs)
	}
	for _, tab := range tabs {
		p.Goto(tab)
		look()
	}
	p.Goto(v.base + "/inspector/objects/" + intent)
	look()
	p.Goto(v.base + "/no/such/page")
	look()
}

// onboardInBrowser is every step of an account's form, with a mistake first.
func onboardInBrowser(v *visitor, p *browser.Page, look func()) {
	p.Goto(v.link(v.account(nil)))
	look()
	clickAway(p, nextButton) // with nothing typed
	look()
	for range 3 {
		clickAway(p, fillButton)
		clickAway(p, nextButton)
		look()
	}
	p.WaitText("h1", "Review")
}

// checkOutInBrowser is Checkout, a declined card, the bank's question, and a
// session that has ended.
func checkOutInBrowser(v *visitor, p *browser.Page, look func()) {
	id, link := v.session(nil)
	p.Goto(link)
	look()
	for number, then := range map[string]string{"4000000000000002": "declined", "4000002760003184": "Confirm it is you"} {
		p.Goto(link)
		for name, value := range card(number) {
			p.Fill("#pay [name="+name+"]", value)
		}
		clickAway(p, payButton)
		p.WaitText("main", then)
		look()
	}
	v.api(http.MethodPost, "/v1/checkout/sessions/"+id+"/expire", nil)
	p.Goto(link)
	look()
}

// clickAway clicks what leads to another page, and waits for that.
func clickAway(p *browser.Page, css string) {
	browser.Eval[bool](p, `window.before = true`)
	p.Click(css)
	p.Wait(`!window.before && document.readyState === 'complete'`)
}
