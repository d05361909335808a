package stripesandbox_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hearth/internal/testkit/browser"
)

func id0(secret string) string { return strings.Split(secret, "_secret_")[0] }

// is wants an intent to have a status, as the shop's server sees it.
func (s *shop) is(secret, want string) {
	s.t.Helper()
	kind := "/v1/payment_intents/"
	if strings.HasPrefix(secret, "seti_") {
		kind = "/v1/setup_intents/"
	}
	if got := s.api(http.MethodGet, kind+id0(secret), nil)["status"]; got != want {
		s.t.Errorf("%s is %v, want %s", id0(secret), got, want)
	}
}

// atBank answers the question in the window over the page, by the keyboard:
// the first button passes, the second one fails.
func (s *shop) atBank(pass bool) {
	s.t.Helper()
	s.Wait(`opened && document.querySelector('dialog[open] iframe')`)
	s.run(`document.querySelector('dialog iframe').contentWindow.focus()`)
	if pass {
		s.Type("\t\r")
	} else {
		s.Type("\t\t\r")
	}
	s.Wait(`!document.querySelector('dialog')`)
}

func TestCardElementPays(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.card("4242424242424242")
	secret := s.intent(nil)
	s.begin(fmt.Sprintf(payByCard, secret))
	if got := s.result(`.paymentIntent.status`); got != "succeeded" {
		t.Errorf("the page is told %s", got)
	}
	in := s.api(http.MethodGet, "/v1/payment_intents/"+id0(secret)+"?expand[]=payment_method", nil)
	pm := in["payment_method"].(map[string]any)
	billing := pm["billing_details"].(map[string]any)
	if in["status"] != "succeeded" || pm["card"].(map[string]any)["last4"] != "4242" || billing["name"] != "Ada Lovelace" || billing["address"].(map[string]any)["postal_code"] != "94103" {
		t.Errorf("the server sees %v", in)
	}
	s.begin(fmt.Sprintf(payByCard, secret))
	if got := s.result(`.error.code`); got != "payment_intent_unexpected_state" {
		t.Errorf("paying twice: %s", got)
	}
}

func TestCardElementIsDeclined(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.card("4000000000009995")
	secret := s.intent(nil)
	s.begin(fmt.Sprintf(payByCard, secret))
	if got := s.result(`.error.type`) + " " + s.result(`.error.code`) + " " + s.result(`.error.decline_code`) + " " + s.result(`.error.message`) + " " + s.result(`.error.payment_intent.status`); got != "card_error card_declined insufficient_funds Your card has insufficient funds. requires_payment_method" {
		t.Errorf("the page is told %s", got)
	}
	s.is(secret, "requires_payment_method")
	s.run(`card.clear()`)
	s.Wait(`last('change').empty`)
	s.focus(`card`)
	s.Type("4242424242424242" + "123412394103")
	s.Wait(`last('change').complete`)
	s.begin(fmt.Sprintf(payByCard, secret))
	if got := s.result(`.paymentIntent.status`); got != "succeeded" {
		t.Errorf("another card: %s", got)
	}
}

// The bank's question comes in a window over the page; the page waits.
func TestChallengeInAWindow(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.card("4000002760003184")
	for _, pass := range []bool{false, true} {
		secret := s.intent(nil)
		s.begin(fmt.Sprintf(payByCard, secret))
		s.atBank(pass)
		if pass {
			if got := s.result(`.paymentIntent.status`); got != "succeeded" {
				t.Errorf("passed: %s", got)
			}
			s.is(secret, "succeeded")
			continue
		}
		if got := s.result(`.error.code`) + " " + s.result(`.error.payment_intent.status`); got != "payment_intent_authentication_failure requires_payment_method" {
			t.Errorf("failed: %s", got)
		}
		s.is(secret, "requires_payment_method")
	}

	secret := s.intent(nil)
	s.begin(strings.TrimSuffix(fmt.Sprintf(payByCard, secret), ")") + `, {handleActions: false})`)
	if got := s.result(`.paymentIntent.status`) + " " + s.result(`.paymentIntent.next_action.type`); got != "requires_action use_stripe_sdk" {
		t.Errorf("without its actions: %s", got)
	}
	s.begin(fmt.Sprintf(`stripe.handleNextAction({clientSecret: %q})`, secret))
	s.Wait(`document.querySelector('dialog[open]')`)
	s.run(`document.querySelector('dialog').dispatchEvent(new Event('cancel', {cancelable: true}))`)
	if got := s.result(`.error.code`); got != "payment_intent_authentication_failure" {
		t.Errorf("closed: %s", got)
	}
	s.is(secret, "requires_payment_method")
}

// Number, date and code in frames of their own are one card.
func TestSplitCardPays(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.run(`window.parts = stripe.elements();
		for (const [type, where] of [['cardNumber', '#one'], ['cardExpiry', '#two'], ['cardCvc', '#three']]) hear(parts.create(type, {style: {base: {fontSize: '18px', color: '#123456'}}})).mount(where)`)
	s.Wait(`heard.filter(e => e.name === 'ready').length === 3`)
	pay := `stripe.confirmCardPayment(%q, {payment_method: {card: parts.getElement('cardNumber')}})`
	secret := s.intent(nil)
	s.focus(`parts.getElement('cardNumber')`)
	s.Type("4242424242424242")
	s.Wait(`last('change').complete && last('change').brand === 'visa'`)
	s.begin(fmt.Sprintf(pay, secret))
	if got := s.result(`.error.code`); got != "incomplete_expiry" {
		t.Errorf("half a card: %s", got)
	}
	for _, part := range [][2]string{{"cardExpiry", "1234"}, {"cardCvc", "123"}} {
		s.focus(fmt.Sprintf(`parts.getElement(%q)`, part[0]))
		s.Type(part[1])
		s.Wait(fmt.Sprintf(`last('change').elementType === %q && last('change').complete`, part[0]))
	}
	s.begin(fmt.Sprintf(pay, secret))
	if got := s.result(`.paymentIntent.status`); got != "succeeded" {
		t.Errorf("a whole card: %s", got)
	}
	s.begin(`stripe.createPaymentMethod({type: 'card', card: parts.getElement('cardNumber'), billing_details: {email: 'a@example.com'}})`)
	if got := s.result(`.paymentMethod.card.exp_year`) + " " + s.result(`.paymentMethod.billing_details.email`); got != "2034 a@example.com" {
		t.Errorf("the payment method says %s", got)
	}
}

// inFrame fills a field, or clicks, in a frame that is of the page's own origin.
func inFrame(p *browser.Page, css, value string) {
	doc := `document.querySelector('iframe').contentDocument`
	at := fmt.Sprintf(`%s?.querySelector(%q)`, doc, css)
	p.Wait(at + ` && ` + doc + `.readyState === 'complete'`)
	browser.Eval[bool](p, fmt.Sprintf(`(() => { const e = %s; if (e.tagName === 'BUTTON') e.click(); else { e.focus(); e.value = %q; e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true})) } return true })()`, at, value))
}

// The demonstration is a whole shop: here with Checkout in its frame.
func TestEmbeddedCheckoutCompletes(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.Goto(s.base + "/demo/elements?show=checkout")
	for name, value := range card("4242424242424242") {
		inFrame(s.Page, "#pay [name="+name+"]", value)
	}
	if high := browser.Eval[float64](s.Page, `document.querySelector('iframe').getBoundingClientRect().height`); high < 400 {
		t.Errorf("the frame is %v px high", high)
	}
	inFrame(s.Page, payButton, "")
	s.WaitText("#result", `"complete": true`)

	// A session whose payer always goes on leads the page there.
	session := s.api(http.MethodPost, "/v1/checkout/sessions", url.Values{"mode": {"payment"}, "ui_mode": {"embedded"}, "return_url": {s.url + "/back?s={CHECKOUT_SESSION_ID}"}, "payment_method_types[0]": {"card"},
		"line_items[0][price_data][currency]": {"usd"}, "line_items[0][price_data][unit_amount]": {"9000"}, "line_items[0][price_data][product_data][name]": {"A stay"}, "line_items[0][quantity]": {"1"}})
	s.run(fmt.Sprintf(`document.querySelector('iframe').remove(); document.querySelector('#checkout').replaceChildren();
		window.embedded = await Stripe('pk_test_demo').initEmbeddedCheckout({clientSecret: %q}); embedded.mount('#checkout')`, session["client_secret"]))
	for name, value := range card("5555555555554444") {
		inFrame(s.Page, "#pay [name="+name+"]", value)
	}
	inFrame(s.Page, payButton, "")
	s.WaitURL("/back?s=" + session["id"].(string))
	if got := s.api(http.MethodGet, "/v1/checkout/sessions/"+session["id"].(string), nil)["payment_status"]; got != "paid" {
		t.Errorf("the session is %v", got)
	}
}

// The demonstration tells what came of a payment, in every way to make one.
func TestDemonstrationPays(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	for show, typed := range map[string]string{"card": "424242424242424212341234" + "94103", "payment": "4242424242424242\t1234\t123\t\t94103"} {
		s.Goto(s.base + "/demo/elements?show=" + show)
		s.Wait(`document.querySelector('body.ready')`)
		s.run(`document.querySelector('#element iframe').focus(); document.querySelector('#element iframe').contentDocument.querySelector('input').focus()`)
		s.Type(strings.Replace(typed, "12341234", "1234123", 1))
		s.Click("#submit")
		s.WaitText("#result", `"status": "succeeded"`)
	}
}

func TestRedirectToCheckout(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	session, _ := s.session(nil)
	s.run(fmt.Sprintf(`stripe.redirectToCheckout({sessionId: %q}); 0`, session))
	s.WaitURL("/c/pay/" + session)
	s.WaitText("h1", "Payment details")
}

// A voucher is shown over the page, and paid another day.
func TestVoucherOverThePage(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	secret := s.intent(url.Values{"currency": {"mxn"}, "payment_method_types[0]": {"oxxo"}})
	s.begin(fmt.Sprintf(`stripe.confirmOxxoPayment(%q, {payment_method: {billing_details: {name: 'Ada Lovelace', email: 'ada@example.com'}}})`, secret))
	s.atBank(false) // the second thing to press: the link to the voucher is the first
	if got := s.result(`.paymentIntent.status`) + " " + s.result(`.paymentIntent.next_action.type`); got != "requires_action oxxo_display_details" {
		t.Errorf("the page is told %s", got)
	}
}

// Debits are accepted with a mandate, and processed for days.
func TestDebitElements(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.run(`window.iban = hear(stripe.elements().create('iban', {supportedCountries: ['SEPA']})); iban.mount('#one')`)
	s.Wait(`last('ready')`)
	s.focus(`iban`)
	s.Type("AT611904300234573201")
	s.Wait(`last('change').complete && last('change').country === 'AT'`)
	euros := url.Values{"currency": {"eur"}, "payment_method_types[0]": {"sepa_debit"}}
	s.begin(fmt.Sprintf(`stripe.confirmSepaDebitPayment(%q, {payment_method: {sepa_debit: iban, billing_details: {name: 'Ada', email: 'ada@example.com'}}})`, s.intent(euros)))
	if got := s.result(`.paymentIntent.status`); got != "processing" {
		t.Errorf("by IBAN: %s", got)
	}
	s.run(`iban.destroy()`)
	s.run(`heard.length = 0`)
	s.payment(fmt.Sprintf(`{clientSecret: %q}`, s.intent(euros)))
	s.Type("AT611904300234573201\tAda Lovelace\tada@example.com")
	s.Wait(`last('change').complete && last('change').value.type === 'sepa_debit'`)
	s.begin(fmt.Sprintf(withElements, "confirmPayment", "if_required"))
	if got := s.result(`.paymentIntent.status`); got != "processing" {
		t.Errorf("in the Payment Element: %s", got)
	}
	s.begin(fmt.Sprintf(`stripe.confirmUsBankAccountPayment(%q, {payment_method: {us_bank_account: {routing_number: '110000000', account_number: '000123456789', account_holder_type: 'individual'}, billing_details: {name: 'Ada', email: 'ada@example.com'}}})`,
		s.intent(url.Values{"payment_method_types[0]": {"us_bank_account"}})))
	if got := s.result(`.paymentIntent.next_action?.type`) + s.result(`.paymentIntent.status`); got != "undefinedprocessing" && got != "verify_with_microdepositsrequires_action" {
		t.Errorf("by account number: %s", got)
	}
}

// A card is kept for later by a setup intent, in the Payment Element and by the
// Card Element; the bank may ask there too.
func TestElementsSetUp(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	setup := func() string {
		return s.api(http.MethodPost, "/v1/setup_intents", url.Values{"payment_method_types[0]": {"card"}})["client_secret"].(string)
	}
	secret := setup()
	s.payment(fmt.Sprintf(`{clientSecret: %q}`, secret))
	s.Type("4242424242424242\t1234\t123\t\t94103")
	s.Wait(`last('change').complete`)
	s.begin(fmt.Sprintf(withElements, "confirmSetup", "if_required"))
	if got := s.result(`.setupIntent.status`); got != "succeeded" {
		t.Errorf("the page is told %s", got)
	}
	s.is(secret, "succeeded")
	s.begin(fmt.Sprintf(`stripe.retrieveSetupIntent(%q)`, secret))
	if got := s.result(`.setupIntent.status`) + s.result(`.setupIntent.metadata`); got != "succeededundefined" {
		t.Errorf("the page reads %s", got)
	}
	s.run(`pay.destroy(); heard.length = 0`)
	s.card("4000002760003184")
	for pass, want := range map[bool]string{true: "succeeded", false: "requires_payment_method"} {
		secret := setup()
		s.begin(fmt.Sprintf(`stripe.confirmCardSetup(%q, {payment_method: {card}})`, secret))
		s.atBank(pass)
		if got := s.result(`.setupIntent?.status ?? result.error.setup_intent.status`); got != want {
			t.Errorf("pass %t: %s", pass, got)
		}
		s.is(secret, want)
	}
}
