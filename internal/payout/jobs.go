package payout

import (
	"context"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
)

// ReleaseArgs is the periodic job that pays out what is due.
type ReleaseArgs struct{}

// Kind implements river.JobArgs.
func (ReleaseArgs) Kind() string { return "payout_release" }

// InsertOpts implements river.JobArgsWithInsertOpts: the next period tries again.
func (ReleaseArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 1} }

// ReleaseEvery is the job's period.
const ReleaseEvery = 15 * time.Minute

// ReleaseWorker does the job.
type ReleaseWorker struct {
	river.WorkerDefaults[ReleaseArgs]
	Payout *Service
	Logger *slog.Logger
}

// Timeout implements river.Worker.
func (w *ReleaseWorker) Timeout(*river.Job[ReleaseArgs]) time.Duration { return 10 * time.Minute }

// Work implements river.Worker.
func (w *ReleaseWorker) Work(ctx context.Context, _ *river.Job[ReleaseArgs]) error {
	run, err := w.Payout.ReleaseDue(ctx, w.Payout.Now())
	if run != (Run{}) {
		w.Logger.InfoContext(ctx, "payouts released", "released", run.Released, "refused", run.Refused, "short", run.Short, "resumed", run.Resumed)
	}
	return err
}
