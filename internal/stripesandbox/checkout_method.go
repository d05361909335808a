package stripesandbox

import (
	"slices"
	"strings"
)

// methodOf is the payment method a person chose: one that the customer has, or a new one.
func (s *Server) methodOf(cs *Session, p Payer) (*PaymentMethod, error) {
	billing := p.billing(s.emailOf(cs))
	switch {
	case slices.Contains(wallets, p.Wallet):
		return s.newWalletMethod(cs.Scope, p.Wallet, billing), nil
	case p.Wallet != "":
		return nil, invalid("", "wallet", "Invalid wallet: must be one of %s", strings.Join(wallets, ", "))
	case strings.HasPrefix(p.Method, "pm_card_"):
		p.Card = p.Method
	case p.Method != "":
		pm, ok := s.methods.get(p.Method)
		if !ok || pm.Scope != cs.Scope {
			return nil, missingRef("PaymentMethod", "payment_method", p.Method)
		}
		if err := payable(pm, cs.Customer, "PaymentIntent"); err != nil {
			return nil, err
		}
		return pm, nil
	}
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
	switch p.Type {
	case "ideal", "oxxo":
		pm := s.newMethod(cs.Scope, p.Type, "", billing)
		pm.Other = map[string]any{}
		if p.Type == "ideal" {
			pm.Other = idealBank(p.Bank)
		}
		return pm, nil
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

// wallets are those that Checkout offers above its form.
var wallets = []string{"apple_pay", "google_pay", "link"}
