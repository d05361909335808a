package stripeapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"hearth/internal/postgres"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// State is how far a request has come.
type State string

// The states. Only the last two are final.
const (
	StatePlanned   State = "planned"   // never sent
	StateUnknown   State = "unknown"   // sent at least once, the answer was lost or unclear
	StateSucceeded State = "succeeded" // done; ObjectID says what was made
	StateRefused   State = "refused"   // Stripe said no, and nothing was made
)

// Outcome is what became of a request.
type Outcome struct {
	State       State
	HTTPStatus  int
	ObjectID    string
	Code        string
	DeclineCode string
	Param       string
	Message     string
	// Object is Stripe's answer, there only when this very call received it:
	// a link's URL is never stored.
	Object json.RawMessage
}

// Refused reports Stripe's definite no.
func (o Outcome) Refused() bool { return o.State == StateRefused }

// Err is the refusal as an error; nil for every other state.
func (o Outcome) Err() error {
	if !o.Refused() {
		return nil
	}
	return &Error{Status: o.HTTPStatus, Code: o.Code, DeclineCode: o.DeclineCode, Param: o.Param, Message: o.Message}
}

// ErrNoObject says that the outcome was read from the table: fetch the object
// by its id.
var ErrNoObject = errors.New("the answer itself is no longer at hand")

// Session is the answer as a Checkout Session; ErrNoObject when it was stored earlier.
func (o Outcome) Session() (Session, error) { return answered(o, session) }

// Refund is the answer as a refund.
func (o Outcome) Refund() (Refund, error) { return answered(o, refund) }

// Payout is the answer as a payout.
func (o Outcome) Payout() (Payout, error) { return answered(o, payout) }

// PaymentIntent is the answer to a capture or a cancel.
func (o Outcome) PaymentIntent() (PaymentIntent, error) { return answered(o, paymentIntent) }

// Account is the answer as a connected account.
func (o Outcome) Account() (Account, error) { return answered(o, account) }

// URL is the address of an account link, a login link or an open session.
func (o Outcome) URL() (string, error) {
	if o.Object == nil {
		return "", ErrNoObject
	}
	var link struct {
		URL string `json:"url"`
	}
	err := json.Unmarshal(o.Object, &link)
	if err == nil && link.URL == "" {
		err = errors.New("the answer has no URL")
	}
	return link.URL, err
}

func answered[S, T any](o Outcome, narrow func(*S) T) (T, error) {
	if o.Object == nil {
		var zero T
		return zero, ErrNoObject
	}
	return decode(o.Object, narrow)
}

// Stripe keeps a key's first answer for 24 hours at least. After keyLife we do
// not send again: a pruned key would do everything twice.
const keyLife = 23 * time.Hour

const keepWithin = 10 * time.Second

// quiet is how long after the last try a list is believed: until then the
// request may still be under way.
const quiet = 5 * time.Minute

// ErrTooOld says that a request of unknown outcome may not be sent again under
// its key. Look for its object by list, then call [Found] or [Abandon].
var ErrTooOld = errors.New("too old to be sent again under the same key")

// patience is how long Stripe's own failure may be one that passes. Where it
// keeps one it says so by repeating it; should the mark of that be lost on the
// way, this is the end of it.
const patience = time.Hour

var errKept = errors.New("Stripe keeps this failure under the key")

// Over reports an error after which sending a request again under its key can
// tell nothing new: it is [ErrTooOld], or Stripe keeps its own failure under the
// key. Nothing of the request is under way any more. Whoever planned it asks
// Stripe's list, and what that does not hold goes out under another key or is
// given up.
func Over(err error) bool { return errors.Is(err, ErrTooOld) || errors.Is(err, errKept) }

// kept marks a failure that Stripe keeps. Only of a 500 does it say so without a
// mark, in time: behind any other answer of the kind the request may be under way.
func (r Request) kept(sent error, now time.Time) error {
	var e *Error
	if !errors.As(sent, &e) || e.Status < http.StatusInternalServerError {
		return sent
	}
	if e.Replayed || (e.Status == http.StatusInternalServerError && now.Sub(*r.FirstSentAt) > patience) {
		return unavailable(fmt.Errorf("%w: %w", errKept, sent))
	}
	return sent
}

var errUnderWay = errors.New("its last try may still be under way")

// ErrOtherMode says that a request was planned with a key of the other mode.
var ErrOtherMode = errors.New("planned in the other mode: test and live do not mix")

// Send sends a planned request, exactly as planned, and keeps the outcome. It
// must not be called before the plan has committed, nor inside a transaction.
//
// A definite answer is an Outcome without error, also when Stripe refuses: see
// [Outcome.Refused]. Every unclear one (time-out, broken connection, 5xx, 409,
// 429) leaves the request unknown and is a fault.Unavailable: Send again later.
// A finished request answers from the table, without network. Sending one
// request twice at once does no harm: both carry the same key. A caller who
// goes away does not stop a request half-way.
//
// A rival who is sending the same request right now, a double click for
// example, is waited for: what they get is our outcome too.
func (c *Client) Send(ctx context.Context, id RequestID) (Outcome, error) {
	for try := 1; ; try++ {
		o, err := c.send(ctx, id)
		if o.Code != inUse || try == rivalTries {
			return o, err
		}
		select {
		case <-ctx.Done():
			return o, err
		case <-time.After(time.Duration(try) * rivalPause):
		}
	}
}

const (
	inUse      = "idempotency_key_in_use"
	rivalTries = 6
	rivalPause = 100 * time.Millisecond // longer each time: a second and a half in all
)

func (c *Client) send(ctx context.Context, id RequestID) (Outcome, error) {
	if err := c.writes.Wait(ctx); err != nil {
		return Outcome{}, unavailable(err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.within+keepWithin)
	defer cancel()
	r, sending, err := c.begin(ctx, id)
	if err != nil {
		return Outcome{}, fmt.Errorf("send request %s: %w", id, err)
	}
	if !sending {
		return c.stored(r)
	}
	got, err := c.do(ctx, http.MethodPost, r.Path, r.Account, r.Key, r.Params)
	return c.finish(ctx, r, got, err)
}

// begin marks the request as perhaps sent before it is sent. No row means that
// it is finished or too old.
func (c *Client) begin(ctx context.Context, id RequestID) (r Request, sending bool, err error) {
	now := c.Now()
	r, err = scanRequest(ctx, c.DB, `
		UPDATE stripe_requests SET state = 'unknown', attempts = attempts + 1, first_sent_at = coalesce(first_sent_at, $2)
		WHERE id = $1 AND state IN ('planned', 'unknown') AND (first_sent_at IS NULL OR first_sent_at > $3) AND livemode = $4
		RETURNING `+requestColumns, id, now, now.Add(-keyLife), c.live)
	if errors.Is(err, pgx.ErrNoRows) {
		r, err = RequestByID(ctx, c.DB, id)
		return r, false, err
	}
	return r, err == nil, err
}

func scanRequest(ctx context.Context, q postgres.Querier, sql string, args ...any) (Request, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return Request{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Request])
}

// stored is the outcome of a request that is not to be sent.
func (c *Client) stored(r Request) (Outcome, error) {
	o := Outcome{State: r.State, ObjectID: r.ObjectID, Code: r.Code, DeclineCode: r.DeclineCode, Param: r.Param, Message: r.Message}
	if r.HTTPStatus != nil {
		o.HTTPStatus = *r.HTTPStatus
	}
	if r.FinishedAt == nil && r.Livemode != c.live {
		return o, fmt.Errorf("send %s for %s: %w", r.Purpose, r.About, ErrOtherMode)
	}
	if r.FinishedAt == nil && r.FirstSentAt != nil && c.Now().Before(r.FirstSentAt.Add(keyLife+quiet)) {
		return o, fmt.Errorf("send %s for %s: %w", r.Purpose, r.About, unavailable(errUnderWay))
	}
	if r.FinishedAt == nil {
		return o, fmt.Errorf("send %s for %s: %w", r.Purpose, r.About, unavailable(ErrTooOld))
	}
	return o, nil
}

// finish keeps the outcome. Whoever finished first has the word.
func (c *Client) finish(ctx context.Context, r Request, got answer, sent error) (Outcome, error) {
	o, requestID := outcome(got, sent)
	finished := pgtype.Timestamptz{Time: c.Now(), Valid: o.State != StateUnknown}
	tag, err := c.DB.Exec(ctx, `
		UPDATE stripe_requests SET state = $2, http_status = nullif($3, 0), object_id = $4, stripe_request = $5,
			error_code = $6, decline_code = $7, error_param = $8, error_message = $9, finished_at = $10
		WHERE id = $1 AND state = 'unknown'`,
		r.ID, o.State, o.HTTPStatus, o.ObjectID, requestID, o.Code, o.DeclineCode, o.Param, o.Message, finished)
	if err != nil {
		return Outcome{State: StateUnknown}, fmt.Errorf("keep the outcome of %s for %s: %w", r.Purpose, r.About, unavailable(err))
	}
	if tag.RowsAffected() == 0 {
		return c.overtaken(ctx, r, o)
	}
	if o.State == StateUnknown {
		return o, fmt.Errorf("send %s for %s: %w", r.Purpose, r.About, r.kept(sent, c.Now()))
	}
	return o, nil
}

// overtaken answers with what a rival for the same request has kept, and with
// our own copy of the object if it is the same.
func (c *Client) overtaken(ctx context.Context, r Request, ours Outcome) (Outcome, error) {
	now, err := RequestByID(ctx, c.DB, r.ID)
	if err != nil {
		return Outcome{State: StateUnknown}, fmt.Errorf("re-read request %s: %w", r.ID, unavailable(err))
	}
	o, err := c.stored(now)
	if o.ObjectID == ours.ObjectID {
		o.Object = ours.Object
	}
	return o, err
}

func outcome(got answer, sent error) (o Outcome, requestID string) {
	var refusal *Error
	switch {
	case sent == nil:
		var made struct {
			ID string `json:"id"`
		}
		_ = json.Unmarshal(got.object, &made) // links have no id
		return Outcome{State: StateSucceeded, HTTPStatus: got.status, ObjectID: made.ID, Object: got.object}, got.requestID
	case errors.As(sent, &refusal):
		o = Outcome{
			State: StateRefused, HTTPStatus: refusal.Status, Code: refusal.Code,
			DeclineCode: refusal.DeclineCode, Param: refusal.Param, Message: refusal.Message,
		}
		if refusal.unclear() {
			o.State = StateUnknown
		}
		return o, refusal.RequestID
	}
	return Outcome{State: StateUnknown, Code: "no_answer", Message: network(sent).Error()}, ""
}
