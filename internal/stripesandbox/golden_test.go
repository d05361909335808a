package stripesandbox_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"hearth/internal/stripesandbox"
)

// exchange is a request and the answer that recordings, or the documentation,
// show for it. In all texts $name stands for what the scene calls so; an id that
// nobody can know is written as its prefix and a star.
type exchange struct {
	name    string
	scene   func(b *bench, names map[string]string)
	method  string
	path    string
	form    []string
	status  int
	headers map[string]string // "" is one that must be absent, * one of any value
	body    map[string]string // what the answer says at these paths; "absent" is not there
}

// goldenErrors are the rows of the table of errors, and what it says of headers.
var goldenErrors = []exchange{
	{name: "a key that is none", method: "GET", path: "/v1/balance", form: []string{"!nonsense"}, status: 401,
		headers: map[string]string{"Request-Id": "req_*", "Stripe-Should-Retry": ""}, body: map[string]string{"error.type": "invalid_request_error"}},
	{name: "an account that is not ours", method: "GET", path: "/v1/balance", form: []string{"@acct_nope"}, status: 403,
		headers: map[string]string{"Request-Id": "req_*", "Stripe-Account": "acct_nope"}, body: map[string]string{"error.type": "invalid_request_error", "error.code": "account_invalid"}},
	{name: "an unknown charge", method: "GET", path: "/v1/charges/ch_x", status: 404, headers: map[string]string{"Stripe-Should-Retry": "", "Stripe-Version": "2023-10-16"},
		body: map[string]string{"error.code": "resource_missing", "error.param": "id", "error.message": "No such charge: 'ch_x'", "error.type": "invalid_request_error"}},
	{name: "an unknown intent", method: "GET", path: "/v1/payment_intents/pi_x", status: 404,
		body: map[string]string{"error.code": "resource_missing", "error.param": "intent", "error.message": "No such payment_intent: 'pi_x'"}},
	{name: "an unknown destination", method: "POST", path: "/v1/payment_intents", form: with(intent, "transfer_data[destination]=acct_x"), status: 400,
		body: map[string]string{"error.code": "resource_missing", "error.param": "transfer_data[destination]", "error.message": "No such destination: 'acct_x'"}},
	{name: "a parameter that is missing", method: "POST", path: "/v1/payment_intents", form: []string{"currency=usd"}, status: 400,
		headers: map[string]string{"Stripe-Should-Retry": ""}, body: map[string]string{"error.code": "parameter_missing", "error.param": "amount"}},
	{name: "a refund repeated", scene: paidScene, method: "POST", path: "/v1/refunds", form: []string{"charge=$whole"}, status: 400, headers: map[string]string{"Stripe-Should-Retry": "false"},
		body: map[string]string{"error.code": "charge_already_refunded", "error.message": "Charge $whole has already been refunded."}},
	{name: "a refund above the charge", scene: paidScene, method: "POST", path: "/v1/refunds", form: []string{"charge=$ch", "amount=1100"}, status: 400,
		body: map[string]string{"error.code": "absent", "error.param": "amount", "error.message": "Refund amount ($11.00) is greater than charge amount ($10.00)"}},
	{name: "a refund above what is left", scene: paidScene, method: "POST", path: "/v1/refunds", form: []string{"charge=$half", "amount=501"}, status: 400,
		body: map[string]string{"error.code": "absent", "error.param": "amount", "error.message": "Refund amount ($5.01) is greater than unrefunded amount on charge ($5.00)"}},
	{name: "a refund of nothing", scene: paidScene, method: "POST", path: "/v1/refunds", form: []string{"charge=$ch", "amount=0"}, status: 400,
		body: map[string]string{"error.code": "parameter_invalid_integer", "error.param": "amount", "error.message": "This value must be greater than or equal to 1."}},
	{name: "a refund while charged back", scene: paidScene, method: "POST", path: "/v1/refunds", form: []string{"charge=$disputed"}, status: 400,
		body: map[string]string{"error.code": "charge_disputed", "error.message": "Charge $disputed has been charged back; cannot issue a refund."}},
	{name: "a refund of a hold", scene: paidScene, method: "POST", path: "/v1/refunds", form: []string{"payment_intent=$hold"}, status: 400, body: map[string]string{"error.type": "invalid_request_error"}},
	{name: "a capture too late", scene: paidScene, method: "POST", path: "/v1/payment_intents/$gone/capture", status: 400, headers: map[string]string{"Stripe-Should-Retry": "false"},
		body: map[string]string{"error.code": "payment_intent_unexpected_state", "error.payment_intent.id": "$gone",
			"error.message": "This PaymentIntent could not be captured because it has a status of canceled. Only a PaymentIntent with one of the following statuses may be captured: requires_capture."}},
	{name: "a cancellation too late", scene: paidScene, method: "POST", path: "/v1/payment_intents/$done/cancel", status: 400,
		body: map[string]string{"error.code": "payment_intent_unexpected_state",
			"error.message": "You cannot cancel this PaymentIntent because it has a status of succeeded. Only a PaymentIntent with one of the following statuses may be canceled: requires_payment_method, requires_capture, requires_confirmation, requires_action, processing."}},
	decline("visa_chargeDeclined", "card_declined", "generic_decline", "", "Your card was declined."),
	decline("visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds", "", "Your card has insufficient funds."),
	decline("visa_chargeDeclinedLostCard", "card_declined", "lost_card", "", "Your card was declined."),
	decline("chargeDeclinedExpiredCard", "expired_card", "absent", "exp_month", "Your card has expired."),
	decline("chargeDeclinedIncorrectCvc", "incorrect_cvc", "absent", "cvc", "Your card's security code is incorrect."),
	{name: "a challenge off-session", method: "POST", path: "/v1/payment_intents", form: with(intent, "confirm=true", "off_session=true", "payment_method=pm_card_authenticationRequired"), status: 402,
		headers: map[string]string{"Stripe-Should-Retry": "false"}, body: map[string]string{"error.type": "card_error", "error.code": "authentication_required",
			"error.message": "Your card was declined. This transaction requires authentication.", "error.payment_intent.status": "requires_payment_method", "error.charge": "ch_*"}},
	{name: "a payout too big", scene: paidScene, method: "POST", path: "/v1/payouts", form: []string{"amount=9999999", "currency=usd", "@$owner"}, status: 400,
		headers: map[string]string{"Stripe-Account": "$owner", "Stripe-Should-Retry": "false"},
		body:    map[string]string{"error.code": "balance_insufficient", "error.message": "You have insufficient funds in your Stripe account for this transfer. *"}},
	{name: "a lock", scene: func(b *bench, _ map[string]string) {
		b.steer("/faults", m{"route": "POST /v1/refunds", "kind": "lock_timeout"})
	}, method: "POST", path: "/v1/refunds", form: []string{"charge=ch_x"}, status: 429,
		headers: map[string]string{"Stripe-Should-Retry": "true"}, body: map[string]string{"error.code": "lock_timeout", "error.type": "invalid_request_error",
			"error.message": "This object cannot be accessed right now because another API request or Stripe process is currently accessing it. *"}},
	{name: "too many requests", scene: func(b *bench, _ map[string]string) { b.steer("/faults", m{"route": "POST /v1/refunds", "kind": "429"}) }, method: "POST", path: "/v1/refunds", form: []string{"charge=ch_x"}, status: 429,
		body: map[string]string{"error.code": "rate_limit"}},
	{name: "a fault of Stripe's", scene: func(b *bench, _ map[string]string) { b.steer("/faults", m{"route": "POST /v1/refunds", "kind": "500"}) }, method: "POST", path: "/v1/refunds", form: []string{"charge=ch_x"}, status: 500,
		headers: map[string]string{"Stripe-Should-Retry": "false"}, body: map[string]string{"error.type": "api_error"}},
	{name: "a transfer to somebody new", scene: paidScene, method: "POST", path: "/v1/transfers", form: []string{"amount=1", "currency=usd", "destination=$new"}, status: 400,
		body: map[string]string{"error.code": "insufficient_capabilities_for_transfer",
			"error.message": "Your destination account needs to have at least one of the following capabilities enabled: transfers, crypto_transfers, legacy_payments"}},
	{name: "a transfer without balance", scene: paidScene, method: "POST", path: "/v1/transfers", form: []string{"amount=9999999", "currency=usd", "destination=$owner"}, status: 400,
		body: map[string]string{"error.code": "balance_insufficient"}},
	{name: "a login link too early", scene: paidScene, method: "POST", path: "/v1/accounts/$new/login_links", status: 400,
		body: map[string]string{"error.message": "Cannot create a login link for an account that has not completed onboarding."}},
	{name: "an update link on Express", scene: paidScene, method: "POST", path: "/v1/account_links", form: []string{"account=$owner", "type=account_update", "refresh_url=https://h.test/", "return_url=https://h.test/"}, status: 400,
		body: map[string]string{"error.message": "You cannot create `account_update` type Account Links for this account. Valid types for this account are [\"account_onboarding\"]."}},
	{name: "a real-looking bank account", scene: paidScene, method: "POST", path: "/v1/accounts/$owner/external_accounts", form: []string{"external_account[object]=bank_account",
		"external_account[country]=US", "external_account[currency]=usd", "external_account[routing_number]=110000000", "external_account[account_number]=12345678"}, status: 400,
		body: map[string]string{"error.code": "account_number_invalid"}},
}

// goldenMoney are answers that went well, as recorded.
var goldenMoney = []exchange{
	{name: "creating answers 200", method: "POST", path: "/v1/customers", form: []string{"#k"}, status: 200, headers: map[string]string{"Request-Id": "req_*", "Original-Request": "req_*",
		"Idempotency-Key": "k", "Idempotent-Replayed": "", "Stripe-Should-Retry": "false", "Stripe-Version": "2023-10-16", "Content-Type": "application/json"}, body: map[string]string{"id": "cus_*"}},
	{name: "a key on a GET does nothing", method: "GET", path: "/v1/customers", form: []string{"#k"}, status: 200, headers: map[string]string{"Idempotent-Replayed": "", "Stripe-Should-Retry": ""}},
	{name: "a charge's row", scene: paidScene, method: "GET", path: "/v1/charges/$ch", form: []string{"expand[]=balance_transaction"}, status: 200,
		body: map[string]string{"balance_transaction.type": "charge", "balance_transaction.reporting_category": "charge", "balance_transaction.source": "$ch", "balance_transaction.amount": "1000",
			"balance_transaction.fee": "59", "balance_transaction.net": "941", "balance_transaction.fee_details.0.type": "stripe_fee", "balance_transaction.status": "pending", "refunds": "absent"}},
	{name: "a direct charge of 1000 with a fee of 70", scene: paidScene, method: "GET", path: "/v1/charges/$direct", form: []string{"expand[]=balance_transaction", "@$owner"}, status: 200,
		body: map[string]string{"balance_transaction.fee": "129", "balance_transaction.net": "871", "application_fee": "fee_*", "application_fee_amount": "70", "transfer": "absent"}},
	{name: "a destination charge", scene: paidScene, method: "GET", path: "/v1/charges/$sent", form: []string{"expand[]=transfer", "expand[]=application_fee"}, status: 200,
		body: map[string]string{"transfer.source_transaction": "$sent", "transfer.destination_payment": "py_*", "transfer.transfer_group": "group_pi_*", "transfer_group": "group_pi_*",
			"application_fee.charge": "py_*", "application_fee.originating_transaction": "$sent", "application_fee.account": "$owner"}},
	{name: "a lapsed hold", scene: func(b *bench, names map[string]string) { paidScene(b, names); b.advance("169h") }, method: "GET", path: "/v1/payment_intents/$hold", form: []string{"expand[]=latest_charge.refunds"}, status: 200,
		body: map[string]string{"status": "canceled", "cancellation_reason": "automatic", "amount_capturable": "0", "latest_charge.status": "succeeded", "latest_charge.paid": "true", "latest_charge.captured": "false",
			"latest_charge.amount_refunded": "1000", "latest_charge.refunded": "true", "latest_charge.balance_transaction": "", "latest_charge.refunds.data.0.reason": "expired_uncaptured_charge",
			"latest_charge.refunds.data.0.balance_transaction": ""}},
	{name: "a refund of a fee that there is not", scene: paidScene, method: "POST", path: "/v1/refunds", form: []string{"charge=$ch", "refund_application_fee=true"}, status: 200, body: map[string]string{"status": "succeeded", "id": "re_*"}},
	{name: "a dispute", scene: paidScene, method: "GET", path: "/v1/disputes", form: []string{"charge=$disputed"}, status: 200, body: map[string]string{"data.0.id": "dp_*", "data.0.status": "needs_response",
		"data.0.is_charge_refundable": "false", "data.0.balance_transactions.0.type": "adjustment", "data.0.balance_transactions.0.reporting_category": "dispute", "data.0.balance_transactions.0.amount": "-1000",
		"data.0.balance_transactions.0.fee": "1500", "data.0.balance_transactions.0.description": "Chargeback withdrawal for $disputed", "data.0.balance_transactions.0.fee_details.0.description": "Dispute fee"}},
	{name: "an account link", scene: paidScene, method: "POST", path: "/v1/account_links", form: []string{"account=$new", "type=account_onboarding", "refresh_url=https://h.test/", "return_url=https://h.test/"}, status: 200,
		body: map[string]string{"object": "account_link", "id": "absent"}},
}

func decline(card, code, decline, param, message string) exchange {
	return exchange{name: "a card: " + card, method: "POST", path: "/v1/payment_intents", form: with(intent, "confirm=true", "payment_method=pm_card_"+card, "#k"), status: 402,
		headers: map[string]string{"Stripe-Should-Retry": "false", "Original-Request": "req_*", "Request-Id": "req_*"},
		body: map[string]string{"error.type": "card_error", "error.code": code, "error.decline_code": decline, "error.param": orAbsent(param), "error.message": message, "error.charge": "ch_*",
			"error.payment_intent.status": "requires_payment_method", "error.payment_intent.payment_method": "", "error.payment_intent.last_payment_error.code": code}}
}

func orAbsent(v string) string {
	if v == "" {
		return "absent"
	}
	return v
}

// paidScene has a charge of every kind that the exchanges are about.
func paidScene(b *bench, names map[string]string) {
	owner := b.owner()
	id := func(r reply) string { return r.Get("id").String() }
	ch, half, whole, disputed := b.paid(1000, visa), b.paid(1000, visa), b.paid(1000, visa), b.paid(1000, visa)
	names["owner"], names["ch"], names["half"], names["whole"], names["disputed"] = owner, id(ch), id(half), id(whole), id(disputed)
	names["done"] = ch.Get("payment_intent").String()
	b.post("/v1/refunds", "charge="+id(half), "amount=500")
	b.post("/v1/refunds", "charge="+id(whole))
	b.steer("/charges/"+id(disputed)+"/dispute", m{})
	names["hold"] = b.paid(1000, visa, "payment_intent_data[capture_method]=manual").Get("payment_intent").String()
	names["gone"] = id(b.post("/v1/payment_intents", intent...))
	b.post("/v1/payment_intents/" + names["gone"] + "/cancel")
	names["direct"] = id(b.paid(1000, visa, "@"+owner, "payment_intent_data[application_fee_amount]=70"))
	names["sent"] = id(b.paid(1000, visa, destination(owner, 123)...))
	names["new"] = id(b.post("/v1/accounts", "type=express", "capabilities[transfers][requested]=true"))
}

var unknowable = regexp.MustCompile(`\\\*`)

// like says whether a text is as written, stars standing for anything.
func like(have, want string, names map[string]string) bool {
	for name, value := range names {
		want = regexp.MustCompile(`\$`+name+`\b`).ReplaceAllLiteralString(want, value)
	}
	return regexp.MustCompile("(?s)^" + unknowable.ReplaceAllString(regexp.QuoteMeta(want), ".+") + "$").MatchString(have)
}

func (x exchange) run(t *testing.T) {
	b, names := start(t), map[string]string{}
	if x.scene != nil {
		x.scene(b, names)
	}
	fill := func(text string) string {
		for name, value := range names {
			text = regexp.MustCompile(`\$`+name+`\b`).ReplaceAllLiteralString(text, value)
		}
		return text
	}
	var form []string
	key := ""
	for _, p := range x.form {
		if k, ok := strings.CutPrefix(p, "!"); ok {
			key = k
			continue
		}
		form = append(form, fill(p))
	}
	req := request(b.url, x.method, fill(x.path), form...)
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	r := b.do(req)
	if r.status != x.status {
		t.Fatalf("answers %d: %s", r.status, r.Raw)
	}
	for name, want := range x.headers {
		if have := r.header.Get(name); !like(have, want, names) {
			t.Errorf("%s: %q, want %q", name, have, fill(want))
		}
	}
	for path, want := range x.body {
		have := r.Get(path)
		if want == "absent" {
			if have.Exists() {
				t.Errorf("%s is there: %s", path, have.Raw)
			}
		} else if !have.Exists() || !like(have.String(), want, names) {
			t.Errorf("%s: %s, want %q", path, have.Raw, fill(want))
		}
	}
}

// Requests and answers side by side, as they were recorded.
func TestRecordedExchanges(t *testing.T) {
	for _, x := range append(append([]exchange{}, goldenErrors...), goldenMoney...) {
		t.Run(x.name, x.run)
	}
}

// What the stars and names of an exchange stand for, and what they do not.
func TestExchangesTellApart(t *testing.T) {
	names := map[string]string{"ch": "ch_1", "charge": "ch_2"}
	for _, c := range []struct {
		have, want string
		like       bool
	}{{"ch_1", "$ch", true}, {"ch_2", "$charge", true}, {"ch_2", "$ch", false}, {"req_9", "req_*", true}, {"req_", "req_*", false}, {"", "", true}, {"x", "", false}, {"$5.00", "$5.00", true}} {
		if like(c.have, c.want, names) != c.like {
			t.Errorf("%q like %q: %v", c.have, c.want, !c.like)
		}
	}
}

// The recorded life of an idempotency key (what is kept, and what is not).
func TestRecordedKeys(t *testing.T) {
	type step struct {
		form     []string
		status   int
		code     string
		replayed bool
	}
	fine := with(intent, "#k")
	declined := with(intent, "confirm=true", "payment_method=pm_card_visa_chargeDeclined", "#k")
	for _, c := range []struct {
		name  string
		fault string // before the first step
		steps []step
	}{
		{"a success is replayed", "", []step{{fine, 200, "", false}, {fine, 200, "", true}, {fine, 200, "", true}}},
		{"a decline is replayed", "", []step{{declined, 402, "card_declined", false}, {declined, 402, "card_declined", true}}},
		{"a 500 is replayed", "500", []step{{fine, 500, "", false}, {fine, 500, "", true}}},
		{"a 500 after the work is replayed", "500_after", []step{{fine, 500, "", false}, {fine, 500, "", true}}},
		{"a refused parameter is not kept", "", []step{{with([]string{"amount=x", "currency=usd"}, "#k"), 400, "parameter_invalid_integer", false}, {fine, 200, "", false}, {fine, 200, "", true}}},
		{"a limit is not kept", "429", []step{{fine, 429, "rate_limit", false}, {fine, 200, "", false}}},
		{"a lock is not kept", "lock_timeout", []step{{fine, 429, "lock_timeout", false}, {fine, 200, "", false}}},
		{"other parameters are refused, and the first ones go on", "", []step{{fine, 200, "", false}, {with(intent, "description=Other", "#k"), 400, "", false}, {fine, 200, "", true}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := start(t)
			if c.fault != "" {
				b.steer("/faults", m{"route": "POST /v1/payment_intents", "kind": c.fault})
			}
			first, seen := reply{}, map[string]bool{}
			for i, s := range c.steps {
				r := b.call(http.MethodPost, "/v1/payment_intents", s.form...)
				if r.status != s.status || r.Get("error.code").String() != s.code || (r.header.Get("Idempotent-Replayed") == "true") != s.replayed || s.code != "parameter_invalid_integer" && r.header.Get("Idempotency-Key") != "k" {
					t.Fatalf("step %d: %d %v %s", i, r.status, r.header, r.Raw)
				}
				id := r.header.Get("Request-Id")
				if seen[id] || id == "" {
					t.Errorf("step %d: the request is called %q again", i, id)
				}
				seen[id] = true
				if s.replayed && (r.Raw != first.Raw || r.header.Get("Original-Request") != first.header.Get("Request-Id") || r.header.Get("Stripe-Should-Retry") != first.header.Get("Stripe-Should-Retry")) {
					t.Errorf("step %d is no replay: %v %s\nof %v %s", i, r.header, r.Raw, first.header, first.Raw)
				}
				if !s.replayed && s.status != 400 && s.status != 429 {
					first = r
				}
			}
		})
	}
	b := start(t)
	b.post("/v1/payment_intents", fine...)
	const text = "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than 'k' if you meant to execute a different request."
	if r := b.call(http.MethodPost, "/v1/customers", "#k"); r.status != 400 || r.Get("error.type").String() != "idempotency_error" || r.Get("error.message").String() != text {
		t.Errorf("another endpoint: %s", r.Raw)
	}
	if r := b.call(http.MethodPost, "/v1/customers", "#"+strings.Repeat("k", 256)); r.status != 400 {
		t.Errorf("a key of 256 characters: %d", r.status)
	}
}

// The table of rounding: the nearest cent of each refund, and all that is left for the last.
func TestRecordedRounding(t *testing.T) {
	for _, c := range []struct {
		charge, total  int64
		refunds, given []int64
	}{
		{1200, 880, []int64{500, 700}, []int64{367, 513}},
		{1200, 880, []int64{1000, 200}, []int64{733, 147}},
		{153, 109, []int64{50}, []int64{36}},
		{1000, 1356, []int64{100}, []int64{136}}, // a transfer in another currency can be more
		{1000, 1342, []int64{100}, []int64{134}},
		{1000, 30, []int64{500, 500}, []int64{15, 15}}, // fees go the same way
		{1000, 30, []int64{100, 500}, []int64{3, 15}},
		{2, 1, []int64{1, 1}, []int64{1, 0}}, // half up
	} {
		gone, refunded := int64(0), int64(0)
		for i, amount := range c.refunds {
			refunded += amount
			got := stripesandbox.Proportion(c.total, gone, amount, c.charge, refunded == c.charge)
			if got != c.given[i] {
				t.Errorf("%d of %d gives %d of %d back, want %d", amount, c.charge, got, c.total, c.given[i])
			}
			gone += got
		}
	}
}
