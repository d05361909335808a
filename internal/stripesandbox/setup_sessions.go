package stripesandbox

// createSetupSession opens a session that saves a method and takes no money. Its
// setup intent is there from the start.
func (c *call) createSetupSession(cs *Session) (any, error) {
	si := c.newSetup(c.scope)
	c.into("setup_intent_data[description]", &si.Description)
	c.into("setup_intent_data[on_behalf_of]", &si.OnBehalfOf)
	si.Metadata = c.metadata("setup_intent_data[metadata]", nil)
	currency := c.str("currency")
	switch {
	case c.err != nil:
		return nil, c.err
	case c.has("line_items"):
		return nil, invalid("", "line_items", "You can not pass `line_items` in `setup` mode.")
	case c.has("payment_intent_data"):
		return nil, invalid("", "payment_intent_data", "You can not pass `payment_intent_data` in `setup` mode.")
	case len(cs.MethodTypes) == 0 && currency == "":
		return nil, invalid("parameter_missing", "currency", "Missing required param: currency. In `setup` mode a session says its `currency`, or its `payment_method_types`.")
	}
	if len(cs.MethodTypes) == 0 {
		cs.MethodTypes = offered(currency, false)
	}
	if err := savable(cs.MethodTypes); err != nil {
		return nil, err
	}
	cs.Currency, cs.PaymentStatus = currency, "no_payment_required"
	if err := c.checkPage(cs); err != nil {
		return nil, err
	}
	si.Session, si.MethodTypes, si.Customer, si.Options = cs.ID, cs.MethodTypes, cs.Customer, cs.Plan.Options
	cs.Setup = text(si.ID)
	c.setups.add(si)
	c.openAs(cs)
	c.emit("setup_intent.created", si)
	return cs, nil
}

// setUpSession is one attempt of a person to leave a method.
func (s *Server) setUpSession(cs *Session, pm *PaymentMethod, p Payer) error {
	si, _ := s.setups.get(string(cs.Setup))
	s.tell(cs, p.over(pm.Billing), p)
	if si.Customer == "" && cs.Creation == "always" {
		si.Customer = text(s.customerFor(cs).ID)
	}
	si.Method, si.ReturnURL = text(pm.ID), cs.Link
	if err := s.setUp(si); err != nil {
		return err
	}
	if p.PassChallenge != nil && si.Status == "requires_action" {
		return s.endSetupChallenge(si, *p.PassChallenge)
	}
	s.completeSetup(si)
	return nil
}

func (s *Server) endSetupChallenge(si *SetupIntent, passed bool) error {
	if err := s.setupChallenged(si, passed); err != nil {
		return err
	}
	s.completeSetup(si)
	return nil
}

// completeSetup closes the session whose method was kept.
func (s *Server) completeSetup(si *SetupIntent) {
	if cs, ok := s.sessions.get(si.Session); ok && cs.Status == "open" && si.Status == "succeeded" {
		cs.Customer = si.Customer
		s.finish(cs, "no_payment_required")
	}
}
