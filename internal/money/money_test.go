package money_test

import (
	"errors"
	"testing"

	"hearth/internal/money"

	"pgregory.net/rapid"
)

func TestFormatAndParseFollowTheExponent(t *testing.T) {
	for _, c := range []struct {
		amount              money.Amount
		format, short, bare string
	}{
		{money.New(192800, "usd"), "$1,928.00", "$1,928", "1928.00"},
		{money.New(192805, "usd"), "$1,928.05", "$1,928.05", "1928.05"},
		{money.New(-450, "usd"), "-$4.50", "-$4.50", "-4.50"},
		{money.New(5, "usd"), "$0.05", "$0.05", "0.05"},
		{money.New(1234567, "jpy"), "¥1,234,567", "¥1,234,567", "1234567"},
		{money.New(1500, "kwd"), "KWD 1.500", "KWD 1.500", "1.500"},
		{money.New(150000, "isk"), "kr1,500.00", "kr1,500", "1500.00"}, // as Stripe counts them
		{money.New(1500, "mga"), "Ar1,500", "Ar1,500", "1500"},
		{money.New(0, "eur"), "€0.00", "€0", "0.00"},
	} {
		if got := c.amount.Format(); got != c.format {
			t.Errorf("Format(%v) = %q, want %q", c.amount, got, c.format)
		}
		if got := c.amount.Short(); got != c.short {
			t.Errorf("Short(%v) = %q, want %q", c.amount, got, c.short)
		}
		if got := c.amount.Decimal(); got != c.bare {
			t.Errorf("Decimal(%v) = %q, want %q", c.amount, got, c.bare)
		}
		if got, err := money.Parse(c.format, c.amount.Currency); c.amount.Minor >= 0 && (err != nil || got != c.amount) {
			t.Errorf("Parse(%q) = %v, %v", c.format, got, err)
		}
	}
}

func TestParseRefusesWhatCouldMeanTwoThings(t *testing.T) {
	for _, text := range []string{"", "1.234", "1,23", "12,3456", ",123", "1.", "1.2.3", "a", "1e3", "99999999999999999999", "1 000"} {
		if got, err := money.Parse(text, "usd"); !errors.Is(err, money.ErrFormat) {
			t.Errorf("Parse(%q) = %v, %v; want ErrFormat", text, got, err)
		}
	}
	if _, err := money.Parse("1.5", "jpy"); !errors.Is(err, money.ErrFormat) {
		t.Error("yen have no decimals")
	}
}

func TestSplitSumsToTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := money.New(rapid.Int64Range(-1e15, 1e15).Draw(t, "minor"), "usd")
		share, rest := a.Split(money.BasisPoints(rapid.Int64Range(0, 10_000).Draw(t, "bps")))
		if share.Add(rest) != a {
			t.Fatalf("%v + %v is not %v", share, rest, a)
		}
	})
}

// The recorded roundings of STRIPE.md §2.3.
func TestProportionRoundsAsStripeDoes(t *testing.T) {
	for _, c := range [][4]int64{{880, 500, 1200, 367}, {880, 1000, 1200, 733}, {109, 50, 153, 36}, {1356, 100, 1000, 136}, {1342, 100, 1000, 134}, {-880, 500, 1200, -367}, {5, 1, 0, 0}} {
		if got := money.Proportion(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("Proportion(%d, %d, %d) = %d, want %d", c[0], c[1], c[2], got, c[3])
		}
	}
}

func TestPercent(t *testing.T) {
	for bps, want := range map[money.BasisPoints]string{1200: "12 %", 1250: "12.5 %", 1205: "12.05 %", 0: "0 %"} {
		if got := bps.Percent(); got != want {
			t.Errorf("%d = %q, want %q", bps, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("1,928.00")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := money.Parse(text, "usd")
		if err != nil {
			return
		}
		if again, err := money.Parse(a.Decimal(), "usd"); err != nil || again != a {
			t.Fatalf("%q → %v → %q → %v, %v", text, a, a.Decimal(), again, err)
		}
	})
}

// Stripe takes three-decimal amounts that end in 0: shares of one end in 0, too.
func TestSharesCanBeCharged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom([]money.Currency{"usd", "jpy", "kwd"}).Draw(t, "currency")
		a := money.New(rapid.Int64Range(0, 1_000_000).Draw(t, "amount")*c.Step(), c)
		share, rest := a.Split(money.BasisPoints(rapid.Int64Range(0, 10_000).Draw(t, "bps")))
		if !a.Whole() || !share.Whole() || !rest.Whole() || share.Add(rest) != a {
			t.Errorf("%v is %v and %v", a, share, rest)
		}
	})
	if got := money.New(41_730, "kwd").Share(1200); got.Minor != 5_010 { // 5.0076
		t.Errorf("12 %% of KWD 41.730 is %v", got)
	}
	if money.New(12_345, "kwd").Whole() || !money.New(12_345, "usd").Whole() {
		t.Error("fils that Stripe does not take, or cents that it does")
	}
}

// What Stripe counts otherwise than ISO 4217 is sent as Stripe counts it, and a
// currency that it contradicts itself about is not sold in.
func TestWhatStripeCountsOtherwise(t *testing.T) {
	for text, want := range map[money.Currency]int64{"isk": 500, "huf": 500, "twd": 500, "mga": 5, "jpy": 5, "kwd": 5000, "usd": 500} {
		if got, err := money.Parse("5", text); err != nil || got.Minor != want || !got.Whole() {
			t.Errorf("five %s are %d for Stripe, %v", text, got.Minor, err)
		}
	}
	for c, minor := range map[money.Currency]int64{"isk": 550, "huf": 1, "twd": 99, "kwd": 5001} {
		if money.New(minor, c).Whole() {
			t.Errorf("Stripe takes %d %s", minor, c)
		}
	}
	if got := money.New(1_234_500, "huf").Share(1177); got.Minor != 145_300 { // 145,300.65
		t.Errorf("a share of whole forints is %d", got.Minor)
	}
	if money.Currency("ugx").Known() || !money.Currency("isk").Known() {
		t.Error("which currencies can be sold in?")
	}
	for minor, want := range map[int64]int64{0: 0, 7: 0, 10: 10, 19: 10, -1: -10, -10: -10, -11: -20} {
		if got := money.Currency("kwd").Floor(minor); got != want {
			t.Errorf("%d is %d in whole steps, want %d", minor, got, want)
		}
	}
}
