package listing

import "hearth/internal/money"

// From these lengths of stay on, the weekly and the monthly discount apply.
const (
	WeekNights  = 7
	MonthNights = 28
)

// StayPrice is what a stay costs before any fee is split off: the tenant pays
// Total, nothing is added later.
type StayPrice struct {
	Nights       int
	Stay         money.Amount // nights × price
	Discount     money.Amount // positive; taken off Stay
	DiscountName string       // "Weekly discount (10 %)", "" without one
	Cleaning     money.Amount
	Total        money.Amount
}

// PriceOf is the price of so many nights. The longer discount wins; a monthly
// discount of zero leaves the weekly one.
func (l Listing) PriceOf(nights int) StayPrice {
	p := StayPrice{Nights: nights, Stay: l.Nightly().Times(int64(nights)), Cleaning: l.Cleaning()}
	bps, name := l.discount(nights)
	p.Discount = p.Stay.Share(bps)
	if bps > 0 {
		p.DiscountName = name + " discount (" + bps.Percent() + ")"
	}
	p.Total = p.Stay.Sub(p.Discount).Add(p.Cleaning)
	return p
}

func (l Listing) discount(nights int) (money.BasisPoints, string) {
	switch {
	case nights >= MonthNights && l.MonthlyDiscountBPS > 0:
		return l.MonthlyDiscountBPS, "Monthly"
	case nights >= WeekNights:
		return l.WeeklyDiscountBPS, "Weekly"
	}
	return 0, ""
}
