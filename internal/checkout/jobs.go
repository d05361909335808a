package checkout

import (
	"context"
	"time"

	"hearth/internal/booking"
	"hearth/internal/fault"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
)

// SendArgs sends a planned request whose process may have died.
type SendArgs struct {
	RequestID string `json:"request_id"`
}

// Kind names the job.
func (SendArgs) Kind() string { return "checkout_send" }

// SendWorker runs [Service.Finish].
type SendWorker struct {
	river.WorkerDefaults[SendArgs]
	Checkout *Service
}

// Work is done when the outcome is known. A session's request that can tell
// nothing new is left to the hold's end, which looks for it at Stripe.
func (w *SendWorker) Work(ctx context.Context, job *river.Job[SendArgs]) error {
	err := w.Checkout.Finish(ctx, stripeapi.RequestID(job.Args.RequestID))
	if stripeapi.Over(err) {
		return nil
	}
	return err
}

// ExpireHoldArgs ends a hold at its time.
type ExpireHoldArgs struct {
	BookingID string `json:"booking_id"`
}

// Kind names the job.
func (ExpireHoldArgs) Kind() string { return "expire_hold" }

// ExpireHoldWorker runs [Service.EndHold].
type ExpireHoldWorker struct {
	river.WorkerDefaults[ExpireHoldArgs]
	Checkout *Service
}

// Work waits on when the hold was extended, or became a request.
func (w *ExpireHoldWorker) Work(ctx context.Context, job *river.Job[ExpireHoldArgs]) error {
	b, err := booking.ByID(ctx, w.Checkout.DB, booking.ID(job.Args.BookingID))
	if err != nil || (b.Status != booking.Held && b.Status != booking.Requested) {
		return err
	}
	if wait := b.HoldUntil.Sub(w.Checkout.Now()); wait > 0 {
		return river.JobSnooze(max(wait, time.Second))
	}
	return w.Checkout.EndHold(ctx, b.ID)
}

// CompleteArgs ends the stays that are over.
type CompleteArgs struct{}

// Kind names the job.
func (CompleteArgs) Kind() string { return "complete_stays" }

// CompleteWorker runs [Service.CompleteStays].
type CompleteWorker struct {
	river.WorkerDefaults[CompleteArgs]
	Checkout *Service
}

// Work runs once an hour.
func (w *CompleteWorker) Work(ctx context.Context, _ *river.Job[CompleteArgs]) error {
	_, err := w.Checkout.CompleteStays(ctx)
	return err
}

const batch = 200

// CompleteStays ends every confirmed stay whose check-out has passed in the
// home's own time zone, and says how many.
func (s *Service) CompleteStays(ctx context.Context) (int, error) {
	now := s.Now()
	ended, err := booking.Ended(ctx, s.DB, now, batch)
	if err != nil {
		return 0, err
	}
	done := 0
	for _, b := range ended {
		if now.Before(b.CheckOutAt()) {
			continue
		}
		err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
			locked, err := booking.Lock(ctx, tx, b.ID)
			if err != nil || locked.Status != booking.Confirmed {
				return err
			}
			_, err = booking.Move(ctx, tx, locked, booking.Completed, booking.System, "The stay is over", now)
			return err
		})
		if err != nil && !fault.Is(err, fault.Conflict) {
			return done, err
		}
		done++
	}
	return done, nil
}
