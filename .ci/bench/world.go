package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"hearth/internal/demo"
	"hearth/internal/postgres"
	"hearth/internal/postgres/embedded"
	"hearth/web"

	"github.com/jackc/pgx/v5/pgxpool"
)

// posters is how many come at once: Stripe's deliveries, or rivals for a night.
const posters = 64

// world is what is measured: one cluster with a database of the site and one
// for nights, and the server process.
type world struct {
	dir       string
	cluster   *embedded.Cluster
	db        *pgxpool.Pool // the site's, with a connection per poster
	nights    *pgxpool.Pool
	server    *exec.Cmd
	leave     io.Closer // the server's standard input: it ends with it
	address   string    // of the server
	processes processes
	proved    proved
}

// proved counts what the checks after the slices saw.
type proved struct {
	Events int `json:"acknowledged_events_all_stored"`
	Nights int `json:"nights_taken_without_overlap"`
	Races  int `json:"races_with_exactly_one_winner"`
}

func open(ctx context.Context, dir string) (w *world, err error) {
	w = &world{}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if w.dir, err = scratch(dir); err != nil {
		return w, err
	}
	w.cluster, err = embedded.Start(ctx, embedded.Options{DataDir: w.clusterDir(),
		Settings: []string{"max_connections=300", "max_wal_size=4GB"}}) // no checkpoint in the middle of a slice
	if err != nil {
		return w, err
	}
	if w.db, err = w.database(ctx, "hearth"); err != nil {
		return w, err
	}
	if w.nights, err = w.database(ctx, "nights"); err != nil {
		return w, err
	}
	if err := durable(ctx, w.db); err != nil {
		return w, err
	}
	if err := furnish(ctx, w.db); err != nil {
		return w, err
	}
	if err := w.startServer(ctx); err != nil {
		return w, err
	}
	pid, err := serverPid(w.cluster.Dir())
	w.processes = processes{self: os.Getpid(), server: w.server.Process.Pid, database: pid}
	return w, err
}

func (w *world) clusterDir() string { return filepath.Join(w.dir, "postgres") }

func (w *world) database(ctx context.Context, name string) (*pgxpool.Pool, error) {
	if err := w.cluster.CreateDatabase(ctx, name); err != nil {
		return nil, err
	}
	if err := postgres.Migrate(ctx, w.cluster.DSN(name)); err != nil {
		return nil, err
	}
	return postgres.Open(ctx, w.cluster.DSN(name)+"&pool_max_conns="+strconv.Itoa(posters))
}

// durable refuses to measure a server that forgets at a power cut.
func durable(ctx context.Context, db *pgxpool.Pool) error {
	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		var value string
		if err := db.QueryRow(ctx, `SELECT current_setting($1)`, setting).Scan(&value); err != nil {
			return err
		}
		if value != "on" {
			return fmt.Errorf("%s is %s: that would measure something else", setting, value)
		}
	}
	return nil
}

// furnish loads the demo homes and lets their owners be paid, without which no
// search finds them.
func furnish(ctx context.Context, db *pgxpool.Pool) error {
	photos, err := fs.Sub(web.Demo, "demo")
	if err != nil {
		return err
	}
	if err := demo.Load(ctx, db, photos, time.Now()); err != nil {
		return fmt.Errorf("load the demo: %w", err)
	}
	_, err = db.Exec(ctx, `
		WITH request AS (
			INSERT INTO stripe_requests (id, purpose, path, idempotency_key, params, about, livemode, state, planned_at)
			SELECT gen_random_uuid(), 'account', '/v1/accounts', 'bench:' || id, '', 'user:' || id, false, 'succeeded', now()
			FROM users WHERE 'owner' = ANY(roles) RETURNING id, about
		)
		INSERT INTO connected_accounts (id, user_id, livemode, stripe_account_id, request_id, country,
			charges_enabled, payouts_enabled, details_submitted, transfers, card_payments, fetched_at, created_at)
		SELECT gen_random_uuid(), substr(about, 6)::uuid, false, 'acct_' || substr(about, 6), id, 'US',
			true, true, true, 'active', 'active', now(), now() FROM request`)
	if err != nil {
		return fmt.Errorf("let the owners be paid: %w", err)
	}
	_, err = db.Exec(ctx, `VACUUM ANALYZE`)
	return err
}

// startServer runs this very program as the server.
func (w *world) startServer(ctx context.Context) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C is ours
	cmd.Env = append(os.Environ(), serveEnv+"="+w.cluster.DSN("hearth"))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if w.leave, err = cmd.StdinPipe(); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	w.server = cmd
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return errors.New("the server did not start")
	}
	w.address = strings.TrimSpace(address)
	return nil
}

// serverPid is PostgreSQL's first process, whose children do the work.
func serverPid(data string) (int, error) {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return strconv.Atoi(first)
}

// close ends everything and removes every file.
func (w *world) close() (err error) {
	if w.server != nil {
		err = errors.Join(w.leave.Close(), w.server.Wait())
	}
	for _, db := range []*pgxpool.Pool{w.db, w.nights} {
		if db != nil {
			db.Close()
		}
	}
	if w.cluster != nil {
		err = errors.Join(err, w.cluster.Close(), embedded.Remove(context.Background(), w.clusterDir()))
	}
	if w.dir != "" {
		err = errors.Join(err, os.RemoveAll(w.dir))
	}
	return err
}
