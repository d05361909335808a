package stripesandbox

import (
	"maps"
	"slices"
)

// Payer is what a person types on the hosted page. A card number, an
// IBAN or a US account number says how they pay; everything else may be empty.
type Payer struct {
	Card              string `json:"card"`
	ExpMonth, ExpYear int
	CVC               string `json:"cvc"`
	IBAN              string `json:"iban"`
	Account           string `json:"account"` // a US bank account
	Routing           string `json:"routing"` // its bank; 110000000 unless said
	Email             string `json:"email"`
	Name              string `json:"name"`
	Phone             string `json:"phone"`
	Country           string `json:"country"`
	PostalCode        string `json:"postal_code"`
	Line1, Line2      string
	City, State       string
	// Method is a payment method of the customer's, or a pm_card_… name.
	Method string `json:"payment_method"`
	// Wallet is apple_pay, google_pay or link: the wallet knows the rest.
	Wallet string `json:"wallet"`
	// Save keeps the method with the customer, for the next time.
	Save bool `json:"save"`
	Answers
	// Type is how to pay where nothing else says it: ideal or oxxo.
	Type string `json:"type"`
	Bank string `json:"bank"` // of ideal
	// PassChallenge completes a 3DS challenge at once; nil leaves it to be completed.
	PassChallenge *bool `json:"challenge"`
}

func (p Payer) billing(fallback text) BillingDetails {
	return BillingDetails{Email: orText(text(p.Email), fallback), Name: text(p.Name), Phone: text(p.Phone), Address: Address{
		City: text(p.City), Country: text(orElse(p.Country, "US")), Line1: text(p.Line1), Line2: text(p.Line2), PostalCode: text(p.PostalCode), State: text(p.State)}}
}

// over lays what the person typed over what their payment method says.
func (p Payer) over(b BillingDetails) BillingDetails {
	b.Email, b.Name, b.Phone = orText(text(p.Email), b.Email), orText(text(p.Name), b.Name), orText(text(p.Phone), b.Phone)
	return b
}

// Pay pays an open session as the hosted page does. The session is complete
// afterwards, or still open with an intent that waits for a 3DS challenge
// (requires_action), or the error says why the payment was refused: it is then
// shown to the person, who may try again.
func (s *Server) Pay(sessionID string, p Payer) (session *Session, err error) {
	err = s.do(func() error {
		cs, err := s.openSession(sessionID)
		if err != nil {
			return err
		}
		session = cs
		return s.checkOut(cs, p)
	})
	return session, err
}

// free says whether there is nothing to pay, and nothing to keep to pay with later.
func (cs *Session) free() bool {
	return cs.AmountTotal == 0 && (cs.Mode == "payment" || cs.Mode == "subscription" && cs.MethodCollection == "if_required")
}

// checkOut is one attempt of a person to be done with the page.
func (s *Server) checkOut(cs *Session, p Payer) error {
	if cs.free() {
		s.tell(cs, p.billing(s.emailOf(cs)), p)
		if cs.Mode == "subscription" {
			return s.subscribeLater(cs)
		}
		s.finish(cs, "no_payment_required")
		return nil
	}
	pm, err := s.methodOf(cs, p)
	if err != nil {
		return err
	}
	if !slices.Contains(cs.MethodTypes, pm.Type) {
		return refuse("", "payment_method", "The payment method type `%s` is not offered by this Checkout Session.", pm.Type)
	}
	if cs.Mode == "setup" {
		return s.withState(s.setUpSession(cs, pm, p))
	}
	pay := s.paySession
	if cs.Mode == "subscription" {
		pay = s.subscribe
	}
	if err := s.withState(pay(cs, pm, p)); err != nil {
		return err
	}
	in, ok := s.intentOf(cs)
	if ok && p.PassChallenge != nil && in.Status == "requires_action" {
		return s.endChallenge(in, *p.PassChallenge)
	}
	return nil
}

// CompleteChallenge ends a bank's question about an intent: 3D Secure, or iDEAL. A
// setup intent has no Intent to return.
func (s *Server) CompleteChallenge(intentID string, passed bool) (intent *Intent, err error) {
	err = s.do(func() error {
		if si, ok := s.setups.get(intentID); ok {
			return s.withState(s.endSetupChallenge(si, passed))
		}
		in, ok := s.intents.get(intentID)
		if !ok {
			return missing("payment_intent", "intent", intentID)
		}
		intent = in
		return s.endChallenge(in, passed)
	})
	return intent, err
}

// ExpireSession is the API's expire, for the inspector.
func (s *Server) ExpireSession(id string) error {
	return s.do(func() error {
		cs, err := s.openSession(id)
		if err != nil {
			return err
		}
		return s.expire(cs)
	})
}

func (s *Server) openSession(id string) (*Session, error) {
	cs, ok := s.sessions.get(id)
	if !ok {
		return nil, missing("checkout.session", "id", id)
	}
	if cs.Status != "open" {
		return nil, refuse("", "", "This Checkout Session is %s.", cs.Status)
	}
	return cs, nil
}

// emailOf is the e-mail address that the merchant gave.
func (s *Server) emailOf(cs *Session) text {
	if cu, ok := s.customers.get(string(cs.Customer)); ok {
		return orText(cs.CustomerEmail, cu.Email)
	}
	return cs.CustomerEmail
}

// tell writes down who the person is and what they answered.
func (s *Server) tell(cs *Session, b BillingDetails, p Payer) {
	cs.Details = &CustomerDetails{Address: &b.Address, Email: orText(b.Email, s.emailOf(cs)), Name: b.Name, TaxExempt: "none", TaxIDs: []any{}}
	if cs.PhoneNumbers["enabled"] {
		cs.Details.Phone = orText(text(p.Phone), b.Phone)
	}
	cs.keep(p.Answers)
	s.sessions.save(cs)
}

// paySession confirms the session's intent, made now if this is the first attempt.
func (s *Server) paySession(cs *Session, pm *PaymentMethod, p Payer) error {
	s.tell(cs, p.over(pm.Billing), p)
	in, ok := s.intents.get(string(cs.Intent))
	if !ok {
		in = s.newIntent(cs.Scope, cs.AmountTotal, cs.Currency, cs.Plan, cs.MethodTypes)
		in.Session, in.Customer = cs.ID, cs.Customer
		if s.assumes(assumeMetadata) == "yes" {
			maps.Copy(in.Metadata, cs.Metadata)
		}
		cs.Intent = text(in.ID)
	}
	if in.Customer == "" && cs.Creation == "always" {
		in.Customer = text(s.customerFor(cs).ID)
	}
	in.FutureUsage = cs.Plan.FutureUsage
	if p.Save && in.Customer != "" {
		in.FutureUsage = orText(in.FutureUsage, "on_session")
	}
	in.Method, in.ReturnURL = text(pm.ID), cs.Link
	s.intents.save(in)
	if err := s.confirm(in, false); err != nil {
		return err
	}
	s.completeSession(in)
	return nil
}

// customerFor makes a customer of the person who pays.
func (s *Server) customerFor(cs *Session) *Customer {
	cu := s.newCustomer(cs.Scope)
	cu.Email, cu.Name, cu.Phone = cs.Details.Email, cs.Details.Name, cs.Details.Phone
	s.customers.add(cu)
	s.emit("customer.created", cu)
	return cu
}

func (s *Server) endChallenge(in *Intent, passed bool) error {
	if err := s.withState(s.challenged(in, passed)); err != nil {
		return err
	}
	s.completeSession(in)
	return nil
}

// completeSession closes an intent's session once the customer is done with it;
// whether money came is another question.
func (s *Server) completeSession(in *Intent) {
	cs, ok := s.sessions.get(in.Session)
	if !ok || cs.Status != "open" || in.Status == "requires_action" && !in.waitsForVoucher() {
		return
	}
	cs.Customer = in.Customer
	switch in.Status {
	case "succeeded":
		s.finish(cs, "paid")
	case "requires_capture":
		s.finish(cs, s.assumes(assumeHoldStatus))
	default:
		s.finish(cs, "unpaid")
	}
}

// finish completes a session, and writes to its customer what the merchant wants kept.
func (s *Server) finish(cs *Session, payment string) {
	cs.Status, cs.URL, cs.PaymentStatus = "complete", "", payment
	if sub, ok := s.subscriptions.get(cs.Pending); ok {
		cs.Subscription, cs.Invoice = text(sub.ID), sub.LatestInvoice
	}
	s.sessions.save(cs)
	s.stop(timerSessionEnd, cs.ID)
	if cu, ok := s.customers.get(string(cs.Customer)); ok {
		s.updateFrom(cs, cu)
	}
	s.emit("checkout.session.completed", cs)
}

// updateFrom follows customer_update.
func (s *Server) updateFrom(cs *Session, cu *Customer) {
	before := s.show(cu)
	if cs.CustomerUpdate["name"] == "auto" {
		cu.Name = orText(cs.Details.Name, cu.Name)
	}
	if cs.CustomerUpdate["address"] == "auto" {
		address := *cs.Details.Address
		cu.Address = &address
	}
	if cs.CustomerUpdate["shipping"] == "auto" && cs.ShippingDetails != nil {
		shipping := *cs.ShippingDetails
		cu.Shipping = &shipping
	}
	s.customers.save(cu)
	s.emitChange("customer.updated", cu.Scope, before, cu)
}
