package stripesandbox

import (
	"slices"
	"strings"
)

var testBanks = []string{"000123456789", "000111111116", "000111111113", "000222222227", "000333333335", "000444444440", "000888888883", "000999999991", "000999999992"}

// addBankFrom reads external_account of an account's create or update.
func (c *call) addBankFrom(a *Account) error {
	if !c.has("external_account") {
		return nil
	}
	_, err := c.addBank(a, c.readBank(a), true)
	return err
}

// readBank reads a bank account as a hash or as a btok_us_verified token.
func (c *call) readBank(a *Account) BankAccount {
	const k = "external_account"
	ba := BankAccount{
		Number: c.str(k + "[account_number]"), Routing: c.text(k + "[routing_number]"), Country: orElse(c.str(k+"[country]"), a.Country),
		Currency: orElse(strings.ToLower(c.str(k+"[currency]")), a.DefaultCurrency), HolderName: c.text(k + "[account_holder_name]"), HolderType: c.text(k + "[account_holder_type]"),
	}
	c.ignore(k + "[object]")
	if tok := c.str(k); tok != "" {
		ba.Number, ba.Routing = "000123456789", usRouting
		if strings.HasSuffix(tok, "_noAccount") {
			ba.Number = "000111111116"
		}
	}
	return ba
}

// addBank gives an account a bank account, as its default or beside it.
func (s *Server) addBank(a *Account, ba BankAccount, isDefault bool) (*BankAccount, error) {
	ba.Number = strings.ToUpper(strings.ReplaceAll(ba.Number, " ", ""))
	if !slices.Contains(testBanks, ba.Number) && !validIBAN(ba.Number) {
		return nil, invalid("account_number_invalid", "external_account", "You must use a test bank account number in test mode. Try 000123456789 or see more options at https://stripe.com/docs/connect/testing#account-numbers.")
	}
	if ba.Country == "US" && ba.Routing == "" {
		return nil, invalid("parameter_missing", "external_account[routing_number]", "Missing required param: external_account[routing_number].")
	}
	ba.header = header{ID: newID("ba_"), Object: "bank_account", Scope: a.ID}
	ba.Account, ba.Last4, ba.Status, ba.BankName = a.ID, ba.Number[len(ba.Number)-4:], "new", usBankName
	ba.Methods, ba.Fingerprint, ba.Metadata = []string{"standard"}, "fp"+ba.Number, map[string]string{}
	if ba.Number != "000888888883" {
		ba.Methods = append(ba.Methods, "instant")
	}
	added := s.banks.add(&ba)
	if isDefault || len(a.Banks) == 0 {
		s.makeDefault(a, added)
	} else {
		a.Banks = append(a.Banks, added.ID)
	}
	a.PayoutsOff = false
	s.accounts.save(a)
	s.emit("account.external_account.created", added)
	return added, nil
}

func (s *Server) makeDefault(a *Account, ba *BankAccount) {
	a.Banks = append([]string{ba.ID}, slices.DeleteFunc(a.Banks, func(id string) bool { return id == ba.ID })...)
	for _, id := range a.Banks {
		b, _ := s.banks.get(id)
		b.Default = id == ba.ID
		s.banks.save(b)
	}
	s.accounts.save(a)
}

func (c *call) createBank() (any, error) {
	a, err := c.connected(c.id)
	if err != nil {
		return nil, err
	}
	fresh, isDefault := c.readBank(a), c.bool("default_for_currency")
	metadata := c.metadata("metadata", nil)
	if err := c.check(); err != nil {
		return nil, err
	}
	ba, err := c.addBank(a, fresh, isDefault)
	if err != nil {
		return nil, err
	}
	ba.Metadata = metadata
	c.change(a, func() {})
	return ba, nil
}

// ownBank finds an external account of the account in the path.
func (c *call) ownBank() (*Account, *BankAccount, error) {
	a, err := c.connected(c.id)
	if err != nil {
		return nil, nil, err
	}
	ba, ok := c.banks.get(c.sub)
	if !ok || ba.Account != a.ID {
		return nil, nil, missing("external account", "id", c.sub)
	}
	if c.writes {
		c.banks.save(ba)
	}
	return a, ba, nil
}

func (c *call) getBank() (any, error) {
	_, ba, err := c.ownBank()
	if err != nil {
		return nil, err
	}
	return ba, c.check()
}

func (c *call) listBanks() (any, error) {
	a, err := c.connected(c.id)
	if err != nil {
		return nil, err
	}
	c.ignore("object")
	return page(c, byID(c.banks, a.Banks), nil)
}

func (c *call) updateBank() (any, error) {
	a, ba, err := c.ownBank()
	if err != nil {
		return nil, err
	}
	before := c.show(ba)
	ba.Metadata = c.metadata("metadata", ba.Metadata)
	ba.HolderName = orText(c.text("account_holder_name"), ba.HolderName)
	isDefault := c.bool("default_for_currency")
	if err := c.check(); err != nil {
		return nil, err
	}
	if isDefault {
		c.makeDefault(a, ba)
	}
	if ba.Status == "errored" {
		ba.Status = "new"
	}
	c.emitChange("account.external_account.updated", a.ID, before, ba)
	c.change(a, func() { a.PayoutsOff = false })
	return ba, nil
}

func (c *call) deleteBank() (any, error) {
	a, ba, err := c.ownBank()
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if ba.Default && len(a.Banks) > 1 {
		return nil, refuse("", "", "You cannot delete the default external account for your default currency. Please make another external account the default using the `default_for_currency` param, and then delete this one.")
	}
	c.change(a, func() { a.Banks = slices.DeleteFunc(a.Banks, func(id string) bool { return id == ba.ID }) })
	c.banks.remove(ba.ID)
	c.emit("account.external_account.deleted", ba)
	return map[string]any{"id": ba.ID, "object": "bank_account", "deleted": true}, nil
}
