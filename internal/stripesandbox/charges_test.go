package stripesandbox_test

import (
	"net/http"
	"strings"
	"testing"
)

// Charges of the older kind, with everything that moves money on them.
func TestChargesWithoutIntents(t *testing.T) {
	b := start(t)
	o := b.owner()
	ch := b.post("/v1/charges", "amount=120000", "currency=usd", "source=tok_visa", "destination[account]="+o, "application_fee_amount=14400", "metadata[a]=b", "description=A stay")
	if ch.Get("payment_intent").String() != "" || ch.Get("source.object").String() != "card" || ch.Get("source.id").String() != ch.Get("payment_method").String() || !ch.Get("paid").Bool() {
		t.Errorf("charged: %s", ch.Raw)
	}
	if group := ch.Get("transfer_group").String(); group != "group_"+ch.Get("id").String() {
		t.Errorf("in the group %s", group)
	}
	if p, h := b.holds(""), b.holds(o); p != 10890 || h != 105600 {
		t.Errorf("platform %d owner %d, want 10890 105600", p, h)
	}
	b.post("/v1/charges/"+ch.Get("id").String()+"/refunds", "reverse_transfer=true", "refund_application_fee=true")
	if p, h := b.holds(""), b.holds(o); p != -3510 || h != 0 {
		t.Errorf("refunded: platform %d owner %d, want -3510 0", p, h)
	}
	direct := b.post("/v1/charges", "@"+o, "amount=10000", "currency=usd", "source=tok_bypassPending", "application_fee_amount=1000")
	if got := b.get("/v1/balance", "@"+o).Get("available.0.amount").Int(); got != 10000-1000-320 {
		t.Errorf("the owner has %d at once; %s", got, direct.Raw)
	}
	r := b.refused(402, "card_declined", "Your card was declined.", "/v1/charges", "amount=500", "currency=usd", "source=tok_chargeDeclined")
	if got := b.get("/v1/charges/" + r.Get("error.charge").String()); got.Get("status").String() != "failed" || b.last("charge.failed").Get("data.object.id").String() != got.Get("id").String() {
		t.Errorf("declined: %s", got.Raw)
	}
	b.refused(402, "authentication_required", "", "/v1/charges", "amount=500", "currency=usd", "source=tok_authenticationRequired")
	b.refused(400, "parameter_missing", "Must provide source or customer.", "/v1/charges", "amount=500", "currency=usd")
	b.refused(402, "missing", "Cannot charge a customer that has no active card", "/v1/charges", "amount=500", "currency=usd", "customer="+b.customer())
	b.balanced()
}

// A held charge is captured once, in part if wanted, or lapses after seven days.
func TestHeldCharges(t *testing.T) {
	b := start(t)
	held := func() string {
		return "/v1/charges/" + b.post("/v1/charges", "amount=5000", "currency=usd", "source=tok_visa", "capture=false").Get("id").String()
	}
	at := held()
	if n := len(b.rows("")); n != 0 {
		t.Error("holding moved money")
	}
	b.refused(400, "amount_too_large", "", at+"/capture", "amount=5001")
	if got := b.post(at+"/capture", "amount=3000"); got.Get("amount_captured").Int() != 3000 || b.last("charge.captured").Get("data.object.id").String() != got.Get("id").String() {
		t.Errorf("captured: %s", got.Raw)
	}
	b.refused(400, "charge_already_captured", "has already been captured", at+"/capture")
	late := held()
	b.advance("169h")
	if got := b.get(late); !got.Get("refunded").Bool() || got.Get("captured").Bool() {
		t.Errorf("after seven days: %s", got.Raw)
	}
	b.last("charge.expired")
	b.refused(400, "charge_expired_for_capture", "", late+"/capture")
	intent := b.intent(5000, "usd", cardsOnly, "payment_method=pm_card_visa", "capture_method=manual")
	b.post("/v1/charges/"+intent.Get("latest_charge").String()+"/capture", "amount=4000")
	if got := b.get("/v1/payment_intents/" + intent.Get("id").String()); got.Get("status").String() != "succeeded" || got.Get("amount_received").Int() != 4000 {
		t.Errorf("an intent's charge: %s", got.Raw)
	}
	b.balanced()
}

// Sources: a customer's cards and bank accounts of the older kind.
func TestSources(t *testing.T) {
	b := start(t)
	ann := b.customer("source=tok_visa")
	at := "/v1/customers/" + ann
	first := b.get(at).Get("default_source").String()
	second := b.post(at+"/sources", "source=tok_mastercard", "metadata[a]=b")
	if second.Get("brand").String() != "MasterCard" || second.Get("customer").String() != ann || b.get(at).Get("default_source").String() != first {
		t.Errorf("the second card: %s", second.Raw)
	}
	b.last("customer.source.created")
	if got := b.get(at, "expand[]=sources", "expand[]=default_source"); got.Get("sources.data.#").Int() != 2 || got.Get("default_source.last4").String() != "4242" {
		t.Errorf("expanded: %s", got.Raw)
	}
	if ch := b.post("/v1/charges", "amount=500", "currency=usd", "customer="+ann); ch.Get("source.id").String() != first {
		t.Errorf("the default is charged: %s", ch.Raw)
	}
	other := b.post("/v1/charges", "amount=500", "currency=usd", "customer="+ann, "source="+second.Get("id").String())
	in := b.intent(700, "usd", cardsOnly, "customer="+ann, "payment_method="+first, "expand[]=payment_method")
	if in.Get("payment_method.object").String() != "payment_method" || other.Get("payment_method_details.card.brand").String() != "mastercard" {
		t.Errorf("a source is a payment method too: %s", in.Raw)
	}
	b.post(at, "default_source="+second.Get("id").String())
	b.ok(b.call(http.MethodDelete, at+"/sources/"+second.Get("id").String()))
	if got := b.get(at).Get("default_source").String(); got != first {
		t.Errorf("the default is now %q", got)
	}
	b.last("customer.source.deleted")
	r := b.refused(404, "missing", "Customer "+ann+" does not have a linked source with ID card_none.", "/v1/charges", "amount=500", "currency=usd", "customer="+ann, "source=card_none")
	if r.Get("error.param").String() != "card" {
		t.Errorf("refused for %s", r.Raw)
	}
	b.refused(402, "card_declined", "Your card was declined.", at+"/sources", "source=tok_chargeDeclined")

	ba := b.post(at+"/sources", "source[object]=bank_account", "source[country]=US", "source[currency]=usd", "source[account_number]=000123456789", "source[routing_number]=110000000")
	pay := []string{"amount=500", "currency=usd", "customer=" + ann, "source=" + ba.Get("id").String()}
	b.refused(400, "bank_account_unverified", "must be verified", "/v1/charges", pay...)
	b.refused(400, "", "do not match", at+"/sources/"+ba.Get("id").String()+"/verify", "amounts[]=1", "amounts[]=2")
	b.post(at+"/sources/"+ba.Get("id").String()+"/verify", "amounts[]=32", "amounts[]=45")
	ch := b.post("/v1/charges", pay...)
	if ch.Get("status").String() != "pending" || !strings.HasPrefix(ch.Get("id").String(), "py_") {
		t.Errorf("debited: %s", ch.Raw)
	}
	b.advance("200h")
	if got := b.get("/v1/charges/" + ch.Get("id").String()); !got.Get("paid").Bool() {
		t.Errorf("days later: %s", got.Raw)
	}
	b.balanced()
}

func TestTokensAreUsedOnce(t *testing.T) {
	b := start(t)
	card := []string{"card[number]=4242424242424242", "card[exp_month]=12", "card[exp_year]=2040", "card[cvc]=123"}
	tok := b.post("/v1/tokens", card...)
	if tok.Get("type").String() != "card" || tok.Get("card.last4").String() != "4242" || tok.Get("used").Bool() {
		t.Errorf("a token: %s", tok.Raw)
	}
	b.post("/v1/charges", "amount=500", "currency=usd", "source="+tok.Get("id").String())
	if !b.get("/v1/tokens/" + tok.Get("id").String()).Get("used").Bool() {
		t.Error("the token is as new")
	}
	b.refused(400, "token_already_used", "You cannot use a Stripe token more than once: "+tok.Get("id").String()+".", "/v1/charges", "amount=500", "currency=usd", "source="+tok.Get("id").String())
	pm := b.post("/v1/payment_methods", "type=card", "card[token]="+b.post("/v1/tokens", card...).Get("id").String())
	if pm.Get("card.exp_year").Int() != 2040 {
		t.Errorf("a method of a token: %s", pm.Raw)
	}
	b.refused(402, "incorrect_number", "", "/v1/tokens", "card[number]=4242424242424241", "card[exp_month]=12", "card[exp_year]=2040")
	b.refused(400, "resource_missing", "No such token: 'tok_none'", "/v1/charges", "amount=500", "currency=usd", "source=tok_none")

	account := b.post("/v1/tokens", "account[business_type]=individual", "account[individual][first_name]=Ann", "account[tos_shown_and_accepted]=true").Get("id").String()
	a := b.post("/v1/accounts", "type=custom", "country=US", "account_token="+account)
	if a.Get("individual.first_name").String() != "Ann" || a.Get("tos_acceptance.ip").String() == "" {
		t.Errorf("an account of a token: %s", a.Raw)
	}
	bank := b.post("/v1/tokens", "bank_account[country]=US", "bank_account[currency]=usd", "bank_account[account_number]=000111111116", "bank_account[routing_number]=110000000").Get("id").String()
	if ba := b.post("/v1/accounts/"+a.Get("id").String()+"/external_accounts", "external_account="+bank); ba.Get("last4").String() != "1116" {
		t.Errorf("a bank account of a token: %s", ba.Raw)
	}
	o := b.owner()
	ann := b.customer("source=tok_visa")
	shared := b.post("/v1/tokens", "@"+o, "customer="+ann).Get("id").String()
	b.post("/v1/charges", "@"+o, "amount=500", "currency=usd", "source="+shared)
}

func (w *walk) walkCharges(account string) {
	customer := id(w.step("POST", "/v1/customers", "source=tok_visa"))
	sources := "/v1/customers/" + customer + "/sources"
	w.step("GET", sources, "object=card")
	card := id(w.step("POST", sources, "source=tok_amex", "metadata[a]=b"))
	w.step("POST", sources+"/"+card, "exp_month=11", "exp_year=2041", "name=Ann", "address_zip=94110")
	w.step("GET", sources+"/"+card, "expand[0]=customer")
	bank := id(w.step("POST", sources, "source=btok_us_verified"))
	w.step("GET", sources+"/"+bank)
	tok := id(w.step("POST", "/v1/tokens", "bank_account[country]=US", "bank_account[currency]=usd", "bank_account[account_number]=000123456789", "bank_account[routing_number]=110000000"))
	w.step("GET", "/v1/tokens/"+tok)
	fresh := id(w.step("POST", sources, "source="+id(w.step("POST", "/v1/tokens", "bank_account[country]=US", "bank_account[currency]=usd", "bank_account[account_number]=000123456789", "bank_account[routing_number]=110000000"))))
	w.step("POST", sources+"/"+fresh+"/verify", "amounts[0]=32", "amounts[1]=45")
	for _, kind := range [][]string{{"card[number]=4242424242424242", "card[exp_month]=12", "card[exp_year]=2040", "card[cvc]=123"}, {"pii[id_number]=000000000"}, {"cvc_update[cvc]=123"},
		{"person[first_name]=Ann"}, {"account[business_type]=individual"}} {
		w.step("POST", "/v1/tokens", kind...)
	}
	ch := "/v1/charges/" + id(w.step("POST", "/v1/charges", "amount=5000", "currency=usd", "customer="+customer, "source="+card, "capture=false", "transfer_data[destination]="+account,
		"transfer_data[amount]=4000", "receipt_email=a@example.com", "shipping[name]=Ann", "shipping[address][line1]=1 Main", "expand[0]=customer"))
	w.step("POST", ch+"/capture", "amount=4500", "transfer_data[amount]=3000")
	w.step("POST", ch, "fraud_details[user_report]=safe", "metadata[a]=b", "receipt_email=b@example.com")
	re := id(w.step("POST", ch+"/refunds", "amount=100", "reason=duplicate"))
	w.step("GET", ch+"/refunds", "limit=1")
	w.step("GET", ch+"/refunds/"+re)
	w.step("POST", ch+"/refunds/"+re, "metadata[a]=b")
	w.step("POST", ch+"/refund", "amount=100")
	w.step("GET", ch, "expand[0]=refunds")
	w.step("DELETE", sources+"/"+card)
	w.step("DELETE", sources+"/"+bank)
}
