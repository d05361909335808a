package stripesandbox

import (
	"maps"
	"slices"
	"strings"
)

func methodOperations() map[string]operation {
	return map[string]operation{
		"POST /v1/payment_methods":             (*call).createMethod,
		"GET /v1/payment_methods":              (*call).listMethods,
		"GET /v1/payment_methods/{id}":         (*call).getMethod,
		"POST /v1/payment_methods/{id}":        (*call).updateMethod,
		"POST /v1/payment_methods/{id}/attach": (*call).attachMethod,
		"POST /v1/payment_methods/{id}/detach": (*call).detachMethod,
	}
}

// useMethod resolves a payment method id, or makes one from a pm_card_ alias.
func (c *call) useMethod(id string) (*PaymentMethod, error) {
	if card, ok := cardByAlias(id); ok {
		return c.newCardMethod(c.scope, card, 12, 2034, BillingDetails{}), nil
	}
	if account, ok := debitByAlias(id); ok {
		return c.newUSBankMethod(c.scope, account.number, usRouting, "individual", BillingDetails{}), nil
	}
	pm, ok := c.methods.get(id)
	switch {
	case ok && pm.Scope == c.scope:
		c.methods.save(pm)
		return pm, nil
	case ok && pm.Scope == "":
		return nil, missingRef("PaymentMethod", "payment_method", id).hint("OAuth key or Stripe-Account header was used but API request was provided with a platform-owned payment method ID. Please ensure that the provided payment method matches the specified account.")
	}
	return nil, missingRef("PaymentMethod", "payment_method", id)
}

// payable says whether an intent for a customer may use a method: one that was
// used without a customer is spent, and a customer's own is for nobody else.
// noun is PaymentIntent or SetupIntent.
func payable(pm *PaymentMethod, customer text, noun string) *apiError {
	switch {
	case pm.Spent:
		return refuse("", "payment_method", "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.")
	case pm.Customer != "" && customer == "":
		return refuse("", "payment_method", "The `payment_method` parameter supplied %s belongs to the Customer %s. Please include the Customer in the `customer` parameter on the %s.", pm.ID, pm.Customer, noun)
	case pm.Customer != "" && pm.Customer != customer:
		return refuse("", "payment_method", "The PaymentMethod %s does not belong to the Customer you supplied %s. Please use this PaymentMethod with the Customer that it belongs to instead.", pm.ID, customer)
	}
	return nil
}

func (s *Server) newMethod(scope, kind, number string, billing BillingDetails) *PaymentMethod {
	return s.methods.add(&PaymentMethod{
		header: header{ID: newID("pm_"), Object: "payment_method", Created: s.now, Scope: scope},
		Type:   kind, Billing: billing, Metadata: map[string]string{}, Number: number,
	})
}

func (s *Server) newCardMethod(scope string, card testCard, month, year int, billing BillingDetails) *PaymentMethod {
	pm := s.newMethod(scope, "card", card.number, billing)
	pm.Card = card.details(month, year)
	return pm
}

// newWalletMethod is a card behind apple_pay, google_pay or link.
func (s *Server) newWalletMethod(scope, wallet string, billing BillingDetails) *PaymentMethod {
	card, _ := cardByAlias("pm_card_visa")
	pm := s.newCardMethod(scope, card, 12, 2034, billing)
	pm.Card["wallet"] = map[string]any{"type": wallet, wallet: map[string]any{}, "dynamic_last4": "4242"}
	return pm
}

func (s *Server) newDebitMethod(scope, iban string, billing BillingDetails) *PaymentMethod {
	pm := s.newMethod(scope, sepaDebit, iban, billing)
	pm.SEPA = map[string]any{"bank_code": iban[4:9], "branch_code": "", "country": iban[:2], "fingerprint": "fp" + iban[len(iban)-8:],
		"generated_from": map[string]any{"charge": nil, "setup_attempt": nil}, "last4": iban[len(iban)-4:]}
	return pm
}

// usAccount refuses numbers that are not test accounts, as test mode does.
func usAccount(number, param string) error {
	if account, ok := debitByNumber(number); !ok || account.kind != usBank {
		return invalid("account_number_invalid", param, "You must use a test bank account number in test mode. Try 000123456789 or see more options at https://stripe.com/docs/connect/testing#account-numbers.")
	}
	return nil
}

func (s *Server) newUSBankMethod(scope, number, routing, holder string, billing BillingDetails) *PaymentMethod {
	pm := s.newMethod(scope, usBank, number, billing)
	pm.USBank = map[string]any{"account_holder_type": holder, "account_type": "checking", "bank_name": usBankName, "financial_connections_account": nil,
		"fingerprint": "fp" + number, "last4": number[len(number)-4:], "networks": map[string]any{"preferred": "ach", "supported": []any{"ach"}},
		"routing_number": routing, "status_details": nil}
	return pm
}

func (c *call) createMethod() (any, error) {
	from, customer := c.str("payment_method"), c.str("customer")
	form := c.readMethod("")
	if err := c.check(); err != nil {
		return nil, err
	}
	if from != "" {
		return c.cloneMethod(from, customer)
	}
	if form.kind == "" {
		return nil, invalid("parameter_missing", "type", "Missing required param: type.")
	}
	return c.makeMethod(form)
}

// cloneMethod copies a platform customer's method onto the account acted for.
func (c *call) cloneMethod(id, customer string) (any, error) {
	pm, ok := c.methods.get(id)
	switch {
	case c.scope == "":
		return nil, invalid("", "payment_method", "You can only clone a PaymentMethod onto a connected account: make this request with the Stripe-Account header.")
	case !ok || pm.Scope != "":
		return nil, missingRef("PaymentMethod", "payment_method", id)
	case customer != "" && string(pm.Customer) != customer:
		return nil, invalid("", "payment_method", "The PaymentMethod %s does not belong to the Customer you supplied %s. Please use this PaymentMethod with the Customer that it belongs to instead.", id, customer)
	case pm.Spent:
		return nil, payable(pm, "", "PaymentIntent")
	}
	cp := *pm
	cp.header = header{ID: newID("pm_"), Object: "payment_method", Created: c.now, Scope: c.scope}
	cp.Customer, cp.Metadata, cp.Card = "", map[string]string{}, maps.Clone(pm.Card)
	if pm.Customer == "" {
		pm.Spent = true // shared without a customer
		c.methods.save(pm)
	}
	return c.methods.add(&cp), nil
}

func (c *call) getMethod() (any, error) {
	pm, err := lookup(c, c.methods, c.id, "PaymentMethod", "payment_method")
	if err != nil {
		return nil, err
	}
	return pm, c.check()
}

func (c *call) listMethods() (any, error) {
	customer, kind := c.str("customer"), c.wants("type")
	keep := func(pm *PaymentMethod) bool { return kind(pm.Type) }
	if customer == "" {
		return page(c, mine(c, c.methods), keep)
	}
	cu, err := c.customerOf("customer", customer)
	if err != nil {
		return nil, err
	}
	return page(c, c.methodsOf(cu), keep)
}

func (c *call) updateMethod() (any, error) {
	pm, err := lookup(c, c.methods, c.id, "PaymentMethod", "payment_method")
	if err != nil {
		return nil, err
	}
	before := c.show(pm)
	c.fillBilling("billing_details", &pm.Billing)
	pm.Metadata = c.metadata("metadata", pm.Metadata)
	month, year := c.int("card[exp_month]"), c.int("card[exp_year]")
	if err := c.check(); err != nil {
		return nil, err
	}
	if pm.Customer == "" {
		return nil, refuse("", "", "You must save this PaymentMethod to a customer before you can update it.")
	}
	if month+year > 0 && pm.Card != nil {
		month, year = orNumber(month, pm.Card["exp_month"]), orNumber(year, pm.Card["exp_year"])
		if err := c.cardExpiry(month, year); err != nil {
			return nil, err
		}
		pm.Card["exp_month"], pm.Card["exp_year"] = month, year
	}
	c.emitChange("payment_method.updated", pm.Scope, before, pm)
	return pm, nil
}

func (c *call) attachMethod() (any, error) {
	customer := c.need("customer")
	if err := c.check(); err != nil {
		return nil, err
	}
	pm, err := c.useMethod(c.id)
	if err != nil {
		return nil, missing("PaymentMethod", "payment_method", c.id)
	}
	cu, err := c.customerOf("customer", customer)
	if err != nil {
		return nil, err
	}
	return pm, c.attach(pm, cu)
}

// attach saves a method to a customer. The bank is asked first: a card that it
// declines cannot be kept.
func (c *call) attach(pm *PaymentMethod, cu *Customer) error {
	card, _ := cardByNumber(pm.Number)
	switch {
	case string(pm.Customer) == cu.ID:
		return nil
	case pm.Customer != "":
		return refuse("", "", "The payment method you provided has already been attached to a customer.")
	case pm.Spent:
		return refuse("", "", "This PaymentMethod was previously used without being attached to a Customer or was detached from a Customer, and may not be used again.")
	case pm.Type == "oxxo":
		return refuse("", "", "This PaymentMethod of type `oxxo` cannot be saved to customers.")
	case pm.Type == "card" && card.unkeepable():
		e := card.refusal()
		e.keep = false
		return e
	}
	c.keepMethod(pm, cu)
	return nil
}

// keepMethod makes a method a customer's own.
func (s *Server) keepMethod(pm *PaymentMethod, cu *Customer) {
	pm.Customer = text(cu.ID)
	pm.passChecks()
	cu.Methods = append([]string{pm.ID}, cu.Methods...)
	s.methods.save(pm)
	s.customers.save(cu)
	s.emit("payment_method.attached", pm)
}

// passChecks: a bank has seen the card, and what was typed with it was right.
func (pm *PaymentMethod) passChecks() {
	was, ok := pm.Card["checks"].(map[string]any)
	if !ok {
		return
	}
	checks := map[string]any{}
	for k, v := range was {
		if v == "unchecked" {
			v = "pass"
		}
		checks[k] = v
	}
	pm.Card["checks"] = checks
}

// detachMethod takes a method from its customer, for good.
func (c *call) detachMethod() (any, error) {
	pm, err := lookup(c, c.methods, c.id, "PaymentMethod", "payment_method")
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if pm.Customer == "" {
		return nil, refuse("", "payment_method", "The payment method you provided is not attached to a customer so detachment is impossible.")
	}
	before := c.show(pm)
	if cu, ok := c.customers.get(string(pm.Customer)); ok {
		c.forgetMethod(cu, pm.ID)
	}
	pm.Customer, pm.Spent = "", true
	c.revoke(pm)
	c.emitAs("payment_method.detached", pm.Scope, c.show(pm), previous(before, c.show(pm)))
	return pm, nil
}

// forgetMethod takes an id from what a customer can pay with.
func (s *Server) forgetMethod(cu *Customer, id string) {
	before := s.show(cu)
	cu.Methods = slices.DeleteFunc(cu.Methods, func(m string) bool { return m == id })
	if string(cu.InvoiceSettings.DefaultMethod) == id {
		cu.InvoiceSettings.DefaultMethod = ""
	}
	s.customers.save(cu)
	s.emitChange("customer.updated", cu.Scope, before, cu)
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
