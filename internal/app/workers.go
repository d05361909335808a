package app

import (
	"time"

	"hearth/internal/checkout"
	"hearth/internal/hosting"
	"hearth/internal/invariant"
	"hearth/internal/notify"
	"hearth/internal/payout"
	"hearth/internal/reconcile"

	"github.com/riverqueue/river"
)

// workers are the jobs that exist.
func (a *App) workers() *river.Workers {
	all := river.NewWorkers()
	river.AddWorker(all, &notify.SendWorker{DB: a.DB, View: a.View, Sender: a.Sender, BaseURL: a.Config.BaseURL, Now: a.Now})
	river.AddWorker(all, &checkout.SendWorker{Checkout: a.Checkout})
	river.AddWorker(all, &checkout.ExpireHoldWorker{Checkout: a.Checkout})
	river.AddWorker(all, &checkout.CompleteWorker{Checkout: a.Checkout})
	river.AddWorker(all, &checkout.RemindWorker{Checkout: a.Checkout})
	river.AddWorker(all, &hosting.MindWorker{Hosting: a.Hosting})
	river.AddWorker(all, &payout.ReleaseWorker{Payout: a.Payout, Logger: a.Logger})
	river.AddWorker(all, &reconcile.SweepWorker{Reconcile: a.Reconcile})
	river.AddWorker(all, &reconcile.BooksWorker{Reconcile: a.Reconcile})
	river.AddWorker(all, &invariant.AuditWorker{Audit: a.Audits})
	return all
}

// periodic are the jobs that come back by themselves. One process of several
// inserts them.
func periodic() []*river.PeriodicJob {
	every := func(period time.Duration, args river.JobArgs) *river.PeriodicJob {
		return river.NewPeriodicJob(river.PeriodicInterval(period),
			func() (river.JobArgs, *river.InsertOpts) { return args, nil }, &river.PeriodicJobOpts{RunOnStart: true})
	}
	return []*river.PeriodicJob{
		every(reconcile.Every, reconcile.SweepArgs{}),
		every(reconcile.BooksEvery, reconcile.BooksArgs{}),
		every(payout.ReleaseEvery, payout.ReleaseArgs{}),
		every(time.Hour, checkout.CompleteArgs{}),
		every(time.Hour, checkout.RemindArgs{}),
		every(time.Hour, hosting.MindArgs{}),
		every(invariant.Every, invariant.AuditArgs{}),
	}
}
