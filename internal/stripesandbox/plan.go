package stripesandbox

import (
	"strings"
	"unicode"
)

// within names a parameter inside another: b[c] within a is a[b][c].
func within(prefix, key string) string {
	if prefix == "" {
		return key
	}
	head, tail, nested := strings.Cut(key, "[")
	if nested {
		tail = "[" + tail
	}
	return prefix + "[" + head + "]" + tail
}

// planFrom reads what both a payment intent and a session's payment_intent_data
// can ask for; prefix is "" or "payment_intent_data".
func (c *call) planFrom(prefix string) IntentPlan {
	key := func(k string) string { return within(prefix, k) }
	return IntentPlan{
		Fee:           c.int(key("application_fee_amount")),
		Destination:   c.str(key("transfer_data[destination]")),
		TransferSum:   c.positive(key("transfer_data[amount]")),
		OnBehalfOf:    c.text(key("on_behalf_of")),
		CaptureMethod: c.oneOf(key("capture_method"), "automatic", "automatic", "automatic_async", "manual"),
		Description:   c.text(key("description")),
		Metadata:      c.metadata(key("metadata"), nil),
		ReceiptEmail:  c.text(key("receipt_email")),
		FutureUsage:   c.text(key("setup_future_usage")),
		Descriptor:    c.text(key("statement_descriptor")),
		Suffix:        c.text(key("statement_descriptor_suffix")),
		Group:         c.text(key("transfer_group")),
		Shipping:      c.shipping(key("shipping"), nil),
		Options:       c.methodOptions(nil),
	}
}

// checkPlan refuses what Stripe refuses before any money moves.
func (c *call) checkPlan(p IntentPlan, amount int64, prefix string) error {
	param := func(k string) string { return within(prefix, k) }
	if p.Fee > amount || p.TransferSum > amount {
		return invalid("", param("application_fee_amount"), "Your application fee or transfer amount cannot be greater than the payment amount (%d).", amount)
	}
	if p.Fee > 0 && p.TransferSum > 0 {
		return invalid("", param("transfer_data[amount]"), "You may not provide both the `application_fee_amount` and the `transfer_data[amount]` parameters.")
	}
	if p.Fee > 0 && p.Destination == "" && c.scope == "" {
		return invalid("", param("application_fee_amount"), "Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment (using an OAuth key or Stripe-Account header) or destination payment (using `transfer_data[destination]`).")
	}
	if err := checkDescriptor(p.Descriptor, param("statement_descriptor")); err != nil {
		return err
	}
	if err := checkDescriptor(p.Suffix, param("statement_descriptor_suffix")); err != nil {
		return err
	}
	if p.Destination != "" {
		if err := c.canReceive(p.Destination, param("transfer_data[destination]")); err != nil {
			return err
		}
	}
	if p.OnBehalfOf != "" {
		a, ok := c.accounts.get(string(p.OnBehalfOf))
		if !ok || a.Disconnected {
			return missingRef("on_behalf_of account", param("on_behalf_of"), string(p.OnBehalfOf))
		}
		if a.Capabilities["card_payments"] != "active" {
			return invalid("", param("on_behalf_of"), "Your account cannot currently make live charges on behalf of '%s': it needs the card_payments capability.", a.ID)
		}
	}
	return nil
}

// canReceive says whether an account can be the destination of money.
func (s *Server) canReceive(account, param string) error {
	a, ok := s.accounts.get(account)
	if !ok || a.Disconnected {
		return missingRef("destination", param, account)
	}
	if a.Type == "standard" && len(a.Requested) == 0 && s.assumes(assumeStandard) == "yes" {
		return nil
	}
	if a.Capabilities["transfers"] != "active" {
		return refuse("insufficient_capabilities_for_transfer", "", "Your destination account needs to have at least one of the following capabilities enabled: transfers, crypto_transfers, legacy_payments")
	}
	return nil
}

// checkDescriptor refuses what a bank statement cannot show.
func checkDescriptor(d text, param string) error {
	switch {
	case len(d) > 22:
		return invalid("", param, "The statement descriptor must be at most 22 characters.")
	case strings.ContainsAny(string(d), "<>\\'\"*"):
		return invalid("", param, "The statement descriptor contains an invalid character: <, >, \\, ', \" and * are not allowed.")
	case d != "" && !strings.ContainsFunc(string(d), unicode.IsLetter):
		return invalid("", param, "The statement descriptor must contain at least one alphabetic character.")
	}
	return nil
}
