package stripesandbox

import "slices"

// steps are what a request says of how an intent is confirmed.
type steps struct {
	form       methodForm
	returnURL  string
	offSession bool
	sdk        bool
	noAction   bool
	mandate    string
	acceptance map[string]any
}

func (c *call) readSteps() steps {
	return steps{
		form: c.readMethod("payment_method_data"), returnURL: c.str("return_url"), offSession: c.str("off_session") != "" && c.str("off_session") != "false",
		sdk: c.bool("use_stripe_sdk"), noAction: c.bool("error_on_requires_action"), mandate: c.str("mandate"), acceptance: c.acceptance(),
	}
}

// acceptance is how a customer agreed to a mandate, as the caller tells it.
func (c *call) acceptance() map[string]any {
	const key = "mandate_data[customer_acceptance]"
	if !c.has(key) {
		return nil
	}
	kind := c.str(key + "[type]")
	out := map[string]any{"type": kind, "accepted_at": c.now}
	if at := c.int(key + "[accepted_at]"); at > 0 {
		out["accepted_at"] = at
	}
	if kind == "online" {
		out["online"] = map[string]any{"ip_address": c.text(key + "[online][ip_address]"), "user_agent": c.text(key + "[online][user_agent]")}
	} else {
		out["offline"] = map[string]any{}
	}
	c.ignore(key)
	return out
}

// lay keeps with the intent what outlives the request.
func (st steps) lay(in *Intent) {
	in.ReturnURL = orElse(st.returnURL, in.ReturnURL)
	in.SDK, in.NoAction = in.SDK || st.sdk, st.noAction
	if st.acceptance != nil {
		in.Acceptance = st.acceptance
	}
}

func (c *call) confirmIntent() (any, error) {
	in, err := lookup(c, c.intents, c.id, "payment_intent", "intent")
	if err != nil {
		return nil, err
	}
	st, method := c.readSteps(), c.str("payment_method")
	capture, types := c.str("capture_method"), c.list("payment_method_types")
	options, shipping := c.methodOptions(in.Options), c.shipping("shipping", in.Shipping)
	c.into("receipt_email", &in.ReceiptEmail)
	c.into("setup_future_usage", &in.FutureUsage)
	if err := c.check(); err != nil {
		return nil, err
	}
	if !slices.Contains([]string{"requires_payment_method", "requires_confirmation", "requires_action"}, in.Status) {
		return nil, unexpected(in, "You cannot confirm this PaymentIntent because it has a status of %s. Only a PaymentIntent with one of the following statuses may be confirmed: requires_confirmation, requires_action.", in.Status)
	}
	if len(types) > 0 {
		in.MethodTypes, in.Automatic = types, nil
	}
	in.CaptureMethod, in.Options, in.Shipping = orElse(capture, in.CaptureMethod), options, shipping
	st.lay(in)
	if err := c.chooseMethod(in, method, st.form); err != nil {
		return nil, err
	}
	if in.Method == "" {
		return nil, unexpected(in, "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.")
	}
	if err := c.canConfirm(in, true); err != nil {
		return nil, err
	}
	return in, c.confirmed(in, st)
}

// canConfirm refuses a confirmation that lacks what its method may need.
func (c *call) canConfirm(in *Intent, confirm bool) error {
	if !confirm {
		return nil
	}
	if in.Method == "" {
		return invalid("parameter_missing", "payment_method", "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.")
	}
	pm, _ := c.methods.get(string(in.Method))
	redirects := in.Automatic != nil && in.Automatic["allow_redirects"] != "never" && (in.Currency == "eur" || c.assumes(assumeRedirects) == "always")
	switch {
	case c.public || in.ReturnURL != "":
		return nil // a page brings its own way back
	case redirects:
		return c.about(in, refuse("", "", "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents."))
	case pm.Type == "ideal":
		return c.about(in, refuse("parameter_missing", "return_url", "You must provide a `return_url` when confirming using a payment method that redirects: %s.", pm.Type))
	}
	return nil
}

// confirmed confirms by the API, and refuses a question where none may be asked.
func (c *call) confirmed(in *Intent, st steps) error {
	if m, ok := c.mandates.get(st.mandate); ok && m.Scope == c.scope {
		if pm, ok := c.methods.get(m.Method); ok && pm.Mandate == "" {
			pm.Mandate = m.ID
			c.methods.save(pm)
		}
	} else if st.mandate != "" {
		return missingRef("mandate", "mandate", st.mandate)
	}
	return c.confirm(in, st.offSession)
}
