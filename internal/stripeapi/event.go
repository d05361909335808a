package stripeapi

import (
	"context"
	"crypto/hmac"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"hearth/internal/inbound"

	"github.com/stripe/stripe-go/v76/webhook"
	"github.com/tidwall/gjson"
)

// Why a delivery is not believed; the endpoint answers all of them with 400.
var (
	ErrNotSigned    = errors.New("the delivery has no signature")
	ErrBadHeader    = errors.New("the signature header cannot be read")
	ErrBadSignature = errors.New("no signature matches")
	ErrBadTime      = errors.New("the signature is too old, or from the future")
	ErrNotAnEvent   = errors.New("the body is not an event")
)

const tolerance = 300 * time.Second

// ParseEvent checks the signature over the raw bytes against any of the
// secrets (there are two while one is rolled), within five minutes to either
// side of now, and reads the few fields that route an event. Nothing else of it
// is to be believed: it is a snapshot, perhaps an old one.
func ParseEvent(payload []byte, header string, secrets []string, now time.Time) (inbound.Event, error) {
	at, signatures, err := parseHeader(header)
	if err != nil {
		return inbound.Event{}, err
	}
	if !signedByAny(payload, at, signatures, secrets) {
		return inbound.Event{}, ErrBadSignature
	}
	if now.Sub(at).Abs() > tolerance {
		return inbound.Event{}, ErrBadTime
	}
	return DecodeEvent(payload)
}

// parseHeader reads "t=1495999758,v1=…,v1=…,v0=…".
func parseHeader(header string) (at time.Time, signatures [][]byte, err error) {
	if header == "" {
		return at, nil, ErrNotSigned
	}
	for pair := range strings.SplitSeq(header, ",") {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			return at, nil, ErrBadHeader
		}
		switch name {
		case "t":
			seconds, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				return at, nil, ErrBadHeader
			}
			at = time.Unix(seconds, 0)
		case "v1":
			if signature, err := hex.DecodeString(value); err == nil {
				signatures = append(signatures, signature)
			}
		}
	}
	if at.IsZero() {
		return at, nil, ErrBadHeader
	}
	return at, signatures, nil
}

// signedByAny never matches an empty secret: that would be anybody's.
func signedByAny(payload []byte, at time.Time, signatures [][]byte, secrets []string) bool {
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		expected := webhook.ComputeSignature(at, payload, secret)
		for _, signature := range signatures {
			if hmac.Equal(expected, signature) {
				return true
			}
		}
	}
	return false
}

// DecodeEvent reads the routing fields of a stored or listed event.
func DecodeEvent(payload []byte) (inbound.Event, error) {
	if !gjson.ValidBytes(payload) {
		return inbound.Event{}, ErrNotAnEvent
	}
	fields := gjson.GetManyBytes(payload, "object", "id", "type", "account", "api_version", "livemode", "data.object", "data.object.id")
	if fields[0].Str != "event" || fields[1].Str == "" || fields[2].Str == "" || !fields[6].IsObject() {
		return inbound.Event{}, ErrNotAnEvent
	}
	return inbound.Event{
		ID: fields[1].Str, Type: fields[2].Str, Account: fields[3].Str, APIVersion: fields[4].Str,
		Livemode: fields[5].Bool(), Object: json.RawMessage(fields[6].Raw), ObjectID: fields[7].Str,
	}, nil
}

// EventQuery narrows a list of events; zero fields do not. Stripe keeps events
// for 30 days.
type EventQuery struct {
	Account     string   // acct_…; "" is ours
	Types       []string // at most 20
	From, To    time.Time
	Undelivered bool // only those that no endpoint has taken yet
}

// ListedEvent is an event with its bytes, as the inbox stores it.
type ListedEvent struct {
	inbound.Event
	Payload []byte
	Created time.Time
}

// Events lists events, newest first.
func (c *Client) Events(ctx context.Context, q EventQuery) ([]ListedEvent, error) {
	query := created(q.From, q.To)
	if len(q.Types) > 0 {
		query["types[]"] = q.Types
	}
	if q.Undelivered {
		query.Set("delivery_success", "false")
	}
	objects, err := c.list(ctx, "/v1/events", q.Account, query)
	if err != nil {
		return nil, err
	}
	var out []ListedEvent
	for _, object := range objects {
		ev, err := DecodeEvent(object)
		if err != nil {
			return nil, err
		}
		if ev.Account == "" {
			ev.Account = q.Account
		}
		out = append(out, ListedEvent{ev, object, unix(gjson.GetBytes(object, "created").Int())})
	}
	return out, nil
}
