package stripesandbox

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// call is one API request inside its transaction.
type call struct {
	*Server
	*params
	id    string // {id} of the path
	sub   string // {sub} of the path
	scope string // the account acted for; "" is the platform
	path  string
	// writes: the request may change what it looks up.
	writes bool
	// public: a page asks, with a publishable key.
	public bool
}

type operation func(c *call) (any, error)

// answer is what goes back over the wire.
type answer struct {
	status   int
	body     []byte
	retry    string
	replayed bool
	original string
	// ignored are the parameters that Stripe knows and the sandbox does nothing with.
	ignored []string
}

// api wraps an operation with what every Stripe request has: the key, the
// version, the account acted for, idempotency, faults, the error's wording.
func (s *Server) api(op operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		req := newID("req_")
		r.Header.Set("Request-Id", req)
		logged, began := s.requests.begin(r, req), time.Now()
		h := w.Header()
		h.Set("Request-Id", req)
		h.Set("Stripe-Version", APIVersion)
		h.Set("Content-Type", "application/json")
		form, err := s.admit(r)
		forPages(w, r)
		if acct := r.Header.Get("Stripe-Account"); acct != "" {
			h.Set("Stripe-Account", acct)
		}
		logged.about(r, form)
		if err == nil {
			form = normalise(form)
			if e := conform(r.Pattern, form); e != nil {
				err = e
			}
		}
		var a answer
		var gone bool
		if err != nil {
			a = s.failure(r, err)
		} else if a, gone = s.answerFaulty(w, r, req, form, op); gone {
			return
		}
		if key := idempotencyKey(r); key != "" {
			h.Set("Idempotency-Key", key)
			h.Set("Original-Request", orElse(a.original, req))
		}
		if a.replayed {
			h.Set("Idempotent-Replayed", "true")
		}
		if len(a.ignored) > 0 {
			h.Set("Sandbox-Ignored", strings.Join(a.ignored, ", "))
		}
		logged.end(a, began)
		write(w, a)
	}
}

// admit checks the key and decodes the form.
func (s *Server) admit(r *http.Request) (url.Values, error) {
	form, err := readForm(r)
	unwrap(r, form)
	if byPublishableKey(r) {
		if e := badPublishable(r); e != nil {
			return nil, e
		}
	} else if e := badKey(apiKey(r)); e != nil {
		return nil, e
	}
	if err != nil {
		return nil, err
	}
	if v := r.Header.Get("Stripe-Version"); v != "" && !strings.HasPrefix(v, APIVersion) {
		return nil, invalid("", "", "Invalid Stripe API version: %s. This sandbox speaks %s only.", v, APIVersion)
	}
	if len(r.Header.Get("Idempotency-Key")) > 255 {
		return nil, invalid("", "", "The idempotency key is longer than 255 characters.")
	}
	return form, nil
}

// readForm decodes the parameters of a request. Libraries differ on where those
// of a DELETE are: stripe-go puts them into the body, others into the address.
func readForm(r *http.Request) (url.Values, error) {
	if r.Method == http.MethodGet || r.Method == http.MethodDelete && r.URL.RawQuery != "" {
		return r.URL.Query(), nil
	}
	if isUpload(r) {
		return readUpload(r)
	}
	if ct, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); ct == "application/json" {
		return nil, invalid("", "", "Invalid request (check that your POST content type is application/x-www-form-urlencoded).")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return nil, invalid("", "", "The request body could not be read.")
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, invalid("", "", "The request body is not a valid form: %s", err)
	}
	return form, nil
}

func badKey(key string) *apiError {
	var msg string
	switch {
	case key == "":
		msg = "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
	case strings.HasPrefix(key, "sk_live_"), strings.HasPrefix(key, "rk_live_"), strings.HasPrefix(key, "pk_live_"):
		msg = "This is a sandbox: it never takes a live key. Use any sk_test_ key here, and keep the live key for Stripe itself."
	case strings.HasPrefix(key, "sk_test_"), strings.HasPrefix(key, "rk_test_"):
		return nil
	default:
		msg = "Invalid API Key provided: " + key[:min(len(key), 7)] + "***"
	}
	return &apiError{Status: http.StatusUnauthorized, Type: "invalid_request_error", Message: msg}
}

// run performs the operation as one transaction and renders the outcome. What
// must be remembered of it is written in that same transaction. With fail, the
// work is done and the caller told that it failed.
func (s *Server) run(r *http.Request, req string, form url.Values, op operation, fail *apiError, remember func(answer)) answer {
	var a answer
	cause := EventRequest{ID: text(req), Key: text(idempotencyKey(r))}
	err := s.doAs(cause, func() error {
		body, ignored, err := s.perform(r, form, op)
		switch {
		case err != nil && !asAPIError(err).keep:
			return err
		case err != nil:
			a = s.failure(r, err)
		case fail != nil:
			a = s.failure(r, fail)
		default:
			a = answer{status: http.StatusOK, body: body, ignored: ignored}
			if r.Method == http.MethodPost {
				a.retry = "false"
			}
		}
		remember(a)
		return err
	})
	if a.status == 0 {
		a = s.failure(r, err)
		if asAPIError(err).executed {
			_ = s.do(func() error { remember(a); return nil })
		}
	}
	return a
}

// perform runs the operation and renders its answer; ignored are the parameters
// that did nothing.
func (s *Server) perform(r *http.Request, form url.Values, op operation) (body []byte, ignored []string, err error) {
	c := &call{Server: s, params: newParams(form), id: r.PathValue("id"), sub: r.PathValue("sub"), path: r.URL.Path, writes: r.Method != http.MethodGet}
	own, err := s.tokenAccount(apiKey(r), r.Method)
	if err != nil {
		return nil, nil, err
	}
	c.longestValue = int(s.assumesNumber(assumeLength))
	if err := c.actFor(orElse(own, r.Header.Get("Stripe-Account"))); err != nil {
		return nil, nil, err
	}
	c.public = byPublishableKey(r)
	if err := c.checkSecret(); err != nil {
		return nil, nil, err
	}
	v, err := op(c)
	if err != nil {
		return nil, nil, c.shownTo(s.withState(err))
	}
	body, err = c.render(v)
	return body, c.unread(), err
}

// actFor checks that the account acted for is connected.
func (c *call) actFor(account string) error {
	if account == "" || account == c.config().Platform {
		return nil
	}
	a, ok := c.accounts.get(account)
	if !ok || a.Disconnected {
		return noAccess(account)
	}
	if a.ReadOnly && c.writes {
		e := invalid("", "", "This application does not have the required permissions for this endpoint on account '%s': it was connected with the scope read_only.", account)
		e.Status = http.StatusForbidden
		return e
	}
	c.scope = account
	return nil
}

func (c *call) render(v any) ([]byte, error) {
	m, ok := v.(map[string]any)
	if r, isRecord := v.(record); isRecord {
		m, ok = c.show(r), true
	}
	if !ok {
		m = plain(v)
	}
	if err := c.expand(m, c.list("expand")); err != nil {
		return nil, err
	}
	if c.public {
		return wire(public(m))
	}
	return wire(m)
}

// withState shows the intent a refused payment left behind, while the lock is held.
func (s *Server) withState(err error) error {
	if err == nil {
		return nil
	}
	e := asAPIError(err)
	if in, ok := e.Intent.(*Intent); ok {
		e.Intent = s.show(in)
	}
	if si, ok := e.Setup.(*SetupIntent); ok {
		e.Setup = s.show(si)
	}
	if pm, ok := e.Method.(*PaymentMethod); ok {
		e.Method = s.show(pm)
	}
	return e
}

// failure is an error as the answer to a request; r is nil where the request is
// not the API's.
func (s *Server) failure(r *http.Request, err error) answer {
	e := asAPIError(err)
	if e.Status >= 500 {
		s.log.Error("sandbox request", "error", err)
	}
	switch e.Status {
	case http.StatusUnauthorized:
		e.Type = s.assumes(assumeUnauthorized)
	case http.StatusForbidden:
		e.Code = s.assumes(assumeForbidden)
	case http.StatusConflict:
		e.Type = s.assumes(assumeConflict)
	}
	if r != nil && r.Header.Get("Request-Id") != "" {
		e.LogURL = "http://" + r.Host + "/inspector/requests/" + r.Header.Get("Request-Id")
	}
	if e.Code != "" && e.DocURL == "" {
		e.DocURL = docURL(e.Code)
	}
	body, _ := wire(map[string]any{"error": e})
	return answer{status: e.Status, body: body, retry: e.retry}
}

func write(w http.ResponseWriter, a answer) {
	if a.retry != "" {
		w.Header().Set("Stripe-Should-Retry", a.retry)
	}
	w.WriteHeader(a.status)
	// Not appended to the body: the answer under one idempotency key is sent to many.
	_, _ = w.Write(a.body)
	_, _ = io.WriteString(w, "\n")
}

func (s *Server) unknownURL(w http.ResponseWriter, r *http.Request) {
	e := invalid("", "", "Unrecognized request URL (%s: %s). The sandbox does not know it.", r.Method, r.URL.Path)
	e.Status = http.StatusNotFound
	w.Header().Set("Content-Type", "application/json")
	write(w, s.failure(r, e))
}
