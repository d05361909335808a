package stripesandbox_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"hearth/internal/stripesandbox"
)

const payButton = "button[value=pay]"

func TestCheckoutPaysAndLeadsBack(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id, link := p.session(nil)
	page := p.open(link)
	says(t, page, http.StatusOK, ".total", "$1,200.00")
	says(t, page, http.StatusOK, ".lines", "3 nights at Cedar House")
	if policy := page.header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' http://127.0.0.1:9") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %q", policy)
	}
	done := p.press(page, payButton, card("4242 4242 4242 4242"))
	want := "http://127.0.0.1:9/done?session=" + id + "&keep=1"
	if done.code != http.StatusSeeOther || done.location != want {
		t.Fatalf("paying answered %d to %q, want %q", done.code, done.location, want)
	}
	if status, paid := p.status(id); status != "complete" || paid != "paid" {
		t.Errorf("the session is %s and %s", status, paid)
	}
	details := p.api(http.MethodGet, "/v1/checkout/sessions/"+id, nil)["customer_details"].(map[string]any)
	if details["email"] != "ada@example.com" || details["name"] != "Ada Lovelace" {
		t.Errorf("the session knows %v", details)
	}
}

func TestCheckoutIsSafeToSubmitTwice(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id, link := p.session(nil)
	page := p.open(link)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if v := p.press(page, payButton, card("4242424242424242")); v.code != http.StatusSeeOther {
				t.Errorf("a click answered %d", v.code)
			}
		})
	}
	wg.Wait()
	intent := p.api(http.MethodGet, "/v1/checkout/sessions/"+id, nil)["payment_intent"].(string)
	if charges := p.api(http.MethodGet, "/v1/charges?payment_intent="+intent, nil)["data"].([]any); len(charges) != 1 {
		t.Errorf("four clicks made %d charges", len(charges))
	}
	says(t, p.open(link), http.StatusOK, "h1", "paid already")
}

func TestCheckoutKeepsTheFormThroughARefusal(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id, link := p.session(nil)
	refused := p.press(p.open(link), payButton, card("4000000000009995"))
	says(t, refused, http.StatusPaymentRequired, "[role=alert]", "insufficient funds")
	for name, want := range map[string]string{"number": "4000000000009995", "expiry": "12 / 34", "cvc": "", "email": "ada@example.com", "name": "Ada Lovelace", "postal_code": "94103"} {
		if got := refused.Find("[name="+name+"]").AttrOr("value", ""); got != want {
			t.Errorf("after a refusal %s holds %q, want %q", name, got, want)
		}
	}
	if status, _ := p.status(id); status != "open" {
		t.Fatalf("a refusal left the session %s", status)
	}
	again := p.press(refused, payButton, map[string]string{"number": "4242424242424242", "cvc": "123"})
	if again.code != http.StatusSeeOther {
		t.Fatalf("the second try answered %d", again.code)
	}
	if status, paid := p.status(id); status != "complete" || paid != "paid" {
		t.Errorf("the session is %s and %s", status, paid)
	}
}

func TestCheckoutNamesTheFieldThatIsWrong(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id, link := p.session(nil)
	page := p.open(link)
	for field, bad := range map[string]string{"email": "ada", "number": "4242", "expiry": "01 / 20", "cvc": "1", "name": " ", "postal_code": "", "country": "XX"} {
		typed := card("4242424242424242")
		typed[field] = bad
		v := p.press(page, payButton, typed)
		says(t, v, http.StatusUnprocessableEntity, ".bad", "")
		if n := v.Find(".bad").Length(); n != 1 || v.Find(".bad [name="+field+"]").Length() != 1 {
			t.Errorf("a wrong %s marks %d fields", field, n)
		}
	}
	for number, field := range map[string]string{"4242424242424241": "number", "4000000000000069": "expiry", "4000000000000127": "cvc"} {
		v := p.press(page, payButton, card(number))
		if v.code != http.StatusPaymentRequired || v.Find(".bad [name="+field+"]").Length() != 1 {
			t.Errorf("card %s answered %d and does not mark %s", number, v.code, field)
		}
	}
	if status, _ := p.status(id); status != "open" {
		t.Errorf("mistakes left the session %s", status)
	}
}

func TestCheckoutAsksTheBank(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id, link := p.session(nil)
	ask := p.press(p.open(link), payButton, card("4000002760003184"))
	says(t, ask, http.StatusOK, "h1", "Confirm it is you")
	if status, _ := p.status(id); status != "open" {
		t.Fatalf("a challenge left the session %s", status)
	}
	failed := p.press(ask, "button[value=fail]", nil)
	says(t, failed, http.StatusPaymentRequired, "[role=alert]", "unable to authenticate")
	if got := failed.Find("[name=number]").AttrOr("value", ""); got != "4000002760003184" {
		t.Errorf("after a failed challenge the number is %q", got)
	}
	ask = p.press(failed, payButton, map[string]string{"cvc": "123"})
	if done := p.press(ask, "button[value=complete]", nil); done.code != http.StatusSeeOther || !strings.Contains(done.location, id) {
		t.Fatalf("a passed challenge answered %d to %q", done.code, done.location)
	}
	if status, paid := p.status(id); status != "complete" || paid != "paid" {
		t.Errorf("the session is %s and %s", status, paid)
	}
	// The answer sent twice leads to the same place.
	if again := p.press(ask, "button[value=complete]", nil); again.code != http.StatusSeeOther {
		t.Errorf("the second answer was answered %d", again.code)
	}
}

func TestCheckoutStartsADebit(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id, link := p.session(url.Values{"payment_method_types[0]": {"card"}, "payment_method_types[1]": {"sepa_debit"}, "line_items[0][price_data][currency]": {"eur"}})
	page := p.open(link)
	filled := p.press(page, "button[name=use_iban][value=AT611904300234573201]", nil)
	if got := filled.Find("[name=iban]").AttrOr("value", ""); filled.code != http.StatusOK || got != "AT611904300234573201" {
		t.Fatalf("filling in answered %d with %q", filled.code, got)
	}
	if done := p.press(filled, payButton, nil); done.code != http.StatusSeeOther {
		t.Fatalf("the debit answered %d: %s", done.code, done.Find("main").Text())
	}
	if status, paid := p.status(id); status != "complete" || paid != "unpaid" {
		t.Errorf("the session is %s and %s", status, paid)
	}
	p.post("/inspector/clock", url.Values{"advance": {"73h"}})
	if _, paid := p.status(id); paid != "paid" {
		t.Errorf("three days later the session is %s", paid)
	}
}

func TestCheckoutDebitsAUSAccount(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id, link := p.session(url.Values{"payment_method_types[1]": {"us_bank_account"}})
	page := p.open(link)
	if got := page.Find("input[name=method][checked]").AttrOr("value", ""); got != "card" {
		t.Errorf("the page begins with %q", got)
	}
	filled := p.press(page, "button[name=use_account][value='000123456789']", nil)
	if got := filled.Find("[name=account_number]").AttrOr("value", ""); filled.code != http.StatusOK || got != "000123456789" {
		t.Fatalf("filling in answered %d with %q", filled.code, got)
	}
	for field, bad := range map[string]string{"routing_number": "12", "account_number": "0001"} {
		wrong := p.press(filled, payButton, map[string]string{field: bad})
		if wrong.code != http.StatusUnprocessableEntity || wrong.Find(".bad [name="+field+"]").Length() != 1 || wrong.Find("input[name=method][checked]").AttrOr("value", "") != "us_bank_account" {
			t.Errorf("a wrong %s answered %d", field, wrong.code)
		}
	}
	if done := p.press(filled, payButton, nil); done.code != http.StatusSeeOther {
		t.Fatalf("the debit answered %d: %s", done.code, done.Find("main").Text())
	}
	if status, paid := p.status(id); status != "complete" || paid != "unpaid" {
		t.Errorf("the session is %s and %s", status, paid)
	}
	p.post("/inspector/clock", url.Values{"advance": {"146h"}})
	if _, paid := p.status(id); paid != "paid" {
		t.Errorf("four business days later the session is %s", paid)
	}
}

func TestCheckoutKeepsTheMerchantsEmail(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id, link := p.session(url.Values{"customer_email": {"ada@example.com"}})
	typed := card("4242424242424242")
	typed["email"] = "mallory@example.com"
	p.press(p.open(link), payButton, typed)
	details := p.api(http.MethodGet, "/v1/checkout/sessions/"+id, nil)["customer_details"].(map[string]any)
	if details["email"] != "ada@example.com" {
		t.Errorf("the person changed the e-mail to %v", details["email"])
	}
}

func TestCheckoutHoldsWithoutCapture(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id, link := p.session(url.Values{"payment_intent_data[capture_method]": {"manual"}})
	page := p.open(link)
	says(t, page, http.StatusOK, payButton, "Authorise $1,200.00")
	p.press(page, payButton, card("4242424242424242"))
	intent := p.api(http.MethodGet, "/v1/checkout/sessions/"+id, nil)["payment_intent"].(string)
	if in := p.api(http.MethodGet, "/v1/payment_intents/"+intent, nil); in["status"] != "requires_capture" {
		t.Errorf("the intent is %v", in["status"])
	}
}

func TestCheckoutTakesNoMethodThatWasNotOffered(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id, link := p.session(nil)
	v := p.post(strings.TrimPrefix(link, p.base), url.Values{"do": {"pay"}, "method": {"sepa_debit"}, "iban": {"AT611904300234573201"}, "email": {"a@example.com"}, "name": {"A"}, "country": {"AT"}})
	says(t, v, http.StatusUnprocessableEntity, ".methods .error", "Choose how to pay")
	if status, _ := p.status(id); status != "open" {
		t.Errorf("the session is %s", status)
	}
}

func TestCheckoutFillsInATestCard(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id, link := p.session(nil)
	filled := p.press(p.open(link), "button[name=use_card][value='4242424242424242']", map[string]string{"name": "Grace Hopper"})
	if got := filled.Find("[name=name]").AttrOr("value", ""); got != "Grace Hopper" {
		t.Errorf("filling in replaced the name by %q", got)
	}
	if done := p.press(filled, payButton, nil); done.code != http.StatusSeeOther {
		t.Fatalf("paying with what was filled in answered %d", done.code)
	}
	if status, _ := p.status(id); status != "complete" {
		t.Errorf("the session is %s", status)
	}
}

func TestCheckoutOfAnEndedSession(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id, link := p.session(nil)
	page := p.open(link)
	p.api(http.MethodPost, "/v1/checkout/sessions/"+id+"/expire", nil)
	says(t, p.open(link), http.StatusGone, "h1", "expired")
	if href := p.open(link).Find("a.main").AttrOr("href", ""); href != "http://127.0.0.1:9/cancel" {
		t.Errorf("the way back leads to %q", href)
	}
	says(t, p.press(page, payButton, card("4242424242424242")), http.StatusGone, "h1", "expired")
	says(t, p.open("/c/pay/cs_test_nobody"), http.StatusNotFound, "h1", "does not exist")
}

func TestCheckoutWaitsUntilTheMerchantKnows(t *testing.T) {
	heard, answer := make(chan struct{}), make(chan struct{})
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body strings.Builder
		if _, err := io.Copy(&body, r.Body); err == nil && strings.Contains(body.String(), `"checkout.session.completed"`) {
			close(heard)
			<-answer
		}
	}))
	defer hook.Close()
	_, p := hostedSandbox(t, stripesandbox.Options{WebhookURL: hook.URL})
	_, link := p.session(nil)
	page := p.open(link)
	back := make(chan visited, 1)
	go func() { back <- p.press(page, payButton, card("4242424242424242")) }()
	<-heard
	var v visited
	select {
	case v = <-back:
		t.Error("the person was sent back before the merchant answered")
		close(answer)
	case <-time.After(300 * time.Millisecond): // long enough to come back, had it not waited
		close(answer)
		v = <-back
	}
	if v.code != http.StatusSeeOther {
		t.Errorf("then the answer was %d", v.code)
	}
}

func TestFormsFromOtherSitesAreRefused(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	for _, path := range []string{"/c/pay/cs_test_1", "/inspector/clock", "/setup/e/acct_1/x/bank"} {
		r, _ := http.NewRequest(http.MethodPost, p.base+path, nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		if v := p.send(r); v.code != http.StatusForbidden {
			t.Errorf("%s from another site answered %d", path, v.code)
		}
	}
}
