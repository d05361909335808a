package listing

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"hearth/internal/fault"
	"hearth/internal/money"
)

// Platform is where the marketplace trades: homes elsewhere, or priced in
// other money, cannot be paid out and are refused.
type Platform struct {
	Country  string // ISO 3166, upper case
	Currency money.Currency
}

// MaxPrice bounds prices per night and fees, in minor units: what Stripe can
// charge at once, less room for a year of nights.
const MaxPrice = 2_000_000

var clock = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)

// invalid says, by form field, what is wrong with a home's values. That a
// draft lacks something is no fault: see [Missing].
func (l Listing) invalid(p Platform) error {
	wrong := map[string]string{}
	l.checkWords(wrong)
	l.checkPlace(p, wrong)
	l.checkRooms(wrong)
	l.checkPrice(p, wrong)
	l.checkRules(wrong)
	return fault.Fields(wrong)
}

func (l Listing) checkWords(wrong map[string]string) {
	if strings.TrimSpace(l.Title) == "" {
		wrong["title"] = "Give your home a title."
	}
	for _, text := range []struct {
		field, value string
		most         int
	}{
		{"title", l.Title, 80}, {"description", l.Description, 5000},
		{"address_line1", l.AddressLine1, 200}, {"address_line2", l.AddressLine2, 200},
		{"city", l.City, 100}, {"region", l.Region, 100}, {"postal_code", l.PostalCode, 20},
		{"house_rules", l.HouseRules, 3000}, {"check_in_instructions", l.CheckInInstructions, 3000},
	} {
		if utf8.RuneCountInString(text.value) > text.most {
			wrong[text.field] = fmt.Sprintf("Use at most %d characters.", text.most)
		}
		if !utf8.ValidString(text.value) || strings.ContainsRune(text.value, 0) {
			wrong[text.field] = "Use plain text."
		}
	}
	if !l.Kind.Known() {
		wrong["kind"] = "Choose a kind of home."
	}
}

func (l Listing) checkPlace(p Platform, wrong map[string]string) {
	if l.Country != p.Country {
		wrong["country"] = fmt.Sprintf("Homes here are in %s: owners elsewhere cannot be paid yet.", p.Country)
	}
	if l.Lat != nil && !(*l.Lat >= -90 && *l.Lat <= 90) {
		wrong["lat"] = "Latitude is between -90 and 90."
	}
	if l.Lon != nil && !(*l.Lon >= -180 && *l.Lon <= 180) {
		wrong["lon"] = "Longitude is between -180 and 180."
	}
	if (l.Lat == nil) != (l.Lon == nil) {
		field := map[bool]string{true: "lat", false: "lon"}[l.Lat == nil]
		wrong[field] = "Give both latitude and longitude."
	}
	if _, err := time.LoadLocation(l.TimeZone); err != nil || l.TimeZone == "" || l.TimeZone == "Local" {
		wrong["time_zone"] = "Choose a time zone, for example America/Los_Angeles."
	}
}

func (l Listing) checkRooms(wrong map[string]string) {
	within(wrong, "guests", l.Guests, 1, 50)
	within(wrong, "bedrooms", l.Bedrooms, 0, 50)
	within(wrong, "beds", l.Beds, 1, 100)
	within(wrong, "half_baths", l.HalfBaths, 0, 100)
	for _, key := range l.Amenities {
		if _, ok := AmenityOf(key); !ok {
			wrong["amenities"] = "Choose amenities from the list."
		}
	}
}

func (l Listing) checkPrice(p Platform, wrong map[string]string) {
	if l.Currency != p.Currency {
		wrong["currency"] = fmt.Sprintf("Prices here are in %s.", p.Currency.Code())
	}
	for field, minor := range map[string]int64{"nightly_price": l.NightlyPrice, "cleaning_fee": l.CleaningFee} {
		if minor < 0 || minor > MaxPrice {
			wrong[field] = fmt.Sprintf("Between 0 and %s.", money.New(MaxPrice, p.Currency).Short())
		}
	}
	for field, bps := range map[string]money.BasisPoints{"weekly_discount": l.WeeklyDiscountBPS, "monthly_discount": l.MonthlyDiscountBPS} {
		if bps < 0 || bps > 9000 {
			wrong[field] = "Between 0 and 90 percent."
		}
	}
}

func (l Listing) checkRules(wrong map[string]string) {
	within(wrong, "min_nights", l.MinNights, 1, 365)
	within(wrong, "max_nights", l.MaxNights, 1, 365)
	if wrong["min_nights"] == "" && wrong["max_nights"] == "" && l.MinNights > l.MaxNights {
		wrong["max_nights"] = "Not fewer than the least number of nights."
	}
	for field, at := range map[string]string{"check_in_from": l.CheckInFrom, "check_out_by": l.CheckOutBy} {
		if !clock.MatchString(at) {
			wrong[field] = "Write a time such as 15:00."
		}
	}
	if !l.CancellationPolicy.Known() {
		wrong["cancellation_policy"] = "Choose a cancellation policy."
	}
	if !l.BookingMode.Known() {
		wrong["booking_mode"] = "Choose how the home is booked."
	}
}

func within(wrong map[string]string, field string, n, least, most int) {
	if n < least || n > most {
		wrong[field] = fmt.Sprintf("Between %d and %d.", least, most)
	}
}

// Lack is one thing that a home still needs before it may be published, and
// the section of its pages where it is mended.
type Lack struct{ Section, Field, Words string }

// Lacks is what a home still needs, by section.
func Lacks(l Listing, photos []Photo) []Lack {
	var lacks []Lack
	for _, need := range []struct {
		missing               bool
		section, field, words string
	}{
		{strings.TrimSpace(l.Description) == "", "basics", "description", "A description"},
		{strings.TrimSpace(l.AddressLine1) == "", "location", "address_line1", "The street address"},
		{strings.TrimSpace(l.City) == "", "location", "city", "The city"},
		{strings.TrimSpace(l.Region) == "", "location", "region", "The state or region"},
		{strings.TrimSpace(l.PostalCode) == "", "location", "postal_code", "The postal code"},
		{l.Lat == nil || l.Lon == nil, "location", "lat", "The position on the map"},
		{len(photos) == 0, "photos", "photos", "At least one photo"},
		{l.NightlyPrice == 0, "price", "nightly_price", "A price per night"},
	} {
		if need.missing {
			lacks = append(lacks, Lack{need.section, need.field, need.words})
		}
	}
	return lacks
}

// Missing says in words what still lacks before a home may be published.
func Missing(l Listing, photos []Photo) []string {
	var words []string
	for _, lack := range Lacks(l, photos) {
		words = append(words, lack.Words)
	}
	return words
}

// incomplete is the refusal of publishing, or of an edit of a published home,
// that would leave it lacking something.
func incomplete(lacks []Lack) error {
	fields := map[string]string{}
	for _, lack := range lacks {
		fields[lack.Field] = "A published home needs this."
	}
	return fault.Fields(fields)
}
