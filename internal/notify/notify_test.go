package notify_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"hearth/internal/mail"
	"hearth/internal/notify"
	"hearth/internal/postgres"
	"hearth/internal/testkit/pgtest"
	"hearth/internal/user"
	"hearth/internal/view"
	"hearth/web"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

var now = time.Date(2027, 5, 1, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return now }

// post is a post office on a database of its own, with an outbox.
type post struct {
	*notify.Service
	db            *pgxpool.Pool
	worker        *notify.SendWorker
	outbox        mail.Outbox
	tenant, owner user.User
}

func open(t *testing.T) *post {
	t.Helper()
	p := &post{db: pgtest.Pool(t), outbox: mail.Outbox{Dir: t.TempDir()}}
	engine, err := view.New(web.FS)
	if err != nil {
		t.Fatal(err)
	}
	p.worker = &notify.SendWorker{DB: p.db, View: engine, Sender: p.outbox, BaseURL: "https://homes.example", Now: clock}
	workers := river.NewWorkers()
	river.AddWorker(workers, p.worker)
	jobs, err := river.NewClient(riverpgxv5.New(p.db), &river.Config{
		Workers: workers, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 2}}, FetchPollInterval: 100 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Service = &notify.Service{Jobs: jobs, Now: clock}
	p.tenant, p.owner = p.person(t, "Tess Tenant"), p.person(t, "Olga Owner")
	return p
}

func (p *post) person(t *testing.T, name string, roles ...string) (u user.User) {
	t.Helper()
	email := strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@example.com"
	p.inTx(t, func(tx pgx.Tx) (err error) {
		u, err = user.Create(t.Context(), tx, user.New{Email: email, Name: name, Phone: "+1 415 555 0100", PasswordHash: "x", Roles: roles}, now)
		return err
	})
	return u
}

func (p *post) inTx(t *testing.T, fn func(tx pgx.Tx) error) {
	t.Helper()
	if err := postgres.InTx(t.Context(), p.db, fn); err != nil {
		t.Fatal(err)
	}
}

// booking writes a booking of five nights with a total of 1,928 dollars.
func (p *post) booking(t *testing.T, status string) string {
	t.Helper()
	listing, booking := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	_, err := p.db.Exec(t.Context(), `INSERT INTO listings (id, owner_id, slug, status, title, kind, address_line1, city, region, postal_code, country, time_zone,
		  check_in_instructions, currency, nightly_price, created_at, updated_at)
		VALUES ($1, $2, $3, 'published', 'Cliff house & sauna', 'house', '1 Secret Lane', 'Mendocino', 'California', '95460', 'US', 'America/Los_Angeles',
		  'Key under the fern', 'usd', 34000, $4, $4)`, listing, p.owner.ID, listing.String(), now)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.db.Exec(t.Context(), `INSERT INTO bookings (id, listing_id, code, tenant_id, owner_id, form_token, status, nights, guests, currency, nightly_price,
		  stay_amount, cleaning_amount, total_amount, fee_bps, fee_amount, policy, policy_sentence, consent_at, consent_ip, time_zone, check_in_from, check_out_by, hold_until, created_at)
		VALUES ($1, $2, $3, $4, $5, $3, $6, '[2027-06-12,2027-06-17)', 4, 'usd', 34000, 170000, 22800, 192800, 1200, 23136, 'moderate',
		  'Free until five days before.', $7, '192.0.2.1', 'America/Los_Angeles', '15:00', '11:00', $7, $7)`,
		booking, listing, "HX"+booking.String()[30:], p.tenant.ID, p.owner.ID, status, now)
	if err != nil {
		t.Fatal(err)
	}
	return booking.String()
}

func (p *post) enqueue(t *testing.T, n notify.Note) {
	t.Helper()
	p.inTx(t, func(tx pgx.Tx) error { return p.Enqueue(t.Context(), tx, n) })
}

// work tries every waiting mail once, as attempt of 12, and says what came of it.
func (p *post) work(t *testing.T, attempt int) (problems []error) {
	t.Helper()
	rows, err := p.db.Query(t.Context(), `SELECT id::text FROM notifications ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		job := &river.Job[notify.SendArgs]{JobRow: &rivertype.JobRow{Attempt: attempt, MaxAttempts: 12}, Args: notify.SendArgs{NotificationID: id}}
		if err := p.worker.Work(t.Context(), job); err != nil {
			problems = append(problems, err)
		}
	}
	return problems
}

func (p *post) only(t *testing.T) mail.Kept {
	t.Helper()
	all, err := p.outbox.List()
	if err != nil || len(all) != 1 {
		t.Fatalf("%d mails, %v; want one", len(all), err)
	}
	return all[0]
}

func (p *post) state(t *testing.T) (state string) {
	t.Helper()
	if err := p.db.QueryRow(t.Context(), `SELECT state || ' ' || attempts FROM notifications`).Scan(&state); err != nil {
		t.Fatal(err)
	}
	return state
}

func TestEveryMailCanBeWrittenWithAndWithoutItsDetails(t *testing.T) {
	p := open(t)
	admin := p.person(t, "Grace Admin", user.Admin)
	booking := p.booking(t, "confirmed")
	details := map[string]any{"amount": int64(50000), "share": int64(44000), "reason": "<b>storm</b>", "reference": "re_123",
		"outcome": "won", "due_by": now.AddDate(0, 0, 7), "items": []string{"Your date of birth"}}
	for _, name := range notify.Templates {
		to := p.tenant
		if strings.HasSuffix(name, "_admin") {
			to = admin
		}
		p.enqueue(t, notify.Note{Key: name + ":full", Template: name, To: to.ID, BookingID: booking, Data: details})
		p.enqueue(t, notify.Note{Key: name + ":bare", Template: name, To: to.ID, BookingID: booking})
	}
	if problems := p.work(t, 1); problems != nil {
		t.Fatal(problems)
	}
	all, _ := p.outbox.List()
	if len(all) != 2*len(notify.Templates) {
		t.Fatalf("%d mails", len(all))
	}
	link := regexp.MustCompile(`https://homes\.example/[a-z]`)
	for _, m := range all {
		if m.Subject == "" || !link.MatchString(m.Text) || !link.MatchString(m.HTML) {
			t.Errorf("%q leads nowhere: %s", m.Subject, m.Text)
		}
		if strings.Contains(m.HTML, "<b>storm") || strings.Contains(m.Text, "&amp;") || strings.Contains(m.Subject, "&amp;") {
			t.Errorf("%q is escaped wrongly", m.Subject)
		}
		if strings.Contains(m.Text+m.HTML, "connect.stripe.com") {
			t.Errorf("%q carries a Stripe link", m.Subject)
		}
		if strings.Contains(m.Text, "\n\n\n") || strings.Contains(m.Text, "0001") {
			t.Errorf("%q has gaps or no date:\n%s", m.Subject, m.Text)
		}
	}
}

func TestTheTemplatesOnDiskAreTheTemplatesThatExist(t *testing.T) {
	p := open(t)
	on := strings.Join(p.worker.View.Mails(), " ") + " "
	for _, name := range notify.Templates {
		if !strings.Contains(on, name+" ") {
			t.Errorf("no web/templates/mail/%s.html", name)
		}
	}
	if len(p.worker.View.Mails()) != len(notify.Templates) {
		t.Errorf("on disk: %s", on)
	}
}

func TestAddressAndContactsOnlyForConfirmedStays(t *testing.T) {
	for status, shown := range map[string]bool{"confirmed": true, "completed": true, "held": false, "processing": false, "expired": false, "cancelled": false} {
		p := open(t)
		p.enqueue(t, notify.Note{Key: "k", Template: "booking_confirmed_tenant", To: p.tenant.ID, BookingID: p.booking(t, status)})
		if problems := p.work(t, 1); problems != nil {
			t.Fatal(problems)
		}
		m := p.only(t)
		for _, secret := range []string{"1 Secret Lane", "olga.owner@example.com", "under the fern"} {
			if strings.Contains(m.Text, secret) != shown || strings.Contains(m.HTML, secret) != shown {
				t.Errorf("%s: %q shown: %v", status, secret, !shown)
			}
		}
	}
}

func TestAKeyMakesOneMailHoweverOftenItIsTold(t *testing.T) {
	p := open(t)
	note := notify.Note{Key: "verify:1", Template: "verify_email", To: p.tenant.ID}
	p.enqueue(t, note)
	p.enqueue(t, note)
	var jobs int
	if err := p.db.QueryRow(t.Context(), `SELECT count(*) FROM river_job`).Scan(&jobs); err != nil || jobs != 1 {
		t.Errorf("%d jobs, %v", jobs, err)
	}
	p.work(t, 1)
	p.work(t, 1)
	p.only(t)
	if got := p.state(t); got != "sent 1" {
		t.Errorf("state %s", got)
	}
	var tokens int
	if err := p.db.QueryRow(t.Context(), `SELECT count(*) FROM user_tokens`).Scan(&tokens); err != nil || tokens != 1 {
		t.Errorf("%d tokens for one mail, %v", tokens, err)
	}
}

func TestNothingIsPromisedWithoutItsCause(t *testing.T) {
	p := open(t)
	err := postgres.InTx(t.Context(), p.db, func(tx pgx.Tx) error {
		if err := p.Enqueue(t.Context(), tx, notify.Note{Key: "k", Template: "verify_email", To: p.tenant.ID}); err != nil {
			t.Error(err)
		}
		return fmt.Errorf("the cause did not happen")
	})
	if err == nil {
		t.Fatal("committed")
	}
	var rows, jobs int
	p.db.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM notifications), (SELECT count(*) FROM river_job)`).Scan(&rows, &jobs)
	if rows+jobs != 0 {
		t.Errorf("%d notifications, %d jobs", rows, jobs)
	}
	if err := postgres.InTx(t.Context(), p.db, func(tx pgx.Tx) error {
		return p.Enqueue(t.Context(), tx, notify.Note{Key: "k", Template: "no_such_mail", To: p.tenant.ID})
	}); err == nil {
		t.Error("a mail that does not exist is promised")
	}
}

func TestTokensAreOnlyInTheMail(t *testing.T) {
	p := open(t)
	p.enqueue(t, notify.Note{Key: "reset", Template: "reset_password", Email: strings.ToUpper(p.tenant.Email)})
	if problems := p.work(t, 1); problems != nil {
		t.Fatal(problems)
	}
	m := p.only(t)
	_, token, found := strings.Cut(m.Text, "https://homes.example/reset?token=")
	token, _, _ = strings.Cut(token, "\n")
	if !found || m.To != p.tenant.Email {
		t.Fatalf("no link for %s in:\n%s", m.To, m.Text)
	}
	if err := user.TokenWorks(t.Context(), p.db, token, user.Reset, now); err != nil {
		t.Error(err)
	}
	var leaked bool
	err := p.db.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM notifications n WHERE n::text LIKE '%' || $1 || '%')
		OR EXISTS (SELECT FROM river_job j WHERE j::text LIKE '%' || $1 || '%')`, token).Scan(&leaked)
	if err != nil || leaked {
		t.Errorf("the token is in a table: %v, %v", leaked, err)
	}
}

func TestAnAddressOfNobodyGetsNothing(t *testing.T) {
	p := open(t)
	p.enqueue(t, notify.Note{Key: "reset", Template: "reset_password", Email: "nobody@example.com"})
	if problems := p.work(t, 1); problems != nil {
		t.Fatal(problems)
	}
	if all, _ := p.outbox.List(); len(all) != 0 {
		t.Error("a mail went out")
	}
	if got := p.state(t); got != "failed 0" {
		t.Errorf("state %s", got)
	}
}

// sender answers in turn, and counts.
type sender struct {
	answers []error
	sent    int
}

func (s *sender) Send(context.Context, mail.Message) error {
	s.sent++
	if s.sent <= len(s.answers) {
		return s.answers[s.sent-1]
	}
	return nil
}

func TestWhatTheMailServerAnswersDecides(t *testing.T) {
	busy := fmt.Errorf("451 busy")
	for _, c := range []struct {
		name        string
		answers     []error
		tries, sent int
		state       string
	}{
		{"accepted", nil, 3, 1, "sent 1"},
		{"later, then accepted", []error{busy, busy}, 4, 3, "sent 3"},
		{"refused for good", []error{mail.ErrRefused}, 3, 1, "failed 1"},
		{"unknown, then accepted", []error{mail.ErrUnknown}, 3, 2, "sent 2"},
		{"unknown twice is given up", []error{mail.ErrUnknown, mail.ErrUnknown}, 4, 2, "failed 2"},
		{"later for ever", []error{busy, busy, busy, busy, busy, busy, busy, busy, busy, busy, busy, busy, busy}, 13, 12, "failed 12"},
	} {
		p := open(t)
		s := &sender{answers: c.answers}
		p.worker.Sender = s
		p.enqueue(t, notify.Note{Key: "k", Template: "verify_email", To: p.tenant.ID})
		for attempt := range c.tries {
			p.work(t, attempt+1)
		}
		if got := p.state(t); got != c.state || s.sent != c.sent {
			t.Errorf("%s: %s, handed over %d times; want %s, %d", c.name, got, s.sent, c.state, c.sent)
		}
	}
}

// The program dies between handing a mail over and writing it down.
func TestACrashWhileSendingRepeatsAtMostOnce(t *testing.T) {
	p := open(t)
	s := &sender{}
	p.worker.Sender = s
	p.enqueue(t, notify.Note{Key: "k", Template: "verify_email", To: p.tenant.ID})
	for range 3 {
		if _, err := p.db.Exec(t.Context(), `UPDATE notifications SET state = 'sending' WHERE state <> 'failed'`); err != nil {
			t.Fatal(err)
		}
		if s.sent == 1 { // it died again, the repeat unrecorded
			if _, err := p.db.Exec(t.Context(), `UPDATE notifications SET last_error = 'unknown: it may have been sent before'`); err != nil {
				t.Fatal(err)
			}
		}
		p.work(t, 1)
	}
	if got := p.state(t); s.sent != 1 || !strings.HasPrefix(got, "failed") {
		t.Errorf("repeated %d times, %s", s.sent, got)
	}
}

func TestEveryAdminWhoCanActIsTold(t *testing.T) {
	p := open(t)
	p.person(t, "Grace Admin", user.Admin)
	p.person(t, "Alan Admin", user.Admin)
	away := p.person(t, "Gone Admin", user.Admin)
	p.inTx(t, func(tx pgx.Tx) error { return user.Suspend(t.Context(), tx, away.ID, now) })
	booking := p.booking(t, "confirmed")
	for range 2 {
		p.inTx(t, func(tx pgx.Tx) error {
			return p.EnqueueAdmins(t.Context(), tx, "refund_failed:re_1", "refund_failed_admin", booking, map[string]any{"amount": int64(100)})
		})
	}
	p.work(t, 1)
	all, _ := p.outbox.List()
	if len(all) != 2 || !strings.Contains(all[0].Subject, "$1.00") {
		t.Errorf("%d mails: %v", len(all), all)
	}
}

// The whole way: a committed note, the job queue at work, a file in the outbox.
func TestTheJobQueueSendsIt(t *testing.T) {
	p := open(t)
	done, cancel := p.Jobs.Subscribe(river.EventKindJobCompleted, river.EventKindJobFailed)
	defer cancel()
	if err := p.Jobs.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer p.Jobs.Stop(context.Background())
	p.enqueue(t, notify.Note{Key: "k", Template: "already_registered", Email: p.tenant.Email})
	select {
	case event := <-done:
		if event.Kind != river.EventKindJobCompleted {
			t.Fatalf("%+v", event.Job.Errors)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("no job was worked in 20 seconds")
	}
	if m := p.only(t); m.To != p.tenant.Email {
		t.Errorf("%+v", m)
	}
}
