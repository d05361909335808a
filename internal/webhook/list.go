package webhook

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hearth/internal/inbound"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"
)

// Entry is a row of the inbox as admins see it.
type Entry struct {
	ID            string     `db:"id"`
	Source        string     `db:"source"`
	Type          string     `db:"type"`
	Account       string     `db:"account"`
	APIVersion    string     `db:"api_version"`
	Livemode      bool       `db:"livemode"`
	ObjectID      string     `db:"object_id"`
	Payload       []byte     `db:"payload"` // nil in lists
	ReceivedAt    time.Time  `db:"received_at"`
	State         string     `db:"state"`
	Subject       string     `db:"subject"`
	Attempts      int        `db:"attempts"`
	NextAttemptAt time.Time  `db:"next_attempt_at"`
	Effect        string     `db:"effect"`
	LastError     string     `db:"last_error"`
	AppliedAt     *time.Time `db:"applied_at"`
}

// OddVersion reports an event that was written in another API version than
// ours. It is applied all the same, since its object is fetched afresh.
func (e Entry) OddVersion() bool { return e.APIVersion != "" && e.APIVersion != stripeapi.Version }

const entryColumns = `id, source, type, account, api_version, livemode, object_id, %s AS payload, received_at,
	state, subject, attempts, next_attempt_at, effect, last_error, applied_at`

// ByID reads one event with its payload.
func ByID(ctx context.Context, q postgres.Querier, id string) (Entry, error) {
	return postgres.One[Entry](ctx, q, "There is no such event.",
		`SELECT `+fmt.Sprintf(entryColumns, "payload")+` FROM stripe_events WHERE id = $1`, id)
}

// Filter narrows a list; empty fields do not.
type Filter struct {
	State   string
	Type    string
	Account string
	About   string // an event's, object's or subject's id
	Before  string // the id of the last event of the page before
	Limit   int
}

// List reads events without their payloads, newest first.
func List(ctx context.Context, q postgres.Querier, f Filter) ([]Entry, error) {
	return postgres.All[Entry](ctx, q, `
		SELECT `+fmt.Sprintf(entryColumns, "NULL::bytea")+` FROM stripe_events
		WHERE ($1 = '' OR state = $1) AND ($2 = '' OR type = $2) AND ($3 = '' OR account = $3)
			AND ($4 = '' OR id = $4 OR object_id = $4 OR subject = $4)
			AND ($5 = '' OR (received_at, id) < (SELECT received_at, id FROM stripe_events WHERE id = $5))
		ORDER BY received_at DESC, id DESC LIMIT $6`,
		f.State, f.Type, f.Account, f.About, f.Before, f.Limit)
}

// Types lists the event types that have come so far.
func Types(ctx context.Context, q postgres.Querier) ([]string, error) {
	rows, err := postgres.All[struct {
		Type string `db:"type"`
	}](ctx, q, `SELECT DISTINCT type FROM stripe_events ORDER BY type`)
	types := make([]string, 0, len(rows))
	for _, row := range rows {
		types = append(types, row.Type)
	}
	return types, err
}

// Health is how the inbox is doing.
type Health struct {
	Waiting int        `db:"waiting"`
	Failed  int        `db:"failed"`
	Oldest  *time.Time `db:"oldest"` // of those that wait
	Newest  *time.Time `db:"newest"` // of all: silence is a sign, too
}

// HealthOf reads the inbox's health. Each number has an index of its own rows
// alone, so the size of the table does not matter.
func HealthOf(ctx context.Context, q postgres.Querier) (Health, error) {
	return postgres.One[Health](ctx, q, "", `
		SELECT w.waiting, w.oldest,
			(SELECT count(*) FROM stripe_events WHERE state = 'failed') AS failed,
			(SELECT max(received_at) FROM stripe_events) AS newest
		FROM (SELECT count(*) AS waiting, min(received_at) AS oldest FROM stripe_events WHERE state = 'waiting') w`)
}

func parseSubject(s string) inbound.Subject {
	kind, id, _ := strings.Cut(s, ":")
	return inbound.Subject{Kind: kind, ID: id}
}

// GivenUp counts the events that could not be applied. It reads an index of
// them alone, so every admin page may ask.
func GivenUp(ctx context.Context, q postgres.Querier) (n int, err error) {
	if err = q.QueryRow(ctx, `SELECT count(*) FROM stripe_events WHERE state = 'failed'`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count the events that were given up: %w", err)
	}
	return n, nil
}
