package stripesandbox_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"hearth/internal/stripesandbox"
)

// A clock moves nobody but those on it, never backwards, and takes them with it
// when it goes.
func TestClocksAreApart(t *testing.T) {
	b := start(t)
	one, two := b.clock("2030-01-01T00:00:00Z"), b.clock("2020-01-01T00:00:00Z")
	rent := b.rent(90000)
	subOf := func(customer string) string {
		return id(b.post("/v1/subscriptions", "customer="+customer, "items[0][price]="+rent).Result)
	}
	early, late, plain := b.tenant(visa, "test_clock="+one), b.tenant(visa, "test_clock="+two), b.tenant(visa)
	subs := []string{subOf(early), subOf(late), subOf(plain)}
	if got := stamp(b.sub(subs[0]).Get("created")); got != "2030-01-01T00:00:00Z" {
		t.Errorf("begun at %s", got)
	}
	b.live(two, "2020-03-01T02:00:00Z")
	b.advance("24h")
	for i, want := range []int{1, 3, 1} {
		if got := len(b.get("/v1/invoices", "subscription="+subs[i]).Get("data").Array()); got != want {
			t.Errorf("subscription %d has %d invoices, want %d", i, got, want)
		}
	}
	for customers, params := range map[int][]string{1: {"test_clock=" + one}, 2: {}} {
		if got := b.get("/v1/customers", params...).Get("data").Array(); len(got) != 1 {
			t.Errorf("%d: %v lists %d customers", customers, params, len(got))
		}
	}
	b.refused(400, "", "only be advanced forwards", "/v1/test_helpers/test_clocks/"+two+"/advance", "frozen_time="+fmt.Sprint(unix(t, "2020-02-01T00:00:00Z")))
	b.refused(400, "resource_missing", "No such test clock", "/v1/customers", "test_clock=clock_x")
	if got := b.told("test_helpers"); fmt.Sprint(got) != "[test_helpers.test_clock.created test_helpers.test_clock.created test_helpers.test_clock.advancing test_helpers.test_clock.ready]" {
		t.Errorf("told %v", got)
	}
	b.ok(b.call("DELETE", "/v1/test_helpers/test_clocks/"+two))
	if !b.get("/v1/customers/"+late).Get("deleted").Bool() || b.sub(subs[1]).Get("status").String() != "canceled" {
		t.Error("the clock left its customer behind")
	}
	b.isStatus(subs[0], "active")
	b.balanced()
}

// A clock and what waits on it outlive the process.
func TestClockIsKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	b := start(t, func(o *stripesandbox.Options) { o.DataFile = file })
	clock := b.clock("2024-01-01T00:00:00Z")
	sub := id(b.post("/v1/subscriptions", "customer="+b.tenant(visa, "test_clock="+clock), "items[0][price]="+b.rent(90000)).Result)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b.open(stripesandbox.Options{DataFile: file})
	b.live(clock, "2024-03-01T02:00:00Z")
	if got := b.get("/v1/invoices", "subscription="+sub).Get("data.#.status").Raw; got != `["paid","paid","paid"]` {
		t.Errorf("after a restart: %s", got)
	}
}

// The months of a lease, as they begin on the last day or in the middle.
func TestIntervals(t *testing.T) {
	b := start(t)
	for _, tc := range []struct{ interval, count, from, want string }{
		{"day", "1", "2024-02-28T12:00:00Z", "2024-02-29T12:00:00Z"},
		{"week", "2", "2024-02-28T12:00:00Z", "2024-03-13T12:00:00Z"},
		{"month", "1", "2024-01-30T12:00:00Z", "2024-02-29T12:00:00Z"},
		{"month", "3", "2023-11-30T12:00:00Z", "2024-02-29T12:00:00Z"},
		{"month", "6", "2024-08-31T12:00:00Z", "2025-02-28T12:00:00Z"},
		{"year", "1", "2024-02-29T12:00:00Z", "2025-02-28T12:00:00Z"},
	} {
		price := id(b.post("/v1/prices", "currency=usd", "unit_amount=1000", "recurring[interval]="+tc.interval, "recurring[interval_count]="+tc.count, "product_data[name]=P").Result)
		sub := b.post("/v1/subscriptions", "customer="+b.tenant(visa, "test_clock="+b.clock(tc.from)), "items[0][price]="+price)
		if got := stamp(sub.Get("current_period_end")); got != tc.want {
			t.Errorf("%s %ss from %s end %s, want %s", tc.count, tc.interval, tc.from, got, tc.want)
		}
	}
	b.refused(400, "", "maximum interval is one year", "/v1/prices", "currency=usd", "unit_amount=1", "recurring[interval]=month", "recurring[interval_count]=13", "product_data[name]=P")
}

// A cycle that is anchored to a later day bills the time until then by its share.
func TestAnchor(t *testing.T) {
	b := start(t)
	clock := b.clock("2024-04-16T00:00:00Z")
	cu, rent := b.tenant(visa, "test_clock="+clock), b.rent(90000)
	anchor := fmt.Sprint("billing_cycle_anchor=", unix(t, "2024-05-01T00:00:00Z"))
	sub := b.post("/v1/subscriptions", "customer="+cu, "items[0][price]="+rent, anchor, "expand[0]=latest_invoice")
	if got := sub.Get("latest_invoice"); got.Get("amount_paid").Int() != 45000 || !got.Get("lines.data.0.proration").Bool() || stamp(sub.Get("current_period_end")) != "2024-05-01T00:00:00Z" {
		t.Errorf("half of April: %s", got.Raw)
	}
	free := b.post("/v1/subscriptions", "customer="+cu, "items[0][price]="+rent, anchor, "proration_behavior=none", "expand[0]=latest_invoice")
	if got := free.Get("latest_invoice.amount_due").Int(); got != 0 {
		t.Errorf("without proration: %d", got)
	}
	b.live(clock, "2024-05-01T02:00:00Z")
	for _, id := range []string{id(sub.Result), id(free.Result)} {
		if got := b.sub(id, "expand[0]=latest_invoice"); got.Get("latest_invoice.amount_paid").Int() != 90000 || stamp(got.Get("current_period_end")) != "2024-06-01T00:00:00Z" {
			t.Errorf("May: %s", got.Raw)
		}
	}
	b.refused(400, "", "cannot be later than next natural", "/v1/subscriptions", "customer="+cu, "items[0][price]="+rent, fmt.Sprint("billing_cycle_anchor=", unix(t, "2024-08-01T00:00:00Z")))
}
