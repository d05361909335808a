package webhook_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hearth/internal/inbound"
	"hearth/internal/stripeapi"
)

// A body of 3 KB, as a charge event has.
func big(n int64) string {
	id := fmt.Sprintf("evt_%012d", n)
	body := event(id, "charge.succeeded", "pay_1")
	return strings.Replace(body, `"object":{`, `"object":{"description":"`+strings.Repeat("a charge ", 310)+`",`, 1)
}

// BenchmarkIngest takes events in with 64 posters: rows must equal acks.
func BenchmarkIngest(b *testing.B) {
	d := open(b)
	h := d.Receive(inbound.SourceAccount, []string{signing})
	var n atomic.Int64
	b.SetParallelism(32) // times two cores
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			body := big(n.Add(1))
			if code := post(h, body, sign(body, signing, d.clock.Now())); code != http.StatusOK {
				b.Errorf("answered %d", code)
			}
		}
	})
	b.StopTimer()
	var rows int64
	if err := d.DB.QueryRow(ctx, `SELECT count(*) FROM stripe_events`).Scan(&rows); err != nil || rows < n.Load() {
		b.Errorf("%d rows for %d acknowledgements, %v", rows, n.Load(), err)
	}
}

// BenchmarkVerifyOnly is the ceiling: the same without the database.
func BenchmarkVerifyOnly(b *testing.B) {
	d := &desk{clock: &clock{now: time.Unix(1_700_000_000, 0)}}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := make([]byte, r.ContentLength)
		if _, err := r.Body.Read(body); err != nil && r.ContentLength == 0 {
			b.Error(err)
		}
		if _, err := stripeapi.ParseEvent(body, r.Header.Get("Stripe-Signature"), []string{signing}, d.clock.Now()); err != nil {
			b.Error(err)
		}
	})
	var n atomic.Int64
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			body := big(n.Add(1))
			post(h, body, sign(body, signing, d.clock.Now()))
		}
	})
}
