package stripesandbox

import (
	"slices"
	"strings"
)

// readSource reads a card or bank account that is spelled out below key.
func (c *call) readSource(key string) *BankAccount {
	if key == "" || !c.has(key+"[number]") && !c.has(key+"[account_number]") {
		return nil
	}
	k := func(name string) string { return key + "[" + name + "]" }
	c.ignore(k("object"), k("cvc"), k("metadata"))
	if c.has(k("account_number")) {
		return &BankAccount{Number: c.str(k("account_number")), Routing: c.text(k("routing_number")), Country: orElse(c.str(k("country")), "US"), Currency: orElse(c.str(k("currency")), "usd"),
			HolderName: c.text(k("account_holder_name")), HolderType: c.text(k("account_holder_type")), AccountType: c.text(k("account_type"))}
	}
	card := &DebitCard{ExpMonth: c.int(k("exp_month")), ExpYear: c.int(k("exp_year")), Name: c.text(k("name")), Address: Address{City: c.text(k("address_city")),
		Country: c.text(k("address_country")), Line1: c.text(k("address_line1")), Line2: c.text(k("address_line2")), PostalCode: c.text(k("address_zip")), State: c.text(k("address_state"))}}
	if c.str(k("cvc")) != "" {
		card.CVCCheck = "unchecked"
	}
	return &BankAccount{Number: digits(c.str(k("number"))), Currency: c.str(k("currency")), Card: card}
}

// settleSource checks what was typed, and fills in what the number says.
func (c *call) settleSource(ba *BankAccount) error {
	ba.Metadata = map[string]string{}
	if ba.Card == nil {
		if err := c.fillBank(ba); err != nil {
			return err
		}
		ba.Status = "new"
	} else if err := c.fillSourceCard(ba); err != nil {
		return err
	}
	ba.Scope = c.scope
	return nil
}

func (c *call) fillSourceCard(ba *BankAccount) error {
	card, err := c.readCard(ba.Number, ba.Card.ExpMonth, ba.Card.ExpYear, "")
	if err != nil {
		return err
	}
	ba.header = header{ID: newID("card_"), Object: "card"}
	ba.Card.Brand, ba.Card.Funding = cardBrands[card.brand], orElse(card.funding, "credit")
	ba.Last4, ba.Fingerprint, ba.Country = ba.Number[len(ba.Number)-4:], "fp"+ba.Number[len(ba.Number)-8:], "US"
	return nil
}

// cardBrands are the brands as cards of the older kind spell them.
var cardBrands = map[string]string{"visa": "Visa", "mastercard": "MasterCard", "amex": "American Express", "discover": "Discover", "diners": "Diners Club", "jcb": "JCB", "unionpay": "UnionPay"}

// sourceOf turns a token, its own or a ready-made one, into a card or bank account.
func (c *call) sourceOf(token, param string) (*BankAccount, error) {
	if t, ok := c.tokens.get(token); ok && t.Source != nil {
		if _, err := c.useToken(token, t.Type, param); err != nil {
			return nil, err
		}
		cp := *t.Source
		return &cp, nil
	}
	ba := &BankAccount{Country: "US", Currency: "usd"}
	if card, ok := cardByAlias("pm_card_" + strings.TrimPrefix(token, "tok_")); ok && strings.HasPrefix(token, "tok_") {
		ba.Number, ba.Currency, ba.Card = card.number, "", &DebitCard{ExpMonth: 12, ExpYear: yearOf(c.now) + 3}
	} else if strings.HasPrefix(token, "btok_us_verified") {
		ba.Number, ba.Routing = testBanks[0], usRouting
		if strings.HasSuffix(token, "_noAccount") {
			ba.Number = "000111111116"
		}
	} else {
		return nil, missingRef("token", param, token)
	}
	if err := c.settleSource(ba); err != nil {
		return nil, err
	}
	if ba.Card == nil {
		ba.Status = "verified"
	}
	return ba, nil
}

// twin is the payment method that a source is as well.
func (s *Server) twin(ba *BankAccount) *PaymentMethod {
	billing := BillingDetails{Name: ba.HolderName}
	var pm *PaymentMethod
	if ba.Card != nil {
		card, _ := cardByNumber(ba.Number)
		billing = BillingDetails{Name: ba.Card.Name, Address: ba.Card.Address}
		pm = &PaymentMethod{Type: "card", Card: card.details(int(ba.Card.ExpMonth), int(ba.Card.ExpYear)), Number: ba.Number}
	} else {
		pm = &PaymentMethod{Type: usBank, Number: ba.Number, USBank: map[string]any{"account_holder_type": orElse(string(ba.HolderType), "individual"), "account_type": "checking",
			"bank_name": usBankName, "financial_connections_account": nil, "fingerprint": ba.Fingerprint, "last4": ba.Last4, "networks": map[string]any{"preferred": "ach", "supported": []any{"ach"}},
			"routing_number": ba.Routing, "status_details": nil}, Ready: ba.Status == "verified"}
	}
	pm.header = header{ID: ba.ID, Object: "payment_method", Created: s.now, Scope: ba.Scope}
	pm.Billing, pm.Customer, pm.Metadata = billing, ba.Customer, map[string]string{}
	return s.methods.add(pm)
}

// addSource gives a customer a source; the first is the default.
func (c *call) addSource(cu *Customer, ba *BankAccount) error {
	card, _ := cardByNumber(ba.Number)
	if ba.Card != nil && card.unkeepable() {
		e := card.refusal()
		e.keep, e.DocURL = false, docURL(e.Code)
		return e
	}
	if ba.Card != nil && ba.Card.CVCCheck == "unchecked" {
		ba.Card.CVCCheck = "pass"
	}
	ba.Customer = text(cu.ID)
	c.banks.add(ba)
	pm := c.twin(ba)
	cu.Methods, cu.Sources = append([]string{pm.ID}, cu.Methods...), append([]string{ba.ID}, cu.Sources...)
	cu.DefaultSource = orText(cu.DefaultSource, text(ba.ID))
	c.customers.save(cu)
	return nil
}

// sourceToCharge finds what a charge is made on: a customer's source, their
// default, or a token that is used up by it.
func (c *call) sourceToCharge(in *Intent, customer, source string, spelled *BankAccount) (*PaymentMethod, error) {
	if customer == "" && source == "" && spelled == nil {
		return nil, invalid("parameter_missing", "source", "Must provide source or customer.")
	}
	var cu *Customer
	if customer != "" {
		var err error
		if cu, err = c.customerOf("customer", customer); err != nil {
			return nil, err
		}
		in.Customer = text(cu.ID)
		if source == "" && spelled == nil {
			if source = string(cu.DefaultSource); source == "" {
				e := cardError("missing", "card", "Cannot charge a customer that has no active card")
				e.executed = true
				return nil, e
			}
		}
	}
	if spelled != nil {
		if err := c.settleSource(spelled); err != nil {
			return nil, err
		}
		return c.twin(c.banks.add(spelled)), nil
	}
	if kept, ok := c.methods.get(source); ok && kept.Scope == c.scope {
		return c.keptSource(cu, kept)
	}
	ba, err := c.sourceOf(source, "source")
	if err != nil {
		if cu != nil && !strings.HasPrefix(source, "tok_") {
			return nil, noLinked(cu, source)
		}
		return nil, err
	}
	if ba.Card == nil {
		return nil, refuse("", "source", "You must attach this bank account to a customer and verify it before you can charge it.")
	}
	return c.twin(c.banks.add(ba)), nil
}

// keptSource checks that a source is the customer's to charge.
func (c *call) keptSource(cu *Customer, pm *PaymentMethod) (*PaymentMethod, error) {
	switch {
	case cu == nil && pm.Customer != "":
		return nil, refuse("missing", "source", "The source %s belongs to a customer. Please include the customer.", pm.ID)
	case cu != nil && string(pm.Customer) != cu.ID:
		return nil, noLinked(cu, pm.ID)
	case pm.Type == usBank && !pm.Ready:
		return nil, refuse("bank_account_unverified", "source", "The customer's bank account must be verified before it can be charged.")
	case pm.Spent:
		return nil, payable(pm, "", "PaymentIntent")
	}
	c.methods.save(pm)
	return pm, nil
}

func noLinked(cu *Customer, id string) error {
	e := missing("source", "card", id)
	e.Code, e.Message = "missing", "Customer "+cu.ID+" does not have a linked source with ID "+id+"."
	return e
}

// replaceSource gives a customer a new default source, in the place of the old one.
func (c *call) replaceSource(cu *Customer, token string, spelled *BankAccount) error {
	if token == "" && spelled == nil {
		return nil
	}
	var err error
	if spelled != nil {
		err = c.settleSource(spelled)
	} else {
		spelled, err = c.sourceOf(token, "source")
	}
	if err != nil {
		return err
	}
	if old, ok := c.banks.get(string(cu.DefaultSource)); ok {
		cu.Sources = slices.DeleteFunc(cu.Sources, func(id string) bool { return id == old.ID })
		cu.Methods = slices.DeleteFunc(cu.Methods, func(id string) bool { return id == old.ID })
		cu.DefaultSource = ""
		c.emit("customer.source.deleted", old)
		c.methods.remove(old.ID)
		c.banks.remove(old.ID)
	}
	if err := c.addSource(cu, spelled); err != nil {
		return err
	}
	c.emit("customer.source.created", spelled)
	return nil
}
