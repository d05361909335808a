package stripesandbox_test

import (
	"net/http"
	"strings"
	"testing"
)

// customer is a new customer's id.
func (b *bench) customer(params ...string) string {
	b.t.Helper()
	return b.post("/v1/customers", params...).Get("id").String()
}

// attached is a new method of a customer.
func (b *bench) attached(customer, alias string, more ...string) string {
	b.t.Helper()
	return b.post("/v1/payment_methods/"+alias+"/attach", append(more, "customer="+customer)...).Get("id").String()
}

// last is the newest event of a type.
func (b *bench) last(kind string, more ...string) reply {
	b.t.Helper()
	r := b.get("/v1/events", append(more, "type="+kind, "limit=1")...)
	if r.Get("data.#").Int() == 0 {
		b.t.Fatalf("no event %s", kind)
	}
	return reply{Result: r.Get("data.0")}
}

func TestMethodsBelongToCustomers(t *testing.T) {
	b := start(t)
	ann, bob := b.customer("name=Ann"), b.customer("name=Bob")
	first, second := b.attached(ann, "pm_card_visa"), b.attached(ann, "pm_card_mastercard")
	b.attached(ann, "pm_usBankAccount_success")
	if got := b.last("payment_method.attached").Get("data.object.customer").String(); got != ann {
		t.Errorf("attached to %s", got)
	}
	cards := b.get("/v1/payment_methods", "customer="+ann, "type=card")
	if cards.Get("data.#").Int() != 2 || cards.Get("data.0.id").String() != second {
		t.Errorf("Ann's cards: %s", cards.Raw)
	}
	if n := b.get("/v1/customers/" + ann + "/payment_methods").Get("data.#").Int(); n != 3 {
		t.Errorf("Ann has %d methods", n)
	}
	if r := b.call("GET", "/v1/customers/"+bob+"/payment_methods/"+first); r.status != 404 {
		t.Errorf("Bob sees Ann's card: %s", r.Raw)
	}
	b.refused(400, "", "The payment method you provided has already been attached to a customer.", "/v1/payment_methods/"+first+"/attach", "customer="+bob)
	b.refused(400, "resource_missing", "No such customer: 'cus_none'", "/v1/payment_methods/pm_card_visa/attach", "customer=cus_none")
	b.refused(404, "resource_missing", "No such PaymentMethod: 'pm_none'", "/v1/payment_methods/pm_none/attach", "customer="+bob)

	b.post("/v1/customers/"+ann, "invoice_settings[default_payment_method]="+first)
	b.post("/v1/payment_methods/" + first + "/detach")
	if ev := b.last("payment_method.detached"); ev.Get("data.previous_attributes.customer").String() != ann || ev.Get("data.object.customer").String() != "" {
		t.Errorf("detached: %s", ev.Raw)
	}
	if got := b.get("/v1/customers/" + ann).Get("invoice_settings.default_payment_method"); got.String() != "" {
		t.Errorf("the default is still %s", got)
	}
	b.refused(400, "", "is not attached to a customer so detachment is impossible.", "/v1/payment_methods/"+first+"/detach")
	b.refused(400, "", "This PaymentMethod was previously used without being attached to a Customer or was detached from a Customer, and may not be used again.",
		"/v1/payment_methods/"+first+"/attach", "customer="+ann)
	b.refused(400, "", "It may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.",
		"/v1/payment_intents", "amount=500", "currency=usd", "customer="+ann, "payment_method="+first)
}

// A bank is asked before a card is kept; one test card passes that and fails later.
func TestDeclinedCardsCannotBeAttached(t *testing.T) {
	b := start(t)
	ann := b.customer()
	for alias, code := range map[string]string{"pm_card_chargeDeclined": "card_declined", "pm_card_chargeDeclinedExpiredCard": "expired_card", "pm_card_chargeDeclinedIncorrectCvc": "incorrect_cvc"} {
		b.refused(402, code, "Your card", "/v1/payment_methods/"+alias+"/attach", "customer="+ann)
	}
	if n := b.get("/v1/payment_methods", "customer="+ann).Get("data.#").Int(); n != 0 {
		t.Errorf("%d declined cards were kept", n)
	}
	pm := b.attached(ann, "pm_card_chargeCustomerFail")
	b.refused(402, "card_declined", "Your card was declined.", "/v1/payment_intents", "amount=500", "currency=usd", "customer="+ann, "payment_method="+pm,
		"confirm=true", "payment_method_types[]=card")
	if got := b.get("/v1/payment_methods/" + pm).Get("customer").String(); got != ann {
		t.Errorf("a failed payment took the card from its customer: %q", got)
	}
}

func TestDefaultMethodIsTheCustomersOwn(t *testing.T) {
	b := start(t)
	ann, bob := b.customer(), b.customer()
	pm := b.attached(ann, "pm_card_visa")
	b.refused(400, "resource_missing", "The customer does not have a payment method with the ID "+pm, "/v1/customers/"+bob, "invoice_settings[default_payment_method]="+pm)
	eve := b.post("/v1/customers", "payment_method=pm_card_visa", "email=e@example.com", "shipping[name]=Eve", "shipping[address][line1]=Here", "preferred_locales[]=de",
		"tax_exempt=reverse", "address[city]=Bern", "balance=-500")
	if eve.Get("shipping.address.line1").String() != "Here" || eve.Get("preferred_locales.0").String() != "de" || eve.Get("balance").Int() != -500 || eve.Get("tax_exempt").String() != "reverse" {
		t.Errorf("Eve: %s", eve.Raw)
	}
	at := "/v1/customers/" + eve.Get("id").String()
	kept := b.get(at + "/payment_methods").Get("data.0.id").String()
	if got := b.post(at, "invoice_settings[default_payment_method]="+kept, "address=").Result; got.Get("invoice_settings.default_payment_method").String() != kept || got.Get("address").IsObject() {
		t.Errorf("Eve later: %s", got.Raw)
	}
	if prev := b.last("customer.updated").Get("data.previous_attributes"); prev.Get("address.city").String() != "Bern" || prev.Get("email").Exists() {
		t.Errorf("what changed: %s", prev.Raw)
	}
}

// A deleted customer is known to have been, and is good for nothing.
func TestDeletedCustomersLeaveAStub(t *testing.T) {
	b := start(t)
	ann := b.customer("email=a@example.com")
	pm := b.attached(ann, "pm_card_visa")
	b.ok(b.call(http.MethodDelete, "/v1/customers/"+ann))
	if got := b.get("/v1/customers/" + ann); !got.Get("deleted").Bool() || len(got.Map()) != 3 {
		t.Errorf("the stub: %s", got.Raw)
	}
	if n := b.get("/v1/customers", "email=a@example.com").Get("data.#").Int(); n != 0 {
		t.Error("a deleted customer is listed")
	}
	b.refused(404, "resource_missing", "No such customer", "/v1/customers/"+ann, "name=B")
	b.refused(400, "resource_missing", "No such customer", "/v1/payment_methods/pm_card_visa/attach", "customer="+ann)
	b.refused(400, "", "It may not be used again", "/v1/payment_intents", "amount=500", "currency=usd", "payment_method="+pm)
}

// What a person types wrong is refused before any bank is asked.
func TestCardsTypedWrong(t *testing.T) {
	b := start(t)
	for _, c := range []struct{ code, param, number, month, year, cvc string }{
		{"incorrect_number", "number", "4242424242424241", "12", "2040", "123"},
		{"invalid_expiry_month", "exp_month", visa, "13", "2040", "123"},
		{"invalid_expiry_year", "exp_year", visa, "12", "2020", "123"},
		{"invalid_cvc", "cvc", visa, "12", "2040", "12"},
	} {
		r := b.refused(402, c.code, "Your card", "/v1/payment_methods", "type=card", "card[number]="+c.number, "card[exp_month]="+c.month, "card[exp_year]="+c.year, "card[cvc]="+c.cvc)
		if got := r.Get("error.param").String(); got != c.param {
			t.Errorf("%s is about %q", c.code, got)
		}
	}
}

// A platform's method is none of a connected account's until it is cloned.
func TestMethodsAreClonedOntoAccounts(t *testing.T) {
	b := start(t)
	o := b.owner()
	ann := b.customer()
	pm := b.attached(ann, "pm_card_visa")
	r := b.refused(400, "resource_missing", "No such PaymentMethod: '"+pm+"'", "/v1/payment_intents", "@"+o, "amount=500", "currency=usd", "payment_method="+pm)
	if r.Get("error.param").String() != "payment_method" {
		t.Errorf("refused for %s", r.Raw)
	}
	cloned := b.post("/v1/payment_methods", "@"+o, "customer="+ann, "payment_method="+pm)
	if cloned.Get("customer").String() != "" || cloned.Get("card.fingerprint").String() != b.get("/v1/payment_methods/"+pm).Get("card.fingerprint").String() {
		t.Errorf("the clone: %s", cloned.Raw)
	}
	in := b.post("/v1/payment_intents", "@"+o, "amount=500", "currency=usd", "payment_method="+cloned.Get("id").String(), "confirm=true", "payment_method_types[]=card")
	if in.Get("status").String() != "succeeded" {
		t.Errorf("with the clone: %s", in.Raw)
	}
	b.refused(400, "", "does not belong to the Customer", "/v1/payment_methods", "@"+o, "customer="+b.customer(), "payment_method="+pm)
}

// walkMethods walks customers and what they pay with.
func (w *walk) walkMethods(account string) {
	customer := id(w.step("POST", "/v1/customers", "email=m@example.com", "payment_method=pm_card_visa", "address[line1]=1 Main", "shipping[name]=Ann", "shipping[address][line1]=1 Main",
		"preferred_locales[0]=en", "tax_exempt=none", "invoice_settings[footer]=Thanks", "invoice_settings[custom_fields][0][name]=PO", "invoice_settings[custom_fields][0][value]=7"))
	w.step("GET", "/v1/customers/"+customer+"/payment_methods", "type=card")
	pm := id(w.step("POST", "/v1/payment_methods/pm_card_visa/attach", "customer="+customer))
	w.step("GET", "/v1/customers/"+customer+"/payment_methods/"+pm, "expand[0]=customer")
	w.step("POST", "/v1/payment_methods/"+pm, "metadata[a]=b", "card[exp_month]=11", "billing_details[name]=Ann")
	w.step("GET", "/v1/payment_methods", "customer="+customer, "type=card")
	w.step("POST", "/v1/payment_methods", "@"+account, "customer="+customer, "payment_method="+pm)
	w.step("POST", "/v1/payment_methods/"+pm+"/detach")
	for _, kind := range [][]string{{"type=ideal", "ideal[bank]=ing"}, {"type=oxxo", "billing_details[name]=Ann", "billing_details[email]=a@example.com"}, {"type=link", "billing_details[email]=a@example.com"}} {
		w.step("GET", "/v1/payment_methods/"+id(w.step("POST", "/v1/payment_methods", kind...)))
	}
	w.walkIntents(customer)
	w.walkSetups(customer)
	w.walkCharges(account)
	w.step("DELETE", "/v1/customers/"+customer)
	w.step("GET", "/v1/customers/"+customer)
}

// walkIntents walks what intents can do beyond a card that pays.
func (w *walk) walkIntents(customer string) {
	for _, ask := range [][]string{
		{"currency=eur", "payment_method_types[0]=ideal", "payment_method_data[type]=ideal", "payment_method_data[ideal][bank]=ing"},
		{"currency=mxn", "payment_method_types[0]=oxxo", "payment_method_data[type]=oxxo", "payment_method_data[billing_details][name]=Ann", "payment_method_data[billing_details][email]=a@example.com",
			"payment_method_options[oxxo][expires_after_days]=2"},
		{"currency=usd", "payment_method_types[0]=card", "payment_method=pm_card_authenticationRequired", "shipping[name]=Ann", "shipping[address][line1]=1 Main"},
		{"currency=usd", "payment_method_types[0]=link", "payment_method_data[type]=link", "payment_method_data[billing_details][email]=a@example.com"},
	} {
		in := "/v1/payment_intents/" + id(w.step("POST", "/v1/payment_intents", with(ask, "amount=2000", "return_url=https://h.test/back", "customer="+customer, "confirm=true")...))
		if w.get(in).Get("status").String() == "requires_action" {
			at := strings.Replace(in, "/v1/payment_intents", "/intents", 1)
			w.control(at+"/challenge", m{"outcome": "complete"}) // one of the two is refused
			w.control(at+"/debit", m{"outcome": "succeed"})
		}
		if paid := w.step("GET", in, "expand[0]=latest_charge", "expand[1]=payment_method"); paid.Get("status").String() != "succeeded" {
			w.t.Errorf("%v: %s", ask, paid.Raw)
		}
	}
	debit := "/v1/payment_intents/" + id(w.step("POST", "/v1/payment_intents", "amount=2000", "currency=usd", "payment_method_types[0]=us_bank_account", "payment_method=pm_usBankAccount_success",
		"payment_method_options[us_bank_account][verification_method]=microdeposits", "confirm=true", "mandate_data[customer_acceptance][type]=offline"))
	w.step("POST", debit+"/verify_microdeposits", "amounts[0]=32", "amounts[1]=45")
	w.step("POST", "/v1/payment_intents", "amount=2000", "currency=eur", "payment_method_types[0]=sepa_debit", "payment_method_data[type]=sepa_debit", "payment_method_data[sepa_debit][iban]=AT611904300234573201",
		"confirm=true", "mandate_data[customer_acceptance][type]=online", "mandate_data[customer_acceptance][online][ip_address]=127.0.0.1", "mandate_data[customer_acceptance][online][user_agent]=Lynx")
	mandate := w.get("/v1/charges", "limit=1").Get("data.0.payment_method_details.sepa_debit.mandate").String()
	w.step("GET", "/v1/mandates/"+mandate, "expand[0]=payment_method")

	held := "/v1/payment_intents/" + id(w.step("POST", "/v1/payment_intents", "amount=2000", "currency=usd", "payment_method_types[0]=card", "payment_method=pm_card_visa", "confirm=true",
		"payment_method_options[card][capture_method]=manual", "payment_method_options[card][request_incremental_authorization]=if_available"))
	w.step("POST", held+"/increment_authorization", "amount=2500", "description=More", "metadata[a]=b")
	w.step("POST", held+"/capture", "final_capture=true")

	w.step("POST", "/v1/payment_intents", "amount=2000", "currency=usd", "payment_method_types[0]=card", "payment_method=pm_card_riskLevelElevated", "confirm=true")
	review := "/v1/reviews/" + id(w.step("GET", "/v1/reviews", "limit=5").Get("data.0"))
	w.step("GET", review, "expand[0]=charge", "expand[1]=payment_intent")
	w.step("POST", review+"/approve")
}
