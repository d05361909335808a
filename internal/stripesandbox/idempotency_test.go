package stripesandbox_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hearth/internal/stripesandbox"
)

var intent = []string{"amount=5000", "currency=usd", "payment_method_types[0]=card"}

func with(params []string, more ...string) []string {
	return append(append([]string{}, params...), more...)
}

func TestIdempotency(t *testing.T) {
	b := start(t)
	first := b.post("/v1/payment_intents", with(intent, "#k1")...)
	again := b.post("/v1/payment_intents", with(intent, "#k1")...)
	if first.Raw != again.Raw || again.header.Get("Idempotent-Replayed") != "true" {
		t.Error("a replay is another answer")
	}
	if req := first.header.Get("Request-Id"); again.header.Get("Original-Request") != req || first.header.Get("Original-Request") != req || again.header.Get("Request-Id") == req {
		t.Errorf("headers: %v %v", first.header, again.header)
	}
	r := b.call("POST", "/v1/payment_intents", "amount=6000", "currency=usd", "payment_method_types[0]=card", "#k1")
	if r.status != 400 || r.Get("error.type").String() != "idempotency_error" || !strings.HasPrefix(r.Get("error.message").String(), "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than 'k1' if") {
		t.Errorf("other parameters: %d %s", r.status, r.Raw)
	}

	decline := with(intent, "confirm=true", "payment_method=pm_card_visa_chargeDeclined", "#k2")
	d1, d2 := b.call("POST", "/v1/payment_intents", decline...), b.call("POST", "/v1/payment_intents", decline...)
	if d1.status != 402 || d2.Raw != d1.Raw || d2.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("a decline is not replayed: %d %s", d2.status, d2.Raw)
	}

	b.refused(400, "parameter_missing", "", "/v1/payment_intents", "amount=5000", "#k3")
	b.post("/v1/payment_intents", with(intent, "#k3")...) // a validation failure kept nothing

	b.advance("25h")
	if later := b.post("/v1/payment_intents", with(intent, "#k1")...); later.Get("id").String() == first.Get("id").String() {
		t.Error("a key is remembered after a day")
	}
	owner := b.owner()
	b.post("/v1/payment_intents", with(intent, "#k9")...)
	if r := b.post("/v1/payment_intents", with(intent, "#k9", "@"+owner)...); r.header.Get("Idempotent-Replayed") != "" {
		t.Error("accounts share keys")
	}
}

func TestFaults(t *testing.T) {
	b := start(t)
	count := func() int { return len(b.get("/v1/payment_intents", "limit=100").Get("data").Array()) }
	// Without keep-alive: over a reused connection Go itself repeats a request that carries an Idempotency-Key.
	client := &http.Client{Timeout: 200 * time.Millisecond, Transport: &http.Transport{DisableKeepAlives: true}}
	send := func(key string) error {
		req, _ := http.NewRequest("POST", b.url+"/v1/payment_intents", strings.NewReader(strings.Join(intent, "&")))
		req.Header = http.Header{"Authorization": {"Bearer sk_test_x"}, "Idempotency-Key": {key}, "Content-Type": {"application/x-www-form-urlencoded"}}
		res, err := client.Do(req)
		if err == nil {
			res.Body.Close()
		}
		return err
	}
	for _, c := range []struct {
		kind string
		done int // intents that exist after the lost answer
	}{{"timeout_before", 0}, {"timeout_after", 1}, {"reset", 1}, {"reset_before", 0}} {
		b.steer("/reset", m{})
		b.steer("/faults", m{"route": "POST /v1/payment_intents", "kind": c.kind})
		if send("k") == nil {
			t.Errorf("%s: an answer came", c.kind)
		}
		if got := count(); got != c.done {
			t.Errorf("%s: %d intents exist, want %d", c.kind, got, c.done)
		}
		r := b.post("/v1/payment_intents", with(intent, "#k")...)
		if count() != 1 || (r.header.Get("Idempotent-Replayed") == "true") != (c.done == 1) {
			t.Errorf("%s: the retry did it again", c.kind)
		}
	}
	b.steer("/reset", m{})
	b.steer("/faults", m{"route": "POST /v1/payment_intents", "kind": "500_after"})
	if r := b.call("POST", "/v1/payment_intents", with(intent, "#k")...); r.status != 500 || r.Get("error.type").String() != "api_error" || count() != 1 {
		t.Errorf("500_after: %d, %d intents", r.status, count())
	}
	if r := b.call("POST", "/v1/payment_intents", with(intent, "#k")...); r.status != 500 {
		t.Errorf("a 500 is not replayed: %d", r.status)
	}
	b.steer("/faults", m{"route": "POST /v1/payment_intents", "kind": "429"})
	if r := b.call("POST", "/v1/payment_intents", with(intent, "#k5")...); r.status != 429 || r.Get("error.code").String() != "rate_limit" {
		t.Errorf("429: %d %s", r.status, r.Raw)
	}
	b.post("/v1/payment_intents", with(intent, "#k5")...) // a 429 kept nothing
}

// While the first request with a key still runs, a second one is told so; and
// however many come, the work is done once.
func TestKeyInUse(t *testing.T) {
	b := start(t)
	b.steer("/faults", m{"route": "POST /v1/payment_intents", "kind": "slow", "count": 5})
	answers := make(chan reply, 5)
	for range 5 {
		go func() { answers <- b.call("POST", "/v1/payment_intents", with(intent, "#same")...) }()
	}
	done := 0
	for range 5 {
		r := <-answers
		if r.status == 200 {
			done++
		} else if r.status != 409 || r.Get("error.code").String() != "idempotency_key_in_use" {
			t.Errorf("one of five: %d %s", r.status, r.Raw)
		}
	}
	if done == 5 {
		t.Error("nobody was told that the key is in use")
	}
	if n := len(b.get("/v1/payment_intents").Get("data").Array()); n != 1 {
		t.Errorf("one key made %d intents", n)
	}
}

// Whatever was answered survives the process, together with its key.
func TestWorldSurvivesRestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	o := stripesandbox.Options{DataFile: file}
	b := start(t, func(opt *stripesandbox.Options) { opt.DataFile = file; o = *opt })
	owner := b.owner()
	ch := b.paid(120000, visa, destination(owner, 14400)...)
	made := b.post("/v1/payment_intents", with(intent, "#k1")...)
	open := b.session(9000).Get("id").String()
	b.advance("10h")
	endpoints := len(b.get("/v1/webhook_endpoints").Get("data").Array())
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}

	c := &bench{t: t, hook: b.hook, conn: b.conn}
	c.open(o)
	if got := c.get("/v1/charges/" + ch.Get("id").String()); got.Get("amount_captured").Int() != 120000 || c.holds(owner) != 105600 {
		t.Errorf("after the restart: %s", got.Raw)
	}
	if r := c.post("/v1/payment_intents", with(intent, "#k1")...); r.Get("id").String() != made.Get("id").String() {
		t.Error("the key was forgotten")
	}
	if got := len(c.get("/v1/webhook_endpoints").Get("data").Array()); got != endpoints {
		t.Errorf("endpoints were registered again: %d, then %d", endpoints, got)
	}
	c.advance("15h") // past the session's end, counted from before the restart
	if got := c.get("/v1/checkout/sessions/" + open).Get("status").String(); got != "expired" {
		t.Errorf("the session's timer was forgotten: %s", got)
	}
	c.balanced()
}
