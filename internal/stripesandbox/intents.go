package stripesandbox

import "slices"

// newIntent files a payment intent made from a plan.
func (s *Server) newIntent(scope string, amount int64, currency string, p IntentPlan, types []string) *Intent {
	id := newID("pi_")
	in := &Intent{
		header: header{ID: id, Object: "payment_intent", Created: s.now, Scope: scope},
		Amount: amount, Currency: currency, Fee: number(p.Fee), CaptureMethod: p.CaptureMethod, Confirmation: "automatic",
		ClientSecret: id + "_secret_" + token(25), Description: p.Description, Metadata: p.Metadata, OnBehalfOf: p.OnBehalfOf,
		MethodTypes: types, ReceiptEmail: p.ReceiptEmail, FutureUsage: p.FutureUsage, Descriptor: p.Descriptor, DescriptorTail: p.Suffix,
		Status: "requires_payment_method", TransferGroup: p.Group,
	}
	if p.Destination != "" {
		in.TransferData = &TransferData{Destination: p.Destination, Amount: p.TransferSum}
	}
	s.intents.add(in)
	s.emit("payment_intent.created", in)
	return in
}

func (c *call) createIntent() (any, error) {
	amount, currency := c.positive("amount"), c.currency("currency")
	c.need("amount")
	plan := c.planFrom("")
	types := c.list("payment_method_types")
	customer, method, returnURL := c.text("customer"), c.str("payment_method"), c.str("return_url")
	confirm, offSession := c.bool("confirm"), c.bool("off_session")
	manual := c.oneOf("confirmation_method", "automatic", "automatic", "manual")
	automatic := c.hash("automatic_payment_methods")
	c.ignore("error_on_requires_action", "use_stripe_sdk", "shipping", "mandate_data")
	if err := c.check(); err != nil {
		return nil, err
	}
	if amount < 50 && slices.Contains([]string{"usd", "eur", "chf"}, currency) {
		return nil, invalid("amount_too_small", "amount", "Amount must be at least %s", human(50, currency))
	}
	if err := c.checkPlan(plan, amount, ""); err != nil {
		return nil, err
	}
	var pm *PaymentMethod
	if method != "" {
		var err error
		if pm, err = c.useMethod(method); err != nil {
			return nil, err
		}
		if e := payable(pm, customer, "PaymentIntent"); e != nil {
			return nil, e
		}
	}
	if len(types) == 0 {
		types = []string{"card"}
	}
	in := c.newIntent(c.scope, amount, currency, plan, types)
	in.Customer, in.ReturnURL, in.Confirmation = customer, returnURL, manual
	if automatic["enabled"] == "true" {
		in.Automatic = map[string]any{"enabled": true, "allow_redirects": orElse(automatic["allow_redirects"], "always")}
	}
	if pm != nil {
		in.Method, in.Status = text(pm.ID), "requires_confirmation"
	}
	c.intents.save(in)
	if !confirm {
		return in, nil
	}
	return in, c.confirm(in, offSession)
}

func orElse(v, fallback string) string {
	if v == "" {
		return fallback
	}
	return v
}

func (c *call) confirmIntent() (any, error) {
	in, err := lookup(c, c.intents, c.id, "payment_intent", "intent")
	if err != nil {
		return nil, err
	}
	method, returnURL, off := c.str("payment_method"), c.str("return_url"), c.bool("off_session")
	c.ignore("capture_method", "receipt_email", "use_stripe_sdk", "error_on_requires_action", "mandate_data")
	if err := c.check(); err != nil {
		return nil, err
	}
	if !slices.Contains([]string{"requires_payment_method", "requires_confirmation", "requires_action"}, in.Status) {
		return nil, unexpected(in, "You cannot confirm this PaymentIntent because it has a status of %s. Only a PaymentIntent with one of the following statuses may be confirmed: requires_confirmation, requires_action.", in.Status)
	}
	if method != "" {
		pm, err := c.useMethod(method)
		if err != nil {
			return nil, err
		}
		if e := payable(pm, in.Customer, "PaymentIntent"); e != nil {
			return nil, e.with(in)
		}
		in.Method = text(pm.ID)
	}
	if in.Method == "" {
		return nil, unexpected(in, "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.")
	}
	in.ReturnURL = orElse(returnURL, in.ReturnURL)
	c.intents.save(in)
	return in, c.confirm(in, off)
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
	c.ignore("client_secret")
	return in, c.check()
}

func (c *call) listIntents() (any, error) {
	customer := c.wants("customer")
	return page(c, mine(c, c.intents), func(in *Intent) bool { return customer(string(in.Customer)) })
}

func (c *call) updateIntent() (any, error) {
	in, err := lookup(c, c.intents, c.id, "payment_intent", "intent")
	if err != nil {
		return nil, err
	}
	amount, fee, method := c.positive("amount"), c.positive("application_fee_amount"), c.str("payment_method")
	sum, description := c.positive("transfer_data[amount]"), c.text("description")
	in.Metadata = c.metadata("metadata", in.Metadata)
	receipt, group := c.text("receipt_email"), c.text("transfer_group")
	if err := c.check(); err != nil {
		return nil, err
	}
	open := in.Status == "requires_payment_method" || in.Status == "requires_confirmation" || in.Status == "requires_action"
	if !open && (amount > 0 || method != "") {
		return nil, unexpected(in, "This PaymentIntent's amount could not be updated because it has a status of %s. You may only update the amount of a PaymentIntent with one of the following statuses: requires_payment_method, requires_confirmation, requires_action.", in.Status)
	}
	if amount > 0 {
		in.Amount = amount
	}
	if fee > 0 {
		in.Fee = number(min(fee, in.Amount))
	}
	if sum > 0 && in.TransferData != nil {
		in.TransferData.Amount = min(sum, in.Amount)
	}
	if method != "" {
		pm, err := c.useMethod(method)
		if err != nil {
			return nil, err
		}
		if e := payable(pm, in.Customer, "PaymentIntent"); e != nil {
			return nil, e.with(in)
		}
		in.Method, in.Status = text(pm.ID), "requires_confirmation"
	}
	in.Description = orText(description, in.Description)
	in.ReceiptEmail, in.TransferGroup = orText(receipt, in.ReceiptEmail), orText(group, in.TransferGroup)
	in.LastError = nil
	c.intents.save(in)
	return in, nil
}

func orText(v, fallback text) text { return text(orElse(string(v), string(fallback))) }
