// Package app puts Hearth together: it opens the database, makes every
// collaborator and hands each what it needs, and runs the inbox's workers and
// the jobs beside the web server until it is told to stop.
package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"hearth/internal/account"
	"hearth/internal/checkout"
	"hearth/internal/config"
	"hearth/internal/hosting"
	"hearth/internal/inbound"
	"hearth/internal/invariant"
	"hearth/internal/mail"
	"hearth/internal/notify"
	"hearth/internal/payout"
	"hearth/internal/postgres"
	"hearth/internal/reconcile"
	"hearth/internal/site"
	"hearth/internal/stripeapi"
	"hearth/internal/view"
	"hearth/internal/webhook"
	"hearth/web"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// App is everything, wired. Handler serves the site; [App.Run] does the rest.
type App struct {
	Config    config.Config
	DB        *pgxpool.Pool
	Stripe    *stripeapi.Client
	Inbox     *webhook.Inbox
	View      *view.Engine
	Notify    *notify.Service
	Account   *account.Service
	Hosting   *hosting.Service
	Checkout  *checkout.Service
	Payout    *payout.Service
	Reconcile *reconcile.Service
	Audits    *invariant.Service
	Sender    mail.Sender
	Now       func() time.Time
	Logger    *slog.Logger

	jobs    *river.Client[pgx.Tx]
	process int32 // this one's number: see freeDead
}

// New opens the database, which must be migrated, and wires the services. Now
// may be nil: the wall clock.
func New(ctx context.Context, c config.Config, now func() time.Time, log *slog.Logger) (*App, error) {
	if now == nil {
		now = time.Now
	}
	db, err := postgres.Open(ctx, c.DatabaseURL)
	if err != nil {
		return nil, err
	}
	a := &App{Config: c, DB: db, Now: now, Logger: log, process: newProcess()}
	if err := a.wire(); err != nil {
		db.Close()
		return nil, err
	}
	return a, nil
}

// Site is the pages with their collaborators; Handler serves them. Limits of 0
// are the usual ones.
func (a *App) Site(limits site.Limits) *site.Server {
	s := &site.Server{Config: a.Config, DB: a.DB, View: a.View, Sessions: site.NewSessions(a.DB, a.Config.BaseURL),
		Account: a.Account, Hosting: a.Hosting, Checkout: a.Checkout, Payout: a.Payout, Reconcile: a.Reconcile, Inbox: a.Inbox, Audit: a.Audits,
		Raw: map[string]http.Handler{
			"/webhooks/stripe":         a.Inbox.Receive(inbound.SourceAccount, a.Config.WebhookSecrets),
			"/webhooks/stripe/connect": a.Inbox.Receive(inbound.SourceConnect, a.Config.ConnectWebhookSecrets),
		},
		Limits: limits, Logger: a.Logger, Now: a.Now}
	if outbox, ok := a.Sender.(mail.Outbox); ok {
		s.Outbox = &outbox
	}
	return s
}

// Close lets the database go. Call it after [App.Run] has returned.
func (a *App) Close() { a.DB.Close() }

// The sandbox has no limit to keep.
const sandboxRate = 1000

// pages are this binary's templates. They never change, so that several Apps of
// one process share them.
var pages = sync.OnceValues(func() (*view.Engine, error) { return view.New(web.FS) })

func (a *App) wire() (err error) {
	c := a.Config
	rate := 0
	if c.Sandbox() {
		rate = sandboxRate
	}
	a.Stripe, err = stripeapi.New(stripeapi.Config{Key: c.StripeKey, APIBase: c.StripeAPIBase, DB: a.DB, Now: a.Now, Logger: a.Logger, Rate: rate})
	if err != nil {
		return fmt.Errorf("set up the stripe client: %w", err)
	}
	if a.View, err = pages(); err != nil {
		return fmt.Errorf("read the templates: %w", err)
	}
	enqueue, err := river.NewClient(riverpgxv5.New(a.DB), &river.Config{Logger: quiet(a.Logger)})
	if err != nil {
		return fmt.Errorf("set up the job queue: %w", err)
	}
	a.Sender = sender(c)
	a.Inbox = &webhook.Inbox{DB: a.DB, Livemode: c.Live(), Types: Types(), Now: a.Now, Logger: a.Logger}
	a.Notify = &notify.Service{Jobs: enqueue, Now: a.Now}
	a.Account = &account.Service{DB: a.DB, Notify: a.Notify, Now: a.Now}
	a.Hosting = &hosting.Service{DB: a.DB, Stripe: a.Stripe, Inbox: a.Inbox, Notify: a.Notify, BaseURL: c.BaseURL, Country: c.Region, Now: a.Now}
	a.Payout = &payout.Service{DB: a.DB, Stripe: a.Stripe, Inbox: a.Inbox, Notify: a.Notify, DelayDays: c.PayoutDelayDays, OwnersChoose: c.OwnerSchedule, Now: a.Now}
	a.Checkout = &checkout.Service{DB: a.DB, Stripe: a.Stripe, Jobs: enqueue, Notify: a.Notify, Look: a.Inbox.LookNow,
		BaseURL: c.BaseURL, Fee: c.Fee(), Currency: c.Currency(), Now: a.Now, Logger: a.Logger}
	a.Inbox.Handlers = handlers(a.Checkout, a.Hosting, a.Payout)
	a.Reconcile = &reconcile.Service{DB: a.DB, Stripe: a.Stripe, Jobs: enqueue, Livemode: c.Live(), EndHold: a.Checkout.EndHold, Now: a.Now, Logger: a.Logger,
		Finish: map[string]func(context.Context, stripeapi.RequestID) error{}, Payouts: a.Payout.Resume,
		Missed: a.Inbox.Missed, Drain: a.Inbox.Drain, Types: worthCatchingUp,
		Nudge: func(ctx context.Context, source string, subject inbound.Subject) error {
			return a.Inbox.Nudge(ctx, a.DB, source, subject, "")
		}}
	a.Audits = &invariant.Service{DB: a.DB, Now: a.Now, Logger: a.Logger}
	for _, purpose := range checkout.Purposes {
		a.Reconcile.Finish[purpose] = a.Checkout.Finish
	}
	for _, purpose := range hosting.Purposes {
		a.Reconcile.Finish[purpose] = answered(a.Hosting.Finish)
	}
	for _, purpose := range payout.OwnPurposes {
		a.Reconcile.Finish[purpose] = answered(a.Payout.FinishOwn)
	}
	a.jobs, err = river.NewClient(riverpgxv5.New(a.DB), &river.Config{
		ID:      clientID(a.process),
		Workers: a.workers(), PeriodicJobs: periodic(), Logger: quiet(a.Logger),
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 8}},
		JobTimeout:           2 * time.Minute,
		ReindexerSchedule:    river.NeverSchedule(), // rebuilding indexes is the tables' owner's, not the app's role's
		RescueStuckJobsAfter: 15 * time.Minute,      // longer than any job's own timeout
	})
	if err != nil {
		return fmt.Errorf("set up the job workers: %w", err)
	}
	return nil
}

// quiet is a logger for the job queue, which tells every few seconds that it
// lives.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(warnings{log.Handler()}) }

type warnings struct{ slog.Handler }

func (h warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

func sender(c config.Config) mail.Sender {
	if c.SMTPHost == "" {
		return mail.Outbox{Dir: c.OutboxDir()}
	}
	return mail.SMTP{Host: c.SMTPHost, Port: c.SMTPPort, User: c.SMTPUser, Password: c.SMTPPassword, From: c.MailFrom}
}

// Run works the inbox and the jobs off until the context ends, and returns when
// both have let go.
func (a *App) Run(ctx context.Context) error {
	here, err := postgres.Announce(ctx, a.DB, a.process)
	if err != nil {
		return err
	}
	a.Inbox.Process.Store(a.process)
	if err := a.jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start the job workers: %w", err)
	}
	var all, presence sync.WaitGroup
	staying, leave := context.WithCancel(context.WithoutCancel(ctx))
	presence.Go(func() { here.Keep(staying) }) // until all the rest has let go
	all.Go(func() { a.Inbox.Run(ctx) })
	all.Go(func() { a.freeDead(ctx) })
	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err = a.jobs.StopAndCancel(stopping)
	all.Wait()
	a.Inbox.Process.Store(0)
	leave()
	presence.Wait()
	return err
}
