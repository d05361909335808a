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

// shopPage is a merchant's page, of another origin than the sandbox and with a
// strict policy of its own.
const shopPage = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Shop</title>
<link rel="icon" href="data:,"><script src="%s/v3/"></script></head><body><main><h1>Shop</h1><div id="one"></div><div id="two"></div><div id="three"></div></main>
<script nonce="shop">
	const stripe = Stripe('pk_test_shop');
	const heard = [];
	const hear = element => { for (const name of ['ready', 'change', 'focus', 'blur', 'escape', 'loaderror']) element.on(name, data => heard.push({name, ...data})); return element; };
	let opened = false; // the window over the page has loaded
	new MutationObserver(changes => changes.forEach(c => c.addedNodes.forEach(n => {
		opened = false;
		n.querySelector?.('iframe')?.addEventListener('load', () => opened = true);
	}))).observe(document.body, {childList: true});
	const last = name => heard.filter(e => e.name === name).at(-1);
</script></body></html>`

// shop is such a page in a browser, and the server behind it.
type shop struct {
	*browser.Page
	*visitor
	url string
}

func openShop(t *testing.T) *shop {
	t.Helper()
	_, v := hostedSandbox(t, stripesandbox.Options{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", fmt.Sprintf("default-src 'none'; script-src 'nonce-shop' %[1]s; frame-src %[1]s; connect-src %[1]s; img-src data:", v.base))
		fmt.Fprintf(w, shopPage, v.base)
	}))
	t.Cleanup(srv.Close)
	s := &shop{browser.New(t), v, srv.URL}
	s.Goto(srv.URL + "/pay?keep=1")
	return s
}

// intent is a payment intent of the shop's server, by its client secret.
func (s *shop) intent(more url.Values) (secret string) {
	s.t.Helper()
	form := url.Values{"amount": {"9000"}, "currency": {"usd"}, "payment_method_types[0]": {"card"}}
	for k, v := range more {
		form[k] = v
	}
	return s.api(http.MethodPost, "/v1/payment_intents", form)["client_secret"].(string)
}

// run is a script of the shop's page; what it awaits is waited for.
func (s *shop) run(script string) {
	s.t.Helper()
	browser.Eval[bool](s.Page, `(async () => { `+script+`; return true })()`)
}

// begin runs a script whose answer is to be waited for later.
func (s *shop) begin(promise string) {
	s.t.Helper()
	s.run(`window.result = undefined; (` + promise + `).then(r => window.result = r)`)
}

// result waits for what begin began, and is a part of its answer, or else
// all of it.
func (s *shop) result(part string) string {
	s.t.Helper()
	s.Wait(`window.result`)
	return browser.Eval[string](s.Page, `(() => { try { return String(window.result`+part+`) } catch { return JSON.stringify(window.result) } })()`)
}

// focus puts the caret into an element; its frame says when that is done.
func (s *shop) focus(element string) {
	s.t.Helper()
	s.run(element + `.focus(); await ` + element + `._ask('focus')`)
}

// card mounts a Card Element and fills it by the keyboard.
func (s *shop) card(number string) {
	s.t.Helper()
	s.run(`window.card = hear(stripe.elements().create('card')); card.mount('#one')`)
	s.Wait(`last('ready')`)
	s.focus(`card`)
	s.Type(number + "123412394103")
	s.Wait(`last('change')?.complete`)
}

const payByCard = `stripe.confirmCardPayment(%q, {payment_method: {card, billing_details: {name: 'Ada Lovelace'}}})`

// What is typed is told in change events and on the container, and the caret
// goes on by itself.
func TestCardElementTellsOfChanges(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.run(`window.card = hear(stripe.elements().create('card')); card.mount('#one')`)
	s.Wait(`document.querySelector('#one.StripeElement.StripeElement--empty') && last('ready')`)
	s.focus(`card`)
	s.Wait(`document.querySelector('#one.StripeElement--focus')`)
	s.Type("4")
	s.Wait(`last('change').brand === 'visa' && !last('change').empty && !document.querySelector('.StripeElement--empty')`)
	s.Type("242424242424241")
	s.Wait(`last('change').error?.code === 'invalid_number' && document.querySelector('#one.StripeElement--invalid')`)
	if got := browser.Eval[string](s.Page, `last('change').error.type + ' ' + last('change').error.message`); got != "validation_error Your card number is invalid." {
		t.Errorf("the page is told %q", got)
	}
	s.Type("\b2")
	s.Wait(`!last('change').error`)
	s.Type("13")
	s.Wait(`last('change').error?.code === 'invalid_expiry_month'`)
	s.Type("\b\b\b1220")
	s.Wait(`last('change').error?.code === 'invalid_expiry_year_past'`)
	s.Type("\b\b3412394103")
	s.Wait(`last('change').complete && last('change').value.postalCode === '94103' && document.querySelector('#one.StripeElement--complete')`)
	if seen := browser.Eval[string](s.Page, `JSON.stringify(heard) + document.documentElement.outerHTML`); strings.Contains(strings.ReplaceAll(seen, " ", ""), "42424242") {
		t.Error("the page can read the card's number")
	}
	s.run(`card.clear()`)
	s.Wait(`last('change').empty`)
	s.begin(fmt.Sprintf(payByCard, s.intent(nil)))
	if got := s.result(`.error.code`); got != "incomplete_number" {
		t.Errorf("an empty element pays with %s", got)
	}
}

// Mistakes of a page's author are thrown, in Stripe's words.
func TestIntegrationErrors(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	for script, want := range map[string]string{
		`Stripe()`:                                        "apiKey should be a string",
		`Stripe('')`:                                      "You used an empty string",
		`Stripe('sk_test_x')`:                             "You should not use your secret key with Stripe.js.",
		`Stripe('pk_live_x')`:                             "never takes a live key",
		`stripe.elements().create('crad')`:                "A valid Element name must be provided",
		`stripe.elements().create('payment')`:             "you must pass a clientSecret or mode when creating the Elements group",
		`stripe.elements().create('card').mount('#no')`:   "The selector you specified (#no) applies to no DOM elements",
		`stripe.elements({clientSecret: 'pi_1'})`:         "${id}_secret_${secret}. You specified: pi_1.",
		`stripe.retrievePaymentIntent('seti_1_secret_1')`: "${id}_secret_${secret}",
		`stripe.confirmCardPayment('pi_1_secret_1', {payment_method: {card: stripe.elements().create('card')}})`: "make sure the Element you are attempting to use is still mounted",
		`stripe.confirmPayment({clientSecret: 'pi_1_secret_1'})`:                                                 "confirmParams.return_url should be a full URL",
		`stripe.createPaymentMethod({type: 'card', card: null})`:                                                 "card should be object or element. You specified: null.",
		`stripe.createConfirmationToken({})`:                                                                     "does not know Confirmation Tokens",
		`(() => { const e = stripe.elements(); e.create('card'); e.create('card') })()`:                          "Can only create one Element of type card.",
		`stripe.createToken('nonsense')`:                                                                         "valid token type to create a Token",
	} {
		got := browser.Eval[string](s.Page, `(async () => { try { await `+script+`; return 'nothing' } catch (e) { return e.name + ': ' + e.message.replace(/\s+/g, ' ') } })()`)
		if !strings.HasPrefix(got, "IntegrationError: ") || !strings.Contains(strings.ToLower(got), strings.ToLower(want)) {
			t.Errorf("%s throws %q, want %q", script, got, want)
		}
	}
	if got := browser.Eval[string](s.Page, `stripe.retrievePaymentIntent('pi_none_secret_x').then(r => r.error.type + ' ' + r.error.code)`); got != "invalid_request_error resource_missing" {
		t.Errorf("an intent that nobody knows: %s", got)
	}
}

// What frames know of cards agrees with the cards that the sandbox has.
func TestFramesKnowTheTestCards(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.Goto(s.base + "/demo/elements?show=card")
	s.run(`window.cards = await import('/v3/assets/frame/cards.js')`)
	for _, row := range stripesandbox.Cards() {
		number, want := row[0], ""
		if number == "4242424242424241" {
			want = "invalid_number"
		}
		if got := browser.Eval[string](s.Page, fmt.Sprintf(`cards.checkNumber(cards.formatNumber(%q))`, number)); got != want {
			t.Errorf("%s: %q, want %q", number, got, want)
		}
	}
	for _, row := range stripesandbox.Debits() {
		if number := row[0]; strings.HasPrefix(number, "AT") && browser.Eval[string](s.Page, fmt.Sprintf(`cards.checkIban(cards.formatIban(%q))`, number)) != "" {
			t.Errorf("%s is no IBAN", number)
		}
	}
	for script, want := range map[string]string{
		`cards.formatNumber('378282246310005')`:                "3782 822463 10005",
		`cards.formatNumber('6205500000000000004')`:            "6205 5000 0000 0000 004",
		`cards.brandOf('2223').name`:                           "mastercard",
		`cards.checkNumber('378282246310005')`:                 "",
		`cards.checkNumber('4242')`:                            "incomplete_number",
		`cards.formatExpiry('1')`:                              "1",
		`cards.formatExpiry('12')`:                             "12 / ",
		`cards.formatExpiry('12 /', '12 / ')`:                  "12",
		`cards.formatExpiry('5')`:                              "05 / ",
		`cards.formatExpiry('12/2034')`:                        "12 / 34",
		`cards.checkExpiry('11 / 26', new Date(2026, 10, 21))`: "",
		`cards.checkExpiry('10 / 26', new Date(2026, 10, 21))`: "invalid_expiry_month_past",
		`cards.checkExpiry('10 / 25', new Date(2026, 10, 21))`: "invalid_expiry_year_past",
		`cards.checkExpiry('13')`:                              "invalid_expiry_month",
		`cards.checkCvc('123', 'amex')`:                        "incomplete_cvc",
		`cards.checkCvc('1234', 'amex')`:                       "",
		`cards.checkPostal('9410')`:                            "incomplete_zip",
		`cards.checkPostal('SW1A 1AA', 'GB')`:                  "",
		`cards.checkPostal('', 'DE')`:                          "",
		`cards.checkIban('AT61 1904 3002 3457 3202')`:          "invalid_iban",
		`cards.checkIban('XX61')`:                              "invalid_iban_country_code",
	} {
		if got := browser.Eval[string](s.Page, script); got != want {
			t.Errorf("%s is %q, want %q", script, got, want)
		}
	}
}

// Elements wear what the page says, as far as it may, and speak its language.
func TestElementsFollowThePage(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.Goto(s.base + "/demo/elements?show=none") // of the frames' own origin, so that they can be looked into
	s.run(`window.group = Stripe('pk_test_x').elements({locale: 'de', mode: 'payment', amount: 9000, currency: 'usd', paymentMethodTypes: ['card'],
			appearance: {variables: {colorText: '#112233', borderRadius: '9px'}, rules: {'.Input': {border: '2px solid #445566', background: 'url(https://elsewhere.test/)'}, '.Tab, body': {color: 'red'}}}});
		window.errors = [];
		window.card = group.create('card', {hidePostalCode: true, style: {base: {fontSize: '20px', color: '#010203', position: 'fixed'}, invalid: {color: '#040506'}}});
		card.on('change', e => errors.push(e.error?.message)).mount('#element');
		document.querySelector('#checkout').hidden = false;
		window.pay = group.create('payment'); pay.mount('#checkout')`)
	inside := func(where, css, property string) string {
		frame := fmt.Sprintf(`document.querySelector('%s iframe').contentDocument`, where)
		s.Wait(frame + fmt.Sprintf(`?.querySelector(%q)`, css))
		return browser.Eval[string](s.Page, fmt.Sprintf(`(() => { const d = %s, e = d.querySelector(%q); return String(%s) })()`, frame, css, property))
	}
	for _, c := range []struct{ where, css, property, want string }{
		{"#element", "[name=cardnumber]", "getComputedStyle(e).color + getComputedStyle(e).fontSize + getComputedStyle(e).position", "rgb(1, 2, 3)20pxstatic"},
		{"#element", "[name=cardnumber]", "d.querySelector('[name=postal]')", "null"},
		{"#checkout", "#Field-numberInput", "getComputedStyle(e).borderTopColor + getComputedStyle(e).borderRadius + getComputedStyle(e).backgroundImage", "rgb(68, 85, 102)9pxnone"},
		{"#checkout", "label[for=Field-numberInput]", "getComputedStyle(e).color + e.textContent", "rgb(17, 34, 51)Kartennummer"},
		{"#checkout", "#Field-numberInput", "e.autocomplete + ' ' + e.inputMode", "cc-number numeric"},
	} {
		if got := inside(c.where, c.css, c.property); got != c.want {
			t.Errorf("%s %s: %s is %q, want %q", c.where, c.css, c.property, got, c.want)
		}
	}
	s.focus(`card`)
	s.Type("4242424242424241")
	s.Wait(`errors.at(-1) === 'Die Kartennummer ist ungültig.'`)
	if got := inside("#element", "[name=cardnumber]", "getComputedStyle(e).color + e.getAttribute('aria-invalid')"); got != "rgb(4, 5, 6)true" {
		t.Errorf("an invalid number looks %s", got)
	}
	s.run(`card.update({disabled: true}); group.update({amount: 10000})`)
	if got := browser.Eval[string](s.Page, `group.fetchUpdates().then(r => JSON.stringify(r))`); got != "{}" {
		t.Errorf("updates: %s", got)
	}
	if got := inside("#element", "[name=cardnumber]", "e.disabled"); got != "true" {
		t.Error("the card is not disabled")
	}
}
