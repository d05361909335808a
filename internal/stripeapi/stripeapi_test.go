package stripeapi_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"hearth/internal/fault"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"
	"hearth/internal/testkit/pgtest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

var ctx = context.Background()

// line is a server that breaks in one chosen way per request and otherwise
// makes one object per idempotency key, as Stripe does.
type line struct {
	*httptest.Server
	mu     sync.Mutex
	breaks []string            // what the next requests meet, "" is nothing
	made   map[string]string   // key → body of the answer
	bodies map[string][]string // key → every body that came
	gate   chan struct{}       // when set, requests wait for it before they answer
	hang   chan struct{}       // closed at the end
}

func newLine(t *testing.T) *line {
	l := &line{made: map[string]string{}, bodies: map[string][]string{}, hang: make(chan struct{})}
	l.Server = httptest.NewServer(l)
	t.Cleanup(func() { close(l.hang); l.Close() })
	return l
}

func (l *line) fail(kinds ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.breaks = append(l.breaks, kinds...)
}

func (l *line) next() (kind string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.breaks) > 0 {
		kind, l.breaks = l.breaks[0], l.breaks[1:]
	}
	return kind
}

func (l *line) requests() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, bodies := range l.bodies {
		n += len(bodies)
	}
	return n
}

func (l *line) objects() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.made)
}

func (l *line) make(key, body string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bodies[key] = append(l.bodies[key], body)
	if l.made[key] == "" {
		l.made[key] = fmt.Sprintf(`{"id":"re_%d","object":"refund","status":"succeeded","amount":500,"currency":"usd"}`, len(l.made)+1)
	}
	return l.made[key]
}

func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	key := r.Header.Get("Idempotency-Key")
	kind := l.next()
	w.Header().Set("Request-Id", "req_1")
	switch kind {
	case "reset before":
		hangUp(w)
		return
	case "500", "500 replayed":
		if kind != "500" {
			w.Header().Set("Idempotent-Replayed", "true")
		}
		w.WriteHeader(500)
		fmt.Fprint(w, `{"error":{"type":"api_error","message":"An unknown error occurred."}}`)
		return
	case "html":
		w.WriteHeader(502)
		fmt.Fprint(w, `<html>pi_1_secret_leak</html>`)
		return
	case "redirect":
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(307)
		fmt.Fprint(w, `{}`)
		return
	case "409":
		w.WriteHeader(409)
		fmt.Fprint(w, `{"error":{"type":"invalid_request_error","code":"idempotency_key_in_use","message":"in use"}}`)
		return
	case "429":
		w.WriteHeader(429)
		fmt.Fprint(w, `{"error":{"type":"invalid_request_error","code":"lock_timeout","message":"locked"}}`)
		return
	case "401":
		w.WriteHeader(401)
		fmt.Fprint(w, `{"error":{"type":"invalid_request_error","message":"Invalid API Key provided: sk_test_line"}}`)
		return
	case "402":
		w.WriteHeader(402)
		fmt.Fprint(w, `{"error":{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds","param":"x","message":"Your card was declined.","payment_intent":{"id":"pi_1","client_secret":"pi_1_secret_leak"}}}`)
		return
	case "404":
		w.WriteHeader(404)
		fmt.Fprint(w, `{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No such charge: 'x'"}}`)
		return
	case "403":
		w.WriteHeader(403)
		fmt.Fprint(w, `{"error":{"type":"invalid_request_error","code":"account_invalid","message":"no access"}}`)
		return
	case "hang before":
		<-l.hang
		return
	case "hang after":
		l.make(key, string(body))
		<-l.hang
		return
	}
	answer := l.make(key, string(body))
	if l.gate != nil {
		<-l.gate
	}
	switch kind {
	case "reset after":
		hangUp(w)
	case "cut":
		w.Header().Set("Content-Length", "9999")
		fmt.Fprint(w, answer)
	default:
		fmt.Fprint(w, answer)
	}
}

func hangUp(w http.ResponseWriter) {
	if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
		conn.Close()
	}
}

// desk is a client of a line on a database of its own.
type desk struct {
	*stripeapi.Client
	t    *testing.T
	db   *pgxpool.Pool
	line *line
	log  *bytes.Buffer
	now  time.Time

	timeout time.Duration
}

func open(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, db: pgtest.Pool(t), line: newLine(t), log: &bytes.Buffer{}, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	d.Client = d.client(d.line.URL)
	return d
}

func (d *desk) client(base string) *stripeapi.Client {
	d.t.Helper()
	c, err := stripeapi.New(stripeapi.Config{
		Key: "sk_test_line", APIBase: base, DB: d.db, Timeout: d.timeout, Now: func() time.Time { return d.now },
		Logger: slog.New(slog.NewTextHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

var refund = stripeapi.Planned{
	Purpose: stripeapi.ForRefund, Path: stripeapi.RefundsPath, Key: "refund:1", About: "refund:1",
	Params: stripeapi.RefundParams{PaymentIntentID: "pi_1", Amount: 500, ReverseTransfer: true, RefundApplicationFee: true}.Values(),
}

func (d *desk) plan(p stripeapi.Planned) (id stripeapi.RequestID, err error) {
	err = postgres.InTx(ctx, d.db, func(tx pgx.Tx) error {
		id, err = d.Plan(ctx, tx, p)
		return err
	})
	return id, err
}

func (d *desk) planned() stripeapi.RequestID {
	d.t.Helper()
	id, err := d.plan(refund)
	if err != nil {
		d.t.Fatal(err)
	}
	return id
}

func (d *desk) row(id stripeapi.RequestID) stripeapi.Request {
	d.t.Helper()
	r, err := stripeapi.RequestByID(ctx, d.db, id)
	if err != nil {
		d.t.Fatal(err)
	}
	return r
}

func TestALiveKeyGoesToStripeOnly(t *testing.T) {
	for _, key := range []string{"sk_live_x", "rk_live_x"} {
		if _, err := stripeapi.New(stripeapi.Config{Key: key, APIBase: "http://127.0.0.1:12111"}); err == nil {
			t.Errorf("%s may go anywhere", key)
		}
		c, err := stripeapi.New(stripeapi.Config{Key: key, APIBase: "https://api.stripe.com/"})
		if err != nil || !c.Livemode() {
			t.Errorf("%s to Stripe: %v", key, err)
		}
	}
	if c, err := stripeapi.New(stripeapi.Config{Key: "sk_test_x"}); err != nil || c.Livemode() {
		t.Errorf("a test key: %v", err)
	}
	if _, err := stripeapi.New(stripeapi.Config{}); err == nil {
		t.Error("no key will do")
	}
}

func TestErrors(t *testing.T) {
	d := open(t)
	d.line.fail("404")
	_, err := d.Charge(ctx, "x")
	if !stripeapi.IsNotFound(err) || stripeapi.IsPermission(err) {
		t.Errorf("404: %v", err)
	}
	d.line.fail("403")
	if _, err = d.Account(ctx, "acct_1"); !stripeapi.IsPermission(err) || stripeapi.IsNotFound(err) {
		t.Errorf("403: %v", err)
	}
	d.line.fail("500", "reset before")
	if _, err = d.Refund(ctx, "re_1"); err != nil {
		t.Errorf("a read is tried again: %v", err)
	}
	d.line.fail("500", "500", "500", "404")
	if _, err = d.Refund(ctx, "re_1"); err == nil || stripeapi.IsNotFound(err) {
		t.Errorf("three attempts and no more: %v", err)
	}
}

// Never more than Stripe's 25 a second; reads do not hold writes up.
func TestReadsAndWritesAreLimitedApart(t *testing.T) {
	d := open(t)
	id := d.planned()
	start := time.Now()
	for range 15 {
		if _, err := d.Refund(ctx, "re_1"); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(start); took < 450*time.Millisecond {
		t.Errorf("15 reads took %s", took)
	}
	hurried, cancel := context.WithTimeout(ctx, time.Nanosecond)
	defer cancel()
	<-hurried.Done()
	if _, err := d.Send(hurried, id); !fault.Is(err, fault.Unavailable) || d.row(id).Attempts != 0 {
		t.Errorf("a request without time left: %v", err)
	}
	if o, err := d.Send(ctx, id); err != nil || o.ObjectID == "" {
		t.Errorf("%+v %v", o, err)
	}
}

func TestNothingSecretIsLogged(t *testing.T) {
	d := open(t)
	for _, kind := range []string{"402", "html", "401", "500", "cut"} {
		id, err := d.plan(stripeapi.Planned{Purpose: "p", Path: "/v1/refunds", Key: kind, Params: url.Values{"receipt": {kind}}})
		if err != nil {
			t.Fatal(err)
		}
		d.line.fail(kind)
		o, err := d.Send(ctx, id)
		r := d.row(id)
		for _, text := range []string{fmt.Sprint(err), fmt.Sprint(o.Err()), r.Message, o.Message, d.log.String()} {
			if strings.Contains(text, "secret_leak") || strings.Contains(text, "sk_test_line") {
				t.Errorf("%s: a secret in %q", kind, text)
			}
		}
	}
}

func eventually(t *testing.T, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatal("not within 20 seconds")
		}
		time.Sleep(time.Millisecond)
	}
}
