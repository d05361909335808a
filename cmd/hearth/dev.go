package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hearth/internal/app"
	"hearth/internal/config"
	"hearth/internal/connect"
	"hearth/internal/demo"
	"hearth/internal/fault"
	"hearth/internal/inbound"
	"hearth/internal/postgres"
	"hearth/internal/postgres/embedded"
	"hearth/internal/stripesandbox"
	"hearth/internal/user"
	"hearth/web"
)

// The sandbox's own key and signing secrets: they open nothing anywhere else.
const (
	sandboxKey           = "sk_test_sandbox"
	sandboxSecret        = "whsec_hearth_sandbox_account" // #nosec G101 -- as above
	sandboxConnectSecret = "whsec_hearth_sandbox_connect" // #nosec G101 -- as above
)

// dev runs everything at once: a private database, unless DATABASE_URL names
// one; the Stripe sandbox, unless STRIPE_SECRET_KEY is given; demo data; the
// site and its workers.
func dev(ctx context.Context, c config.Config) error {
	c.Dev, c.LogFormat = true, "text"
	if c.DataDir == "" {
		c.DataDir = ".data"
	}
	listener, err := listen(c.Addr, "HEARTH_ADDR")
	if err != nil {
		return err
	}
	defer listener.Close()
	stopDatabase, err := devDatabase(ctx, &c)
	if err != nil {
		return err
	}
	defer stopDatabase()
	stopSandbox, err := devSandbox(&c)
	if err != nil {
		return err
	}
	defer stopSandbox()
	if err := c.Check(); err != nil {
		return err
	}
	a, err := app.New(ctx, c, nil, logger(c))
	if err != nil {
		return err
	}
	defer a.Close()
	if err := devPeople(ctx, a); err != nil {
		return err
	}
	greet(c)
	return work(ctx, a, listener)
}

func listen(address, setting string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w\nIs Hearth running already? Set %s to use another address", address, err, setting)
	}
	return listener, nil
}

func devDatabase(ctx context.Context, c *config.Config) (stop func(), err error) {
	stop = func() {}
	if c.DatabaseURL == "" {
		cluster, err := embedded.Start(ctx, embedded.Options{DataDir: filepath.Join(c.DataDir, "postgres")})
		if err != nil {
			return nil, err
		}
		stop = func() { cluster.Close() }
		// The sandbox's accounts are strangers to Stripe, and the other way round.
		name := "hearth"
		if c.StripeKey != "" {
			name = "hearth_stripe"
		}
		if err := cluster.CreateDatabase(ctx, name); err != nil {
			return nil, errors.Join(err, cluster.Close())
		}
		c.DatabaseURL = cluster.DSN(name)
	}
	if err := postgres.Migrate(ctx, c.DatabaseURL); err != nil {
		stop()
		return nil, err
	}
	return stop, nil
}

// devSandbox starts the stand-in in this process and points the app at it, by
// HTTP like anybody else.
func devSandbox(c *config.Config) (stop func(), err error) {
	if c.StripeKey != "" {
		return func() {}, nil
	}
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return nil, err
	}
	listener, err := listen(c.SandboxAddr, "HEARTH_SANDBOX_ADDR")
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return nil, err
	}
	hooks := "http://127.0.0.1:" + port + "/webhooks/stripe"
	sandbox, err := stripesandbox.Open(stripesandbox.Options{
		DataFile: filepath.Join(c.DataDir, "sandbox.db"), BaseURL: c.SandboxURL, Name: "Hearth",
		WebhookURL: hooks, WebhookSecret: sandboxSecret, ConnectWebhookURL: hooks + "/connect", ConnectWebhookSecret: sandboxConnectSecret,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		listener.Close()
		return nil, err
	}
	server := &http.Server{Handler: sandbox, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	c.StripeKey, c.StripeAPIBase = sandboxKey, "http://"+local(listener.Addr())
	c.WebhookSecrets, c.ConnectWebhookSecrets = []string{sandboxSecret}, []string{sandboxConnectSecret}
	return func() {
		server.Close()
		sandbox.Close()
	}, nil
}

// local is how this machine reaches a listener that may listen everywhere.
func local(address net.Addr) string {
	_, port, err := net.SplitHostPort(address.String())
	if err != nil {
		return address.String()
	}
	return "127.0.0.1:" + port
}

// devPeople loads the demo once. In the sandbox it walks the owners through
// Stripe's form, so that their homes are on sale; at Stripe, they do it
// themselves.
func devPeople(ctx context.Context, a *app.App) error {
	photos, err := fs.Sub(web.Demo, "demo")
	if err != nil {
		return err
	}
	if err := demo.Load(ctx, a.DB, photos, a.Now()); err != nil {
		return fmt.Errorf("load the demo: %w", err)
	}
	if !a.Config.Sandbox() {
		return nil
	}
	owners, err := demo.Owners(ctx, a.DB)
	if err != nil {
		return err
	}
	for _, owner := range owners {
		if err := onboard(ctx, a, owner); err != nil {
			return fmt.Errorf("set up payouts for %s: %w", owner.Name, err)
		}
	}
	return nil
}

func onboard(ctx context.Context, a *app.App, owner user.User) error {
	account, err := connect.ByUser(ctx, a.DB, owner.ID, false)
	if err == nil && account.CanBePaid() {
		return nil
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if _, err := a.Hosting.StartOnboarding(ctx, owner.ID); err != nil {
		return err
	}
	if account, err = connect.ByUser(ctx, a.DB, owner.ID, false); err != nil {
		return err
	}
	body, err := json.Marshal(map[string]string{"outcome": "active"})
	if err != nil {
		return err
	}
	answer, err := http.Post(a.Config.StripeAPIBase+"/_sandbox/accounts/"+account.StripeAccountID+"/onboard", "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	answer.Body.Close()
	return a.Inbox.LookNow(ctx, inbound.SourceOwn, inbound.Subject{Kind: inbound.Account, ID: account.StripeAccountID})
}

func greet(c config.Config) {
	lines := []string{"", "  Hearth runs on " + c.BaseURL, "",
		"  homeowner  " + demo.Owner, "  tenant     " + demo.Tenant, "  admin      " + demo.Admin,
		"  password   " + demo.Password, ""}
	if c.SMTPHost == "" {
		lines = append(lines, "  mail       "+c.BaseURL+"/dev/outbox")
	}
	if c.Sandbox() {
		lines = append(lines, "  stripe     "+c.SandboxURL+"  (sandbox: no real money; pay with 4242 4242 4242 4242)")
	} else {
		lines = append(lines, "  stripe     test mode, with your key; forward both webhooks as README.md says")
	}
	fmt.Println(strings.Join(append(lines, ""), "\n"))
}
