package stripesandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// publishable are the routes that a page may call with a publishable key: what
// a payer does with a client secret, and what makes a means of payment.
var publishable = map[string]bool{
	"GET /v1/payment_intents/{id}":                       true,
	"POST /v1/payment_intents/{id}/confirm":              true,
	"POST /v1/payment_intents/{id}/source_cancel":        true,
	"POST /v1/payment_intents/{id}/verify_microdeposits": true,
	"GET /v1/setup_intents/{id}":                         true,
	"POST /v1/setup_intents/{id}/confirm":                true,
	"POST /v1/setup_intents/{id}/source_cancel":          true,
	"POST /v1/setup_intents/{id}/verify_microdeposits":   true,
	"POST /v1/payment_methods":                           true,
	"POST /v1/tokens":                                    true,
	"GET /v1/tokens/{id}":                                true,
	"GET /v1/elements/sessions":                          true,
	"GET /v1/payment_pages/{id}":                         true,
	"POST /v1/payment_pages/{id}/init":                   true,
	"POST /v1/payment_pages/{id}/confirm":                true,
}

// clientOperations are routes that Stripe's own scripts call and that its
// description of the API leaves out.
func clientOperations() map[string]operation {
	return map[string]operation{
		"GET /v1/elements/sessions":                   (*call).elementsSession,
		"POST /v1/payment_intents/{id}/source_cancel": (*call).cancelChallenge,
		"POST /v1/setup_intents/{id}/source_cancel":   (*call).cancelChallenge,
	}
}

// apiKey is the key a request was made with.
func apiKey(r *http.Request) string {
	key, _, _ := r.BasicAuth()
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		key = bearer
	}
	return key
}

func byPublishableKey(r *http.Request) bool { return strings.HasPrefix(apiKey(r), "pk_test_") }

// unwrap moves what pages send as parameters, so that browsers need not ask
// first, to the headers it stands for.
func unwrap(r *http.Request, form url.Values) {
	for param, header := range map[string]string{"_stripe_account": "Stripe-Account", "_stripe_version": "Stripe-Version"} {
		if v := form.Get(param); v != "" && r.Header.Get(header) == "" {
			r.Header.Set(header, v)
		}
		form.Del(param)
	}
	if key := form.Get("key"); strings.HasPrefix(key, "pk_") {
		if apiKey(r) == "" {
			r.Header.Set("Authorization", "Bearer "+key)
		}
		form.Del("key")
	}
}

// badPublishable refuses what only a secret key may do.
func badPublishable(r *http.Request) *apiError {
	if publishable[r.Pattern] {
		return nil
	}
	e := invalid("secret_key_required", "", "This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list of your API keys at https://dashboard.stripe.com/account/apikeys.")
	e.Status = http.StatusUnauthorized
	return e
}

// forPages lets scripts of any site read the answer to a publishable key. A
// secret key has no business in a browser: its answers stay unreadable there.
func forPages(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(apiKey(r), "pk_") {
		return
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Request-Id, Stripe-Should-Retry, Idempotent-Replayed, Original-Request")
	h.Set("Timing-Allow-Origin", "*")
}

// preflight answers the question browsers ask before a request with headers.
// What may be done is decided by the request itself.
func preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Stripe-Account, Stripe-Version, Idempotency-Key, X-Stripe-User-Agent")
	h.Set("Access-Control-Max-Age", "300")
	w.WriteHeader(http.StatusNoContent)
}

// checkSecret holds a client secret against the object of the path. With a
// publishable key there must be one.
func (c *call) checkSecret() error {
	r, ok := c.find(c.id)
	if !ok || r.head().Scope != c.scope {
		return nil // the operation says so
	}
	secret := c.str("client_secret")
	name, isIntent := map[string]string{"payment_intent": "PaymentIntent", "setup_intent": "SetupIntent"}[r.head().Object]
	switch {
	case !isIntent || secret == "" && !c.public:
		return nil
	case secret == "":
		return invalid("parameter_missing", "client_secret", "Missing required param: client_secret.")
	case secret != plain(r)["client_secret"]:
		return invalid(r.head().Object+"_invalid_parameter", "client_secret", "The client_secret provided does not match the client_secret associated with the %s.", name)
	}
	return nil
}

// publicFields are what a publishable key sees of an object; objects that are not
// named here show everything but secretFields.
var publicFields = map[string][]string{
	"payment_intent": {"id", "object", "amount", "amount_details", "automatic_payment_methods", "canceled_at", "cancellation_reason", "capture_method",
		"client_secret", "confirmation_method", "created", "currency", "description", "last_payment_error", "livemode", "next_action", "payment_method",
		"payment_method_configuration_details", "payment_method_types", "processing", "receipt_email", "setup_future_usage", "shipping", "source", "status"},
	"setup_intent": {"id", "object", "automatic_payment_methods", "cancellation_reason", "client_secret", "created", "description", "last_setup_error",
		"livemode", "next_action", "payment_method", "payment_method_configuration_details", "payment_method_types", "status", "usage"},
}

var secretFields = []string{"fingerprint", "metadata"}

// public is a rendered object, and what it holds, cut to what a page may see. It
// is a copy: constants are part of many objects.
func public(v any) any {
	switch t := v.(type) {
	case []any:
		out := make([]any, len(t))
		for i := range t {
			out[i] = public(t[i])
		}
		return out
	case map[string]any:
		object, _ := t["object"].(string)
		fields, listed := publicFields[object]
		out := map[string]any{}
		for k, inside := range t {
			if listed && slices.Contains(fields, k) || !listed && !slices.Contains(secretFields, k) {
				out[k] = public(inside)
			}
		}
		return out
	}
	return v
}

// shownTo cuts what an error shows of the objects behind it.
func (c *call) shownTo(err error) error {
	if !c.public {
		return err
	}
	e := asAPIError(err)
	e.Intent, e.Method, e.Setup = public(e.Intent), public(e.Method), public(e.Setup)
	return e
}

// cancelChallenge is what a page does when the payer closes the bank's window.
func (c *call) cancelChallenge() (any, error) {
	if si, ok := c.setups.get(c.id); ok && si.Scope == c.scope {
		if err := c.endSetupChallenge(si, false); asAPIError(err).Status >= http.StatusInternalServerError || si.Status == "requires_action" {
			return nil, err
		}
		return si, nil
	}
	in, err := lookup(c, c.intents, c.id, "payment_intent", "intent")
	if err != nil {
		return nil, err
	}
	if err := c.endChallenge(in, false); asAPIError(err).Status >= http.StatusInternalServerError || in.Status == "requires_action" {
		return nil, err
	}
	return in, nil
}

// elementsSession tells the Payment Element what to offer: the methods of an
// intent, or of one that the merchant has yet to make.
func (c *call) elementsSession() (any, error) {
	secret, currency, mode := c.str("client_secret"), c.str("deferred_intent[currency]"), c.str("deferred_intent[mode]")
	types, capture := c.list("deferred_intent[payment_method_types]"), c.str("deferred_intent[capture_method]")
	if err := c.check(); err != nil {
		return nil, err
	}
	preference := map[string]any{"object": "payment_method_preference", "country_code": "US", "type": "deferred_intent"}
	switch {
	case secret != "":
		c.id, _, _ = strings.Cut(secret, "_secret_")
		r, ok := c.find(c.id)
		if !ok || r.head().Scope != c.scope {
			return nil, missing("payment_intent", "client_secret", c.id)
		}
		if err := c.checkSecret(); err != nil {
			return nil, err
		}
		shown := c.show(r)
		preference["type"], preference[r.head().Object] = r.head().Object, shown
		preference["ordered_payment_method_types"] = shown["payment_method_types"]
	case mode == "":
		return nil, invalid("parameter_missing", "deferred_intent[mode]", "Missing required param: deferred_intent[mode].")
	case len(types) > 0:
		preference["ordered_payment_method_types"] = types
	default:
		preference["ordered_payment_method_types"] = offered(currency, capture == "manual")
	}
	return map[string]any{
		"session_id": newID("elements_session_"), "business_name": c.merchant(c.scope), "merchant_country": "US", "merchant_currency": orElse(currency, "usd"),
		"payment_method_preference": preference,
	}, nil
}
