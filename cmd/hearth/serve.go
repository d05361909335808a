package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"hearth/internal/app"
	"hearth/internal/audit"
	"hearth/internal/config"
	"hearth/internal/postgres"
	"hearth/internal/site"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
	"github.com/lmittmann/tint"
)

// serve runs Hearth in production. The schema is brought up to date first:
// migrations are safe beside a running older version.
func serve(ctx context.Context, c config.Config) error {
	if err := needDatabase(c); err != nil {
		return errors.Join(c.Check(), err)
	}
	if err := c.Check(); err != nil {
		return err
	}
	if err := postgres.Migrate(ctx, c.DatabaseURL); err != nil {
		return err
	}
	a, err := app.New(ctx, c, nil, logger(c))
	if err != nil {
		return err
	}
	defer a.Close()
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", c.Addr, err)
	}
	a.Logger.Info("hearth serves", "address", listener.Addr().String(), "url", c.BaseURL, "live", c.Live())
	return work(ctx, a, listener)
}

// work serves the site and runs the workers until the context ends, then lets
// requests and jobs under way finish.
func work(ctx context.Context, a *app.App, listener net.Listener) error {
	server := &http.Server{
		Handler:           a.Site(site.Limits{}).Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       2 * time.Minute, // photos over a slow line
		WriteTimeout:      2 * time.Minute, // pages that stay open set their own
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(a.Logger.Handler(), slog.LevelWarn),
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Pages that listen for news hear that it is over; all others finish.
	listening, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	defer hangUp()
	server.BaseContext = func(net.Listener) context.Context { return listening }
	server.RegisterOnShutdown(hangUp)
	var all sync.WaitGroup
	var ran error
	all.Go(func() {
		ran = a.Run(ctx)
		cancel()
	})
	all.Go(func() {
		<-ctx.Done()
		stopping, done := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer done()
		_ = server.Shutdown(stopping)
	})
	served := server.Serve(listener)
	cancel()
	all.Wait()
	if errors.Is(served, http.ErrServerClosed) {
		served = nil
	}
	return errors.Join(served, ran)
}

func needDatabase(c config.Config) error {
	if c.DatabaseURL == "" {
		return errors.New("DATABASE_URL is missing: postgres://user:password@host/database")
	}
	return nil
}

func logger(c config.Config) *slog.Logger {
	if c.LogFormat == "text" {
		stderr, err := os.Stderr.Stat()
		plain := err != nil || stderr.Mode()&os.ModeCharDevice == 0
		return slog.New(tint.NewTextHandler(os.Stderr, &tint.Options{Level: slog.LevelInfo, TimeFormat: time.TimeOnly, NoColor: plain}))
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, nil))
}

func migrate(ctx context.Context, c config.Config) error {
	if err := needDatabase(c); err != nil {
		return err
	}
	return postgres.Migrate(ctx, c.DatabaseURL)
}

// grantAdmin makes the first admin; later ones are made on the people page.
func grantAdmin(ctx context.Context, c config.Config, args []string) error {
	if len(args) != 1 {
		return errors.New("say whom: hearth admin EMAIL")
	}
	if err := needDatabase(c); err != nil {
		return err
	}
	db, err := postgres.Open(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	defer db.Close()
	return postgres.InTx(ctx, db, func(tx pgx.Tx) error {
		person, err := user.ByEmail(ctx, tx, args[0])
		if err != nil {
			return err
		}
		if err := user.AddRole(ctx, tx, person.ID, user.Admin); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{ActorID: person.ID, Act: "grant role", Target: "user:" + string(person.ID), Reason: "hearth admin on the command line"}, time.Now())
	})
}

// health is for containers without a shell or curl.
func health(ctx context.Context, c config.Config) error {
	_, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:"+port+"/readyz", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the server answers %s", answer.Status)
	}
	return nil
}
