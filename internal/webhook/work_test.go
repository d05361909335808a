package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hearth/internal/fault"
	"hearth/internal/inbound"
	"hearth/internal/postgres"
	"hearth/internal/webhook"

	"github.com/jackc/pgx/v5"
)

var ctx = context.Background()

func TestEventsOfOneSubjectAreOneLook(t *testing.T) {
	d := open(t)
	d.set("pay_1", 3)
	for i := range 20 {
		d.send(fmt.Sprintf("evt_%d", i), "charge.succeeded", "pay_1")
	}
	d.drain()
	if d.lookCount() != 1 {
		t.Errorf("%d looks", d.lookCount())
	}
	if value, changes := d.truth("pay_1"); value != 3 || changes != 1 {
		t.Errorf("value %d after %d changes", value, changes)
	}
	if e := d.entry("evt_7"); e.State != webhook.Applied || e.Effect != "saw 3" || e.Subject != "payment:pay_1" || e.AppliedAt == nil {
		t.Errorf("marked %+v", e)
	}
	d.send("evt_7", "charge.succeeded", "pay_1") // redelivered
	d.drain()
	if d.lookCount() != 1 {
		t.Error("a redelivered event was looked at again")
	}
}

// The slow look began first and ends last: what it saw is old.
func TestAnOlderLookNeverOverwritesANewer(t *testing.T) {
	d := open(t)
	d.set("pay_1", 1)
	began, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	d.look = func(context.Context, inbound.Subject, int) error {
		slow := false
		once.Do(func() { slow = true })
		if slow {
			close(began)
			<-goOn
		}
		return nil
	}
	d.send("evt_1", "charge.succeeded", "pay_1")
	done := make(chan error)
	go func() { done <- d.Drain(ctx) }()
	<-began
	d.set("pay_1", 2)
	d.clock.advance(61 * time.Second) // the slow worker's lease is over
	d.send("evt_2", "charge.succeeded", "pay_1")
	second := d.another(d.DB)
	if err := second.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	if value, _ := d.truth("pay_1"); value != 2 {
		t.Fatalf("the second worker wrote %d", value)
	}
	close(goOn)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if value, changes := d.truth("pay_1"); value != 2 || changes != 1 {
		t.Errorf("value %d after %d changes: the old look has overwritten the new one", value, changes)
	}
	if e := d.entry("evt_1"); e.Effect != "saw 2" {
		t.Errorf("evt_1: %q", e.Effect)
	}
}

func TestALeaseKeepsRivalsAway(t *testing.T) {
	d := open(t)
	began, goOn := make(chan struct{}), make(chan struct{})
	d.look = func(context.Context, inbound.Subject, int) error {
		close(began)
		<-goOn
		return nil
	}
	d.send("evt_1", "charge.succeeded", "pay_1")
	done := make(chan error)
	go func() { done <- d.Drain(ctx) }()
	<-began
	if err := d.another(d.DB).Drain(ctx); err != nil {
		t.Fatal(err)
	}
	if n := d.lookCount(); n != 1 {
		t.Errorf("%d looks at a leased subject", n)
	}
	close(goOn)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// However close the race for a lease, one look runs at a time.
func TestOneOfManyRivalsGetsTheLease(t *testing.T) {
	const rounds, rivals = 25, 8
	d := open(t)
	for round := range rounds {
		othersDone := make(chan struct{})
		var entered atomic.Int32
		d.look = func(context.Context, inbound.Subject, int) error {
			if entered.Add(1) > 1 {
				return errors.New("a second look at the same time")
			}
			<-othersDone
			return nil
		}
		id := fmt.Sprintf("evt_%d", round)
		d.send(id, "charge.succeeded", fmt.Sprintf("pay_%d", round))
		done := make(chan error)
		for range rivals {
			go func() { done <- d.another(d.DB).Drain(ctx) }()
		}
		for n := range rivals {
			if n == rivals-1 {
				close(othersDone)
			}
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		if n := entered.Load(); n != 1 {
			t.Fatalf("%d looks at once in round %d", n, round)
		}
	}
}

// A process that dies after the lease leaves the event to the others.
func TestACrashBetweenLeaseAndApplyLosesNothing(t *testing.T) {
	d := open(t)
	d.set("pay_1", 5)
	d.send("evt_1", "charge.succeeded", "pay_1")
	exec(t, d.DB, `INSERT INTO stripe_subjects (subject, lease, leased_until) VALUES ('payment:pay_1', gen_random_uuid(), $1)`,
		d.clock.Now().Add(time.Minute))
	d.drain()
	if e := d.entry("evt_1"); e.State != webhook.Waiting {
		t.Fatalf("taken from under a lease: %s", e.State)
	}
	d.clock.advance(61 * time.Second)
	d.drain()
	if value, changes := d.truth("pay_1"); value != 5 || changes != 1 {
		t.Errorf("value %d, %d changes", value, changes)
	}
}

// What the change wrote and the marks live and die together.
func TestAChangeThatFailsLeavesNothing(t *testing.T) {
	d := open(t)
	fail := true
	d.Handlers[inbound.Payment] = func(context.Context, inbound.Subject, []inbound.Event) (inbound.Change, error) {
		return func(ctx context.Context, tx pgx.Tx) (string, error) {
			if _, err := tx.Exec(ctx, `INSERT INTO truth (subject, value) VALUES ('pay_1', 1)`); err != nil {
				return "", err
			}
			if fail {
				return "", errors.New("the ledger does not balance")
			}
			return "written", nil
		}, nil
	}
	d.send("evt_1", "charge.succeeded", "pay_1")
	d.drain()
	var rows int
	if err := d.DB.QueryRow(ctx, `SELECT count(*) FROM truth`).Scan(&rows); err != nil || rows != 0 {
		t.Errorf("%d rows of a failed change, %v", rows, err)
	}
	if e := d.entry("evt_1"); e.State != webhook.Waiting || e.Attempts != 1 || !strings.Contains(e.LastError, "balance") {
		t.Errorf("%s, %d attempts, %q", e.State, e.Attempts, e.LastError)
	}
	fail = false
	d.clock.advance(time.Minute)
	d.drain()
	if e := d.entry("evt_1"); e.State != webhook.Applied || e.LastError != "" {
		t.Errorf("%s %q", e.State, e.LastError)
	}
}

// Stripe was away for a day, and the sweep asks again: a look that succeeds has
// seen what the events that were given up told.
func TestALaterLookSettlesWhatWasGivenUp(t *testing.T) {
	d := open(t)
	d.set("pay_1", 9)
	d.look = func(context.Context, inbound.Subject, int) error { return errors.New("no answer") }
	d.send("evt_1", "charge.succeeded", "pay_1")
	d.send("evt_2", "charge.succeeded", "pay_2")
	for range 20 {
		d.drain()
		d.clock.advance(2 * time.Hour)
	}
	if e := d.entry("evt_1"); e.State != webhook.Failed {
		t.Fatalf("%s after %d attempts", e.State, e.Attempts)
	}
	d.look = nil
	if err := d.Nudge(ctx, d.DB, inbound.SourceSweep, parse(d.entry("evt_1").Subject), ""); err != nil {
		t.Fatal(err)
	}
	d.drain()
	if e := d.entry("evt_1"); e.State != webhook.Applied || e.LastError != "" || e.AppliedAt == nil {
		t.Errorf("%+v", e)
	}
	if e := d.entry("evt_2"); e.State != webhook.Failed {
		t.Errorf("another subject's: %+v", e)
	}
}

func parse(subject string) inbound.Subject {
	kind, id, _ := strings.Cut(subject, ":")
	return inbound.Subject{Kind: kind, ID: id}
}

func TestFailuresAreRetriedThenGivenUpThenReplayed(t *testing.T) {
	d := open(t)
	d.set("pay_1", 9)
	d.look = func(context.Context, inbound.Subject, int) error {
		return errors.New("no answer with sk_test_abc123 and pi_1_secret_xyz")
	}
	d.send("evt_1", "charge.succeeded", "pay_1")
	d.drain()
	d.drain()
	e := d.entry("evt_1")
	if e.Attempts != 1 || !e.NextAttemptAt.After(d.clock.Now()) {
		t.Fatalf("no pause: %d attempts, next at %s", e.Attempts, e.NextAttemptAt)
	}
	if strings.Contains(e.LastError, "abc123") || strings.Contains(e.LastError, "xyz") {
		t.Errorf("a secret in the table: %q", e.LastError)
	}
	for range 20 {
		d.clock.advance(2 * time.Hour)
		d.drain()
	}
	if e = d.entry("evt_1"); e.State != webhook.Failed || e.Attempts != 15 {
		t.Fatalf("%s after %d attempts", e.State, e.Attempts)
	}
	d.look = nil
	d.drain()
	if e = d.entry("evt_1"); e.State != webhook.Failed {
		t.Fatal("an event that was given up was taken up by itself")
	}
	if err := postgres.InTx(ctx, d.DB, func(tx pgx.Tx) error { return d.Replay(ctx, tx, "evt_1") }); err != nil {
		t.Fatal(err)
	}
	d.drain()
	if e = d.entry("evt_1"); e.State != webhook.Applied || e.Effect != "saw 9" {
		t.Errorf("after the replay: %s %q", e.State, e.Effect)
	}
}

func TestReplay(t *testing.T) {
	d := open(t)
	d.send("evt_1", "charge.succeeded", "pay_1")
	d.send("evt_other", "balance.available", "x")
	live := strings.Replace(event("evt_live", "charge.succeeded", "pay_1"), `"livemode":false`, `"livemode":true`, 1)
	d.post(live, sign(live, signing, d.clock.Now()))
	d.drain()
	d.set("pay_1", 4)
	replay := func(id string) error {
		return postgres.InTx(ctx, d.DB, func(tx pgx.Tx) error { return d.Replay(ctx, tx, id) })
	}
	if err := replay("evt_1"); err != nil {
		t.Fatal(err)
	}
	d.drain()
	if value, changes := d.truth("pay_1"); value != 4 || changes != 2 {
		t.Errorf("value %d after %d changes", value, changes)
	}
	if err := replay("evt_other"); !fault.Is(err, fault.Conflict) {
		t.Errorf("an unknown type: %v", err)
	}
	if err := replay("evt_live"); !fault.Is(err, fault.Conflict) {
		t.Errorf("the other mode: %v", err)
	}
	if err := replay("evt_none"); !fault.Is(err, fault.NotFound) {
		t.Errorf("no event: %v", err)
	}
}

func TestAForeignEventThatBecameOursIsReplayed(t *testing.T) {
	d := open(t)
	d.send("evt_1", "charge.succeeded", "foreign_1")
	d.outlast()
	if e := d.entry("evt_1"); e.State != webhook.Ignored {
		t.Fatalf("%s %q", e.State, e.Effect)
	}
	d.Types["charge.succeeded"] = func(context.Context, postgres.Querier, inbound.Event) (inbound.Subject, error) {
		return inbound.Subject{Kind: inbound.Payment, ID: "pay_1"}, nil
	}
	if err := postgres.InTx(ctx, d.DB, func(tx pgx.Tx) error { return d.Replay(ctx, tx, "evt_1") }); err != nil {
		t.Fatal(err)
	}
	d.drain()
	if e := d.entry("evt_1"); e.State != webhook.Applied {
		t.Errorf("%s %q", e.State, e.Effect)
	}
}

// A dispute may overtake the payment that it is about: what it names is not
// ours yet, and is a moment later.
func TestAStrangerIsAskedAgain(t *testing.T) {
	d := open(t)
	ours := false
	d.Types["charge.succeeded"] = func(context.Context, postgres.Querier, inbound.Event) (inbound.Subject, error) {
		if !ours {
			return inbound.Subject{}, nil
		}
		return inbound.Subject{Kind: inbound.Payment, ID: "pay_1"}, nil
	}
	d.send("evt_1", "charge.succeeded", "ch_1")
	d.drain()
	if e := d.entry("evt_1"); e.State != webhook.Waiting {
		t.Fatalf("%s %q", e.State, e.Effect)
	}
	ours = true
	d.clock.advance(time.Minute)
	d.drain()
	if e := d.entry("evt_1"); e.State != webhook.Applied {
		t.Errorf("%s %q", e.State, e.Effect)
	}
}

func TestResolveErrorsAreRetried(t *testing.T) {
	d := open(t)
	d.send("evt_1", "broken.type", "x")
	d.drain()
	e := d.entry("evt_1")
	if e.State != webhook.Waiting || e.Attempts != 1 || !strings.Contains(e.LastError, "no luck") || strings.Contains(e.LastError, "abcdefgh") {
		t.Fatalf("%s, %d, %q", e.State, e.Attempts, e.LastError)
	}
	d.Types["broken.type"] = byObject
	d.clock.advance(time.Minute)
	d.drain()
	if e = d.entry("evt_1"); e.State != webhook.Applied {
		t.Errorf("%s", e.State)
	}
}

func TestAPanicIsAnError(t *testing.T) {
	d := open(t)
	d.look = func(context.Context, inbound.Subject, int) error { panic("oh") }
	d.send("evt_1", "charge.succeeded", "pay_1")
	d.drain()
	if e := d.entry("evt_1"); e.Attempts != 1 || !strings.Contains(e.LastError, "panic: oh") {
		t.Errorf("%d %q", e.Attempts, e.LastError)
	}
}

func TestAStormOfNudgesIsOneLook(t *testing.T) {
	d := open(t)
	subject := inbound.Subject{Kind: inbound.Payment, ID: "pay_1"}
	nudge := func(source, dedupe string) {
		t.Helper()
		if err := d.Nudge(ctx, d.DB, source, subject, dedupe); err != nil {
			t.Fatal(err)
		}
	}
	for range 50 {
		nudge(inbound.SourceReturn, "")
	}
	var rows int
	if err := d.DB.QueryRow(ctx, `SELECT count(*) FROM stripe_events`).Scan(&rows); err != nil || rows != 1 {
		t.Fatalf("%d rows, %v", rows, err)
	}
	d.drain()
	nudge(inbound.SourceReturn, "")
	d.drain()
	if d.lookCount() != 1 {
		t.Errorf("%d looks within a minute", d.lookCount())
	}
	nudge(inbound.SourceOwn, "request 1") // another cause is another look
	d.drain()
	nudge(inbound.SourceOwn, "request 2")
	d.drain()
	d.clock.advance(time.Minute)
	nudge(inbound.SourceReturn, "")
	d.drain()
	if d.lookCount() != 4 {
		t.Errorf("%d looks, want 4", d.lookCount())
	}
	if err := d.Nudge(ctx, d.DB, inbound.SourceOwn, inbound.Subject{}, ""); err == nil {
		t.Error("a nudge without subject was taken")
	}
}

// Two processes with four workers each, everything twice and shuffled: each
// subject ends at the world's last word, and every event is applied.
func TestManyWorkersManyProcesses(t *testing.T) {
	d := open(t)
	var inside sync.Map
	d.look = func(_ context.Context, s inbound.Subject, _ int) error {
		if _, taken := inside.LoadOrStore(s.ID, true); taken {
			return errors.New("two looks at one subject at once")
		}
		defer inside.Delete(s.ID)
		return nil
	}
	stop, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	for _, in := range []*webhook.Inbox{d.Inbox, d.another(d.DB)} {
		running.Go(func() { in.Run(stop) })
	}
	const subjects, rounds = 30, 12
	for round := range rounds {
		for s := range subjects {
			d.set(fmt.Sprintf("pay_%d", s), round)
		}
		storm(d, 2*subjects, func(i int) string {
			s := (i * 7) % subjects
			return event(fmt.Sprintf("evt_%d_%d", s, round), "charge.succeeded", fmt.Sprintf("pay_%d", s))
		})
	}
	eventually(t, func() bool {
		var waiting int
		if err := d.DB.QueryRow(ctx, `SELECT count(*) FROM stripe_events WHERE state <> 'applied'`).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
		return waiting == 0
	})
	cancel()
	running.Wait()
	for s := range subjects {
		if value, _ := d.truth(fmt.Sprintf("pay_%d", s)); value != rounds-1 {
			t.Errorf("subject %d ended at %d", s, value)
		}
	}
	var attempts int
	if err := d.DB.QueryRow(ctx, `SELECT max(attempts) FROM stripe_events`).Scan(&attempts); err != nil || attempts != 1 {
		t.Errorf("an event took %d attempts, %v: two looks at one subject overlapped", attempts, err)
	}
}

// A worker that is told to stop gives its look up without spending an attempt.
func TestStopIsGraceful(t *testing.T) {
	d := open(t)
	began := make(chan struct{})
	d.look = func(ctx context.Context, _ inbound.Subject, _ int) error {
		close(began)
		<-ctx.Done()
		return ctx.Err()
	}
	stop, cancel := context.WithCancel(ctx)
	stopped := make(chan struct{})
	go func() { d.Run(stop); close(stopped) }()
	d.send("evt_1", "charge.succeeded", "pay_1")
	<-began
	cancel()
	select {
	case <-stopped:
	case <-time.After(10 * time.Second):
		t.Fatal("it did not stop")
	}
	if e := d.entry("evt_1"); e.State != webhook.Waiting || e.Attempts != 0 {
		t.Errorf("%s after %d attempts", e.State, e.Attempts)
	}
	d.look = nil
	d.drain() // the lease was let go
	if e := d.entry("evt_1"); e.State != webhook.Applied {
		t.Errorf("%s", e.State)
	}
}

func TestListAndHealth(t *testing.T) {
	d := open(t)
	for i := range 5 {
		d.send(fmt.Sprintf("evt_%d", i), "charge.succeeded", fmt.Sprintf("pay_%d", i))
		d.clock.advance(time.Second)
	}
	d.send("evt_x", "balance.available", "x")
	page, err := webhook.List(ctx, d.DB, webhook.Filter{Type: "charge.succeeded", Limit: 2})
	if err != nil || len(page) != 2 || page[0].ID != "evt_4" || page[0].Payload != nil {
		t.Fatalf("%v %v", page, err)
	}
	page, err = webhook.List(ctx, d.DB, webhook.Filter{State: webhook.Waiting, Before: page[1].ID, Limit: 2})
	if err != nil || len(page) != 2 || page[0].ID != "evt_2" {
		t.Fatalf("%v %v", page, err)
	}
	page, err = webhook.List(ctx, d.DB, webhook.Filter{About: "pay_3", Limit: 2})
	if err != nil || len(page) != 1 || page[0].ID != "evt_3" {
		t.Fatalf("%v %v", page, err)
	}
	health, err := webhook.HealthOf(ctx, d.DB)
	if err != nil || health.Waiting != 5 || health.Failed != 0 || health.Oldest == nil {
		t.Errorf("%+v %v", health, err)
	}
	types, err := webhook.Types(ctx, d.DB)
	if err != nil || len(types) != 2 {
		t.Errorf("%v %v", types, err)
	}
}

func eventually(t *testing.T, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatal("not within 30 seconds")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// A process dies while it looks: the others need not wait for its lease.
func TestADeadProcessHoldsNoSubject(t *testing.T) {
	d := open(t)
	dying := d.another(d.DB)
	dying.Process.Store(1234)
	life, end := context.WithCancel(ctx)
	here, err := postgres.Announce(ctx, d.DB, 1234)
	if err != nil {
		t.Fatal(err)
	}
	kept := make(chan struct{})
	go func() { here.Keep(life); close(kept) }()
	began, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	d.look = func(context.Context, inbound.Subject, int) error {
		slow := false
		once.Do(func() { slow = true })
		if slow {
			close(began)
			<-goOn
		}
		return nil
	}
	d.send("evt_1", "charge.succeeded", "pay_1")
	done := make(chan error)
	go func() { done <- dying.Drain(ctx) }()
	<-began
	looks := func(want int, when string) {
		t.Helper()
		if err := d.FreeDead(ctx); err != nil {
			t.Fatal(err)
		}
		d.drain()
		if n := d.lookCount(); n != want {
			t.Errorf("%d looks %s", n, when)
		}
	}
	looks(1, "while it lives")
	end()
	<-kept
	for stop := time.Now().Add(30 * time.Second); d.lookCount() < 2 && time.Now().Before(stop); {
		if err := d.FreeDead(ctx); err != nil {
			t.Fatal(err)
		}
		d.drain()
	}
	looks(2, "once it is dead")
	close(goOn)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if _, changes := d.truth("pay_1"); changes != 1 {
		t.Errorf("%d changes: the look of the dead was applied", changes)
	}
}
