// Package connect knows a homeowner's connected account: the Stripe account
// that is paid for the stays in their homes.
//
// A person has at most one account in use per mode. Its row is written together with
// the planned request that creates it, before Stripe is asked: so an answer
// that never arrived leaves a row without an account id, and the same request
// is sent again under the same key.
//
// Everything else in the row is Stripe's word, written whole by [Apply] from a
// fresh look and never guessed; but for two words of our own, [Pause] and
// [Retire], which no look touches. What follows is derived at read:
// [Account.CanBePaid] says whom we may take money for (the view
// payable_owners says the same in SQL, and a test holds the two together),
// [Account.State] sums the flags up for people, and [Account.Due] says in plain
// words what Stripe still needs.
package connect

import (
	"slices"
	"strings"
	"time"

	"hearth/internal/stripeapi"
	"hearth/internal/user"
)

// ID is our own id of the row; Stripe's is acct_….
type ID string

// Problem is why Stripe did not accept what it was given.
type Problem struct {
	Code        string `json:"code"`
	Reason      string `json:"reason"`
	Requirement string `json:"requirement"`
}

// Account is a connected account as Stripe last showed it.
type Account struct {
	ID               ID
	UserID           user.ID
	Livemode         bool
	StripeAccountID  string              // "" until Stripe answered
	RequestID        stripeapi.RequestID // creates it
	Country          string
	ChargesEnabled   bool
	PayoutsEnabled   bool
	DetailsSubmitted bool
	Transfers        string // capability: active, inactive, pending, ""
	CardPayments     string
	DisabledReason   string
	CurrentlyDue     []string
	PastDue          []string
	EventuallyDue    []string
	Pending          []string
	Errors           []Problem
	DueBy            *time.Time
	PayoutInterval   string
	PausedAt         *time.Time // by us: nothing new is booked, nothing is paid out
	PausedReason     string
	RetiredAt        *time.Time // by us: what is in it is paid out, nothing new comes in
	DeauthorizedAt   *time.Time
	LostAt           *time.Time
	FetchedAt        *time.Time
	CreatedAt        time.Time
}

// Capability and flag values that decide something.
const (
	active   = "active"
	rejected = "rejected."
)

// State is an account in one word, for people and lists.
type State string

// The states.
const (
	NotStarted   State = "not_started"  // Stripe was never asked, or has not answered yet
	Incomplete   State = "incomplete"   // the owner has not finished Stripe's form
	InReview     State = "in_review"    // Stripe is checking; nobody has to do anything
	Active       State = "active"       // may be paid
	Restricted   State = "restricted"   // may not be paid until somebody does something
	Paused       State = "paused"       // Stripe would pay, we do not let it for now
	Rejected     State = "rejected"     // Stripe refuses this owner
	Disconnected State = "disconnected" // the owner or we cut the tie, or Stripe no longer knows the account
)

// CanBePaid reports whether we may take money for this owner. The view
// payable_owners is the same rule in SQL.
func (a Account) CanBePaid() bool {
	return a.StripeAccountID != "" && a.ChargesEnabled && a.Transfers == active && !a.Rejected() && !a.Lost() && !a.Paused() && !a.Retired()
}

// Paused reports our own hold: no new bookings, no payouts, until it is lifted.
func (a Account) Paused() bool { return a.PausedAt != nil }

// Retired reports an account that we no longer use. Unlike a lost one it can
// still be asked about, paid out, and taken refunds from.
func (a Account) Retired() bool { return a.RetiredAt != nil }

// Rejected reports whether Stripe refuses the owner: no link helps.
func (a Account) Rejected() bool { return strings.HasPrefix(a.DisabledReason, rejected) }

// Lost reports whether we no longer have access to the account.
func (a Account) Lost() bool { return a.DeauthorizedAt != nil || a.LostAt != nil }

// LostSince is when access was first missed; zero while there is access.
func (a Account) LostSince() time.Time {
	switch {
	case a.LostAt == nil && a.DeauthorizedAt == nil:
		return time.Time{}
	case a.LostAt == nil || (a.DeauthorizedAt != nil && a.DeauthorizedAt.Before(*a.LostAt)):
		return *a.DeauthorizedAt
	}
	return *a.LostAt
}

// NeedsAction reports whether the owner has something to tell Stripe.
func (a Account) NeedsAction() bool {
	return a.StripeAccountID != "" && !a.Lost() && !a.Rejected() && !a.Retired() &&
		(!a.DetailsSubmitted || len(a.CurrentlyDue)+len(a.PastDue) > 0)
}

// RestrictedSoon reports an account that may be paid today but not after
// DueBy, unless the owner acts.
func (a Account) RestrictedSoon() bool { return a.CanBePaid() && a.NeedsAction() && a.DueBy != nil }

// PayoutsPaused reports an account that can take money but not move it to the
// owner's bank: homes stay on sale, and a banner says so.
func (a Account) PayoutsPaused() bool { return a.CanBePaid() && !a.PayoutsEnabled }

// State sums the flags up. The zero Account is NotStarted.
func (a Account) State() State {
	switch {
	case a.Lost(), a.Retired():
		return Disconnected
	case a.StripeAccountID == "":
		return NotStarted
	case a.Rejected():
		return Rejected
	case a.Paused():
		return Paused
	case a.CanBePaid():
		return Active
	case !a.DetailsSubmitted:
		return Incomplete
	case a.NeedsAction() || !a.waiting():
		return Restricted
	}
	return InReview
}

// waiting reports whether Stripe is still looking. A reason that we do not
// know is somebody's business, so it is not waiting.
func (a Account) waiting() bool {
	return slices.Contains([]string{"", "requirements.pending_verification", "under_review", "listed"}, a.DisabledReason)
}
