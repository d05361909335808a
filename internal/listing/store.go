package listing

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"hearth/internal/fault"
	"hearth/internal/postgres"
	"hearth/internal/user"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
	"unicode"
)

const columns = `l.id, l.owner_id, l.slug, l.status, l.title, l.description, l.kind, l.address_line1, l.address_line2,
	l.city, l.region, l.postal_code, l.country, l.lat, l.lon, l.time_zone, l.guests, l.bedrooms, l.beds, l.half_baths,
	l.amenities, l.house_rules, l.check_in_from, l.check_out_by, l.check_in_instructions, l.currency, l.nightly_price,
	l.cleaning_fee, l.weekly_discount_bps, l.monthly_discount_bps, l.min_nights, l.max_nights, l.cancellation_policy,
	l.booking_mode, l.fee_bps, l.created_at, l.updated_at`

const noSuchHome = "We could not find that home."

// ByID finds a home, whatever its status.
func ByID(ctx context.Context, q postgres.Querier, id ID) (Listing, error) {
	if uuid.Validate(string(id)) != nil {
		return Listing{}, fault.New(fault.NotFound, noSuchHome)
	}
	return postgres.One[Listing](ctx, q, noSuchHome, `SELECT `+columns+` FROM listings l WHERE l.id = $1`, id)
}

// BySlug finds a home by the name in its address, whatever its status.
func BySlug(ctx context.Context, q postgres.Querier, slug string) (Listing, error) {
	return postgres.One[Listing](ctx, q, noSuchHome, `SELECT `+columns+` FROM listings l WHERE l.slug = $1`, slug)
}

// ByOwner are an owner's homes, newest first.
func ByOwner(ctx context.Context, q postgres.Querier, owner user.ID) ([]Listing, error) {
	return postgres.All[Listing](ctx, q, `SELECT `+columns+` FROM listings l WHERE l.owner_id = $1 ORDER BY l.id DESC`, owner)
}

// Lock locks a home until the transaction ends, and reads it. It comes first
// in the order of locks: listing, booking, payment.
func Lock(ctx context.Context, tx pgx.Tx, id ID) (Listing, error) {
	if uuid.Validate(string(id)) != nil {
		return Listing{}, fault.New(fault.NotFound, noSuchHome)
	}
	return postgres.One[Listing](ctx, tx, noSuchHome, `SELECT `+columns+` FROM listings l WHERE l.id = $1 FOR UPDATE`, id)
}

// New is what an owner says of a home to begin with.
type New struct {
	Title    string
	Kind     Kind
	City     string
	Region   string
	TimeZone string
}

// Create makes a draft in the platform's country and currency, and the person
// an owner.
func Create(ctx context.Context, tx pgx.Tx, owner user.ID, n New, p Platform, now time.Time) (Listing, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Listing{}, err
	}
	l := Listing{
		ID: ID(id.String()), OwnerID: owner, Status: Draft, Title: strings.TrimSpace(n.Title), Kind: n.Kind,
		City: strings.TrimSpace(n.City), Region: strings.TrimSpace(n.Region), Country: p.Country, TimeZone: n.TimeZone,
		Guests: 2, Bedrooms: 1, Beds: 1, HalfBaths: 2, Amenities: []string{}, CheckInFrom: "15:00", CheckOutBy: "11:00",
		Currency: p.Currency, MinNights: 1, MaxNights: 30, CancellationPolicy: Moderate, BookingMode: Instant,
	}
	if err := l.invalid(p); err != nil {
		return Listing{}, err
	}
	l.Slug = slug(l)
	_, err = tx.Exec(ctx, `INSERT INTO listings (id, owner_id, slug, status, title, kind, city, region, country, time_zone,
		guests, currency, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)`,
		l.ID, owner, l.Slug, l.Status, l.Title, l.Kind, l.City, l.Region, l.Country, l.TimeZone, l.Guests, l.Currency, now)
	if err != nil {
		return Listing{}, fmt.Errorf("create a home for %s: %w", owner, err)
	}
	if err := user.AddRole(ctx, tx, owner, "owner"); err != nil {
		return Listing{}, err
	}
	return ByID(ctx, tx, l.ID)
}

// Update changes what the function changes, of what an owner may change: not
// the id, owner, status, fee or slug (a draft's slug follows its title). Values
// that make no sense, and changes that leave a published home incomplete, are
// refused with a message per form field; then nothing is written.
func Update(ctx context.Context, tx pgx.Tx, id ID, p Platform, now time.Time, change func(*Listing)) (Listing, error) {
	before, err := Lock(ctx, tx, id)
	if err != nil {
		return Listing{}, err
	}
	l := before
	change(&l)
	l.ID, l.OwnerID, l.Status, l.Slug, l.FeeBPS = before.ID, before.OwnerID, before.Status, before.Slug, before.FeeBPS
	l.UpdatedAt = now
	if err := l.invalid(p); err != nil {
		return l, err
	}
	if err := l.stillComplete(ctx, tx); err != nil {
		return l, err
	}
	if l.Status == Draft {
		l.Slug = slug(l)
	}
	return l, l.save(ctx, tx)
}

func (l Listing) stillComplete(ctx context.Context, tx pgx.Tx) error {
	if l.Status != Published {
		return nil
	}
	photos, err := Photos(ctx, tx, l.ID)
	if err != nil {
		return err
	}
	return incomplete(Lacks(l, photos))
}

func (l Listing) save(ctx context.Context, tx pgx.Tx) error {
	if l.Amenities == nil {
		l.Amenities = []string{}
	}
	_, err := tx.Exec(ctx, `UPDATE listings SET slug = $2, title = $3, description = $4, kind = $5, address_line1 = $6,
		address_line2 = $7, city = $8, region = $9, postal_code = $10, country = $11, lat = $12, lon = $13, time_zone = $14,
		guests = $15, bedrooms = $16, beds = $17, half_baths = $18, amenities = $19, house_rules = $20, check_in_from = $21,
		check_out_by = $22, check_in_instructions = $23, currency = $24, nightly_price = $25, cleaning_fee = $26,
		weekly_discount_bps = $27, monthly_discount_bps = $28, min_nights = $29, max_nights = $30, cancellation_policy = $31,
		updated_at = $32, booking_mode = $33 WHERE id = $1`,
		l.ID, l.Slug, l.Title, l.Description, l.Kind, l.AddressLine1, l.AddressLine2, l.City, l.Region, l.PostalCode, l.Country,
		l.Lat, l.Lon, l.TimeZone, l.Guests, l.Bedrooms, l.Beds, l.HalfBaths, l.Amenities, l.HouseRules, l.CheckInFrom,
		l.CheckOutBy, l.CheckInInstructions, l.Currency, l.NightlyPrice, l.CleaningFee, l.WeeklyDiscountBPS,
		l.MonthlyDiscountBPS, l.MinNights, l.MaxNights, l.CancellationPolicy, l.UpdatedAt, l.BookingMode)
	if err != nil {
		return fmt.Errorf("save home %s: %w", l.ID, err)
	}
	return nil
}

var notInSlug = regexp.MustCompile(`[^a-z0-9]+`)

// slug is the title in plain letters and the id's last, random digits.
func slug(l Listing) string {
	plain, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), l.Title)
	if err != nil {
		plain = l.Title
	}
	words := strings.Trim(notInSlug.ReplaceAllString(strings.ToLower(plain), "-"), "-")
	if len(words) > 60 {
		words = strings.Trim(words[:60], "-")
	}
	if words == "" {
		words = "home"
	}
	return words + "-" + string(l.ID[len(l.ID)-8:])
}
