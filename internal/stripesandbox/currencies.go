package stripesandbox

import "slices"

// exponents are how many decimals a currency's minor unit has, where not two.
var exponents = map[string]int{
	"bif": 0, "clp": 0, "djf": 0, "gnf": 0, "jpy": 0, "kmf": 0, "krw": 0, "mga": 0, "pyg": 0, "rwf": 0, "vnd": 0, "vuv": 0, "xaf": 0, "xof": 0, "xpf": 0,
	"bhd": 3, "jod": 3, "kwd": 3, "omr": 3, "tnd": 3,
}

// minimums are the least that can be charged, in minor units; other currencies
// have none of their own.
var minimums = map[string]int64{
	"usd": 50, "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500,
	"inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}

// chargeable refuses amounts that no card network takes.
func chargeable(amount int64, currency, param string) error {
	if least := minimums[currency]; amount < least {
		return invalid("amount_too_small", param, "Amount must be at least %s %s", human(least, currency), currency)
	}
	if amount > 99999999 {
		return invalid("amount_too_large", param, "Amount must be no more than %s", human(99999999, currency))
	}
	return nil
}

// means is what a type of payment method can do.
type means struct {
	currencies []string // nil is any
	holds      bool     // the money can be authorised now and captured later
	saves      bool     // it can belong to a customer
}

// kinds are the types that the engine pays with.
var kinds = map[string]means{
	"card":    {holds: true, saves: true},
	"link":    {holds: true, saves: true},
	sepaDebit: {currencies: []string{"eur"}, saves: true},
	usBank:    {currencies: []string{"usd"}, saves: true},
	"ideal":   {currencies: []string{"eur"}},
	"oxxo":    {currencies: []string{"mxn"}},
}

// usable says why a type cannot pay in a currency, or cannot hold the money.
// param names the type, capture the capture method.
func usable(kind, currency string, hold bool, param, capture string) error {
	k, ok := kinds[kind]
	switch {
	case !ok:
		return invalid("", param, "The sandbox knows the payment method types card, ideal, link, oxxo, sepa_debit and us_bank_account; received %s", kind)
	case hold && !k.holds:
		return invalid("", capture, "The payment method `%s` does not support manual capture.", kind)
	case k.currencies != nil && !slices.Contains(k.currencies, currency):
		return invalid("", param, "The payment method `%s` cannot be used with currency %s.", kind, currency)
	}
	return nil
}

// offered are the types of who names none: cards, and the debit of the currency.
// At Stripe a setting of the dashboard decides.
func offered(currency string, hold bool) []string {
	types := []string{"card"}
	if debit := delayed[currency]; debit != "" && !hold {
		types = append(types, debit)
	}
	return types
}
