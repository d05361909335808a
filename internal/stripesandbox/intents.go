package stripesandbox

import (
	"slices"
	"strings"
)

// planFrom reads what both a payment intent and a session's payment_intent_data
// can ask for; prefix is "" or "payment_intent_data".
func (c *call) planFrom(prefix string) IntentPlan {
	key := func(k string) string { return k }
	if prefix != "" {
		key = func(k string) string {
			head, tail, nested := strings.Cut(k, "[")
			if nested {
				tail = "[" + tail
			}
			return prefix + "[" + head + "]" + tail
		}
	}
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
	}
}

// checkPlan refuses what Stripe refuses before any money moves.
func (c *call) checkPlan(p IntentPlan, amount int64, prefix string) error {
	param := func(k string) string {
		if prefix == "" {
			return k
		}
		head, tail, _ := strings.Cut(k, "[")
		if tail != "" {
			tail = "[" + tail
		}
		return prefix + "[" + head + "]" + tail
	}
	if p.Fee > amount || p.TransferSum > amount {
		return invalid("", param("application_fee_amount"), "Your application fee or transfer amount cannot be greater than the payment amount (%d).", amount)
	}
	if p.Fee > 0 && p.TransferSum > 0 {
		return invalid("", param("transfer_data[amount]"), "You may not provide both the `application_fee_amount` and the `transfer_data[amount]` parameters.")
	}
	if p.Fee > 0 && p.Destination == "" && c.scope == "" {
		return invalid("", param("application_fee_amount"), "Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment (using an OAuth key or Stripe-Account header) or destination payment (using `transfer_data[destination]`).")
	}
	if len(p.Descriptor) > 22 {
		return invalid("", param("statement_descriptor"), "The statement descriptor must be at most 22 characters.")
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
	if a.Capabilities["transfers"] != "active" {
		return refuse("insufficient_capabilities_for_transfer", "", "Your destination account needs to have at least one of the following capabilities enabled: transfers, crypto_transfers, legacy_payments")
	}
	return nil
}

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

// confirm attempts the payment with the intent's method: it succeeds, holds,
// starts a debit, asks for a challenge, or is the 402 that says why not.
func (s *Server) confirm(in *Intent, offSession bool) error {
	pm, ok := s.methods.get(string(in.Method))
	if !ok {
		return missingRef("PaymentMethod", "payment_method", string(in.Method))
	}
	in.LastError, in.NextAction = nil, nil
	s.intents.save(in)
	if pm.Type == "sepa_debit" {
		s.startDebit(in, pm)
		return nil
	}
	card, _ := cardByNumber(pm.Number)
	switch {
	case card.challenge && offSession && !card.offSessionOK:
		return s.decline(in, pm, testCard{number: card.number, code: "authentication_required", decline: "authentication_required"})
	case card.challenge && !offSession:
		in.Status = "requires_action"
		in.NextAction = map[string]any{"type": "redirect_to_url", "redirect_to_url": map[string]any{
			"url": s.baseURL + "/3ds/" + in.ID, "return_url": text(in.ReturnURL)}}
		s.emit("payment_intent.requires_action", in)
		return nil
	case card.code != "":
		return s.decline(in, pm, card)
	}
	s.accept(in, pm, card)
	return nil
}

// accept authorises the payment and, unless capture is manual, takes the money.
func (s *Server) accept(in *Intent, pm *PaymentMethod, card testCard) {
	ch := s.newCharge(in, pm)
	ch.Status, ch.Paid = "succeeded", true
	ch.Outcome = &Outcome{NetworkStatus: "approved_by_network", RiskLevel: "normal", RiskScore: 20, SellerMessage: "Payment complete.", Type: "authorized"}
	in.LatestCharge = text(ch.ID)
	if in.CaptureMethod == "manual" {
		in.Status, in.Capturable = "requires_capture", in.Amount
		s.at(s.now+7*day, timerHoldEnd, in.ID)
		s.emit("charge.succeeded", ch)
		s.emit("payment_intent.amount_capturable_updated", in)
		return
	}
	s.take(in, ch, in.Amount, int64(in.Fee), card.instant)
	s.emit("charge.succeeded", ch)
	s.succeed(in, ch)
}

// succeed marks the intent paid and lets the card's later trouble begin.
func (s *Server) succeed(in *Intent, ch *Charge) {
	in.Status, in.Received, in.Capturable, in.NextAction = "succeeded", ch.Captured, 0, nil
	s.intents.save(in)
	s.emit("payment_intent.succeeded", in)
	if card, _ := cardByNumber(ch.Number); card.dispute != "" || card.fraudWarning || ch.Number == ibanDisputed {
		s.at(s.now+2, timerTrouble, ch.ID)
	}
}

// decline writes a failed charge and answers 402; the intent asks for another method.
func (s *Server) decline(in *Intent, pm *PaymentMethod, card testCard) error {
	e := card.refusal()
	if card.code == "authentication_required" {
		e.Message = "Your card was declined. This transaction requires authentication."
	}
	ch := s.newCharge(in, pm)
	ch.Status, ch.FailureCode, ch.FailureMessage = "failed", text(card.code), text(e.Message)
	ch.Outcome = &Outcome{NetworkStatus: "declined_by_network", Reason: text(orElse(card.decline, card.code)), RiskLevel: "normal", RiskScore: 20,
		SellerMessage: "The bank did not return any further details with this decline.", Type: "issuer_declined"}
	if card.blocked {
		ch.Outcome = &Outcome{NetworkStatus: "not_sent_to_network", Reason: "highest_risk_level", RiskLevel: "highest", RiskScore: 90, SellerMessage: "Stripe blocked this payment as too risky.", Type: "blocked"}
	}
	e.Charge, e.DocURL = ch.ID, "https://stripe.com/docs/error-codes/"+strings.ReplaceAll(card.code, "_", "-")
	last := *e
	last.Method = s.show(pm)
	in.LastError, in.LatestCharge, in.Method, in.Status, in.NextAction = &last, text(ch.ID), "", "requires_payment_method", nil
	s.intents.save(in)
	s.emit("charge.failed", ch)
	s.emit("payment_intent.payment_failed", in)
	e.Intent, e.Method = in, pm
	return e
}

// challenged ends a 3DS challenge.
func (s *Server) challenged(in *Intent, passed bool) error {
	if in.Status != "requires_action" {
		return unexpected(in, "This PaymentIntent has a status of %s; there is no challenge to complete.", in.Status)
	}
	pm, _ := s.methods.get(string(in.Method))
	card, _ := cardByNumber(pm.Number)
	if !passed {
		e := s.decline(in, pm, testCard{number: card.number, code: "payment_intent_authentication_failure"}).(*apiError)
		e.Message = "We are unable to authenticate your payment method. Please choose a different payment method and try again."
		in.LastError.Message = e.Message
		return e
	}
	if card.code != "" {
		return s.decline(in, pm, card)
	}
	in.NextAction = nil
	s.accept(in, pm, card)
	s.intents.save(in)
	return nil
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
		in.Method, in.Status = text(pm.ID), "requires_confirmation"
	}
	in.Description = orText(description, in.Description)
	in.ReceiptEmail, in.TransferGroup = orText(receipt, in.ReceiptEmail), orText(group, in.TransferGroup)
	in.LastError = nil
	c.intents.save(in)
	return in, nil
}

func orText(v, fallback text) text { return text(orElse(string(v), string(fallback))) }
