package webhook

import (
	"context"
	"errors"
	"fmt"

	"hearth/internal/inbound"
	"hearth/internal/postgres"
)

const (
	resolveAtOnce = 100
	// An event may name an object that we have not met yet: a dispute overtakes
	// the payment that it is about. So nobody is called foreign at first sight,
	// but after half a minute.
	strangers = 4
)

var errStranger = errors.New("about nobody that we know, so far")

// resolve finds the subjects of events that have none yet, and says how many
// it settled. Reading only, it does no harm when two processes do it at once.
func (in *Inbox) resolve(ctx context.Context) (settled int, err error) {
	if !in.resolving.TryLock() {
		return 0, nil
	}
	defer in.resolving.Unlock()
	entries, err := postgres.All[Entry](ctx, in.DB, `
		SELECT `+fmt.Sprintf(entryColumns, "payload")+` FROM stripe_events
		WHERE state = 'waiting' AND subject = '' AND livemode = $1 AND next_attempt_at <= $2
		ORDER BY next_attempt_at, id LIMIT $3`, in.Livemode, in.Now(), resolveAtOnce)
	if err != nil {
		return 0, fmt.Errorf("read new events: %w", err)
	}
	for _, e := range entries {
		if err := in.resolveOne(ctx, e); err != nil {
			return settled, err
		}
		settled++
	}
	return settled, nil
}

func (in *Inbox) resolveOne(ctx context.Context, e Entry) error {
	subject, err := in.subjectOf(ctx, e)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		in.log().WarnContext(ctx, "event without subject", "event", e.ID, "error", scrub(err))
		return in.failed(ctx, in.DB, []string{e.ID}, e.Attempts+1, err)
	}
	if subject.IsZero() && e.Attempts < strangers && e.Type != inbound.LookUp {
		return in.failed(ctx, in.DB, []string{e.ID}, e.Attempts+1, errStranger)
	}
	if subject.IsZero() {
		_, err = in.DB.Exec(ctx, `
			UPDATE stripe_events SET state = 'ignored', effect = 'foreign', last_error = ''
			WHERE id = $1 AND state = 'waiting' AND subject = ''`, e.ID)
	} else {
		_, err = in.DB.Exec(ctx, `
			UPDATE stripe_events SET subject = $2 WHERE id = $1 AND state = 'waiting' AND subject = ''`, e.ID, subject.String())
	}
	if err != nil {
		return fmt.Errorf("give %s its subject: %w", e.ID, err)
	}
	return nil
}

func (in *Inbox) subjectOf(ctx context.Context, e Entry) (subject inbound.Subject, err error) {
	resolve := in.Types[e.Type]
	if resolve == nil {
		return inbound.Subject{}, nil // its type was dropped since it came
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return resolve(ctx, in.DB, e.event())
}
