package stripeapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"hearth/internal/fault"

	"github.com/stripe/stripe-go/v76"
)

// Error is Stripe's refusal. It carries no client secret, key or body, so that
// it may be logged; Message is fit for people where Status is 402.
type Error struct {
	Status      int // HTTP
	Type        string
	Code        string
	DeclineCode string
	Param       string
	Message     string
	RequestID   string // req_…
	Replayed    bool   // the answer that Stripe keeps under the key, not a new one

	retry string // Stripe-Should-Retry
}

func (e *Error) Error() string {
	parts := []string{fmt.Sprintf("stripe %d", e.Status)}
	for _, p := range []string{e.Code, e.DeclineCode, e.Param, e.RequestID} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, " ") + ": " + e.Message
}

// IsNotFound reports that Stripe knows no such object.
func IsNotFound(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Status == http.StatusNotFound || e.Code == "resource_missing")
}

// IsPermission reports that Stripe knows the account no longer as ours: it was
// disconnected, or the key may not touch it.
func IsPermission(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Status == http.StatusForbidden || e.Code == "account_invalid")
}

// unclear reports an answer from which nobody can tell whether the request
// took effect, or that asks to come again: never the last word on a POST. A
// wrong key (401) is the operator's mistake, mended and sent again.
func (e *Error) unclear() bool {
	return e.Status >= 500 || e.Status == http.StatusConflict || e.Status == http.StatusTooManyRequests ||
		e.Status == http.StatusUnauthorized || e.retry == "true" || e.Status < 400
}

// unavailable tells a person that Stripe is to blame and that waiting helps.
func unavailable(cause error) error {
	return fault.Wrap(cause, fault.Unavailable, "Our payment provider does not answer just now. Please try again in a minute.")
}

// refine turns stripe-go's error, whose text holds whole objects with their
// secrets, or the network's, into one of ours.
func (c *Client) refine(err error) error {
	var s *stripe.Error
	if errors.As(err, &s) {
		e := &Error{
			Status: s.HTTPStatusCode, Type: string(s.Type), Code: string(s.Code), DeclineCode: string(s.DeclineCode),
			Param: s.Param, Message: strings.ReplaceAll(s.Msg, c.key, "sk_…"), RequestID: s.RequestID,
		}
		if s.LastResponse != nil {
			e.retry = s.LastResponse.Header.Get("Stripe-Should-Retry")
			e.Replayed = s.LastResponse.Header.Get("Idempotent-Replayed") == "true"
		}
		if e.unclear() {
			return unavailable(e)
		}
		return e
	}
	return unavailable(network(err))
}

// unclearError reports every error after which a request may be sent again.
func unclearError(err error) bool { return fault.Is(err, fault.Unavailable) }
