package stripesandbox

// chargedBack says whether a bank holds, or has kept, a charge's money.
func (s *Server) chargedBack(ch *Charge) bool {
	d, ok := s.disputes.get(string(ch.Dispute))
	return ok && !d.Refundable
}

// cardTrouble is what some test cards bring after a successful payment.
func (s *Server) cardTrouble(id string) error {
	ch, ok := s.charges.get(id)
	if !ok {
		return nil
	}
	card, _ := cardByNumber(ch.Number)
	account, _ := debitByNumber(ch.Number)
	switch {
	case card.fraudWarning:
		w := s.warnings.add(&FraudWarning{header: header{ID: newID("issfr_"), Object: "radar.early_fraud_warning", Created: s.now, Scope: ch.Scope},
			Actionable: true, Charge: ch.ID, FraudType: "made_with_stolen_card", Intent: string(ch.Intent)})
		s.emit("radar.early_fraud_warning.created", w)
		return nil
	case account.disputed:
		return s.dispute(ch, "debit_not_authorized", false)
	}
	return s.dispute(ch, card.dispute, card.inquiry)
}

// dispute opens a chargeback, or an inquiry that moves no money.
func (s *Server) dispute(ch *Charge, reason string, inquiry bool) error {
	if !ch.IsCaptured || ch.Disputed || ch.IsRefunded || ch.SourceTransfer != "" {
		return refuse("", "", "Charge %s cannot be disputed: it must be captured, a payer's own, not refunded, and not disputed before.", ch.ID)
	}
	d := &Dispute{
		header: header{ID: newID("dp_"), Object: "dispute", Created: s.now, Scope: ch.Scope},
		Amount: ch.Captured - ch.Refunded, Charge: ch.ID, Currency: ch.Currency, Evidence: noEvidence(), Metadata: map[string]string{},
		Intent: ch.Intent, Reason: reason, Status: "needs_response", Txns: []string{},
		Details: EvidenceDetails{DueBy: number(midnight(s.now) + 10*day - 1)},
	}
	if card, ok := ch.MethodDetails["card"].(map[string]any); ok {
		d.Method = map[string]any{"type": "card", "card": map[string]any{"brand": card["brand"], "network_reason_code": "83"}}
	}
	if inquiry {
		d.Status, d.Refundable = "warning_needs_response", true
	}
	s.disputes.add(d)
	before := s.show(ch)
	ch.Dispute, ch.Disputed = text(d.ID), true
	s.charges.save(ch)
	s.at(int64(d.Details.DueBy), timerDisputeDue, d.ID)
	s.emit("charge.dispute.created", d)
	s.closeReview(ch, "disputed")
	s.emitChange("charge.updated", ch.Scope, before, ch)
	if !inquiry {
		s.withdraw(d)
	}
	return nil
}

// withdraw takes the disputed money and the dispute fee.
func (s *Server) withdraw(d *Dispute) {
	fee := FeeDetail{Amount: s.pricing.Dispute, Currency: d.Currency, Description: "Dispute fee", Type: "stripe_fee"}
	s.disputeRow(d, "dispute", -d.Amount, "Chargeback withdrawal for "+d.Charge, []FeeDetail{fee})
	s.emit("charge.dispute.funds_withdrawn", d)
}

func (s *Server) disputeRow(d *Dispute, category string, amount int64, what string, fees []FeeDetail) {
	txn := s.post(d.Scope, entry{kind: "adjustment", category: category, source: d.ID, amount: amount, fees: fees, currency: d.Currency, description: what})
	s.outside(customersOutside, d.Currency, -amount)
	d.Txns = append(d.Txns, txn.ID)
	s.disputes.save(d)
}

// resolveDispute is the bank's last word. An inquiry just closes.
func (s *Server) resolveDispute(id string, won bool) error {
	d, ok := s.disputes.get(id)
	if !ok {
		return missing("dispute", "id", id)
	}
	s.stop(timerDisputeDue, id)
	s.stop(timerDisputeWon, id)
	switch d.Status {
	case "warning_needs_response", "warning_under_review":
		d.Status, d.Refundable = "warning_closed", true
	case "needs_response", "under_review":
		d.Status, d.Refundable = "lost", false
		if won {
			d.Status, d.Refundable = "won", true
			var fees []FeeDetail
			if s.pricing.DisputeFeeReturned {
				fees = []FeeDetail{{Amount: -s.pricing.Dispute, Currency: d.Currency, Description: "Dispute fee refund", Type: "stripe_fee"}}
			}
			s.disputeRow(d, "dispute_reversal", d.Amount, "Chargeback reversal for "+d.Charge, fees)
			s.undispute(d)
		}
	default:
		return refuse("", "", "This dispute is already closed: %s.", d.Status)
	}
	d.Details.PastDue = int64(d.Details.DueBy) < s.now
	s.disputes.save(d)
	s.emit("charge.dispute.closed", d)
	if d.Status == "won" {
		s.emit("charge.dispute.funds_reinstated", d)
	}
	return nil
}

// undispute takes the mark off a charge whose dispute was won, if it goes at all.
func (s *Server) undispute(d *Dispute) {
	if ch, ok := s.charges.get(d.Charge); ok && s.assumes(assumeDisputed) == "no" {
		before := s.show(ch)
		ch.Disputed = false
		s.charges.save(ch)
		s.emitChange("charge.updated", ch.Scope, before, ch)
	}
}

func (c *call) getDispute() (any, error) {
	d, err := lookup(c, c.disputes, c.id, "dispute", "id")
	if err != nil {
		return nil, err
	}
	return d, c.check()
}

func (c *call) listDisputes() (any, error) {
	charge, intent := c.wants("charge"), c.wants("payment_intent")
	return page(c, mine(c, c.disputes), func(d *Dispute) bool { return charge(d.Charge) && intent(string(d.Intent)) })
}

// updateDispute stages evidence, and submits it unless told not to: once.
func (c *call) updateDispute() (any, error) {
	d, err := lookup(c, c.disputes, c.id, "dispute", "id")
	if err != nil {
		return nil, err
	}
	before := c.show(d)
	submit := !c.has("submit") || c.bool("submit")
	evidence, length := c.hash("evidence"), 0
	d.Metadata = c.metadata("metadata", d.Metadata)
	for k, v := range evidence {
		if _, known := d.Evidence[k]; !known {
			c.fail(invalid("parameter_unknown", "evidence["+k+"]", "Received unknown parameter: evidence[%s]", k))
		}
		length += len(v)
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if length > 150000 {
		return nil, invalid("", "evidence", "The combined length of the evidence is limited to 150,000 characters.")
	}
	open := d.Status == "needs_response" || d.Status == "warning_needs_response"
	if len(evidence) > 0 && !open {
		return nil, refuse("", "", "This dispute is %s; its evidence can no longer be changed.", d.Status)
	}
	for k, v := range evidence {
		d.Evidence[k] = text(v)
		d.Details.HasEvidence = true
	}
	if submit && open && d.Details.HasEvidence {
		if err := c.submitEvidence(d); err != nil {
			return nil, err
		}
	}
	c.emitChange("charge.dispute.updated", d.Scope, before, d)
	return d, nil
}

// submitEvidence sends the case to the bank; the test texts decide it.
func (s *Server) submitEvidence(d *Dispute) error {
	d.Details.Submissions++
	s.stop(timerDisputeDue, d.ID)
	inquiry := d.Status == "warning_needs_response"
	d.Status = "under_review"
	if inquiry {
		d.Status = "warning_under_review"
	}
	switch d.Evidence["uncategorized_text"] {
	case "winning_evidence":
		s.at(s.now+2, timerDisputeWon, d.ID)
	case "losing_evidence":
		s.at(s.now+2, timerDisputeDue, d.ID)
	case "escalate_inquiry_evidence":
		if inquiry {
			d.Status, d.Refundable = "needs_response", false
			d.Details.DueBy = number(midnight(s.now) + 10*day - 1)
			s.at(int64(d.Details.DueBy), timerDisputeDue, d.ID)
			s.withdraw(d)
		}
	}
	return nil
}

func (c *call) closeDispute() (any, error) {
	if _, err := lookup(c, c.disputes, c.id, "dispute", "id"); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := c.resolveDispute(c.id, false); err != nil {
		return nil, err
	}
	d, _ := c.disputes.get(c.id)
	return d, nil
}

func (c *call) getWarning() (any, error) {
	w, err := lookup(c, c.warnings, c.id, "early fraud warning", "id")
	if err != nil {
		return nil, err
	}
	return w, c.check()
}

func (c *call) listWarnings() (any, error) {
	charge, intent := c.wants("charge"), c.wants("payment_intent")
	return page(c, mine(c, c.warnings), func(w *FraudWarning) bool { return charge(w.Charge) && intent(w.Intent) })
}

func noEvidence() map[string]text {
	m := map[string]text{}
	for _, k := range []string{"access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure", "cancellation_rebuttal",
		"customer_communication", "customer_email_address", "customer_name", "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation",
		"duplicate_charge_explanation", "duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
		"refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier", "shipping_date",
		"shipping_documentation", "shipping_tracking_number", "uncategorized_file", "uncategorized_text"} {
		m[k] = ""
	}
	return m
}
