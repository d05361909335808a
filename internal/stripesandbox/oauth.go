package stripesandbox

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Grant is an OAuth code: single use, five minutes.
type Grant struct {
	header
	Account string `json:"account"`
	OScope  string `json:"oauth_scope"`
	Used    bool   `json:"used"`
}

// oauthError is the flat body of connect.stripe.com.
type oauthError struct {
	Status      int    `json:"-"`
	Kind        string `json:"error"`
	Description string `json:"error_description"`
}

func (e *oauthError) Error() string { return e.Kind + ": " + e.Description }

func oauthRefusal(kind, description string) *oauthError {
	e := &oauthError{Status: http.StatusBadRequest, Kind: kind, Description: description}
	if kind == "invalid_client" {
		e.Status = http.StatusUnauthorized
	}
	return e
}

// oauth wraps an endpoint of the connect host.
func (s *Server) oauth(fn func(form url.Values) (map[string]any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Request-Id", newID("req_"))
		r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
		_ = r.ParseForm()
		var v map[string]any
		var err error
		key := orElse(r.PostForm.Get("client_secret"), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		if e := badKey(key); e != nil {
			err = oauthRefusal("invalid_client", e.Message)
		} else {
			v, err = fn(r.PostForm)
		}
		code := http.StatusOK
		body, _ := json.Marshal(v)
		if err != nil {
			e, ok := err.(*oauthError)
			if !ok {
				e = &oauthError{Status: http.StatusInternalServerError, Kind: "server_error", Description: err.Error()}
			}
			code = e.Status
			body, _ = json.Marshal(e)
		}
		write(w, answer{status: code, body: body})
	}
}

// oauthToken trades a code for the account it stands for.
func (s *Server) oauthToken(form url.Values) (out map[string]any, err error) {
	err = s.do(func() error {
		switch form.Get("grant_type") {
		case "authorization_code":
		case "":
			return oauthRefusal("invalid_request", "No grant type specified")
		default:
			return oauthRefusal("unsupported_grant_type", "The grant type is not supported: "+form.Get("grant_type"))
		}
		if form.Get("code") == "" {
			return oauthRefusal("invalid_request", "No authorization code specified")
		}
		g, ok := s.grants.get(form.Get("code"))
		if !ok {
			return oauthRefusal("invalid_grant", "Authorization code does not exist: "+form.Get("code"))
		}
		if g.Used {
			return oauthRefusal("invalid_grant", "This authorization code has already been used. All tokens issued with this code have been revoked.")
		}
		if g.Created+5*minute <= s.now {
			return oauthRefusal("invalid_grant", "Authorization code expired: "+g.ID)
		}
		g.Used = true
		s.grants.save(g)
		if a, ok := s.accounts.get(g.Account); ok && a.Disconnected {
			a.Disconnected = false
			s.accounts.save(a)
		}
		s.emitOn(g.Account, "account.application.authorized", s.application())
		out = map[string]any{"access_token": "sk_test_" + token(24), "refresh_token": newID("rt_"), "token_type": "bearer", "livemode": false,
			"stripe_publishable_key": "pk_test_" + token(24), "stripe_user_id": g.Account, "scope": g.OScope}
		return nil
	})
	return out, err
}

func (s *Server) oauthDeauthorize(form url.Values) (out map[string]any, err error) {
	account := form.Get("stripe_user_id")
	err = s.do(func() error {
		a, ok := s.accounts.get(account)
		if form.Get("client_id") != s.config().ClientID || !ok || a.Disconnected {
			return oauthRefusal("invalid_client", "This application is not connected to stripe account "+account+", or that account does not exist.")
		}
		return s.deauthorize(account)
	})
	return map[string]any{"stripe_user_id": account}, err
}

// ConsentRequest is what a person is asked on the authorize page.
type ConsentRequest struct{ ClientID, Scope, State, RedirectURI string }

// ConsentFrom reads and checks an authorize URL's query. The error is for the
// person when there is nowhere to send it.
func (s *Server) consentFrom(q url.Values) (c ConsentRequest, err error) {
	c = ConsentRequest{ClientID: q.Get("client_id"), Scope: orElse(q.Get("scope"), "read_only"), State: q.Get("state"), RedirectURI: q.Get("redirect_uri")}
	s.look(func() {
		switch {
		case c.ClientID != s.config().ClientID:
			err = oauthRefusal("invalid_client", "No application with client_id '"+c.ClientID+"'. This sandbox's is "+s.config().ClientID)
		case !isURL(c.RedirectURI):
			err = oauthRefusal("invalid_redirect_uri", "A redirect_uri is needed.")
		case q.Get("response_type") != "code":
			err = oauthRefusal("unsupported_response_type", "The response_type must be code.")
		case !slices.Contains([]string{"read_only", "read_write"}, c.Scope):
			err = oauthRefusal("invalid_scope", "The scope must be read_write or read_only.")
		}
	})
	return c, err
}

// Consent connects a Standard account of the person's own, active at once, and
// is the URL that takes them back with a code.
func (s *Server) consent(c ConsentRequest, account string) (back string, err error) {
	err = s.do(func() error {
		if _, ok := s.accounts.get(account); !ok {
			a, err := s.ownStandard()
			if err != nil {
				return err
			}
			account = a.ID
		}
		g := s.grants.add(&Grant{header: header{ID: newID("ac_"), Created: s.now}, Account: account, OScope: c.Scope})
		back = c.back(url.Values{"code": {g.ID}, "scope": {c.Scope}})
		return nil
	})
	return back, err
}

// ownStandard is an existing Standard account that a person brings along.
func (s *Server) ownStandard() (*Account, error) {
	a := s.newAccount("standard", "US")
	a.Disconnected = true // until its code is traded
	a.Requested = map[string]int64{"transfers": s.now, "card_payments": s.now}
	s.accounts.add(a)
	if _, err := s.addBank(a, BankAccount{Number: "000123456789", Routing: "110000000", Country: "US", Currency: "usd"}, true); err != nil {
		return nil, err
	}
	return a, s.onboardTo(a, "active")
}

// back is the redirect URI with an answer, and the state as it came.
func (c ConsentRequest) back(answer url.Values) string {
	if c.State != "" {
		answer.Set("state", c.State)
	}
	glue := "?"
	if strings.Contains(c.RedirectURI, "?") {
		glue = "&"
	}
	return c.RedirectURI + glue + answer.Encode()
}

// ClientID is the platform's ca_…, for authorize URLs.
func (s *Server) ClientID() (id string) {
	s.look(func() { id = s.config().ClientID })
	return id
}
