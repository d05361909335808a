package payout

import (
	"context"
	"errors"
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
