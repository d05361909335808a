package stripesandbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func (b *bench) events(kind string) int {
	b.t.Helper()
	return int(b.get("/v1/events", "type="+kind, "limit=100").Get("data.#").Int())
}

func TestSessionRules(t *testing.T) {
	b := start(t)
	base := []string{"mode=payment", "success_url=https://h.test/", "line_items[0][price_data][currency]=usd", "line_items[0][price_data][unit_amount]=5000",
		"line_items[0][price_data][product_data][name]=x", "line_items[0][quantity]=1"}
	now := time.Now().Unix()
	for _, c := range []struct{ param, says string }{
		{fmt.Sprintf("expires_at=%d", now+20*60), "at least 30 minutes"},
		{fmt.Sprintf("expires_at=%d", now+25*3600), "less than 24 hours"},
		{"ui_mode=embedded", "`success_url` is not allowed"},
		{"success_url=", "success_url"},
		{"payment_method_types[0]=klarna", "klarna"},
		{"payment_intent_data[application_fee_amount]=100", "application_fee_amount"},
	} {
		r := b.call("POST", "/v1/checkout/sessions", with(base, c.param)...)
		if c.param == "success_url=" {
			r = b.call("POST", "/v1/checkout/sessions", base[2:]...)
		}
		if r.status != 400 || !strings.Contains(r.Raw, c.says) {
			t.Errorf("%s: %d %s", c.param, r.status, r.Raw)
		}
	}
	cs := b.post("/v1/checkout/sessions", with(base, fmt.Sprintf("expires_at=%d", now+40*60))...)
	if cs.Get("payment_intent").String() != "" || cs.Get("url").String() == "" {
		t.Errorf("new: %s", cs.Raw)
	}
	b.advance("41m")
	cs = b.get("/v1/checkout/sessions/" + cs.Get("id").String())
	if cs.Get("status").String() != "expired" || cs.Get("url").String() != "" || b.events("checkout.session.expired") != 1 {
		t.Errorf("after its end: %s", cs.Raw)
	}
	b.refused(400, "", "status of expired", "/v1/checkout/sessions/"+cs.Get("id").String()+"/expire")
}

func TestDeclineThenSuccessOnOnePage(t *testing.T) {
	b := start(t)
	id := b.session(9000).Get("id").String()
	r := b.control("/checkout/"+id+"/pay", m{"card": "4000000000000002"})
	cs := b.get("/v1/checkout/sessions/" + id)
	if r.status != 402 || cs.Get("status").String() != "open" || cs.Get("url").String() == "" || cs.Get("payment_intent").String() == "" {
		t.Fatalf("declined: %d %s", r.status, cs.Raw)
	}
	in := "/v1/payment_intents/" + cs.Get("payment_intent").String()
	if got := b.get(in); got.Get("status").String() != "requires_payment_method" || got.Get("last_payment_error.decline_code").String() != "generic_decline" {
		t.Errorf("intent: %s", got.Raw)
	}
	b.refused(400, "payment_intent_unexpected_state", "Expire the session instead", in+"/cancel")
	b.steer("/checkout/"+id+"/pay", m{"card": visa})
	if got := b.get(in); got.Get("status").String() != "succeeded" || got.Get("last_payment_error").Raw != "null" {
		t.Errorf("intent: %s", got.Raw)
	}
	if r := b.control("/checkout/"+id+"/pay", m{"card": visa}); r.status != 400 {
		t.Error("a complete session takes money again")
	}
	if b.events("charge.succeeded") != 1 || b.events("payment_intent.payment_failed") != 1 || b.events("checkout.session.completed") != 1 {
		t.Error("events do not tell one failure and one success")
	}
}

func TestExpiringCancelsWhatAttemptsLeft(t *testing.T) {
	b := start(t)
	id := b.session(9000).Get("id").String()
	b.control("/checkout/"+id+"/pay", m{"card": "4000000000000002"})
	cs := b.post("/v1/checkout/sessions/" + id + "/expire")
	in := b.get("/v1/payment_intents/" + cs.Get("payment_intent").String())
	if in.Get("status").String() != "canceled" || in.Get("cancellation_reason").String() != "automatic" {
		t.Errorf("intent: %s", in.Raw)
	}
}

func TestChallenge(t *testing.T) {
	for _, c := range []struct{ card, outcome, session, intent string }{
		{"4000002760003184", "complete", "complete", "succeeded"},
		{"4000002760003184", "fail", "open", "requires_payment_method"},
		{"4000008400001629", "complete", "open", "requires_payment_method"},
	} {
		b := start(t)
		cs := b.steer("/checkout/"+b.session(9000).Get("id").String()+"/pay", m{"card": c.card})
		in := b.get("/v1/payment_intents/" + cs.Get("payment_intent").String())
		if cs.Get("status").String() != "open" || in.Get("status").String() != "requires_action" || in.Get("next_action.redirect_to_url.url").String() == "" {
			t.Fatalf("challenged: %s", in.Raw)
		}
		b.control("/intents/"+in.Get("id").String()+"/challenge", m{"outcome": c.outcome})
		cs, in = b.get("/v1/checkout/sessions/"+cs.Get("id").String()), b.get("/v1/payment_intents/"+in.Get("id").String())
		if cs.Get("status").String() != c.session || in.Get("status").String() != c.intent {
			t.Errorf("%s %s: session %s, intent %s", c.card, c.outcome, cs.Get("status"), in.Get("status"))
		}
	}
}

func TestSEPADebit(t *testing.T) {
	for _, c := range []struct{ iban, payment, intent, event string }{
		{"AT611904300234573201", "paid", "succeeded", "checkout.session.async_payment_succeeded"},
		{"AT861904300235473202", "unpaid", "requires_payment_method", "checkout.session.async_payment_failed"},
	} {
		b := start(t)
		id := b.post("/v1/checkout/sessions", "mode=payment", "success_url=https://h.test/", "payment_method_types[0]=card", "payment_method_types[1]=sepa_debit",
			"line_items[0][price_data][currency]=eur", "line_items[0][price_data][unit_amount]=5000", "line_items[0][price_data][product_data][name]=x", "line_items[0][quantity]=1").Get("id").String()
		cs := b.steer("/checkout/"+id+"/pay", m{"iban": c.iban})
		in := "/v1/payment_intents/" + cs.Get("payment_intent").String()
		if cs.Get("status").String() != "complete" || cs.Get("payment_status").String() != "unpaid" || b.get(in).Get("status").String() != "processing" || b.events("checkout.session.completed") != 1 {
			t.Fatalf("started: %s", cs.Raw)
		}
		b.advance("73h")
		if got := b.get("/v1/checkout/sessions/" + id); got.Get("payment_status").String() != c.payment || got.Get("status").String() != "complete" {
			t.Errorf("%s: %s", c.iban, got.Raw)
		}
		if got := b.get(in, "expand[]=latest_charge"); got.Get("status").String() != c.intent || !strings.HasPrefix(got.Get("latest_charge.id").String(), "py_") || b.events(c.event) != 1 {
			t.Errorf("%s: %s", c.iban, got.Raw)
		}
		b.balanced()
	}
}

func TestACHDebit(t *testing.T) {
	for _, c := range []struct{ number, payment, intent, failure, event string }{
		{"000123456789", "paid", "succeeded", "", "checkout.session.async_payment_succeeded"},
		{"000222222227", "unpaid", "requires_payment_method", "insufficient_funds", "checkout.session.async_payment_failed"},
	} {
		b := start(t)
		o := b.owner()
		opened := b.session(5000, destination(o, 500)...)
		if got := opened.Get("payment_method_types").Raw; !strings.Contains(got, "us_bank_account") {
			t.Fatalf("a session in dollars offers %s", got)
		}
		id := opened.Get("id").String()
		if r := b.control("/checkout/"+id+"/pay", m{"account": "123"}); r.status != 400 || r.Get("error.code").String() != "account_number_invalid" {
			t.Errorf("any number: %s", r.Raw)
		}
		cs := b.steer("/checkout/"+id+"/pay", m{"account": c.number})
		in := "/v1/payment_intents/" + cs.Get("payment_intent").String()
		if cs.Get("status").String() != "complete" || cs.Get("payment_status").String() != "unpaid" || b.get(in).Get("status").String() != "processing" ||
			b.events("checkout.session.completed") != 1 || b.events("payment_intent.processing") != 1 || b.events("charge.pending") != 1 {
			t.Fatalf("started: %s", cs.Raw)
		}
		b.advance("71h") // no four business days yet, on whatever day this runs
		if got := b.get(in).Get("status").String(); got != "processing" {
			t.Errorf("%s: after 71 hours the intent is %s", c.number, got)
		}
		b.advance("75h") // four business days, and a weekend
		if got := b.get("/v1/checkout/sessions/" + id); got.Get("payment_status").String() != c.payment || got.Get("status").String() != "complete" {
			t.Errorf("%s: %s", c.number, got.Raw)
		}
		got := b.get(in, "expand[]=latest_charge")
		ch, bank := got.Get("latest_charge"), got.Get("latest_charge.payment_method_details.us_bank_account")
		if got.Get("status").String() != c.intent || !strings.HasPrefix(ch.Get("id").String(), "py_") || ch.Get("failure_code").String() != c.failure || b.events(c.event) != 1 {
			t.Errorf("%s: %s", c.number, got.Raw)
		}
		if bank.Get("last4").String() != c.number[8:] || bank.Get("routing_number").String() != "110000000" || bank.Get("bank_name").String() == "" {
			t.Errorf("%s: paid from %s", c.number, ch.Get("payment_method_details").Raw)
		}
		if c.failure == "" {
			re := b.post("/v1/refunds", "charge="+ch.Get("id").String())
			if !strings.HasPrefix(re.Get("id").String(), "pyr_") || re.Get("destination_details.type").String() != "us_bank_account" {
				t.Errorf("refunded: %s", re.Raw)
			}
		} else if b.events("charge.failed") != 1 || b.events("payment_intent.payment_failed") != 1 || b.holds(o) != 0 {
			t.Error("a refused debit moved money, or told nobody")
		}
		b.balanced()
	}
}

// The API debits too: by the test methods, and by one made from a number.
func TestACHByTheAPI(t *testing.T) {
	b := start(t)
	pm := b.post("/v1/payment_methods", "type=us_bank_account", "us_bank_account[account_number]=000222222227", "us_bank_account[routing_number]=110000000", "us_bank_account[account_holder_type]=individual", "billing_details[name]=Ada")
	for method, want := range map[string]string{"pm_usBankAccount_success": "succeeded", pm.Get("id").String(): "requires_payment_method"} {
		in := b.post("/v1/payment_intents", "amount=5000", "currency=usd", "payment_method_types[]=us_bank_account", "payment_method="+method, "confirm=true")
		if in.Get("status").String() != "processing" {
			t.Errorf("%s: %s", method, in.Raw)
		}
		b.advance("146h")
		if got := b.get("/v1/payment_intents/" + in.Get("id").String()); got.Get("status").String() != want {
			t.Errorf("%s: %s", method, got.Raw)
		}
	}
	b.refused(400, "account_number_invalid", "test bank account", "/v1/payment_methods", "type=us_bank_account", "us_bank_account[account_number]=1234567")
}

// A session offers the debit of its currency, and none where money is only held.
func TestOfferedMethods(t *testing.T) {
	b := start(t)
	for _, c := range []struct{ currency, capture, want string }{
		{"usd", "automatic", `["card","us_bank_account"]`}, {"eur", "automatic", `["card","sepa_debit"]`}, {"gbp", "automatic", `["card"]`}, {"usd", "manual", `["card"]`},
	} {
		cs := b.session(5000, "line_items[0][price_data][currency]="+c.currency, "payment_intent_data[capture_method]="+c.capture)
		if got := strings.Join(strings.Fields(cs.Get("payment_method_types").Raw), ""); got != c.want {
			t.Errorf("%s, %s capture: %s", c.currency, c.capture, got)
		}
	}
	price := []string{"mode=payment", "success_url=https://h.test/", "line_items[0][price_data][unit_amount]=5000", "line_items[0][price_data][product_data][name]=x", "line_items[0][quantity]=1"}
	b.refused(400, "", "cannot be used with currency eur", "/v1/checkout/sessions", with(price, "line_items[0][price_data][currency]=eur", "payment_method_types[0]=us_bank_account")...)
	b.refused(400, "", "manual capture", "/v1/checkout/sessions", with(price, "line_items[0][price_data][currency]=usd", "payment_method_types[0]=us_bank_account", "payment_intent_data[capture_method]=manual")...)
}

// A hold that nobody captured is canceled after seven days; its charge then
// looks refunded, though no money was ever taken.
func TestHoldLapses(t *testing.T) {
	b := start(t)
	o := b.owner()
	ch := b.paid(120000, visa, with(destination(o, 14400), "payment_intent_data[capture_method]=manual")...)
	in := "/v1/payment_intents/" + ch.Get("payment_intent").String()
	if got := b.get(in); got.Get("status").String() != "requires_capture" || got.Get("amount_capturable").Int() != 120000 || !ch.Get("paid").Bool() {
		t.Fatalf("held: %s", got.Raw)
	}
	b.refused(400, "", "cancel the PaymentIntent", "/v1/refunds", "payment_intent="+ch.Get("payment_intent").String())
	b.refused(400, "amount_too_large", "", in+"/capture", "amount_to_capture=120001")
	b.advance("169h")
	got, gone := b.get(in), b.get("/v1/charges/"+ch.Get("id").String(), "expand[]=refunds")
	if got.Get("status").String() != "canceled" || got.Get("cancellation_reason").String() != "automatic" || got.Get("amount_capturable").Int() != 0 {
		t.Errorf("lapsed: %s", got.Raw)
	}
	if gone.Get("captured").Bool() || !gone.Get("refunded").Bool() || gone.Get("refunds.data.0.reason").String() != "expired_uncaptured_charge" || gone.Get("refunds.data.0.balance_transaction").Raw != "null" {
		t.Errorf("charge: %s", gone.Raw)
	}
	if b.events("charge.expired") != 1 || len(b.rows("")) != 0 {
		t.Error("a lapsed hold moved money, or told nobody")
	}
}

func TestRefundCards(t *testing.T) {
	b := start(t)
	late := b.post("/v1/refunds", "charge="+b.paid(5000, "4000000000007726").Get("id").String())
	doomed := b.post("/v1/refunds", "charge="+b.paid(5000, "4000000000005126").Get("id").String())
	if late.Get("status").String() != "pending" || late.Get("balance_transaction").Raw != "null" || doomed.Get("status").String() != "succeeded" {
		t.Fatalf("%s %s", late.Raw, doomed.Raw)
	}
	b.advance("25h")
	late, doomed = b.get("/v1/refunds/"+late.Get("id").String()), b.get("/v1/refunds/"+doomed.Get("id").String())
	if late.Get("status").String() != "succeeded" || doomed.Get("status").String() != "failed" || doomed.Get("failure_reason").String() != "expired_or_canceled_card" {
		t.Errorf("a day later: %s %s", late.Raw, doomed.Raw)
	}
	if doomed.Get("failure_balance_transaction").String() == "" || b.events("charge.refund.updated") != 2 {
		t.Error("a failed refund returns its money and says so")
	}
	b.balanced()
}

func TestEarlyFraudWarning(t *testing.T) {
	b := start(t)
	ch := b.paid(5000, "4000000000005423").Get("id").String()
	b.advance("5s")
	if w := b.get("/v1/radar/early_fraud_warnings", "charge="+ch); w.Get("data.#").Int() != 1 {
		t.Errorf("%s", w.Raw)
	}
}

func TestFundsBecomeAvailable(t *testing.T) {
	b := start(t)
	ch := b.paid(10000, visa)
	txn := b.get("/v1/balance_transactions/" + ch.Get("balance_transaction").String())
	on := time.Unix(txn.Get("available_on").Int(), 0).UTC()
	if txn.Get("status").String() != "pending" || on.Hour() != 0 || slices.Contains([]time.Weekday{time.Saturday, time.Sunday}, on.Weekday()) {
		t.Errorf("%s, available %s", txn.Raw, on)
	}
	b.advance("97h")
	if got := b.get("/v1/balance").Get("available.0.amount").Int(); got != txn.Get("net").Int() {
		t.Errorf("available %d, want %d", got, txn.Get("net").Int())
	}
	if b.get("/v1/balance_transactions/"+txn.Get("id").String()).Get("status").String() != "available" || b.events("balance.available") != 1 {
		t.Error("the row stays pending, or nobody was told")
	}
}
