package stripesandbox

import "time"

// payoutCards are the debit cards that take payouts, by the name of their token.
var payoutCards = map[string]string{"visa_debit": "4000056655665556", "visa_debit_us_transferSuccess": "4000056655665556", "visa_debit_us_transferFail": failingDebitCard}

const failingDebitCard = "4000056655665572" // payouts to it fail: could_not_process

// fillCardAccount makes a card an external account; only debit cards are.
func fillCardAccount(ba *BankAccount) error {
	card, known := cardByNumber(ba.Number)
	if ba.Number == failingDebitCard {
		card, known = testCard{number: failingDebitCard, brand: "visa", funding: "debit"}, true
	}
	switch {
	case !known || card.code != "" && len(card.dispute) == 0:
		return &apiError{Status: 402, Type: "card_error", Code: "incorrect_number", Param: "number", Message: "Your card number is incorrect.", executed: true, retry: "false"}
	case card.funding != "debit":
		return &apiError{Status: 400, Type: "invalid_request_error", Code: "invalid_card_type", Param: "external_account", executed: true, retry: "false",
			Message: "This card doesn't appear to be a debit card. Please try another card."}
	case ba.Currency != "usd":
		return refuse("", "external_account", "Cards may only be external accounts in USD; this one is in %s.", ba.Currency)
	}
	ba.header = header{ID: newID("card_"), Object: "card"}
	ba.Card.Brand, ba.Card.Funding = "Visa", "debit"
	ba.Last4, ba.Fingerprint, ba.Methods, ba.Country = ba.Number[len(ba.Number)-4:], "fp"+ba.Number, []string{"standard", "instant"}, "US"
	return nil
}

func (c *call) updateCard(card *DebitCard) {
	if n := c.int("exp_month"); n > 0 {
		card.ExpMonth = n
	}
	if n := c.int("exp_year"); n > 0 {
		card.ExpYear = n
	}
	for key, into := range map[string]*text{"name": &card.Name, "address_city": &card.Address.City, "address_country": &card.Address.Country, "address_line1": &card.Address.Line1,
		"address_line2": &card.Address.Line2, "address_state": &card.Address.State, "address_zip": &card.Address.PostalCode} {
		if c.has(key) {
			*into = c.text(key)
		}
	}
}

func yearOf(unix int64) int64 { return int64(time.Unix(unix, 0).UTC().Year()) }

// embedBank shows an external account as what it is.
func embedBank(ba *BankAccount, m map[string]any) {
	delete(m, "created")
	card := ba.Card
	if ba.Account == "" { // a customer's
		for _, key := range []string{"account", "available_payout_methods", "default_for_currency"} {
			delete(m, key)
		}
	}
	if ba.Account == "" && card == nil {
		return
	}
	if card == nil {
		due := plain(noRequirements())
		for _, key := range []string{"alternatives", "current_deadline", "disabled_reason", "eventually_due"} {
			delete(due, key)
		}
		future := plain(due)
		switch ba.Owned {
		case "due":
			due["currently_due"] = []any{ownershipFiles}
		case "pending":
			due["pending_verification"] = []any{ownershipFiles}
		}
		m["requirements"], m["future_requirements"] = due, future
		return
	}
	for _, key := range []string{"account_holder_name", "account_holder_type", "account_type", "bank_name", "routing_number", "status"} {
		delete(m, key)
	}
	over(m, map[string]any{
		"brand": card.Brand, "exp_month": card.ExpMonth, "exp_year": card.ExpYear, "funding": card.Funding, "name": card.Name, "cvc_check": card.CVCCheck,
		"address_city": card.Address.City, "address_country": card.Address.Country, "address_line1": card.Address.Line1, "address_line2": card.Address.Line2,
		"address_state": card.Address.State, "address_zip": card.Address.PostalCode, "address_line1_check": nil, "address_zip_check": nil,
		"dynamic_last4": nil, "tokenization_method": nil,
	})
}
