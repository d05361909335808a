package stripesandbox

import (
	"fmt"
	"slices"
)

// pay takes a refund's money from the balance. Short of available money it
// stays pending until there is some; a charge that is itself still pending
// covers its own refund.
func (s *Server) pay(re *Refund, ch *Charge, email string) {
	if email != "" {
		re.Status, re.Email = "requires_action", email
		re.NextAction = map[string]any{"type": "display_details", "display_details": map[string]any{
			"email_sent": map[string]any{"email_sent_at": s.now, "email_sent_to": email}, "expires_at": s.now + askPayerFor}}
		s.at(s.now+askPayerFor, timerRefund, re.ID)
		return
	}
	card, _ := cardByNumber(ch.Number)
	b := s.balance(re.Scope, re.Currency)
	switch {
	case card.refundsPending:
		re.Status = "pending"
		s.at(s.now+day, timerRefund, re.ID)
	case s.availableOn(ch.Txn) <= s.now && b.Available < re.Amount:
		re.Status, re.Unfunded = "pending", true
		b.Waiting = append(b.Waiting, re.ID)
		s.balances.save(b)
	default:
		s.payOut(re, ch)
		if card.refundsFail {
			s.at(s.now+day, timerRefund, re.ID)
		}
	}
}

// askPayerFor is how long a payer may take to say where a refund goes.
const askPayerFor = 45 * day

// refundTo is the payer's answer to where a refund goes.
func (s *Server) refundTo(id string) error {
	re, ok := s.refunds.get(id)
	if !ok || re.Status != "requires_action" {
		return refuse("", "", "No refund '%s' that waits for its payer.", id)
	}
	ch, _ := s.charges.get(re.Charge)
	before := s.show(re)
	s.stop(timerRefund, id)
	re.NextAction = nil
	s.pay(re, ch, "")
	s.refunds.save(re)
	s.emitChange("charge.refund.updated", re.Scope, before, re)
	return nil
}

// payOut writes the refund's row; a card's bank names it some days later.
func (s *Server) payOut(re *Refund, ch *Charge) {
	re.Status, re.Unfunded = "succeeded", false
	txn := s.post(re.Scope, entry{kind: refundKind(ch), category: "refund", source: re.ID, amount: -re.Amount, currency: re.Currency,
		description: "REFUND FOR CHARGE (" + string(ch.Description) + ")", availableOn: s.availableOn(ch.Txn)})
	re.Txn = text(txn.ID)
	s.outside(customersOutside, re.Currency, re.Amount)
	s.refunds.save(re)
	if re.Details["card"] != nil {
		s.at(s.now+3*day, timerReference, re.ID)
	}
}

func refundKind(ch *Charge) string {
	if ch.MethodDetails["type"] == "card" {
		return "refund"
	}
	return "payment_refund"
}

// refundTraced names a card's refund as its bank knows it.
func (s *Server) refundTraced(id string) error {
	re, ok := s.refunds.get(id)
	if !ok || re.Status != "succeeded" {
		return nil
	}
	card, _ := re.Details["card"].(map[string]any)
	before := s.show(re)
	card["reference"], card["reference_status"] = fmt.Sprintf("7498%019d", re.Seq), "available"
	s.refunds.save(re)
	s.emitChange("charge.refund.updated", re.Scope, before, re)
	return nil
}

// availableOn is when a balance transaction's money is available.
func (s *Server) availableOn(txn text) int64 {
	if t, ok := s.txns.get(string(txn)); ok {
		return t.AvailableOn
	}
	return s.now
}

// fundRefund pays a refund that waited for balance, if there is enough now.
func (s *Server) fundRefund(id string) error {
	re, ok := s.refunds.get(id)
	if !ok || !re.Unfunded {
		return nil
	}
	b := s.balance(re.Scope, re.Currency)
	if b.Available < re.Amount {
		return nil // the next credit asks again
	}
	ch, _ := s.charges.get(re.Charge)
	b.Waiting = slices.DeleteFunc(b.Waiting, func(w string) bool { return w == id })
	before := s.show(re)
	s.payOut(re, ch)
	s.emitChange("charge.refund.updated", re.Scope, before, re)
	return nil
}

// refundMatured ends a pending refund well, and a doomed one badly.
func (s *Server) refundMatured(id string) error {
	re, ok := s.refunds.get(id)
	if !ok {
		return nil
	}
	ch, _ := s.charges.get(re.Charge)
	if re.Status == "requires_action" {
		s.endRefund(re, "failed", "unknown") // nobody said where to
		return nil
	}
	if re.Status == "pending" && !re.Unfunded {
		before := s.show(re)
		s.payOut(re, ch)
		s.emitChange("charge.refund.updated", re.Scope, before, re)
		return nil
	}
	return s.failRefund(id, "expired_or_canceled_card")
}

// failRefund returns a refund's money to the balance: the card could not take it.
func (s *Server) failRefund(id, reason string) error {
	re, ok := s.refunds.get(id)
	if !ok || !slices.Contains([]string{"succeeded", "pending", "requires_action"}, re.Status) || re.SourceReversal != "" {
		return refuse("", "", "No refund '%s' that could fail.", id)
	}
	s.endRefund(re, "failed", reason)
	return nil
}

// endRefund ends a refund without the payer having the money: what was taken
// for it comes back, and the charge is that much less refunded.
func (s *Server) endRefund(re *Refund, status, reason string) {
	ch, _ := s.charges.get(re.Charge)
	before := s.show(re)
	if re.Txn != "" {
		txn := s.post(re.Scope, entry{kind: "refund_failure", category: s.assumes(assumeFailedRefund), source: re.ID, amount: re.Amount, currency: re.Currency,
			description: s.assumes(assumeFailedText)})
		re.FailureTxn = txn.ID
		s.outside(customersOutside, re.Currency, -re.Amount)
	}
	b := s.balance(re.Scope, re.Currency)
	b.Waiting = slices.DeleteFunc(b.Waiting, func(w string) bool { return w == re.ID })
	s.balances.save(b)
	s.stop(timerRefund, re.ID)
	re.Status, re.FailureReason, re.Unfunded, re.NextAction = status, reason, false, nil
	s.refunds.save(re)
	ch.Refunded -= re.Amount
	ch.IsRefunded = false
	s.charges.save(ch)
	s.emitChange("charge.refund.updated", re.Scope, before, re)
}
