package connect

import (
	"cmp"
	"errors"
	"time"

	"hearth/internal/stripeapi"
)

// With is the account as Stripe showed it at now. It writes nothing: checkout
// asks it whether the owner can be paid at this moment, and pages show it.
func (a Account) With(seen stripeapi.Account, now time.Time) Account {
	a.Country = cmp.Or(seen.Country, a.Country)
	a.ChargesEnabled, a.PayoutsEnabled, a.DetailsSubmitted = seen.ChargesEnabled, seen.PayoutsEnabled, seen.DetailsSubmitted
	a.Transfers, a.CardPayments = seen.Capabilities["transfers"], seen.Capabilities["card_payments"]
	a.DisabledReason = seen.DisabledReason
	a.CurrentlyDue, a.PastDue = list(seen.CurrentlyDue), list(seen.PastDue)
	a.EventuallyDue, a.Pending = list(seen.EventuallyDue), list(seen.PendingVerification)
	a.Errors = []Problem{}
	for _, e := range seen.Errors {
		a.Errors = append(a.Errors, Problem(e))
	}
	a.DueBy = seen.CurrentDeadline
	// Express accounts show their settings only until the first link was made.
	a.PayoutInterval = cmp.Or(seen.PayoutInterval, a.PayoutInterval)
	a.DeauthorizedAt, a.LostAt, a.FetchedAt = nil, nil, &now
	return a
}

// Gone reports that Stripe shows us the account no longer. A key that may not
// read accounts at all is the operator's mistake and no loss.
func Gone(err error) bool {
	var e *stripeapi.Error
	return stripeapi.IsNotFound(err) || (errors.As(err, &e) && e.Code == "account_invalid")
}

// list is never nil: the columns know an empty array, but no NULL.
func list(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}
