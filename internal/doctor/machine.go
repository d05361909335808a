package doctor

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"hearth/internal/mail"
	"hearth/internal/postgres"
)

func (d *Doctor) database(ctx context.Context, all *[]Finding) {
	if d.DB == nil {
		say(all, "database", false, Bad, "let DATABASE_URL name a PostgreSQL that answers", "the database cannot be reached: %v", d.DBError)
		return
	}
	var version, free, most int
	var theirs time.Time
	var extensions []string
	err := d.DB.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('max_connections')::int,
		current_setting('max_connections')::int - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
		clock_timestamp(), ARRAY(SELECT extname::text FROM pg_extension)`).Scan(&version, &most, &free, &theirs, &extensions)
	if err != nil {
		say(all, "database", false, Bad, "look at the database's log", "the database does not answer: %v", err)
		return
	}
	say(all, "database", version >= 150000, Bad, "upgrade PostgreSQL to 15 or newer", "PostgreSQL %d", version/10000)
	say(all, "connections", free > most/10, Warn, "raise max_connections, or lower pool_max_conns in DATABASE_URL", "%d of %d connections are free", free, most)
	skew := theirs.Sub(d.Now()).Round(time.Second)
	say(all, "database_clock", skew.Abs() <= 5*time.Second, Warn, "let both machines' clocks be set", "the database's clock is %s ahead of ours", skew)
	missing := missingTypes([]string{"btree_gist", "pg_trgm"}, extensions)
	say(all, "extensions", len(missing) == 0, Bad, "install PostgreSQL's contrib package and run hearth migrate", "missing: %s", or(strings.Join(missing, ", "), "none"))
	have, want, err := postgres.Schema(ctx, d.DB)
	say(all, "schema", err == nil && have >= want, Bad, "DATABASE_URL=… as hearth_migrate: hearth migrate, then hearth roles | psql", "the schema is at %d, this binary brings %d%s", have, want, because(err))
}

func because(err error) string {
	if err == nil {
		return ""
	}
	return fmt.Sprintf(" (%v)", err)
}

// roles looks at what we may do in the database. The app needs no more than
// roles.sql gives it.
func (d *Doctor) roles(ctx context.Context, all *[]Finding) {
	if d.DB == nil {
		return
	}
	const mend = "hearth roles | psql as an administrator, and DATABASE_URL as hearth_app"
	var name string
	var mighty, auditor bool
	var more []string
	err := d.DB.QueryRow(ctx, `SELECT current_user::text, (SELECT rolsuper OR rolcreaterole OR rolbypassrls FROM pg_roles WHERE rolname = current_user)
			OR EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user),
		EXISTS (SELECT FROM pg_roles WHERE rolname = 'hearth_auditor' AND has_table_privilege(oid, 'public.ledger_postings', 'SELECT') AND pg_has_role(current_user, oid, 'MEMBER')),
		ARRAY(SELECT p || ' on ' || t FROM unnest(ARRAY['ledger_transactions', 'ledger_postings', 'booking_history', 'audit_log', 'seals', 'sealed_rows']) t,
			unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) p WHERE has_table_privilege('public.' || t, p) ORDER BY 1)`).Scan(&name, &mighty, &auditor, &more)
	if err != nil {
		say(all, "role", false, Bad, mend, "our rights cannot be read: %v", err)
		return
	}
	say(all, "role", !mighty, d.serious(), mend, "we are %s%s", name, map[bool]string{true: ", who may do anything", false: ""}[mighty])
	say(all, "privileges", len(more) == 0, d.serious(), mend, "more than we need: %s", or(strings.Join(more, ", "), "nothing"))
	say(all, "auditor", auditor, Warn, mend, "the hourly audit has the auditor's rights: %v", auditor)
}

// jobs asks whether anybody works: the signs of life that a running server
// leaves.
func (d *Doctor) jobs(ctx context.Context, all *[]Finding) {
	if d.DB == nil {
		return
	}
	const mend = "start hearth serve, and look at its log"
	var swept, audited, waiting, due *time.Time
	err := d.DB.QueryRow(ctx, `SELECT (SELECT max(finished_at) FROM reconcile_runs), (SELECT max(finished_at) FROM audit_runs WHERE error = ''),
		(SELECT min(next_attempt_at) FROM stripe_events WHERE state = 'waiting'), (SELECT min(scheduled_at) FROM river_job WHERE state = 'available')`).
		Scan(&swept, &audited, &waiting, &due)
	if err != nil {
		return // the schema says so
	}
	within := func(check, what string, at *time.Time, most time.Duration) {
		if at == nil {
			say(all, check, false, Warn, mend, "%s has never come to an end", what)
			return
		}
		age := d.Now().Sub(*at)
		say(all, check, age <= most, Bad, mend, "%s ended %s ago", what, age.Round(time.Second))
	}
	within("sweep", "a sweep", swept, 20*time.Minute)
	within("audit", "an audit", audited, 3*time.Hour)
	late := func(check, what string, at *time.Time, most time.Duration) {
		say(all, check, at == nil || d.Now().Sub(*at) <= most, Bad, mend, "%s: %s", what, map[bool]string{true: "nothing waits", false: "the oldest should have had its turn"}[at == nil || d.Now().Before(*at)])
	}
	late("inbox", "events of Stripe's", waiting, 10*time.Minute)
	late("queue", "jobs", due, 10*time.Minute)
}

func (d *Doctor) mail(ctx context.Context, all *[]Finding) {
	c := d.Config
	if c.SMTPHost == "" {
		say(all, "mail", c.Dev, d.serious(), "set SMTP_HOST, SMTP_PORT, SMTP_USER and SMTP_PASSWORD", "there is no mail server; mails are kept in %s", c.OutboxDir())
		return
	}
	err := mail.SMTP{Host: c.SMTPHost, Port: c.SMTPPort, User: c.SMTPUser, Password: c.SMTPPassword, From: c.MailFrom}.Try(ctx)
	say(all, "mail", err == nil, Bad, "look at SMTP_HOST, SMTP_PORT, SMTP_USER and SMTP_PASSWORD; port 465 speaks TLS at once, others need STARTTLS",
		"%s:%d greets us and lets us in: %v%s", c.SMTPHost, c.SMTPPort, err == nil, because(err))
}

const mega = 1 << 20

func (d *Doctor) disk(_ context.Context, all *[]Finding) {
	dir := or(d.Config.DataDir, os.TempDir())
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		say(all, "disk", false, Warn, "let HEARTH_DATA_DIR name a directory of ours", "%s cannot be looked at: %v", dir, err)
		return
	}
	free := s.Bavail * uint64(s.Bsize) / mega // #nosec G115 -- a block has no negative size
	state := Warn
	if free < 200 {
		state = Bad
	}
	say(all, "disk", free >= 1024, state, "make room in "+dir+", and look at the database's own disk, which is not seen from here", "%d MB are free in %s", free, dir)
}
