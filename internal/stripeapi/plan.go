package stripeapi

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"hearth/internal/postgres"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// RequestID names a planned request.
type RequestID string

// What requests are for.
const (
	ForAccount     = "account"
	ForAccountLink = "account_link"
	ForLoginLink   = "login_link"
	ForSession     = "checkout_session"
	ForExpire      = "session_expire"
	ForRefund      = "refund"
	ForCapture     = "capture"
	ForCancel      = "cancel"
	ForPayout      = "payout"
)

// Planned is a POST to be: Params never hold a secret.
type Planned struct {
	Purpose string     // For…
	Path    string     // /v1/…
	Account string     // acct_… to act for; "" is ours
	Key     string     // the idempotency key: one per attempt, never used again for another
	About   string     // what it is for: "booking:<id>", "refund:<id>", "user:<id>"
	Params  url.Values // what to send
}

const maxKey = 255

// ErrKeyTaken says that the idempotency key already stands for another request.
var ErrKeyTaken = errors.New("the idempotency key is taken by another request")

// Plan writes the request in the caller's transaction: once that has
// committed, the request will be sent by the caller or, after a crash, by the
// resume job. Planning the same request under the same key again is the same
// row; another request under that key is [ErrKeyTaken].
func (c *Client) Plan(ctx context.Context, tx pgx.Tx, p Planned) (RequestID, error) {
	if p.Key == "" || len(p.Key) > maxKey {
		return "", fmt.Errorf("plan %s for %s: an idempotency key has 1 to %d characters", p.Purpose, p.About, maxKey)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	body := p.Params.Encode()
	_, err = tx.Exec(ctx, `
		INSERT INTO stripe_requests (id, purpose, path, stripe_account, idempotency_key, params, about, livemode, state, planned_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'planned', $9)
		ON CONFLICT ON CONSTRAINT stripe_requests_key DO NOTHING`,
		id.String(), p.Purpose, p.Path, p.Account, p.Key, body, p.About, c.live, c.Now())
	if err != nil {
		return "", fmt.Errorf("plan %s for %s: %w", p.Purpose, p.About, err)
	}
	var stored RequestID
	var same bool
	err = tx.QueryRow(ctx, `
		SELECT id, path = $2 AND stripe_account = $3 AND params = $4 AND livemode = $5
		FROM stripe_requests WHERE idempotency_key = $1`,
		p.Key, p.Path, p.Account, body, c.live).Scan(&stored, &same)
	if err != nil {
		return "", fmt.Errorf("plan %s for %s: %w", p.Purpose, p.About, err)
	}
	if !same {
		return "", fmt.Errorf("plan %s for %s under %s: %w", p.Purpose, p.About, p.Key, ErrKeyTaken)
	}
	return stored, nil
}

// Request is a row of stripe_requests.
type Request struct {
	ID            RequestID  `db:"id"`
	Purpose       string     `db:"purpose"`
	Path          string     `db:"path"`
	Account       string     `db:"stripe_account"`
	Key           string     `db:"idempotency_key"`
	Params        string     `db:"params"`
	About         string     `db:"about"`
	Livemode      bool       `db:"livemode"`
	State         State      `db:"state"`
	Attempts      int        `db:"attempts"`
	HTTPStatus    *int       `db:"http_status"`
	ObjectID      string     `db:"object_id"`
	StripeRequest string     `db:"stripe_request"`
	Code          string     `db:"error_code"`
	DeclineCode   string     `db:"decline_code"`
	Param         string     `db:"error_param"`
	Message       string     `db:"error_message"`
	PlannedAt     time.Time  `db:"planned_at"`
	FirstSentAt   *time.Time `db:"first_sent_at"`
	FinishedAt    *time.Time `db:"finished_at"`
}

const requestColumns = `id, purpose, path, stripe_account, idempotency_key, params, about, livemode, state, attempts,
	http_status, object_id, stripe_request, error_code, decline_code, error_param, error_message,
	planned_at, first_sent_at, finished_at`

// RequestByID reads a planned request.
func RequestByID(ctx context.Context, q postgres.Querier, id RequestID) (Request, error) {
	return postgres.One[Request](ctx, q, "There is no such request.",
		`SELECT `+requestColumns+` FROM stripe_requests WHERE id = $1`, id)
}

// RequestsAbout lists what was asked of Stripe for a thing, oldest first.
func RequestsAbout(ctx context.Context, q postgres.Querier, about string) ([]Request, error) {
	return postgres.All[Request](ctx, q,
		`SELECT `+requestColumns+` FROM stripe_requests WHERE about = $1 ORDER BY planned_at, id`, about)
}

// Unfinished lists requests of one mode and some purposes without a known
// outcome that were planned before an instant: for the job that resumes them.
// Those that were tried least come first, so that a stubborn one keeps nobody
// waiting.
func Unfinished(ctx context.Context, q postgres.Querier, livemode bool, purposes []string, before time.Time, limit int) ([]Request, error) {
	return postgres.All[Request](ctx, q,
		`SELECT `+requestColumns+` FROM stripe_requests
		 WHERE state IN ('planned', 'unknown') AND planned_at < $1 AND livemode = $2 AND purpose = ANY($3)
		 ORDER BY attempts, planned_at LIMIT $4`, before, livemode, purposes, limit)
}

// Found settles a request of unknown outcome whose object turned up at Stripe
// by list. It reports whether the request was still open.
func Found(ctx context.Context, tx pgx.Tx, id RequestID, objectID string, now time.Time) (bool, error) {
	tag, err := tx.Exec(ctx, `
		UPDATE stripe_requests SET state = 'succeeded', object_id = $2, finished_at = $3
		WHERE id = $1 AND state IN ('planned', 'unknown')`, id, objectID, now)
	return tag.RowsAffected() == 1, err
}

// Abandon settles a request that will never be sent (again): it was not sent
// yet, or a list at Stripe proved that it never took effect. It reports whether
// the request was still open.
func Abandon(ctx context.Context, tx pgx.Tx, id RequestID, why string, now time.Time) (bool, error) {
	tag, err := tx.Exec(ctx, `
		UPDATE stripe_requests SET state = 'refused', error_code = 'abandoned', error_message = $2, finished_at = $3
		WHERE id = $1 AND state IN ('planned', 'unknown')`, id, why, now)
	return tag.RowsAffected() == 1, err
}
