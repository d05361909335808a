package webhook

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"time"

	"hearth/internal/inbound"
	"hearth/internal/postgres"

	"github.com/jackc/pgx/v5"
)

const (
	maxAttempts = 15
	maxDelay    = time.Hour
	maxError    = 500
)

// delay doubles from two seconds to an hour, spread by a quarter: fifteen
// attempts last about four hours.
func delay(attempt int) time.Duration {
	d := maxDelay
	if attempt < 12 {
		d = min(d, time.Second<<attempt)
	}
	return d*3/4 + rand.N(d/2) // #nosec G404 -- spread, not a secret
}

var secret = regexp.MustCompile(`(sk|rk|pk)_(live|test)_\w+|whsec_\w+|_secret_\w+`)

// scrub keeps an error's text short and free of anything like a secret.
func scrub(err error) string {
	text := secret.ReplaceAllString(err.Error(), "…")
	if len(text) > maxError {
		text = text[:maxError] + "…"
	}
	return text
}

// postpone marks a failed attempt and lets the subject go.
func (in *Inbox) postpone(ctx context.Context, l lease, events []inbound.Event, attempt int, cause error) error {
	return postgres.InTx(ctx, in.DB, func(tx pgx.Tx) error {
		if err := in.failed(ctx, tx, ids(events), attempt, cause); err != nil {
			return err
		}
		return letGo(ctx, tx, l)
	})
}

func (in *Inbox) failed(ctx context.Context, db execer, ids []string, attempt int, cause error) error {
	_, err := db.Exec(ctx, `
		UPDATE stripe_events SET attempts = attempts + 1, next_attempt_at = $2, last_error = $3,
			state = CASE WHEN attempts + 1 >= $4 THEN 'failed' ELSE state END
		WHERE id = ANY($1) AND state = 'waiting'`,
		ids, in.Now().Add(delay(attempt)), scrub(cause), maxAttempts)
	if err != nil {
		return fmt.Errorf("postpone %d events: %w", len(ids), err)
	}
	return nil
}

// letGo ends a lease, if it is still ours.
func letGo(ctx context.Context, db execer, l lease) error {
	_, err := db.Exec(ctx, `UPDATE stripe_subjects SET lease = NULL, leased_until = NULL, leased_by = NULL WHERE subject = $1 AND lease = $2`,
		l.subject.String(), l.id)
	return err
}

// FreeDead ends the leases of processes that have died, where events wait.
// Their looks are not applied, should one of them live after all.
func (in *Inbox) FreeDead(ctx context.Context) error {
	freed, err := in.DB.Exec(ctx, `
		UPDATE stripe_subjects s SET lease = NULL, leased_until = NULL, leased_by = NULL
		WHERE s.leased_by IS NOT NULL AND s.lease IS NOT NULL AND NOT process_alive(s.leased_by)
			AND s.subject IN (SELECT subject FROM stripe_events WHERE state = 'waiting')`)
	if err != nil {
		return fmt.Errorf("free the subjects of dead processes: %w", err)
	}
	if freed.RowsAffected() > 0 {
		in.Wake()
	}
	return nil
}
