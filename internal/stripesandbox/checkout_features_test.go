package stripesandbox_test

import (
	"net/http"
	"strings"
	"testing"
)

// walkCheckout opens sessions with all that a page can ask, and pays one as
// Stripe's command line does.
func (w *walk) walkCheckout() {
	customer := id(w.step("POST", "/v1/customers", "email=ada@example.com"))
	cs := w.step("POST", "/v1/checkout/sessions", with(stay, asksEverything...)...)
	w.step("POST", "/v1/checkout/sessions", with(stay[4:], "mode=payment", "ui_mode=embedded", "return_url=https://h.test/{CHECKOUT_SESSION_ID}", "redirect_on_completion=if_required",
		"customer="+customer, "customer_update[name]=auto", "payment_method_options[card][setup_future_usage]=off_session", "line_items[0][price_data][currency]=usd", "line_items[0][price_data][unit_amount]=9000",
		"line_items[0][price_data][product_data][name]=A stay", "line_items[0][quantity]=1")...)
	w.steer("/checkout/"+id(cs)+"/pay", m{"card": visa, "email": "a@example.com", "custom_fields": m{"arrival": "late", "guests": "3"}, "terms_of_service": true, "phone": "+15550100",
		"shipping": m{"name": "Ada", "address": m{"line1": "1 Main St", "country": "US"}}})
	w.step("GET", "/v1/checkout/sessions/"+id(cs), "expand[0]=line_items", "expand[1]=payment_intent")

	// Not among the published routes, so there is nothing to hold them against.
	page := "/v1/payment_pages/" + id(w.step("POST", "/v1/checkout/sessions", stay...))
	method := id(w.step("POST", "/v1/payment_methods", "type=card", "card[token]=tok_visa", "billing_details[email]=stripe@example.com"))
	w.get(page)
	w.post(page + "/init")
	w.post(page+"/confirm", "payment_method="+method, "expected_amount=18000")
	for _, route := range []string{"GET /v1/payment_pages/{id}", "POST /v1/payment_pages/{id}/init", "POST /v1/payment_pages/{id}/confirm"} {
		w.walked[route] = true
	}
}

var asksEverything = []string{"customer_creation=always", "phone_number_collection[enabled]=true", "billing_address_collection=required", "submit_type=book", "locale=de",
	"shipping_address_collection[allowed_countries][0]=US", "shipping_address_collection[allowed_countries][1]=CA",
	"custom_fields[0][key]=arrival", "custom_fields[0][type]=dropdown", "custom_fields[0][label][type]=custom", "custom_fields[0][label][custom]=When do you arrive?",
	"custom_fields[0][dropdown][options][0][label]=Early", "custom_fields[0][dropdown][options][0][value]=early",
	"custom_fields[0][dropdown][options][1][label]=Late", "custom_fields[0][dropdown][options][1][value]=late",
	"custom_fields[1][key]=guests", "custom_fields[1][type]=numeric", "custom_fields[1][label][type]=custom", "custom_fields[1][label][custom]=How many?", "custom_fields[1][numeric][maximum_length]=2",
	"custom_fields[2][key]=wishes", "custom_fields[2][type]=text", "custom_fields[2][label][type]=custom", "custom_fields[2][label][custom]=Wishes", "custom_fields[2][optional]=true",
	"custom_text[submit][message]=You pay now.", "custom_text[terms_of_service_acceptance][message]=I agree to the house rules.", "custom_text[after_submit][message]=We write to you.",
	"consent_collection[terms_of_service]=required", "consent_collection[promotions]=auto", "allow_promotion_codes=true", "invoice_creation[enabled]=true"}

func TestSessionKeepsTheAnswers(t *testing.T) {
	b := start(t)
	cs := b.session(9000, asksEverything...)
	if cs.Get("customer").Raw != "null" || cs.Get("consent").Raw != "null" || cs.Get("custom_fields.0.dropdown.value").Raw != "null" {
		t.Errorf("nobody has answered yet: %s", cs.Raw)
	}
	at := "/checkout/" + cs.Get("id").String() + "/pay"
	b.control(at, m{"card": "4000000000000002", "email": "ada@example.com", "name": "Ada"})
	b.steer(at, m{"card": visa, "email": "ada@example.com", "name": "Ada", "phone": "+15550100", "terms_of_service": true, "promotions": true,
		"custom_fields": m{"arrival": "late", "guests": "3"}, "shipping": m{"name": "Ada L", "address": m{"line1": "1 Main St", "country": "US"}}})
	cs = b.get("/v1/checkout/sessions/" + cs.Get("id").String())
	for path, want := range map[string]string{
		"status": "complete", "consent.terms_of_service": "accepted", "consent.promotions": "opt_in", "customer_details.phone": "+15550100",
		"custom_fields.0.dropdown.value": "late", "custom_fields.1.numeric.value": "3", "custom_fields.2.text.value": "",
		"shipping_details.address.line1": "1 Main St", "shipping_details.name": "Ada L",
	} {
		if got := cs.Get(path).String(); got != want {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
	}
	customer := cs.Get("customer").String()
	if got := b.get("/v1/customers/" + customer); got.Get("email").String() != "ada@example.com" || got.Get("name").String() != "Ada" {
		t.Errorf("customer_creation=always made %s", got.Raw)
	}
	if b.events("customer.created") != 1 {
		t.Error("two attempts made two customers")
	}
	if in := b.get("/v1/payment_intents/" + cs.Get("payment_intent").String()); in.Get("customer").String() != customer {
		t.Errorf("the intent is %q's, the session %q's", in.Get("customer"), customer)
	}
	if got := b.get("/v1/checkout/sessions", "customer="+customer).Get("data.#").Int(); got != 1 {
		t.Errorf("%d sessions of the customer", got)
	}
}

func TestSessionsAskSensibly(t *testing.T) {
	b := start(t)
	customer := b.post("/v1/customers", "email=a@example.com").Get("id").String()
	field := func(i, key string) []string {
		k := "custom_fields[" + i + "]"
		return []string{k + "[key]=" + key, k + "[type]=text", k + "[label][type]=custom", k + "[label][custom]=L"}
	}
	embedded := []string{"ui_mode=embedded", "success_url="}
	for says, more := range map[string][]string{
		"`success_url` is not allowed":         {"ui_mode=embedded"},
		"only allowed when `ui_mode`":          {"return_url=https://h.test/"},
		"No such customer":                     {"customer=cus_nobody"},
		"customer, customer_creation":          {"customer=" + customer, "customer_creation=always"},
		"together with `customer`":             {"customer_update[name]=auto"},
		"must be unique":                       with(field("0", "a"), field("1", "a")...),
		"up to 3 custom fields":                with(with(field("0", "a"), field("1", "b")...), with(field("2", "c"), field("3", "d")...)...),
		"Missing required param: return_url":   embedded,
		"`redirect_on_completion` is `never`":  with(embedded, "redirect_on_completion=never", "return_url=https://h.test/"),
		"`cancel_url` is not allowed":          with(embedded, "return_url=https://h.test/", "cancel_url=https://h.test/"),
		"`redirect_on_completion` is only all": {"redirect_on_completion=always"},
	} {
		params := []string{"mode=payment", "success_url=https://h.test/", "line_items[0][price_data][currency]=usd", "line_items[0][price_data][unit_amount]=5000",
			"line_items[0][price_data][product_data][name]=x", "line_items[0][quantity]=1"}
		if len(more) > 1 && more[1] == "success_url=" {
			params, more = with(params[2:], "mode=payment"), with([]string{"ui_mode=embedded"}, more[2:]...)
		}
		b.refused(400, b.call(http.MethodPost, "/v1/checkout/sessions", with(params, more...)...).Get("error.code").String(), says, "/v1/checkout/sessions", with(params, more...)...)
	}
}

func TestEmbeddedSession(t *testing.T) {
	b := start(t)
	cs := b.post("/v1/checkout/sessions", "mode=payment", "ui_mode=embedded", "return_url=https://h.test/{CHECKOUT_SESSION_ID}", "line_items[0][price_data][currency]=usd",
		"line_items[0][price_data][unit_amount]=5000", "line_items[0][price_data][product_data][name]=x", "line_items[0][quantity]=1")
	if !strings.HasPrefix(cs.Get("client_secret").String(), cs.Get("id").String()+"_secret_") || cs.Get("url").Raw != "null" || cs.Get("redirect_on_completion").String() != "always" {
		t.Errorf("embedded: %s", cs.Raw)
	}
	if hosted := b.session(5000); hosted.Get("client_secret").Raw != "null" || hosted.Get("return_url").Exists() {
		t.Errorf("hosted: %s", hosted.Raw)
	}
}

func TestNothingToPay(t *testing.T) {
	b := start(t)
	id := b.session(0).Get("id").String()
	cs := b.steer("/checkout/"+id+"/pay", m{"email": "a@example.com"})
	if cs.Get("payment_status").String() != "no_payment_required" || cs.Get("status").String() != "complete" || cs.Get("payment_intent").Raw != "null" || cs.Get("customer_details.email").String() != "a@example.com" {
		t.Errorf("%s", cs.Raw)
	}
	if b.events("checkout.session.completed") != 1 || b.events("payment_intent.created") != 0 {
		t.Error("a free order made a payment, or told nobody")
	}
}

func TestWalletPays(t *testing.T) {
	b := start(t)
	for _, wallet := range []string{"apple_pay", "google_pay", "link"} {
		cs := b.steer("/checkout/"+b.session(5000).Get("id").String()+"/pay", m{"wallet": wallet, "email": "a@example.com"})
		ch := b.get("/v1/payment_intents/"+cs.Get("payment_intent").String(), "expand[0]=latest_charge").Get("latest_charge")
		if got := ch.Get("payment_method_details.card.wallet.type").String(); got != wallet || !ch.Get("paid").Bool() {
			t.Errorf("%s: %s", wallet, ch.Raw)
		}
		for _, p := range officialSchemas().check(ch, "charge") {
			t.Error(p)
		}
	}
	if r := b.control("/checkout/"+b.session(5000).Get("id").String()+"/pay", m{"wallet": "coins"}); r.status != 400 {
		t.Errorf("an unknown wallet: %s", r.Raw)
	}
}

func TestExpiredSessionIsRecovered(t *testing.T) {
	b := start(t)
	old := b.session(5000, "after_expiration[recovery][enabled]=true", "after_expiration[recovery][allow_promotion_codes]=true", "client_reference_id=b1", "metadata[a]=b")
	b.advance("25h")
	old = b.get("/v1/checkout/sessions/" + old.Get("id").String())
	link := old.Get("after_expiration.recovery.url").String()
	if link == "" || old.Get("after_expiration.recovery.expires_at").Int() == 0 {
		t.Fatalf("expired: %s", old.Raw)
	}
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var at []string
	for range 2 {
		res, err := stay.Get(link)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		at = append(at, res.Header.Get("Location"))
	}
	if at[0] == "" || at[0] != at[1] {
		t.Fatalf("the link led to %q", at)
	}
	cs := b.get("/v1/checkout/sessions/" + at[0][strings.LastIndex(at[0], "/")+1:])
	if cs.Get("recovered_from").String() != old.Get("id").String() || cs.Get("amount_total").Int() != 5000 || cs.Get("client_reference_id").String() != "b1" ||
		cs.Get("status").String() != "open" || cs.Get("after_expiration.recovery.url").Raw != "null" || !cs.Get("allow_promotion_codes").Bool() {
		t.Errorf("recovered: %s", cs.Raw)
	}
	if paid := b.steer("/checkout/"+cs.Get("id").String()+"/pay", m{"card": visa}); paid.Get("payment_status").String() != "paid" {
		t.Errorf("paid: %s", paid.Raw)
	}
	for _, p := range officialSchemas().check(cs.Result, "checkout.session") {
		t.Error(p)
	}
}

// What Stripe's command line does to trigger a session's events.
func TestPaymentPages(t *testing.T) {
	b := start(t)
	cs := b.session(3000)
	page := b.get("/v1/payment_pages/" + cs.Get("id").String())
	if !strings.HasPrefix(page.Get("id").String(), "ppage_") || page.Get("session_id").String() != cs.Get("id").String() || page.Get("line_item_group.total").Int() != 3000 {
		t.Errorf("page: %s", page.Raw)
	}
	confirm := "/v1/payment_pages/" + page.Get("id").String() + "/confirm"
	method := b.post("/v1/payment_methods", "type=card", "card[token]=tok_visa", "billing_details[email]=stripe@example.com").Get("id").String()
	b.refused(400, "checkout_amount_mismatch", "is 3000", confirm, "payment_method="+method, "expected_amount=3001")
	b.refused(402, "card_declined", "declined", confirm, "payment_method=pm_card_visa_chargeDeclined", "expected_amount=3000")
	if done := b.post(confirm, "payment_method="+method, "expected_amount=3000"); done.Get("payment_status").String() != "paid" || done.Get("payment_intent.status").String() != "succeeded" {
		t.Errorf("confirmed: %s", done.Raw)
	}
	if b.events("checkout.session.completed") != 1 {
		t.Error("nobody was told")
	}
	b.refused(400, "", "is complete", confirm, "payment_method="+method)
	if r := b.call(http.MethodGet, "/v1/payment_pages/cs_test_nobody"); r.status != 404 {
		t.Errorf("nobody's page: %d", r.status)
	}
}
