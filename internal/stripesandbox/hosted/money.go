package hosted

import (
	"strconv"
	"strings"
)

// Money is an amount in minor units of a currency, as the API carries it.
type Money struct {
	Minor    int64
	Currency string
}

// exponents of the currencies that do not have two decimals (ISO 4217, and
// Stripe's list of zero-decimal currencies).
var exponents = map[string]int{
	"bif": 0, "clp": 0, "djf": 0, "gnf": 0, "jpy": 0, "kmf": 0, "krw": 0, "mga": 0, "pyg": 0,
	"rwf": 0, "ugx": 0, "vnd": 0, "vuv": 0, "xaf": 0, "xof": 0, "xpf": 0,
	"bhd": 3, "jod": 3, "kwd": 3, "omr": 3, "tnd": 3,
}

var symbols = map[string]string{"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "cad": "CA$", "aud": "A$"}

// String writes the amount in English: $1,200.00, −€5.00, CHF 80.00.
func (m Money) String() string {
	sign, number := m.number(",", ".")
	if symbol, ok := symbols[strings.ToLower(m.Currency)]; ok {
		return sign + symbol + number
	}
	return sign + strings.ToUpper(m.Currency) + " " + number
}

// written sets the amount with other signs, the currency before or after it.
func (m Money) written(thousands, decimal string, before bool) string {
	sign, number := m.number(thousands, decimal)
	symbol, ok := symbols[strings.ToLower(m.Currency)]
	if !ok {
		symbol = strings.ToUpper(m.Currency)
	}
	if before {
		return symbol + "\u00a0" + sign + number
	}
	return sign + number + "\u00a0" + symbol
}

// number is the amount's sign and its digits, in the currency's own decimals.
func (m Money) number(thousands, decimal string) (sign, whole string) {
	exponent, odd := exponents[strings.ToLower(m.Currency)]
	if !odd {
		exponent = 2
	}
	digits := strconv.FormatInt(m.Minor, 10)
	if rest, negative := strings.CutPrefix(digits, "-"); negative {
		sign, digits = "−", rest
	}
	if missing := exponent + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	whole, fraction := digits[:len(digits)-exponent], digits[len(digits)-exponent:]
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + thousands + whole[i:]
	}
	if fraction != "" {
		whole += decimal + fraction
	}
	return sign, whole
}
