package stripesandbox

import "slices"

func (c *call) updateIntent() (any, error) {
	in, err := lookup(c, c.intents, c.id, "payment_intent", "intent")
	if err != nil {
		return nil, err
	}
	amount, fee, sum := c.positive("amount"), c.int("application_fee_amount"), c.positive("transfer_data[amount]")
	method, customer, form, types := c.str("payment_method"), c.str("customer"), c.readMethod("payment_method_data"), c.list("payment_method_types")
	in.Metadata, in.Shipping, in.Options = c.metadata("metadata", in.Metadata), c.shipping("shipping", in.Shipping), c.methodOptions(in.Options)
	for key, to := range map[string]*text{"description": &in.Description, "receipt_email": &in.ReceiptEmail, "transfer_group": &in.TransferGroup,
		"setup_future_usage": &in.FutureUsage, "statement_descriptor": &in.Descriptor, "statement_descriptor_suffix": &in.DescriptorTail} {
		c.into(key, to)
	}
	capture, currency := c.str("capture_method"), c.str("currency")
	if err := c.check(); err != nil {
		return nil, err
	}
	open := slices.Contains([]string{"requires_payment_method", "requires_confirmation", "requires_action"}, in.Status)
	if !open && (amount > 0 || method != "" || currency != "") {
		return nil, unexpected(in, "This PaymentIntent's amount could not be updated because it has a status of %s. You may only update the amount of a PaymentIntent with one of the following statuses: requires_payment_method, requires_confirmation, requires_action.", in.Status)
	}
	if amount > 0 {
		in.Amount = amount
	}
	if len(types) > 0 {
		in.MethodTypes, in.Automatic = types, nil
	}
	in.CaptureMethod, in.Currency = orElse(capture, in.CaptureMethod), orElse(currency, in.Currency)
	if sum > 0 && in.TransferData != nil {
		in.TransferData.Amount = sum
	}
	if c.has("application_fee_amount") {
		in.Fee = number(fee)
	}
	if err := c.checkIntent(in.Amount, in.Currency, in.plan(), types); open && err != nil {
		return nil, err
	}
	if err := c.setCustomer(in, customer); err != nil {
		return nil, err
	}
	if err := c.chooseMethod(in, method, form); err != nil {
		return nil, err
	}
	in.LastError = nil
	return in, nil
}

// plan is what the intent was asked for, as its checks read it.
func (in *Intent) plan() IntentPlan {
	p := IntentPlan{Fee: int64(in.Fee), CaptureMethod: in.CaptureMethod, Descriptor: in.Descriptor, Suffix: in.DescriptorTail}
	if in.TransferData != nil {
		p.Destination, p.TransferSum = in.TransferData.Destination, in.TransferData.Amount
	}
	return p
}

// setCustomer: an intent keeps its customer once it has one.
func (c *call) setCustomer(in *Intent, id string) error {
	if id == "" || id == string(in.Customer) {
		return nil
	}
	if in.Customer != "" {
		return c.about(in, refuse("payment_intent_invalid_parameter", "customer", "The customer of this PaymentIntent cannot be modified once it has been set."))
	}
	cu, err := c.customerOf("customer", id)
	if err != nil {
		return err
	}
	in.Customer = text(cu.ID)
	return nil
}

// incrementIntent holds more than was held, where the intent asked for that.
func (c *call) incrementIntent() (any, error) {
	in, err := lookup(c, c.intents, c.id, "payment_intent", "intent")
	if err != nil {
		return nil, err
	}
	amount, fee, sum := c.positive("amount"), c.int("application_fee_amount"), c.positive("transfer_data[amount]")
	in.Metadata = c.metadata("metadata", in.Metadata)
	c.into("description", &in.Description)
	c.into("statement_descriptor", &in.Descriptor)
	if err := c.check(); err != nil {
		return nil, err
	}
	switch {
	case in.Status != "requires_capture":
		return nil, unexpected(in, "This PaymentIntent's authorization could not be incremented because it has a status of %s. Only a PaymentIntent with one of the following statuses may be incremented: requires_capture.", in.Status)
	case in.option("card", "request_incremental_authorization") != "if_available":
		return nil, c.about(in, refuse("", "", "This PaymentIntent is not eligible for incremental authorization. Set `payment_method_options[card][request_incremental_authorization]` to `if_available` when you create it."))
	case amount <= in.Amount:
		return nil, c.about(in, refuse("", "amount", "The amount to increment to (%s) must be greater than the amount that is authorized (%s).", human(amount, in.Currency), human(in.Amount, in.Currency)))
	}
	ch, _ := c.charges.get(string(in.LatestCharge))
	in.Amount, in.Capturable, ch.Amount = amount, amount, amount
	if c.has("application_fee_amount") {
		in.Fee, ch.Fee = number(fee), number(fee)
	}
	if sum > 0 && in.TransferData != nil {
		in.TransferData.Amount = sum
	}
	if err := c.checkPlan(in.plan(), amount, ""); err != nil {
		return nil, err
	}
	ch.Description, ch.Metadata = in.Description, in.Metadata
	c.charges.save(ch)
	c.emit("payment_intent.amount_capturable_updated", in)
	return in, nil
}
