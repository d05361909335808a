package app

import (
	"context"

	"hearth/internal/fault"
	"hearth/internal/stripeapi"
)

// answered lets the sweep take Stripe's refusal for the answer that it is: who
// asked sees it in the list of what was asked.
func answered(finish func(context.Context, stripeapi.RequestID) error) func(context.Context, stripeapi.RequestID) error {
	return func(ctx context.Context, id stripeapi.RequestID) error {
		err := finish(ctx, id)
		if fault.Is(err, fault.Conflict) {
			return nil
		}
		return err
	}
}
