package reconcile

import (
	"context"
	"time"

	"hearth/internal/inbound"
	"hearth/internal/postgres"
)

// healed is the condition on stripe_events e for what a sweep brought and that
// changed something: its effect is none of the words for nothing, and the
// subject has not had it before.
const healed = `e.source = '` + inbound.SourceSweep + `' AND e.state = 'applied'
	AND e.effect NOT IN ('', 'nothing new', 'nothing had changed', 'nothing at Stripe yet')
	AND (NOT starts_with(e.subject, '` + inbound.Account + `:') OR strpos(e.effect, '→') > 0)
	AND NOT EXISTS (SELECT FROM stripe_events before WHERE before.subject = e.subject AND before.effect = e.effect
		AND before.object_id IN (e.object_id, substr(e.subject, strpos(e.subject, ':') + 1), split_part(e.subject, '/', 2))
		AND before.state = 'applied' AND before.applied_at < e.applied_at)`

// Healed is something that came true by a sweep, as no webhook told of it.
type Healed struct {
	Subject   string
	Effect    string
	EventID   string
	Type      string // of Stripe's event; hearth.look_up when the sweep asked by itself
	AppliedAt time.Time
	BookingID *string
	Code      *string // the booking's
}

// Why says why the sweep was needed.
func (h Healed) Why() string {
	if h.Type == inbound.LookUp {
		return "Nobody told us: the sweep asked Stripe, as it was not settled."
	}
	return "No webhook brought " + h.Type + ": the sweep found it in Stripe's list."
}

// ListHealed lists what sweeps changed, the newest first.
func ListHealed(ctx context.Context, q postgres.Querier, limit int) ([]Healed, error) {
	return postgres.All[Healed](ctx, q, `
		SELECT h.subject, h.effect, h.event_id, h.type, h.applied_at, b.id::text AS booking_id, b.code
		FROM (SELECT DISTINCT ON (e.applied_at, e.subject) e.subject, e.effect, e.id AS event_id, e.type, e.applied_at FROM stripe_events e
			WHERE `+healed+` ORDER BY e.applied_at DESC, e.subject, e.type = '`+inbound.LookUp+`', e.received_at LIMIT $1) h
		LEFT JOIN payments p ON h.subject = 'payment:' || p.id
		LEFT JOIN disputes d ON h.subject = 'dispute:' || d.id
		LEFT JOIN bookings b ON b.id = coalesce(p.booking_id, d.booking_id)
		ORDER BY h.applied_at DESC, h.subject`, limit)
}

// RunRow is a run of a sweep, or of the books, as it is kept.
type RunRow struct {
	Kind       string // sweep, books
	StartedAt  time.Time
	FinishedAt *time.Time
	LookedUp   int
	Resumed    int
	Healed     int
	Open       int
	Error      string
}

// Runs lists the newest of a kind.
func Runs(ctx context.Context, q postgres.Querier, kind string, limit int) ([]RunRow, error) {
	return postgres.All[RunRow](ctx, q, `SELECT kind, started_at, finished_at, looked_up, resumed, healed, open, error
		FROM reconcile_runs WHERE kind = $1 ORDER BY started_at DESC LIMIT $2`, kind, limit)
}
