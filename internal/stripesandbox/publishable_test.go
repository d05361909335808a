package stripesandbox_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// page calls the API as a script of some site does, with a publishable key.
func (b *bench) page(method, path string, params ...string) reply {
	b.t.Helper()
	form := url.Values{}
	for _, p := range params {
		k, v, _ := strings.Cut(p, "=")
		form.Add(k, v)
	}
	target, body := b.url+path, form.Encode()
	if method == http.MethodGet {
		target, body = target+"?"+body, ""
	}
	req, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Origin", "https://shop.test")
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.do(req)
}

// refusal wants an answer to be this error.
func (b *bench) refusal(r reply, status int, code, message string) {
	b.t.Helper()
	if r.status != status || r.Get("error.code").String() != code || !strings.Contains(r.Get("error.message").String(), message) {
		b.t.Errorf("answered %d %s, want %d %s %q", r.status, r.Raw, status, code, message)
	}
}

// A page with a publishable key makes a means of payment, and pays the intent
// whose client secret it was given. It sees no more of either than it may.
func TestPublishableKeys(t *testing.T) {
	t.Parallel()
	b := start(t)
	in := b.post("/v1/payment_intents", "amount=9000", "currency=usd", "payment_method_types[0]=card", "metadata[order]=7")
	at, secret := "/v1/payment_intents/"+in.Get("id").String(), "client_secret="+in.Get("client_secret").String()
	const key = "key=pk_test_page"

	pm := b.ok(b.page("POST", "/v1/payment_methods", key, "type=card", "card[number]=4242424242424242", "card[exp_month]=12", "card[exp_year]=2034", "card[cvc]=123"))
	if pm.Get("card.last4").String() != "4242" || pm.Get("card.fingerprint").Exists() || pm.Get("metadata").Exists() {
		t.Errorf("a page sees %s", pm.Raw)
	}
	if got := pm.header.Get("Access-Control-Allow-Origin"); got != "*" {
		t.Errorf("scripts of other sites: %q", got)
	}

	for _, wrong := range []struct {
		status        int
		code, message string
		method, path  string
		params        []string
	}{
		{401, "secret_key_required", "cannot be made with a publishable API key", "POST", "/v1/payment_intents", []string{key, "amount=9000", "currency=usd"}},
		{401, "secret_key_required", "cannot be made with a publishable API key", "GET", "/v1/payment_methods/" + pm.Get("id").String(), []string{key}},
		{401, "", "never takes a live key", "POST", "/v1/payment_methods", []string{"key=pk_live_x", "type=card"}},
		{400, "parameter_missing", "client_secret", "GET", at, []string{key}},
		{400, "payment_intent_invalid_parameter", "does not match the client_secret associated with the PaymentIntent.", "GET", at, []string{key, secret + "x"}},
		{400, "payment_intent_invalid_parameter", "does not match", "POST", at + "/confirm", []string{key, secret + "x", "payment_method=pm_card_visa"}},
		{404, "resource_missing", "No such payment_intent: 'pi_none'", "GET", "/v1/payment_intents/pi_none", []string{key, secret}},
	} {
		b.refusal(b.page(wrong.method, wrong.path, wrong.params...), wrong.status, wrong.code, wrong.message)
	}

	no := b.page("POST", at+"/confirm", key, secret, "payment_method=pm_card_visa_chargeDeclined")
	b.refusal(no, 402, "card_declined", "Your card was declined.")
	if shown := no.Get("error.payment_intent"); shown.Get("status").String() != "requires_payment_method" || shown.Get("metadata").Exists() || strings.Contains(no.Raw, "fingerprint") {
		t.Errorf("a declined page sees %s", no.Raw)
	}
	paid := b.ok(b.page("POST", at+"/confirm", key, secret, "payment_method="+pm.Get("id").String()))
	if paid.Get("status").String() != "succeeded" || paid.Get("metadata").Exists() || paid.Get("latest_charge").Exists() {
		t.Errorf("a page sees %s", paid.Raw)
	}
	if seen := b.ok(b.page("GET", at, key, secret)); seen.Get("status").String() != "succeeded" || seen.Get("transfer_group").Exists() {
		t.Errorf("a page sees %s", seen.Raw)
	}
	if whole := b.get(at); whole.Get("metadata.order").String() != "7" || whole.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("a server sees %s %v", whole.Raw, whole.header)
	}
}

// Whoever closes the bank's window has not paid.
func TestPageCancelsChallenge(t *testing.T) {
	t.Parallel()
	b := start(t)
	in := b.post("/v1/payment_intents", "amount=9000", "currency=usd", "payment_method_types[0]=card", "payment_method=pm_card_threeDSecure2Required", "confirm=true", "return_url=https://shop.test/")
	at := "/v1/payment_intents/" + in.Get("id").String()
	after := b.ok(b.page("POST", at+"/source_cancel", "key=pk_test_page", "client_secret="+in.Get("client_secret").String()))
	if after.Get("status").String() != "requires_payment_method" || after.Get("last_payment_error.code").String() != "payment_intent_authentication_failure" {
		t.Errorf("after it the intent is %s", after.Raw)
	}
	b.balanced()
}

// What the Payment Element offers follows the intent, or what the merchant says
// of the one that is to come.
func TestElementsSession(t *testing.T) {
	t.Parallel()
	b := start(t)
	in := b.post("/v1/payment_intents", "amount=9000", "currency=usd", "payment_method_types[0]=card")
	const key, offer = "key=pk_test_page", "payment_method_preference.ordered_payment_method_types"
	one := b.ok(b.page("GET", "/v1/elements/sessions", key, "client_secret="+in.Get("client_secret").String()))
	if strings.Join(strings.Fields(one.Get(offer).Raw), "") != `["card"]` || one.Get("payment_method_preference.payment_intent.amount").Int() != 9000 {
		t.Errorf("for an intent: %s", one.Raw)
	}
	later := b.ok(b.page("GET", "/v1/elements/sessions", key, "deferred_intent[mode]=payment", "deferred_intent[amount]=9000", "deferred_intent[currency]=eur"))
	if !strings.Contains(later.Get(offer).Raw, "sepa_debit") {
		t.Errorf("for euros: %s", later.Raw)
	}
	b.refusal(b.page("GET", "/v1/elements/sessions", key), 400, "parameter_missing", "deferred_intent[mode]")
	b.refusal(b.page("GET", "/v1/elements/sessions", key, "client_secret="+in.Get("id").String()+"_secret_x"), 400, "payment_intent_invalid_parameter", "does not match")
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	b := start(t)
	req, _ := http.NewRequest(http.MethodOptions, b.url+"/v1/payment_methods", nil)
	r := b.do(req)
	if r.status != http.StatusNoContent || !strings.Contains(r.header.Get("Access-Control-Allow-Headers"), "Authorization") || r.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("a browser is told %d %v", r.status, r.header)
	}
}

// What is cut from an answer to a page is not cut from the answers to servers.
func TestPagesCutNothingFromOthers(t *testing.T) {
	t.Parallel()
	b := start(t)
	in := b.post("/v1/payment_intents", "amount=9000", "currency=usd", "payment_method_types[0]=card", "metadata[order]=7")
	at := "/v1/payment_intents/" + in.Get("id").String()
	answers := make(chan reply)
	for range 8 {
		go func() {
			b.page("GET", at, "key=pk_test_page", "client_secret="+in.Get("client_secret").String())
			answers <- b.call("GET", at)
		}()
	}
	for range 8 {
		if r := <-answers; r.Get("metadata.order").String() != "7" || !r.Get("amount_details.tip").Exists() {
			t.Errorf("a server sees %s", r.Raw)
		}
	}
}
