package stripesandbox

// refundPlan is a refund that has passed its checks.
type refundPlan struct {
	ch        *Charge
	amount    int64
	completes bool
	reverse   int64  // of the transfer
	fee       int64  // of the application fee
	email     string // where to ask the payer for an account, for methods that money cannot go back to
}

func (c *call) createRefund() (any, error) {
	return c.refundOf(c.str("charge"), c.str("payment_intent"))
}

// refundOf refunds a charge, or the charge of an intent.
func (c *call) refundOf(chargeID, intentID string) (any, error) {
	amount := c.positive("amount")
	reverse, refundFee := c.bool("reverse_transfer"), c.bool("refund_application_fee")
	reason := c.oneOf("reason", "", "duplicate", "fraudulent", "requested_by_customer")
	metadata, email := c.metadata("metadata", nil), c.str("instructions_email")
	if err := c.check(); err != nil {
		return nil, err
	}
	ch, err := c.chargeToRefund(chargeID, intentID)
	if err != nil {
		return nil, err
	}
	if tr, ok := c.transfers.get(string(ch.SourceTransfer)); ok {
		return c.giveBack(ch, tr, amount, metadata)
	}
	plan, err := c.planRefund(ch, amount, reverse, refundFee)
	if err != nil {
		return nil, err
	}
	kind := ch.MethodDetails["type"]
	if plan.email = email; email == "" && kind == "oxxo" {
		plan.email = orElse(string(ch.Billing.Email), string(ch.ReceiptEmail))
	}
	if kind == "oxxo" && plan.email == "" {
		return nil, invalid("parameter_missing", "instructions_email", "Missing required param: instructions_email.")
	}
	if kind == "card" {
		plan.email = "" // it goes back to the card: nobody needs to be asked where to
	}
	return c.refund(plan, reason, metadata), nil
}

func (c *call) chargeToRefund(chargeID, intentID string) (*Charge, error) {
	if chargeID == "" && intentID == "" {
		return nil, invalid("parameter_missing", "charge", "One of the following params should be provided for this request: payment_intent or charge.")
	}
	if chargeID == "" {
		in, ok := c.intents.get(intentID)
		if !ok || in.Scope != c.scope {
			return nil, missingRef("payment_intent", "payment_intent", intentID)
		}
		if in.Status == "requires_capture" {
			return nil, refuse("", "", "This PaymentIntent (%s) does not have a successful charge to refund: it was never captured. To release the money, cancel the PaymentIntent instead.", in.ID)
		}
		if in.LatestCharge == "" {
			return nil, refuse("", "", "This PaymentIntent (%s) does not have a successful charge to refund.", in.ID)
		}
		chargeID = string(in.LatestCharge)
	}
	ch, ok := c.charges.get(chargeID)
	if !ok || ch.Scope != c.scope {
		return nil, missing("charge", "id", chargeID)
	}
	return ch, nil
}

// planRefund checks everything a refund can be refused for, before any of it happens.
func (s *Server) planRefund(ch *Charge, amount int64, reverse, refundFee bool) (refundPlan, error) {
	none := refundPlan{}
	left := ch.Captured - ch.Refunded
	switch {
	case ch.Status == "succeeded" && !ch.IsCaptured && !ch.IsRefunded:
		return none, refuse("", "", "Charge %s has not been captured. To release the money, cancel its PaymentIntent instead.", ch.ID)
	case ch.IsRefunded || (ch.Status == "succeeded" && left == 0):
		return none, refuse("charge_already_refunded", "", "Charge %s has already been refunded.", ch.ID)
	case ch.Status != "succeeded":
		return none, refuse("", "", "This charge (%s) was not successful; there is nothing to refund.", ch.ID)
	case s.chargedBack(ch):
		return none, refuse("charge_disputed", "", "Charge %s has been charged back; cannot issue a refund.", ch.ID)
	case amount > ch.Captured:
		return none, refuse("", "amount", "Refund amount (%s) is greater than charge amount (%s)", human(amount, ch.Currency), human(ch.Captured, ch.Currency))
	case amount > left:
		return none, refuse("", "amount", "Refund amount (%s) is greater than unrefunded amount on charge (%s)", human(amount, ch.Currency), human(left, ch.Currency))
	case reverse && ch.Transfer == "":
		return none, refuse("", "reverse_transfer", "Cannot reverse transfer for charge %s: it has no associated transfer.", ch.ID)
	case refundFee && !reverse && ch.Transfer != "" && ch.FeeID != "" && s.assumes(assumeLoneFee) == "refuse":
		return none, refuse("", "refund_application_fee", "You must set reverse_transfer to true to refund the application fee of a destination charge.")
	}
	if amount == 0 {
		amount = left
	}
	plan := refundPlan{ch: ch, amount: amount, completes: amount == left}
	if fee, ok := s.fees.get(string(ch.FeeID)); ok && refundFee {
		plan.fee = s.proportion(fee.Amount, fee.Refunded, amount, ch.Captured, plan.completes)
	}
	if tr, ok := s.transfers.get(ch.Transfer); ok && reverse {
		plan.reverse = s.proportion(tr.Amount, tr.AmountReversed, amount, ch.Captured, plan.completes)
		if err := s.canReverse(tr, plan.reverse); err != nil {
			return none, err
		}
	}
	return plan, nil
}

// giveBack is an owner's refund of a payment that a transfer brought: it goes
// back to the platform, as a reversal of that transfer.
func (c *call) giveBack(py *Charge, tr *Transfer, amount int64, metadata map[string]string) (any, error) {
	left := py.Amount - py.Refunded
	switch {
	case left == 0:
		return nil, refuse("charge_already_refunded", "", "Charge %s has already been refunded.", py.ID)
	case amount > left:
		return nil, refuse("", "amount", "Refund amount (%s) is greater than unrefunded amount on charge (%s)", human(amount, py.Currency), human(left, py.Currency))
	case amount == 0:
		amount = left
	}
	if err := c.canReverse(tr, amount); err != nil {
		return nil, err
	}
	re, _ := c.refunds.get(string(c.reverse(tr, amount, "", map[string]string{}).PaymentRefund))
	re.Metadata = metadata
	return re, nil
}

// refund carries a plan out: the money back from the owner, to the customer,
// and the fee back to the owner.
func (s *Server) refund(p refundPlan, reason string, metadata map[string]string) *Refund {
	ch := p.ch
	prefix := "re_"
	if ch.MethodDetails["type"] != "card" {
		prefix = "pyr_"
	}
	re := &Refund{
		header: header{ID: newID(prefix), Object: "refund", Created: s.now, Scope: ch.Scope},
		Amount: p.amount, Charge: ch.ID, Currency: ch.Currency, Metadata: metadata, Intent: ch.Intent, Reason: text(reason), Status: "succeeded",
		Details: map[string]any{"type": "card", "card": map[string]any{"type": "refund", "reference_status": "pending", "reference_type": "acquirer_reference_number"}},
	}
	if prefix == "pyr_" {
		re.Details = map[string]any{"type": ch.MethodDetails["type"]}
	}
	s.refunds.add(re)
	ch.Refunded += p.amount
	ch.IsRefunded = ch.Refunded >= ch.Captured
	ch.Refunds = append([]string{re.ID}, ch.Refunds...)
	s.charges.save(ch)
	if tr, ok := s.transfers.get(ch.Transfer); ok && p.reverse > 0 {
		re.Reversal = text(s.reverse(tr, p.reverse, re.ID, map[string]string{}).ID)
	}
	s.pay(re, ch, p.email)
	if fee, ok := s.fees.get(string(ch.FeeID)); ok && p.fee > 0 {
		s.refundFee(fee, p.fee, map[string]string{})
	}
	s.emit("charge.refunded", ch)
	if ch.IsRefunded {
		s.settled(ch)
		s.closeInquiry(ch)
	}
	if ch.IsRefunded && reason == "fraudulent" {
		s.closeReview(ch, "refunded_as_fraud")
	} else if ch.IsRefunded {
		s.closeReview(ch, "refunded")
	}
	return re
}

func (c *call) getRefund() (any, error) {
	re, err := lookup(c, c.refunds, c.id, "refund", "id")
	if err != nil {
		return nil, err
	}
	return re, c.check()
}

func (c *call) listRefunds() (any, error) {
	charge, intent := c.str("charge"), c.str("payment_intent")
	all := mine(c, c.refunds)
	if in, ok := c.intents.get(intent); ok && charge == "" && in.Scope == c.scope {
		charge = string(in.LatestCharge) // only the last charge of an intent can have succeeded
	}
	if ch, ok := c.charges.get(charge); ok && ch.Scope == c.scope {
		all = byID(c.refunds, ch.Refunds)
	}
	return page(c, all, func(re *Refund) bool {
		return (charge == "" || re.Charge == charge) && (intent == "" || string(re.Intent) == intent)
	})
}

func (c *call) updateRefund() (any, error) {
	re, err := lookup(c, c.refunds, c.id, "refund", "id")
	if err != nil {
		return nil, err
	}
	before := c.show(re)
	re.Metadata = c.metadata("metadata", re.Metadata)
	if err := c.check(); err != nil {
		return nil, err
	}
	c.emitChange("charge.refund.updated", re.Scope, before, re)
	return re, nil
}

// cancelRefund calls back a refund whose payer has not said yet where it goes.
func (c *call) cancelRefund() (any, error) {
	re, err := lookup(c, c.refunds, c.id, "refund", "id")
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if re.Status != "requires_action" {
		return nil, refuse("", "", "Canceling this refund is unsupported.")
	}
	c.endRefund(re, "canceled", "merchant_request")
	return re, nil
}

// expireRefund is the test helper that does not wait for the payer.
func (c *call) expireRefund() (any, error) {
	re, err := lookup(c, c.refunds, c.id, "refund", "id")
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if re.Status != "requires_action" {
		return nil, refuse("", "", "Only refunds with a status of requires_action can be expired. This refund is %s.", re.Status)
	}
	c.endRefund(re, "failed", "unknown")
	return re, nil
}
