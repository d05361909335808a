package stripesandbox_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// owed is an open invoice over amounts; more are parameters of the invoice.
func (b *bench) owed(customer string, amounts []int64, more ...string) reply {
	b.t.Helper()
	for _, a := range amounts {
		b.post("/v1/invoiceitems", "customer="+customer, fmt.Sprintf("amount=%d", a), "currency=usd", "description=Cleaning")
	}
	inv := b.post("/v1/invoices", with(more, "customer="+customer, "pending_invoice_items_behavior=include")...)
	return b.post("/v1/invoices/" + id(inv.Result) + "/finalize")
}

func TestInvoiceByHand(t *testing.T) {
	b := start(t)
	cu, owner := b.tenant(visa), b.owner()
	inv := b.owed(cu, []int64{2500, 1000, -500}, "transfer_data[destination]="+owner, "application_fee_amount=300")
	at := "/v1/invoices/" + id(inv.Result)
	if inv.Get("status").String() != "open" || inv.Get("amount_due").Int() != 3000 || inv.Get("paid").Bool() || inv.Get("billing_reason").String() != "manual" {
		t.Errorf("finalised: %s", inv.Raw)
	}
	if got := inv.Get("lines.data.#.amount").Raw; got != "[2500,1000,-500]" && got != "[-500,1000,2500]" {
		t.Errorf("lines: %s", got)
	}
	b.refused(400, "invoice_not_editable", "Finalized invoices", at, "description=x")
	paid := b.post(at+"/pay", "expand[0]=charge")
	if paid.Get("status").String() != "paid" || paid.Get("charge.amount").Int() != 3000 || paid.Get("charge.description").String() != "Payment for Invoice" || b.holds(owner) != 2700 {
		t.Errorf("paid: %s", paid.Raw)
	}
	b.refused(400, "", "already paid", at+"/pay")

	b.usual(cu, "4000000000000341")
	failing := "/v1/invoices/" + id(b.owed(cu, []int64{2000}).Result)
	r := b.refused(402, "card_declined", "declined", failing+"/pay")
	if r.Get("error.payment_intent.invoice").String() != strings.TrimPrefix(failing, "/v1/invoices/") {
		t.Errorf("refused: %s", r.Raw)
	}
	if got := b.get(failing); got.Get("attempted").Bool() != true || got.Get("attempt_count").Int() != 1 || got.Get("status").String() != "open" {
		t.Errorf("a refusal leaves %s", got.Raw)
	}
	b.post(failing + "/void")
	if got := b.get(failing, "expand[0]=payment_intent"); got.Get("status").String() != "void" || got.Get("payment_intent.status").String() != "canceled" {
		t.Errorf("called off: %s", got.Raw)
	}
	dropped := b.owed(cu, []int64{2000})
	b.post("/v1/payment_intents/" + dropped.Get("payment_intent").String() + "/cancel")
	if got := b.get("/v1/invoices/" + id(dropped.Result)).Get("status").String(); got != "void" {
		t.Errorf("without its payment the invoice is %s", got)
	}
	outside := "/v1/invoices/" + id(b.owed(cu, []int64{2000}).Result)
	if got := b.post(outside+"/pay", "paid_out_of_band=true"); !got.Get("paid_out_of_band").Bool() || got.Get("status").String() != "paid" || got.Get("charge").Raw != "null" {
		t.Errorf("paid elsewhere: %s", got.Raw)
	}
	numbers := b.get("/v1/invoices", "customer="+cu).Get("data.#.number").Array()
	if len(numbers) != 4 || !strings.HasSuffix(numbers[0].String(), "-0004") || !strings.HasSuffix(numbers[3].String(), "-0001") {
		t.Errorf("numbers: %v", numbers)
	}
	b.balanced()
}

// A draft that may advance is finalised and paid within two hours, and one that
// is sent is not charged.
func TestInvoiceAdvances(t *testing.T) {
	b := start(t)
	cu := b.tenant(visa)
	draft := func(more ...string) string {
		b.post("/v1/invoiceitems", "customer="+cu, "amount=2000", "currency=usd")
		return "/v1/invoices/" + id(b.post("/v1/invoices", with(more, "customer="+cu, "pending_invoice_items_behavior=include")...).Result)
	}
	charged, sent, still := draft("auto_advance=true"), draft("auto_advance=true", "collection_method=send_invoice", "days_until_due=7"), draft("auto_advance=false")
	b.advance("61m")
	for at, want := range map[string]string{charged: "paid", sent: "open", still: "draft"} {
		if got := b.get(at).Get("status").String(); got != want {
			t.Errorf("%s is %s, want %s", at, got, want)
		}
	}
	if !slices.Contains(b.told("invoice"), "invoice.sent") {
		t.Error("nothing was sent")
	}
}

// What a customer is owed is spent first; what is too little to charge waits for
// the next invoice.
func TestInvoiceAndBalance(t *testing.T) {
	b := start(t)
	cu := b.tenant(visa, "balance=-2470")
	inv := b.owed(cu, []int64{2000})
	if inv.Get("status").String() != "paid" || inv.Get("amount_due").Int() != 0 || inv.Get("starting_balance").Int() != -2470 || inv.Get("ending_balance").Int() != -470 {
		t.Errorf("all of it from credit: %s", inv.Raw)
	}
	inv = b.owed(cu, []int64{500})
	if inv.Get("status").String() != "paid" || inv.Get("amount_due").Int() != 0 || b.get("/v1/customers/"+cu).Get("balance").Int() != 30 {
		t.Errorf("30 cents are too little: %s", inv.Raw)
	}
	if inv = b.owed(cu, []int64{1000}); inv.Get("amount_due").Int() != 1030 || b.get("/v1/customers/"+cu).Get("balance").Int() != 0 {
		t.Errorf("they are asked for later: %s", inv.Raw)
	}
}

// On an owner's own account the percentage comes out of the owner's charge.
func TestDirectSubscription(t *testing.T) {
	b := start(t)
	o := b.owner()
	acting := "@" + o
	price := id(b.post("/v1/prices", acting, "currency=usd", "unit_amount=10000", "recurring[interval]=week", "product_data[name]=Week").Result)
	cu := id(b.post("/v1/customers", acting, "payment_method=pm_card_visa").Result)
	pm := id(b.get("/v1/customers/"+cu+"/payment_methods", acting).Get("data.0"))
	b.refused(400, "", "application_fee_percent", "/v1/subscriptions", "customer="+b.tenant(visa), "items[0][price]="+b.rent(100), "application_fee_percent=10")
	sub := b.post("/v1/subscriptions", acting, "customer="+cu, "items[0][price]="+price, "application_fee_percent=12.34", "default_payment_method="+pm)
	if sub.Get("status").String() != "active" || sub.Get("application_fee_percent").Float() != 12.34 {
		t.Errorf("begun: %s", sub.Raw)
	}
	if got := b.holds(o); got != 10000-1234-320 {
		t.Errorf("the owner has %d", got)
	}
	if got := b.holds(""); got != 1234 {
		t.Errorf("the platform has %d", got)
	}
	b.balanced()
}

func TestCheckoutBeginsSubscription(t *testing.T) {
	b := start(t)
	o := b.owner()
	params := []string{"mode=subscription", "success_url=https://h.test/ok", "line_items[0][price]=" + b.rent(90000), "line_items[0][quantity]=1",
		"line_items[1][price_data][currency]=usd", "line_items[1][price_data][unit_amount]=5000", "line_items[1][price_data][product_data][name]=Deposit", "line_items[1][quantity]=1",
		"subscription_data[transfer_data][destination]=" + o, "subscription_data[application_fee_percent]=10", "subscription_data[metadata][lease]=l1", "customer_email=t@example.com"}
	cs := b.post("/v1/checkout/sessions", params...)
	if cs.Get("amount_total").Int() != 95000 || cs.Get("subscription").Raw != "null" {
		t.Errorf("opened: %s", cs.Raw)
	}
	pay := "/checkout/" + id(cs.Result) + "/pay"
	if r := b.control(pay, m{"card": "4000000000000341"}); r.status != 402 {
		t.Errorf("a refusal: %s", r.Raw)
	}
	asked := b.steer(pay, m{"card": "4000002760003184", "name": "Tess"})
	if asked.Get("status").String() != "open" {
		t.Errorf("while the bank asks: %s", asked.Raw)
	}
	done := b.steer(pay, m{"card": visa, "email": "t@example.com", "name": "Tess"})
	if done.Get("status").String() != "complete" || done.Get("payment_status").String() != "paid" || done.Get("payment_intent").Raw != "null" {
		t.Errorf("done: %s", done.Raw)
	}
	sub := b.sub(done.Get("subscription").String(), "expand[0]=latest_invoice", "expand[1]=default_payment_method", "expand[2]=customer")
	if sub.Get("status").String() != "active" || sub.Get("metadata.lease").String() != "l1" || sub.Get("customer.email").String() != "t@example.com" ||
		sub.Get("default_payment_method.customer").String() != id(sub.Get("customer")) || sub.Get("default_payment_method.card.last4").String() != "4242" {
		t.Errorf("begun: %s", sub.Raw)
	}
	if inv := sub.Get("latest_invoice"); inv.Get("amount_paid").Int() != 95000 || id(inv) != done.Get("invoice").String() || inv.Get("application_fee_amount").Int() != 9500 || b.holds(o) != 85500 {
		t.Errorf("paid: %s", inv.Raw)
	}
	if n := len(b.get("/v1/subscriptions", "status=all").Get("data").Array()); n != 1 {
		t.Errorf("three attempts made %d subscriptions", n)
	}
	if got := b.get("/v1/checkout/sessions", "subscription="+id(sub.Result)).Get("data.0.id").String(); got != id(cs.Result) {
		t.Errorf("the subscription's session is %s", got)
	}
	b.advance("768h")
	if got := b.sub(id(sub.Result), "expand[0]=latest_invoice").Get("latest_invoice"); got.Get("status").String() != "paid" || got.Get("amount_paid").Int() != 90000 {
		t.Errorf("the second month: %s", got.Raw)
	}

	trial := b.post("/v1/checkout/sessions", "mode=subscription", "success_url=https://h.test/ok", "line_items[0][price]="+b.rent(90000), "line_items[0][quantity]=1", "subscription_data[trial_period_days]=7")
	done = b.steer("/checkout/"+id(trial.Result)+"/pay", m{"card": visa, "email": "t@example.com", "name": "Tess"})
	if trial.Get("amount_total").Int() != 0 || done.Get("payment_status").String() != "no_payment_required" {
		t.Errorf("a trial: %s", done.Raw)
	}
	b.isStatus(done.Get("subscription").String(), "trialing")
	b.advance("170h")
	b.isStatus(done.Get("subscription").String(), "active")

	left := b.post("/v1/checkout/sessions", params...)
	b.control("/checkout/"+id(left.Result)+"/pay", m{"card": "4000000000000341"})
	b.post("/v1/checkout/sessions/" + id(left.Result) + "/expire")
	if got := b.get("/v1/subscriptions", "status=incomplete_expired").Get("data.#").Int(); got != 1 {
		t.Errorf("%d subscriptions ended with their session", got)
	}
	b.refused(400, "", "at least one recurring price", "/v1/checkout/sessions", "mode=subscription", "success_url=https://h.test/", "line_items[0][price_data][currency]=usd",
		"line_items[0][price_data][unit_amount]=500", "line_items[0][price_data][product_data][name]=Once", "line_items[0][quantity]=1")
	b.balanced()
}

// The page of an invoice takes a card, shows a refusal in its place, sends the
// person to the bank and says when all is paid.
func TestInvoicePage(t *testing.T) {
	b := start(t)
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	v := &visitor{t, b.url, &http.Client{CheckRedirect: stay}}
	inv := b.owed(b.tenant(""), []int64{90000}, "collection_method=send_invoice", "days_until_due=7")
	link := inv.Get("hosted_invoice_url").String()
	pays := func(number string) visited {
		return v.post(strings.TrimPrefix(link, b.url), url.Values{"number": {number}, "expiry": {"12 / 34"}, "cvc": {"123"}, "name": {"Tess"}, "do": {"pay"}})
	}
	says(t, v.open(link), 200, "main", "Pay $900.00")
	says(t, v.open(link), 200, "section", inv.Get("number").String())
	says(t, pays("42"), 422, "main", "incomplete")
	says(t, v.post(strings.TrimPrefix(link, b.url), url.Values{"use_card": {"4242424242424242"}}), 200, "main", "Pay $900.00")
	says(t, pays("4000000000000002"), 402, "[role=alert]", "Your card was declined.")
	asked := pays("4000002760003184")
	if asked.code != 303 || !strings.HasPrefix(asked.location, "/3ds/pi_") {
		t.Errorf("the bank: %d %s", asked.code, asked.location)
	}
	says(t, v.open(link), 200, "main", "Answer your bank")
	b.steer("/intents/"+strings.TrimPrefix(asked.location, "/3ds/")+"/challenge", m{"outcome": "complete"})
	says(t, v.open(link), 200, "main", "This invoice is paid")
	if again := pays("4242424242424242"); again.code != 303 {
		t.Errorf("paid twice: %d", again.code)
	}
	if got := b.get("/v1/invoices/" + id(inv.Result)).Get("status").String(); got != "paid" {
		t.Errorf("the invoice is %s", got)
	}
	says(t, v.open("/i/in_nothing"), 404, "h1", "Nothing here")
	b.post("/v1/subscriptions", "customer="+b.tenant(""), "items[0][price]="+b.rent(90000), "payment_behavior=default_incomplete")
	says(t, v.open("/inspector/subscriptions"), 200, "table", "incomplete")
	says(t, v.open("/inspector/invoices"), 200, "table", "$900.00")
	b.balanced()
}
