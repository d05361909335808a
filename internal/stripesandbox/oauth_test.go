package stripesandbox_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/oauth"
	"github.com/tidwall/gjson"

	"hearth/internal/stripesandbox"
)

// An owner brings their own Standard account: consent, code, token, a direct
// charge, and goodbye.
func TestOAuth(t *testing.T) {
	b := start(t)
	be := stripe.GetBackendWithConfig(stripe.ConnectBackend, &stripe.BackendConfig{URL: stripe.String(b.url), LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}})
	client := oauth.Client{B: be, Key: "sk_test_x"}
	trade := func(code string) (*stripe.OAuthToken, error) {
		return client.New(&stripe.OAuthTokenParams{GrantType: stripe.String("authorization_code"), Code: &code, ClientSecret: stripe.String("sk_test_x")})
	}
	answer := func(what string) url.Values {
		form := url.Values{"client_id": {b.ClientID()}, "scope": {"read_write"}, "state": {"s1"}, "response_type": {"code"}, "redirect_uri": {"https://hearth.test/back"}, "answer": {what}}
		hc := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		res, err := hc.PostForm(b.url+"/oauth/authorize", form)
		must(t, err)
		defer res.Body.Close()
		back, err := res.Location()
		must(t, err)
		return back.Query()
	}
	if q := answer("deny"); q.Get("error") != "access_denied" || q.Get("state") != "s1" {
		t.Errorf("denied: %v", q)
	}
	q := answer("connect")
	if q.Get("state") != "s1" || q.Get("scope") != "read_write" {
		t.Errorf("connected: %v", q)
	}
	tok, err := trade(q.Get("code"))
	must(t, err)
	a := b.get("/v1/accounts/" + tok.StripeUserID)
	if a.Get("type").String() != "standard" || !a.Get("charges_enabled").Bool() {
		t.Errorf("account: %s", a.Raw)
	}
	b.paid(5000, visa, "@"+tok.StripeUserID, "payment_intent_data[application_fee_amount]=500")
	b.balanced()

	_, err = trade(q.Get("code"))
	var e *stripe.Error
	if !errors.As(err, &e) || e.OAuthError != "invalid_grant" || e.HTTPStatusCode != 400 {
		t.Errorf("a code works twice: %v", err)
	}
	late := answer("connect").Get("code")
	b.advance("5m")
	if _, err = trade(late); !errors.As(err, &e) || e.OAuthError != "invalid_grant" {
		t.Errorf("a code works after five minutes: %v", err)
	}
	_, err = client.Del(&stripe.DeauthorizeParams{ClientID: stripe.String(b.ClientID()), StripeUserID: &tok.StripeUserID})
	must(t, err)
	if r := b.call("GET", "/v1/accounts/"+tok.StripeUserID); r.status != 403 {
		t.Errorf("after deauthorize: %d", r.status)
	}
	_, err = client.Del(&stripe.DeauthorizeParams{ClientID: stripe.String(b.ClientID()), StripeUserID: &tok.StripeUserID})
	if !errors.As(err, &e) || e.OAuthError != "invalid_client" {
		t.Errorf("deauthorize twice: %v", err)
	}
	b.flush()
	for _, d := range b.conn.deliveries() {
		if field(d, "account") != tok.StripeUserID {
			t.Errorf("%s of an account that never connected", field(d, "type"))
		}
	}
	if !slices.Contains(b.conn.types(), "account.application.authorized") || slices.Contains(b.conn.types(), "capability.updated") {
		t.Errorf("events: %v", b.conn.types())
	}
}

// consent is the authorize page of a request, and its forms.
type consent struct {
	*visitor
	path  string
	query url.Values
}

func (b *bench) authorize(path string, more ...string) *consent {
	q := url.Values{"client_id": {b.ClientID()}, "response_type": {"code"}, "scope": {"read_write"}, "state": {"s1"}, "redirect_uri": {"https://hearth.test/back"}}
	for _, p := range more {
		k, v, _ := strings.Cut(p, "=")
		q[k] = append([]string(nil), v)
		if v == "" {
			q.Del(k)
		}
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &consent{&visitor{b.t, b.url, &http.Client{CheckRedirect: stay}}, path, q}
}

func (c *consent) open() visited { return c.visitor.open(c.path + "?" + c.query.Encode()) }

// answered is the query that a person comes back with.
func (c *consent) answered(v visited) url.Values {
	c.t.Helper()
	u, err := url.Parse(v.location)
	if err != nil || v.code != http.StatusSeeOther || !strings.HasPrefix(v.location, "https://hearth.test/back?") {
		c.t.Fatalf("answered %d to %q: %s", v.code, v.location, v.Find("main").Text())
	}
	return u.Query()
}

func answerButton(value string) string { return "button[value=" + value + "]" }

// trade is POST /oauth/token.
func (b *bench) trade(params ...string) reply {
	b.t.Helper()
	return b.call("POST", "/oauth/token", params...)
}

func TestAuthorizeChecksItsRequest(t *testing.T) {
	b := start(t, func(o *stripesandbox.Options) {
		o.RedirectURIs = []string{"https://hearth.test/back", "http://localhost:8080/back"}
	})
	for _, c := range []struct {
		change string
		status int
		says   string
	}{
		{"state=s1", 200, ""}, {"redirect_uri=http://localhost:8080/back", 200, ""}, {"redirect_uri=", 200, ""},
		{"client_id=ca_other", 400, ""}, {"redirect_uri=https://elsewhere.test/back", 400, ""},
		{"response_type=token", 303, "unsupported_response_type"}, {"response_type=", 303, "invalid_request"}, {"scope=all", 303, "invalid_scope"},
	} {
		got := b.authorize("/oauth/authorize", c.change).open()
		back, err := url.Parse(got.location)
		must(t, err)
		if got.code != c.status || back.Query().Get("error") != c.says || c.says != "" && back.Query().Get("state") != "s1" {
			t.Errorf("%s: %d %v", c.change, got.code, back)
		}
	}
	if page := start(t).authorize("/oauth/authorize", "redirect_uri=").open(); page.code != 400 {
		t.Errorf("nowhere to go back to: %d", page.code)
	}
}

// A person logs in to an account they have, says yes, and the next time is not
// asked again unless the platform wants it.
func TestOAuthLogIn(t *testing.T) {
	b := start(t)
	c := b.authorize("/oauth/authorize", "scope=read_only")
	first := c.answered(c.press(c.open(), answerButton("skip"), nil))
	tok := b.ok(b.trade("grant_type=authorization_code", "code="+first.Get("code")))
	account := tok.Get("stripe_user_id").String()
	b.get("/v1/customers", "@"+account)
	if r := b.call("POST", "/v1/customers", "@"+account, "name=Ada"); r.status != 403 {
		t.Errorf("connected to look, the platform wrote: %d %s", r.status, r.Raw)
	}
	if b.get("/v1/accounts/" + account).Get("individual").Exists() {
		t.Error("who is behind the account of somebody who connected shows")
	}
	b.steer("/accounts/"+account+"/deauthorize", m{})

	page := c.open()
	says(t, page, 200, "h1", "Connect your account")
	says(t, c.press(page, answerButton("login"), nil), http.StatusUnprocessableEntity, ".error", "Choose an account")
	ask := c.press(page, answerButton("login"), map[string]string{"account": account})
	says(t, ask, 200, "h1", "Jenny Rosen")
	if q := c.answered(c.press(ask, answerButton("deny"), nil)); q.Get("error") != "access_denied" || q.Get("state") != "s1" {
		t.Errorf("denied: %v", q)
	}
	q := c.answered(c.press(ask, answerButton("connect"), nil))
	if got := b.ok(b.trade("grant_type=authorization_code", "code="+q.Get("code"))).Get("stripe_user_id").String(); got != account {
		t.Errorf("logged in as %s, connected %s", account, got)
	}
	if q = c.answered(c.press(c.open(), answerButton("login"), map[string]string{"account": account})); q.Get("code") == "" {
		t.Errorf("connected already: %v", q)
	}
	c.query.Set("always_prompt", "true")
	says(t, c.press(c.open(), answerButton("login"), map[string]string{"account": account}), 200, "[role=status]", "connected to this account already")
}

// Tokens: the code once, the refresh token again and again, the access token as
// a key of the account's own, and none of them after a code was used twice.
func TestOAuthTokens(t *testing.T) {
	b := start(t)
	flat := func(r reply, status int, kind string) {
		t.Helper()
		if r.status != status || r.Get("error").String() != kind || r.Get("error_description").String() == "" {
			t.Errorf("%d %s, want %d %s", r.status, r.Raw, status, kind)
		}
	}
	flat(b.trade(), 400, "invalid_request")
	flat(b.trade("grant_type=authorization_code"), 400, "invalid_request")
	flat(b.trade("grant_type=refresh_token"), 400, "invalid_request")
	flat(b.trade("grant_type=password"), 400, "unsupported_grant_type")
	flat(b.trade("grant_type=authorization_code", "code=ac_x"), 400, "invalid_grant")
	flat(b.trade("grant_type=refresh_token", "refresh_token=rt_x"), 400, "invalid_grant")
	flat(b.trade("grant_type=authorization_code", "code=ac_x", "client_id=ca_other"), 401, "invalid_client")
	flat(b.call("POST", "/oauth/deauthorize", "stripe_user_id=acct_1"), 400, "invalid_request")
	flat(b.call("POST", "/oauth/deauthorize", "client_id="+b.ClientID(), "stripe_user_id=acct_1"), 401, "invalid_client")

	c := b.authorize("/oauth/authorize")
	code := c.answered(c.press(c.open(), answerButton("skip"), nil)).Get("code")
	tok := b.ok(b.trade("grant_type=authorization_code", "code="+code))
	account := tok.Get("stripe_user_id").String()
	own := func(tok reply, method, path string, params ...string) reply {
		t.Helper()
		req, err := http.NewRequest(method, b.url+path, strings.NewReader(strings.Join(params, "&")))
		must(t, err)
		req.Header = http.Header{"Authorization": {"Bearer " + tok.Get("access_token").String()}, "Content-Type": {"application/x-www-form-urlencoded"}}
		return b.do(req)
	}
	if got := own(tok, "GET", "/v1/account"); id(got.Result) != account {
		t.Errorf("the access token is of %s", got.Raw)
	}
	page := reply{Result: gjson.Parse(`{"access_token": "` + tok.Get("stripe_publishable_key").String() + `"}`)}
	pm := b.ok(own(page, "POST", "/v1/payment_methods", "type=card", "card[token]=tok_visa"))
	b.get("/v1/payment_methods/"+id(pm.Result), "@"+account)
	customer := b.ok(own(tok, "POST", "/v1/customers", "name=Ada"))
	if b.get("/v1/customers/"+id(customer.Result), "@"+account).Get("name").String() != "Ada" {
		t.Error("what the access token made is not the account's")
	}
	refresh := "refresh_token=" + tok.Get("refresh_token").String()
	flat(b.trade("grant_type=refresh_token", refresh, "scope=all"), 400, "invalid_scope")
	read := b.ok(b.trade("grant_type=refresh_token", refresh, "scope=read_only"))
	if r := own(read, "POST", "/v1/customers", "name=Eve"); r.status != 403 {
		t.Errorf("a read_only token wrote: %d %s", r.status, r.Raw)
	}
	if r := own(tok, "GET", "/v1/account"); r.status != 403 {
		t.Errorf("an old token works: %d", r.status)
	}
	flat(b.trade("grant_type=authorization_code", "code="+code), 400, "invalid_grant")
	if r := own(read, "GET", "/v1/account"); r.status != 403 {
		t.Errorf("tokens of a code used twice work: %d", r.status)
	}
	flat(b.trade("grant_type=refresh_token", refresh), 400, "invalid_grant")
}

// A person makes an account on the way, with what the platform knows of them
// filled in, and comes back with a code at the end of its form.
func TestOAuthNewAccount(t *testing.T) {
	b := start(t)
	for path, kind := range map[string]string{"/oauth/authorize": "standard", "/express/oauth/authorize": "express"} {
		c := b.authorize(path, "stripe_user[email]=ann@example.com", "stripe_user[first_name]=Ann", "stripe_user[business_type]=individual", "stripe_user[product_description]=Rooms",
			"suggested_capabilities[]=transfers")
		page := c.open()
		if kind == "standard" {
			says(t, c.press(page, answerButton("register"), map[string]string{"email": "nobody"}), http.StatusUnprocessableEntity, "#e-email", "e-mail")
		}
		form := c.press(page, answerButton("register"), nil)
		if !strings.Contains(form.location, "/setup/"+kind[:1]+"/acct_") {
			t.Fatalf("%s leads to %q", path, form.location)
		}
		step := c.follow(c.visitor.open(form.location))
		for range 6 {
			if step.Find("[name=agree]").Length() > 0 {
				break
			}
			step = c.follow(c.fillIn(step, nil))
		}
		tok := b.ok(b.trade("grant_type=authorization_code", "code="+c.answered(c.press(step, nextButton, map[string]string{"agree": "yes"})).Get("code")))
		b.advance("5s")
		a := b.get("/v1/accounts/" + tok.Get("stripe_user_id").String())
		if a.Get("type").String() != kind || a.Get("email").String() != "ann@example.com" || !a.Get("charges_enabled").Bool() || a.Get("capabilities").Get("card_payments").Exists() {
			t.Errorf("%s: %s", path, a.Raw)
		}
	}
}
