package stripesandbox_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76/webhook"
	"github.com/tidwall/gjson"

	"hearth/internal/stripesandbox"
)

func field(d delivery, path string) string { return gjson.GetBytes(d.body, path).String() }

// A failed delivery comes again: the same event, freshly signed.
func TestRetriesUntilAccepted(t *testing.T) {
	b := start(t)
	b.hook.answer = func(n int) int { return map[bool]int{true: 500, false: 200}[n <= 2] }
	b.post("/v1/customers", "email=a@example.com")
	ev := b.get("/v1/events", "type=customer.created", "delivery_success=false").Get("data.0")
	if ev.Get("pending_webhooks").Int() != 1 {
		t.Errorf("event: %s", ev.Raw)
	}
	b.until("the third attempt", func() bool { return len(b.hook.deliveries()) == 3 })
	got := b.hook.deliveries()
	for _, d := range got {
		if field(d, "id") != ev.Get("id").String() {
			t.Errorf("retry carries %s", field(d, "id"))
		}
		must(t, webhook.ValidatePayload(d.body, d.signature, "whsec_ours"))
	}
	if got[0].signature == got[2].signature {
		t.Error("a retry seconds later is signed with the old time")
	}
	b.until("the event counts as delivered", func() bool {
		return b.get("/v1/events/"+ev.Get("id").String()).Get("pending_webhooks").Int() == 0
	})
}

func TestFlushWaitsAndGivesUp(t *testing.T) {
	b := start(t)
	b.hook.answer = func(int) int { return 302 } // a redirect is a failure
	b.post("/v1/customers")
	b.flush()
	if n := len(b.hook.deliveries()); n != 8 {
		t.Errorf("%d attempts, want 8", n)
	}
}

func TestHoldDropDuplicateShuffle(t *testing.T) {
	b := start(t)
	b.steer("/webhooks", m{"mode": "hold", "duplicate": 2})
	for range 10 {
		b.post("/v1/customers")
	}
	if n := len(b.hook.deliveries()); n != 0 {
		t.Fatalf("%d deliveries while held", n)
	}
	b.flush()
	count := map[string]int{}
	for _, d := range b.hook.deliveries() {
		count[field(d, "id")]++
	}
	for id, n := range count {
		if n != 2 {
			t.Errorf("%s came %d times, want 2", id, n)
		}
	}
	if len(count) != 10 {
		t.Errorf("%d events came, want 10", len(count))
	}
	b.steer("/webhooks", m{"mode": "drop"})
	b.post("/v1/customers")
	b.steer("/webhooks", m{"mode": "deliver", "shuffle": true})
	b.post("/v1/customers")
	b.flush()
	if n := len(b.hook.deliveries()); n != 21 {
		t.Errorf("%d deliveries, want 21: the dropped one never comes", n)
	}
}

// Events of connected accounts go to the other endpoint, and say whose they are.
func TestTwoKindsOfEndpoints(t *testing.T) {
	b := start(t)
	o := b.owner()
	b.paid(10000, visa, destination(o, 100)...)
	b.flush()
	for _, d := range b.hook.deliveries() {
		if gjson.GetBytes(d.body, "account").Exists() {
			t.Errorf("our endpoint got %s of %s", field(d, "type"), field(d, "account"))
		}
	}
	seen := strings.Join(b.conn.types(), " ")
	for _, want := range []string{"account.application.authorized", "account.updated", "capability.updated", "account.external_account.created"} {
		if !strings.Contains(seen, want) {
			t.Errorf("no %s on the connect endpoint: %s", want, seen)
		}
	}
	for _, d := range b.conn.deliveries() {
		if field(d, "account") != o || field(d, "api_version") != "2023-10-16" {
			t.Errorf("%s", d.body)
		}
		if field(d, "type") == "account.updated" && !gjson.GetBytes(d.body, "data.previous_attributes.charges_enabled").Exists() {
			t.Errorf("account.updated without what was before: %s", d.body)
		}
	}
}

func TestEndpointsOfTheAPI(t *testing.T) {
	b := start(t)
	rc := newReceiver(t)
	ep := b.post("/v1/webhook_endpoints", "url="+rc.URL, "enabled_events[]=customer.created", "api_version=2023-10-16")
	if !strings.HasPrefix(ep.Get("secret").String(), "whsec_") || b.get("/v1/webhook_endpoints/"+ep.Get("id").String()).Get("secret").Exists() {
		t.Error("a secret is shown once, at creation")
	}
	b.post("/v1/customers")
	b.post("/v1/payment_intents", intent...)
	b.flush()
	if got := rc.deliveries(); len(got) != 1 {
		t.Fatalf("%d deliveries, want the one subscribed to", len(got))
	} else {
		must(t, webhook.ValidatePayload(got[0].body, got[0].signature, ep.Get("secret").String()))
	}
	b.post("/v1/webhook_endpoints/"+ep.Get("id").String(), "disabled=true")
	b.post("/v1/customers")
	b.flush()
	if len(rc.deliveries()) != 1 {
		t.Error("a disabled endpoint was called")
	}
}

// A rolled secret signs beside the old one until that is retired; both outlive
// the process.
func TestRollingASecret(t *testing.T) {
	var o stripesandbox.Options
	b := start(t, func(opt *stripesandbox.Options) { opt.DataFile = filepath.Join(t.TempDir(), "w.db"); o = *opt })
	id := b.get("/v1/webhook_endpoints").Get(`data.#(url=="` + b.hook.URL + `").id`).String()
	last := func() delivery {
		t.Helper()
		b.post("/v1/customers")
		b.flush()
		got := b.hook.deliveries()
		return got[len(got)-1]
	}
	roll := b.steer("/webhook_endpoints/"+id+"/roll", m{})
	fresh := roll.Get("secret").String()
	if !strings.HasPrefix(fresh, "whsec_") || fresh == "whsec_ours" || roll.Get("signing").Int() != 2 || b.Secret(b.hook.URL) != fresh {
		t.Fatalf("rolled: %s", roll.Raw)
	}
	must(t, b.Close())
	b = &bench{t: t, hook: b.hook, conn: b.conn}
	b.open(o)
	d := last()
	must(t, webhook.ValidatePayload(d.body, d.signature, "whsec_ours"))
	must(t, webhook.ValidatePayload(d.body, d.signature, fresh))

	if kept := b.steer("/webhook_endpoints/"+id+"/roll", m{"retire": true}); kept.Get("secret").String() != fresh || kept.Get("signing").Int() != 1 {
		t.Errorf("retired: %s", kept.Raw)
	}
	d = last()
	must(t, webhook.ValidatePayload(d.body, d.signature, fresh))
	if webhook.ValidatePayload(d.body, d.signature, "whsec_ours") == nil {
		t.Error("a retired secret still signs")
	}
	if r := b.control("/webhook_endpoints/we_nobody/roll", m{}); r.status != 404 {
		t.Errorf("an unknown endpoint: %s", r.Raw)
	}
}

// The signature is of now, though the world's clock is elsewhere.
func TestSignaturesAreOfTheWallClock(t *testing.T) {
	b := start(t)
	b.advance("700h")
	b.post("/v1/customers")
	b.flush()
	got := b.hook.deliveries()
	d := got[len(got)-1]
	must(t, webhook.ValidatePayload(d.body, d.signature, "whsec_ours"))
	var signed int64 // the library itself lets a time in the future pass
	if _, err := fmt.Sscanf(d.signature, "t=%d,", &signed); err != nil || time.Since(time.Unix(signed, 0)).Abs() > time.Minute {
		t.Errorf("signed at %d: %v", signed, err)
	}
	if created := gjson.GetBytes(d.body, "created").Int(); created < time.Now().Add(690*time.Hour).Unix() {
		t.Errorf("the event is of %d, before the clock was advanced", created)
	}
}

// What was not delivered when the process ended is delivered by the next one.
func TestDeliveriesSurviveRestart(t *testing.T) {
	var o stripesandbox.Options
	b := start(t, func(opt *stripesandbox.Options) { opt.DataFile = filepath.Join(t.TempDir(), "w.db"); o = *opt })
	b.steer("/webhooks", m{"mode": "hold"})
	b.post("/v1/customers")
	must(t, b.Close())
	c := &bench{t: t, hook: b.hook, conn: b.conn}
	c.open(o)
	c.steer("/webhooks", m{"mode": "deliver"})
	c.until("the held delivery", func() bool { return len(b.hook.deliveries()) == 1 })
}
