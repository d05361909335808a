package webhook_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"hearth/internal/inbound"
	"hearth/internal/postgres"
	"hearth/internal/webhook"
)

func TestReceiveRefuses(t *testing.T) {
	d := open(t)
	body := event("evt_1", "charge.succeeded", "pay_1")
	now := d.clock.Now()
	large := event("evt_2", "charge.succeeded", strings.Repeat("x", 1<<20))
	for _, c := range []struct {
		name, body, signature string
		want                  int
	}{
		{"no signature", body, "", 400},
		{"garbled header", body, "t=now", 400},
		{"no time", body, "v1=00", 400},
		{"another secret", body, sign(body, "whsec_wrong", now), 400},
		{"another body", body + " ", sign(body, signing, now), 400},
		{"too old", body, sign(body, signing, now.Add(-301*time.Second)), 400},
		{"from the future", body, sign(body, signing, now.Add(301*time.Second)), 400},
		{"no JSON", "{", sign("{", signing, now), 400},
		{"no event", `{"id":"evt_1"}`, sign(`{"id":"evt_1"}`, signing, now), 400},
		{"too large", large, sign(large, signing, now), 413},
		{"old enough", body, sign(body, signing, now.Add(-299*time.Second)), 200},
		{"a second secret and signature", body, sign(body, "whsec_gone", now) + "," + sign(body, "whsec_other", now)[len("t=0000000000,"):], 200},
	} {
		if got := d.post(c.body, c.signature); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	w := httptest.NewRecorder()
	d.Receive(inbound.SourceAccount, []string{signing}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/webhooks/stripe", nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != http.MethodPost {
		t.Errorf("GET: %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
	if code := post(d.Receive(inbound.SourceAccount, []string{""}), body, sign(body, "", now)); code != 400 {
		t.Errorf("an empty secret opened the door: %d", code)
	}
}

func TestReceiveKeepsTheExactBytesOnce(t *testing.T) {
	d := open(t)
	body := strings.Replace(event("evt_1", "charge.succeeded", "pay_1"), ",", " ,\n ", 1)
	for range 3 {
		if code := d.post(body, sign(body, signing, d.clock.Now())); code != 200 {
			t.Fatal(code)
		}
	}
	e := d.entry("evt_1")
	if string(e.Payload) != body || e.Source != inbound.SourceAccount || e.ObjectID != "pay_1" || e.State != webhook.Waiting {
		t.Errorf("stored %+v", e)
	}
	all, err := webhook.List(context.Background(), d.DB, webhook.Filter{Limit: 10})
	if err != nil || len(all) != 1 {
		t.Errorf("%d rows, %v", len(all), err)
	}
}

func TestReceiveSetsAside(t *testing.T) {
	d := open(t)
	live := strings.Replace(event("evt_live", "charge.succeeded", "pay_1"), `"livemode":false`, `"livemode":true`, 1)
	if code := d.post(live, sign(live, signing, d.clock.Now())); code != 200 {
		t.Fatal(code)
	}
	d.send("evt_unknown", "balance.available", "x")
	d.send("evt_foreign", "charge.succeeded", "foreign_1")
	d.outlast()
	for id, effect := range map[string]string{"evt_live": "other mode", "evt_unknown": "not our concern", "evt_foreign": "foreign"} {
		if e := d.entry(id); e.State != webhook.Ignored || e.Effect != effect {
			t.Errorf("%s: %s, %q; want ignored, %q", id, e.State, e.Effect, effect)
		}
	}
	if d.lookCount() != 0 {
		t.Errorf("%d looks for events that are none of ours", d.lookCount())
	}
}

func TestReceiveFlagsAnotherVersionAndAppliesIt(t *testing.T) {
	d := open(t)
	d.set("pay_1", 7)
	body := strings.Replace(event("evt_1", "charge.succeeded", "pay_1"), "2023-10-16", "2025-01-01", 1)
	if code := d.post(body, sign(body, signing, d.clock.Now())); code != 200 {
		t.Fatal(code)
	}
	d.drain()
	if e := d.entry("evt_1"); e.State != webhook.Applied || e.Effect != "saw 7 (sent as API version 2025-01-01)" {
		t.Errorf("%s %q", e.State, e.Effect)
	}
}

// One bad row must not cost its neighbours in the batch their answer.
func TestReceiveAnswersEachRowByItself(t *testing.T) {
	d := open(t)
	exec(t, d.DB, `ALTER TABLE stripe_events ADD CHECK (object_id <> 'poison')`)
	codes := storm(d, 64, func(i int) string {
		if i%16 == 0 {
			return event(fmt.Sprintf("evt_%03d", i), "charge.succeeded", "poison")
		}
		return event(fmt.Sprintf("evt_%03d", i), "charge.succeeded", "pay")
	})
	for i, code := range codes {
		if want := map[bool]int{true: 500, false: 200}[i%16 == 0]; code != want {
			t.Errorf("row %d: %d, want %d", i, code, want)
		}
	}
}

// An acknowledgement is a stored row, also while the same ids come many times
// in every order.
func TestEveryAcknowledgedEventIsStored(t *testing.T) {
	d := open(t)
	const posters, ids = 64, 400
	var mu sync.Mutex
	acknowledged := map[string]bool{}
	var all sync.WaitGroup
	for p := range posters {
		all.Go(func() {
			for n := range 50 {
				id := fmt.Sprintf("evt_%04d", (p*7919+n*104729)%ids)
				body := event(id, "charge.succeeded", "pay_"+id)
				if d.post(body, sign(body, signing, d.clock.Now())) == 200 {
					mu.Lock()
					acknowledged[id] = true
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	var rows int
	if err := d.DB.QueryRow(context.Background(), `SELECT count(*) FROM stripe_events`).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	if rows < len(acknowledged) || len(acknowledged) < ids*9/10 {
		t.Errorf("%d rows for %d acknowledged events of %d", rows, len(acknowledged), ids)
	}
}

// Batches that share redelivered ids take their rows in one order.
func TestRedeliveriesDoNotDeadlock(t *testing.T) {
	d := open(t)
	busy, err := postgres.Open(context.Background(), d.DB.Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	quiet := d.DB
	d.DB = busy
	for round := range 30 {
		storm(d, 128, func(i int) string {
			n := i / 2
			if i%2 == 1 {
				n = 63 - n // the same ids the other way round
			}
			return event(fmt.Sprintf("evt_%d_%02d", round, n), "charge.succeeded", "pay")
		})
	}
	busy.Close() // its servers leave their statistics
	var deadlocks int
	if err := quiet.QueryRow(context.Background(), `SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`).Scan(&deadlocks); err != nil || deadlocks != 0 {
		t.Errorf("%d deadlocks, %v", deadlocks, err)
	}
}

// storm posts n bodies at once and returns their answers.
func storm(d *desk, n int, body func(int) string) []int {
	codes := make([]int, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			b := body(i)
			codes[i] = d.post(b, sign(b, signing, d.clock.Now()))
		})
	}
	all.Wait()
	return codes
}
