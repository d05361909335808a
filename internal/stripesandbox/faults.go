package stripesandbox

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Fault is trouble waiting for a request: see the control endpoint /_sandbox/faults.
type Fault struct {
	// Route is a method and path, or a route with {id}: "POST /v1/refunds".
	Route string `json:"route"`
	// Kind is one of
	//   timeout_before  hangs and does nothing
	//   timeout_after   does it, then hangs
	//   reset           does it, then cuts the connection (Go's client repeats a request
	//                   with an Idempotency-Key by itself when the connection was reused)
	//   reset_before    cuts the connection and does nothing
	//   500             answers 500 and does nothing
	//   500_after       does it and answers 500
	//   429             answers 429 and does nothing
	//   slow            waits a second before the work, its key in use
	Kind  string `json:"kind"`
	Count int    `json:"count"`
}

type faultList struct {
	mu    sync.Mutex
	items []*Fault
}

func (l *faultList) add(f Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f.Count = max(1, f.Count)
	l.items = append(l.items, &f)
}

func (l *faultList) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.items = nil
}

// take uses up one fault that fits the request.
func (l *faultList) take(r *http.Request) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.items {
		if f.Count > 0 && (f.Route == r.Pattern || f.Route == r.Method+" "+r.URL.Path || f.Route == "*") {
			f.Count--
			return f.Kind
		}
	}
	return ""
}

// answerFaulty answers the request, or spoils it as a waiting fault says; gone
// means that no answer is to be written.
func (s *Server) answerFaulty(w http.ResponseWriter, r *http.Request, req string, form url.Values, op operation) (a answer, gone bool) {
	kind := s.faults.take(r)
	var fail *apiError
	before := func() {}
	switch kind {
	case "slow":
		before = func() { s.pause(r, time.Second) }
	case "429":
		return s.failure(&apiError{Status: http.StatusTooManyRequests, Type: "invalid_request_error", Code: "rate_limit", Message: "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits."}), false
	case "500", "500_after":
		fail = &apiError{Status: http.StatusInternalServerError, Type: "api_error", Message: "An unknown error occurred.", executed: true, retry: "false", keep: kind == "500_after"}
	case "timeout_before":
		s.hang(r)
		return a, true
	case "reset_before":
		cut(w)
		return a, true
	}
	a = s.once(r, req, form, op, fail, before)
	switch kind {
	case "timeout_after":
		s.hang(r)
		return a, true
	case "reset":
		cut(w)
		return a, true
	}
	return a, false
}

// hang waits until the caller gives up.
func (s *Server) hang(r *http.Request) {
	s.pause(r, 90*time.Second)
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

func faultKinds() string {
	return strings.Join([]string{"timeout_before", "timeout_after", "reset", "reset_before", "500", "500_after", "429", "slow"}, ", ")
}
