package stripesandbox_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hearth/internal/stripesandbox"
)

func (b *bench) faults() reply {
	b.t.Helper()
	req, _ := http.NewRequest(http.MethodGet, b.url+"/_sandbox/faults", nil)
	return b.ok(b.do(req))
}

// storm sends n requests one by one and says which were spoilt, and how.
func (b *bench) storm(n int) (how []string) {
	b.t.Helper()
	for range n {
		r := b.call("POST", "/v1/customers")
		how = append(how, strings.TrimSuffix(http.StatusText(r.status)+" "+r.Get("error.code").String(), " "))
	}
	return how
}

// A share of the requests is spoilt, by the same seed the same ones.
func TestFaultsBySeed(t *testing.T) {
	mix := func(seed int) m {
		return m{"route": "POST /v1/customers", "kinds": []string{"500", "429", "lock_timeout", "503"}, "share": 0.3, "seed": seed, "after": 5}
	}
	var storms [][]string
	for _, seed := range []int{7, 7, 8} {
		b := start(t)
		b.steer("/faults", mix(seed))
		b.get("/v1/customers") // another route changes nothing
		storms = append(storms, b.storm(60))
		spoilt := b.faults().Get("data.0")
		if spoilt.Get("seen").Int() != 60 || len(spoilt.Get("spoilt").Map()) != 4 || len(b.faults().Get("last").Array()) < 5 {
			t.Errorf("the report: %s", b.faults().Raw)
		}
	}
	if !slices.Equal(storms[0], storms[1]) {
		t.Error("one seed made two storms")
	}
	if slices.Equal(storms[0], storms[2]) {
		t.Error("two seeds made one storm")
	}
	for i, how := range storms[0][:5] {
		if how != "OK" {
			t.Errorf("request %d was spoilt, though five were to pass: %s", i, how)
		}
	}
	bad := len(slices.DeleteFunc(slices.Clone(storms[0]), func(how string) bool { return how == "OK" }))
	if bad < 8 || bad > 28 {
		t.Errorf("%d of 55 were spoilt at a share of 0.3", bad)
	}
}

// Requests that come at the same time are spoilt as often as those that come
// after one another.
func TestFaultsAtOnce(t *testing.T) {
	count := func(b *bench) string { return b.faults().Get("data.0.spoilt").Raw }
	one, all := start(t), start(t)
	for _, b := range []*bench{one, all} {
		b.steer("/faults", m{"route": "POST /v1/*", "kinds": []string{"500", "429"}, "share": 0.5, "seed": 3})
	}
	one.storm(40)
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() { all.call("POST", "/v1/customers") })
	}
	wg.Wait()
	if count(one) != count(all) {
		t.Errorf("one by one %s, at once %s", count(one), count(all))
	}
}

func TestFaultsCountAndClear(t *testing.T) {
	b := start(t)
	b.steer("/faults", m{"route": "*", "kind": "503", "share": 1, "count": 2})
	if got := b.storm(3); !slices.Equal(got, []string{"Service Unavailable", "Service Unavailable", "OK"}) {
		t.Errorf("two of three: %q", got)
	}
	for _, clear := range []func(){
		func() { b.steer("/faults", m{"clear": true}) },
		func() {
			req, _ := http.NewRequest(http.MethodDelete, b.url+"/_sandbox/faults", nil)
			b.ok(b.do(req))
		},
	} {
		b.steer("/faults", m{"route": "*", "kind": "500"})
		clear()
		if got := b.storm(1); got[0] != "OK" || len(b.faults().Get("data").Array()) != 0 {
			t.Errorf("after clearing: %q", got)
		}
	}
	for _, wrong := range []m{{"route": "*"}, {"kind": "500"}, {"route": "*", "kind": "402"}, {"route": "*", "kind": "500", "share": 2},
		{"route": "*", "kind": "500", "sahre": 0.5}, {"route": "*", "kind": "slow", "delay": "2h"}, {"route": "*", "kind": "429", "should_retry": "maybe"}} {
		if r := b.control("/faults", wrong); r.status != 400 {
			t.Errorf("%v was taken: %s", wrong, r.Raw)
		}
	}
}

// What a library reads of an error, and how long a timeout is, can be told.
func TestFaultsAsTold(t *testing.T) {
	b := start(t)
	for kind, want := range map[string]struct {
		status int
		retry  string
	}{"429": {429, ""}, "lock_timeout": {429, "true"}, "503": {503, ""}, "500": {500, "false"}} {
		b.steer("/faults", m{"route": "POST /v1/customers", "kind": kind})
		if r := b.call("POST", "/v1/customers"); r.status != want.status || r.header.Get("Stripe-Should-Retry") != want.retry {
			t.Errorf("%s: %d, retry %q", kind, r.status, r.header.Get("Stripe-Should-Retry"))
		}
		b.steer("/faults", m{"route": "POST /v1/customers", "kind": kind, "should_retry": "true"})
		if r := b.call("POST", "/v1/customers"); r.header.Get("Stripe-Should-Retry") != "true" {
			t.Errorf("%s told to be repeated: %q", kind, r.header.Get("Stripe-Should-Retry"))
		}
	}
	b.steer("/faults", m{"route": "POST /v1/customers", "kind": "timeout_before", "delay": "50ms"})
	req, _ := http.NewRequest(http.MethodPost, b.url+"/v1/customers", nil)
	req.Header.Set("Authorization", "Bearer sk_test_x")
	begin := time.Now()
	if _, err := http.DefaultTransport.RoundTrip(req); err == nil {
		t.Error("an answer came")
	}
	if took := time.Since(begin); took < 50*time.Millisecond || took > 10*time.Second {
		t.Errorf("a timeout of 50ms took %s", took)
	}
}

// A sandbox can be opened in trouble.
func TestFaultsFromTheStart(t *testing.T) {
	b := start(t, func(o *stripesandbox.Options) {
		o.Faults = []stripesandbox.Fault{{Route: "*", Kind: "503", Share: 1}}
	})
	if r := b.call("GET", "/v1/balance"); r.status != 503 {
		t.Errorf("%d %s", r.status, r.Raw)
	}
	if _, err := stripesandbox.Open(stripesandbox.Options{Faults: []stripesandbox.Fault{{Route: "*"}}}); err == nil {
		t.Error("a fault without a kind was taken")
	}
}
