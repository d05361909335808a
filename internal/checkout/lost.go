package checkout

import (
	"context"
	"fmt"

	"hearth/internal/connect"
	"hearth/internal/payment"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"
)

// unreachable reports whether the account that a payment went to is lost or
// rejected: whatever Stripe then says about taking money back from it, the
// tenant does not wait for it.
func unreachable(ctx context.Context, q postgres.Querier, id payment.ID) (bool, error) {
	p, err := payment.ByID(ctx, q, id)
	if err != nil {
		return false, err
	}
	a, err := connect.ByStripeID(ctx, q, p.Destination)
	if err != nil {
		return false, fmt.Errorf("ask whether %s can be reached: %w", p.Destination, err)
	}
	return a.Lost() || a.Rejected(), nil
}

// withoutReversal reports whether a refund that Stripe refused goes out again
// and leaves the transfer alone: the owner's balance is short, a debt was netted off
// the transfer, or their account is out of reach. What the tenant's bank holds nobody refunds.
func (s *Service) withoutReversal(ctx context.Context, r payment.Refund, o stripeapi.Outcome) (bool, error) {
	if !o.Refused() || !r.ReverseTransfer || o.Code == chargedBack {
		return false, nil
	}
	collected, err := payment.Collected(ctx, s.DB, r.PaymentID)
	if err != nil || collected || short[o.Code] {
		return err == nil, err
	}
	return unreachable(ctx, s.DB, r.PaymentID)
}
