package stripesandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"hearth/internal/stripesandbox"
)

// bench is a running sandbox with a receiver for its webhooks.
type bench struct {
	*stripesandbox.Server
	t    *testing.T
	url  string
	hook *receiver
	conn *receiver
}

// receiver keeps every delivery it was sent; its answer can be changed.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []delivery
	answer func(n int) int // status for the n-th delivery, from 1
}

type delivery struct {
	signature string
	body      []byte
}

func newReceiver(t *testing.T) *receiver {
	rc := &receiver{answer: func(int) int { return 200 }}
	rc.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			return // where a redirect leads
		}
		body, _ := io.ReadAll(r.Body)
		rc.mu.Lock()
		rc.got = append(rc.got, delivery{r.Header.Get("Stripe-Signature"), body})
		code := rc.answer(len(rc.got))
		rc.mu.Unlock()
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(code)
	}))
	t.Cleanup(rc.Close)
	return rc
}

func (rc *receiver) deliveries() []delivery {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	return append([]delivery(nil), rc.got...)
}

func (rc *receiver) types() []string {
	var out []string
	for _, d := range rc.deliveries() {
		out = append(out, gjson.GetBytes(d.body, "type").String())
	}
	return out
}

func start(t *testing.T, edit ...func(*stripesandbox.Options)) *bench {
	t.Helper()
	b := &bench{t: t, hook: newReceiver(t), conn: newReceiver(t)}
	o := stripesandbox.Options{WebhookURL: b.hook.URL, ConnectWebhookURL: b.conn.URL, WebhookSecret: "whsec_ours", ConnectWebhookSecret: "whsec_theirs"}
	for _, fn := range edit {
		fn(&o)
	}
	b.open(o)
	return b
}

func (b *bench) open(o stripesandbox.Options) {
	b.t.Helper()
	s, err := stripesandbox.Open(o)
	if err != nil {
		b.t.Fatal(err)
	}
	srv := httptest.NewServer(s)
	s.SetBaseURL(srv.URL)
	b.Server, b.url = s, srv.URL
	b.t.Cleanup(func() { srv.Close(); s.Close() })
}

// reply is an answer of the API.
type reply struct {
	status int
	header http.Header
	gjson.Result
}

// call speaks to the API: "a=b", "c[d]=e" are parameters; "@acct_…" acts for an
// account, "#key" is an idempotency key.
func (b *bench) call(method, path string, params ...string) reply {
	b.t.Helper()
	return b.do(request(b.url, method, path, params...))
}

func request(base, method, path string, params ...string) *http.Request {
	form, header := url.Values{}, http.Header{"Authorization": {"Bearer sk_test_bench"}}
	for _, p := range params {
		switch {
		case strings.HasPrefix(p, "@"):
			header.Set("Stripe-Account", p[1:])
		case strings.HasPrefix(p, "#"):
			header.Set("Idempotency-Key", p[1:])
		default:
			k, v, _ := strings.Cut(p, "=")
			form.Add(k, v)
		}
	}
	target, body := base+path, strings.NewReader(form.Encode())
	if method != http.MethodPost {
		target, body = target+"?"+form.Encode(), strings.NewReader("")
	}
	req, err := http.NewRequest(method, target, body)
	if err != nil {
		panic(err)
	}
	req.Header = header
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return req
}

func (b *bench) do(req *http.Request) reply {
	b.t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	data, _ := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, gjson.ParseBytes(data)}
}

func (b *bench) get(path string, params ...string) reply {
	b.t.Helper()
	return b.ok(b.call(http.MethodGet, path, params...))
}

func (b *bench) post(path string, params ...string) reply {
	b.t.Helper()
	return b.ok(b.call(http.MethodPost, path, params...))
}

func (b *bench) ok(r reply) reply {
	b.t.Helper()
	if r.status != http.StatusOK {
		b.t.Fatalf("status %d: %s", r.status, r.Raw)
	}
	return r
}

// refused posts and wants this refusal.
func (b *bench) refused(status int, code, message, path string, params ...string) reply {
	b.t.Helper()
	r := b.call(http.MethodPost, path, params...)
	if r.status != status || r.Get("error.code").String() != code || !strings.Contains(r.Get("error.message").String(), message) {
		b.t.Errorf("POST %s = %d %s, want %d %s %q", path, r.status, r.Raw, status, code, message)
	}
	return r
}

// control posts JSON to /_sandbox.
func (b *bench) control(path string, body any) reply {
	b.t.Helper()
	data, _ := json.Marshal(body)
	req, _ := http.NewRequest(http.MethodPost, b.url+"/_sandbox"+path, bytes.NewReader(data))
	return b.do(req)
}

func (b *bench) steer(path string, body any) reply {
	b.t.Helper()
	return b.ok(b.control(path, body))
}

type m = map[string]any

// owner is an Express account that can receive money, paid out by hand.
func (b *bench) owner() string {
	b.t.Helper()
	id := b.post("/v1/accounts", "type=express", "country=US", "capabilities[transfers][requested]=true", "capabilities[card_payments][requested]=true",
		"settings[payouts][schedule][interval]=manual").Get("id").String()
	b.steer("/accounts/"+id+"/onboard", m{"outcome": "active"})
	return id
}

// session opens a Checkout Session over amount; more are further parameters.
func (b *bench) session(amount int64, more ...string) reply {
	b.t.Helper()
	return b.post("/v1/checkout/sessions", append([]string{"mode=payment", "success_url=https://hearth.test/ok?s={CHECKOUT_SESSION_ID}",
		"line_items[0][price_data][currency]=usd", fmt.Sprintf("line_items[0][price_data][unit_amount]=%d", amount),
		"line_items[0][price_data][product_data][name]=A stay", "line_items[0][quantity]=1"}, more...)...)
}

// paid is a paid session's charge.
func (b *bench) paid(amount int64, card string, more ...string) reply {
	b.t.Helper()
	cs := b.steer("/checkout/"+b.session(amount, more...).Get("id").String()+"/pay", m{"card": card, "email": "t@example.com"})
	var acting []string
	for _, p := range more {
		if strings.HasPrefix(p, "@") {
			acting = append(acting, p)
		}
	}
	in := b.get("/v1/payment_intents/"+cs.Get("payment_intent").String(), append(acting, "expand[0]=latest_charge")...)
	return reply{Result: in.Get("latest_charge")}
}

// destination are the parameters of a destination charge.
func destination(owner string, fee int64) []string {
	return []string{"payment_intent_data[transfer_data][destination]=" + owner, fmt.Sprintf("payment_intent_data[application_fee_amount]=%d", fee)}
}

func (b *bench) advance(d string) { b.t.Helper(); b.steer("/clock", m{"advance": d}) }

func (b *bench) flush() { b.t.Helper(); b.steer("/webhooks/flush", m{}) }

// holds is what an account has in USD, available and pending together.
func (b *bench) holds(account string) int64 {
	b.t.Helper()
	bal := b.get("/v1/balance", "@"+account)
	if account == "" {
		bal = b.get("/v1/balance")
	}
	return bal.Get(`available.#(currency=="usd").amount`).Int() + bal.Get(`pending.#(currency=="usd").amount`).Int()
}

// balanced wants every currency's balances, the outside too, to sum to zero.
func (b *bench) balanced() {
	b.t.Helper()
	req, _ := http.NewRequest(http.MethodGet, b.url+"/_sandbox/ledger", nil)
	for currency, sum := range b.ok(b.do(req)).Get("sums").Map() {
		if sum.Int() != 0 {
			b.t.Errorf("the books do not balance: %s is off by %d", currency, sum.Int())
		}
	}
}

// until polls until cond holds.
func (b *bench) until(what string, cond func() bool) {
	b.t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if cond() {
			return
		}
	}
	b.t.Fatalf("never happened: %s", what)
}
