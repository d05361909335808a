package stripesandbox_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hearth/internal/stripesandbox"
)

func TestCheckoutSavesACard(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	customer := p.api(http.MethodPost, "/v1/customers", url.Values{"email": {"ada@example.com"}})["id"].(string)
	form := url.Values{"mode": {"setup"}, "success_url": {"http://127.0.0.1:9/done?session={CHECKOUT_SESSION_ID}"}, "payment_method_types[0]": {"card"}, "customer": {customer}}
	cs := p.api(http.MethodPost, "/v1/checkout/sessions", form)
	page := p.open(cs["url"].(string))
	says(t, page, http.StatusOK, payButton, "Save")
	says(t, page, http.StatusOK, ".lead", "Save your payment details with")
	if page.Find(".total, .wallet").Length() != 0 {
		t.Error("there is nothing to pay")
	}
	says(t, p.press(page, payButton, without(card("4000000000000002"), "email")), http.StatusPaymentRequired, "[role=alert]", "declined")
	ask := p.press(page, payButton, without(card("4000002500003155"), "email"))
	says(t, ask, http.StatusOK, "main", "may keep your payment details")
	says(t, p.press(ask, "button[value=fail]", nil), http.StatusPaymentRequired, "[role=alert]", "unable to authenticate")
	ask = p.press(page, payButton, without(card("4000002500003155"), "email"))
	done := p.press(ask, "button[value=complete]", nil)
	if status, paid := p.status(cs["id"].(string)); done.code != http.StatusSeeOther || status != "complete" || paid != "no_payment_required" {
		t.Fatalf("answered %d, the session is %s and %s", done.code, status, paid)
	}
	_, link := p.session(url.Values{"customer": {customer}})
	says(t, p.open(link), http.StatusOK, ".saved", "Visa ending in 3155")
}

func without(form map[string]string, field string) map[string]string {
	delete(form, field)
	return form
}

// monthly are the parameters of a session that begins a monthly subscription.
func monthly(more ...string) url.Values {
	form := url.Values{"mode": {"subscription"}, "success_url": {"http://127.0.0.1:9/done?session={CHECKOUT_SESSION_ID}"}, "payment_method_types[0]": {"card"},
		"line_items[0][price_data][currency]": {"usd"}, "line_items[0][price_data][unit_amount]": {"120000"}, "line_items[0][quantity]": {"1"},
		"line_items[0][price_data][product_data][name]": {"Rent of Cedar House"}, "line_items[0][price_data][recurring][interval]": {"month"}}
	for _, param := range more {
		k, v, _ := strings.Cut(param, "=")
		form.Set(k, v)
	}
	return form
}

func TestCheckoutSubscribes(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	open := func(more ...string) (id string, page visited) {
		cs := p.api(http.MethodPost, "/v1/checkout/sessions", monthly(more...))
		return cs["id"].(string), p.open(cs["url"].(string))
	}
	subscription := func(id string) map[string]any {
		cs := p.api(http.MethodGet, "/v1/checkout/sessions/"+id+"?expand[0]=subscription", nil)
		return cs["subscription"].(map[string]any)
	}

	id, page := open()
	says(t, page, http.StatusOK, ".due", "Subscribe to")
	says(t, page, http.StatusOK, ".lines", "per month")
	says(t, page, http.StatusOK, ".method-body", "charge your card for future payments")
	says(t, page, http.StatusOK, payButton, "Subscribe")
	says(t, p.press(page, payButton, card("4000000000000002")), http.StatusPaymentRequired, "[role=alert]", "declined")
	ask := p.press(page, payButton, card("4000002760003184"))
	says(t, ask, http.StatusOK, "main", "$1,200.00")
	if done := p.press(ask, "button[value=complete]", nil); done.code != http.StatusSeeOther || subscription(id)["status"] != "active" {
		t.Errorf("answered %d", done.code)
	}
	if status, paid := p.status(id); status != "complete" || paid != "paid" {
		t.Errorf("the session is %s and %s", status, paid)
	}

	id, page = open("subscription_data[trial_period_days]=7")
	says(t, page, http.StatusOK, ".summary", "7 days free")
	says(t, page, http.StatusOK, ".total", "$0.00")
	says(t, page, http.StatusOK, payButton, "Start trial")
	p.press(page, payButton, card("4242424242424242"))
	if sub := subscription(id); sub["status"] != "trialing" || sub["default_payment_method"] == nil {
		t.Errorf("on trial: %v", sub)
	}

	id, page = open("subscription_data[trial_period_days]=7", "payment_method_collection=if_required")
	if page.Find("[name=number]").Length() != 0 {
		t.Error("a trial that needs no card asks for one")
	}
	p.press(page, payButton, map[string]string{"email": "ada@example.com"})
	if sub := subscription(id); sub["status"] != "trialing" {
		t.Errorf("on trial: %v", sub)
	}
}

// Whoever waits for a bank or a shop need not: the inspector answers for them.
func TestInspectorAnswersForBanksAndShops(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	for outcome, want := range map[string]string{"succeed": "paid", "fail": "unpaid"} {
		id, link := p.session(url.Values{"line_items[0][price_data][currency]": {"mxn"}, "payment_method_types[0]": {"oxxo"}})
		p.press(p.open(link), payButton, map[string]string{"email": "ada@example.com", "name": "Ada"})
		intent := p.intentOf(id)["id"].(string)
		page := p.open("/inspector/objects/" + intent)
		done := p.press(page, "form:has([value="+outcome+"]) button", nil)
		if _, paid := p.status(id); done.code != http.StatusSeeOther || paid != want {
			t.Errorf("%s: answered %d, the session is %s", outcome, done.code, paid)
		}
		if outcome == "succeed" {
			receipt := strings.TrimPrefix(p.intentOf(id)["latest_charge"].(map[string]any)["receipt_url"].(string), p.base)
			says(t, p.open(receipt), http.StatusOK, "dl", "OXXO")
		}
	}
}

// A session's lines come page by page.
func TestLinesComeByPages(t *testing.T) {
	b := start(t)
	cs := b.session(1000, "line_items[1][price_data][currency]=usd", "line_items[1][price_data][unit_amount]=200", "line_items[1][price_data][product_data][name]=B", "line_items[1][quantity]=1",
		"line_items[2][price_data][currency]=usd", "line_items[2][price_data][unit_amount]=300", "line_items[2][price_data][product_data][name]=C", "line_items[2][quantity]=1").Get("id").String()
	at := "/v1/checkout/sessions/" + cs + "/line_items"
	first := b.get(at, "limit=2")
	if first.Get("data.#").Int() != 2 || !first.Get("has_more").Bool() || first.Get("data.0.description").String() != "A stay" {
		t.Errorf("the first page: %s", first.Raw)
	}
	rest := b.get(at, "starting_after="+first.Get("data.1.id").String())
	if rest.Get("data.#").Int() != 1 || rest.Get("has_more").Bool() || rest.Get("data.0.description").String() != "C" {
		t.Errorf("the rest: %s", rest.Raw)
	}
	if before := b.get(at, "ending_before="+rest.Get("data.0.id").String()); before.Get("data.#").Int() != 2 {
		t.Errorf("what is before: %s", before.Raw)
	}
}
