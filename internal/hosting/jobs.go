package hosting

import (
	"context"

	"github.com/riverqueue/river"
)

// MindArgs is the periodic job that looks after the stays of stopped accounts.
type MindArgs struct{}

// Kind names the job.
func (MindArgs) Kind() string { return "mind_stays" }

// InsertOpts implements river.JobArgsWithInsertOpts: the next period tries again.
func (MindArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 1} }

// MindWorker runs [Service.MindStays].
type MindWorker struct {
	river.WorkerDefaults[MindArgs]
	Hosting *Service
}

// Work runs once an hour.
func (w *MindWorker) Work(ctx context.Context, _ *river.Job[MindArgs]) error {
	return w.Hosting.MindStays(ctx)
}
