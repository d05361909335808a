package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"hearth/internal/fault"
	"hearth/internal/inbound"
	"hearth/internal/stripeapi"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

type execer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// lookUp is the payload of an event of our own.
type lookUp struct {
	Subject string `json:"subject"`
	Reason  string `json:"reason,omitempty"` // the dedupe key, or the replayed event
}

// lookSpace makes the ids of look-ups deterministic.
var lookSpace = uuid.MustParse("6f1f4d3e-7d0b-5c1a-9a53-0b8a3f6c2d11")

// Nudge asks for a fresh look at a subject: after a browser came back, after a
// POST of ours, or from the sweep. Within one minute the same source, subject
// and dedupe key are one look, so that a storm of reloads costs one. Given a
// transaction, the look happens after its commit (call [Inbox.Wake] then, or it
// takes up to a second).
func (in *Inbox) Nudge(ctx context.Context, db execer, source string, subject inbound.Subject, dedupe string) error {
	if subject.IsZero() {
		return fmt.Errorf("nudge from %s: there is no subject", source)
	}
	now := in.Now()
	name := fmt.Sprintf("%s|%s|%s|%d", source, subject, dedupe, now.Truncate(time.Minute).Unix())
	return in.look(ctx, db, uuid.NewSHA1(lookSpace, []byte(name)), source, subject, dedupe)
}

func (in *Inbox) look(ctx context.Context, db execer, id uuid.UUID, source string, subject inbound.Subject, reason string) error {
	payload, err := json.Marshal(lookUp{subject.String(), reason})
	if err != nil {
		return err
	}
	ev := inbound.Event{
		ID: "look_" + id.String(), Source: source, Type: inbound.LookUp, ObjectID: subject.ID,
		Livemode: in.Livemode, ReceivedAt: in.Now(),
	}
	e := in.entry(ev, payload)
	e.subject = subject.String()
	if err := insert(ctx, db, []delivery{{entry: e}}); err != nil {
		return fmt.Errorf("nudge %s from %s: %w", subject, source, err)
	}
	in.Wake()
	return nil
}

// Missed takes in events that Stripe lists and that no webhook brought, and
// says how many they were. Should one still come, it is already here.
func (in *Inbox) Missed(ctx context.Context, listed []stripeapi.ListedEvent) (int, error) {
	entries := map[string]delivery{}
	for _, ev := range listed {
		ev.Source, ev.ReceivedAt = inbound.SourceSweep, in.Now()
		entries[ev.ID] = delivery{entry: in.entry(ev.Event, ev.Payload)}
	}
	rows, err := in.DB.Query(ctx, `SELECT id FROM stripe_events WHERE id = ANY($1)`, slices.Collect(maps.Keys(entries)))
	if err != nil {
		return 0, fmt.Errorf("ask which events are here: %w", err)
	}
	here, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return 0, fmt.Errorf("ask which events are here: %w", err)
	}
	for _, id := range here {
		delete(entries, id)
	}
	if len(entries) == 0 {
		return 0, nil
	}
	if err := insert(ctx, in.DB, slices.Collect(maps.Values(entries))); err != nil {
		return 0, err
	}
	in.Wake()
	return len(entries), nil
}

// Replay has an event worked off again: its subject is looked at afresh, and
// an event that was given up, or was not ours at the time, waits again. What
// is already as Stripe says stays so: replaying is always safe.
func (in *Inbox) Replay(ctx context.Context, tx pgx.Tx, eventID string) error {
	e, err := ByID(ctx, tx, eventID)
	if err != nil {
		return err
	}
	if e.Livemode != in.Livemode {
		return fault.New(fault.Conflict, "This event belongs to the other mode and is never applied.")
	}
	if in.Types[e.Type] == nil && e.Type != inbound.LookUp {
		return fault.New(fault.Conflict, "Nothing in Hearth listens to events of the type %s.", e.Type)
	}
	if _, err := tx.Exec(ctx, `
		UPDATE stripe_events SET state = 'waiting', attempts = 0, next_attempt_at = $2, last_error = '', effect = ''
		WHERE id = $1 AND (state IN ('failed', 'waiting') OR subject = '')`, eventID, in.Now()); err != nil {
		return fmt.Errorf("replay %s: %w", eventID, err)
	}
	if e.Subject == "" {
		return nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	return in.look(ctx, tx, id, inbound.SourceReplay, parseSubject(e.Subject), "replay of "+eventID)
}
