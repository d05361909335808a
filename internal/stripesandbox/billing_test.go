package stripesandbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

// tenant is a customer whose invoices a card pays; more are parameters of the customer.
func (b *bench) tenant(card string, more ...string) string {
	b.t.Helper()
	cu := id(b.post("/v1/customers", with(more, "email=t@example.com", "name=Tess Tenant")...).Result)
	if card != "" {
		b.usual(cu, card)
	}
	return cu
}

// usual makes a new card the one that pays a customer's invoices.
func (b *bench) usual(customer, card string) string {
	b.t.Helper()
	pm := id(b.post("/v1/payment_methods", "type=card", "card[number]="+card, "card[exp_month]=12", "card[exp_year]=2034", "card[cvc]=123").Result)
	b.post("/v1/payment_methods/"+pm+"/attach", "customer="+customer)
	b.post("/v1/customers/"+customer, "invoice_settings[default_payment_method]="+pm)
	return pm
}

// rent is a monthly price.
func (b *bench) rent(amount int64) string {
	b.t.Helper()
	return id(b.post("/v1/prices", "currency=usd", fmt.Sprintf("unit_amount=%d", amount), "recurring[interval]=month", "product_data[name]=Rent").Result)
}

// clock is a test clock at an instant like 2024-01-31T10:00:00Z.
func (b *bench) clock(at string) string {
	b.t.Helper()
	return id(b.post("/v1/test_helpers/test_clocks", fmt.Sprintf("frozen_time=%d", unix(b.t, at)), "name=test").Result)
}

func unix(t *testing.T, at string) int64 {
	t.Helper()
	v, err := time.Parse(time.RFC3339, at)
	if err != nil {
		t.Fatal(err)
	}
	return v.Unix()
}

// live lets a test clock run to an instant.
func (b *bench) live(clock, at string) {
	b.t.Helper()
	path := "/v1/test_helpers/test_clocks/" + clock
	if got := b.post(path+"/advance", fmt.Sprintf("frozen_time=%d", unix(b.t, at))).Get("status").String(); got != "advancing" {
		b.t.Errorf("an advance answers %s", got)
	}
	if tc := b.get(path); tc.Get("status").String() != "ready" || tc.Get("frozen_time").Int() != unix(b.t, at) {
		b.t.Fatalf("the clock stands at %s", tc.Raw)
	}
}

// sub reads a subscription again.
func (b *bench) sub(id string, expand ...string) reply {
	b.t.Helper()
	return b.get("/v1/subscriptions/"+id, expand...)
}

func (b *bench) isStatus(sub, want string) {
	b.t.Helper()
	if got := b.sub(sub).Get("status").String(); got != want {
		b.t.Errorf("the subscription is %s, want %s", got, want)
	}
}

// told are the types of the events so far, oldest first.
func (b *bench) told(prefix ...string) (types []string) {
	b.t.Helper()
	for _, e := range b.get("/v1/events", "limit=100").Get("data.#.type").Array() {
		if slices.ContainsFunc(prefix, func(p string) bool { return strings.HasPrefix(e.String(), p) }) {
			types = append(types, e.String())
		}
	}
	slices.Reverse(types)
	return types
}

func stamp(r gjson.Result) string { return time.Unix(r.Int(), 0).UTC().Format("2006-01-02T15:04:05Z") }

// Monthly rent to an owner: the platform keeps its percentage of each invoice to
// the nearest cent, months end on their last day, and an invoice is a draft for an hour.
func TestMonthlyRent(t *testing.T) {
	b := start(t)
	owner, clock := b.owner(), b.clock("2024-01-31T10:00:00Z")
	cu := b.tenant(visa, "test_clock="+clock)
	sub := id(b.post("/v1/subscriptions", "customer="+cu, "items[0][price]="+b.rent(123455), "application_fee_percent=12.5", "transfer_data[destination]="+owner,
		"on_behalf_of="+owner, "metadata[lease]=l1").Result)
	first := b.sub(sub, "expand[0]=latest_invoice.payment_intent.latest_charge")
	if first.Get("status").String() != "active" || stamp(first.Get("current_period_end")) != "2024-02-29T10:00:00Z" {
		t.Errorf("after the first rent: %s until %s", first.Get("status"), stamp(first.Get("current_period_end")))
	}
	inv := first.Get("latest_invoice")
	if inv.Get("status").String() != "paid" || inv.Get("billing_reason").String() != "subscription_create" || inv.Get("application_fee_amount").Int() != 15432 || inv.Get("number").String() == "" {
		t.Errorf("first invoice: %s", inv.Raw)
	}
	if d := inv.Get("lines.data.0.description").String(); d != "1 × Rent (at $1,234.55 / month)" {
		t.Errorf("line: %s", d)
	}
	if ch := inv.Get("payment_intent.latest_charge"); ch.Get("application_fee_amount").Int() != 15432 || ch.Get("invoice").String() != id(inv) || ch.Get("destination").String() != owner {
		t.Errorf("charge: %s", ch.Raw)
	}
	if got := b.holds(owner); got != 123455-15432 {
		t.Errorf("the owner has %d", got)
	}

	b.live(clock, "2024-02-29T10:30:00Z")
	draft := b.get("/v1/invoices", "subscription="+sub).Get("data.0")
	if draft.Get("status").String() != "draft" || draft.Get("billing_reason").String() != "subscription_cycle" || draft.Get("payment_intent").Raw != "null" || stamp(draft.Get("next_payment_attempt")) != "2024-02-29T11:00:00Z" {
		t.Errorf("within the hour: %s", draft.Raw)
	}
	if p := draft.Get("lines.data.0.period"); stamp(p.Get("start")) != "2024-02-29T10:00:00Z" || stamp(p.Get("end")) != "2024-03-31T10:00:00Z" || stamp(draft.Get("period_start")) != "2024-01-31T10:00:00Z" {
		t.Errorf("the draft is for %s, and of %s", p.Raw, stamp(draft.Get("period_start")))
	}
	b.live(clock, "2024-02-29T11:00:00Z")
	if got := b.get("/v1/invoices/" + id(draft)); got.Get("status").String() != "paid" || stamp(got.Get("status_transitions.paid_at")) != "2024-02-29T11:00:00Z" || got.Get("attempt_count").Int() != 1 {
		t.Errorf("an hour later: %s", got.Raw)
	}
	b.live(clock, "2024-06-15T00:00:00Z")
	var ends []string
	for _, inv := range b.get("/v1/invoices", "subscription="+sub).Get("data").Array() {
		if inv.Get("status").String() != "paid" {
			t.Errorf("unpaid: %s", inv.Raw)
		}
		ends = append(ends, stamp(inv.Get("lines.data.0.period.end"))[:10])
	}
	if got := strings.Join(ends, " "); got != "2024-06-30 2024-05-31 2024-04-30 2024-03-31 2024-02-29" {
		t.Errorf("months end on %s", got)
	}
	if got := b.holds(owner); got != 5*(123455-15432) {
		t.Errorf("after five rents the owner has %d", got)
	}
	b.balanced()
}

// The sandbox's own clock drives whoever hangs on none of their own.
func TestRentByTheSandboxClock(t *testing.T) {
	b := start(t)
	cu := b.tenant(visa)
	sub := id(b.post("/v1/subscriptions", "customer="+cu, "items[0][price]="+b.rent(90000), "items[0][quantity]=2").Result)
	wants := func(want ...string) {
		if got := b.told("invoice", "customer.subscription"); !slices.Equal(got, want) {
			t.Errorf("told %v, want %v", got, want)
		}
	}
	wants("invoice.created", "invoice.finalized", "customer.subscription.created", "invoice.paid", "invoice.payment_succeeded", "customer.subscription.updated")
	b.advance("768h") // 32 days; Stripe lists the events of the last 30
	wants("invoice.upcoming", "invoice.created", "customer.subscription.updated", "invoice.finalized", "invoice.paid", "invoice.payment_succeeded")
	if got := b.get("/v1/invoices", "subscription="+sub).Get("data.#.amount_paid").Raw; got != "[180000,180000]" {
		t.Errorf("paid: %s", got)
	}
	b.balanced()
}

// A card that stops paying is tried four times; then the subscription ends, or a new card saves it.
func TestRentIsNotPaid(t *testing.T) {
	for _, saved := range []bool{false, true} {
		t.Run(fmt.Sprint("saved ", saved), func(t *testing.T) {
			b := start(t)
			clock := b.clock("2024-01-01T00:00:00Z")
			cu := b.tenant(visa, "test_clock="+clock)
			sub := id(b.post("/v1/subscriptions", "customer="+cu, "items[0][price]="+b.rent(90000)).Result)
			b.usual(cu, "4000000000000341")
			b.live(clock, "2024-02-01T02:00:00Z")
			b.isStatus(sub, "past_due")
			inv := b.get("/v1/invoices", "subscription="+sub).Get("data.0")
			if inv.Get("status").String() != "open" || inv.Get("attempt_count").Int() != 1 || stamp(inv.Get("next_payment_attempt")) != "2024-02-04T01:00:00Z" {
				t.Errorf("after the first try: %s", inv.Raw)
			}
			if !b.get("/v1/customers/" + cu).Get("delinquent").Bool() {
				t.Error("the customer is not delinquent")
			}
			b.live(clock, "2024-02-09T02:00:00Z")
			if saved {
				b.usual(cu, visa)
			}
			b.live(clock, "2024-02-20T00:00:00Z")
			inv = b.get("/v1/invoices/" + id(inv)).Result
			if saved {
				b.isStatus(sub, "active")
				if inv.Get("status").String() != "paid" || inv.Get("attempt_count").Int() != 4 || b.get("/v1/customers/"+cu).Get("delinquent").Bool() {
					t.Errorf("with a new card: %s", inv.Raw)
				}
				return
			}
			got := b.sub(sub)
			if got.Get("status").String() != "canceled" || got.Get("cancellation_details.reason").String() != "payment_failed" || stamp(got.Get("ended_at")) != "2024-02-16T01:00:00Z" {
				t.Errorf("after the last try: %s", got.Raw)
			}
			if inv.Get("status").String() != "open" || inv.Get("next_payment_attempt").Raw != "null" || inv.Get("attempt_count").Int() != 4 {
				t.Errorf("the invoice: %s", inv.Raw)
			}
			if n := strings.Count(strings.Join(b.told("invoice.payment_failed"), " "), "failed"); n != 4 {
				t.Errorf("%d failures were told of", n)
			}
			b.balanced()
		})
	}
}
