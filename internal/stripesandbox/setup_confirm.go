package stripesandbox

import "slices"

func (c *call) confirmSetupIntent() (any, error) {
	si, err := lookup(c, c.setups, c.id, "setupintent", "intent")
	if err != nil {
		return nil, err
	}
	st, method := c.readSteps(), c.str("payment_method")
	si.Options = c.methodOptions(si.Options)
	if err := c.check(); err != nil {
		return nil, err
	}
	if method == "" && st.form.kind == "" && si.Method == "" {
		return nil, c.missingMethod(si)
	}
	switch si.Status {
	case "succeeded":
		return nil, c.unsettled(si, "You cannot confirm this SetupIntent because it has already succeeded.")
	case "canceled", "processing":
		return nil, c.unsettled(si, "You cannot confirm this SetupIntent because it has a status of %s. Only a SetupIntent with one of the following statuses may be confirmed: requires_payment_method, requires_confirmation, requires_action.", si.Status)
	}
	st.layOn(si)
	if err := c.chooseSetupMethod(si, method, st.form); err != nil {
		return nil, err
	}
	if err := c.canSetUp(si); err != nil {
		return nil, err
	}
	return si, c.setUp(si)
}

func (c *call) missingMethod(si *SetupIntent) error {
	return c.unsettled(si, "You cannot confirm this SetupIntent because it's missing a payment method. You can either update the SetupIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.")
}

// canSetUp refuses a confirmation that lacks what its method may need.
func (c *call) canSetUp(si *SetupIntent) error {
	switch {
	case si.Method == "":
		return c.missingMethod(si)
	case c.public || si.ReturnURL != "" || si.Automatic == nil || si.Automatic["allow_redirects"] == "never" || c.assumes(assumeRedirects) != "always":
		return nil
	}
	return c.aboutSetup(si, refuse("", "", "This SetupIntent is configured to accept payment methods enabled in your Dashboard. Because some of these payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents."))
}

// setUp asks the method's bank: it agrees, asks the person, or refuses.
func (s *Server) setUp(si *SetupIntent) error {
	pm, ok := s.methods.get(string(si.Method))
	if !ok {
		return missingRef("PaymentMethod", "payment_method", string(si.Method))
	}
	si.LastError, si.NextAction = nil, nil
	s.setups.save(si)
	a := s.attempts.add(&SetupAttempt{header: header{ID: newID("setatt_"), Object: "setup_attempt", Created: s.now, Scope: si.Scope}, AttachSelf: si.AttachSelf, Customer: si.Customer,
		Flows: si.Flows, OnBehalfOf: si.OnBehalfOf, Method: pm.ID, Details: attemptDetails(pm), Setup: si.ID, Usage: si.Usage, Status: "succeeded"})
	si.LatestAttempt = text(a.ID)
	card, _ := cardByNumber(pm.Number)
	three, _ := si.Options["card"]["request_three_d_secure"].(string)
	verify, _ := si.Options[usBank]["verification_method"].(string)
	switch {
	case pm.Type == "card" && (card.challenge && !card.setUp || slices.Contains([]string{"any", "challenge"}, three)):
		s.askSetup(si, a, s.setupChallenge(si))
	case pm.Type == usBank && verify == "microdeposits" && !pm.Ready:
		s.askSetup(si, a, s.microdeposits(si.ID))
	case pm.Type == "card" && card.unkeepable():
		return s.refuseSetup(si, pm, card.refusal())
	default:
		s.settleSetup(si, pm)
	}
	return nil
}

func attemptDetails(pm *PaymentMethod) map[string]any {
	details := map[string]any{}
	if pm.Card != nil {
		for _, k := range []string{"brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4", "wallet"} {
			details[k] = pm.Card[k]
		}
		details["network"], details["three_d_secure"] = pm.Card["brand"], nil
	}
	return map[string]any{"type": pm.Type, pm.Type: details}
}

func (s *Server) askSetup(si *SetupIntent, a *SetupAttempt, action map[string]any) {
	si.Status, si.NextAction, a.Status = "requires_action", action, "requires_action"
	s.emit("setup_intent.requires_action", si)
}

func (s *Server) setupChallenge(si *SetupIntent) map[string]any {
	if !si.SDK && si.ReturnURL != "" || si.Session != "" {
		return map[string]any{"type": "redirect_to_url", "redirect_to_url": map[string]any{"url": s.bankPage(si.ID), "return_url": text(si.ReturnURL)}}
	}
	return map[string]any{"type": "use_stripe_sdk", "use_stripe_sdk": map[string]any{
		"type": "three_d_secure_redirect", "stripe_js": s.bankPage(si.ID), "source": newID("src_")}}
}

// setupChallenged ends a bank's question.
func (s *Server) setupChallenged(si *SetupIntent, passed bool) error {
	if si.Status != "requires_action" {
		return refuse("setup_intent_unexpected_state", "", "This SetupIntent has a status of %s; there is no challenge to complete.", si.Status)
	}
	s.setups.save(si)
	pm, _ := s.methods.get(string(si.Method))
	if !passed {
		return s.refuseSetup(si, pm, testCard{code: "setup_intent_authentication_failure"}.refusal())
	}
	if a, ok := s.attempts.get(string(si.LatestAttempt)); ok && pm.Card != nil {
		a.Details["card"].(map[string]any)["three_d_secure"] = map[string]any{"authentication_flow": "challenge", "electronic_commerce_indicator": "05",
			"result": "authenticated", "result_reason": nil, "transaction_id": newID(""), "version": "2.2.0"}
	}
	s.settleSetup(si, pm)
	return nil
}

// settleSetup keeps the method, ready for payments without the customer.
func (s *Server) settleSetup(si *SetupIntent, pm *PaymentMethod) {
	if a, ok := s.attempts.get(string(si.LatestAttempt)); ok {
		a.Status = "succeeded"
		s.attempts.save(a)
	}
	pm.Ready = pm.Ready || si.Usage == "off_session"
	pm.passChecks()
	s.methods.save(pm)
	if pm.Type == sepaDebit || pm.Type == usBank {
		s.mandateFor(si, pm)
	}
	if cu, ok := s.customers.get(string(si.Customer)); ok && pm.Customer == "" {
		s.keepMethod(pm, cu)
	}
	si.Status, si.NextAction = "succeeded", nil
	s.setups.save(si)
	s.emit("setup_intent.succeeded", si)
}

// mandateFor writes down what the customer agreed to.
func (s *Server) mandateFor(si *SetupIntent, pm *PaymentMethod) {
	m := s.newMandate(pm, si.Acceptance)
	if si.SingleUse != nil {
		m.Type, m.MultiUse, m.SingleUse = "single_use", nil, si.SingleUse
		si.SingleMandate = text(m.ID)
		return
	}
	si.Mandate, pm.Mandate = text(m.ID), m.ID
}

// refuseSetup is the 402 that says why a method was not kept.
func (s *Server) refuseSetup(si *SetupIntent, pm *PaymentMethod, e *apiError) error {
	e.DocURL, e.DeclineCode = docURL(e.Code), orElse(e.DeclineCode, e.Code)
	if e.Type != "card_error" {
		e.DeclineCode = ""
	}
	last := *e
	last.Method = s.show(pm)
	if a, ok := s.attempts.get(string(si.LatestAttempt)); ok {
		a.Status, a.Error = "failed", &last
		s.attempts.save(a)
	}
	si.LastError, si.Method, si.Status, si.NextAction = &last, "", "requires_payment_method", nil
	s.setups.save(si)
	s.emit("setup_intent.setup_failed", si)
	e.Setup, e.Method = si, pm
	return e
}

func (c *call) verifySetup() (any, error) {
	si, err := lookup(c, c.setups, c.id, "setupintent", "intent")
	if err != nil {
		return nil, err
	}
	g := c.readGuess()
	if err := c.check(); err != nil {
		return nil, err
	}
	if si.Status != "requires_action" || si.NextAction["type"] != "verify_with_microdeposits" {
		return nil, c.aboutSetup(si, refuse("intent_invalid_state", "", "This SetupIntent cannot be actioned on because it has a status of %s. Only a SetupIntent with one of the following statuses may be actioned on: [\"requires_action\"].", si.Status))
	}
	pm, _ := c.methods.get(string(si.Method))
	e := g.wrong(&si.Tries)
	switch {
	case e == nil:
		c.settleSetup(si, pm)
		return si, nil
	case si.Tries < 3:
		return nil, c.aboutSetup(si, e)
	}
	e.keep = true
	return nil, c.refuseSetup(si, pm, e)
}
