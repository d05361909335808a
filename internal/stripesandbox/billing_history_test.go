package stripesandbox_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// Whatever tenants, cards and months do, the books balance, every invoice adds
// up, owner and platform get their shares, and all objects fit their schemas.
func TestBillingHistories(t *testing.T) {
	spec := officialSchemas()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			b, r := start(t), rand.New(rand.NewPCG(seed, 7))
			owner, clock := b.owner(), b.clock("2024-01-31T00:00:00Z")
			now := time.Date(2024, 1, 31, 0, 0, 0, 0, time.UTC)
			cards := []string{visa, visa, "4000000000000341", "4000003800000446", "4000002760003184"}
			cu, rent := b.tenant(visa, "test_clock="+clock), b.rent(33333)
			var subs []string
			any := func() string { return "/v1/subscriptions/" + subs[r.IntN(len(subs))] }
			for range 40 {
				switch what := r.IntN(8); {
				case what == 0 || len(subs) == 0:
					s := b.call("POST", "/v1/subscriptions", "customer="+cu, "items[0][price]="+rent, fmt.Sprint("items[0][quantity]=", 1+r.IntN(3)),
						fmt.Sprintf("application_fee_percent=%d.%02d", r.IntN(90), r.IntN(100)), "transfer_data[destination]="+owner, fmt.Sprint("trial_period_days=", 1+r.IntN(9)))
					if s.status == 200 {
						subs = append(subs, id(s.Result))
					}
				case what == 1:
					b.usual(cu, cards[r.IntN(len(cards))])
				case what == 2:
					at := any()
					b.call("POST", at, "items[0][id]="+id(b.get(at).Get("items.data.0")), fmt.Sprint("items[0][quantity]=", 1+r.IntN(4)))
				case what == 3:
					b.call("POST", any(), fmt.Sprint("cancel_at_period_end=", r.IntN(2) == 0))
				case what == 4 && r.IntN(3) == 0:
					b.call("DELETE", any(), "prorate=true", "invoice_now=true")
				case what == 5:
					for _, inv := range b.get("/v1/invoices", "status=open", "limit=2").Get("data").Array() {
						b.call("POST", "/v1/invoices/"+id(inv)+"/pay")
					}
				default:
					now = now.Add(time.Duration(1+r.IntN(40*24)) * time.Hour)
					b.live(clock, now.Format(time.RFC3339))
				}
				b.balanced()
			}
			b.addsUp(spec, owner)
		})
	}
}

// addsUp holds every subscription and invoice against its schema and its own sums.
func (b *bench) addsUp(spec schemas, owner string) {
	b.t.Helper()
	var share int64
	for _, inv := range b.get("/v1/invoices", "limit=100").Get("data").Array() {
		for _, problem := range spec.check(inv, "invoice") {
			b.t.Errorf("%s", problem)
		}
		var lines int64
		for _, l := range b.get("/v1/invoices/"+id(inv)+"/lines", "limit=100").Get("data").Array() {
			lines += l.Get("amount").Int()
		}
		paid, due := inv.Get("amount_paid").Int(), inv.Get("amount_due").Int()
		if lines != inv.Get("total").Int() || due < 0 || paid+inv.Get("amount_remaining").Int() != due && inv.Get("status").String() != "void" {
			b.t.Errorf("does not add up (%d): %s", lines, inv.Raw)
		}
		if inv.Get("paid").Bool() != (inv.Get("status").String() == "paid") || inv.Get("paid").Bool() && paid != due {
			b.t.Errorf("paid or not: %s", inv.Raw)
		}
		if paid > 0 {
			share += paid - min(paid, inv.Get("application_fee_amount").Int())
		}
	}
	if got := b.holds(owner); got != share {
		b.t.Errorf("the owner has %d, the invoices say %d", got, share)
	}
	for _, sub := range b.get("/v1/subscriptions", "status=all", "limit=100").Get("data").Array() {
		for _, problem := range spec.check(sub, "subscription") {
			b.t.Errorf("%s", problem)
		}
		ended := slices.Contains([]string{"canceled", "incomplete_expired"}, sub.Get("status").String())
		if ended != (sub.Get("ended_at").Int() > 0) {
			b.t.Errorf("ended or not: %s", sub.Raw)
		}
	}
}
