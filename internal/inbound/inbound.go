// Package inbound says what an event is: something that Stripe, a returning
// browser, a sweep or our own POST tells us to look at. Nothing in an event is
// believed but which subject it is about: the subject is fetched afresh, and
// the look becomes a [Change].
package inbound

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
)

// Where events come from.
const (
	SourceAccount = "account" // our own account's webhook endpoint
	SourceConnect = "connect" // the connected accounts' endpoint
	SourceReturn  = "return"  // a browser came back
	SourceSweep   = "sweep"   // the sweep asks again
	SourceOwn     = "own"     // after a POST of ours
	SourceReplay  = "replay"  // an admin asked
)

// LookUp is the type of events that we make ourselves.
const LookUp = "hearth.look_up"

// Subject names one thing of ours that events are about and that is fetched
// as a whole: "payment:<uuid>", "dispute:dp_…", "account:acct_…",
// "payout:acct_…/po_…" ("payout:/po_…" is our own), "topup:tu_…".
type Subject struct{ Kind, ID string }

// The kinds of subject.
const (
	Payment = "payment"
	Dispute = "dispute"
	Account = "account"
	Payout  = "payout"
	Topup   = "topup" // of our own account
)

func (s Subject) String() string { return s.Kind + ":" + s.ID }

// IsZero reports whether there is no subject: the event is not about us.
func (s Subject) IsZero() bool { return s.ID == "" }

// Event is one row of the inbox.
type Event struct {
	ID         string // evt_…, or look_<uuid> for our own
	Source     string
	Type       string
	Account    string // acct_… for events on a connected account, else ""
	APIVersion string
	ObjectID   string // data.object.id
	Object     json.RawMessage
	Livemode   bool
	ReceivedAt time.Time
	Subject    Subject
}

// A Handler looks a subject up; it may use the network, and must not write.
// The events are all those that wait for the subject, oldest first.
type Handler func(ctx context.Context, subject Subject, events []Event) (Change, error)

// A Change writes, in one transaction with the events' own marks, and only if
// its ticket is newer than the subject's last: an older look never overwrites
// a newer. It returns, in a few words, what it changed: the inbox shows it.
type Change func(ctx context.Context, tx pgx.Tx) (effect string, err error)
