package stripesandbox

// startDebit begins a payment whose answer comes days later.
func (s *Server) startDebit(in *Intent, pm *PaymentMethod) {
	ch := s.newCharge(in, pm)
	ch.Status = "pending"
	ch.Outcome = &Outcome{NetworkStatus: "approved_by_network", RiskLevel: "not_assessed", SellerMessage: "Payment complete.", Type: "authorized"}
	in.LatestCharge, in.Status = text(ch.ID), "processing"
	s.intents.save(in)
	s.emit("charge.pending", ch)
	s.emit("payment_intent.processing", in)
	s.at(s.now+3*day, timerDebit, in.ID)
}

// settleDebit is the bank's answer: the IBAN says which.
func (s *Server) settleDebit(id string) error {
	in, ok := s.intents.get(id)
	if !ok {
		return nil
	}
	ch, _ := s.charges.get(string(in.LatestCharge))
	return s.endDebit(id, ch != nil && ch.Number != ibanFails)
}

func (s *Server) endDebit(id string, good bool) error {
	in, ok := s.intents.get(id)
	if !ok || in.Status != "processing" {
		return refuse("", "", "No debit is being processed for '%s'.", id)
	}
	s.stop(timerDebit, id)
	ch, _ := s.charges.get(string(in.LatestCharge))
	cs, hasSession := s.sessions.get(in.Session)
	if good {
		ch.Status, ch.Paid = "succeeded", true
		s.take(in, ch, in.Amount, int64(in.Fee), false)
		s.emit("charge.succeeded", ch)
		s.succeed(in, ch)
		if hasSession {
			cs.PaymentStatus = "paid"
			s.sessions.save(cs)
			s.emit("checkout.session.async_payment_succeeded", cs)
		}
		return nil
	}
	ch.Status, ch.FailureCode, ch.FailureMessage = "failed", "insufficient_funds", "The customer's account has insufficient funds to cover this payment."
	s.charges.save(ch)
	in.Status, in.Method = "requires_payment_method", ""
	in.LastError = &apiError{Type: "card_error", Code: "insufficient_funds", Message: string(ch.FailureMessage), Charge: ch.ID}
	s.intents.save(in)
	s.emit("charge.failed", ch)
	s.emit("payment_intent.payment_failed", in)
	if hasSession {
		s.emit("checkout.session.async_payment_failed", cs)
	}
	return nil
}
