package stripesandbox

import (
	"net/url"
	"strings"
)

// Token stands for what a page was told, and can be used once.
type Token struct {
	header
	ClientIP text   `json:"client_ip"`
	Type     string `json:"type"`
	Used     bool   `json:"used"`

	// Source is the card or bank account of such a token.
	Source *BankAccount `json:"_source,omitempty"`
	// Values are the parameters of an account or a person.
	Values url.Values `json:"_values,omitempty"`
}

func tokenOperations() map[string]operation {
	return map[string]operation{"POST /v1/tokens": (*call).createToken, "GET /v1/tokens/{id}": (*call).getToken}
}

// tokenPrefixes are the kinds of token, by the parameter that makes one.
var tokenPrefixes = []struct{ param, prefix string }{{"card", "tok_"}, {"bank_account", "btok_"}, {"account", "ct_"}, {"person", "cpt_"}, {"pii", "pii_"}, {"cvc_update", "cvctok_"}}

func (c *call) createToken() (any, error) {
	t := &Token{header: header{Object: "token", Created: c.now, Scope: c.scope}, ClientIP: "127.0.0.1"}
	for _, kind := range tokenPrefixes {
		if t.Type == "" && c.has(kind.param) {
			t.ID, t.Type = newID(kind.prefix), kind.param
		}
	}
	src, from, customer := c.readSource(t.Type), c.str("card"), c.str("customer")
	c.ignore("account", "person", "pii", "cvc_update", "bank_account[payment_method]", "card[networks]")
	if err := c.check(); err != nil {
		return nil, err
	}
	switch {
	case t.Type == "" && customer == "":
		return nil, invalid("parameter_missing", "", "You must supply either a card, customer, PII data, bank account, or account legal entity to create a token.")
	case src != nil:
		if err := c.settleSource(src); err != nil {
			return nil, err
		}
		t.Source = src
	case t.Type == "" || t.Type == "card":
		if err := c.shareCard(t, customer, from); err != nil {
			return nil, err
		}
	default:
		t.Values = c.below(t.Type)
	}
	return c.tokens.add(t), nil
}

// shareCard makes a token for a connected account of a platform customer's card.
func (c *call) shareCard(t *Token, customer, card string) error {
	cu, ok := c.customers.get(customer)
	if !ok || cu.Scope != "" {
		return missingRef("customer", "customer", customer)
	}
	src, ok := c.banks.get(orElse(card, string(cu.DefaultSource)))
	if !ok || string(src.Customer) != cu.ID {
		return noLinked(cu, card)
	}
	cp := *src
	cp.header, cp.Customer = header{ID: newID("card_"), Object: src.Object, Scope: c.scope}, ""
	t.ID, t.Type, t.Source = newID("tok_"), "card", &cp
	return nil
}

// below are the parameters inside a hash, as if they had been sent by themselves.
func (c *call) below(key string) url.Values {
	out := url.Values{}
	for k, v := range c.values {
		if rest, ok := strings.CutPrefix(k, key+"["); ok {
			head, tail, _ := strings.Cut(rest, "]")
			out[head+tail] = v
		}
	}
	return out
}

func (c *call) getToken() (any, error) {
	t, err := lookup(c, c.tokens, c.id, "token", "token")
	if err != nil {
		return nil, err
	}
	return t, c.check()
}

// useToken spends a token of a kind.
func (c *call) useToken(id, kind, param string) (*Token, error) {
	t, ok := c.tokens.get(id)
	switch {
	case !ok || t.Scope != c.scope || t.Type != kind:
		return nil, missingRef("token", param, id)
	case t.Used:
		return nil, refuse("token_already_used", "", "You cannot use a Stripe token more than once: %s.", id)
	}
	t.Used = true
	c.tokens.save(t)
	return t, nil
}

// spread reads an account or person token as if its parameters had been sent.
func (c *call) spread(param, kind string) error {
	id := c.str(param)
	if id == "" {
		return nil
	}
	t, err := c.useToken(id, kind, param)
	if err != nil {
		return err
	}
	for k, v := range t.Values {
		c.values[k] = v
	}
	return nil
}

// embedToken shows the card or bank account behind a token.
func (s *Server) embedToken(t *Token, m map[string]any) {
	if t.Source == nil {
		return
	}
	shown := s.show(t.Source)
	delete(shown, "customer")
	m[t.Type] = shown
}
