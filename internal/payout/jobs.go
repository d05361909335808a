package payout

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"hearth/internal/inbound"

	"github.com/riverqueue/river"
)

// ReleaseArgs is the periodic job that pays out what is due and asks after
// payouts of which nothing was heard.
type ReleaseArgs struct{}

// Kind implements river.JobArgs.
func (ReleaseArgs) Kind() string { return "payout_release" }

// InsertOpts implements river.JobArgsWithInsertOpts: the next period tries again.
func (ReleaseArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 1} }

// ReleaseEvery is the job's period.
const ReleaseEvery = 15 * time.Minute

// quiet is how long a payout on its way may go without news.
const quiet = 6 * time.Hour

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
	return errors.Join(err, w.Payout.Follow(ctx))
}

// Follow asks the inbox to look at payouts of which nothing was heard.
func (s *Service) Follow(ctx context.Context) error {
	all, err := moving(ctx, s.DB, s.Now().Add(-quiet))
	if err != nil {
		return fmt.Errorf("find quiet payouts: %w", err)
	}
	for _, p := range all {
		if err := s.Inbox.Nudge(ctx, s.DB, inbound.SourceSweep, subjectOf(p.StripeAccount, *p.StripeID), *p.StripeID); err != nil {
			return err
		}
	}
	return nil
}
