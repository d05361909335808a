package stripesandbox_test

import (
	"fmt"
	"slices"
	"testing"
)

// walkBilling calls every route of subscriptions, invoices, their items and test clocks.
func (w *walk) walkBilling(account string) {
	clock := id(w.step("POST", "/v1/test_helpers/test_clocks", "frozen_time=1704067200", "name=walk"))
	at := "/v1/test_helpers/test_clocks/" + clock
	w.step("GET", "/v1/test_helpers/test_clocks", "limit=3")
	cu, rent := w.tenant(visa, "test_clock="+clock), w.rent(90000)
	sub := "/v1/subscriptions/" + id(w.step("POST", "/v1/subscriptions", "customer="+cu, "items[0][price]="+rent, "application_fee_percent=10", "transfer_data[destination]="+account,
		"metadata[lease]=1", "payment_behavior=error_if_incomplete", "expand[0]=latest_invoice.payment_intent", "off_session=true"))
	w.step("GET", sub, "expand[0]=customer.subscriptions", "expand[1]=items.data.price.product")
	w.step("GET", "/v1/subscriptions", "customer="+cu, "status=active", "price="+rent, "test_clock="+clock, "current_period_end[gt]=1")
	w.step("POST", sub, "cancel_at_period_end=true", "cancellation_details[feedback]=unused")
	w.step("POST", sub, "cancel_at_period_end=false", "pause_collection[behavior]=void", "items[0][id]="+id(w.get(sub).Get("items.data.0")), "items[0][quantity]=2")
	item := id(w.step("POST", "/v1/subscription_items", "subscription="+id(w.get(sub).Result), "price="+w.rent(500), "quantity=1", "proration_behavior=none"))
	w.step("GET", "/v1/subscription_items", "subscription="+id(w.get(sub).Result))
	w.step("GET", "/v1/subscription_items/"+item)
	w.step("POST", "/v1/subscription_items/"+item, "quantity=3", "metadata[a]=b")
	w.step("DELETE", "/v1/subscription_items/"+item, "proration_behavior=none")
	w.step("GET", "/v1/invoices/upcoming", "subscription="+id(w.get(sub).Result))
	w.step("POST", at+"/advance", "frozen_time=1706850000")
	w.step("GET", at)
	w.step("DELETE", sub, "prorate=true", "invoice_now=true")
	w.step("DELETE", at)

	cu = w.tenant(visa)
	ii := "/v1/invoiceitems/" + id(w.step("POST", "/v1/invoiceitems", "customer="+cu, "amount=2500", "currency=usd", "description=Cleaning", "metadata[a]=b"))
	w.step("GET", ii, "expand[0]=customer")
	w.step("POST", ii, "amount=2600")
	w.step("GET", "/v1/invoiceitems", "customer="+cu, "pending=true")
	draft := func(more ...string) string {
		return "/v1/invoices/" + id(w.step("POST", "/v1/invoices", with(more, "customer="+cu, "pending_invoice_items_behavior=include", "auto_advance=false", "metadata[a]=b")...))
	}
	in := draft()
	w.step("GET", in, "expand[0]=lines.data.price.product")
	w.step("POST", in, "description=May")
	w.step("GET", in+"/lines", "limit=5")
	w.step("GET", "/v1/invoices", "customer="+cu, "status=draft", "created[gt]=1")
	w.step("POST", in+"/finalize")
	w.step("POST", in+"/pay", "expand[0]=charge")
	w.step("DELETE", draft())
	w.step("DELETE", "/v1/invoiceitems/"+id(w.post("/v1/invoiceitems", "customer="+cu, "amount=1", "currency=usd").Result))
	for _, end := range []string{"void", "mark_uncollectible"} {
		w.post("/v1/invoiceitems", "customer="+cu, "amount=2500", "currency=usd")
		in := draft("collection_method=send_invoice", "days_until_due=7")
		w.step("POST", in+"/send")
		w.step("POST", in+"/"+end)
	}
	paused := "/v1/subscriptions/" + id(w.post("/v1/subscriptions", "customer="+w.tenant(""), "items[0][price]="+rent, "trial_period_days=1", "trial_settings[end_behavior][missing_payment_method]=pause").Result)
	w.advance("25h")
	w.usual(w.get(paused).Get("customer").String(), visa)
	w.step("POST", paused+"/resume", "billing_cycle_anchor=now")
}

// How the first payment ends is what the subscription begins as.
func TestFirstPayment(t *testing.T) {
	const never, asks = "4000000000000341", "4000002760003184"
	for _, tc := range []struct {
		card, behavior, status, intent string
		refused                        int
		code                           string
	}{
		{visa, "allow_incomplete", "active", "succeeded", 0, ""},
		{visa, "default_incomplete", "incomplete", "requires_confirmation", 0, ""},
		{"", "default_incomplete", "incomplete", "requires_payment_method", 0, ""},
		{"", "allow_incomplete", "", "", 400, "resource_missing"},
		{never, "allow_incomplete", "incomplete", "requires_payment_method", 0, ""},
		{never, "error_if_incomplete", "", "", 402, "card_declined"},
		{asks, "allow_incomplete", "incomplete", "requires_action", 0, ""},
		{asks, "error_if_incomplete", "", "", 402, "subscription_payment_intent_requires_action"},
		{visa, "pending_if_incomplete", "", "", 400, ""},
	} {
		t.Run(fmt.Sprint(tc.card, " ", tc.behavior), func(t *testing.T) {
			b := start(t)
			params := []string{"customer=" + b.tenant(tc.card), "items[0][price]=" + b.rent(90000), "payment_behavior=" + tc.behavior, "expand[0]=latest_invoice.payment_intent"}
			if tc.refused > 0 {
				b.refused(tc.refused, tc.code, "", "/v1/subscriptions", params...)
				if n := len(b.get("/v1/subscriptions", "status=all").Get("data").Array()) + len(b.get("/v1/invoices").Get("data").Array()); n != 0 {
					t.Errorf("%d objects are left of a refusal", n)
				}
				return
			}
			sub := b.post("/v1/subscriptions", params...)
			if got := sub.Get("status").String() + " " + sub.Get("latest_invoice.payment_intent.status").String(); got != tc.status+" "+tc.intent {
				t.Errorf("%s, want %s %s", got, tc.status, tc.intent)
			}
			if tc.status == "active" {
				return
			}
			// whoever pays within 23 hours has a subscription, the others none
			late := id(b.post("/v1/subscriptions", params...).Result)
			in := sub.Get("latest_invoice.payment_intent.id").String()
			if tc.intent == "requires_action" {
				b.steer("/intents/"+in+"/challenge", m{"outcome": "complete"})
			} else {
				pm := b.usual(sub.Get("customer").String(), visa)
				b.post("/v1/payment_intents/"+in+"/confirm", "payment_method="+pm, "return_url=https://h.test/")
			}
			b.isStatus(id(sub.Result), "active")
			b.advance("24h")
			b.isStatus(id(sub.Result), "active")
			b.isStatus(late, "incomplete_expired")
			inv := b.sub(late, "expand[0]=latest_invoice.payment_intent").Get("latest_invoice")
			if inv.Get("status").String() != "void" || inv.Get("payment_intent.status").String() != "canceled" || inv.Get("payment_intent.cancellation_reason").String() != "void_invoice" {
				t.Errorf("what was not paid: %s", inv.Raw)
			}
			b.balanced()
		})
	}
}

// The bank may want to be asked about a renewal; the page of the invoice asks.
func TestRenewalNeedsTheBank(t *testing.T) {
	b := start(t)
	clock := b.clock("2024-01-01T00:00:00Z")
	cu := b.tenant(visa, "test_clock="+clock)
	sub := id(b.post("/v1/subscriptions", "customer="+cu, "items[0][price]="+b.rent(90000)).Result)
	b.usual(cu, "4000002760003184")
	b.live(clock, "2024-02-01T01:00:00Z")
	b.isStatus(sub, "past_due")
	if got := b.told("invoice.payment_"); !slices.Contains(got, "invoice.payment_action_required") || !slices.Contains(got, "invoice.payment_failed") {
		t.Errorf("told %v", got)
	}
	inv := b.sub(sub, "expand[0]=latest_invoice.payment_intent").Get("latest_invoice")
	b.steer("/intents/"+inv.Get("payment_intent.id").String()+"/challenge", m{"outcome": "complete"})
	b.isStatus(sub, "active")

	b.usual(cu, "4000003800000446") // was set up before: nobody need be there
	b.live(clock, "2024-03-01T01:00:00Z")
	b.isStatus(sub, "active")
	if got := b.sub(sub, "expand[0]=latest_invoice").Get("latest_invoice.status").String(); got != "paid" {
		t.Errorf("the second renewal is %s", got)
	}
	b.balanced()
}

func TestTrials(t *testing.T) {
	for missing, want := range map[string]string{"cancel": "canceled", "pause": "paused", "create_invoice": "past_due", "": "active"} {
		t.Run("missing "+missing, func(t *testing.T) {
			b := start(t)
			clock, card, more := b.clock("2024-01-01T00:00:00Z"), "", []string{"trial_settings[end_behavior][missing_payment_method]=" + missing}
			if missing == "" {
				card, more = visa, nil
			}
			cu := b.tenant(card, "test_clock="+clock)
			sub := b.post("/v1/subscriptions", with(more, "customer="+cu, "items[0][price]="+b.rent(90000), "trial_period_days=14", "expand[0]=latest_invoice")...)
			if sub.Get("status").String() != "trialing" || sub.Get("latest_invoice.amount_due").Int() != 0 || sub.Get("latest_invoice.status").String() != "paid" || sub.Get("latest_invoice.payment_intent").Raw != "null" {
				t.Errorf("a trial begins: %s", sub.Raw)
			}
			b.live(clock, "2024-01-12T01:00:00Z")
			if got := b.told("customer.subscription.trial"); len(got) != 1 {
				t.Errorf("told of the trial's end: %v", got)
			}
			b.live(clock, "2024-01-15T01:00:00Z")
			b.isStatus(id(sub.Result), want)
			if missing == "pause" {
				b.usual(cu, visa)
				b.live(clock, "2024-03-03T03:00:00Z")
				b.isStatus(id(sub.Result), "paused")
				got := b.post("/v1/subscriptions/"+id(sub.Result)+"/resume", "expand[0]=latest_invoice")
				if got.Get("status").String() != "active" || got.Get("latest_invoice.amount_paid").Int() != 90000 || stamp(got.Get("current_period_end")) != "2024-04-03T03:00:00Z" {
					t.Errorf("resumed: %s", got.Raw)
				}
			}
		})
	}
}

func TestSubscriptionsEnd(t *testing.T) {
	b := start(t)
	clock := b.clock("2024-01-01T00:00:00Z")
	cu, rent := b.tenant(visa, "test_clock="+clock), b.rent(90000)
	lease := func(more ...string) string {
		return id(b.post("/v1/subscriptions", with(more, "customer="+cu, "items[0][price]="+rent)...).Result)
	}
	now, atEnd, onDay, kept, half := lease(), lease(), lease(fmt.Sprint("cancel_at=", unix(t, "2024-01-20T00:00:00Z"))), lease("cancel_at_period_end=true"), lease()
	at := "/v1/subscriptions/"
	b.post(at+atEnd, "cancel_at_period_end=true")
	if got := b.sub(atEnd); stamp(got.Get("cancel_at")) != "2024-02-01T00:00:00Z" || got.Get("cancellation_details.reason").String() != "cancellation_requested" {
		t.Errorf("to be ended: %s", got.Raw)
	}
	b.post(at+kept, "cancel_at_period_end=false")
	b.ok(b.call("DELETE", at+now))
	b.live(clock, "2024-01-16T12:00:00Z") // half of January
	b.ok(b.call("DELETE", at+half, "prorate=true"))
	credit := b.get("/v1/invoiceitems", "customer="+cu).Get("data.0")
	if credit.Get("amount").Int() != -45000 || !credit.Get("proration").Bool() {
		t.Errorf("half a month back: %s", credit.Raw)
	}
	b.live(clock, "2024-02-02T00:00:00Z")
	for sub, want := range map[string]string{now: "canceled 2024-01-01", atEnd: "canceled 2024-02-01", onDay: "canceled 2024-01-20", kept: "active 1970-01-01"} {
		if got := b.sub(sub); got.Get("status").String()+" "+stamp(got.Get("ended_at"))[:10] != want {
			t.Errorf("%s %s, want %s", got.Get("status"), stamp(got.Get("ended_at")), want)
		}
	}
	// the credit for one lease is spent on the rent of another
	if got := b.sub(kept, "expand[0]=latest_invoice").Get("latest_invoice"); got.Get("total").Int() != 90000 {
		t.Errorf("a credit that names another subscription was spent: %s", got.Raw)
	}
	if r := b.call("DELETE", at+now); r.status != 404 {
		t.Errorf("ended twice: %d", r.status)
	}
	b.refused(400, "", "A canceled subscription can only update", at+now, "description=x")
	b.balanced()
}

// Half way through a month, a second room costs half, and the first comes back in part.
func TestProrations(t *testing.T) {
	b := start(t)
	clock := b.clock("2024-04-01T00:00:00Z")
	cu, rent := b.tenant(visa, "test_clock="+clock), b.rent(10001)
	sub := b.post("/v1/subscriptions", "customer="+cu, "items[0][price]="+rent)
	b.live(clock, "2024-04-16T00:00:00Z")
	at, item := "/v1/subscriptions/"+id(sub.Result), "items[0][id]="+id(sub.Get("items.data.0"))
	b.post(at, item, "items[0][quantity]=3")
	if got := b.get("/v1/invoiceitems", "customer="+cu, "pending=true").Get("data.#.amount").Raw; got != "[15002,-5001]" {
		t.Errorf("pending: %s", got)
	}
	up := b.get("/v1/invoices/upcoming", "customer="+cu)
	if up.Get("total").Int() != 3*10001+15002-5001 || up.Get("id").Exists() || len(up.Get("lines.data").Array()) != 3 {
		t.Errorf("upcoming: %s", up.Raw)
	}
	b.live(clock, "2024-05-01T02:00:00Z")
	if got := b.sub(id(sub.Result), "expand[0]=latest_invoice").Get("latest_invoice.amount_paid").Int(); got != 3*10001+15002-5001 {
		t.Errorf("May costs %d", got)
	}
	b.post(at, item, "items[0][quantity]=4", "proration_behavior=none")
	if got := b.get("/v1/invoiceitems", "customer="+cu, "pending=true").Get("data.#").Int(); got != 0 {
		t.Errorf("%d items without proration", got)
	}
	now := b.post(at, item, "items[0][quantity]=5", "proration_behavior=always_invoice", "expand[0]=latest_invoice")
	if got := now.Get("latest_invoice"); got.Get("billing_reason").String() != "subscription_update" || got.Get("status").String() != "paid" || got.Get("amount_paid").Int() == 0 {
		t.Errorf("billed at once: %s", got.Raw)
	}
	yearly := id(b.post("/v1/prices", "currency=usd", "unit_amount=1", "recurring[interval]=year", "product_data[name]=Y").Result)
	b.refused(400, "", "interval fields must match", at, item, "items[0][price]="+yearly)
	b.balanced()
}
