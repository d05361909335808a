package stripesandbox_test

import (
	"fmt"
	"strings"
	"testing"

	"hearth/internal/stripesandbox"
)

// intent confirms a new intent over amount; more are further parameters.
func (b *bench) intent(amount int64, currency string, more ...string) reply {
	b.t.Helper()
	return b.post("/v1/payment_intents", append([]string{fmt.Sprintf("amount=%d", amount), "currency=" + currency, "confirm=true"}, more...)...)
}

func TestIdealIsDecidedAtTheBank(t *testing.T) {
	b := start(t)
	ask := []string{"payment_method_types[]=ideal", "payment_method_data[type]=ideal", "payment_method_data[ideal][bank]=ing", "return_url=https://h.test/back"}
	in := b.intent(5000, "eur", ask...)
	if in.Get("status").String() != "requires_action" || !strings.HasPrefix(in.Get("next_action.redirect_to_url.url").String(), b.url) {
		t.Fatalf("asked: %s", in.Raw)
	}
	paid := b.steer("/intents/"+in.Get("id").String()+"/challenge", m{"outcome": "complete"})
	ch := b.get("/v1/charges/" + paid.Get("latest_charge").String())
	if !strings.HasPrefix(ch.Get("id").String(), "py_") || ch.Get("payment_method_details.ideal.bic").String() != "INGBNL2A" || !ch.Get("paid").Bool() {
		t.Errorf("paid: %s", ch.Raw)
	}
	same(t, "rows", b.rows(""), "payment 5000 fee 175")
	other := b.intent(5000, "eur", ask...).Get("id").String()
	b.control("/intents/"+other+"/challenge", m{"outcome": "fail"})
	got := b.get("/v1/payment_intents/" + other)
	if got.Get("status").String() != "requires_payment_method" || got.Get("last_payment_error.code").String() != "payment_intent_authentication_failure" {
		t.Errorf("refused at the bank: %s", got.Raw)
	}
	b.refused(400, "", "cannot be used with currency usd", "/v1/payment_intents", "amount=500", "currency=usd", "payment_method_types[]=ideal")
	b.refused(400, "", "does not support manual capture", "/v1/payment_intents", "amount=500", "currency=eur", "payment_method_types[]=ideal", "capture_method=manual")
	b.refused(400, "parameter_missing", "return_url", "/v1/payment_intents", with([]string{"amount=5000", "currency=eur", "confirm=true"}, ask[:3]...)...)
	b.balanced()
}

// A voucher is paid or lapses days later; the address says which, as in test mode.
func TestOxxoIsPaidLater(t *testing.T) {
	b := start(t)
	for _, c := range []struct{ email, wait, status, event string }{
		{"ann@example.com", "181s", "succeeded", "payment_intent.succeeded"},
		{"succeed_immediately@example.com", "4s", "succeeded", "payment_intent.succeeded"},
		{"a.expire_with_delay@example.com", "181s", "requires_payment_method", "payment_intent.payment_failed"},
		{"fill_never@example.com", "97h", "requires_payment_method", "payment_intent.payment_failed"},
	} {
		in := b.intent(50000, "mxn", "payment_method_types[]=oxxo", "payment_method_data[type]=oxxo", "payment_method_data[billing_details][name]=Ann", "payment_method_data[billing_details][email]="+c.email)
		if in.Get("next_action.type").String() != "oxxo_display_details" || len(in.Get("next_action.oxxo_display_details.number").String()) != 34 {
			t.Fatalf("%s: %s", c.email, in.Raw)
		}
		b.advance(c.wait)
		at := "/v1/payment_intents/" + in.Get("id").String()
		if got := b.get(at, "expand[]=latest_charge"); got.Get("status").String() != c.status || c.status == "succeeded" && got.Get("latest_charge.payment_method_details.oxxo.number").String() != in.Get("next_action.oxxo_display_details.number").String() {
			t.Errorf("%s after %s: %s", c.email, c.wait, got.Raw)
		}
		if ev := b.last(c.event); ev.Get("data.object.id").String() != in.Get("id").String() {
			t.Errorf("%s: no %s", c.email, c.event)
		}
	}
	b.balanced()
}

// A session is complete when the person leaves with a voucher, and unpaid until it is paid.
func TestSessionsWaitForVouchers(t *testing.T) {
	b := start(t)
	cs := b.post("/v1/checkout/sessions", "mode=payment", "success_url=https://h.test/ok", "payment_method_types[]=oxxo", "line_items[0][price_data][currency]=mxn",
		"line_items[0][price_data][unit_amount]=50000", "line_items[0][price_data][product_data][name]=A stay", "line_items[0][quantity]=1").Get("id").String()
	got := b.steer("/checkout/"+cs+"/pay", m{"type": "oxxo", "email": "a@example.com", "name": "Ann"})
	if got.Get("status").String() != "complete" || got.Get("payment_status").String() != "unpaid" {
		t.Errorf("with a voucher: %s", got.Raw)
	}
	b.steer("/intents/"+got.Get("payment_intent").String()+"/debit", m{"outcome": "succeed"})
	if got := b.get("/v1/checkout/sessions/" + cs); got.Get("payment_status").String() != "paid" {
		t.Errorf("paid: %s", got.Raw)
	}
	if ev := b.last("checkout.session.async_payment_succeeded"); ev.Get("data.object.id").String() != cs {
		t.Error("nobody heard of the payment")
	}
}

func TestWalletsPayAsCards(t *testing.T) {
	b := start(t)
	for _, wallet := range []string{"apple_pay", "google_pay", "link"} {
		cs := b.steer("/checkout/"+b.session(5000).Get("id").String()+"/pay", m{"wallet": wallet, "email": "a@example.com"})
		in := b.get("/v1/payment_intents/"+cs.Get("payment_intent").String(), "expand[]=latest_charge")
		if got := in.Get("latest_charge.payment_method_details.card.wallet.type").String(); got != wallet {
			t.Errorf("%s shows as %q", wallet, got)
		}
	}
}

// Whoever names no types gets automatic ones, and must say where to come back to.
func TestAutomaticMethodsWantAWayBack(t *testing.T) {
	b := start(t)
	ask := []string{"amount=5000", "currency=eur"} // of iDEAL, which redirects
	in := b.post("/v1/payment_intents", ask...)
	if !in.Get("automatic_payment_methods.enabled").Bool() || in.Get("payment_method_types.#").Int() != 2 {
		t.Errorf("by default: %s", in.Raw)
	}
	b.refused(400, "", "you must provide a `return_url`", "/v1/payment_intents/"+in.Get("id").String()+"/confirm", "payment_method=pm_card_visa")
	for _, way := range []string{"return_url=https://h.test/", "automatic_payment_methods[allow_redirects]=never", "payment_method_types[]=card"} {
		params := with(ask, "payment_method=pm_card_visa", "confirm=true", way)
		if strings.HasPrefix(way, "automatic") {
			params = append(params, "automatic_payment_methods[enabled]=true")
		}
		if got := b.post("/v1/payment_intents", params...).Get("status").String(); got != "succeeded" {
			t.Errorf("%s: %s", way, got)
		}
	}
	b.refused(400, "payment_intent_incompatible_payment_method", "The PaymentMethod provided (us_bank_account) is not allowed for this PaymentIntent. Please attach a PaymentMethod of one of the following types: card.",
		"/v1/payment_intents", with(ask, "payment_method=pm_usBankAccount_success", "payment_method_types[]=card")...)
}

// A method is used once unless it belongs to a customer; setup_future_usage keeps it.
func TestMethodsAreUsedOnceOrKept(t *testing.T) {
	b := start(t)
	ann := b.customer()
	const card = "payment_method_types[]=card"
	pm := b.post("/v1/payment_methods", "type=card", "card[token]=tok_visa").Get("id").String()
	b.intent(500, "usd", card, "payment_method="+pm)
	b.refused(400, "", "It may not be used again", "/v1/payment_intents", "amount=500", "currency=usd", card, "payment_method="+pm)
	b.refused(400, "", "may not be used again", "/v1/payment_methods/"+pm+"/attach", "customer="+ann)

	kept := b.intent(500, "usd", card, "payment_method=pm_card_visa", "customer="+ann, "setup_future_usage=off_session").Get("payment_method").String()
	if got := b.get("/v1/payment_methods/" + kept).Get("customer").String(); got != ann {
		t.Errorf("kept for %q", got)
	}
	b.intent(500, "usd", card, "payment_method="+kept, "customer="+ann, "off_session=true")
	b.refused(400, "", "belongs to the Customer "+ann+". Please include the Customer in the `customer` parameter on the PaymentIntent.", "/v1/payment_intents", "amount=500", "currency=usd", "payment_method="+kept)
	bob := b.customer()
	b.refused(400, "", "does not belong to the Customer you supplied "+bob, "/v1/payment_intents", "amount=500", "currency=usd", "customer="+bob, "payment_method="+kept)
}

// A bank that asked once, when a card was set up, pays without the customer; one that always asks does not.
func TestOffSessionNeedsSetup(t *testing.T) {
	b := start(t)
	const card = "payment_method_types[]=card"
	for alias, want := range map[string]string{"pm_card_authenticationRequiredOnSetup": "succeeded", "pm_card_authenticationRequired": "authentication_required"} {
		ann := b.customer()
		b.refused(402, "authentication_required", "This transaction requires authentication.", "/v1/payment_intents", "amount=500", "currency=usd", "confirm=true", card, "payment_method="+alias, "off_session=true")
		in := b.intent(500, "usd", card, "payment_method="+alias, "customer="+ann, "setup_future_usage=off_session")
		if in.Get("next_action.type").String() != "use_stripe_sdk" {
			t.Errorf("%s: %s", alias, in.Raw)
		}
		pm := b.steer("/intents/"+in.Get("id").String()+"/challenge", m{}).Get("payment_method").String()
		again := b.call("POST", "/v1/payment_intents", "amount=500", "currency=usd", "confirm=true", card, "payment_method="+pm, "customer="+ann, "off_session=true")
		if got := orOther(again.Get("status").String(), again.Get("error.code").String()); got != want {
			t.Errorf("%s off-session afterwards: %s, want %s", alias, got, want)
		}
	}
	b.refused(402, "authentication_required", "", "/v1/payment_intents", "amount=500", "currency=usd", "confirm=true", card, "payment_method=pm_card_authenticationRequired", "error_on_requires_action=true")
	in := b.intent(500, "usd", card, "payment_method=pm_card_visa", "payment_method_options[card][request_three_d_secure]=any", "return_url=https://h.test/")
	if in.Get("next_action.type").String() != "redirect_to_url" {
		t.Errorf("3D Secure on request: %s", in.Raw)
	}
	in = b.steer("/intents/"+in.Get("id").String()+"/challenge", m{})
	if got := b.get("/v1/charges/" + in.Get("latest_charge").String()).Get("payment_method_details.card.three_d_secure.result").String(); got != "authenticated" {
		t.Errorf("the charge says %q of 3D Secure", got)
	}
}

func orOther(v, other string) string {
	if v == "" {
		return other
	}
	return v
}

// With manual confirmation the server confirms again after the bank's answer.
func TestManualConfirmation(t *testing.T) {
	b := start(t)
	in := "/v1/payment_intents/" + b.intent(500, "usd", "payment_method_types[]=card", "payment_method=pm_card_threeDSecure2Required", "confirmation_method=manual").Get("id").String()
	if got := b.steer(strings.Replace(in, "/v1/payment_", "/", 1)+"/challenge", m{}).Get("status").String(); got != "requires_confirmation" {
		t.Errorf("after the bank: %s", got)
	}
	if got := b.post(in + "/confirm").Get("status").String(); got != "succeeded" {
		t.Errorf("confirmed again: %s", got)
	}
}

func TestAmountsByCurrency(t *testing.T) {
	b := start(t)
	for _, c := range []struct {
		amount, currency, words string
	}{{"49", "usd", "Amount must be at least $0.50 usd"}, {"29", "gbp", "£0.30 gbp"}, {"49", "jpy", "50 JPY jpy"}, {"999", "mxn", "10.00 MXN mxn"}} {
		r := b.refused(400, "amount_too_small", c.words, "/v1/payment_intents", "amount="+c.amount, "currency="+c.currency)
		if r.Get("error.param").String() != "amount" {
			t.Errorf("%s: %s", c.currency, r.Raw)
		}
	}
	b.refused(400, "amount_too_large", "Amount must be no more than $999,999.99", "/v1/payment_intents", "amount=100000000", "currency=usd")
	in := b.intent(1500, "kwd", "payment_method_types[]=card", "payment_method=pm_card_visa", "capture_method=manual")
	b.refused(400, "amount_too_large", "1.501 KWD", "/v1/payment_intents/"+in.Get("id").String()+"/capture", "amount_to_capture=1501")
}

// A hold grows where the intent asked for that, and never shrinks.
func TestHoldsGrow(t *testing.T) {
	b := start(t)
	const grows = "payment_method_options[card][request_incremental_authorization]=if_available"
	in := "/v1/payment_intents/" + b.intent(5000, "usd", "payment_method_types[]=card", "payment_method=pm_card_visa", "capture_method=manual", grows).Get("id").String()
	b.refused(400, "", "must be greater than", in+"/increment_authorization", "amount=5000")
	if got := b.post(in+"/increment_authorization", "amount=8000"); got.Get("amount_capturable").Int() != 8000 {
		t.Errorf("grown: %s", got.Raw)
	}
	b.post(in + "/capture")
	same(t, "rows", b.rows(""), "charge 8000 fee 262")
	fixed := b.intent(5000, "usd", "payment_method_types[]=card", "payment_method=pm_card_visa", "capture_method=manual").Get("id").String()
	b.refused(400, "", "not eligible for incremental authorization", "/v1/payment_intents/"+fixed+"/increment_authorization", "amount=6000")
}

func TestMicrodeposits(t *testing.T) {
	b := start(t)
	ask := []string{"payment_method_types[]=us_bank_account", "payment_method=pm_usBankAccount_success", "mandate_data[customer_acceptance][type]=offline",
		"payment_method_options[us_bank_account][verification_method]=microdeposits"}
	in := "/v1/payment_intents/" + b.intent(5000, "usd", ask...).Get("id").String() + "/verify_microdeposits"
	b.refused(400, "payment_method_microdeposit_verification_amounts_mismatch", "You have 2 verification attempts remaining", in, "amounts[]=1", "amounts[]=2")
	b.refused(400, "payment_method_microdeposit_verification_descriptor_code_mismatch", "You have 1 verification", in, "descriptor_code=SM22BB")
	if got := b.post(in, "descriptor_code=SM11AA").Get("status").String(); got != "processing" {
		t.Errorf("verified: %s", got)
	}
	b.refused(400, "intent_invalid_state", "cannot be actioned on because it has a status of processing", in, "descriptor_code=SM11AA")
	in = "/v1/payment_intents/" + b.intent(5000, "usd", ask...).Get("id").String()
	b.refused(400, "payment_method_microdeposit_verification_attempts_exceeded", "", in+"/verify_microdeposits", "descriptor_code=SM33CC")
	if got := b.get(in).Get("status").String(); got != "requires_payment_method" {
		t.Errorf("after too many guesses: %s", got)
	}
}

// Radar's queue: a risky payment is reviewed until somebody approves, refunds or disputes it.
func TestReviews(t *testing.T) {
	b := start(t)
	for reason, end := range map[string]func(charge, review string){
		"approved":          func(_, review string) { b.post("/v1/reviews/" + review + "/approve") },
		"refunded":          func(charge, _ string) { b.post("/v1/refunds", "charge="+charge) },
		"refunded_as_fraud": func(charge, _ string) { b.post("/v1/refunds", "charge="+charge, "reason=fraudulent") },
		"disputed":          func(charge, _ string) { b.steer("/charges/"+charge+"/dispute", m{}) },
	} {
		ch := b.paid(5000, "4000000000009235")
		review := ch.Get("review").String()
		if ch.Get("outcome.type").String() != "manual_review" || b.last("review.opened").Get("data.object.id").String() != review {
			t.Errorf("opened: %s", ch.Raw)
		}
		end(ch.Get("id").String(), review)
		if got := b.get("/v1/reviews/" + review); got.Get("open").Bool() || got.Get("closed_reason").String() != reason || b.last("review.closed").Get("data.object.id").String() != review {
			t.Errorf("%s: %s", reason, got.Raw)
		}
		if b.get("/v1/charges/"+ch.Get("id").String()).Get("review").String() != "" || b.get("/v1/reviews").Get("data.#").Int() != 0 {
			t.Errorf("%s: the review is still open somewhere", reason)
		}
	}
}

// Whoever has seen it otherwise assumes cards.
func TestIntentsMayBeAssumedToTakeCards(t *testing.T) {
	b := start(t, func(o *stripesandbox.Options) { o.Assume = map[string]string{"intents_are_automatic": "no"} })
	in := b.intent(500, "usd", "payment_method=pm_card_visa")
	if in.Get("automatic_payment_methods").IsObject() || in.Get("status").String() != "succeeded" {
		t.Errorf("without types: %s", in.Raw)
	}
}
