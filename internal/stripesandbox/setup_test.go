package stripesandbox_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hearth/internal/stripesandbox"
)

const cardsOnly = "payment_method_types[]=card"

// A card that was set up with a challenge pays without the customer afterwards.
func TestSetupMakesReadyForLater(t *testing.T) {
	b := start(t)
	ann := b.customer()
	si := b.post("/v1/setup_intents", cardsOnly, "customer="+ann, "payment_method=pm_card_authenticationRequiredOnSetup", "confirm=true")
	if si.Get("status").String() != "requires_action" || si.Get("next_action.type").String() != "use_stripe_sdk" || si.Get("usage").String() != "off_session" {
		t.Fatalf("asked: %s", si.Raw)
	}
	done := b.steer("/intents/"+si.Get("id").String()+"/challenge", m{})
	pm := done.Get("payment_method").String()
	if done.Get("status").String() != "succeeded" || b.get("/v1/payment_methods/"+pm).Get("customer").String() != ann {
		t.Errorf("set up: %s", done.Raw)
	}
	if got := b.intent(500, "usd", cardsOnly, "customer="+ann, "payment_method="+pm, "off_session=true").Get("status").String(); got != "succeeded" {
		t.Errorf("off-session afterwards: %s", got)
	}
	attempts := b.get("/v1/setup_attempts", "setup_intent="+si.Get("id").String())
	if attempts.Get("data.#").Int() != 1 || attempts.Get("data.0.payment_method_details.card.three_d_secure.result").String() != "authenticated" || attempts.Get("data.0.id").String() != done.Get("latest_attempt").String() {
		t.Errorf("attempts: %s", attempts.Raw)
	}
	for _, kind := range []string{"setup_intent.created", "setup_intent.requires_action", "payment_method.attached", "setup_intent.succeeded"} {
		b.last(kind)
	}
}

func TestSetupIsRefused(t *testing.T) {
	b := start(t)
	ann := b.customer()
	at := "/v1/setup_intents/" + b.post("/v1/setup_intents", cardsOnly, "customer="+ann).Get("id").String()
	r := b.refused(400, "setup_intent_unexpected_state", "because it's missing a payment method", at+"/confirm")
	if r.Get("error.setup_intent.status").String() != "requires_payment_method" {
		t.Errorf("the error does not show the setup intent: %s", r.Raw)
	}
	r = b.refused(402, "expired_card", "Your card has expired.", at+"/confirm", "payment_method=pm_card_chargeDeclinedExpiredCard")
	if si := b.get(at); r.Get("error.setup_intent.last_setup_error.code").String() != "expired_card" || r.Get("error.param").String() != "exp_month" || si.Get("payment_method").String() != "" {
		t.Errorf("declined: %s", r.Raw)
	}
	b.last("setup_intent.setup_failed")
	asked := b.post(at+"/confirm", "payment_method=pm_card_authenticationRequired", "return_url=https://h.test/")
	if !strings.HasPrefix(asked.Get("next_action.redirect_to_url.url").String(), b.url) {
		t.Errorf("asked: %s", asked.Raw)
	}
	b.control("/intents/"+asked.Get("id").String()+"/challenge", m{"outcome": "fail"})
	if got := b.get(at).Get("last_setup_error.code").String(); got != "setup_intent_authentication_failure" {
		t.Errorf("failed at the bank: %s", got)
	}
	b.post(at+"/confirm", "payment_method=pm_card_chargeCustomerFail")
	b.refused(400, "setup_intent_unexpected_state", "You cannot confirm this SetupIntent because it has already succeeded.", at+"/confirm")
	b.refused(400, "setup_intent_unexpected_state", "Only a SetupIntent with one of the following statuses may be canceled: `requires_payment_method`", at+"/cancel")
	b.refused(400, "setup_intent_unexpected_state", "You cannot update this SetupIntent because it has already succeeded.", at, "payment_method=pm_card_visa")
	b.post(at, "description=Kept")

	other := "/v1/setup_intents/" + b.post("/v1/setup_intents").Get("id").String()
	b.post(other+"/cancel", "cancellation_reason=abandoned")
	b.refused(400, "setup_intent_unexpected_state", "You cannot cancel this SetupIntent because it is already canceled.", other+"/cancel")
	b.refused(400, "intent_invalid_state", "because it has a status of canceled", other+"/verify_microdeposits", "descriptor_code=SM11AA")
	bob := b.customer()
	b.refused(400, "", "does not belong to the Customer you supplied "+bob, "/v1/setup_intents", "customer="+bob, "payment_method="+b.attached(ann, "pm_card_visa"))
	if r := b.call("GET", "/v1/setup_intents/seti_none"); r.Get("error.message").String() != "No such setupintent: 'seti_none'" || r.status != 404 {
		t.Errorf("unknown: %s", r.Raw)
	}
}

// Where automatic methods are assumed to redirect, a setup wants a way back too.
func TestAutomaticSetupsWantAWayBack(t *testing.T) {
	b := start(t, func(o *stripesandbox.Options) { o.Assume = map[string]string{"automatic_methods_redirect": "always"} })
	at := "/v1/setup_intents/" + b.post("/v1/setup_intents").Get("id").String() + "/confirm"
	b.refused(400, "", "you must provide a `return_url`", at, "payment_method=pm_card_visa")
	if si := b.post(at, "payment_method=pm_card_visa", "return_url=https://h.test/"); si.Get("status").String() != "succeeded" {
		t.Errorf("with a way back: %s", si.Raw)
	}
}

// A debit is set up with a mandate, which ends when its account is taken away.
func TestDebitsAreSetUpWithMandates(t *testing.T) {
	b := start(t)
	ann := b.customer()
	agreed := []string{"mandate_data[customer_acceptance][type]=online", "mandate_data[customer_acceptance][online][ip_address]=127.0.0.1", "mandate_data[customer_acceptance][online][user_agent]=Lynx"}
	si := b.post("/v1/setup_intents", append(agreed, "payment_method_types[]=sepa_debit", "customer="+ann, "confirm=true", "payment_method_data[type]=sepa_debit", "payment_method_data[sepa_debit][iban]=AT611904300234573201")...)
	mandate := si.Get("mandate").String()
	if got := b.get("/v1/mandates/" + mandate); got.Get("type").String() != "multi_use" || got.Get("customer_acceptance.online.user_agent").String() != "Lynx" || got.Get("status").String() != "active" {
		t.Errorf("the mandate: %s", got.Raw)
	}
	pm := si.Get("payment_method").String()
	in := b.intent(5000, "eur", "payment_method_types[]=sepa_debit", "customer="+ann, "payment_method="+pm, "off_session=true")
	if got := b.get("/v1/charges/" + in.Get("latest_charge").String()).Get("payment_method_details.sepa_debit.mandate").String(); got != mandate {
		t.Errorf("debited by %q, agreed was %s", got, mandate)
	}
	b.post("/v1/payment_methods/" + pm + "/detach")
	if got := b.last("mandate.updated").Get("data.object"); got.Get("id").String() != mandate || got.Get("status").String() != "inactive" {
		t.Errorf("after detaching: %s", got.Raw)
	}
	si = b.post("/v1/setup_intents", append(agreed, "payment_method_types[]=us_bank_account", "customer="+ann, "confirm=true", "payment_method=pm_usBankAccount_success",
		"payment_method_options[us_bank_account][verification_method]=microdeposits")...)
	at := "/v1/setup_intents/" + si.Get("id").String()
	b.refused(400, "payment_method_microdeposit_verification_amounts_mismatch", "2 verification attempts", at+"/verify_microdeposits", "amounts[]=3", "amounts[]=4")
	if got := b.post(at+"/verify_microdeposits", "amounts[]=32", "amounts[]=45"); got.Get("status").String() != "succeeded" || got.Get("mandate").String() == "" {
		t.Errorf("verified: %s", got.Raw)
	}
}

// A Checkout Session in setup mode leaves a method with its customer and takes nothing.
func TestSessionsSetUp(t *testing.T) {
	b := start(t)
	ann := b.customer("email=a@example.com")
	ask := []string{"mode=setup", "success_url=https://h.test/ok", cardsOnly}
	cs := b.post("/v1/checkout/sessions", with(ask, "customer="+ann, "setup_intent_data[metadata][a]=b")...)
	at := "/v1/checkout/sessions/" + cs.Get("id").String()
	if cs.Get("payment_status").String() != "no_payment_required" || cs.Get("amount_total").Type.String() != "Null" || cs.Get("payment_intent").String() != "" {
		t.Errorf("opened: %s", cs.Raw)
	}
	pay := "/checkout/" + cs.Get("id").String() + "/pay"
	if r := b.control(pay, m{"card": "4000000000000002"}); r.status != 402 || b.get(at).Get("status").String() != "open" {
		t.Errorf("declined: %s", r.Raw)
	}
	b.steer(pay, m{"card": "4000002760003184"})
	si := cs.Get("setup_intent").String()
	if got := b.get(at); got.Get("status").String() != "open" {
		t.Errorf("while the bank asks: %s", got.Raw)
	}
	b.steer("/intents/"+si+"/challenge", m{})
	if got := b.get(at, "expand[]=setup_intent"); got.Get("status").String() != "complete" || got.Get("payment_status").String() != "no_payment_required" || got.Get("setup_intent.metadata.a").String() != "b" {
		t.Errorf("afterwards: %s", got.Raw)
	}
	if n := b.get("/v1/payment_methods", "customer="+ann).Get("data.#").Int(); n != 1 || b.last("checkout.session.completed").Get("data.object.setup_intent").String() != si {
		t.Errorf("Ann has %d methods", n)
	}
	other := b.post("/v1/checkout/sessions", ask...)
	b.refused(400, "setup_intent_unexpected_state", "belongs to an open Checkout Session", "/v1/setup_intents/"+other.Get("setup_intent").String()+"/cancel")
	b.post("/v1/checkout/sessions/" + other.Get("id").String() + "/expire")
	if got := b.get("/v1/setup_intents/" + other.Get("setup_intent").String()).Get("status").String(); got != "canceled" {
		t.Errorf("of an expired session: %s", got)
	}
	b.refused(400, "", "You can not pass `line_items` in `setup` mode.", "/v1/checkout/sessions", with(ask, "line_items[0][price]=price_1", "line_items[0][quantity]=1")...)
}

func (w *walk) walkSetups(customer string) {
	at := "/v1/setup_intents/" + id(w.step("POST", "/v1/setup_intents", "payment_method_types[0]=card", "customer="+customer, "usage=off_session", "metadata[a]=b", "payment_method_options[card][request_three_d_secure]=any"))
	w.step("POST", at, "description=Keep it", "flow_directions[0]=inbound", "metadata[a]=c")
	w.step("POST", at+"/confirm", "payment_method=pm_card_visa", "return_url=https://h.test/")
	w.steer(strings.Replace(at, "/v1/setup_", "/", 1)+"/challenge", m{})
	w.step("GET", at, "expand[0]=payment_method", "expand[1]=latest_attempt", "expand[2]=customer")
	w.step("GET", "/v1/setup_intents", "customer="+customer, "limit=2")
	w.step("GET", "/v1/setup_attempts", "setup_intent="+at[len("/v1/setup_intents/"):])
	w.step("POST", "/v1/setup_intents/"+id(w.step("POST", "/v1/setup_intents", "attach_to_self=true", "payment_method_types[0]=sepa_debit"))+"/cancel", "cancellation_reason=duplicate")
	asks := "/v1/setup_intents/" + id(w.step("POST", "/v1/setup_intents", "payment_method_types[0]=us_bank_account", "payment_method=pm_usBankAccount_success", "confirm=true", "customer="+customer,
		"payment_method_options[us_bank_account][verification_method]=microdeposits", "mandate_data[customer_acceptance][type]=offline", "single_use[amount]=500", "single_use[currency]=usd"))
	w.step("POST", asks+"/verify_microdeposits", "descriptor_code=SM11AA")
	w.step("GET", "/v1/mandates/"+w.get(asks).Get("single_use_mandate").String())
	cs := id(w.step("POST", "/v1/checkout/sessions", "mode=setup", "success_url=https://h.test/ok", "payment_method_types[0]=card", "setup_intent_data[description]=Keep it"))
	w.steer("/checkout/"+cs+"/pay", m{"card": "4242424242424242", "email": "a@example.com"})
	w.step("GET", "/v1/checkout/sessions/"+cs, "expand[0]=setup_intent.payment_method")
}

// The bank's page asks about keeping a card too, and sends the person back.
func TestBankAsksAboutKeepingACard(t *testing.T) {
	b := start(t)
	si := b.post("/v1/setup_intents", cardsOnly, "payment_method=pm_card_authenticationRequired", "confirm=true", "return_url=https://h.test/back?a=b")
	at := si.Get("next_action.redirect_to_url.url").String()
	res, err := http.Get(at)
	must(t, err)
	page, err := io.ReadAll(res.Body)
	must(t, err)
	res.Body.Close()
	if !strings.Contains(string(page), "may keep your payment details") {
		t.Errorf("the bank asks: %s", page)
	}
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err = stay.PostForm(at, url.Values{"outcome": {"complete"}})
	must(t, err)
	res.Body.Close()
	if to := res.Header.Get("Location"); !strings.Contains(to, "setup_intent="+si.Get("id").String()) || !strings.Contains(to, "redirect_status=succeeded") || !strings.Contains(to, "a=b") {
		t.Errorf("back to %s", to)
	}
}
