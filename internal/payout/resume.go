package payout

import "context"

// Resume finishes the payouts whose process died before the answer was kept,
// and makes no new one. A payout that was made is looked at by the inbox.
func (s *Service) Resume(ctx context.Context) error {
	var run Run
	return s.resume(ctx, &run)
}
