package stripesandbox

import "slices"

func setupOperations() map[string]operation {
	return map[string]operation{
		"POST /v1/setup_intents":                           (*call).createSetup,
		"GET /v1/setup_intents":                            (*call).listSetups,
		"GET /v1/setup_intents/{id}":                       (*call).getSetup,
		"POST /v1/setup_intents/{id}":                      (*call).updateSetup,
		"POST /v1/setup_intents/{id}/confirm":              (*call).confirmSetupIntent,
		"POST /v1/setup_intents/{id}/cancel":               (*call).cancelSetup,
		"POST /v1/setup_intents/{id}/verify_microdeposits": (*call).verifySetup,
		"GET /v1/setup_attempts":                           (*call).listAttempts,
	}
}

func (s *Server) newSetup(scope string) *SetupIntent {
	id := newID("seti_")
	return &SetupIntent{header: header{ID: id, Object: "setup_intent", Created: s.now, Scope: scope}, ClientSecret: id + "_secret_" + token(25),
		Metadata: map[string]string{}, Status: "requires_payment_method", Usage: "off_session"}
}

func (c *call) createSetup() (any, error) {
	si := c.newSetup(c.scope)
	st, method, confirm := c.readSteps(), c.str("payment_method"), c.bool("confirm")
	si.Usage, si.OnBehalfOf, si.MethodTypes = orElse(c.str("usage"), "off_session"), c.text("on_behalf_of"), c.list("payment_method_types")
	customer, automatic := c.str("customer"), c.hash("automatic_payment_methods")
	if c.has("single_use") {
		si.SingleUse = &SingleUse{c.positive("single_use[amount]"), c.currency("single_use[currency]")}
	}
	c.fillSetup(si)
	if err := c.check(); err != nil {
		return nil, err
	}
	if len(si.MethodTypes) == 0 {
		si.MethodTypes, si.Automatic = c.automatic("usd", IntentPlan{}, automatic)
	}
	if err := savable(si.MethodTypes); err != nil {
		return nil, err
	}
	st.layOn(si)
	if err := c.setUpFor(si, customer); err != nil {
		return nil, err
	}
	if err := c.chooseSetupMethod(si, method, st.form); err != nil {
		return nil, err
	}
	if confirm {
		if err := c.canSetUp(si); err != nil {
			return nil, err
		}
	}
	c.setups.add(si)
	c.emit("setup_intent.created", si)
	if !confirm {
		return si, nil
	}
	return si, c.setUp(si)
}

// savable refuses types whose payments cannot be repeated.
func savable(types []string) error {
	for _, kind := range types {
		if !kinds[kind].saves {
			return invalid("", "payment_method_types", "The payment method type `%s` cannot be set up: the sandbox saves card, link, sepa_debit and us_bank_account.", kind)
		}
	}
	return nil
}

// fillSetup reads what a setup intent's creation and update share.
func (c *call) fillSetup(si *SetupIntent) {
	c.into("description", &si.Description)
	si.Metadata, si.Options = c.metadata("metadata", si.Metadata), c.methodOptions(si.Options)
	if c.has("flow_directions") {
		si.Flows = c.list("flow_directions")
	}
	if c.has("attach_to_self") {
		si.AttachSelf = c.bool("attach_to_self")
	}
}

// layOn keeps with the setup intent what outlives the request.
func (st steps) layOn(si *SetupIntent) {
	si.ReturnURL, si.SDK = orElse(st.returnURL, si.ReturnURL), si.SDK || st.sdk
	if st.acceptance != nil {
		si.Acceptance = st.acceptance
	}
}

func (c *call) setUpFor(si *SetupIntent, customer string) error {
	if customer == "" {
		return nil
	}
	cu, err := c.customerOf("customer", customer)
	if err != nil {
		return err
	}
	si.Customer = text(cu.ID)
	return nil
}

func (c *call) chooseSetupMethod(si *SetupIntent, id string, form methodForm) error {
	if id == "" && form.kind == "" {
		return nil
	}
	pm, err := c.methodOr(id, form)
	if err != nil {
		return err
	}
	if e := payable(pm, si.Customer, "SetupIntent"); e != nil {
		return c.aboutSetup(si, e)
	}
	if !slices.Contains(si.MethodTypes, pm.Type) && (si.Automatic == nil || !kinds[pm.Type].saves) {
		return c.aboutSetup(si, refuse("", "payment_method", "The PaymentMethod provided (%s) is not allowed for this SetupIntent. Please attach a PaymentMethod of one of the following types: %s.", pm.Type, oneOfText(si.MethodTypes)))
	}
	si.Method = text(pm.ID)
	if si.Status == "requires_payment_method" || si.Status == "requires_action" {
		si.Status, si.NextAction = "requires_confirmation", nil
	}
	return nil
}

// aboutSetup shows the setup intent in an error, once there is one to show.
func (c *call) aboutSetup(si *SetupIntent, e *apiError) error {
	if _, filed := c.setups.get(si.ID); filed {
		e.Setup = si
	}
	return e
}

// unsettled is the error of a step that a setup intent's status forbids.
func (c *call) unsettled(si *SetupIntent, format string, args ...any) error {
	return c.aboutSetup(si, refuse("setup_intent_unexpected_state", "", format, args...))
}

func (c *call) getSetup() (any, error) {
	si, err := lookup(c, c.setups, c.id, "setupintent", "intent")
	if err != nil {
		return nil, err
	}
	return si, c.check()
}

func (c *call) listSetups() (any, error) {
	customer, method, self := c.wants("customer"), c.wants("payment_method"), c.bool("attach_to_self")
	return page(c, mine(c, c.setups), func(si *SetupIntent) bool {
		return customer(string(si.Customer)) && method(string(si.Method)) && (!self || si.AttachSelf)
	})
}

func (c *call) updateSetup() (any, error) {
	si, err := lookup(c, c.setups, c.id, "setupintent", "intent")
	if err != nil {
		return nil, err
	}
	c.fillSetup(si)
	form, method, customer, types := c.readMethod("payment_method_data"), c.str("payment_method"), c.str("customer"), c.list("payment_method_types")
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := savable(types); err != nil {
		return nil, err
	}
	if len(types) > 0 {
		si.MethodTypes, si.Automatic = types, nil
	}
	if err := c.setUpFor(si, customer); err != nil {
		return nil, err
	}
	if method != "" || form.kind != "" {
		switch si.Status {
		case "succeeded":
			return nil, c.unsettled(si, "You cannot update this SetupIntent because it has already succeeded.")
		case "canceled":
			return nil, c.unsettled(si, "You cannot update this SetupIntent because it has already been canceled.")
		}
	}
	return si, c.chooseSetupMethod(si, method, form)
}

func (c *call) cancelSetup() (any, error) {
	si, err := lookup(c, c.setups, c.id, "setupintent", "intent")
	if err != nil {
		return nil, err
	}
	reason := c.text("cancellation_reason")
	if err := c.check(); err != nil {
		return nil, err
	}
	switch si.Status {
	case "canceled":
		return nil, c.unsettled(si, "You cannot cancel this SetupIntent because it is already canceled.")
	case "succeeded", "processing":
		return nil, c.unsettled(si, "You cannot cancel this SetupIntent because it has a status of %s. Only a SetupIntent with one of the following statuses may be canceled: `requires_payment_method`, `requires_confirmation`, or `requires_action`.", si.Status)
	}
	if cs, ok := c.sessions.get(si.Session); ok && cs.Status == "open" {
		return nil, c.unsettled(si, "You cannot cancel this SetupIntent because it belongs to an open Checkout Session. Expire the session instead.")
	}
	c.dropSetup(si, reason)
	return si, nil
}

// dropSetup cancels a setup intent.
func (s *Server) dropSetup(si *SetupIntent, reason text) {
	if a, ok := s.attempts.get(string(si.LatestAttempt)); ok && si.Status == "requires_action" {
		a.Status = "abandoned"
		s.attempts.save(a)
	}
	si.Status, si.CancelReason, si.NextAction = "canceled", reason, nil
	s.setups.save(si)
	s.emit("setup_intent.canceled", si)
}

func (c *call) listAttempts() (any, error) {
	setup := c.need("setup_intent")
	if _, err := lookup(c, c.setups, setup, "setupintent", "setup_intent"); err != nil {
		return nil, err
	}
	return page(c, mine(c, c.attempts), func(a *SetupAttempt) bool { return a.Setup == setup })
}
