package site

import (
	"net/url"
	"strconv"
	"strings"

	"hearth/internal/listing"
	"hearth/internal/money"
)

// The forms of a home's settings: for each section, how a home's values are
// shown and read.

func showBasics(l listing.Listing) url.Values {
	return url.Values{"title": {l.Title}, "kind": {string(l.Kind)}, "description": {l.Description}}
}

func readBasics(v *formReader, l *listing.Listing) {
	l.Title, l.Kind, l.Description = v.line("title"), listing.Kind(v.line("kind")), v.text("description")
}

func showLocation(l listing.Listing) url.Values {
	return url.Values{"address_line1": {l.AddressLine1}, "address_line2": {l.AddressLine2}, "city": {l.City}, "region": {l.Region},
		"postal_code": {l.PostalCode}, "country": {l.Country}, "lat": {degreesText(l.Lat)}, "lon": {degreesText(l.Lon)}, "time_zone": {l.TimeZone}}
}

func readLocation(v *formReader, l *listing.Listing) {
	l.AddressLine1, l.AddressLine2, l.City = v.line("address_line1"), v.line("address_line2"), v.line("city")
	l.Region, l.PostalCode, l.Country = v.line("region"), v.line("postal_code"), strings.ToUpper(v.line("country"))
	l.Lat, l.Lon, l.TimeZone = v.degrees("lat"), v.degrees("lon"), v.line("time_zone")
}

func showRooms(l listing.Listing) url.Values {
	return url.Values{"guests": {strconv.Itoa(l.Guests)}, "bedrooms": {strconv.Itoa(l.Bedrooms)}, "beds": {strconv.Itoa(l.Beds)},
		"half_baths": {strconv.Itoa(l.HalfBaths)}, "amenities": l.Amenities}
}

func readRooms(v *formReader, l *listing.Listing) {
	l.Guests, l.Bedrooms, l.Beds, l.HalfBaths = v.number("guests"), v.number("bedrooms"), v.number("beds"), v.number("half_baths")
	l.Amenities = v.values["amenities"]
}

func showPrice(l listing.Listing) url.Values {
	v := url.Values{"nightly_price": {""}, "cleaning_fee": {l.Cleaning().Decimal()}, "currency": {l.Currency.Code()},
		"weekly_discount": {percentText(l.WeeklyDiscountBPS)}, "monthly_discount": {percentText(l.MonthlyDiscountBPS)}}
	if l.NightlyPrice > 0 {
		v.Set("nightly_price", l.Nightly().Decimal())
	}
	return v
}

func readPrice(v *formReader, l *listing.Listing) {
	l.NightlyPrice, l.CleaningFee, l.Currency = v.money("nightly_price"), v.money("cleaning_fee"), money.Currency(strings.ToLower(v.line("currency")))
	l.WeeklyDiscountBPS, l.MonthlyDiscountBPS = v.percent("weekly_discount"), v.percent("monthly_discount")
}

func showRules(l listing.Listing) url.Values {
	return url.Values{"min_nights": {strconv.Itoa(l.MinNights)}, "max_nights": {strconv.Itoa(l.MaxNights)}, "check_in_from": {l.CheckInFrom},
		"check_out_by": {l.CheckOutBy}, "cancellation_policy": {string(l.CancellationPolicy)}, "booking_mode": {string(l.BookingMode)}, "house_rules": {l.HouseRules},
		"check_in_instructions": {l.CheckInInstructions}}
}

func readRules(v *formReader, l *listing.Listing) {
	l.MinNights, l.MaxNights = v.number("min_nights"), v.number("max_nights")
	l.CheckInFrom, l.CheckOutBy = v.line("check_in_from"), v.line("check_out_by")
	l.CancellationPolicy, l.BookingMode = listing.Policy(v.line("cancellation_policy")), listing.BookingMode(v.line("booking_mode"))
	l.HouseRules, l.CheckInInstructions = v.text("house_rules"), v.text("check_in_instructions")
}

// line is a text of one line.
func (v *formReader) line(name string) string { return strings.TrimSpace(v.values.Get(name)) }

// text is a text of several, with the line ends that we store.
func (v *formReader) text(name string) string {
	return strings.TrimSpace(strings.ReplaceAll(v.values.Get(name), "\r\n", "\n"))
}

func degreesText(degrees *float64) string {
	if degrees == nil {
		return ""
	}
	return strconv.FormatFloat(*degrees, 'f', -1, 64)
}

func percentText(bps money.BasisPoints) string {
	if bps == 0 {
		return ""
	}
	return strings.TrimSuffix(bps.Percent(), " %")
}
