package stripesandbox

import (
	"maps"
	"strings"
)

// Payer is what a person types on the hosted page. A card number, an
// IBAN or a US account number says how they pay; everything else may be empty.
type Payer struct {
	Card               string `json:"card"`
	ExpMonth, ExpYear  int
	CVC                string `json:"cvc"`
	IBAN               string `json:"iban"`
	Account            string `json:"account"` // a US bank account
	Routing            string `json:"routing"` // its bank; 110000000 unless said
	Email              string `json:"email"`
	Name               string `json:"name"`
	Phone              string `json:"phone"`
	Country            string `json:"country"`
	PostalCode         string `json:"postal_code"`
	Line1, City, State string
	// PassChallenge completes a 3DS challenge at once; nil leaves it to be completed.
	PassChallenge *bool `json:"challenge"`
}

func (p Payer) billing(fallback text) BillingDetails {
	return BillingDetails{Email: orText(text(p.Email), fallback), Name: text(p.Name), Phone: text(p.Phone), Address: Address{
		City: text(p.City), Country: text(orElse(p.Country, "US")), Line1: text(p.Line1), PostalCode: text(p.PostalCode), State: text(p.State)}}
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
		pm, err := s.methodOf(cs, p)
		if err != nil {
			return err
		}
		if err := s.withState(s.paySession(cs, pm, p)); err != nil {
			return err
		}
		in, _ := s.intents.get(string(cs.Intent))
		if p.PassChallenge != nil && in.Status == "requires_action" {
			return s.endChallenge(in, *p.PassChallenge)
		}
		return nil
	})
	return session, err
}

// CompleteChallenge ends the 3DS challenge of an intent.
func (s *Server) CompleteChallenge(intentID string, passed bool) (intent *Intent, err error) {
	err = s.do(func() error {
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

// methodOf makes the payment method a person chose.
func (s *Server) methodOf(cs *Session, p Payer) (*PaymentMethod, error) {
	billing := p.billing(cs.CustomerEmail)
	if p.IBAN != "" {
		iban := strings.ToUpper(strings.ReplaceAll(p.IBAN, " ", ""))
		if !validIBAN(iban) {
			return nil, &apiError{Status: 402, Type: "invalid_request_error", Code: "invalid_bank_account_iban", Param: "iban", Message: "The IBAN you provided is invalid."}
		}
		return s.newDebitMethod(cs.Scope, iban, billing), nil
	}
	if p.Account != "" {
		account := digits(p.Account)
		if err := usAccount(account, "account_number"); err != nil {
			return nil, err
		}
		return s.newUSBankMethod(cs.Scope, account, orElse(p.Routing, usRouting), "individual", billing), nil
	}
	card, ok := cardByNumber(p.Card)
	if alias, found := cardByAlias(p.Card); found {
		card, ok = alias, true
	}
	if !ok || card.code == "incorrect_number" {
		return nil, &apiError{Status: 402, Type: "card_error", Code: "incorrect_number", Param: "number", Message: "Your card number is incorrect."}
	}
	if p.ExpYear == 0 {
		p.ExpMonth, p.ExpYear = 12, 2034
	}
	return s.newCardMethod(cs.Scope, card, p.ExpMonth, p.ExpYear, billing), nil
}

// paySession confirms the session's intent, made now if this is the first attempt.
func (s *Server) paySession(cs *Session, pm *PaymentMethod, p Payer) error {
	in, ok := s.intents.get(string(cs.Intent))
	if !ok {
		in = s.newIntent(cs.Scope, cs.AmountTotal, cs.Currency, cs.Plan, cs.MethodTypes)
		in.Session, in.Customer = cs.ID, cs.Customer
		if s.assumes(assumeMetadata) == "yes" {
			maps.Copy(in.Metadata, cs.Metadata)
		}
		cs.Intent = text(in.ID)
	}
	addr := pm.Billing.Address
	cs.Details = &CustomerDetails{Address: &addr, Email: pm.Billing.Email, Name: pm.Billing.Name, Phone: text(p.Phone), TaxExempt: "none", TaxIDs: []any{}}
	in.Method = text(pm.ID)
	s.intents.save(in)
	s.sessions.save(cs)
	if err := s.confirm(in, false); err != nil {
		return err
	}
	s.completeSession(in)
	return nil
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
	if !ok || cs.Status != "open" || in.Status == "requires_action" {
		return
	}
	cs.Status, cs.URL = "complete", ""
	switch in.Status {
	case "succeeded":
		cs.PaymentStatus = "paid"
	case "requires_capture":
		cs.PaymentStatus = s.assumes(assumeHoldStatus)
	}
	s.sessions.save(cs)
	s.stop(timerSessionEnd, cs.ID)
	s.emit("checkout.session.completed", cs)
}
