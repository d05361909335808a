package checkout

import (
	"context"
	"fmt"

	"hearth/internal/booking"
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

// RefundWarning is what a refund's preview has to say about an owner whose
// account is lost or rejected; "" about every other.
func (s *Service) RefundWarning(ctx context.Context, b booking.Booking) (string, error) {
	p, err := payment.ByBooking(ctx, s.DB, string(b.ID))
	if err != nil {
		return "", err
	}
	if gone, err := unreachable(ctx, s.DB, p.ID); err != nil || !gone {
		return "", err
	}
	return "The owner’s account is disconnected or rejected. The tenant gets everything all the same; what Stripe cannot take back from the owner comes out of our balance and stays as their debt to us.", nil
}
