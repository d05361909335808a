// Package money is how Hearth counts: whole minor units (cents, yen, fils) of
// one currency, never a float.
//
// An [Amount] is split by basis points so that the parts always sum to the
// whole: one side is rounded half up, once, and the other is what is left.
// Parsing and formatting follow the currency's exponent as ISO 4217 lists it
// (USD 2, JPY 0, KWD 3), but for the few that Stripe counts in another way: what
// we call minor units is what Stripe is sent.
package money

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	gomoney "github.com/Rhymond/go-money"
)

// Currency is a lower-case ISO 4217 code, the way Stripe writes it.
type Currency string

// Amount is a number of minor units of a currency.
type Amount struct {
	Minor    int64
	Currency Currency
}

// BasisPoints are hundredths of a percent: 1200 is 12 %.
type BasisPoints int64

// Whole is 100 %.
const Whole BasisPoints = 10_000

// New is an amount of minor units.
func New(minor int64, c Currency) Amount { return Amount{minor, c} }

// atStripe are the currencies that Stripe counts otherwise than ISO 4217: króna
// still in hundredths, ariary whole. Krónur and the forints and Taiwan dollars
// of a payout have to be whole all the same.
var atStripe = map[Currency]struct {
	exponent int
	step     int64
}{"isk": {2, 100}, "huf": {2, 100}, "twd": {2, 100}, "mga": {0, 1}}

// contradicted is listed by Stripe with no decimals and, elsewhere, with two: a
// guess would be wrong by a hundred.
const contradicted = "ugx"

// Known reports whether the code is a currency of ISO 4217 that we can write,
// and know how Stripe counts.
func (c Currency) Known() bool {
	return c != contradicted && strings.ToLower(string(c)) == string(c) && gomoney.GetCurrency(c.Code()) != nil
}

// Code is the upper-case ISO 4217 code.
func (c Currency) Code() string { return strings.ToUpper(string(c)) }

// Exponent is the number of decimals: 2 for usd, 0 for jpy, 3 for kwd.
func (c Currency) Exponent() int {
	if theirs, otherwise := atStripe[c]; otherwise {
		return theirs.exponent
	}
	if known := gomoney.GetCurrency(c.Code()); known != nil {
		return known.Fraction
	}
	return 2
}

// Step is what Stripe counts a currency in, in minor units: amounts with three
// decimals have to end in 0, and those of some with two in 00.
func (c Currency) Step() int64 {
	if theirs, otherwise := atStripe[c]; otherwise {
		return theirs.step
	}
	if c.Exponent() == 3 {
		return 10
	}
	return 1
}

// Floor is a number of minor units rounded down to whole steps.
func (c Currency) Floor(minor int64) int64 {
	rest := minor % c.Step()
	if rest < 0 {
		rest += c.Step()
	}
	return minor - rest
}

// Symbol is what stands before the number, "$" for usd; the code and a space
// where the currency has no sign of its own.
func (c Currency) Symbol() string {
	known := gomoney.GetCurrency(c.Code())
	if known == nil || known.Grapheme == "" || len([]rune(known.Grapheme)) > 2 {
		return c.Code() + " "
	}
	return known.Grapheme
}

// Add adds. It panics on two currencies: mixing them is a bug, never input.
func (a Amount) Add(b Amount) Amount {
	a.same(b)
	return Amount{a.Minor + b.Minor, a.Currency}
}

// Sub subtracts, with the same promise as [Amount.Add].
func (a Amount) Sub(b Amount) Amount {
	a.same(b)
	return Amount{a.Minor - b.Minor, a.Currency}
}

// Times multiplies by a count, nights for example.
func (a Amount) Times(n int64) Amount { return Amount{a.Minor * n, a.Currency} }

// Neg is the amount the other way round.
func (a Amount) Neg() Amount { return Amount{-a.Minor, a.Currency} }

// IsZero reports whether there is nothing.
func (a Amount) IsZero() bool { return a.Minor == 0 }

// Split cuts a share of bps off the amount, rounded half up, and returns it
// with the rest: share + rest is always the amount.
func (a Amount) Split(bps BasisPoints) (share, rest Amount) {
	share = a.Part(int64(bps), int64(Whole))
	return share, a.Sub(share)
}

// Part is amount × part ÷ whole, rounded half up to what Stripe can charge and
// refund, if the amount is one that it can.
func (a Amount) Part(part, whole int64) Amount {
	step := a.Currency.Step()
	if !a.Whole() {
		step = 1
	}
	return Amount{Proportion(a.Minor/step, part, whole) * step, a.Currency}
}

// Whole reports whether Stripe can charge and refund the amount: see
// [Currency.Step].
func (a Amount) Whole() bool { return a.Minor%a.Currency.Step() == 0 }

// Share is the first half of [Amount.Split].
func (a Amount) Share(bps BasisPoints) Amount {
	share, _ := a.Split(bps)
	return share
}

func (a Amount) same(b Amount) {
	if a.Currency != b.Currency {
		panic(fmt.Sprintf("money: %s and %s do not mix", a.Currency, b.Currency))
	}
}

// Proportion is amount × part ÷ whole, rounded half away from zero: the rule
// by which Stripe reverses transfers and fees of a partial refund. It does not
// overflow. A whole of 0 gives 0.
func Proportion(amount, part, whole int64) int64 {
	if whole == 0 {
		return 0
	}
	n := new(big.Int).Mul(big.NewInt(amount), big.NewInt(part))
	d := big.NewInt(whole)
	negative := n.Sign()*d.Sign() < 0
	n.Abs(n)
	d.Abs(d)
	n.Lsh(n, 1).Add(n, d).Div(n, new(big.Int).Lsh(d, 1))
	if negative {
		n.Neg(n)
	}
	return n.Int64()
}

// Format writes the amount with its sign, "$1,928.00", "¥1,928", "-$4.50".
func (a Amount) Format() string { return a.format(true) }

// Short writes it without decimals when they are all zero: "$1,928".
func (a Amount) Short() string { return a.format(false) }

func (a Amount) format(always bool) string {
	sign := ""
	if a.Minor < 0 {
		sign = "-"
	}
	whole, decimals := a.parts()
	if !always && strings.Trim(decimals, "0") == "" {
		decimals = ""
	}
	if decimals != "" {
		decimals = "." + decimals
	}
	return sign + a.Currency.Symbol() + grouped(whole) + decimals
}

// Decimal writes the bare number as forms and CSV files want it: "1928.00".
func (a Amount) Decimal() string {
	whole, decimals := a.parts()
	if decimals != "" {
		decimals = "." + decimals
	}
	if a.Minor < 0 {
		whole = "-" + whole
	}
	return whole + decimals
}

func (a Amount) parts() (whole, decimals string) {
	digits := strconv.FormatUint(magnitude(a.Minor), 10)
	exponent := a.Currency.Exponent()
	if len(digits) <= exponent {
		digits = strings.Repeat("0", exponent-len(digits)+1) + digits
	}
	return digits[:len(digits)-exponent], digits[len(digits)-exponent:]
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return uint64(-(n + 1)) + 1
	}
	return uint64(n)
}

func grouped(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// ErrFormat says that a text is no amount of the currency.
var ErrFormat = errors.New("not an amount of money")

// Parse reads what a person types: "1928", "1,928.5", "$ 1,928.00". More
// decimals than the currency has, a second separator, or anything else that
// could mean two things is [ErrFormat].
func Parse(text string, c Currency) (Amount, error) {
	text = strings.TrimSpace(text)
	text = strings.TrimSpace(strings.TrimPrefix(text, strings.TrimSpace(c.Symbol())))
	negative := strings.HasPrefix(text, "-")
	text = strings.TrimPrefix(text, "-")
	whole, decimals, dotted := strings.Cut(text, ".")
	if strings.Contains(whole, ",") && !groupedRight(whole) {
		return Amount{}, ErrFormat
	}
	whole = strings.ReplaceAll(whole, ",", "")
	if whole == "" || len(decimals) > c.Exponent() || (dotted && decimals == "") || !digitsOnly(whole+decimals) {
		return Amount{}, ErrFormat
	}
	decimals += strings.Repeat("0", c.Exponent()-len(decimals))
	minor, err := strconv.ParseInt(whole+decimals, 10, 64)
	if err != nil || minor == math.MaxInt64 {
		return Amount{}, ErrFormat
	}
	if negative {
		minor = -minor
	}
	return Amount{minor, c}, nil
}

func groupedRight(whole string) bool {
	groups := strings.Split(whole, ",")
	if len(groups[0]) == 0 || len(groups[0]) > 3 {
		return false
	}
	for _, g := range groups[1:] {
		if len(g) != 3 {
			return false
		}
	}
	return true
}

func digitsOnly(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}

// Percent writes basis points for people: "12 %", "12.5 %".
func (b BasisPoints) Percent() string {
	text := strconv.FormatInt(int64(b)/100, 10)
	if rest := int64(b) % 100; rest != 0 {
		text = strings.TrimRight(fmt.Sprintf("%s.%02d", text, rest), "0")
	}
	return text + " %"
}
