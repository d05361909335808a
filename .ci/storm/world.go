package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"hearth/internal/money"
	"hearth/internal/postgres"
	"hearth/internal/postgres/embedded"
	"hearth/internal/stripesandbox"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// world is one marketplace in one currency, with its Stripe and its weather.
type world struct {
	options
	currency money.Currency
	dir      string

	db      *pgxpool.Pool // the judge's own, past the proxies
	dsn     string
	sandbox *stripesandbox.Server
	stripe  string // the sandbox's address, past the gate
	site    string // the site's address: where people and webhooks come in
	slots   []*slot
	death   *death
	post    *postOffice
	crowd   crowd
	books   journal

	cleanup []func() error // last first
}

const (
	processes     = 2
	secret        = "whsec_storm_account" // #nosec G101 -- of a sandbox that lives for minutes
	connectSecret = "whsec_storm_connect" // #nosec G101
)

// open starts everything. The world comes back even with an error: close it.
func open(ctx context.Context, o options, currency, dir string, before tally) (w *world, err error) {
	w = &world{options: o, currency: money.Currency(currency), dir: dir}
	w.death = newDeath(w, before.steps)
	if err := os.MkdirAll(dir, 0o711); err != nil { // #nosec G301 -- the database's user passes through
		return w, err
	}
	for _, step := range []func(context.Context) error{w.openDatabase, w.openPost, w.openStripe, w.openProcesses, w.furnish} {
		if err := step(ctx); err != nil {
			return w, err
		}
	}
	return w, nil
}

func (w *world) onClose(fn func() error) { w.cleanup = append(w.cleanup, fn) }

func (w *world) close() error {
	var wrong []error
	for i := len(w.cleanup) - 1; i >= 0; i-- {
		wrong = append(wrong, w.cleanup[i]())
	}
	return errors.Join(wrong...)
}

// openDatabase takes a database on the tests' server, or starts one.
func (w *world) openDatabase(ctx context.Context) error {
	name := "hearth_storm_" + strings.ToLower(rand.Text()[:10])
	server := os.Getenv("HEARTH_TEST_PG")
	if server == "" {
		data := filepath.Join(w.dir, "postgres")
		cluster, err := embedded.Start(ctx, embedded.Options{DataDir: data, Throwaway: true, Settings: []string{"max_connections=200"}})
		if err != nil {
			return err
		}
		w.onClose(cluster.Close)
		server = cluster.DSN("postgres")
	}
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `CREATE DATABASE `+name); err != nil {
		return errors.Join(err, conn.Close(ctx))
	}
	w.onClose(func() error {
		_, err := conn.Exec(context.WithoutCancel(ctx), `DROP DATABASE `+name+` WITH (FORCE)`)
		return errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
	})
	u, err := url.Parse(server)
	if err != nil {
		return err
	}
	u.Path = "/" + name
	w.dsn = u.String()
	if err := postgres.Migrate(ctx, w.dsn); err != nil {
		return err
	}
	if w.db, err = postgres.Open(ctx, w.dsn); err == nil {
		w.onClose(func() error { w.db.Close(); return nil })
	}
	return err
}

// openStripe starts the sandbox, and the door by which people and webhooks
// reach whichever process lives.
func (w *world) openStripe(context.Context) (err error) {
	if w.site, err = w.listen(w.front()); err != nil {
		return err
	}
	w.sandbox, err = stripesandbox.Open(stripesandbox.Options{Logger: slog.New(slog.DiscardHandler),
		WebhookURL: w.site + "/webhooks/stripe", WebhookSecret: secret,
		ConnectWebhookURL: w.site + "/webhooks/stripe/connect", ConnectWebhookSecret: connectSecret})
	if err != nil {
		return err
	}
	w.onClose(w.sandbox.Close)
	if w.stripe, err = w.listen(w.sandbox); err == nil {
		w.sandbox.SetBaseURL(w.stripe)
	}
	return err
}

// listen serves a handler on a free port of loopback.
func (w *world) listen(handler http.Handler) (address string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)}
	go func() { _ = server.Serve(l) }()
	w.onClose(server.Close)
	return "http://" + l.Addr().String(), nil
}

// openProcesses starts Hearth, each process with its own way to Stripe and to
// the database.
func (w *world) openProcesses(ctx context.Context) error {
	config, err := pgx.ParseConfig(w.dsn)
	if err != nil {
		return err
	}
	for n := range processes {
		s := &slot{n: n, world: w}
		if s.stripe, err = w.listen(s.gate()); err != nil {
			return err
		}
		if s.database, err = w.wire(s, config); err != nil {
			return err
		}
		w.slots = append(w.slots, s)
	}
	var all sync.WaitGroup
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	for _, s := range w.slots {
		all.Go(func() { s.supervise(life) })
	}
	w.onClose(func() error {
		end()
		all.Wait()
		return nil
	})
	return w.until(ctx, time.Minute, "hearth serves", func() (bool, error) {
		for _, s := range w.slots {
			if !s.up.Load() {
				return false, s.crashed()
			}
		}
		return true, nil
	})
}

// environment is the settings of a Hearth that runs in production, but for the
// addresses.
func (w *world) environment(stripe, database string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "HEARTH_ADDR=127.0.0.1:0", "HEARTH_BASE_URL=" + w.site, "HEARTH_DATA_DIR=" + w.dir,
		"DATABASE_URL=" + database, "STRIPE_SECRET_KEY=sk_test_storm", "STRIPE_API_BASE=" + stripe, "HEARTH_SANDBOX_URL=" + w.stripe,
		"STRIPE_WEBHOOK_SECRET=" + secret, "STRIPE_CONNECT_WEBHOOK_SECRET=" + connectSecret,
		"HEARTH_CURRENCY=" + string(w.currency), "HEARTH_PAYOUT_DELAY_DAYS=0", "HEARTH_TRUST_PROXY=true",
		"HEARTH_MAIL_FROM=Hearth <hello@hearth.test>", "SMTP_HOST=127.0.0.1", "SMTP_PORT=" + w.post.port,
	}
}

// until waits for a condition, for so long.
func (w *world) until(ctx context.Context, within time.Duration, what string, ok func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if done, err := ok(); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited %s: %s", within, what)
		case <-tick.C:
		}
	}
}
