// Package audit writes down what admins do, and why: one line per act, in the
// transaction of the act itself, so that neither exists without the other. The
// table audit_log refuses to be changed.
package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"hearth/internal/fault"
	"hearth/internal/postgres"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
)

// Entry is one act of an admin.
type Entry struct {
	ActorID user.ID
	Act     string // "refund", "suspend", "replay"
	Target  string // "booking:HX3K9Q", "user:<id>"
	Reason  string // the admin's own words; may not be empty
	IP      string
	Detail  any // encoded as JSON; nil for none. Never a secret
}

// Record writes an act down. No reason is Invalid, field "reason".
func Record(ctx context.Context, tx pgx.Tx, e Entry, now time.Time) error {
	if strings.TrimSpace(e.Reason) == "" {
		return fault.Field("reason", "Say why: the reason is kept.")
	}
	detail := []byte("{}")
	if e.Detail != nil {
		var err error
		if detail, err = json.Marshal(e.Detail); err != nil {
			return fmt.Errorf("encode the detail of %s on %s: %w", e.Act, e.Target, err)
		}
	}
	_, err := tx.Exec(ctx, `INSERT INTO audit_log (actor_id, act, target, reason, detail, ip, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		e.ActorID, e.Act, e.Target, strings.TrimSpace(e.Reason), detail, e.IP, now)
	if err != nil {
		return fmt.Errorf("record %s on %s: %w", e.Act, e.Target, err)
	}
	return nil
}

// Line is an act as admins read it.
type Line struct {
	ID        int64           `db:"id"`
	ActorID   user.ID         `db:"actor_id"`
	ActorName string          `db:"actor_name"`
	Act       string          `db:"act"`
	Target    string          `db:"target"`
	About     string          `db:"about"` // the name of the target, if it is a person or a home
	Reason    string          `db:"reason"`
	Detail    json.RawMessage `db:"detail"`
	IP        string          `db:"ip"`
	At        time.Time       `db:"at"`
}

// Filter narrows the log. Zero values do not narrow.
type Filter struct {
	Target string // exactly
	Query  string // a part of the target, the act, the reason or the actor's name
	Before int64  // only lines with a smaller id: the next page
	Limit  int    // 0: 50
}

// Search reads the log, newest first.
func Search(ctx context.Context, q postgres.Querier, f Filter) ([]Line, error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	return postgres.All[Line](ctx, q, `SELECT a.id, a.actor_id, u.name AS actor_name, a.act, a.target, a.reason, a.detail, a.ip, a.at,
			coalesce(CASE WHEN a.target ~ '^user:[0-9a-f-]{36}$' THEN (SELECT p.name FROM users p WHERE p.id = substr(a.target, 6)::uuid)
				WHEN a.target ~ '^home:[0-9a-f-]{36}$' THEN (SELECT l.title FROM listings l WHERE l.id = substr(a.target, 6)::uuid) END, '') AS about
		FROM audit_log a JOIN users u ON u.id = a.actor_id
		WHERE ($1 = '' OR a.target = $1)
		  AND ($2 = '' OR position(lower($2) IN lower(a.target || ' ' || a.act || ' ' || a.reason || ' ' || u.name)) > 0)
		  AND ($3 = 0 OR a.id < $3)
		ORDER BY a.id DESC LIMIT $4`, f.Target, strings.TrimSpace(f.Query), f.Before, f.Limit)
}
