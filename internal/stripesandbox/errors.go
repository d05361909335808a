package stripesandbox

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// apiError is an error as Stripe words it.
type apiError struct {
	Status      int    `json:"-"`
	Type        string `json:"type"`
	Code        string `json:"code,omitempty"`
	DeclineCode string `json:"decline_code,omitempty"`
	Message     string `json:"message"`
	Param       string `json:"param,omitempty"`
	Charge      string `json:"charge,omitempty"`
	DocURL      string `json:"doc_url,omitempty"`
	LogURL      string `json:"request_log_url,omitempty"`
	// Intent and Method show the state after a refused payment.
	Intent any `json:"payment_intent,omitempty"`
	Method any `json:"payment_method,omitempty"`
	Setup  any `json:"setup_intent,omitempty"`

	// executed: the answer belongs to the idempotency key, because the work had begun.
	executed bool
	// keep: what was written stands, as with a declined charge.
	keep bool
	// retry is the value of Stripe-Should-Retry, if any.
	retry string
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s: %s", e.Status, e.Code, e.Message) }

// docURL is where Stripe explains an error code.
func docURL(code string) string {
	return "https://stripe.com/docs/error-codes/" + strings.ReplaceAll(code, "_", "-")
}

// invalid refuses parameters before any work began.
func invalid(code, param, format string, args ...any) *apiError {
	return &apiError{Status: http.StatusBadRequest, Type: "invalid_request_error", Code: code, Param: param, Message: fmt.Sprintf(format, args...)}
}

// refuse is a 400 found by the work itself, so a replay repeats it.
func refuse(code, param, format string, args ...any) *apiError {
	e := invalid(code, param, format, args...)
	e.executed, e.retry = true, "false"
	return e
}

// missing is an id in the path that nobody knows.
func missing(noun, param, id string) *apiError {
	e := invalid("resource_missing", param, "No such %s: '%s'", noun, id)
	e.Status = http.StatusNotFound
	return e
}

// missingRef is an unknown id in the body.
func missingRef(noun, param, id string) *apiError {
	return invalid("resource_missing", param, "No such %s: '%s'", noun, id)
}

// with shows the intent that the error is about.
func (e *apiError) with(in *Intent) *apiError { e.Intent = in; return e }

// hint adds to the message what may explain it.
func (e *apiError) hint(text string) *apiError {
	e.Message += "; " + text
	return e
}

func noAccess(account string) *apiError {
	e := invalid("account_invalid", "", "The provided key 'sk_test_***' does not have access to account '%s' (or that account does not exist). Application access may have been revoked.", account)
	e.Status = http.StatusForbidden
	return e
}

func asAPIError(err error) *apiError {
	if e, ok := errors.AsType[*apiError](err); ok {
		return e
	}
	return &apiError{Status: http.StatusInternalServerError, Type: "api_error", Message: "The sandbox failed: " + err.Error(), executed: true, retry: "false"}
}
