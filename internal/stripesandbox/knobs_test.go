package stripesandbox_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76/webhook"
)

// The knobs can be about one endpoint and some types; the rest goes as always.
func TestKnobsOfOneEndpointAndType(t *testing.T) {
	b := start(t)
	other := newReceiver(t)
	b.post("/v1/webhook_endpoints", "url="+other.URL, "enabled_events[]=*")
	ours := b.get("/v1/webhook_endpoints").Get(`data.#(url=="` + b.hook.URL + `").id`).String()
	b.steer("/webhooks", m{"mode": "hold", "endpoint": ours, "types": []string{"customer.*"}})
	b.post("/v1/customers")
	b.post("/v1/payment_intents", intent...)
	b.until("what is not held", func() bool { return len(b.hook.types()) == 1 && len(other.types()) == 2 })
	if got := b.hook.types(); got[0] != "payment_intent.created" {
		t.Errorf("our endpoint got %q", got)
	}
	b.steer("/webhooks", m{"mode": "deliver"})
	b.until("what was held", func() bool { return len(b.hook.types()) == 2 })

	b.steer("/webhooks", m{"duplicate": 3, "endpoint": ours})
	b.post("/v1/customers")
	b.flush()
	if a, c := len(b.hook.types()), len(other.types()); a != 5 || c != 3 {
		t.Errorf("three copies for ours alone: %d and %d", a-2, c-2)
	}
	for _, wrong := range []m{{"mode": "lose"}, {"delay": "soon"}, {"drop_share": 3}, {"duplicate": 1000}, {"endpoint": "we_nobody"}, {"shufle": true}} {
		if r := b.control("/webhooks", wrong); r.status/100 != 4 {
			t.Errorf("%v was taken: %s", wrong, r.Raw)
		}
	}
}

// A late delivery comes late; a flush does not wait for it.
func TestDelayedDeliveries(t *testing.T) {
	b := start(t)
	b.steer("/webhooks", m{"delay": "1h"})
	b.post("/v1/customers")
	b.steer("/webhooks", m{"delay": "100ms"})
	b.post("/v1/payment_intents", intent...)
	b.until("the one a little late", func() bool { return len(b.hook.types()) == 1 })
	if got := b.hook.types(); got[0] != "payment_intent.created" {
		t.Errorf("what is an hour late came: %q", got)
	}
	b.flush()
	if got := b.hook.types(); len(got) != 2 {
		t.Errorf("after a flush: %q", got)
	}
}

// A share of the deliveries is lost, by the same seed the same ones; what was
// lost is found among the events that were not delivered.
func TestLostDeliveries(t *testing.T) {
	var came [][]string
	for range 2 {
		b := start(t)
		b.steer("/webhooks", m{"drop_share": 0.4, "seed": 5})
		for i := range 30 {
			b.post("/v1/customers", "name="+strings.Repeat("x", i+1))
		}
		b.flush()
		var names []string
		for _, d := range b.hook.deliveries() {
			names = append(names, field(d, "data.object.name"))
		}
		slices.Sort(names)
		came = append(came, names)
		if missed := len(b.get("/v1/events", "delivery_success=false", "limit=100").Get("data").Array()); missed != 30-len(names) || missed < 4 {
			t.Errorf("%d came, %d events are not delivered", len(names), missed)
		}
	}
	if !slices.Equal(came[0], came[1]) {
		t.Error("one seed lost different deliveries")
	}
}

// An event is pending until each of its endpoints accepted it, however often.
func TestPendingCountsEndpoints(t *testing.T) {
	b := start(t)
	other := newReceiver(t)
	other.answer = func(int) int { return 500 }
	bad := b.post("/v1/webhook_endpoints", "url="+other.URL, "enabled_events[]=*").Get("id").String()
	b.steer("/webhooks", m{"mode": "hold", "duplicate": 2})
	b.post("/v1/customers")
	pending := func() int64 { return b.get("/v1/events").Get("data.0.pending_webhooks").Int() }
	if n := pending(); n != 2 {
		t.Fatalf("%d pending, want 2", n)
	}
	b.flush()
	if n := pending(); n != 1 {
		t.Errorf("%d pending after one of two endpoints accepted it twice", n)
	}
	other.mu.Lock()
	other.answer = func(int) int { return 200 }
	other.mu.Unlock()
	ev := b.get("/v1/events").Get("data.0.id").String()
	b.steer("/events/"+ev+"/resend", m{"endpoint": bad})
	b.flush()
	if n := pending(); n != 0 {
		t.Errorf("%d pending after a resend", n)
	}
	if r := b.control("/events/"+ev+"/resend", m{"endpoint": "we_nobody"}); r.status != 404 {
		t.Errorf("resent to nobody: %s", r.Raw)
	}
}

// The old secret of a rolled endpoint signs until the clock ends it.
func TestRolledSecretsEnd(t *testing.T) {
	b := start(t)
	id := b.get("/v1/webhook_endpoints").Get(`data.#(url=="` + b.hook.URL + `").id`).String()
	signed := func(secret string) bool {
		b.post("/v1/customers")
		b.flush()
		got := b.hook.deliveries()
		return webhook.ValidatePayload(got[len(got)-1].body, got[len(got)-1].signature, secret) == nil
	}
	second := b.steer("/webhook_endpoints/"+id+"/roll", m{}).Get("secret").String()
	b.advance("23h")
	third := b.steer("/webhook_endpoints/"+id+"/roll", m{"expires_in": "2h"})
	if third.Get("signing").Int() != 3 || !signed("whsec_ours") || !signed(second) {
		t.Errorf("three secrets: %s", third.Raw)
	}
	b.advance("61m")
	if signed("whsec_ours") || !signed(second) {
		t.Error("a day after it was rolled the first secret still signs, or the second no more")
	}
	b.advance("1h")
	if signed(second) || !signed(third.Get("secret").String()) {
		t.Error("two hours after it was rolled the second secret still signs, or the third no more")
	}
	if r := b.control("/webhook_endpoints/"+id+"/roll", m{"expires_in": "48h"}); r.status != 400 {
		t.Errorf("an old secret may live two days: %s", r.Raw)
	}
}

// Who caused an event is told, and what Stripe did by itself has no cause.
func TestCausesOfEvents(t *testing.T) {
	b := start(t)
	r := b.post("/v1/customers", "#my-key")
	made := b.get("/v1/events", "type=customer.created").Get("data.0.request")
	if made.Get("id").String() != r.header.Get("Request-Id") || made.Get("idempotency_key").String() != "my-key" {
		t.Errorf("a customer was made by %s, says %s", r.header.Get("Request-Id"), made.Raw)
	}
	b.session(5000)
	b.advance("25h")
	gone := b.get("/v1/events", "types[]=checkout.session.expired", "types[]=customer.deleted").Get("data").Array()
	if len(gone) != 1 || gone[0].Get("request.id").Raw != "null" || gone[0].Get("account").Exists() {
		t.Errorf("an expired session: %s", gone)
	}
	if r := b.call("GET", "/v1/events", "types[]=a", "type=b"); r.status != 400 {
		t.Errorf("type and types: %s", r.Raw)
	}
}
