package stripesandbox

import "strings"

func chargeOperations() map[string]operation {
	return map[string]operation{
		"POST /v1/charges":                    (*call).createCharge,
		"GET /v1/charges":                     (*call).listCharges,
		"GET /v1/charges/{id}":                (*call).getCharge,
		"POST /v1/charges/{id}":               (*call).updateCharge,
		"POST /v1/charges/{id}/capture":       (*call).captureCharge,
		"POST /v1/charges/{id}/refund":        (*call).refundWhole,
		"GET /v1/charges/{id}/refunds":        (*call).listChargeRefunds,
		"POST /v1/charges/{id}/refunds":       (*call).refundCharge,
		"GET /v1/charges/{id}/refunds/{sub}":  (*call).getChargeRefund,
		"POST /v1/charges/{id}/refunds/{sub}": (*call).updateChargeRefund,
	}
}

// createCharge is a payment of the older kind: no intent, no question by the
// bank. It is worked out on an intent that is never filed.
func (c *call) createCharge() (any, error) {
	amount, currency := c.positive("amount"), c.currency("currency")
	c.need("amount")
	plan := c.planFrom("")
	if c.has("destination") {
		plan.Destination, plan.TransferSum = orElse(c.str("destination[account]"), c.str("destination")), c.positive("destination[amount]")
	}
	if fee := c.int("application_fee"); fee > 0 {
		plan.Fee = fee
	}
	if c.has("capture") && !c.bool("capture") {
		plan.CaptureMethod = "manual"
	}
	customer, source, shown := c.str("customer"), orElse(c.str("source"), c.str("card")), c.readSource("card")
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := chargeable(amount, currency, "amount"); err != nil {
		return nil, err
	}
	if err := c.checkPlan(plan, amount, ""); err != nil {
		return nil, err
	}
	in := c.draftIntent(c.scope, amount, currency, plan, []string{"card"})
	in.header = header{Scope: c.scope}
	pm, err := c.sourceToCharge(in, customer, source, shown)
	if err != nil {
		return nil, err
	}
	return c.chargeNow(in, pm)
}

// chargeNow asks the bank, who cannot ask the customer.
func (c *call) chargeNow(in *Intent, pm *PaymentMethod) (any, error) {
	card, _ := cardByNumber(pm.Number)
	if !card.alone(pm) {
		card = testCard{number: card.number, code: "authentication_required", decline: "authentication_required"}
	}
	if pm.Type == "card" && card.code != "" {
		ch, e := c.refusedCharge(in, pm, card)
		c.emit("charge.failed", ch)
		return nil, e
	}
	pm.passChecks()
	ch := c.authorise(in, pm, card)
	switch {
	case pm.Type != "card":
		ch.Status, ch.Paid = "pending", false
		c.at(debitEnds(pm.Type, c.now), timerDebit, ch.ID)
		c.emit("charge.pending", ch)
	case in.CaptureMethod == "manual":
		c.at(c.now+7*day, timerHoldEnd, ch.ID)
		c.emit("charge.succeeded", ch)
	default:
		c.take(in, ch, ch.Amount, int64(in.Fee), card.instant)
		c.emit("charge.succeeded", ch)
		c.expectTrouble(ch)
	}
	return ch, nil
}

// settleCharge is a bank's answer to a debit without an intent.
func (s *Server) settleCharge(ch *Charge) {
	account, _ := debitByNumber(ch.Number)
	if account.failure != "" {
		ch.Status, ch.FailureCode, ch.FailureMessage = "failed", text(account.failure), text(debitReasons[account.failure])
		s.charges.save(ch)
		s.emit("charge.failed", ch)
		return
	}
	ch.Status, ch.Paid = "succeeded", true
	s.take(ch.asIntent(), ch, ch.Amount, int64(ch.Fee), false)
	s.emit("charge.succeeded", ch)
	s.expectTrouble(ch)
}

// asIntent is what taking a charge's money needs to know of an intent.
func (ch *Charge) asIntent() *Intent {
	return &Intent{header: header{Scope: ch.Scope}, Amount: ch.Amount, Currency: ch.Currency, Fee: ch.Fee, TransferData: ch.TransferData, TransferGroup: ch.TransferGroup}
}

func (c *call) getCharge() (any, error) {
	ch, err := lookup(c, c.charges, c.id, "charge", "id")
	if err != nil {
		return nil, err
	}
	return ch, c.check()
}

func (c *call) listCharges() (any, error) {
	intent, group, customer := c.wants("payment_intent"), c.wants("transfer_group"), c.wants("customer")
	return page(c, mine(c, c.charges), func(ch *Charge) bool {
		return intent(string(ch.Intent)) && group(string(ch.TransferGroup)) && customer(string(ch.Customer))
	})
}

func (c *call) updateCharge() (any, error) {
	ch, err := lookup(c, c.charges, c.id, "charge", "id")
	if err != nil {
		return nil, err
	}
	before := c.show(ch)
	ch.Metadata, ch.Shipping = c.metadata("metadata", ch.Metadata), c.shipping("shipping", ch.Shipping)
	c.into("description", &ch.Description)
	c.into("receipt_email", &ch.ReceiptEmail)
	group, customer, report := c.text("transfer_group"), c.str("customer"), c.str("fraud_details[user_report]")
	if err := c.check(); err != nil {
		return nil, err
	}
	if group != "" && ch.TransferGroup != "" && group != ch.TransferGroup {
		return nil, refuse("", "transfer_group", "The transfer_group of charge %s is already set and cannot be changed.", ch.ID)
	}
	ch.TransferGroup = orText(group, ch.TransferGroup)
	if customer != "" {
		cu, err := c.customerOf("customer", customer)
		if err != nil {
			return nil, err
		}
		if ch.Customer != "" && string(ch.Customer) != cu.ID {
			return nil, refuse("", "customer", "Charge %s already has a customer.", ch.ID)
		}
		ch.Customer = text(cu.ID)
	}
	if c.has("fraud_details") {
		ch.Fraud = map[string]string{}
		if report != "" {
			ch.Fraud["user_report"] = report
		}
	}
	c.emitChange("charge.updated", ch.Scope, before, ch)
	return ch, nil
}

// captureCharge takes a held charge's money; a charge of an intent is captured there.
func (c *call) captureCharge() (any, error) {
	ch, err := lookup(c, c.charges, c.id, "charge", "id")
	if err != nil {
		return nil, err
	}
	if in, ok := c.intents.get(string(ch.Intent)); ok && in.Status == "requires_capture" {
		c.id = in.ID
		if v := c.str("amount"); v != "" {
			c.values.Set("amount_to_capture", v)
		}
		_, err := c.captureIntent()
		return ch, err
	}
	amount, fee, sum := c.positive("amount"), orInt(c.int("application_fee_amount"), c.int("application_fee")), c.positive("transfer_data[amount]")
	c.into("receipt_email", &ch.ReceiptEmail)
	c.into("statement_descriptor", &ch.Descriptor)
	c.into("statement_descriptor_suffix", &ch.DescriptorTail)
	c.into("transfer_group", &ch.TransferGroup)
	if err := c.check(); err != nil {
		return nil, err
	}
	amount, fee = orInt(amount, ch.Amount), orInt(fee, int64(ch.Fee))
	switch {
	case ch.IsCaptured:
		return nil, refuse("charge_already_captured", "", "Charge %s has already been captured.", ch.ID)
	case ch.IsRefunded:
		return nil, refuse("charge_expired_for_capture", "", "Charge %s could not be captured because it expired or was refunded.", ch.ID)
	case ch.Status != "succeeded":
		return nil, refuse("", "", "Charge %s was not successful; there is nothing to capture.", ch.ID)
	case amount > ch.Amount:
		return nil, refuse("amount_too_large", "amount", "The amount to capture (%s) is greater than the amount that can be captured (%s).", human(amount, ch.Currency), human(ch.Amount, ch.Currency))
	case fee > amount:
		return nil, refuse("", "application_fee_amount", "Your application fee cannot be greater than the amount to capture (%d).", amount)
	}
	if sum > 0 && ch.TransferData != nil {
		ch.TransferData.Amount = sum
	}
	card, _ := cardByNumber(ch.Number)
	c.stop(timerHoldEnd, ch.ID)
	c.take(ch.asIntent(), ch, amount, fee, card.instant)
	c.emit("charge.captured", ch)
	c.expectTrouble(ch)
	return ch, nil
}

func orInt(n, fallback int64) int64 {
	if n == 0 {
		return fallback
	}
	return n
}

func (c *call) refundCharge() (any, error) { return c.refundOf(c.id, "") }

// refundWhole answers the charge instead of the refund.
func (c *call) refundWhole() (any, error) {
	if _, err := c.refundOf(c.id, ""); err != nil {
		return nil, err
	}
	ch, _ := c.charges.get(c.id)
	return ch, nil
}

func (c *call) listChargeRefunds() (any, error) {
	ch, err := lookup(c, c.charges, c.id, "charge", "charge")
	if err != nil {
		return nil, err
	}
	return page(c, byID(c.refunds, ch.Refunds), nil)
}

func (c *call) getChargeRefund() (any, error) {
	re, ok := c.refunds.get(c.sub)
	if !ok || re.Charge != c.id || re.Scope != c.scope {
		return nil, missing("refund", "refund", c.sub)
	}
	return re, c.check()
}

func (c *call) updateChargeRefund() (any, error) {
	if _, err := c.getChargeRefund(); err != nil && strings.HasPrefix(c.sub, "re_") {
		return nil, err
	}
	c.id = c.sub
	return c.updateRefund()
}
