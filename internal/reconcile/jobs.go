package reconcile

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// Every is how often the sweep runs.
const Every = 5 * time.Minute

// SweepArgs is the periodic job.
type SweepArgs struct{}

// Kind names the job.
func (SweepArgs) Kind() string { return "sweep" }

// SweepWorker runs [Service.Sweep].
type SweepWorker struct {
	river.WorkerDefaults[SweepArgs]
	Reconcile *Service
}

// Timeout leaves room for Stripe's rate limit.
func (*SweepWorker) Timeout(*river.Job[SweepArgs]) time.Duration { return Every }

// Work sweeps once. What went wrong is kept with the run and tried by the next.
func (w *SweepWorker) Work(ctx context.Context, _ *river.Job[SweepArgs]) error {
	run, err := w.Reconcile.Sweep(ctx)
	if err != nil {
		w.Reconcile.Logger.ErrorContext(ctx, "sweep", "looked_up", run.LookedUp, "resumed", run.Resumed, "error", err)
	}
	return nil
}
