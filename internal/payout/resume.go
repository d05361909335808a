package payout

import (
	"context"
	"errors"
	"hearth/internal/fault"
)

// Resume finishes whatever was asked of Stripe and whose answer nobody heard:
// changes of a schedule, nettings, what is given back, payouts. It asks for
// nothing new. A payout that was made is looked at by the inbox.
func (s *Service) Resume(ctx context.Context) error {
	var run Run
	return s.resume(ctx, &run)
}

func (s *Service) resume(ctx context.Context, run *Run) error {
	return errors.Join(s.resumeSchedules(ctx, run), s.resumeCollections(ctx, run), s.resumeReturns(ctx, run), s.resumePayouts(ctx, run))
}

// each sends all of something; what another was first with is no trouble.
func each[T any](ctx context.Context, all []T, run *Run, send func(context.Context, T, *Run) error) error {
	var troubles []error
	for _, one := range all {
		run.Resumed++
		if err := send(ctx, one, run); err != nil && !fault.Is(err, fault.Conflict) {
			troubles = append(troubles, err)
		}
	}
	return errors.Join(troubles...)
}
