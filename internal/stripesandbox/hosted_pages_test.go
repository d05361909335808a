package stripesandbox_test

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"hearth/internal/stripesandbox"
	"hearth/internal/testkit/browser"
)

// What people see of the sandbox is held to what our own pages are: readable
// and usable in the light on a large screen and in the dark on a telephone.
func TestHostedPagesForEverybody(t *testing.T) {
	t.Parallel()
	s, v := hostedSandbox(t, stripesandbox.Options{})
	p, width := browser.New(t), 1280
	look := func() {
		t.Helper()
		p.Axe()
		if wide := browser.Eval[int](p, `document.documentElement.scrollWidth`); wide > width {
			t.Errorf("%s is %d px wide on a screen of %d", p.URL(), wide, width)
		}
	}
	walkHosted(t, s, v, p, look)
	width = 390
	p.Viewport(390, 844)
	p.Dark(true)
	walkHosted(t, s, v, p, look)
}

// walkHosted goes through every kind of page once, with a look at each.
func walkHosted(t *testing.T, s *stripesandbox.Server, v *visitor, p *browser.Page, look func()) {
	t.Helper()
	onboardInBrowser(v, p, look)
	consentInBrowser(v, s, p, look)
	checkOutInBrowser(v, p, look)

	owner := v.account(nil)
	v.onboard(owner, map[string]string{"dob": "1902-01-01"})
	intent := v.paid("4242424242424242", url.Values{"payment_intent_data[transfer_data][destination]": {owner}, "payment_intent_data[application_fee_amount]": {"14400"}})
	v.paid("4000000000000259", nil) // disputed
	v.api(http.MethodPost, "/v1/refunds", url.Values{"payment_intent": {intent}, "amount": {"40000"}})
	p.Goto(v.api(http.MethodPost, "/v1/accounts/"+owner+"/login_links", nil)["url"].(string))
	look()

	invoiceInBrowser(v, p, look)

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
	p.Goto(v.base + "/inspector/search?q=ada")
	look()
	p.Goto(v.base + "/no/such/page")
	look()
}

// onboardInBrowser is every step of an account's form, with a mistake first; the
// document that is asked for afterwards; and a company's form.
func onboardInBrowser(v *visitor, p *browser.Page, look func()) {
	account := v.account(nil)
	p.Goto(v.link(account))
	look()
	clickAway(p, nextButton) // with nothing typed
	look()
	for p.Count("[name=agree]") == 0 {
		clickAway(p, fillButton)
		if p.Count("[name=dob]") > 0 {
			p.Fill("[name=dob]", "1980-05-05") // nobody knows this birthday
		}
		clickAway(p, nextButton)
		look()
	}
	p.Click("[name=agree]")
	clickAwayFrom(p, nextButton)
	v.post("/inspector/clock", url.Values{"advance": {"1m"}})
	p.Goto(v.link(account))
	p.Fill("[name=code]", "000-000")
	clickAway(p, nextButton)
	p.WaitText("h1", "Show us a document")
	look()
	clickAway(p, fillButton)
	clickAway(p, nextButton)
	p.WaitText("h1", "Review")
	companyInBrowser(v, p, look)
}

func companyInBrowser(v *visitor, p *browser.Page, look func()) {
	p.Goto(v.link(v.account(url.Values{"business_type": {"company"}})))
	for p.Count(".people") == 0 {
		clickAway(p, fillButton)
		clickAway(p, nextButton)
	}
	look()
	clickAway(p, "main form a[href$=person]")
	clickAway(p, nextButton) // with nothing typed
	look()
	clickAway(p, fillButton)
	p.Click("[value=owner]")
	clickAway(p, nextButton)
	p.WaitText(".people", "owns 25 %")
	clickAway(p, nextButton)
	look()
	clickAway(p, fillButton)
	clickAway(p, nextButton)
	p.WaitText("h1", "Review")
	look()
}

// consentInBrowser is OAuth: a new account, and one that the person has.
func consentInBrowser(v *visitor, s *stripesandbox.Server, p *browser.Page, look func()) {
	q := url.Values{"client_id": {s.ClientID()}, "response_type": {"code"}, "scope": {"read_write"}, "redirect_uri": {"http://127.0.0.1:9/back"}, "stripe_user[email]": {"ann@example.com"}, "always_prompt": {"true"}}
	p.Goto(v.base + "/oauth/authorize?" + q.Encode())
	look()
	clickAway(p, answerButton("register"))
	p.WaitText("h1", "Create your account")
	look()
	for p.Count("[name=agree]") == 0 {
		clickAway(p, fillButton)
		clickAway(p, nextButton)
	}
	look()
	p.Click("[name=agree]")
	clickAwayFrom(p, nextButton)
	p.Goto(v.base + "/oauth/authorize?" + q.Encode())
	look()
	p.Click("[name=account]")
	clickAway(p, answerButton("login"))
	p.WaitText("h1", "Jenny Rosen")
	look()
	p.Goto(v.base + "/express/oauth/authorize?" + q.Encode())
	look()
}

// clickAwayFrom clicks what leads out of the sandbox, where nobody answers.
func clickAwayFrom(p *browser.Page, css string) {
	here := p.URL()
	p.Click(css)
	p.Wait(`location.href !== ` + strconv.Quote(here))
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

// invoiceInBrowser is an invoice that is owed, with a card filled in and refused, and then paid.
func invoiceInBrowser(v *visitor, p *browser.Page, look func()) {
	form := func(kv ...string) url.Values {
		out := url.Values{}
		for i := 0; i < len(kv); i += 2 {
			out.Set(kv[i], kv[i+1])
		}
		return out
	}
	customer := v.api(http.MethodPost, "/v1/customers", form("name", "Tess Tenant"))["id"].(string)
	v.api(http.MethodPost, "/v1/invoiceitems", form("customer", customer, "amount", "90000", "currency", "usd", "description", "Rent for May"))
	draft := v.api(http.MethodPost, "/v1/invoices", form("customer", customer, "pending_invoice_items_behavior", "include", "collection_method", "send_invoice", "days_until_due", "7"))["id"].(string)
	p.Goto(v.api(http.MethodPost, "/v1/invoices/"+draft+"/finalize", nil)["hosted_invoice_url"].(string))
	look()
	for _, try := range [][2]string{{"4000000000000002", "declined"}, {"4242424242424242", "is paid"}} {
		for name, value := range map[string]string{"number": try[0], "expiry": "12 / 34", "cvc": "123", "name": "Tess Tenant"} {
			p.Fill("#pay [name="+name+"]", value)
		}
		clickAway(p, payButton)
		p.WaitText("main", try[1])
		look()
	}
}

// clickAway clicks what leads to another page, and waits for that.
func clickAway(p *browser.Page, css string) {
	browser.Eval[bool](p, `window.before = true`)
	p.Click(css)
	p.Wait(`!window.before && document.readyState === 'complete'`)
}
