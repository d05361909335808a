package reconcile

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
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

// BooksEvery is how often the books are held against Stripe.
const BooksEvery = time.Hour

// BooksArgs is the periodic job.
type BooksArgs struct {
	Sweep bool `json:"sweep"` // everything is asked for first: an admin will not wait
}

// Kind names the job.
func (BooksArgs) Kind() string { return "books" }

// InsertOpts keeps one at a time: an admin may ask for it while it runs.
func (BooksArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled}}}
}

// BooksWorker runs [Service.Books].
type BooksWorker struct {
	river.WorkerDefaults[BooksArgs]
	Reconcile *Service
}

// Timeout leaves room for reading every account.
func (*BooksWorker) Timeout(*river.Job[BooksArgs]) time.Duration {
	return sweepWithin + booksWithin + 4*time.Minute
}

// Work reconciles once. What went wrong is kept with the run and tried by the next.
func (w *BooksWorker) Work(ctx context.Context, job *river.Job[BooksArgs]) error {
	if job.Args.Sweep {
		if _, err := w.Reconcile.SweepAll(ctx); err != nil {
			w.Reconcile.Logger.ErrorContext(ctx, "sweep", "error", err)
		}
	}
	report, err := w.Reconcile.Books(ctx)
	if err != nil || len(report.Open) > 0 {
		w.Reconcile.Logger.WarnContext(ctx, "books", "accounts", report.Accounts, "remainders", len(report.Open), "error", err)
	}
	return nil
}

// Ask has everything reconciled soon: a sweep, and then the books. One that
// waits or runs already is that one.
func (s *Service) Ask(ctx context.Context, tx pgx.Tx) error {
	if _, err := s.Jobs.InsertTx(ctx, tx, BooksArgs{Sweep: true}, nil); err != nil {
		return fmt.Errorf("ask for a reconciliation: %w", err)
	}
	return nil
}
