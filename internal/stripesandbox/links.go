package stripesandbox

import (
	"errors"
)

// setupLetter is the part of a link's address that tells the types apart.
func (s *Server) setupLetter(kind string) string {
	switch kind {
	case "standard":
		return "s"
	case "custom":
		return "c"
	}
	return s.assumes(assumeSetupPath)
}

func (c *call) createAccountLink() (any, error) {
	id, kind := c.need("account"), c.need("type")
	l := &AccountLink{RefreshURL: c.str("refresh_url"), ReturnURL: c.str("return_url"), Kind: kind, Account: id}
	l.Eventually = c.str("collection_options[fields]") == "eventually_due" || c.str("collect") == "eventually_due"
	l.Future = c.str("collection_options[future_requirements]") == "include"
	if err := c.check(); err != nil {
		return nil, err
	}
	a, err := c.connected(id)
	if err != nil {
		return nil, err
	}
	if kind == "account_update" && a.Type != "custom" {
		return nil, invalid("", "type", "You cannot create `account_update` type Account Links for this account. Valid types for this account are [\"account_onboarding\"].")
	}
	for _, at := range []struct{ param, url string }{{"refresh_url", l.RefreshURL}, {"return_url", l.ReturnURL}} {
		if at.url == "" {
			return nil, invalid("parameter_missing", at.param, "Missing required param: %s.", at.param)
		}
		if !isURL(at.url) {
			return nil, invalid("url_invalid", at.param, "Not a valid URL")
		}
	}
	c.addLink(a, l)
	return withoutID(c.show(l)), nil
}

// addLink makes a link that opens an account's form, for 300 seconds and once.
func (s *Server) addLink(a *Account, l *AccountLink) *AccountLink {
	l.header = header{ID: token(24), Object: "account_link", Created: s.now}
	l.Account, l.ExpiresAt, l.URL = a.ID, s.now+300, s.baseURL+"/setup/"+s.setupLetter(a.Type)+"/"+a.ID+"/"+l.ID
	a.Linked = true
	s.accounts.save(a)
	return s.links.add(l)
}

func withoutID(m map[string]any) map[string]any { delete(m, "id"); return m }

// sessionComponents are the embedded components and their features.
var sessionComponents = map[string][]string{
	"account_onboarding": nil, "documents": nil,
	"payment_details": {"capture_payments", "dispute_management", "refund_management"},
	"payments":        {"capture_payments", "dispute_management", "refund_management"},
	"payouts":         {"edit_payout_schedule", "instant_payouts", "standard_payouts"},
}

// createAccountSession lets a page embed components of an account. The sandbox
// has no such components; the session is there for what calls for it.
func (c *call) createAccountSession() (any, error) {
	a, err := c.connected(c.need("account"))
	if err != nil {
		return nil, err
	}
	components := map[string]any{}
	for name, features := range sessionComponents {
		key, allowed := "components["+name+"]", map[string]any{}
		for _, f := range features {
			allowed[f] = f == "dispute_management" || f == "refund_management" || f == "capture_payments"
			if k := key + "[features][" + f + "]"; c.has(k) {
				allowed[f] = c.bool(k)
			}
		}
		components[name] = map[string]any{"enabled": c.bool(key + "[enabled]"), "features": allowed}
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	a.Linked = true
	return map[string]any{"object": "account_session", "account": a.ID, "client_secret": "accs_secret__" + token(40), "components": components,
		"expires_at": c.now + hour, "livemode": false}, nil
}

func (c *call) createLoginLink() (any, error) {
	a, err := c.connected(c.id)
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if a.Type != "express" {
		return nil, refuse("", "", "Invalid account: %s is not an Express account.", a.ID)
	}
	if !a.Submitted {
		return nil, refuse("", "", "Cannot create a login link for an account that has not completed onboarding.")
	}
	l := c.logins.add(&LoginLink{header: header{ID: token(24), Object: "login_link", Created: c.now}, Account: a.ID})
	l.URL = c.baseURL + "/express/" + a.ID + "/" + l.ID
	return withoutID(c.show(l)), nil
}

// ErrLinkUsed says that a link was opened before, has expired, or its account
// is rejected: the visitor belongs to the link's RefreshURL.
var ErrLinkUsed = errors.New("the account link was used or has expired")

// OpenAccountLink uses an account link up: it opens once, within 300 seconds.
// With ErrLinkUsed the link is still returned, for its RefreshURL; it is nil
// when there is no such link.
func (s *Server) OpenAccountLink(account, token string) (link *AccountLink, err error) {
	err = s.do(func() error {
		l, ok := s.links.get(token)
		if !ok || l.Account != account {
			return missing("account_link", "id", token)
		}
		link = l
		a, ok := s.accounts.get(account)
		if l.Used || l.ExpiresAt <= s.now || !ok || a.Rejected != "" || a.Disconnected && l.Consent == nil {
			return ErrLinkUsed
		}
		l.Used = true
		s.links.save(l)
		return nil
	})
	return link, err
}

// OpenLoginLink uses a login link up; it opens once.
func (s *Server) OpenLoginLink(account, token string) error {
	return s.do(func() error {
		l, ok := s.logins.get(token)
		if !ok || l.Account != account || l.Used {
			return ErrLinkUsed
		}
		l.Used = true
		s.logins.save(l)
		return nil
	})
}
