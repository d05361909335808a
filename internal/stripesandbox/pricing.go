package stripesandbox

import (
	"math/big"
	"strings"
)

// Pricing is what Stripe keeps. Amounts are minor units of the charge's currency.
type Pricing struct {
	BasisPoints int64 // of the captured amount
	Fixed       int64 // per charge
	Dispute     int64 // per chargeback
	// DisputeFeeReturned gives the dispute fee back on a win (older pricing).
	DisputeFeeReturned bool
}

func (p Pricing) orDefault() Pricing {
	if p.BasisPoints == 0 && p.Fixed == 0 {
		p.BasisPoints, p.Fixed = 290, 30
	}
	if p.Dispute == 0 {
		p.Dispute = 1500
	}
	return p
}

// fee is Stripe's own for a captured amount, never more than it.
func (p Pricing) fee(amount int64) int64 {
	return min(amount, share(amount, p.BasisPoints, 10000)+p.Fixed)
}

// share is whole·part/base to the nearest minor unit, half up.
func share(whole, part, base int64) int64 { return shareHalf(whole, part, base, "up") }

// shareHalf is share with halves going up, down or to the even number.
func shareHalf(whole, part, base int64, half string) int64 {
	if base == 0 {
		return 0
	}
	twice := new(big.Int).Mul(big.NewInt(whole), big.NewInt(part))
	twice.Mul(twice, big.NewInt(2)).Add(twice, big.NewInt(base))
	quotient, rest := new(big.Int).DivMod(twice, new(big.Int).Mul(big.NewInt(2), big.NewInt(base)), new(big.Int))
	n := quotient.Int64()
	if rest.Sign() == 0 && (half == "down" || half == "even" && n%2 != 0) {
		n-- // it was just half, and went up
	}
	return n
}

// proportion is what goes back of total when amount of base is refunded: the
// nearest cent each time, and whatever is left when the base is complete.
func (s *Server) proportion(total, gone, amount, base int64, completes bool) int64 {
	left := total - gone
	if completes {
		return left
	}
	return min(left, shareHalf(total, amount, base, s.assumes(assumeHalf)))
}

// human writes an amount for an error text: $1,100.00, €11.00, 1,100 JPY.
func human(amount int64, currency string) string {
	cur := strings.ToUpper(currency)
	symbols := map[string]string{"USD": "$", "EUR": "€", "GBP": "£"}
	exp, odd := exponents[strings.ToLower(currency)]
	if !odd {
		exp = 2
	}
	n := grouped(decimal(amount, exp))
	if s := symbols[cur]; s != "" {
		return s + n
	}
	return n + " " + cur
}

func decimal(amount int64, exp int) string {
	r := new(big.Rat).SetFrac(big.NewInt(amount), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(exp)), nil))
	return r.FloatString(exp)
}

// grouped sets commas between thousands.
func grouped(n string) string {
	whole, rest, _ := strings.Cut(n, ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest == "" {
		return whole
	}
	return whole + "." + rest
}

// orAmount is an amount that was said, else the one that is meant without.
func orAmount(said, meant int64) int64 {
	if said == 0 {
		return meant
	}
	return said
}
