// Package stripeapi is the one door to Stripe (API version 2023-10-16), and
// the only importer of stripe-go.
//
// Reading is a method per object that returns a narrow type of ours with what
// Hearth needs of it. Writing takes two steps, so that a crash can never leave
// a request that nobody knows of: [Client.Plan] writes the request, its
// idempotency key and its exact parameters in the caller's transaction, beside
// the rows that it is for; after the commit [Client.Send] sends it, as often as
// needed, always the same bytes under the same key, and keeps the outcome.
//
// It owns the table stripe_requests. What never enters that table, a log line
// or an error: the secret key, client secrets, and the URLs of account links
// and login links, which exist in memory only.
package stripeapi

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stripe/stripe-go/v76"
	"golang.org/x/time/rate"
)

// API is where live keys may be sent, and nowhere else.
const API = stripe.APIURL

// Version is the API version that every request asks for.
const Version = stripe.APIVersion

const (
	defaultTimeout = 20 * time.Second
	testRate       = 20 // a second, and a quarter at once: Stripe allows a test key 25
	liveRate       = 80 // Stripe allows 100
)

// Config says with which key to speak, and to whom.
type Config struct {
	Key     string        // sk_test_…, sk_live_… or restricted (rk_…)
	APIBase string        // "" is Stripe; anything else is a stand-in and gets no live key
	DB      *pgxpool.Pool // for Send
	Now     func() time.Time
	Logger  *slog.Logger  // nil: silent
	Timeout time.Duration // of one request; 0 is 20 seconds
	Rate    int           // reads, and writes, a second for a test key; 0 is what Stripe allows
}

// Client speaks for one platform account in one mode. It is safe for
// concurrent use.
type Client struct {
	DB     *pgxpool.Pool
	Now    func() time.Time
	key    string
	live   bool
	within time.Duration
	stripe *stripe.BackendImplementation
	reads  *rate.Limiter
	writes *rate.Limiter
	log    *slog.Logger
}

// New makes a client. It refuses to send a live key anywhere but to Stripe.
func New(c Config) (*Client, error) {
	base := strings.TrimRight(c.APIBase, "/")
	if base == "" {
		base = API
	}
	live := strings.HasPrefix(c.Key, "sk_live_") || strings.HasPrefix(c.Key, "rk_live_")
	if live && base != API {
		return nil, fmt.Errorf("a live key may only be sent to %s, not to %s", API, base)
	}
	if c.Key == "" {
		return nil, errors.New("a Stripe client needs a secret key")
	}
	within := cmp.Or(c.Timeout, defaultTimeout)
	backend, ok := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL:               stripe.String(base),
		HTTPClient:        &http.Client{Timeout: within, CheckRedirect: refuseRedirect},
		LeveledLogger:     &stripe.LeveledLogger{Level: stripe.LevelNull}, // its debug lines hold client secrets
		MaxNetworkRetries: stripe.Int64(0),                                // its pauses ignore the context: we retry ourselves
		EnableTelemetry:   stripe.Bool(false),
	}).(*stripe.BackendImplementation)
	if !ok {
		return nil, errors.New("stripe-go's backend is not the one we know")
	}
	perSecond := cmp.Or(c.Rate, testRate)
	if live {
		perSecond = liveRate
	}
	client := &Client{
		DB: c.DB, Now: c.Now, key: c.Key, live: live, within: within, stripe: backend, log: c.Logger,
		reads:  rate.NewLimiter(rate.Limit(perSecond), perSecond/4),
		writes: rate.NewLimiter(rate.Limit(perSecond), perSecond/4),
	}
	if client.log == nil {
		client.log = slog.New(slog.DiscardHandler)
	}
	if client.Now == nil {
		client.Now = time.Now
	}
	return client, nil
}

func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Livemode reports whether real money moves.
func (c *Client) Livemode() bool { return c.live }

// answer is a response of Stripe that means success.
type answer struct {
	status    int
	requestID string
	object    json.RawMessage
	date      string // by Stripe's clock
}

// raw keeps the body as it came.
type raw struct {
	stripe.APIResource
	body json.RawMessage
}

func (r *raw) UnmarshalJSON(body []byte) error {
	r.body = bytes.Clone(body)
	return nil
}

// do sends one request, once, with exactly this body. The error is an *Error
// when Stripe refused, and otherwise a fault.Unavailable: what happened at
// Stripe is then unknown.
func (c *Client) do(ctx context.Context, method, path, account, key, body string) (answer, error) {
	return c.doAt(ctx, c.stripe, method, path, account, key, "application/x-www-form-urlencoded", body)
}

// doAt is do at one of Stripe's doors, with a body of any kind.
func (c *Client) doAt(ctx context.Context, door *stripe.BackendImplementation, method, path, account, key, contentType, body string) (answer, error) {
	params := &stripe.Params{Context: ctx}
	if account != "" {
		params.SetStripeAccount(account)
	}
	if key != "" {
		params.SetIdempotencyKey(key)
	}
	request, err := door.NewRequest(method, path, c.key, contentType, params)
	if err != nil {
		return answer{}, fmt.Errorf("make request %s %s: %w", method, barePath(path), err)
	}
	var out raw
	start := time.Now()
	err = door.Do(request, bytes.NewBufferString(body), &out)
	if err == nil && (out.LastResponse.StatusCode < 200 || out.LastResponse.StatusCode > 299) {
		err = fmt.Errorf("status %d is no answer", out.LastResponse.StatusCode)
	}
	if err != nil {
		err = c.refine(err)
		c.log.DebugContext(ctx, "stripe", "method", method, "path", barePath(path), "took", time.Since(start), "error", err)
		return answer{}, fmt.Errorf("%s %s: %w", method, barePath(path), err)
	}
	c.log.DebugContext(ctx, "stripe", "method", method, "path", barePath(path), "took", time.Since(start),
		"status", out.LastResponse.StatusCode, "request", out.LastResponse.RequestID)
	return answer{out.LastResponse.StatusCode, out.LastResponse.RequestID, out.body, out.LastResponse.Header.Get("Date")}, nil
}

func barePath(path string) string {
	bare, _, _ := strings.Cut(path, "?")
	return bare
}

const readAttempts = 3

// read fetches with a few attempts: a GET changes nothing.
func (c *Client) read(ctx context.Context, path, account string, query url.Values) (json.RawMessage, error) {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	for attempt := 1; ; attempt++ {
		if err := c.reads.Wait(ctx); err != nil {
			return nil, unavailable(err)
		}
		got, err := c.do(ctx, http.MethodGet, path, account, "", "")
		if err == nil || attempt == readAttempts || !unclearError(err) || ctx.Err() != nil {
			return got.object, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(time.Duration(attempt*attempt) * 200 * time.Millisecond):
		}
	}
}

// network names what went wrong on the way without quoting a body: stripe-go's
// decoding errors do.
func network(err error) error {
	var unreachable *url.Error
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &unreachable):
		return unreachable.Err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return err
	}
	return errors.New("the answer was cut short or is not Stripe's")
}
