package app

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// freeEvery is how soon what a dead process was at goes on elsewhere.
const freeEvery = 2 * time.Second

// newProcess is a number for this process, which the others ask after.
func newProcess() int32 { return 1 + rand.Int32N(math.MaxInt32-1) } // #nosec G404 -- to tell processes apart

// clientID names the process to the job queue.
func clientID(process int32) string { return fmt.Sprintf("hearth-%d", process) }

// freeDead goes on with what processes were at that have died: jobs they were
// working and subjects they were looking at. A job whose last attempt it was is
// over: the next period brings another. Without this the jobs would wait for the
// queue's own rescue, and the subjects for the end of their leases.
func (a *App) freeDead(ctx context.Context) {
	tick := time.NewTicker(freeEvery)
	defer tick.Stop()
	for {
		_, err := a.DB.Exec(ctx, `
			UPDATE river_job SET scheduled_at = now(),
				state = CASE WHEN attempt < max_attempts THEN 'available' ELSE 'discarded' END::river_job_state,
				finalized_at = CASE WHEN attempt < max_attempts THEN NULL ELSE now() END
			WHERE state = 'running' AND attempted_at < now() - interval '2 seconds'
				AND CASE WHEN attempted_by[cardinality(attempted_by)] ~ '^hearth-[0-9]+$'
					THEN NOT process_alive(substr(attempted_by[cardinality(attempted_by)], 8)::int) END`)
		if err == nil {
			err = a.Inbox.FreeDead(ctx)
		}
		if err != nil && ctx.Err() == nil {
			a.Logger.WarnContext(ctx, "free what dead processes held", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
