package stripesandbox

import "strings"

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
		return s.dispute(ch, "debit_not_authorized", false, 0)
	}
	return s.dispute(ch, card.dispute, card.inquiry, 0)
}

// dispute opens a chargeback over what is left of a charge or over a part of it,
// or an inquiry that moves no money. Refunds still under way fail.
func (s *Server) dispute(ch *Charge, reason string, inquiry bool, amount int64) error {
	underWay := s.refundsUnderWay(ch)
	left := ch.Captured - ch.Refunded
	for _, re := range underWay {
		left += re.Amount
	}
	amount = orAmount(amount, left)
	if !ch.IsCaptured || ch.Disputed || left == 0 || amount > left || amount < 0 || ch.SourceTransfer != "" {
		return refuse("", "", "Charge %s cannot be disputed: it must be captured, a payer's own, not refunded, and not disputed before.", ch.ID)
	}
	if inquiry {
		underWay = nil
		amount = min(amount, ch.Captured-ch.Refunded)
	}
	for _, re := range underWay {
		s.endRefund(re, "failed", "charge_for_pending_refund_disputed")
	}
	d := &Dispute{
		header: header{ID: newID("dp_"), Object: "dispute", Created: s.now, Scope: ch.Scope},
		Amount: amount, Charge: ch.ID, Currency: ch.Currency, Evidence: noEvidence(), Metadata: map[string]string{},
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
	s.settled(ch)
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

// escalate makes a chargeback of an inquiry, over what is left of the charge.
func (s *Server) escalate(d *Dispute) {
	if ch, ok := s.charges.get(d.Charge); ok {
		for _, re := range s.refundsUnderWay(ch) {
			s.endRefund(re, "failed", "charge_for_pending_refund_disputed")
		}
		d.Amount = min(d.Amount, ch.Captured-ch.Refunded)
	}
	d.Status, d.Refundable = "needs_response", false
	d.Details.DueBy = number(midnight(s.now) + 10*day - 1)
	s.at(int64(d.Details.DueBy), timerDisputeDue, d.ID)
	s.withdraw(d)
}

// escalateNow is a bank that did not like the answer to its inquiry.
func (s *Server) escalateNow(id string) error {
	d, ok := s.disputes.get(id)
	if !ok || !strings.HasPrefix(d.Status, "warning_") || d.Status == "warning_closed" {
		return refuse("", "", "No open inquiry '%s' that could be escalated.", id)
	}
	before := s.show(d)
	s.stop(timerDisputeWon, id)
	s.escalate(d)
	s.emitChange("charge.dispute.updated", d.Scope, before, d)
	return nil
}

// closeInquiry ends an inquiry whose charge was refunded in full: there is
// nothing left to charge back.
func (s *Server) closeInquiry(ch *Charge) {
	if d, ok := s.disputes.get(string(ch.Dispute)); ok && strings.HasPrefix(d.Status, "warning_") && d.Status != "warning_closed" {
		_ = s.resolveDispute(d.ID, false) // an open one can always be closed
	}
}

// refundsUnderWay are a charge's refunds that the payer does not have yet.
func (s *Server) refundsUnderWay(ch *Charge) (all []*Refund) {
	for re := range byID(s.refunds, ch.Refunds) {
		if re.Status == "pending" || re.Status == "requires_action" {
			all = append(all, re)
		}
	}
	return all
}

// settled turns early fraud warnings about a charge off: it was refunded or disputed.
func (s *Server) settled(ch *Charge) {
	for w := range s.warnings.newest() {
		if w.Charge == ch.ID && w.Actionable {
			before := s.show(w)
			w.Actionable = false
			s.warnings.save(w)
			s.emitChange("radar.early_fraud_warning.updated", w.Scope, before, w)
		}
	}
}

// ofCharge lets the routes below a charge act on its dispute.
func ofCharge(op operation) operation {
	return func(c *call) (any, error) {
		ch, err := lookup(c, c.charges, c.id, "charge", "id")
		if err != nil {
			return nil, err
		}
		if ch.Dispute == "" {
			return nil, missing("dispute for charge", "charge", c.id)
		}
		c.id = string(ch.Dispute)
		return op(c)
	}
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
