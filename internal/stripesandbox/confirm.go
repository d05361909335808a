package stripesandbox

// confirm attempts the payment with the intent's method: it succeeds, holds,
// starts a debit, asks the person, or is the 402 that says why not.
//
// An intent that asks (requires_action) goes on when a page, or the control that
// stands for one, tells the answer: CompleteChallenge for a bank's question and
// for iDEAL, whose person next_action sends to bankPage; endDebit for a voucher
// (oxxo_display_details), which the clock pays or lets expire if nobody does.
func (s *Server) confirm(in *Intent, offSession bool) error {
	pm, ok := s.methods.get(string(in.Method))
	if !ok {
		return missingRef("PaymentMethod", "payment_method", string(in.Method))
	}
	in.LastError, in.NextAction, in.OffSession = nil, nil, offSession
	s.intents.save(in)
	s.spend(in, pm)
	switch pm.Type {
	case sepaDebit, usBank:
		return s.confirmDebit(in, pm)
	case "ideal":
		return s.ask(in, pm, s.redirect(in))
	case "oxxo":
		return s.ask(in, pm, s.voucher(in, pm))
	}
	return s.confirmCard(in, pm)
}

func (s *Server) confirmCard(in *Intent, pm *PaymentMethod) error {
	card, _ := cardByNumber(pm.Number)
	asks := card.challenge || in.option("card", "request_three_d_secure") == "any" || in.option("card", "request_three_d_secure") == "challenge"
	switch {
	case in.OffSession && !card.alone(pm):
		return s.decline(in, pm, testCard{number: card.number, code: "authentication_required", decline: "authentication_required"})
	case asks && !in.OffSession && !in.Authenticated:
		return s.ask(in, pm, s.challenge(in))
	case card.code != "":
		return s.decline(in, pm, card)
	}
	s.accept(in, pm, card)
	return nil
}

// ask leaves the next step to the person, unless the intent may not ask.
func (s *Server) ask(in *Intent, pm *PaymentMethod, action map[string]any) error {
	if in.NoAction {
		return s.decline(in, pm, testCard{number: pm.Number, code: "authentication_required", decline: "authentication_not_handled"})
	}
	in.Status, in.NextAction = "requires_action", action
	s.intents.save(in)
	s.emit("payment_intent.requires_action", in)
	s.billed(in)
	return nil
}

// challenge is the next step of 3D Secure: a page of the merchant's shows the
// question itself, and whoever brought a return_url sends the person away.
func (s *Server) challenge(in *Intent) map[string]any {
	if !in.SDK && in.ReturnURL != "" || in.Session != "" {
		return s.redirect(in)
	}
	return map[string]any{"type": "use_stripe_sdk", "use_stripe_sdk": map[string]any{
		"type": "three_d_secure_redirect", "stripe_js": s.bankPage(in.ID), "source": newID("src_")}}
}

func (s *Server) redirect(in *Intent) map[string]any {
	return map[string]any{"type": "redirect_to_url", "redirect_to_url": map[string]any{"url": s.bankPage(in.ID), "return_url": text(in.ReturnURL)}}
}

// bankPage is where a bank asks the person.
func (s *Server) bankPage(intent string) string { return s.baseURL + "/3ds/" + intent }

// spend: a method that is used and neither belongs to a customer nor is to be
// kept is used once.
func (s *Server) spend(in *Intent, pm *PaymentMethod) {
	pm.Spent = pm.Customer == "" && in.future(pm.Type) == ""
	pm.passChecks()
	s.methods.save(pm)
}

// keepFuture saves a method that paid to the customer of an intent that asked for it.
func (s *Server) keepFuture(in *Intent, pm *PaymentMethod) {
	usage := in.future(pm.Type)
	cu, ok := s.customers.get(string(in.Customer))
	if usage == "" || !ok || !kinds[pm.Type].saves {
		return
	}
	pm.Ready = pm.Ready || usage == "off_session"
	if pm.Customer == "" {
		s.keepMethod(pm, cu)
	}
	s.methods.save(pm)
}

// accept authorises the payment and, unless capture is manual, takes the money.
func (s *Server) accept(in *Intent, pm *PaymentMethod, card testCard) {
	s.keepFuture(in, pm)
	ch := s.authorise(in, pm, card)
	in.LatestCharge, in.NextAction, in.Review = text(ch.ID), nil, ch.Review
	s.intents.save(in)
	if in.holds(pm.Type) {
		in.Status, in.Capturable = "requires_capture", in.Amount
		s.at(s.now+7*day, timerHoldEnd, in.ID)
		s.emit("charge.succeeded", ch)
		s.emit("payment_intent.amount_capturable_updated", in)
		return
	}
	s.take(in, ch, in.Amount, int64(in.Fee), card.instant)
	s.emit("charge.succeeded", ch)
	s.succeed(in, ch)
	if card.instant {
		s.emitAs("balance.available", ch.Scope, s.showBalance(ch.Scope), nil)
	}
}

// authorise files the charge that a bank agreed to.
func (s *Server) authorise(in *Intent, pm *PaymentMethod, card testCard) *Charge {
	ch := s.newCharge(in, pm)
	ch.Status, ch.Paid = "succeeded", true
	ch.Outcome = &Outcome{NetworkStatus: "approved_by_network", RiskLevel: "normal", RiskScore: 20, SellerMessage: "Payment complete.", Type: "authorized"}
	if card.elevated {
		s.openReview(ch)
	}
	return ch
}

// succeed marks the intent paid and lets the card's later trouble begin.
func (s *Server) succeed(in *Intent, ch *Charge) {
	in.Status, in.Received, in.Capturable, in.NextAction = "succeeded", ch.Captured, 0, nil
	s.intents.save(in)
	s.emit("payment_intent.succeeded", in)
	s.billed(in)
	s.expectTrouble(ch)
}

// expectTrouble lets begin what a test number brings after the money came.
func (s *Server) expectTrouble(ch *Charge) {
	card, _ := cardByNumber(ch.Number)
	account, _ := debitByNumber(ch.Number)
	if card.dispute != "" || card.fraudWarning || account.disputed {
		s.at(s.now, timerTrouble, ch.ID) // before the next request
	}
	s.trigger(orElse(ch.Scope, string(ch.OnBehalfOf)), ch.Number)
}

// decline writes a failed charge and answers 402; the intent asks for another method.
func (s *Server) decline(in *Intent, pm *PaymentMethod, card testCard) error {
	ch, e := s.refusedCharge(in, pm, card)
	last := *e
	last.Method = s.show(pm)
	in.LastError, in.LatestCharge, in.Method, in.Status, in.NextAction, in.Authenticated = &last, text(ch.ID), "", "requires_payment_method", nil, false
	s.intents.save(in)
	s.emit("charge.failed", ch)
	s.emit("payment_intent.payment_failed", in)
	s.billed(in)
	e.Intent, e.Method = in, pm
	return e
}

// refusedCharge files the charge that a bank refused, and says why.
func (s *Server) refusedCharge(in *Intent, pm *PaymentMethod, card testCard) (*Charge, *apiError) {
	e := card.refusal()
	ch := s.newCharge(in, pm)
	ch.Status, ch.FailureCode, ch.FailureMessage = "failed", text(card.code), text(e.Message)
	ch.Outcome = &Outcome{NetworkStatus: "declined_by_network", Reason: text(orElse(card.decline, card.code)), RiskLevel: "normal", RiskScore: 20,
		SellerMessage: "The bank did not return any further details with this decline.", Type: "issuer_declined"}
	if card.blocked {
		ch.Outcome = &Outcome{NetworkStatus: "not_sent_to_network", Reason: "highest_risk_level", RiskLevel: "highest", RiskScore: 90, SellerMessage: "Stripe blocked this payment as too risky.", Type: "blocked"}
	}
	e.Charge, e.DocURL = ch.ID, docURL(card.code)
	return ch, e
}

// challenged ends a bank's question: 3D Secure, or a payment by iDEAL.
func (s *Server) challenged(in *Intent, passed bool) error {
	pm, _ := s.methods.get(string(in.Method))
	if in.Status != "requires_action" || in.waitsForVoucher() {
		return unexpected(in, "This PaymentIntent has a status of %s; there is no challenge to complete.", in.Status)
	}
	card, _ := cardByNumber(pm.Number)
	s.intents.save(in)
	switch {
	case !passed:
		return s.decline(in, pm, testCard{number: card.number, code: "payment_intent_authentication_failure"})
	case in.Confirmation == "manual" && pm.Type == "card":
		in.Status, in.NextAction, in.Authenticated = "requires_confirmation", nil, true
		return nil
	case pm.Type == usBank:
		s.startDebit(in, pm)
		return nil
	case card.code != "":
		return s.decline(in, pm, card)
	}
	in.Authenticated = pm.Type == "card"
	s.accept(in, pm, card)
	return nil
}
