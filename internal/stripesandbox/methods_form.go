package stripesandbox

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// methodForm is a payment method as a request spells it out.
type methodForm struct {
	kind, param         string // param is the prefix of its parameters
	number, cvc, token  string
	month, year         int64
	iban                string
	account, routing    string
	holder, accountType string
	bank                string
	billing             BillingDetails
	metadata            map[string]string
}

// readMethod reads a payment method's own parameters; prefix is "" or
// "payment_method_data".
func (c *call) readMethod(prefix string) methodForm {
	key := func(k string) string { return within(prefix, k) }
	f := methodForm{
		kind: c.str(key("type")), param: prefix,
		number: c.str(key("card[number]")), cvc: c.str(key("card[cvc]")), token: c.str(key("card[token]")),
		month: c.int(key("card[exp_month]")), year: c.int(key("card[exp_year]")),
		iban:    strings.ToUpper(strings.ReplaceAll(c.str(key("sepa_debit[iban]")), " ", "")),
		account: c.str(key(usBank + "[account_number]")), routing: orElse(c.str(key(usBank+"[routing_number]")), usRouting),
		holder: orElse(c.str(key(usBank+"[account_holder_type]")), "individual"), accountType: orElse(c.str(key(usBank+"[account_type]")), "checking"),
		bank: c.str(key("ideal[bank]")), metadata: c.metadata(key("metadata"), nil),
	}
	c.fillBilling(key("billing_details"), &f.billing)
	return f
}

func (c *call) fillBilling(key string, b *BillingDetails) {
	c.into(key+"[email]", &b.Email)
	c.into(key+"[name]", &b.Name)
	c.into(key+"[phone]", &b.Phone)
	c.fillAddress(key+"[address]", &b.Address)
}

// makeMethod checks a form and files the method it describes.
func (c *call) makeMethod(f methodForm) (*PaymentMethod, error) {
	pm, err := c.newMethodOf(f)
	if err != nil {
		return nil, err
	}
	pm.Metadata = f.metadata
	return pm, nil
}

func (c *call) newMethodOf(f methodForm) (*PaymentMethod, error) {
	switch f.kind {
	case "card":
		return c.cardMethodOf(f)
	case usBank:
		if err := usAccount(f.account, within(f.param, usBank+"[account_number]")); err != nil {
			return nil, err
		}
		pm := c.newUSBankMethod(c.scope, f.account, f.routing, f.holder, f.billing)
		pm.USBank["account_type"] = f.accountType
		return pm, nil
	case sepaDebit:
		if !validIBAN(f.iban) {
			return nil, invalid("invalid_bank_account_iban", within(f.param, "sepa_debit[iban]"), "The IBAN you provided is invalid.")
		}
		return c.newDebitMethod(c.scope, f.iban, f.billing), nil
	}
	return c.newOtherMethod(f)
}

// newOtherMethod is a method of a type that only names itself.
func (c *call) newOtherMethod(f methodForm) (*PaymentMethod, error) {
	missing := func(what string) error {
		return invalid("parameter_missing", within(f.param, "billing_details["+what+"]"), "Missing required param: %s.", within(f.param, "billing_details["+what+"]"))
	}
	other := map[string]any{}
	switch f.kind {
	case "ideal":
		other = idealBank(f.bank)
	case "oxxo":
		if f.billing.Name == "" {
			return nil, missing("name")
		}
		if f.billing.Email == "" {
			return nil, missing("email")
		}
	case "link":
		other["email"] = f.billing.Email
	default:
		return nil, invalid("", within(f.param, "type"), "The sandbox does not know the payment method type %s. It knows card, ideal, link, oxxo, sepa_debit and us_bank_account.", f.kind)
	}
	pm := c.newMethod(c.scope, f.kind, "", f.billing)
	pm.Other = other
	return pm, nil
}

func (c *call) cardMethodOf(f methodForm) (*PaymentMethod, error) {
	if f.token != "" {
		ba, err := c.sourceOf(f.token, within(f.param, "card[token]"))
		if err != nil {
			return nil, err
		}
		card, ok := cardByNumber(ba.Number)
		if !ok || ba.Card == nil {
			return nil, missingRef("token", within(f.param, "card[token]"), f.token)
		}
		return c.newCardMethod(c.scope, card, int(ba.Card.ExpMonth), int(ba.Card.ExpYear), f.billing), nil
	}
	card, err := c.readCard(f.number, f.month, f.year, f.cvc)
	if err != nil {
		return nil, err
	}
	pm := c.newCardMethod(c.scope, card, int(f.month), int(f.year), f.billing)
	pm.Card["checks"] = map[string]any{"address_line1_check": check(f.billing.Address.Line1), "address_postal_code_check": check(f.billing.Address.PostalCode), "cvc_check": check(text(f.cvc))}
	return pm, nil
}

// check is what a card's check says before its first payment.
func check(given text) any {
	if given == "" {
		return nil
	}
	return "unchecked"
}

// readCard finds a test card and refuses what was typed wrong.
func (c *call) readCard(number string, month, year int64, cvc string) (testCard, error) {
	card, ok := cardByNumber(number)
	if !ok || card.code == "incorrect_number" {
		return card, cardError("incorrect_number", "number", "Your card number is incorrect.")
	}
	if err := c.cardExpiry(month, year); err != nil {
		return card, err
	}
	want := 3
	if card.brand == "amex" {
		want = 4
	}
	if n := len(cvc); cvc != "" && (n != 3 && n != want || strings.Trim(cvc, "0123456789") != "") {
		return card, cardError("invalid_cvc", "cvc", "Your card's security code is invalid.")
	}
	return card, nil
}

// cardExpiry refuses a month that does not exist or has passed.
func (s *Server) cardExpiry(month, year int64) error {
	now := time.Unix(s.now, 0).UTC()
	if year > 0 && year < 100 {
		year += 2000
	}
	switch {
	case month < 1 || month > 12:
		return cardError("invalid_expiry_month", "exp_month", "Your card's expiration month is invalid.")
	case year < int64(now.Year()) || year > int64(now.Year())+50:
		return cardError("invalid_expiry_year", "exp_year", "Your card's expiration year is invalid.")
	case year == int64(now.Year()) && month < int64(now.Month()):
		return cardError("invalid_expiry_month", "exp_month", "Your card's expiration month is invalid.")
	}
	return nil
}

// cardError refuses a card for what was typed, before any bank was asked.
func cardError(code, param, message string) *apiError {
	return &apiError{Status: 402, Type: "card_error", Code: code, Param: param, Message: message, DocURL: docURL(code), retry: "false"}
}

// orNumber is n, or the number that was stored.
func orNumber(n int64, stored any) int64 {
	if n > 0 {
		return n
	}
	switch v := stored.(type) {
	case int:
		return int64(v)
	case int64:
		return v
	case float64:
		return int64(v)
	case json.Number:
		n, _ = v.Int64()
	}
	return n
}

// idealBank is the bank as it shows on a method: with its BIC.
func idealBank(bank string) map[string]any {
	if i := slices.Index(idealBanks, bank); i >= 0 {
		return map[string]any{"bank": bank, "bic": idealBICs[i]}
	}
	return map[string]any{"bank": nil, "bic": nil}
}

var (
	idealBanks = []string{"abn_amro", "asn_bank", "bunq", "ing", "knab", "n26", "nn", "rabobank", "regiobank", "revolut", "sns_bank", "triodos_bank", "van_lanschot", "yoursafe"}
	idealBICs  = []string{"ABNANL2A", "ASNBNL21", "BUNQNL2A", "INGBNL2A", "KNABNL2H", "NTSBDEB1", "NNBANL2G", "RABONL2U", "RBRBNL21", "REVOLT21", "SNSBNL2A", "TRIONL2U", "FVLBNL22", "BITSNL2A"}
)
