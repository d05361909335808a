package webhook_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hearth/internal/inbound"
	"hearth/internal/postgres"
	"hearth/internal/testkit/pgtest"
	"hearth/internal/webhook"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	stripehook "github.com/stripe/stripe-go/v76/webhook"
)

const signing = "whsec_test"

// desk is an inbox whose truth is a number per subject: the handler looks the
// number up in the world, the change writes it to a table.
type desk struct {
	*webhook.Inbox
	t     testing.TB
	clock *clock
	mu    sync.Mutex
	world map[string]int // what a look would see
	looks int
	look  func(ctx context.Context, s inbound.Subject, seen int) error // runs after the look, before the change
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func open(t testing.TB) *desk {
	t.Helper()
	db := pgtest.Pool(t)
	exec(t, db, `CREATE TABLE truth (subject text PRIMARY KEY, value int NOT NULL, changes int NOT NULL DEFAULT 1)`)
	d := &desk{t: t, clock: &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}, world: map[string]int{}}
	d.Inbox = d.another(db)
	return d
}

// another is a second process on the same table and the same world.
func (d *desk) another(db *pgxpool.Pool) *webhook.Inbox {
	return &webhook.Inbox{
		DB: db, Now: d.clock.Now,
		Types:    map[string]webhook.Resolve{"charge.succeeded": byObject, "broken.type": broken},
		Handlers: map[string]inbound.Handler{inbound.Payment: d.handle},
	}
}

func byObject(_ context.Context, _ postgres.Querier, ev inbound.Event) (inbound.Subject, error) {
	if strings.HasPrefix(ev.ObjectID, "foreign") {
		return inbound.Subject{}, nil
	}
	return inbound.Subject{Kind: inbound.Payment, ID: ev.ObjectID}, nil
}

func broken(context.Context, postgres.Querier, inbound.Event) (inbound.Subject, error) {
	return inbound.Subject{}, fmt.Errorf("no luck with sk_test_abcdefgh")
}

func (d *desk) handle(ctx context.Context, s inbound.Subject, _ []inbound.Event) (inbound.Change, error) {
	d.mu.Lock()
	d.looks++
	seen, hook := d.world[s.ID], d.look
	d.mu.Unlock()
	if hook != nil {
		if err := hook(ctx, s, seen); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context, tx pgx.Tx) (string, error) {
		_, err := tx.Exec(ctx, `INSERT INTO truth (subject, value) VALUES ($1, $2)
			ON CONFLICT (subject) DO UPDATE SET value = excluded.value, changes = truth.changes + 1`, s.ID, seen)
		return fmt.Sprintf("saw %d", seen), err
	}, nil
}

// outlast drains until even strangers have been asked often enough.
func (d *desk) outlast() {
	for range 6 {
		d.drain()
		d.clock.advance(time.Minute)
	}
}

func (d *desk) set(subject string, value int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.world[subject] = value
}

func (d *desk) lookCount() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.looks
}

func (d *desk) drain() {
	d.t.Helper()
	if err := d.Drain(context.Background()); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) entry(id string) webhook.Entry {
	d.t.Helper()
	e, err := webhook.ByID(context.Background(), d.DB, id)
	if err != nil {
		d.t.Fatal(err)
	}
	return e
}

func (d *desk) truth(subject string) (value, changes int) {
	d.t.Helper()
	err := d.DB.QueryRow(context.Background(), `SELECT value, changes FROM truth WHERE subject = $1`, subject).Scan(&value, &changes)
	if err != nil {
		d.t.Fatal(err)
	}
	return value, changes
}

func exec(t testing.TB, db *pgxpool.Pool, sql string, args ...any) {
	t.Helper()
	if _, err := db.Exec(context.Background(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// event writes a body as Stripe does.
func event(id, kind, object string) string {
	return fmt.Sprintf(`{"id":%q,"object":"event","type":%q,"api_version":"2023-10-16","livemode":false,"created":1,"data":{"object":{"id":%q}}}`, id, kind, object)
}

func sign(body, secret string, at time.Time) string {
	return "t=" + strconv.FormatInt(at.Unix(), 10) + ",v1=" + hex.EncodeToString(stripehook.ComputeSignature(at, []byte(body), secret))
}

func (d *desk) post(body, signature string) int {
	return post(d.Receive(inbound.SourceAccount, []string{"whsec_other", signing}), body, signature)
}

func post(h http.Handler, body, signature string) int {
	r := httptest.NewRequest(http.MethodPost, "/webhooks/stripe", strings.NewReader(body))
	r.Header.Set("Stripe-Signature", signature)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// send delivers an event and insists on its being taken.
func (d *desk) send(id, kind, object string) {
	d.t.Helper()
	body := event(id, kind, object)
	if code := d.post(body, sign(body, signing, d.clock.Now())); code != http.StatusOK {
		d.t.Fatalf("%s was answered %d", id, code)
	}
}
