package stripesandbox

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// requestLog remembers the last requests to the API, for people: the inspector
// shows them, and an error's request_log_url leads there.
type requestLog struct {
	mu   sync.Mutex
	byID map[string]*loggedRequest
	ids  []string // the newest last
}

const loggedRequests = 1000

// loggedRequest is one of them. Until it ends its status is 0.
type loggedRequest struct {
	log *requestLog

	ID, Method, Path, Account, Key string
	Public                         bool // came with a publishable key
	Params                         []loggedParam
	At                             time.Time // the wall clock's
	Took                           time.Duration
	Status                         int
	Body                           []byte
	Ignored                        []string
	Replayed                       bool
}

type loggedParam struct{ Name, Value string }

// begin writes down that a request came.
func (l *requestLog) begin(r *http.Request, id string) *loggedRequest {
	one := &loggedRequest{log: l, ID: id, Method: r.Method, Path: r.URL.Path, At: time.Now()}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byID == nil {
		l.byID = map[string]*loggedRequest{}
	}
	l.byID[id] = one
	l.ids = append(l.ids, id)
	if len(l.ids) > 2*loggedRequests { // seldom, so that it costs next to nothing
		for _, old := range l.ids[:loggedRequests] {
			delete(l.byID, old)
		}
		l.ids = slices.Clone(l.ids[loggedRequests:])
	}
	return one
}

// about keeps what was asked, but for what a card's owner types.
func (q *loggedRequest) about(r *http.Request, form url.Values) {
	q.log.mu.Lock()
	defer q.log.mu.Unlock()
	q.Account, q.Key, q.Public = r.Header.Get("Stripe-Account"), idempotencyKey(r), byPublishableKey(r)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, value := range form[name] {
			for _, private := range []string{"[number]", "[cvc]", "[iban]", "[account_number]", "client_secret"} {
				if strings.HasSuffix(name, private) {
					value = "•••"
				}
			}
			q.Params = append(q.Params, loggedParam{name, value})
		}
	}
}

// end writes down what was answered.
func (q *loggedRequest) end(a answer, began time.Time) {
	q.log.mu.Lock()
	defer q.log.mu.Unlock()
	q.Took, q.Status, q.Body, q.Ignored, q.Replayed = time.Since(began), a.status, a.body, a.ignored, a.replayed
}

// page is a page of requests, newest first, older than the one named; next names
// the last of them when there are more.
func (l *requestLog) page(after string, size int) (rows []loggedRequest, next string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	end := len(l.ids)
	if i := slices.Index(l.ids, after); i >= 0 {
		end = i
	}
	start := max(0, end-size)
	for _, id := range slices.Backward(l.ids[start:end]) {
		rows = append(rows, *l.byID[id])
	}
	if start > 0 {
		next = l.ids[start]
	}
	return rows, next
}

func (l *requestLog) get(id string) (loggedRequest, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q, ok := l.byID[id]
	if !ok {
		return loggedRequest{}, false
	}
	return *q, true
}

func (l *requestLog) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.ids)
}
