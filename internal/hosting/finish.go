package hosting

import (
	"context"
	"fmt"
	"strings"

	"hearth/internal/stripeapi"
	"hearth/internal/user"
)

// Purposes are the requests that [Service.Finish] knows how to finish. Links
// are not among them: a link opens once, for five minutes, for an owner who is
// here to be redirected, so that one whose answer was lost is of no use to
// anybody, and the next click makes another.
var Purposes = []string{stripeapi.ForAccount, stripeapi.ForReject}

// Finish sends a planned request, or reads what came of it, and writes what
// follows. It may run any number of times, and at once.
func (s *Service) Finish(ctx context.Context, id stripeapi.RequestID) error {
	request, err := stripeapi.RequestByID(ctx, s.DB, id)
	if err != nil {
		return err
	}
	if request.Purpose == stripeapi.ForReject {
		return s.finishReject(ctx, request)
	}
	return s.finishAccount(ctx, request)
}

// finishAccount makes sure that an account whose request was planned is known:
// the owner who began may never click again. A request that is too old is looked
// for in Stripe's list, and given up when it is not there; nobody waits any
// more, so no other takes its place before the owner comes back.
func (s *Service) finishAccount(ctx context.Context, request stripeapi.Request) error {
	owner := user.ID(strings.TrimPrefix(request.About, about("")))
	a, err := s.Account(ctx, owner)
	if err != nil || a.StripeAccountID != "" || a.RequestID != request.ID {
		return err
	}
	if a, err = s.recover(ctx, a); err != nil || a.StripeAccountID != "" {
		return err
	}
	outcome, err := s.send(ctx, request.ID)
	if err != nil {
		return fmt.Errorf("finish the account of %s: %w", owner, err)
	}
	if !outcome.Refused() { // refused, or given up just now: the owner's next click tries another
		_, err = s.attach(ctx, a, outcome.ObjectID)
	}
	return err
}
