package webhook

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"hearth/internal/inbound"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	workers    = 4
	poll       = time.Second
	leaseFor   = 60 * time.Second
	lookWithin = 50 * time.Second // less than the lease: a look must not outlive it
	applyIn    = 15 * time.Second
	maxFold    = 500
)

// Run works the inbox off until the context ends, then lets go: looks under
// way are given up without a mark, changes being applied are finished.
func (in *Inbox) Run(ctx context.Context) {
	var all sync.WaitGroup
	for range workers {
		all.Go(func() { in.work(ctx) })
	}
	all.Wait()
}

func (in *Inbox) work(ctx context.Context) {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for ctx.Err() == nil {
		did, err := in.step(ctx)
		if err != nil && ctx.Err() == nil {
			in.log().ErrorContext(ctx, "inbox", "error", err)
		}
		if did && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-in.waker():
		}
	}
}

// Drain works until nothing is due. What failed is due again later.
func (in *Inbox) Drain(ctx context.Context) error {
	for {
		did, err := in.step(ctx)
		if err != nil || !did {
			return err
		}
	}
}

// step finds subjects for new events, and works one subject off.
func (in *Inbox) step(ctx context.Context) (did bool, err error) {
	resolved, err := in.resolve(ctx)
	if err != nil {
		return false, err
	}
	l, found, err := in.claim(ctx)
	if err != nil || !found {
		return resolved > 0, err
	}
	if l.ticket == 0 {
		return true, nil // another worker was faster; there may be more
	}
	return true, in.handle(ctx, l)
}

// lease is a subject that is ours to look at for a while.
type lease struct {
	subject inbound.Subject
	id      string
	ticket  int64
}

// claim leases the subject that has waited longest, and takes the ticket for
// the look that begins now. A ticket of 0 means that a rival got the lease. It
// is not interrupted: a lease that we got and do not know of would keep
// everybody away until it ends.
func (in *Inbox) claim(ctx context.Context) (l lease, found bool, err error) {
	if ctx.Err() != nil {
		return l, false, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), applyIn)
	defer cancel()
	now := in.Now()
	l.id = uuid.NewString()
	var subject string
	err = in.DB.QueryRow(ctx, `
		WITH due AS (
			SELECT e.subject FROM stripe_events e LEFT JOIN stripe_subjects s ON s.subject = e.subject
			WHERE e.state = 'waiting' AND e.subject <> '' AND e.livemode = $1 AND e.next_attempt_at <= $2
				AND (s.leased_until IS NULL OR s.leased_until < $2)
			ORDER BY e.next_attempt_at, e.id LIMIT 1
		), leased AS (
			INSERT INTO stripe_subjects (subject, lease, leased_until, leased_by) SELECT subject, $3, $4, nullif($5, 0) FROM due
			ON CONFLICT (subject) DO UPDATE SET lease = excluded.lease, leased_until = excluded.leased_until, leased_by = excluded.leased_by
				WHERE stripe_subjects.leased_until IS NULL OR stripe_subjects.leased_until < $2
			RETURNING subject
		)
		SELECT due.subject, CASE WHEN leased.subject IS NULL THEN 0 ELSE nextval('stripe_tickets') END
		FROM due LEFT JOIN leased ON leased.subject = due.subject`,
		in.Livemode, now, l.id, now.Add(leaseFor), in.Process.Load()).Scan(&subject, &l.ticket)
	if errors.Is(err, pgx.ErrNoRows) {
		return l, false, nil
	}
	l.subject = parseSubject(subject)
	return l, err == nil, err
}

// handle looks at a leased subject, applies what it saw, and lets the lease go
// whatever happens.
func (in *Inbox) handle(ctx context.Context, l lease) error {
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookWithin+applyIn)
	defer cancel()
	events, attempts, err := in.fold(ctx, l.subject)
	if err != nil || len(events) == 0 {
		return errors.Join(err, letGo(after, in.DB, l))
	}
	change, err := in.see(ctx, l, events)
	if err == nil {
		err = in.apply(after, l, events, change)
	}
	switch {
	case err == nil, errors.Is(err, errOvertaken):
		return nil
	case ctx.Err() != nil:
		return letGo(after, in.DB, l) // we were stopped: no attempt was spent
	}
	in.log().WarnContext(ctx, "event not applied", "subject", l.subject.String(), "events", len(events), "error", scrub(err))
	return in.postpone(after, l, events, attempts+1, err)
}

// fold reads all events that wait for a subject, oldest first, and the most
// attempts that one of them has seen. One look serves them all; what comes
// later waits for the next.
func (in *Inbox) fold(ctx context.Context, subject inbound.Subject) (events []inbound.Event, attempts int, err error) {
	entries, err := postgres.All[Entry](ctx, in.DB, `
		SELECT `+fmt.Sprintf(entryColumns, "payload")+` FROM stripe_events
		WHERE state = 'waiting' AND subject = $1 AND livemode = $2 ORDER BY received_at, id LIMIT $3`,
		subject.String(), in.Livemode, maxFold)
	for _, e := range entries {
		events = append(events, e.event())
		attempts = max(attempts, e.Attempts)
	}
	if err != nil {
		err = fmt.Errorf("fold the events of %s: %w", subject, err)
	}
	return events, attempts, err
}

func (e Entry) event() inbound.Event {
	ev := inbound.Event{
		ID: e.ID, Source: e.Source, Type: e.Type, Account: e.Account, APIVersion: e.APIVersion,
		ObjectID: e.ObjectID, Livemode: e.Livemode, ReceivedAt: e.ReceivedAt, Subject: parseSubject(e.Subject),
	}
	if parsed, err := stripeapi.DecodeEvent(e.Payload); err == nil {
		ev.Object = parsed.Object
	}
	return ev
}

// see runs the handler: network, no transaction, no writing. A panic is an
// error of this subject and no end of the worker.
func (in *Inbox) see(ctx context.Context, l lease, events []inbound.Event) (change inbound.Change, err error) {
	handler := in.Handlers[l.subject.Kind]
	if handler == nil {
		return nil, fmt.Errorf("nobody handles subjects of the kind %q", l.subject.Kind)
	}
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("look at %s: panic: %v", l.subject, p)
		}
	}()
	return handler(ctx, l.subject, events)
}

// errOvertaken says that a newer look has been applied or is under way.
var errOvertaken = errors.New("a newer look has the word")

// apply writes the change and the marks in one transaction, if this look is
// still the newest.
func (in *Inbox) apply(ctx context.Context, l lease, events []inbound.Event, change inbound.Change) error {
	return postgres.InTx(ctx, in.DB, func(tx pgx.Tx) error {
		var ours bool
		err := tx.QueryRow(ctx, `SELECT lease = $2 AND ticket < $3 FROM stripe_subjects WHERE subject = $1 FOR UPDATE`,
			l.subject.String(), l.id, l.ticket).Scan(&ours)
		if err != nil {
			return fmt.Errorf("lock subject %s: %w", l.subject, err)
		}
		if !ours {
			return errOvertaken
		}
		effect, err := changed(ctx, tx, change)
		if err != nil {
			return err
		}
		return in.mark(ctx, tx, l, events, effect)
	})
}

func changed(ctx context.Context, tx pgx.Tx, change inbound.Change) (effect string, err error) {
	if change != nil {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("apply: panic: %v", p)
			}
		}()
		if effect, err = change(ctx, tx); err != nil {
			return "", err
		}
	}
	if effect == "" {
		effect = "nothing had changed"
	}
	return effect, nil
}

func (in *Inbox) mark(ctx context.Context, tx pgx.Tx, l lease, events []inbound.Event, effect string) error {
	_, err := tx.Exec(ctx, `
		UPDATE stripe_events SET state = 'applied', applied_at = $2, last_error = '', attempts = attempts + 1,
			effect = $3 || CASE WHEN api_version IN ('', $4) THEN '' ELSE ' (sent as API version ' || api_version || ')' END
		WHERE id = ANY($1) AND state = 'waiting'`, ids(events), in.Now(), effect, stripeapi.Version)
	if err != nil {
		return fmt.Errorf("mark the events of %s: %w", l.subject, err)
	}
	// What was given up is settled by this look too: it has seen all that they told.
	_, err = tx.Exec(ctx, `
		UPDATE stripe_events SET state = 'applied', applied_at = $2, last_error = '', effect = 'by a later look: ' || $3
		WHERE state = 'failed' AND subject = $1 AND livemode = $4`, l.subject.String(), in.Now(), effect, in.Livemode)
	if err != nil {
		return fmt.Errorf("mark the events of %s that were given up: %w", l.subject, err)
	}
	_, err = tx.Exec(ctx, `UPDATE stripe_subjects SET ticket = $2, lease = NULL, leased_until = NULL, leased_by = NULL WHERE subject = $1`,
		l.subject.String(), l.ticket)
	return err
}

func ids(events []inbound.Event) []string {
	out := make([]string, len(events))
	for i, ev := range events {
		out[i] = ev.ID
	}
	return out
}
