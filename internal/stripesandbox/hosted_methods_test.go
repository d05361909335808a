package stripesandbox_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hearth/internal/stripesandbox"
)

// intentOf is the payment intent behind a session.
func (p *visitor) intentOf(session string) map[string]any {
	p.t.Helper()
	cs := p.api(http.MethodGet, "/v1/checkout/sessions/"+session, nil)
	return p.api(http.MethodGet, "/v1/payment_intents/"+cs["payment_intent"].(string)+"?expand[0]=latest_charge", nil)
}

func euros(method string) url.Values {
	return url.Values{"line_items[0][price_data][currency]": {"eur"}, "payment_method_types[0]": {"card"}, "payment_method_types[1]": {method}}
}

func TestCheckoutByIDEAL(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id, link := p.session(euros("ideal"))
	page := p.open(link)
	typed := map[string]string{"method": "ideal", "email": "ada@example.com", "name": "Ada", "bank": ""}
	if wrong := p.press(page, payButton, typed); wrong.Find("#e-bank").Length() != 1 {
		t.Errorf("no bank chosen: %d %s", wrong.code, wrong.Find(".error").Text())
	}
	typed["bank"] = "rabobank"
	ask := p.press(page, payButton, typed)
	says(t, ask, http.StatusOK, "h1", "Authorise this payment")
	says(t, ask, http.StatusOK, ".due", "Rabobank")
	failed := p.press(ask, "button[value=fail]", nil)
	says(t, failed, http.StatusPaymentRequired, "[role=alert]", "unable to authenticate")
	if got := failed.Find("option[selected][value=rabobank]").Length(); got != 1 {
		t.Error("after a failure the bank is to be chosen again")
	}
	if status, _ := p.status(id); status != "open" {
		t.Errorf("a failure left the session %s", status)
	}
	done := p.press(p.press(failed, payButton, nil), "button[value=complete]", nil)
	if status, paid := p.status(id); done.code != http.StatusSeeOther || status != "complete" || paid != "paid" {
		t.Errorf("answered %d, the session is %s and %s", done.code, status, paid)
	}
}

// The bank's page is also where next_action leads: it brings the person back.
func TestBankPageLeadsBack(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id, link := p.session(euros("ideal"))
	p.press(p.open(link), payButton, map[string]string{"method": "ideal", "email": "ada@example.com", "name": "Ada", "bank": "bunq"})
	bank := p.intentOf(id)["next_action"].(map[string]any)["redirect_to_url"].(map[string]any)["url"].(string)
	says(t, p.open(bank), http.StatusOK, ".due", "bunq")
	back := p.press(p.open(bank), "button[value=fail]", nil)
	says(t, p.follow(visited{back.Document, back.code, p.base + back.location, back.url, back.header}), http.StatusOK, "[role=alert]", "unable to authenticate")
}

func TestCheckoutByOXXO(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id, link := p.session(url.Values{"line_items[0][price_data][currency]": {"mxn"}, "payment_method_types[0]": {"oxxo"}, "locale": {"es"}})
	done := p.press(p.open(link), payButton, map[string]string{"email": "ada@example.com", "name": "Ada Lovelace"})
	if !strings.HasPrefix(done.location, "/vouchers/pi_") {
		t.Fatalf("answered %d to %q: %s", done.code, done.location, done.Find(".error").Text())
	}
	voucher := p.open(done.location)
	says(t, voucher, http.StatusOK, "h1", "en OXXO")
	if number := voucher.Find("dd.mono").Text(); len(number) != 34 {
		t.Errorf("the number is %q", number)
	}
	if href := voucher.Find("a.main").AttrOr("href", ""); !strings.Contains(href, "session="+id) {
		t.Errorf("it leads on to %q", href)
	}
	if status, paid := p.status(id); status != "complete" || paid != "unpaid" {
		t.Errorf("the session is %s and %s", status, paid)
	}
	p.post("/inspector/clock", url.Values{"advance": {"1h"}})
	if _, paid := p.status(id); paid != "paid" {
		t.Errorf("an hour later the session is %s", paid)
	}
	says(t, p.open(done.location), http.StatusOK, "[role=status]", "pagada")
}

func TestCheckoutByWallet(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id, link := p.session(url.Values{"shipping_address_collection[allowed_countries][0]": {"US"}, "phone_number_collection[enabled]": {"true"}})
	if done := p.press(p.open(link), "button[value=apple_pay]", nil); done.code != http.StatusSeeOther {
		t.Fatalf("one click answered %d: %s", done.code, done.Find(".error").Text())
	}
	ch := p.intentOf(id)["latest_charge"].(map[string]any)
	card := ch["payment_method_details"].(map[string]any)["card"].(map[string]any)
	if card["wallet"].(map[string]any)["type"] != "apple_pay" {
		t.Errorf("paid with %v", card["wallet"])
	}
	if cs := p.api(http.MethodGet, "/v1/checkout/sessions/"+id, nil); cs["shipping_details"] == nil || cs["customer_details"].(map[string]any)["phone"] == nil {
		t.Errorf("the wallet told nothing: %v", cs)
	}
	_, link = p.session(url.Values{"consent_collection[terms_of_service]": {"required"}})
	says(t, p.press(p.open(link), "button[value=link]", nil), http.StatusUnprocessableEntity, "#e-terms", "Agree to the terms")
}

func TestCheckoutOffersSavedCards(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	customer := p.api(http.MethodPost, "/v1/customers", url.Values{"email": {"ada@example.com"}, "payment_method": {"pm_card_mastercard"}})["id"].(string)
	id, link := p.session(url.Values{"customer": {customer}})
	page := p.open(link)
	says(t, page, http.StatusOK, ".saved", "Mastercard ending in 4444")
	if done := p.press(page, payButton, nil); done.code != http.StatusSeeOther {
		t.Fatalf("the saved card answered %d: %s", done.code, done.Find(".error, .alert").Text())
	}
	if in := p.intentOf(id); in["status"] != "succeeded" || in["customer"] != customer {
		t.Errorf("the intent is %v of %v", in["status"], in["customer"])
	}

	_, link = p.session(url.Values{"customer": {customer}})
	typed := card("4242424242424242")
	delete(typed, "email")
	typed["method"], typed["save"] = "card", "yes"
	if done := p.press(p.open(link), payButton, typed); done.code != http.StatusSeeOther {
		t.Fatalf("a new card answered %d: %s", done.code, done.Find(".error, .alert").Text())
	}
	_, link = p.session(url.Values{"customer": {customer}})
	says(t, p.open(link), http.StatusOK, ".saved", "Visa ending in 4242")

	other := p.api(http.MethodPost, "/v1/customers", url.Values{"email": {"eve@example.com"}})["id"].(string)
	_, link = p.session(url.Values{"customer": {other}})
	stolen := page.Find(".saved input").AttrOr("value", "")
	says(t, p.press(p.open(link), payButton, map[string]string{"method": stolen}), http.StatusUnprocessableEntity, ".methods .error", "Choose how to pay")
}

// Whatever the merchant asks is asked, missed in place, and kept.
func TestCheckoutAsksTheMerchantsQuestions(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	more := url.Values{}
	for _, param := range asksEverything {
		k, v, _ := strings.Cut(param, "=")
		more.Set(k, v)
	}
	id, link := p.session(more)
	page := p.open(link)
	says(t, page, http.StatusOK, payButton, "Für 1.200,00\u00a0$ buchen")
	wrong := p.press(page, payButton, card("4242424242424242"))
	for field, text := range map[string]string{"phone": "Telefonnummer", "ship_line1": "Straße", "ship_name": "Namen", "custom_arrival": "passt nicht", "custom_guests": "passt nicht", "line1": "Straße", "terms": "Bedingungen"} {
		if got := wrong.Find(".bad:has([name=" + field + "])").Text(); !strings.Contains(got, text) {
			t.Errorf("%s: %q", field, got)
		}
	}
	if wrong.Find("#e-custom_wishes").Length() != 0 {
		t.Error("an optional question wants an answer")
	}
	says(t, page, http.StatusOK, "form", "I agree to the house rules.")
	typed := card("4242424242424242")
	for k, v := range map[string]string{"phone": "+1 555 555 0100", "ship_name": "Ada", "ship_line1": "1 Main St", "ship_city": "Ottawa", "ship_country": "CA", "ship_postal_code": "K1A 0B1",
		"line1": "2 Main St", "city": "Springfield", "state": "IL", "custom_arrival": "late", "custom_guests": "12", "terms": "yes", "news": "yes"} {
		typed[k] = v
	}
	if done := p.press(page, payButton, typed); done.code != http.StatusSeeOther {
		t.Fatalf("all answered: %d %s", done.code, done.Find(".error").Text())
	}
	cs := p.api(http.MethodGet, "/v1/checkout/sessions/"+id, nil)
	details, shipping := cs["customer_details"].(map[string]any), cs["shipping_details"].(map[string]any)
	if details["phone"] != "+1 555 555 0100" || details["address"].(map[string]any)["line1"] != "2 Main St" || shipping["address"].(map[string]any)["country"] != "CA" {
		t.Errorf("kept %v and %v", details, shipping)
	}
	if consent := cs["consent"].(map[string]any); consent["promotions"] != "opt_in" || consent["terms_of_service"] != "accepted" {
		t.Errorf("consent %v", consent)
	}
}

func TestPostalCodesByCountry(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	_, link := p.session(nil)
	page := p.open(link)
	for code, wrong := range map[[2]string]string{
		{"US", ""}: "Enter your postal code", {"US", "1234"}: "no postal code of United States", {"GB", "12345"}: "no postal code of United Kingdom", {"CA", ""}: "Enter",
		{"AT", "12345"}: "no postal code of Austria", {"NL", "1012"}: "no postal code of Netherlands",
	} {
		typed := card("4242424242424241") // which no bank takes
		typed["country"], typed["postal_code"] = code[0], code[1]
		says(t, p.press(page, payButton, typed), http.StatusUnprocessableEntity, "#e-postal_code", wrong)
	}
	for _, code := range [][2]string{{"US", "94103-1234"}, {"GB", "SW1A 1AA"}, {"CA", "k1a0b1"}, {"AT", "1010"}, {"DE", ""}, {"NL", "1012 AB"}, {"JP", "100-0001"}} {
		typed := card("4242424242424241")
		typed["country"], typed["postal_code"] = code[0], code[1]
		if v := p.press(page, payButton, typed); v.code != http.StatusPaymentRequired {
			t.Errorf("%q answered %d: %s", code, v.code, v.Find(".error").Text())
		}
	}
}

func TestCheckoutOfAFreeOrder(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id, link := p.session(url.Values{"line_items[0][price_data][unit_amount]": {"0"}})
	page := p.open(link)
	if page.Find("[name=number], .wallet").Length() != 0 {
		t.Error("a free order asks how to pay")
	}
	says(t, page, http.StatusOK, payButton, "Complete order")
	p.press(page, payButton, map[string]string{"email": "ada@example.com"})
	if status, paid := p.status(id); status != "complete" || paid != "no_payment_required" {
		t.Errorf("the session is %s and %s", status, paid)
	}
}

// A refusal of the bank is told in the page's language, beside its field.
func TestRefusalsInThePersonsLanguage(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	_, link := p.session(url.Values{"locale": {"fr"}})
	page := p.open(link)
	for number, want := range map[string]string{"4000000000009995": "fonds de votre carte", "4000000000000002": "carte a été refusée", "4000000000009987": "carte a été refusée"} {
		says(t, p.press(page, payButton, card(number)), http.StatusPaymentRequired, "[role=alert]", want)
	}
	says(t, p.press(page, payButton, card("4000000000000127")), http.StatusPaymentRequired, "#e-cvc", "code de sécurité")
	says(t, p.press(page, payButton, card("4000002760003184")), http.StatusOK, "h1", "Confirmez que c’est bien vous")
}
