package connect

import (
	"context"

	"hearth/internal/fault"
	"hearth/internal/inbound"
	"hearth/internal/postgres"
)

// SubjectOf says which account of ours an event is about. Events of connected
// accounts name it beside the object (the object of a deauthorisation is the
// application, that of a capability the capability); an account's own event on
// our side names it as the object. Accounts that are not ours are no subject.
func SubjectOf(ctx context.Context, q postgres.Querier, ev inbound.Event) (inbound.Subject, error) {
	acct := ev.Account
	if acct == "" {
		acct = ev.ObjectID
	}
	_, err := ByStripeID(ctx, q, acct)
	switch {
	case fault.Is(err, fault.NotFound):
		return inbound.Subject{}, nil
	case err != nil:
		return inbound.Subject{}, err
	}
	return inbound.Subject{Kind: inbound.Account, ID: acct}, nil
}
