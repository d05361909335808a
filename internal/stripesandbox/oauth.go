package stripesandbox

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// Grant is an OAuth code, single use, five minutes; and what it was traded for.
type Grant struct {
	header
	Account string `json:"account"`
	OScope  string `json:"oauth_scope"`
	Used    bool   `json:"used"`
	Refresh string `json:"refresh"` // the token that makes new ones; "" once revoked
}

// oauthError is the flat body of connect.stripe.com.
type oauthError struct {
	Status      int    `json:"-"`
	Kind        string `json:"error"`
	Description string `json:"error_description"`
}

func (e *oauthError) Error() string { return e.Kind + ": " + e.Description }

func oauthRefusal(kind, description string) *oauthError {
	return &oauthError{Status: http.StatusBadRequest, Kind: kind, Description: description}
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
		if e := badKey(orElse(r.PostForm.Get("client_secret"), apiKey(r))); e != nil {
			err = oauthRefusal("invalid_client", e.Message)
		} else {
			var refused error // what a refusal wrote stands: a code used twice revokes
			err = s.do(func() (err error) {
				if v, err = fn(r.PostForm); err != nil {
					if _, ok := errors.AsType[*oauthError](err); ok {
						refused, err = err, nil
					}
				}
				return err
			})
			if refused != nil {
				err = refused
			}
		}
		code := http.StatusOK
		body, _ := json.Marshal(v)
		if err != nil {
			e, ok := errors.AsType[*oauthError](err)
			if !ok {
				e = &oauthError{Status: http.StatusInternalServerError, Kind: "server_error", Description: err.Error()}
			}
			if code = e.Status; e.Kind == "invalid_client" {
				code = int(s.assumesNumber(assumeClient))
			}
			body, _ = json.Marshal(e)
		}
		write(w, answer{status: code, body: body})
	}
}

// oauthToken trades a code, or a refresh token, for the account it stands for.
func (s *Server) oauthToken(form url.Values) (map[string]any, error) {
	if id := form.Get("client_id"); id != "" && id != s.config().ClientID {
		return nil, oauthRefusal("invalid_client", "No such application: '"+id+"'")
	}
	switch kind := form.Get("grant_type"); kind {
	case "authorization_code":
		return s.tradeCode(form)
	case "refresh_token":
		return s.refreshToken(form)
	case "":
		return nil, oauthRefusal("invalid_request", "No grant type specified")
	default:
		return nil, oauthRefusal("unsupported_grant_type", "The grant type is not supported: "+kind)
	}
}

func (s *Server) tradeCode(form url.Values) (map[string]any, error) {
	code := form.Get("code")
	if code == "" {
		return nil, oauthRefusal("invalid_request", "No authorization code specified")
	}
	g, ok := s.grants.get(code)
	switch {
	case !ok:
		return nil, oauthRefusal("invalid_grant", "Authorization code does not exist: "+code)
	case g.Used:
		g.Refresh = ""
		s.grants.save(g)
		if a, ok := s.accounts.get(g.Account); ok {
			a.Token = ""
			s.accounts.save(a)
		}
		return nil, oauthRefusal("invalid_grant", "This authorization code has already been used. All tokens issued with this code have been revoked.")
	case g.Created+s.assumesNumber(assumeCode)*minute <= s.now:
		return nil, oauthRefusal("invalid_grant", "Authorization code expired: "+g.ID)
	}
	if wanted := form.Get("scope"); wanted != "" && !isWithin(wanted, g.OScope) {
		return nil, oauthRefusal("invalid_scope", "The scope "+wanted+" is more than was granted: "+g.OScope)
	}
	a, ok := s.accounts.get(g.Account)
	if !ok {
		return nil, oauthRefusal("invalid_grant", "The account of this code is gone: "+g.Account)
	}
	g.Used, g.Refresh = true, newID("rt_")
	s.grants.save(g)
	a.Disconnected, a.ReadOnly = false, g.OScope == "read_only"
	s.accounts.save(a)
	s.emitOn(a.ID, "account.application.authorized", s.application())
	return s.token(a, g, orElse(form.Get("scope"), g.OScope)), nil
}

func (s *Server) refreshToken(form url.Values) (map[string]any, error) {
	refresh := form.Get("refresh_token")
	if refresh == "" {
		return nil, oauthRefusal("invalid_request", "No refresh token specified")
	}
	for g := range s.grants.newest() {
		if g.Refresh != refresh {
			continue
		}
		wanted := orElse(form.Get("scope"), g.OScope)
		a, ok := s.accounts.get(g.Account)
		switch {
		case !ok || a.Disconnected:
			return nil, oauthRefusal("invalid_grant", "This application is no longer connected to the account "+g.Account)
		case wanted != "read_only" && wanted != "read_write", !isWithin(wanted, g.OScope):
			return nil, oauthRefusal("invalid_scope", "The scope "+wanted+" is more than was granted: "+g.OScope)
		}
		return s.token(a, g, wanted), nil
	}
	return nil, oauthRefusal("invalid_grant", "Refresh token does not exist: "+refresh)
}

// isWithin says whether a scope is no more than what was granted.
func isWithin(wanted, granted string) bool { return wanted == "read_only" || wanted == granted }

// token is what a grant is worth. The access token is a key that acts for the
// account: its id is in it, and only the newest one works.
func (s *Server) token(a *Account, g *Grant, scope string) map[string]any {
	a.Token, a.TokenScope = "sk_test_"+a.ID[len("acct_"):]+token(24), scope
	s.accounts.save(a)
	return map[string]any{"access_token": a.Token, "refresh_token": g.Refresh, "token_type": "bearer", "livemode": false,
		"stripe_publishable_key": "pk_test_" + a.ID[len("acct_"):] + token(24), "stripe_user_id": a.ID, "scope": scope}
}

// tokenAccount is the account that an access token, or the publishable key that
// came with it, acts for; "" for any other key.
func (s *Server) tokenAccount(key, method string) (string, error) {
	const id = len("sk_test_") + 24
	if len(key) != id+24 {
		return "", nil
	}
	a, ok := s.accounts.get("acct_" + key[len("sk_test_"):id])
	switch {
	case !ok:
		return "", nil
	case strings.HasPrefix(key, "pk_test_") && !a.Disconnected:
		return a.ID, nil
	case a.Token != key || a.Disconnected:
		return "", noAccess(a.ID)
	case a.TokenScope == "read_only" && method != http.MethodGet:
		e := invalid("", "", "The provided key has the scope read_only; this request needs read_write.")
		e.Status = http.StatusForbidden
		return "", e
	}
	return a.ID, nil
}

func (s *Server) oauthDeauthorize(form url.Values) (map[string]any, error) {
	account, client := form.Get("stripe_user_id"), form.Get("client_id")
	switch a, ok := s.accounts.get(account); {
	case client == "":
		return nil, oauthRefusal("invalid_request", "No client_id specified")
	case account == "":
		return nil, oauthRefusal("invalid_request", "No stripe_user_id specified")
	case client != s.config().ClientID, !ok, a.Disconnected:
		return nil, oauthRefusal("invalid_client", "This application is not connected to stripe account "+account+", or that account does not exist.")
	}
	for g := range s.grants.newest() {
		if g.Account == account && g.Refresh != "" {
			g.Refresh = ""
			s.grants.save(g)
		}
	}
	return map[string]any{"stripe_user_id": account}, s.deauthorize(account)
}

// ClientID is the platform's ca_…, for authorize URLs.
func (s *Server) ClientID() (id string) {
	s.look(func() { id = s.config().ClientID })
	return id
}

// ConsentRequest is what a person is asked on the authorize page.
type ConsentRequest struct {
	ClientID, Scope, State, RedirectURI, ResponseType string
	// Express: the legacy path, which makes an Express account.
	Express bool
	// Landing is what the page shows first: login or register.
	Landing string
	// Always asks even whom the platform is connected to already.
	Always bool
	// User is stripe_user[…], what the platform knows of the person.
	User map[string]string
	// Suggested are the capabilities that an Express account asks for.
	Suggested []string
}

// consentFrom reads and checks an authorize URL's query. The error is for the
// person when there is nowhere to send it. The lock is held.
func (s *Server) consentFrom(path string, q url.Values) (ConsentRequest, error) {
	p := newParams(normalise(q))
	c := ConsentRequest{ClientID: p.str("client_id"), Scope: orElse(p.str("scope"), "read_only"), State: p.str("state"), RedirectURI: p.str("redirect_uri"),
		ResponseType: p.str("response_type"), Express: strings.HasPrefix(path, "/express/"), Landing: p.str("stripe_landing"), Always: p.str("always_prompt") == "true",
		User: p.hash("stripe_user"), Suggested: p.list("suggested_capabilities")}
	if c.Express {
		c.Scope = orElse(p.str("scope"), "read_write")
	}
	if c.RedirectURI == "" && len(s.redirects) > 0 {
		c.RedirectURI = s.redirects[0]
	}
	if c.Landing != "login" && c.Landing != "register" {
		c.Landing = "login"
		if c.Scope == "read_write" {
			c.Landing = "register"
		}
	}
	switch {
	case c.ClientID != s.config().ClientID:
		return c, oauthRefusal("invalid_client", "No application with client_id '"+c.ClientID+"'. This sandbox's is "+s.config().ClientID)
	case c.RedirectURI == "":
		return c, oauthRefusal("invalid_redirect_uri", "A redirect_uri is needed: none is configured.")
	case !s.mayReturn(c.RedirectURI):
		return c, oauthRefusal("invalid_redirect_uri", "Invalid redirect URI '"+c.RedirectURI+"'. Ensure this URI exactly matches one of the configured ones.")
	case c.ResponseType == "":
		return c, oauthRefusal("invalid_request", "No response_type specified")
	case c.ResponseType != "code":
		return c, oauthRefusal("unsupported_response_type", "The response_type must be code: "+c.ResponseType)
	case c.Scope != "read_only" && c.Scope != "read_write":
		return c, oauthRefusal("invalid_scope", "The scope must be read_write or read_only: "+c.Scope)
	}
	return c, nil
}

// mayReturn says whether a redirect URI is configured; any may be while none is.
func (s *Server) mayReturn(uri string) bool {
	if len(s.redirects) == 0 {
		return isURL(uri) && webLink(uri) != ""
	}
	for _, configured := range s.redirects {
		if configured == uri {
			return true
		}
	}
	return false
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

// denied is where a person goes who said no.
func (s *Server) denied(c ConsentRequest) string {
	return c.back(url.Values{"error": {s.assumes(assumeDenied)}, "error_description": {"The user denied your request"}})
}

// grant lets the platform have an account, and is where the person goes then.
func (s *Server) grant(c ConsentRequest, account string) string {
	g := s.grants.add(&Grant{header: header{ID: newID("ac_"), Created: s.now}, Account: account, OScope: c.Scope})
	return c.back(url.Values{"code": {g.ID}, "scope": {c.Scope}})
}
