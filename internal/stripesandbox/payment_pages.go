package stripesandbox

import "strings"

// paymentPageOperations are what Stripe's own pages and command line call to pay
// a session. No description of them is published: what they take and show is
// what the command line's fixtures use, and what lies near.
func paymentPageOperations() map[string]operation {
	return map[string]operation{
		"GET /v1/payment_pages/{id}":          (*call).getPaymentPage,
		"POST /v1/payment_pages/{id}/init":    (*call).getPaymentPage,
		"POST /v1/payment_pages/{id}/confirm": (*call).confirmPaymentPage,
	}
}

// paged finds the session of a page, by the page's id or by its own.
func (c *call) paged() (*Session, error) {
	id := c.id
	if tail, ok := strings.CutPrefix(id, "ppage_"); ok {
		id = "cs_test_" + tail
	}
	return lookup(c, c.sessions, id, "payment_page", "id")
}

func (c *call) getPaymentPage() (any, error) {
	cs, err := c.paged()
	if err != nil {
		return nil, err
	}
	return c.paymentPage(cs), c.check()
}

// paymentPage is a session as its page needs it.
func (s *Server) paymentPage(cs *Session) map[string]any {
	m := s.show(cs)
	m["id"], m["object"], m["session_id"] = "ppage_"+strings.TrimPrefix(cs.ID, "cs_test_"), "payment_page", cs.ID
	m["account_settings"] = map[string]any{"display_name": s.merchant(cs.Scope), "country": "US"}
	m["line_items"] = s.lineItems(cs)["data"]
	m["line_item_group"] = map[string]any{"currency": cs.Currency, "subtotal": cs.AmountSubtotal, "total": cs.AmountTotal, "due": cs.AmountTotal}
	m["stripe_hosted_url"] = cs.URL
	if in, ok := s.intents.get(string(cs.Intent)); ok {
		m["payment_intent"] = s.show(in)
	}
	if si, ok := s.setups.get(string(cs.Setup)); ok {
		m["setup_intent"] = s.show(si)
	}
	return m
}

// confirmPaymentPage pays a session with a payment method, as the page's button does.
func (c *call) confirmPaymentPage() (any, error) {
	cs, err := c.paged()
	if err != nil {
		return nil, err
	}
	method, expected := c.need("payment_method"), c.int("expected_amount")
	if err := c.check(); err != nil {
		return nil, err
	}
	if cs.Status != "open" {
		return nil, refuse("", "", "This Checkout Session is %s.", cs.Status)
	}
	if c.has("expected_amount") && expected != cs.AmountTotal {
		return nil, refuse("checkout_amount_mismatch", "expected_amount", "The amount of this Checkout Session is %d, not %d. Load the page again.", cs.AmountTotal, expected)
	}
	pm, err := c.useMethod(method)
	if err != nil {
		return nil, err
	}
	if err := c.checkOut(cs, Payer{Method: pm.ID, Email: string(pm.Billing.Email), Name: string(pm.Billing.Name)}); err != nil {
		return nil, err
	}
	return c.paymentPage(cs), nil
}
