package stripesandbox

import "slices"

func intentOperations() map[string]operation {
	return map[string]operation{
		"POST /v1/payment_intents":                              (*call).createIntent,
		"GET /v1/payment_intents":                               (*call).listIntents,
		"GET /v1/payment_intents/{id}":                          (*call).getIntent,
		"POST /v1/payment_intents/{id}":                         (*call).updateIntent,
		"POST /v1/payment_intents/{id}/confirm":                 (*call).confirmIntent,
		"POST /v1/payment_intents/{id}/capture":                 (*call).captureIntent,
		"POST /v1/payment_intents/{id}/cancel":                  (*call).cancelIntent,
		"POST /v1/payment_intents/{id}/increment_authorization": (*call).incrementIntent,
		"POST /v1/payment_intents/{id}/verify_microdeposits":    (*call).verifyIntent,
		"GET /v1/mandates/{id}":                                 (*call).getMandate,
	}
}

// newIntent files a payment intent made from a plan.
func (s *Server) newIntent(scope string, amount int64, currency string, p IntentPlan, types []string) *Intent {
	in := s.draftIntent(scope, amount, currency, p, types)
	s.intents.add(in)
	s.emit("payment_intent.created", in)
	return in
}

func (s *Server) draftIntent(scope string, amount int64, currency string, p IntentPlan, types []string) *Intent {
	id := newID("pi_")
	in := &Intent{
		header: header{ID: id, Object: "payment_intent", Created: s.now, Scope: scope},
		Amount: amount, Currency: currency, Fee: number(p.Fee), CaptureMethod: p.CaptureMethod, Confirmation: "automatic",
		ClientSecret: id + "_secret_" + token(25), Description: p.Description, Metadata: p.Metadata, OnBehalfOf: p.OnBehalfOf,
		MethodTypes: types, ReceiptEmail: p.ReceiptEmail, FutureUsage: p.FutureUsage, Descriptor: p.Descriptor, DescriptorTail: p.Suffix,
		Status: "requires_payment_method", TransferGroup: p.Group, Shipping: p.Shipping, Options: p.Options,
	}
	if p.Destination != "" {
		in.TransferData = &TransferData{Destination: p.Destination, Amount: p.TransferSum}
	}
	return in
}

func (c *call) createIntent() (any, error) {
	amount, currency := c.positive("amount"), c.currency("currency")
	plan, steps := c.planFrom(""), c.readSteps()
	types, customer, method := c.list("payment_method_types"), c.str("customer"), c.str("payment_method")
	automatic, confirm := c.hash("automatic_payment_methods"), c.bool("confirm")
	manual := c.oneOf("confirmation_method", "automatic", "automatic", "manual")
	if err := c.check(); err != nil {
		return nil, err
	}
	if len(types) > 0 && automatic["enabled"] == "true" {
		return nil, invalid("parameter_missing", "automatic_payment_methods", "You may only specify one of these parameters: automatic_payment_methods, payment_method_types.")
	}
	if err := c.checkIntent(amount, currency, plan, types); err != nil {
		return nil, err
	}
	in := c.draftIntent(c.scope, amount, currency, plan, types)
	in.Confirmation = manual
	if len(types) == 0 {
		in.MethodTypes, in.Automatic = c.automatic(currency, plan, automatic)
	}
	steps.lay(in)
	if customer != "" {
		cu, err := c.customerOf("customer", customer)
		if err != nil {
			return nil, err
		}
		in.Customer = text(cu.ID)
		if method == "" && confirm && steps.form.kind == "" {
			method = string(cu.DefaultSource) // as it was for charges
		}
	}
	if err := c.chooseMethod(in, method, steps.form); err != nil {
		return nil, err
	}
	if err := c.canConfirm(in, confirm); err != nil {
		return nil, err
	}
	c.intents.add(in)
	c.emit("payment_intent.created", in)
	if !confirm {
		return in, nil
	}
	return in, c.confirmed(in, steps)
}

// automatic are the types of an intent that names none. Since 2023-08-16 that
// alone means automatic payment methods, as far as is known; enabled=false asks
// for cards only.
func (c *call) automatic(currency string, plan IntentPlan, asked map[string]string) ([]string, map[string]any) {
	if asked["enabled"] == "false" || asked["enabled"] == "" && c.assumes(assumeAutomatic) == "no" {
		return []string{"card"}, nil
	}
	return offered(currency, plan.CaptureMethod == "manual"), map[string]any{"enabled": true, "allow_redirects": orElse(asked["allow_redirects"], "always")}
}

// checkIntent refuses what Stripe refuses of a new intent.
func (c *call) checkIntent(amount int64, currency string, plan IntentPlan, types []string) error {
	if err := chargeable(amount, currency, "amount"); err != nil {
		return err
	}
	for _, kind := range types {
		if err := usable(kind, currency, plan.CaptureMethod == "manual", "payment_method_types", "capture_method"); err != nil {
			return err
		}
	}
	return c.checkPlan(plan, amount, "")
}

// chooseMethod gives an intent a method by its id, or makes one of inline data.
func (c *call) chooseMethod(in *Intent, id string, form methodForm) error {
	if id == "" && form.kind == "" {
		return nil
	}
	pm, err := c.methodOr(id, form)
	if err != nil {
		return err
	}
	if e := payable(pm, in.Customer, "PaymentIntent"); e != nil && id != string(in.Method) {
		return c.about(in, e)
	}
	if !in.accepts(pm.Type) {
		return c.about(in, refuse("payment_intent_incompatible_payment_method", "payment_method", "The PaymentMethod provided (%s) is not allowed for this PaymentIntent. Please attach a PaymentMethod of one of the following types: %s. Alternatively, update the allowed payment_method_types for this PaymentIntent to include \"%s\"",
			pm.Type, oneOfText(in.MethodTypes), pm.Type))
	}
	if err := usable(pm.Type, in.Currency, in.CaptureMethod == "manual", "payment_method", "capture_method"); err != nil {
		return err
	}
	in.Authenticated = in.Authenticated && pm.ID == string(in.Method)
	in.Method = text(pm.ID)
	if in.Status == "requires_payment_method" || in.Status == "requires_action" {
		in.Status, in.NextAction = "requires_confirmation", nil
	}
	return nil
}

// methodOr is the method with an id, or a new one of inline data.
func (c *call) methodOr(id string, form methodForm) (*PaymentMethod, error) {
	if id == "" {
		return c.makeMethod(form)
	}
	return c.useMethod(id)
}

// about shows the intent in an error, once there is one to show.
func (c *call) about(in *Intent, e *apiError) error {
	if _, filed := c.intents.get(in.ID); filed {
		e.Intent = in
	}
	return e
}

// accepts: with automatic methods everything that the currency allows.
func (in *Intent) accepts(kind string) bool {
	return in.Automatic != nil && (in.Automatic["allow_redirects"] != "never" || kind != "ideal") || slices.Contains(in.MethodTypes, kind)
}

func orElse(v, fallback string) string {
	if v == "" {
		return fallback
	}
	return v
}

// unexpected is the error of a step that an intent's status forbids.
func unexpected(in *Intent, format string, args ...any) *apiError {
	e := refuse("payment_intent_unexpected_state", "", format, args...)
	e.Intent = in
	return e
}

func (c *call) getIntent() (any, error) {
	in, err := lookup(c, c.intents, c.id, "payment_intent", "intent")
	if err != nil {
		return nil, err
	}
	return in, c.check()
}

func (c *call) listIntents() (any, error) {
	customer := c.wants("customer")
	return page(c, mine(c, c.intents), func(in *Intent) bool { return customer(string(in.Customer)) })
}

func orText(v, fallback text) text { return text(orElse(string(v), string(fallback))) }
