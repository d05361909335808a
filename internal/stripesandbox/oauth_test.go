package stripesandbox_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/oauth"
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

func TestAuthorizeChecksItsRequest(t *testing.T) {
	b := start(t)
	hc := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, c := range []struct {
		client, kind, scope string
		status              int
		says                string
	}{
		{b.ClientID(), "code", "read_write", 200, ""},
		{"ca_other", "code", "read_write", 400, ""},
		{b.ClientID(), "token", "read_write", 303, "unsupported_response_type"},
		{b.ClientID(), "code", "all", 303, "invalid_scope"},
	} {
		q := url.Values{"client_id": {c.client}, "response_type": {c.kind}, "scope": {c.scope}, "redirect_uri": {"https://hearth.test/back"}}
		res, err := hc.Get(b.url + "/oauth/authorize?" + q.Encode())
		must(t, err)
		res.Body.Close()
		back, _ := res.Location()
		if res.StatusCode != c.status || c.says != "" && back.Query().Get("error") != c.says {
			t.Errorf("%+v: %d %v", c, res.StatusCode, back)
		}
	}
}
