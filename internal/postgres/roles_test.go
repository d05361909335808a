package postgres_test

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/postgres"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
	"hearth/internal/testkit/pgtest"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// production is a database set up as docs/operations.md says: the script, the
// migrations by their own role, the script again.
func production(t *testing.T) (connect func(role string) *pgx.Conn) {
	t.Helper()
	admin := pgtest.Pool(t)
	name := admin.Config().ConnConfig.Database + "_production"
	if _, err := admin.Exec(t.Context(), `CREATE DATABASE `+name); err != nil {
		t.Fatal(err)
	}
	address := func(role string) string {
		u, err := url.Parse(admin.Config().ConnString())
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		q.Set("user", role)
		u.Path, u.User, u.RawQuery = "/"+name, nil, q.Encode()
		return u.String()
	}
	connect = func(role string) *pgx.Conn {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), address(role))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close(context.Background()) })
		return conn
	}
	superuser := connect(admin.Config().ConnConfig.User)
	apply := func() { t.Helper(); applyRoles(t, superuser) }
	apply()
	// The app does not make the schema: behind it, it does not start.
	if err := postgres.Migrate(t.Context(), address("hearth_app")); code(err) != denied {
		t.Errorf("the app migrates: %v", err)
	}
	if err := postgres.Migrate(t.Context(), address("hearth_migrate")); err != nil {
		t.Fatal(err)
	}
	apply()
	// The app migrates at its start too: it finds nothing to do, and may look.
	if err := postgres.Migrate(t.Context(), address("hearth_app")); err != nil {
		t.Errorf("the app finds the schema up to date: %v", err)
	}
	return connect
}

var cluster sync.Mutex // roles are the whole cluster's

func applyRoles(t *testing.T, db interface {
	Exec(context.Context, string, ...any) (pgconn.CommandTag, error)
}) {
	t.Helper()
	cluster.Lock()
	defer cluster.Unlock()
	if _, err := db.Exec(t.Context(), postgres.Roles); err != nil {
		t.Fatal(err)
	}
}

const (
	denied     = "42501"
	appendOnly = "23001"
	day        = 24 * time.Hour
)

func code(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// rewriting are the statements that would change what is written once.
var rewriting = []string{
	`UPDATE ledger_transactions SET memo = ''`, `DELETE FROM ledger_transactions`, `TRUNCATE ledger_transactions CASCADE`,
	`UPDATE ledger_postings SET amount = 1`, `DELETE FROM ledger_postings`, `TRUNCATE ledger_postings`,
	`UPDATE booking_history SET reason = ''`, `DELETE FROM booking_history`, `TRUNCATE booking_history`,
	`UPDATE audit_log SET reason = ''`, `DELETE FROM audit_log`, `TRUNCATE audit_log`, `TRUNCATE bookings CASCADE`,
}

// Not even who owns the tables rewrites them by mistake: a trigger refuses.
func TestWhatIsWrittenOnceStaysForTheOwnerToo(t *testing.T) {
	t.Parallel()
	owner := production(t)("hearth_migrate")
	for _, sql := range rewriting {
		if err := tries(t, owner, sql); code(err) != appendOnly {
			t.Errorf("the owner of the tables may run %s (%v)", sql, err)
		}
	}
}

// tries runs a statement and takes it back.
func tries(t *testing.T, conn *pgx.Conn, sql string) error {
	t.Helper()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.Background())
	_, err = tx.Exec(t.Context(), sql)
	return err
}

func TestRoles(t *testing.T) {
	t.Parallel()
	connect := production(t)
	app, auditor := connect("hearth_app"), connect("hearth_auditor")

	for _, sql := range rewriting {
		if err := tries(t, app, sql); code(err) != denied {
			t.Errorf("the app may run %s (%v)", sql, err)
		}
	}
	for _, sql := range []string{
		`UPDATE stripe_events SET payload = ''`, `UPDATE stripe_events SET type = ''`, `UPDATE stripe_events SET received_at = now()`,
		`DELETE FROM stripe_events`, `TRUNCATE stripe_events`,
		`DELETE FROM stripe_requests`, `DELETE FROM bookings`, `DELETE FROM payments`, `DELETE FROM charges`, `DELETE FROM refunds`,
		`UPDATE seals SET digest = ''`, `DELETE FROM seals`, `UPDATE sealed_rows SET digest = ''`, `DELETE FROM sealed_rows`, `DELETE FROM audit_runs`,
		`DELETE FROM disputes`, `DELETE FROM payouts`, `DELETE FROM payout_releases`, `DELETE FROM notifications`, `DELETE FROM users`,
		`CREATE TABLE mine (n int)`, `CREATE TEMPORARY TABLE mine (n int)`, `CREATE SCHEMA mine`, `DROP TABLE occupancies`,
		`ALTER TABLE ledger_postings DISABLE TRIGGER ALL`, `ALTER TABLE occupancies DROP CONSTRAINT occupancies_no_overlap`,
		`DROP TRIGGER audit_log_append_only ON audit_log`, `SET session_replication_role = replica`, `SET ROLE hearth_migrate`,
		`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`, `CREATE ROLE another`,
	} {
		if err := tries(t, app, sql); code(err) != denied {
			t.Errorf("the app may run %s (%v)", sql, err)
		}
	}
	for _, sql := range []string{
		`UPDATE stripe_events SET state = 'waiting', subject = '', attempts = 0, next_attempt_at = now(), effect = '', last_error = '', applied_at = NULL`,
		`SELECT id FROM stripe_events FOR UPDATE`, `SELECT nextval('stripe_tickets')`, `DELETE FROM occupancies`, `DELETE FROM sessions`,
		`DELETE FROM listing_photos`, `DELETE FROM river_job`, `SELECT version_id FROM goose_db_version`,
	} {
		if err := tries(t, app, sql); err != nil {
			t.Errorf("the app may not run %s: %v", sql, err)
		}
	}
	for _, sql := range []string{
		`SELECT password_hash FROM users`, `SELECT * FROM users`, `SELECT token FROM sessions`, `SELECT hash FROM user_tokens`,
		`SET default_transaction_read_only = off; UPDATE bookings SET guests = 1`, `CREATE TABLE mine (n int)`,
	} {
		if err := tries(t, auditor, sql); err == nil {
			t.Errorf("the auditor may run %s", sql)
		}
	}
	for _, sql := range []string{
		`SELECT id, email, roles FROM users`, `SELECT * FROM ledger_postings`, `SELECT * FROM audit_log`, `SELECT * FROM stripe_events`,
	} {
		if err := tries(t, auditor, sql); err != nil {
			t.Errorf("the auditor may not run %s: %v", sql, err)
		}
	}
}

var statement = regexp.MustCompile(`\b(INSERT INTO|UPDATE|DELETE FROM) ([a-z_]+) `)

// Every statement in the code is one that the app's role may run.
func TestTheAppMayRunWhatTheCodeSays(t *testing.T) {
	t.Parallel()
	app := production(t)("hearth_app")
	seen := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.Name() == "testkit" || entry.Name() == "stripesandbox" {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, found := range statement.FindAllStringSubmatch(string(text), -1) {
			verb, table := strings.Fields(found[1])[0], found[2]
			var may *bool // null: no such table, so no statement
			err := app.QueryRow(t.Context(), `SELECT has_table_privilege(oid, $2) OR ($2 <> 'DELETE' AND has_any_column_privilege(oid, $2))
				FROM pg_class WHERE oid = to_regclass($1)`, table, verb).Scan(&may)
			if err != nil && !errors.Is(err, pgx.ErrNoRows) {
				return err
			}
			if may != nil {
				seen++
			}
			if may != nil && !*may {
				t.Errorf("%s says %s %s, which the app's role may not", path, verb, table)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 50 {
		t.Errorf("only %d statements were found", seen)
	}
}

// The whole way of a stay and its money, with nothing but the app's rights.
func TestTheAppRunsAsItsRole(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	database := w.DB.Config().ConnConfig.Database
	applyRoles(t, w.DB)
	if _, err := w.DB.Exec(t.Context(), `ALTER DATABASE `+database+` SET role = 'hearth_app'`); err != nil {
		t.Fatal(err)
	}
	w.DB.Reset()
	if _, err := w.DB.Exec(t.Context(), `DELETE FROM bookings`); code(err) != denied {
		t.Fatalf("the app does not run as its role: %v", err)
	}
	owner, tenant := w.Owner("Nora"), factory.Person(t, w.DB, "Maya")
	admin := factory.Person(t, w.DB, "Ada", user.Admin)
	b := w.Confirmed(tenant, factory.Home(t, w.DB, owner.ID, nil), 3, 5)
	if _, err := w.Checkout.Refund(t.Context(), booking.Admin(admin.ID, "192.0.2.9"), b.ID, b.Amount(5000), "Noise"); err != nil {
		t.Fatal(err)
	}
	w.Settle()
	w.Advance(10 * day)
	if run, err := w.Payout.ReleaseDue(t.Context(), w.Now()); err != nil || run.Released+run.Resumed == 0 {
		t.Errorf("released %+v, %v", run, err)
	}
	w.Settle()
	if _, err := w.Reconcile.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
	if report, err := w.Reconcile.Books(t.Context()); err != nil || !report.Agrees() {
		t.Errorf("the books show %+v, %v", report, err)
	}
	if _, err := w.Checkout.CompleteStays(t.Context()); err != nil { // or the audit may come before its job
		t.Error(err)
	}
	gone := w.Held(tenant, factory.Home(t, w.DB, owner.ID, nil), 60, 2)
	if err := w.Checkout.Release(t.Context(), booking.Tenant(tenant.ID), gone.ID, "Changed my mind"); err != nil {
		t.Error(err)
	}
	w.Work()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		var mails, unsent int
		err := w.DB.QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE state <> 'sent') FROM notifications`).Scan(&mails, &unsent)
		if err != nil {
			t.Fatal(err)
		}
		if mails > 0 && unsent == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d mails wait", unsent, mails)
		}
	}
	// The hourly audit is one of the jobs, with the auditor's rights.
	if report, err := w.Audits.Check(t.Context()); err != nil || report.Role != "hearth_auditor" || len(report.Broken()) > 0 {
		t.Errorf("the audit, as %s, finds %v, %v", report.Role, report.Broken(), err)
	}
	var troubled int
	if err := w.DB.QueryRow(t.Context(), `SELECT count(*) FROM river_job WHERE cardinality(errors) > 0`).Scan(&troubled); err != nil || troubled > 0 {
		t.Errorf("%d jobs met trouble, %v", troubled, err)
	}
}
