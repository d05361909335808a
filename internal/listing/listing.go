// Package listing holds homes: what they are, what they cost, their photos,
// and how people find them.
//
// A [Listing] begins as a draft that only its owner sees. [Missing] says what
// it still lacks; when nothing is lacking, [Publish] offers it to tenants, and
// from then on no edit may make it incomplete again. Its owner can [Pause] it,
// an admin can [Suspend] it. Whether a home can be booked ([Sellable]) is never
// written down: it is derived at each read from the home's own status and from
// whether its owner can be paid (the view payable_owners).
//
// Photographs are decoded, turned upright, stripped of everything but pixels
// and stored in several widths by [ProcessPhoto] and [AddPhoto].
//
// Tables: listings, listing_photos, listing_photo_files. Whoever writes several
// rows about one home locks the home first ([Lock]).
package listing

import (
	"strconv"
	"strings"
	"time"

	"hearth/internal/money"
	"hearth/internal/user"
)

// ID is a home's UUIDv7.
type ID string

// Status says who may see a home.
type Status string

// The statuses of a home.
const (
	Draft     Status = "draft"     // being written, only the owner sees it
	Published Status = "published" // found and booked by tenants
	Paused    Status = "paused"    // taken off by the owner
	Suspended Status = "suspended" // taken off by an admin
)

// Listing is a home. Money is in minor units of Currency.
type Listing struct {
	ID                  ID
	OwnerID             user.ID
	Slug                string
	Status              Status
	Title               string
	Description         string
	Kind                Kind
	AddressLine1        string `db:"address_line1"`
	AddressLine2        string `db:"address_line2"`
	City                string
	Region              string
	PostalCode          string
	Country             string // ISO 3166, upper case
	Lat, Lon            *float64
	TimeZone            string // IANA; deadlines and dates are the home's own
	Guests              int
	Bedrooms            int
	Beds                int
	HalfBaths           int // 3 is one and a half
	Amenities           []string
	HouseRules          string
	CheckInFrom         string // "15:00"
	CheckOutBy          string // "11:00"
	CheckInInstructions string // only for tenants with a confirmed stay
	Currency            money.Currency
	NightlyPrice        int64
	CleaningFee         int64
	WeeklyDiscountBPS   money.BasisPoints `db:"weekly_discount_bps"`
	MonthlyDiscountBPS  money.BasisPoints `db:"monthly_discount_bps"`
	MinNights           int
	MaxNights           int
	CancellationPolicy  Policy
	BookingMode         BookingMode
	FeeBPS              *int64 `db:"fee_bps"` // this home's platform fee; nil: the owner's, else the platform's
	CreatedAt           time.Time
	UpdatedAt           time.Time
}

// Nightly is the price of one night.
func (l Listing) Nightly() money.Amount { return money.New(l.NightlyPrice, l.Currency) }

// Cleaning is the fee for cleaning, once per stay.
func (l Listing) Cleaning() money.Amount { return money.New(l.CleaningFee, l.Currency) }

// Place is "City, Region".
func (l Listing) Place() string { return joined(", ", l.City, l.Region) }

// Address is all lines of the address. It is shown to the owner, admins and
// tenants with a confirmed stay, to nobody else.
func (l Listing) Address() string {
	return joined(", ", l.AddressLine1, l.AddressLine2, l.City, joined(" ", l.Region, l.PostalCode), l.Country)
}

// Approximate is the home's position rounded to about a kilometre: all that is
// shown before booking. ok is false while the home has no position.
func (l Listing) Approximate() (lat, lon float64, ok bool) {
	if l.Lat == nil || l.Lon == nil {
		return 0, 0, false
	}
	return hundredths(*l.Lat), hundredths(*l.Lon), true
}

// Baths writes the number of baths: "1", "2.5".
func (l Listing) Baths() string {
	if l.HalfBaths%2 == 0 {
		return strconv.Itoa(l.HalfBaths / 2)
	}
	return strconv.Itoa(l.HalfBaths/2) + ".5"
}

// Zone is the home's time zone; UTC if the machine does not know its name.
func (l Listing) Zone() *time.Location {
	zone, err := time.LoadLocation(l.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// Has reports whether the home has an amenity.
func (l Listing) Has(amenity string) bool {
	for _, key := range l.Amenities {
		if key == amenity {
			return true
		}
	}
	return false
}

func joined(separator string, parts ...string) string {
	var present []string
	for _, part := range parts {
		if part != "" {
			present = append(present, part)
		}
	}
	return strings.Join(present, separator)
}

func hundredths(degrees float64) float64 {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(degrees, 'f', 2, 64), 64)
	return rounded
}
