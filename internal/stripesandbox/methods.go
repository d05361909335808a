package stripesandbox

import "strings"

// useMethod resolves a payment method id, or makes one from a pm_card_ alias.
func (c *call) useMethod(id string) (*PaymentMethod, error) {
	if card, ok := cardByAlias(id); ok {
		return c.newCardMethod(c.scope, card, 12, 2034, BillingDetails{}), nil
	}
	if account, ok := debitByAlias(id); ok {
		return c.newUSBankMethod(c.scope, account.number, usRouting, "individual", BillingDetails{}), nil
	}
	pm, ok := c.methods.get(id)
	if !ok || pm.Scope != c.scope {
		return nil, missingRef("PaymentMethod", "payment_method", id)
	}
	return pm, nil
}

func (s *Server) newCardMethod(scope string, card testCard, month, year int, billing BillingDetails) *PaymentMethod {
	return s.methods.add(&PaymentMethod{
		header: header{ID: newID("pm_"), Object: "payment_method", Created: s.now, Scope: scope},
		Type:   "card", Card: card.details(month, year), Billing: billing, Metadata: map[string]string{}, Number: card.number,
	})
}

func (s *Server) newDebitMethod(scope, iban string, billing BillingDetails) *PaymentMethod {
	return s.methods.add(&PaymentMethod{
		header: header{ID: newID("pm_"), Object: "payment_method", Created: s.now, Scope: scope},
		Type:   "sepa_debit", Billing: billing, Metadata: map[string]string{}, Number: iban,
		SEPA: map[string]any{"bank_code": iban[4:9], "branch_code": "", "country": iban[:2], "fingerprint": "fp" + iban[len(iban)-8:],
			"generated_from": map[string]any{"charge": nil, "setup_attempt": nil}, "last4": iban[len(iban)-4:]},
	})
}

// usAccount refuses numbers that are not test accounts, as test mode does.
func usAccount(number, param string) error {
	if account, ok := debitByNumber(number); !ok || account.kind != usBank {
		return invalid("account_number_invalid", param, "You must use a test bank account number in test mode. Try 000123456789 or see more options at https://stripe.com/docs/connect/testing#account-numbers.")
	}
	return nil
}

func (s *Server) newUSBankMethod(scope, number, routing, holder string, billing BillingDetails) *PaymentMethod {
	return s.methods.add(&PaymentMethod{
		header: header{ID: newID("pm_"), Object: "payment_method", Created: s.now, Scope: scope},
		Type:   usBank, Billing: billing, Metadata: map[string]string{}, Number: number,
		USBank: map[string]any{"account_holder_type": holder, "account_type": "checking", "bank_name": usBankName, "financial_connections_account": nil,
			"fingerprint": "fp" + number, "last4": number[len(number)-4:], "networks": map[string]any{"preferred": "ach", "supported": []any{"ach"}},
			"routing_number": routing, "status_details": nil},
	})
}

func (c *call) createMethod() (any, error) {
	kind := c.oneOf("type", "card", "card", sepaDebit, usBank)
	number, month, year := c.str("card[number]"), c.int("card[exp_month]"), c.int("card[exp_year]")
	iban, tok := c.str("sepa_debit[iban]"), c.str("card[token]")
	account, routing := c.str(usBank+"[account_number]"), orElse(c.str(usBank+"[routing_number]"), usRouting)
	holder := c.oneOf(usBank+"[account_holder_type]", "individual", "individual", "company")
	billing := c.billing("billing_details")
	c.ignore("card[cvc]", "metadata", usBank+"[account_type]")
	if err := c.check(); err != nil {
		return nil, err
	}
	switch kind {
	case usBank:
		if err := usAccount(account, usBank+"[account_number]"); err != nil {
			return nil, err
		}
		return c.newUSBankMethod(c.scope, account, routing, holder, billing), nil
	case sepaDebit:
		if !validIBAN(iban) {
			return nil, invalid("invalid_bank_account_iban", "sepa_debit[iban]", "The IBAN you provided is invalid.")
		}
		return c.newDebitMethod(c.scope, strings.ReplaceAll(iban, " ", ""), billing), nil
	}
	card, ok := cardByNumber(number)
	if tok != "" {
		card, ok = cardByAlias("pm_card_" + strings.TrimPrefix(tok, "tok_"))
	}
	if !ok || card.code == "incorrect_number" {
		return nil, &apiError{Status: 402, Type: "card_error", Code: "incorrect_number", Param: "number", Message: "Your card number is incorrect.", retry: "false"}
	}
	return c.newCardMethod(c.scope, card, int(month), int(year), billing), nil
}

func (c *call) billing(key string) BillingDetails {
	k := func(s string) string { return key + s }
	return BillingDetails{Email: c.text(k("[email]")), Name: c.text(k("[name]")), Phone: c.text(k("[phone]")), Address: Address{
		City: c.text(k("[address][city]")), Country: c.text(k("[address][country]")), Line1: c.text(k("[address][line1]")),
		Line2: c.text(k("[address][line2]")), PostalCode: c.text(k("[address][postal_code]")), State: c.text(k("[address][state]")),
	}}
}

func (c *call) getMethod() (any, error) {
	pm, err := lookup(c, c.methods, c.id, "PaymentMethod", "id")
	if err != nil {
		return nil, err
	}
	return pm, c.check()
}

func validIBAN(iban string) bool {
	iban = strings.ToUpper(strings.ReplaceAll(iban, " ", ""))
	if len(iban) < 15 || len(iban) > 34 {
		return false
	}
	rem := 0
	for _, r := range iban[4:] + iban[:4] {
		switch {
		case r >= '0' && r <= '9':
			rem = (rem*10 + int(r-'0')) % 97
		case r >= 'A' && r <= 'Z':
			rem = (rem*100 + int(r-'A') + 10) % 97
		default:
			return false
		}
	}
	return rem == 1
}

func (c *call) createCustomer() (any, error) {
	cu := &Customer{header: header{ID: newID("cus_"), Object: "customer", Created: c.now, Scope: c.scope}}
	c.fillCustomer(cu)
	if err := c.check(); err != nil {
		return nil, err
	}
	c.customers.add(cu)
	c.emit("customer.created", cu)
	return cu, nil
}

func (c *call) fillCustomer(cu *Customer) {
	for _, f := range []struct {
		key string
		to  *text
	}{{"email", &cu.Email}, {"name", &cu.Name}, {"phone", &cu.Phone}, {"description", &cu.Description}} {
		if c.has(f.key) {
			*f.to = c.text(f.key)
		}
	}
	cu.Metadata = c.metadata("metadata", cu.Metadata)
}

func (c *call) getCustomer() (any, error) {
	cu, err := lookup(c, c.customers, c.id, "customer", "id")
	if err != nil {
		return nil, err
	}
	return cu, c.check()
}

func (c *call) updateCustomer() (any, error) {
	cu, err := lookup(c, c.customers, c.id, "customer", "id")
	if err != nil {
		return nil, err
	}
	before := c.show(cu)
	c.fillCustomer(cu)
	if err := c.check(); err != nil {
		return nil, err
	}
	c.customers.save(cu)
	c.emitChange("customer.updated", cu.Scope, before, cu)
	return cu, nil
}

func (c *call) listCustomers() (any, error) {
	email := c.wants("email")
	return page(c, mine(c, c.customers), func(cu *Customer) bool { return email(string(cu.Email)) })
}

func (c *call) deleteCustomer() (any, error) {
	cu, err := lookup(c, c.customers, c.id, "customer", "id")
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	c.customers.remove(cu.ID)
	c.emit("customer.deleted", cu)
	return map[string]any{"id": cu.ID, "object": "customer", "deleted": true}, nil
}
