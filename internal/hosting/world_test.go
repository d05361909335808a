package hosting_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hearth/internal/connect"
	"hearth/internal/hosting"
	"hearth/internal/inbound"
	"hearth/internal/notify"
	"hearth/internal/stripeapi"
	"hearth/internal/stripesandbox"
	"hearth/internal/testkit/pgtest"
	"hearth/internal/user"
	"hearth/internal/webhook"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

const base = "http://localhost:8080"

// world is hosting beside a sandbox that tells a real inbox what happens.
type world struct {
	*hosting.Service
	t       *testing.T
	db      *pgxpool.Pool
	inbox   *webhook.Inbox
	sandbox *stripesandbox.Server
	stripe  string       // the sandbox's address
	busy    atomic.Int32 // so many creations are told that a rival sends the same key
}

func start(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, db: pgtest.Pool(t)}
	w.inbox = &webhook.Inbox{DB: w.db, Now: time.Now, Handlers: map[string]inbound.Handler{}, Types: map[string]webhook.Resolve{
		"account.updated": connect.SubjectOf, "capability.updated": connect.SubjectOf, "account.application.deauthorized": connect.SubjectOf,
	}}
	hooks := httptest.NewServer(w.inbox.Receive(inbound.SourceConnect, []string{"whsec_connect"}))
	t.Cleanup(hooks.Close)
	var err error
	if w.sandbox, err = stripesandbox.Open(stripesandbox.Options{ConnectWebhookURL: hooks.URL, ConnectWebhookSecret: "whsec_connect"}); err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(http.HandlerFunc(w.serveStripe))
	t.Cleanup(func() { api.CloseClientConnections(); api.Close(); w.sandbox.Close() })
	w.sandbox.SetBaseURL(api.URL)
	w.stripe = api.URL
	client, err := stripeapi.New(stripeapi.Config{Key: "sk_test_hosting", APIBase: api.URL, DB: w.db, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	jobs, err := river.NewClient(riverpgxv5.New(w.db), &river.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w.Service = &hosting.Service{DB: w.db, Stripe: client, Inbox: w.inbox, Notify: &notify.Service{Jobs: jobs, Now: time.Now},
		BaseURL: base, Country: "US", Now: time.Now}
	w.inbox.Handlers[inbound.Account] = w.OnAccount
	return w
}

func (w *world) serveStripe(rw http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost && r.URL.Path == "/v1/accounts" && w.busy.Add(-1) >= 0 {
		rw.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(rw, `{"error": {"type": "invalid_request_error", "code": "idempotency_key_in_use", "message": "in flight"}}`)
		return
	}
	w.sandbox.ServeHTTP(rw, r)
}

// person signs up.
func (w *world) person(roles ...string) user.User {
	w.t.Helper()
	tx, err := w.db.Begin(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	u, err := user.Create(w.t.Context(), tx, user.New{Email: uuid.NewString() + "@example.com", Name: "Ada Lovelace King", Phone: "+1 415 555 0100",
		PasswordHash: "x", Roles: roles, Verified: true}, time.Now())
	if err == nil {
		err = tx.Commit(w.t.Context())
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return u
}

// control speaks to the sandbox's controls.
func (w *world) control(path string, body map[string]any) {
	w.t.Helper()
	text, _ := json.Marshal(body)
	answer, err := http.Post(w.stripe+"/_sandbox/"+path, "application/json", bytes.NewReader(text))
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		w.t.Fatalf("control %s: %s", path, answer.Status)
	}
}

// settle waits until every webhook was delivered and worked off.
func (w *world) settle() {
	w.t.Helper()
	w.control("webhooks/flush", nil)
	if err := w.inbox.Drain(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// spoil makes the next creations of an account fail.
func (w *world) spoil(kind string) {
	w.t.Helper()
	w.control("faults", map[string]any{"route": "POST /v1/accounts", "kind": kind, "count": 1})
}

// onboarded is an owner whose account is in a state.
func (w *world) onboarded(outcome string) (user.User, connect.Account) {
	w.t.Helper()
	u := w.person()
	if _, err := w.StartOnboarding(w.t.Context(), u.ID); err != nil {
		w.t.Fatal(err)
	}
	a := w.stored(u)
	w.onboard(a, outcome)
	return u, w.stored(u)
}

func (w *world) onboard(a connect.Account, outcome string) {
	w.t.Helper()
	w.control("accounts/"+a.StripeAccountID+"/onboard", map[string]any{"outcome": outcome})
	w.settle()
}

func (w *world) stored(u user.User) connect.Account {
	w.t.Helper()
	a, err := w.Account(w.t.Context(), u.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// atStripe counts the accounts that Stripe has made for a person.
func (w *world) atStripe(u user.User) int {
	w.t.Helper()
	all, err := w.Stripe.AccountsByUser(w.t.Context(), string(u.ID), time.Time{}, time.Time{})
	if err != nil {
		w.t.Fatal(err)
	}
	return len(all)
}

func (w *world) count(sql string, args ...any) (n int) {
	w.t.Helper()
	if err := w.db.QueryRow(w.t.Context(), sql, args...).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) mails(template string) int {
	return w.count(`SELECT count(*) FROM notifications WHERE template = $1`, template)
}

func (w *world) intoStripe(url string) bool { return strings.HasPrefix(url, w.stripe+"/setup/e/acct_") }
