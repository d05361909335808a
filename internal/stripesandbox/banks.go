package stripesandbox

import (
	"slices"
	"strings"
)

// testBanks are the numbers that take payouts, or do not: see bankFailures. The
// last two ask who owns the account.
var testBanks = []string{"000123456789", "000111111116", "000111111113", "000222222227", "000333333335", "000444444440", "000888888883", ownedBank, unprovenBank}

const (
	ownedBank    = "000999999991" // who owns it is found out by itself
	unprovenBank = "000999999992" // … is shown by a document
	timerOwned   = "bank-owned"
)

// addBankFrom reads external_account of an account's create or update.
func (c *call) addBankFrom(a *Account) error {
	if !c.has("external_account") {
		return nil
	}
	ba, err := c.readBank(a)
	if err != nil {
		return err
	}
	_, err = c.addBank(a, ba, true)
	return err
}

// readBank reads a bank account or a card as a hash, or as a token.
func (c *call) readBank(a *Account) (BankAccount, error) {
	const k = "external_account"
	if tok := c.str(k); tok != "" {
		return c.bankOfToken(a, tok)
	}
	ba := BankAccount{
		Number: c.str(k + "[account_number]"), Routing: c.text(k + "[routing_number]"), Country: orElse(c.str(k+"[country]"), a.Country),
		Currency: orElse(strings.ToLower(c.str(k+"[currency]")), a.DefaultCurrency), HolderName: c.text(k + "[account_holder_name]"),
		HolderType: c.text(k + "[account_holder_type]"), AccountType: c.text(k + "[account_type]"),
	}
	if c.str(k+"[object]") == "card" {
		ba.Number = digits(c.str(k + "[number]"))
		ba.Card = &DebitCard{ExpMonth: c.int(k + "[exp_month]"), ExpYear: c.int(k + "[exp_year]"), Name: c.text(k + "[name]"), Address: Address{
			City: c.text(k + "[address_city]"), Country: c.text(k + "[address_country]"), Line1: c.text(k + "[address_line1]"), Line2: c.text(k + "[address_line2]"),
			PostalCode: c.text(k + "[address_zip]"), State: c.text(k + "[address_state]")}}
		if c.str(k+"[cvc]") != "" {
			ba.Card.CVCCheck = "pass"
		}
	}
	return ba, nil
}

// bankOfToken is the external account behind a ready-made token.
func (c *call) bankOfToken(a *Account, tok string) (BankAccount, error) {
	ba := BankAccount{Country: a.Country, Currency: a.DefaultCurrency}
	if t, ok := c.tokens.get(tok); ok && t.Source != nil {
		if _, err := c.useToken(tok, t.Type, "external_account"); err != nil {
			return ba, err
		}
		ba = *t.Source
		ba.Currency = orElse(ba.Currency, a.DefaultCurrency)
		return ba, nil
	}
	switch {
	case strings.HasPrefix(tok, "btok_"):
		ba.Number, ba.Routing, ba.Country, ba.Currency = testBanks[0], usRouting, "US", "usd"
		if strings.HasSuffix(tok, "_noAccount") {
			ba.Number = "000111111116"
		}
		return ba, nil
	case strings.HasPrefix(tok, "tok_"):
		ba.Number, ba.Card = payoutCards[strings.TrimPrefix(tok, "tok_")], &DebitCard{ExpMonth: 12, ExpYear: yearOf(c.now) + 3}
		if ba.Number != "" {
			return ba, nil
		}
	}
	return ba, missingRef("token", "external_account", tok)
}

// addBank gives an account a bank account or card, as its currency's default or beside it.
func (s *Server) addBank(a *Account, ba BankAccount, isDefault bool) (*BankAccount, error) {
	ba.Number = strings.ToUpper(strings.ReplaceAll(ba.Number, " ", ""))
	set := s.fillBank
	if ba.Card != nil {
		set = fillCardAccount
	}
	if err := set(&ba); err != nil {
		return nil, err
	}
	ba.Scope, ba.Account, ba.Status, ba.Metadata = a.ID, a.ID, "new", map[string]string{}
	added := s.banks.add(&ba)
	a.Banks = append(a.Banks, added.ID)
	if isDefault || s.payoutDefault(a, ba.Currency) == nil {
		s.makeDefault(a, added)
	}
	a.PayoutsOff = false
	s.accounts.save(a)
	s.emit("account.external_account.created", added)
	switch ba.Number {
	case ownedBank:
		added.Owned = "pending"
		s.at(s.now+3, timerOwned, added.ID)
	case unprovenBank:
		added.Owned = "due"
		s.demand(a, ownershipFiles, "payouts", s.demandTime())
	}
	return added, nil
}

func (s *Server) fillBank(ba *BankAccount) error {
	if !slices.Contains(testBanks, ba.Number) && !validIBAN(ba.Number) {
		return invalid("account_number_invalid", "external_account", "You must use a test bank account number in test mode. Try 000123456789 or see more options at https://stripe.com/docs/connect/testing#account-numbers.")
	}
	if ba.Country == "US" && ba.Routing == "" {
		return invalid("parameter_missing", "external_account[routing_number]", "Missing required param: external_account[routing_number].")
	}
	ba.header = header{ID: newID("ba_"), Object: "bank_account"}
	ba.Last4, ba.BankName, ba.Fingerprint, ba.Methods = ba.Number[len(ba.Number)-4:], usBankName, "fp"+ba.Number, []string{"standard"}
	if ba.Number != "000888888883" {
		ba.Methods = append(ba.Methods, "instant")
	}
	return nil
}

// ownershipSettled is the answer of who owns a bank account.
func (s *Server) ownershipSettled(id string) error {
	ba, ok := s.banks.get(id)
	if !ok {
		return nil
	}
	a, ok := s.accounts.get(ba.Account)
	if !ok {
		return nil
	}
	before := s.show(ba)
	s.change(a, func() { ba.Owned = "verified" })
	s.banks.save(ba)
	s.emitChange("account.external_account.updated", a.ID, before, ba)
	return nil
}

// proveBanks has the owner of unproven bank accounts looked at.
func (s *Server) proveBanks(a *Account) {
	for b := range byID(s.banks, a.Banks) {
		if b.Owned == "due" {
			b.Owned = "pending"
			s.banks.save(b)
			s.at(s.now+3, timerOwned, b.ID)
		}
	}
}

// payoutDefault is where an account's payouts of a currency go; nil for nowhere.
func (s *Server) payoutDefault(a *Account, currency string) *BankAccount {
	for b := range byID(s.banks, a.Banks) {
		if b.Default && b.Currency == currency {
			return b
		}
	}
	return nil
}

// makeDefault makes an external account the one of its currency; the one of the
// account's own currency comes first.
func (s *Server) makeDefault(a *Account, ba *BankAccount) {
	for b := range byID(s.banks, a.Banks) {
		if b.Currency == ba.Currency {
			b.Default = b == ba
			s.banks.save(b)
		}
	}
	if ba.Currency == a.DefaultCurrency || len(a.Banks) == 1 {
		a.Banks = append([]string{ba.ID}, slices.DeleteFunc(a.Banks, func(id string) bool { return id == ba.ID })...)
	}
	s.accounts.save(a)
}

func (c *call) createBank() (any, error) {
	a, err := c.connected(c.id)
	if err != nil {
		return nil, err
	}
	if a.closed() && a.Type == "standard" {
		return nil, closedRefusal("external_account")
	}
	before := c.snapshot(a)
	fresh, err := c.readBank(a)
	if err != nil {
		return nil, err
	}
	isDefault, metadata := c.bool("default_for_currency"), c.metadata("metadata", nil)
	if err := c.check(); err != nil {
		return nil, err
	}
	ba, err := c.addBank(a, fresh, isDefault)
	if err != nil {
		return nil, err
	}
	ba.Metadata = metadata
	c.changed(a, before)
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
	object := c.wants("object")
	return page(c, byID(c.banks, a.Banks), func(ba *BankAccount) bool { return object(ba.Object) })
}

func (c *call) updateBank() (any, error) {
	a, ba, err := c.ownBank()
	if err != nil {
		return nil, err
	}
	all, before := c.snapshot(a), c.show(ba)
	ba.Metadata = c.metadata("metadata", ba.Metadata)
	ba.HolderName = orText(c.text("account_holder_name"), ba.HolderName)
	ba.HolderType = orText(c.text("account_holder_type"), ba.HolderType)
	ba.AccountType = orText(c.text("account_type"), ba.AccountType)
	if ba.Card != nil {
		c.updateCard(ba.Card)
	}
	if key := "documents[bank_account_ownership_verification][files][0]"; c.has(key) && ba.Card == nil {
		if err := c.fileFor(key, "identity_document", "account_requirement", "additional_verification"); err != nil {
			return nil, err
		}
		c.learn(a, ownershipFiles, c.str(key))
		ba.Owned = "pending"
		c.at(c.now+3, timerOwned, ba.ID)
	}
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
	a.PayoutsOff = false
	c.changed(a, all)
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
	others := slices.ContainsFunc(a.Banks, func(id string) bool {
		b, ok := c.banks.get(id)
		return ok && b != ba && b.Currency == ba.Currency
	})
	if ba.Default && others && ba.Currency == a.DefaultCurrency {
		return nil, refuse("", "", "You cannot delete the default external account for your default currency. Please make another external account the default using the `default_for_currency` param, and then delete this one.")
	}
	c.change(a, func() { a.Banks = slices.DeleteFunc(a.Banks, func(id string) bool { return id == ba.ID }) })
	c.stop(timerOwned, ba.ID)
	c.emit("account.external_account.deleted", ba)
	c.banks.remove(ba.ID)
	return map[string]any{"id": ba.ID, "object": ba.Object, "deleted": true}, nil
}
