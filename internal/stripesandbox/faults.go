package stripesandbox

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is trouble waiting for requests: see the control endpoint /_sandbox/faults.
type Fault struct {
	// Route is a method and path, "POST /v1/refunds", or a route with {id}. One
	// that ends with * fits whatever begins like it; * alone fits everything.
	Route string `json:"route"`
	// Kind, or one of Kinds, is what goes wrong: see faultKinds.
	Kind  string   `json:"kind,omitempty"`
	Kinds []string `json:"kinds,omitempty"`
	// After lets that many requests of each route pass first. Count is how many
	// are spoilt then: one, or with a share, however many come.
	After int `json:"after,omitempty"`
	Count int `json:"count,omitempty"`
	// Share of the requests to spoil, from 0 to 1. Which ones, and with which of
	// the kinds, follows from the seed, the route and how many requests came to
	// that route before: what else runs at the same time changes nothing.
	Share float64 `json:"share,omitempty"`
	Seed  int64   `json:"seed,omitempty"`
	// Delay is how long a timeout hangs before the connection is cut (90 s unless
	// told), and how late a slow answer is (1 s).
	Delay string `json:"delay,omitempty"`
	// ShouldRetry is the Stripe-Should-Retry of an error made here.
	ShouldRetry string `json:"should_retry,omitempty"`
}

// faultKinds are what can go wrong.
//
//	timeout_before  hangs and does nothing
//	timeout_after   does it, then hangs
//	reset           does it, then cuts the connection (Go's client repeats a request
//	                with an Idempotency-Key by itself when the connection was reused)
//	reset_before    cuts the connection and does nothing
//	500             answers 500 and does nothing
//	500_after       does it and answers 500
//	503             answers 503 and does nothing
//	429             answers 429 and does nothing
//	lock_timeout    the same, because the object is in use
//	slow            waits before the work, its key in use
var faultKinds = []string{"timeout_before", "timeout_after", "reset", "reset_before", "500", "500_after", "503", "429", "lock_timeout", "slow"}

// FaultKinds are the kinds of trouble that can be ordered.
func FaultKinds() []string { return slices.Clone(faultKinds) }

const longestFault = 90 * time.Second

// check says what is wrong with an order for trouble.
func (f *Fault) check() error {
	if f.Kind != "" {
		f.Kinds, f.Kind = append(f.Kinds, f.Kind), ""
	}
	switch {
	case f.Route == "" || len(f.Kinds) == 0:
		return invalid("", "kind", "Say a route such as POST /v1/refunds, and a kind: one of %s", strings.Join(faultKinds, ", "))
	case f.Share < 0 || f.Share > 1:
		return invalid("", "share", "Invalid share: from 0 to 1")
	case f.ShouldRetry != "" && f.ShouldRetry != "true" && f.ShouldRetry != "false":
		return invalid("", "should_retry", "Invalid should_retry: must be one of true, false")
	}
	for _, kind := range f.Kinds {
		if !slices.Contains(faultKinds, kind) {
			return invalid("", "kind", "Invalid kind %q: must be one of %s", kind, strings.Join(faultKinds, ", "))
		}
	}
	if d, err := time.ParseDuration(cmp.Or(f.Delay, "1s")); err != nil || d < 0 || d > longestFault {
		return invalid("", "delay", "Say a delay such as 200ms, of at most %s", longestFault)
	}
	if f.Share == 0 {
		f.Count = max(1, f.Count)
	}
	return nil
}

// fits says whether a request on a route is meant.
func (f *Fault) fits(r *http.Request) bool {
	path := r.Method + " " + r.URL.Path
	if start, ok := strings.CutSuffix(f.Route, "*"); ok {
		return strings.HasPrefix(path, start)
	}
	return f.Route == r.Pattern || f.Route == path
}

// chance is where between 0 and 1 the n-th request of a route falls, and a
// number to choose among kinds by. It depends on nothing else.
func chance(seed int64, route string, n int) (share float64, pick uint64) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s %d", seed, route, n))
	return float64(binary.BigEndian.Uint64(sum[:])>>11) / (1 << 53), binary.BigEndian.Uint64(sum[8:])
}

// faultList are the faults ordered, and what they did.
type faultList struct {
	mu    sync.Mutex
	items []*waitingFault
	last  []spoiling // the newest last
}

type waitingFault struct {
	Fault
	came   map[string]int // requests by route
	left   int            // of Count
	Seen   int            `json:"seen"`
	Spoilt map[string]int `json:"spoilt"` // by kind
}

// spoiling is one request that went wrong.
type spoiling struct {
	Request string `json:"request"`
	Route   string `json:"route"`
	Kind    string `json:"kind"`
}

func (l *faultList) add(f Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.items = append(l.items, &waitingFault{Fault: f, came: map[string]int{}, left: f.Count, Spoilt: map[string]int{}})
}

func (l *faultList) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.items, l.last = nil, nil
}

// take is the trouble this request shall have, if any.
func (l *faultList) take(r *http.Request, req string) (kind string, f Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.items {
		if !w.fits(r) {
			continue
		}
		if kind := w.decide(r.Pattern); kind != "" {
			l.last = append(l.last, spoiling{req, r.Method + " " + r.URL.Path, kind})
			l.last = l.last[max(0, len(l.last)-100):]
			return kind, w.Fault
		}
	}
	return "", f
}

// decide counts a request of a route and says how it is spoilt, "" if it is not.
func (w *waitingFault) decide(route string) string {
	w.Seen++
	n := w.came[route]
	w.came[route]++
	share, pick := chance(w.Seed, route, n)
	if n < w.After || w.Count > 0 && w.left == 0 || w.Share > 0 && share >= w.Share {
		return ""
	}
	w.left--
	kind := w.Kinds[pick%uint64(len(w.Kinds))]
	w.Spoilt[kind]++
	return kind
}

func (l *faultList) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.items)
}

// report is every fault ordered and what it did, and the last requests spoilt.
func (l *faultList) report() any {
	l.mu.Lock()
	defer l.mu.Unlock()
	data := []any{}
	for _, w := range l.items {
		row := plain(w)
		if w.Count > 0 {
			row["left"] = w.left
		}
		data = append(data, row)
	}
	return map[string]any{"data": data, "last": slices.Clone(l.last)}
}

// controlFaults orders trouble, calls it off, or tells what it did.
func (s *Server) controlFaults(r *http.Request, in *controls) (any, error) {
	var order struct {
		Fault
		Clear bool `json:"clear"`
	}
	switch {
	case r.Method == http.MethodGet:
		return s.faults.report(), nil
	case r.Method == http.MethodDelete:
		order.Clear = true
	default:
		if err := in.decode(&order); err != nil {
			return nil, err
		}
	}
	if order.Clear {
		s.faults.clear()
		return map[string]any{"cleared": true}, nil
	}
	if err := order.check(); err != nil {
		return nil, err
	}
	s.faults.add(order.Fault)
	return order.Fault, nil
}

// answerFaulty answers the request, or spoils it as a waiting fault says; gone
// means that no answer is to be written.
func (s *Server) answerFaulty(w http.ResponseWriter, r *http.Request, req string, form url.Values, op operation) (a answer, gone bool) {
	kind, f := s.faults.take(r, req)
	delay, _ := time.ParseDuration(f.Delay)
	fail := faultErrors(kind)
	if fail != nil && f.ShouldRetry != "" {
		fail.retry = f.ShouldRetry
	}
	before := func() {}
	switch kind {
	case "slow":
		before = func() { s.pause(r, cmp.Or(delay, time.Second)) }
	case "429", "lock_timeout", "503":
		return s.failure(r, fail), false
	case "timeout_before":
		s.hang(r, delay)
	case "reset_before":
		cut(w)
		return a, true
	}
	a = s.once(r, req, form, op, fail, before)
	switch kind {
	case "timeout_after":
		s.hang(r, delay)
	case "reset":
		cut(w)
		return a, true
	}
	return a, false
}

// faultErrors is the error that a kind of fault answers with; nil for the others.
func faultErrors(kind string) *apiError {
	switch kind {
	case "429":
		return &apiError{Status: http.StatusTooManyRequests, Type: "invalid_request_error", Code: "rate_limit",
			Message: "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits."}
	case "lock_timeout":
		return &apiError{Status: http.StatusTooManyRequests, Type: "invalid_request_error", Code: "lock_timeout", retry: "true",
			Message: "This object cannot be accessed right now because another API request or Stripe process is currently accessing it. If you see this error intermittently, retry the request. If you see this error frequently and are making multiple concurrent requests to a single object, make your requests serially or at a lower rate. For more details, see https://stripe.com/docs/rate-limits#object-lock-timeouts."}
	case "503":
		return &apiError{Status: http.StatusServiceUnavailable, Type: "api_error", Message: "Stripe is temporarily unavailable. Please try again."}
	case "500", "500_after":
		return &apiError{Status: http.StatusInternalServerError, Type: "api_error", Message: "An unknown error occurred.", executed: true, retry: "false", keep: kind == "500_after"}
	}
	return nil
}

// hang waits until the caller gives up, or for that long, and cuts the connection.
func (s *Server) hang(r *http.Request, d time.Duration) {
	s.pause(r, cmp.Or(d, longestFault))
	panic(http.ErrAbortHandler) // no answer, not even an empty one
}

// pause waits for d, or until the caller or the sandbox is gone.
func (s *Server) pause(r *http.Request, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-r.Context().Done():
	case <-s.ctx.Done():
	case <-t.C:
	}
}

func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	conn.Close()
}
