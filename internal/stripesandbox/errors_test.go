package stripesandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The texts that the field knows, byte for byte.
func TestRefusalsSpeakAsStripe(t *testing.T) {
	b := start(t)
	o := b.owner()
	ch := b.paid(1000, visa).Get("id").String()
	b.refused(400, "", "Refund amount ($11.00) is greater than charge amount ($10.00)", "/v1/refunds", "charge="+ch, "amount=1100")
	b.refused(400, "parameter_invalid_integer", "This value must be greater than or equal to 1.", "/v1/refunds", "charge="+ch, "amount=0")
	b.post("/v1/refunds", "charge="+ch, "amount=500")
	b.refused(400, "", "Refund amount ($6.00) is greater than unrefunded amount on charge ($5.00)", "/v1/refunds", "charge="+ch, "amount=600")
	b.post("/v1/refunds", "charge="+ch)
	b.refused(400, "charge_already_refunded", "Charge "+ch+" has already been refunded.", "/v1/refunds", "charge="+ch)
	b.refused(404, "resource_missing", "No such charge: 'ch_nope'", "/v1/refunds", "charge=ch_nope")
	b.refused(400, "resource_missing", "No such destination: 'acct_nope'", "/v1/payment_intents", with(intent, "transfer_data[destination]=acct_nope")...)
	b.refused(400, "parameter_unknown", "Received unknown parameter: colour", "/v1/payment_intents", with(intent, "colour=red")...)

	fresh := b.post("/v1/accounts", "type=express", "capabilities[transfers][requested]=true").Get("id").String()
	const cannot = "Your destination account needs to have at least one of the following capabilities enabled: transfers, crypto_transfers, legacy_payments"
	b.refused(400, "insufficient_capabilities_for_transfer", cannot, "/v1/transfers", "amount=1", "currency=usd", "destination="+fresh)
	b.refused(400, "", "Cannot create a login link for an account that has not completed onboarding.", "/v1/accounts/"+fresh+"/login_links")
	b.refused(400, "", "You cannot create `account_update` type Account Links for this account. Valid types for this account are [\"account_onboarding\"].",
		"/v1/account_links", "account="+o, "type=account_update", "refresh_url=https://h.test/", "return_url=https://h.test/")
	b.refused(400, "account_number_invalid", "", "/v1/accounts/"+o+"/external_accounts", "external_account[object]=bank_account", "external_account[country]=US",
		"external_account[currency]=usd", "external_account[routing_number]=110000000", "external_account[account_number]=12345678")
	b.refused(400, "balance_insufficient", "", "/v1/transfers", "amount=99999999", "currency=usd", "destination="+o)
	b.refused(403, "account_invalid", "does not have access to account 'acct_nope'", "/v1/payment_intents", with(intent, "@acct_nope")...)

	in := b.post("/v1/payment_intents", with(intent, "confirm=true", "payment_method=pm_card_visa")...).Get("id").String()
	b.refused(400, "payment_intent_unexpected_state", "This PaymentIntent could not be captured because it has a status of succeeded. Only a PaymentIntent with one of the following statuses may be captured: requires_capture.",
		"/v1/payment_intents/"+in+"/capture")
	b.refused(400, "payment_intent_unexpected_state", "You cannot cancel this PaymentIntent because it has a status of succeeded. Only a PaymentIntent with one of the following statuses may be canceled: requires_payment_method, requires_capture, requires_confirmation, requires_action, processing.",
		"/v1/payment_intents/"+in+"/cancel")
	if r := b.call(http.MethodGet, "/v1/payment_intents/pi_nope"); r.status != 404 || r.Get("error.message").String() != "No such payment_intent: 'pi_nope'" || r.Get("error.param").String() != "intent" {
		t.Errorf("unknown intent: %s", r.Raw)
	}
	dest := b.paid(1000, visa, destination(o, 100)...).Get("id").String()
	b.refused(400, "", "reverse_transfer", "/v1/refunds", "charge="+dest, "refund_application_fee=true")
	b.refused(400, "", "no associated transfer", "/v1/refunds", "payment_intent="+in, "reverse_transfer=true")
}

func TestDeclinesByCard(t *testing.T) {
	b := start(t)
	for _, c := range []struct{ pm, code, decline, message string }{
		{"visa_chargeDeclined", "card_declined", "generic_decline", "Your card was declined."},
		{"visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds", "Your card has insufficient funds."},
		{"chargeDeclinedExpiredCard", "expired_card", "", "Your card has expired."},
		{"chargeDeclinedIncorrectCvc", "incorrect_cvc", "", "Your card's security code is incorrect."},
		{"radarBlock", "card_declined", "fraudulent", "Your card was declined."},
	} {
		r := b.refused(402, c.code, c.message, "/v1/payment_intents", with(intent, "confirm=true", "payment_method=pm_card_"+c.pm)...)
		e := r.Get("error")
		if e.Get("decline_code").String() != c.decline || e.Get("payment_intent.status").String() != "requires_payment_method" ||
			e.Get("payment_intent.latest_charge").String() != e.Get("charge").String() || r.header.Get("Stripe-Should-Retry") != "false" {
			t.Errorf("%s: %s", c.pm, r.Raw)
		}
		ch := b.get("/v1/charges/" + e.Get("charge").String())
		if ch.Get("paid").Bool() || ch.Get("status").String() != "failed" || ch.Get("balance_transaction").String() != "" {
			t.Errorf("%s left the charge %s", c.pm, ch.Raw)
		}
	}
	b.refused(402, "authentication_required", "Your card was declined. This transaction requires authentication.", "/v1/payment_intents",
		with(intent, "confirm=true", "off_session=true", "payment_method=pm_card_authenticationRequired")...)
}

func TestKeys(t *testing.T) {
	b := start(t)
	for _, c := range []struct {
		key    string
		status int
		says   string
	}{{"sk_test_1", 200, ""}, {"sk_live_1", 401, "never takes a live key"}, {"rk_live_1", 401, "never takes a live key"}, {"pk_test_1", 401, "publishable API key"}, {"nonsense", 401, "Invalid API Key"}, {"", 401, "did not provide an API key"}} {
		req, _ := http.NewRequest("GET", b.url+"/v1/balance", nil)
		req.Header.Set("Authorization", "Bearer "+c.key)
		if r := b.do(req); r.status != c.status || r.header.Get("Request-Id") == "" || !strings.Contains(r.Get("error.message").String(), c.says) {
			t.Errorf("key %q: %d %s, want %d %q", c.key, r.status, r.Raw, c.status, c.says)
		}
	}
}

func TestListsPageBothWays(t *testing.T) {
	b := start(t)
	var ids []string // oldest first
	for i := range 7 {
		ids = append(ids, b.post("/v1/payment_intents", fmt.Sprintf("amount=%d", 1000+i), "currency=usd").Get("id").String())
	}
	page := b.get("/v1/payment_intents", "limit=3")
	if page.Get("data.0.id").String() != ids[6] || !page.Get("has_more").Bool() || page.Get("url").String() != "/v1/payment_intents" {
		t.Errorf("first page: %s", page.Raw)
	}
	next := b.get("/v1/payment_intents", "limit=5", "starting_after="+ids[4])
	if next.Get("data.#").Int() != 4 || next.Get("data.0.id").String() != ids[3] || next.Get("has_more").Bool() {
		t.Errorf("after: %s", next.Raw)
	}
	prev := b.get("/v1/payment_intents", "limit=2", "ending_before="+ids[3])
	if prev.Get("data.0.id").String() != ids[5] || prev.Get("data.1.id").String() != ids[4] || !prev.Get("has_more").Bool() {
		t.Errorf("before: %s", prev.Raw)
	}
	b.advance("1h")
	late := b.post("/v1/payment_intents", intent...)
	recent := b.get("/v1/payment_intents", fmt.Sprintf("created[gte]=%d", late.Get("created").Int()))
	if recent.Get("data.#").Int() != 1 {
		t.Errorf("created filter: %s", recent.Raw)
	}
	for _, bad := range []string{"limit=0", "limit=101", "starting_after=pi_nope"} {
		if r := b.call("GET", "/v1/payment_intents", bad); r.status != 400 {
			t.Errorf("%s: %d", bad, r.status)
		}
	}
}

func TestExpandAndMetadata(t *testing.T) {
	b := start(t)
	o := b.owner()
	ch := b.paid(10000, visa, destination(o, 1000)...)
	r := b.get("/v1/charges/"+ch.Get("id").String(), "expand[]=transfer.destination_payment.balance_transaction", "expand[]=refunds", "expand[]=balance_transaction.source")
	if r.Get("transfer.destination_payment.balance_transaction.net").Int() != 9000 || r.Get("refunds.object").String() != "list" || r.Get("balance_transaction.source.id").String() != ch.Get("id").String() {
		t.Errorf("expanded: %s", r.Raw)
	}
	if b.get("/v1/charges/" + ch.Get("id").String()).Get("refunds").Exists() {
		t.Error("refunds show without being expanded")
	}
	list := b.get("/v1/payment_intents", "expand[]=data.latest_charge")
	if list.Get("data.0.latest_charge.object").String() != "charge" {
		t.Errorf("list: %s", list.Raw)
	}
	if r := b.call("GET", "/v1/charges/"+ch.Get("id").String(), "expand[]=nonsense"); r.status != 400 {
		t.Errorf("expanding nonsense: %d", r.status)
	}
	if r := b.call("GET", "/v1/charges/"+ch.Get("id").String(), "expand[]=a.b.c.d.e"); r.status != 400 {
		t.Errorf("expanding five deep: %d", r.status)
	}
	in := "/v1/payment_intents/" + ch.Get("payment_intent").String()
	b.post(in, "metadata[a]=1", "metadata[b]=2")
	if got := b.post(in, "metadata[a]=", "metadata[c]=3").Get("metadata").Raw; b.get(in).Get("metadata.a").Exists() || b.get(in).Get("metadata.c").String() != "3" {
		t.Errorf("metadata: %s", got)
	}
	if r := b.call("POST", in, "metadata[d]=4", "colour=red"); r.status != 400 || b.get(in).Get("metadata.d").Exists() {
		t.Error("a refused update left its metadata")
	}
	if got := b.post(in, "metadata=").Get("metadata").Map(); len(got) != 0 {
		t.Errorf("unset metadata: %v", got)
	}
}

// What belongs to an owner is not there for the platform, and the other way round.
func TestAccountsDoNotSeeEachOther(t *testing.T) {
	b := start(t)
	o := b.owner()
	theirs := b.paid(5000, visa, "@"+o).Get("id").String()
	ours := b.paid(5000, visa, destination(o, 100)...)
	for _, c := range []struct {
		path, acting string
		status       int
	}{
		{"/v1/charges/" + theirs, "@" + o, 200}, {"/v1/charges/" + theirs, "", 404},
		{"/v1/charges/" + ours.Get("id").String(), "", 200}, {"/v1/charges/" + ours.Get("id").String(), "@" + o, 404},
		{"/v1/balance_transactions/" + ours.Get("balance_transaction").String(), "@" + o, 404},
		{"/v1/transfers/" + ours.Get("transfer").String(), "@" + o, 404},
	} {
		var params []string
		if c.acting != "" {
			params = append(params, c.acting)
		}
		if r := b.call("GET", c.path, params...); r.status != c.status {
			t.Errorf("%s %s: %d, want %d", c.path, c.acting, r.status, c.status)
		}
	}
	b.refused(404, "resource_missing", "No such charge", "/v1/refunds", "charge="+theirs)
	if n := b.get("/v1/charges").Get("data.#").Int(); n != 1 {
		t.Errorf("the platform lists %d charges, want its own", n)
	}
}

func TestControlsAnswerLoopbackOnly(t *testing.T) {
	b := start(t)
	for addr, want := range map[string]int{"127.0.0.1:999": 200, "[::1]:999": 200, "192.0.2.7:999": 403} {
		r := httptest.NewRequest("GET", "/_sandbox/clock", nil)
		r.RemoteAddr = addr
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d, want %d", addr, w.Code, want)
		}
	}
}

func TestPlansThatCannotBe(t *testing.T) {
	b := start(t)
	o := b.owner()
	dest := "transfer_data[destination]=" + o
	for _, params := range [][]string{
		{dest, "application_fee_amount=5001"}, {dest, "transfer_data[amount]=5001"}, {dest, "application_fee_amount=1", "transfer_data[amount]=1"},
		{"application_fee_amount=1"}, {"on_behalf_of=acct_nope"}, {"statement_descriptor=This one is far too long"},
	} {
		if r := b.call("POST", "/v1/payment_intents", with(intent, params...)...); r.status != 400 {
			t.Errorf("%v: %d", params, r.status)
		}
	}
	if r := b.call("POST", "/v1/payment_intents", with(intent, "#"+strings.Repeat("k", 256))...); r.status != 400 {
		t.Errorf("a key of 256 characters: %d", r.status)
	}
	b.refused(400, "amount_too_small", "", "/v1/payment_intents", "amount=49", "currency=usd")
}
