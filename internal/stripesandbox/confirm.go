package stripesandbox

// confirm attempts the payment with the intent's method: it succeeds, holds,
// starts a debit, asks for a challenge, or is the 402 that says why not.
func (s *Server) confirm(in *Intent, offSession bool) error {
	pm, ok := s.methods.get(string(in.Method))
	if !ok {
		return missingRef("PaymentMethod", "payment_method", string(in.Method))
	}
	in.LastError, in.NextAction = nil, nil
	s.intents.save(in)
	s.spend(pm)
	if pm.Type != "card" {
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

// spend: a method that is used without belonging to a customer is used once.
func (s *Server) spend(pm *PaymentMethod) {
	pm.Spent = pm.Customer == ""
	pm.passChecks()
	s.methods.save(pm)
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
	card, _ := cardByNumber(ch.Number)
	account, _ := debitByNumber(ch.Number)
	if card.dispute != "" || card.fraudWarning || account.disputed {
		s.at(s.now+2, timerTrouble, ch.ID)
	}
	s.trigger(orElse(ch.Scope, string(in.OnBehalfOf)), ch.Number)
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
	e.Charge, e.DocURL = ch.ID, docURL(card.code)
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
