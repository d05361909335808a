// Package webhook is the inbox: everything that Stripe, a returning browser, a
// sweep or our own POST tells us to look at, stored once and applied once.
//
// Its story has two halves. Taking in ([Inbox.Receive], [Inbox.Nudge]) checks
// the signature, stores the exact bytes in stripe_events, and answers after the
// commit; nothing else is written on that path. Working off ([Inbox.Run])
// finds the subject that an event is about, leases the subject, takes a ticket,
// folds all events that wait for it, looks at Stripe once, and applies what it
// saw in one transaction with the events' marks.
//
// The invariants: an acknowledged event is stored; an event is applied exactly
// once, whatever came twice, crashed or ran in parallel; a look that began
// earlier never overwrites one that began later (its ticket is older); nothing
// in an event is believed but what it is about.
//
// The table stripe_events is the queue, stripe_subjects holds leases and
// tickets. Several processes may work on both.
package webhook

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"hearth/internal/inbound"
	"hearth/internal/postgres"

	"github.com/jackc/pgx/v5/pgxpool"
)

// States of an event.
const (
	Waiting = "waiting" // for its look, or for the next attempt
	Applied = "applied"
	Ignored = "ignored" // the effect says why
	Failed  = "failed"  // gave up; replay tries again
)

// A Resolve finds the subject that an event is about, by reading our tables
// only. The zero subject means that the event's object is not ours.
type Resolve func(ctx context.Context, q postgres.Querier, ev inbound.Event) (inbound.Subject, error)

// Inbox takes events in and works them off. Fill the fields and use it; it
// must not be copied.
type Inbox struct {
	DB       *pgxpool.Pool
	Livemode bool                       // events of the other mode are stored and never applied
	Types    map[string]Resolve         // event type → whom it is about; other types are no concern of ours
	Handlers map[string]inbound.Handler // subject kind → who looks
	Now      func() time.Time
	Logger   *slog.Logger // nil: silent
	// Process is this one's number while the others can ask whether it lives, or
	// 0: then its leases end by their time alone.
	Process atomic.Int32

	writers   batcher
	wakeOnce  sync.Once
	wakes     chan struct{}
	resolving sync.Mutex
}

func (in *Inbox) log() *slog.Logger {
	if in.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return in.Logger
}

// Wake tells the workers of this process that something may be due. Those of
// other processes notice within a second.
func (in *Inbox) Wake() {
	select {
	case in.waker() <- struct{}{}:
	default: // enough of them are awake
	}
}

func (in *Inbox) waker() chan struct{} {
	in.wakeOnce.Do(func() { in.wakes = make(chan struct{}, workers) })
	return in.wakes
}

// entry judges an event at the door.
func (in *Inbox) entry(ev inbound.Event, payload []byte) entry {
	e := entry{event: ev, payload: payload, state: Waiting}
	switch {
	case ev.Livemode != in.Livemode:
		e.state, e.effect = Ignored, "other mode"
	case in.Types[ev.Type] == nil && ev.Type != inbound.LookUp:
		e.state, e.effect = Ignored, "not our concern"
	}
	return e
}
