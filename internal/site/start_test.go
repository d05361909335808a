package site_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"hearth/internal/account"
	"hearth/internal/config"
	"hearth/internal/mail"
	"hearth/internal/notify"
	"hearth/internal/postgres"
	"hearth/internal/site"
	"hearth/internal/testkit/htmltest"
	"hearth/internal/testkit/pgtest"
	"hearth/internal/user"
	"hearth/internal/view"
	"hearth/web"

	"github.com/alexedwards/argon2id"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

const password = "three brown hens"

// house is the site on a database of its own, with a first visitor.
type house struct {
	*htmltest.Browser
	server *site.Server
	log    *logged
	worker *notify.SendWorker
	mu     sync.Mutex
	clock  time.Time
}

// logged keeps what the server logs.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// start opens the house; options change the server before it serves.
func start(t *testing.T, options ...func(*site.Server)) *house {
	t.Helper()
	h := &house{clock: time.Now(), log: &logged{}}
	db := pgtest.Pool(t)
	engine, err := templates()
	if err != nil {
		t.Fatal(err)
	}
	jobs, err := river.NewClient(riverpgxv5.New(db), &river.Config{})
	if err != nil {
		t.Fatal(err)
	}
	outbox := mail.Outbox{Dir: t.TempDir()}
	h.worker = &notify.SendWorker{DB: db, View: engine, Sender: outbox, BaseURL: "http://hearth.test", Now: h.now}
	h.server = &site.Server{
		Config: config.Config{BaseURL: "http://hearth.test", StripeAPIBase: "http://127.0.0.1:12111", Dev: true},
		DB:     db, View: engine, Sessions: site.NewSessions(db, "http://hearth.test"),
		Account: &account.Service{DB: db, Notify: &notify.Service{Jobs: jobs, Now: h.now}, Now: h.now},
		Outbox:  &outbox, Limits: site.Limits{LogIns: 1000, Mails: 1000, Bookings: 1000},
		Logger: slog.New(slog.NewTextHandler(h.log, nil)), Now: h.now,
	}
	for _, option := range options {
		option(h.server)
	}
	h.Browser = htmltest.New(t, h.server.Handler())
	return h
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.clock
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock = h.clock.Add(d)
}

// templates are parsed once for all tests: they never change.
var templates = sync.OnceValues(func() (*view.Engine, error) { return view.New(web.FS) })

// hash is the password's at the least cost there is: its log-ins are many, and
// what one costs is internal/user's to test.
var hash = sync.OnceValues(func() (string, error) {
	return argon2id.CreateHash(password, &argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
})

// person makes somebody with the password; roles besides tenant may be given.
func (h *house) person(t *testing.T, name string, roles ...string) (u user.User) {
	t.Helper()
	hashed, err := hash()
	if err != nil {
		t.Fatal(err)
	}
	err = postgres.InTx(t.Context(), h.server.DB, func(tx pgx.Tx) error {
		u, err = user.Create(t.Context(), tx, user.New{Email: strings.ToLower(name) + "@example.com", Name: name, PasswordHash: hashed, Roles: roles, Verified: true}, h.now())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// as is a new visitor who is logged in as somebody.
func (h *house) as(t *testing.T, u user.User) *htmltest.Browser {
	t.Helper()
	b := h.Another()
	b.Post("/login", "email", u.Email, "password", password).WantStatus(303)
	return b
}

// mails works every job that waits and returns the newest mail.
func (h *house) mail(t *testing.T) mail.Kept {
	t.Helper()
	rows, err := h.server.DB.Query(t.Context(), `SELECT id::text FROM notifications WHERE state = 'queued'`)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		job := &river.Job[notify.SendArgs]{JobRow: &rivertype.JobRow{Attempt: 1, MaxAttempts: 12}, Args: notify.SendArgs{NotificationID: id}}
		if err := h.worker.Work(t.Context(), job); err != nil {
			t.Fatal(err)
		}
	}
	all, err := h.server.Outbox.List()
	if err != nil || len(all) == 0 {
		t.Fatalf("no mail, %v", err)
	}
	return all[0]
}

// link is the path that a mail leads to.
func link(t *testing.T, m mail.Kept) string {
	t.Helper()
	_, rest, found := strings.Cut(m.Text, "http://hearth.test")
	if !found {
		t.Fatalf("no link in:\n%s", m.Text)
	}
	return strings.Fields(rest)[0]
}
