// Package hosting is what a homeowner does before anybody can stay: set up
// payouts at Stripe, and put a home on sale.
//
// Onboarding makes one Express account per person and mode ([Service.StartOnboarding]).
// The account's row and the request that creates it are committed together
// before Stripe is asked; whoever comes next finds them and sends the same
// request again under the same key, so that clicks, crashes and lost answers
// never make a second account. Then comes an account link: a door into Stripe's
// form that works once, for five minutes, for that owner alone. Links are made
// only while the owner is here to be redirected; they are never mailed, stored
// or logged.
//
// What Stripe thinks of the account arrives as events, or because the owner
// came back; either way [Service.OnAccount] fetches the account and writes what
// it found. Homes go on and off sale by that alone: whether a home can be
// booked is derived at each read from the account's flags.
//
// It owns no table.
package hosting

import (
	"context"
	"time"

	"hearth/internal/connect"
	"hearth/internal/fault"
	"hearth/internal/notify"
	"hearth/internal/stripeapi"
	"hearth/internal/user"
	"hearth/internal/webhook"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Service does it all. BaseURL is "https://homes.example", without a slash at
// the end.
type Service struct {
	DB      *pgxpool.Pool
	Stripe  *stripeapi.Client
	Inbox   *webhook.Inbox
	Notify  *notify.Service
	BaseURL string
	Country string // of the accounts, ISO 3166
	Now     func() time.Time
}

// Pages that Stripe sends owners back to.
const (
	refreshPage = "/owner/payouts/refresh"
	returnPage  = "/owner/payouts/return"
)

// Account is the owner's account; the zero Account when they never began.
func (s *Service) Account(ctx context.Context, owner user.ID) (connect.Account, error) {
	a, err := connect.ByUser(ctx, s.DB, owner, s.Stripe.Livemode())
	if fault.Is(err, fault.NotFound) {
		return connect.Account{}, nil
	}
	return a, err
}

// Explain says why no link helps: the account was rejected or is lost. It is
// nil for every other account.
func Explain(a connect.Account) error {
	switch {
	case a.Lost():
		return fault.New(fault.Denied, "Your payout account is no longer connected to Hearth, so tenants cannot book your homes. "+
			"Your payout history is kept. Write to us to have it connected again.")
	case a.Retired():
		return fault.New(fault.Denied, "We no longer use this payout account. What is in it is still paid out to you.")
	case a.Rejected():
		return fault.New(fault.Denied, "Stripe, who pays homeowners for us, has closed your payout account and will not open it again by filling in more forms. "+
			"Your homes are off sale. Stripe’s support can tell you why; what is still yours there will be paid out.")
	}
	return nil
}
