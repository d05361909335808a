package stripesandbox_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"hearth/internal/testkit/browser"
)

// payment mounts a Payment Element for an intent.
func (s *shop) payment(options string) {
	s.t.Helper()
	s.run(`window.elements = stripe.elements(` + options + `); window.pay = hear(elements.create('payment', {paymentMethodOrder: ['ideal', 'oxxo', 'sepa_debit', 'card']})); pay.mount('#one')`)
	s.Wait(`last('ready')`)
	s.focus(`pay`)
}

const withElements = `stripe.%s({elements, redirect: %q, confirmParams: {return_url: location.href}})`

func TestPaymentElementPaysInPlace(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	secret := s.intent(nil)
	s.payment(fmt.Sprintf(`{clientSecret: %q, appearance: {theme: 'night', variables: {colorPrimary: '#ff0000'}, rules: {'.Input': {borderRadius: '0'}}}}`, secret))
	s.begin(fmt.Sprintf(withElements, "confirmPayment", "if_required"))
	if got := s.result(`.error.type`) + " " + s.result(`.error.code`); got != "validation_error incomplete_number" {
		t.Errorf("an empty form: %s", got)
	}
	s.Type("4242424242424242\t1234\t123\t\t94103")
	s.Wait(`last('change').complete && last('change').value.type === 'card'`)
	s.begin(fmt.Sprintf(withElements, "confirmPayment", "if_required"))
	if got := s.result(`.paymentIntent.status`); got != "succeeded" {
		t.Errorf("the page is told %s", got)
	}
	if got := s.URL(); got != s.url+"/pay?keep=1" {
		t.Errorf("the page has gone to %s", got)
	}
}

func TestPaymentElementReturns(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	secret := s.intent(nil)
	s.payment(fmt.Sprintf(`{clientSecret: %q}`, secret))
	s.Type("4242424242424242\t1234\t123\t\t94103")
	s.Wait(`last('change').complete`)
	s.run(fmt.Sprintf(withElements, "confirmPayment", "always"))
	s.WaitURL("redirect_status=succeeded")
	s.cameBack(secret, "succeeded")
}

// cameBack reads what Stripe adds to a return_url.
func (s *shop) cameBack(secret, status string) {
	s.t.Helper()
	u, err := url.Parse(s.URL())
	if err != nil {
		s.t.Fatal(err)
	}
	q := u.Query()
	if q.Get("keep") != "1" || q.Get("payment_intent") != id0(secret) || q.Get("payment_intent_client_secret") != secret || q.Get("redirect_status") != status {
		s.t.Errorf("back at %s", u)
	}
}

// A payment by iDEAL goes over a page of the bank's, and comes back from it.
func TestPaymentElementRedirects(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	for _, outcome := range []string{"complete", "fail"} {
		secret := s.intent(url.Values{"currency": {"eur"}, "payment_method_types[0]": {"ideal"}, "payment_method_types[1]": {"card"}})
		s.Goto(s.url + "/pay?keep=1")
		s.payment(fmt.Sprintf(`{clientSecret: %q}`, secret))
		s.Type("ING")
		s.Wait(`last('change').complete && last('change').value.type === 'ideal'`)
		s.run(`stripe.confirmPayment({elements, redirect: 'if_required', confirmParams: {return_url: location.href}}); 0`)
		s.WaitURL(s.base)
		s.is(secret, "requires_action")
		s.Click("button[value=" + outcome + "]")
		s.WaitURL("redirect_status=")
		status, result := "succeeded", "succeeded"
		if outcome == "fail" {
			status, result = "requires_payment_method", "failed"
		}
		s.cameBack(secret, result)
		s.is(secret, status)
	}
}

// A form may come before its intent, and the intent is made once it is right.
func TestPaymentElementBeforeItsIntent(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.payment(`{mode: 'payment', amount: 9000, currency: 'usd', paymentMethodTypes: ['card']}`)
	if got := browser.Eval[string](s.Page, fmt.Sprintf(`stripe.confirmPayment({elements, clientSecret: %q, redirect: 'if_required'}).catch(e => e.name)`, s.intent(nil))); got != "IntegrationError" {
		t.Errorf("without submit(): %s", got)
	}
	s.begin(`elements.submit()`)
	if got := s.result(`.error.code`); got != "incomplete_number" {
		t.Errorf("submitting nothing: %s", got)
	}
	s.Type("4242424242424242\t1234\t123\t\t94103")
	s.Wait(`last('change').complete`)
	s.begin(`elements.submit()`)
	if got := s.result(`.error`); got != "undefined" {
		t.Errorf("submitting a card: %s", got)
	}
	s.begin(fmt.Sprintf(`stripe.confirmPayment({elements, clientSecret: %q, redirect: 'if_required'})`, s.intent(nil)))
	if got := s.result(`.paymentIntent.status`); got != "succeeded" {
		t.Errorf("the page is told %s", got)
	}
}

// The other elements of a group add to what is paid with.
func TestElementsWorkTogether(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	secret := s.intent(nil)
	s.payment(fmt.Sprintf(`{clientSecret: %q}`, secret))
	s.Type("4242424242424242\t1234\t123\t\t94103")
	s.Wait(`last('change').complete`)
	s.run(`hear(elements.create('linkAuthentication', {defaultValues: {email: 'ada@example.com'}})).mount('#two');
		hear(elements.create('address', {mode: 'shipping', defaultValues: {name: 'Ada Lovelace', address: {line1: '1 Main St', city: 'Springfield', state: 'IL', postal_code: '62701', country: 'US'}}})).mount('#three')`)
	s.Wait(`heard.filter(e => e.name === 'ready').length === 3`)
	s.begin(fmt.Sprintf(withElements, "confirmPayment", "if_required"))
	if got := s.result(`.paymentIntent.status`); got != "succeeded" {
		t.Fatalf("the page is told %s", browser.Eval[string](s.Page, `JSON.stringify(result)`))
	}
	in := s.api(http.MethodGet, "/v1/payment_intents/"+id0(secret)+"?expand[]=payment_method", nil)
	email := in["payment_method"].(map[string]any)["billing_details"].(map[string]any)["email"]
	shipping, _ := in["shipping"].(map[string]any)
	if email != "ada@example.com" || shipping["name"] != "Ada Lovelace" || shipping["address"].(map[string]any)["city"] != "Springfield" {
		t.Errorf("the server sees %v, shipped %v", email, shipping)
	}
}

// Tokens are made of what is typed, too, and pay as payment methods do.
func TestElementsMakeTokens(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.card("4242424242424242")
	s.begin(`stripe.createToken(card, {name: 'Ada Lovelace'})`)
	if got := s.result(`.token.card.last4`) + " " + s.result(`.token.card.name`) + " " + s.result(`.token.card.address_zip`); got != "4242 Ada Lovelace 94103" {
		t.Errorf("the token says %s", got)
	}
	token := s.result(`.token.id`)
	s.begin(fmt.Sprintf(`stripe.confirmCardPayment(%q, {payment_method: {card: {token: %q}}})`, s.intent(nil), token))
	if got := s.result(`.paymentIntent.status`); got != "succeeded" {
		t.Errorf("paying with it: %s", got)
	}
	s.begin(`stripe.createToken('pii', {personal_id_number: '000000000'})`)
	if got := s.result(`.token.type`); got != "pii" {
		t.Errorf("a number of a person: %s", got)
	}
}
