package listing_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"hearth/internal/fault"
	"hearth/internal/listing"
	"hearth/internal/postgres"
	"hearth/internal/testkit/pgtest"
	"hearth/internal/user"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

var (
	now      = time.Date(2027, 5, 1, 12, 0, 0, 0, time.UTC)
	platform = listing.Platform{Country: "US", Currency: "usd"}
	ctx      = context.Background()
)

func owner(t *testing.T, tx pgx.Tx) user.ID {
	t.Helper()
	id := uuid.Must(uuid.NewV7()).String()
	if _, err := tx.Exec(ctx, `INSERT INTO users (id, email, name, password_hash, created_at) VALUES ($1, $2, 'Nora', 'x', $3)`, id, id+"@hearth.test", now); err != nil {
		t.Fatal(err)
	}
	return user.ID(id)
}

func draft(t *testing.T, tx pgx.Tx, who user.ID, title string) listing.Listing {
	t.Helper()
	l, err := listing.Create(ctx, tx, who, listing.New{Title: title, Kind: "cabin", City: "South Lake Tahoe", Region: "California", TimeZone: "America/Los_Angeles"}, platform, now)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func complete(l *listing.Listing) {
	lat, lon := 38.9399, -119.9772
	l.Description, l.AddressLine1, l.PostalCode = "By the lake.", "1 Shore Road", "96150"
	l.Lat, l.Lon, l.NightlyPrice, l.CleaningFee = &lat, &lon, 31200, 12000
	l.Guests, l.MaxNights = 6, 365
}

func update(t *testing.T, tx pgx.Tx, id listing.ID, change func(*listing.Listing)) listing.Listing {
	t.Helper()
	l, err := listing.Update(ctx, tx, id, platform, now, change)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// published makes a home that lacks nothing and offers it.
func published(t *testing.T, tx pgx.Tx, who user.ID, title string, change func(*listing.Listing)) listing.Listing {
	t.Helper()
	l := draft(t, tx, who, title)
	update(t, tx, l.ID, complete)
	if change != nil {
		update(t, tx, l.ID, change)
	}
	photo(t, tx, l.ID)
	if err := listing.Publish(ctx, tx, l.ID, now); err != nil {
		t.Fatal(err)
	}
	l, err := listing.ByID(ctx, tx, l.ID)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func photo(t *testing.T, tx pgx.Tx, home listing.ID) listing.Photo {
	t.Helper()
	p, err := listing.AddPhoto(ctx, tx, home, listing.Processed{Width: 400, Height: 300, Files: []listing.PhotoFile{{Width: 400, JPEG: []byte("x")}}}, "", now)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func fields(t *testing.T, err error) map[string]string {
	t.Helper()
	f, ok := fault.Of(err)
	if !ok || f.Kind != fault.Invalid {
		t.Fatalf("want Invalid, have %v", err)
	}
	return f.Fields
}

func TestCreateMakesADraftAndAnOwner(t *testing.T) {
	tx := pgtest.Tx(t)
	who := owner(t, tx)
	l := draft(t, tx, who, "Café über dem Meer!")
	if l.Status != listing.Draft || l.Country != "US" || l.Currency != "usd" || l.OwnerID != who {
		t.Errorf("draft is %+v", l)
	}
	if !strings.HasPrefix(l.Slug, "cafe-uber-dem-meer-") {
		t.Errorf("slug = %q", l.Slug)
	}
	if u, err := user.ByID(ctx, tx, who); err != nil || !u.IsOwner() {
		t.Errorf("owner %v, %v", u.Roles, err)
	}
	if same, err := listing.BySlug(ctx, tx, l.Slug); err != nil || same.ID != l.ID {
		t.Errorf("by slug: %v, %v", same.ID, err)
	}
	if homes, err := listing.ByOwner(ctx, tx, who); err != nil || len(homes) != 1 {
		t.Errorf("by owner: %d, %v", len(homes), err)
	}
	for _, id := range []listing.ID{"no-uuid", listing.ID(uuid.NewString())} {
		if _, err := listing.ByID(ctx, tx, id); !fault.Is(err, fault.NotFound) {
			t.Errorf("ByID(%s) = %v", id, err)
		}
	}
}

func TestUpdateRefusesNonsenseByField(t *testing.T) {
	tx := pgtest.Tx(t)
	l := draft(t, tx, owner(t, tx), "Cabin")
	far, some := 91.0, 10.0
	for field, change := range map[string]func(*listing.Listing){
		"title":                 func(l *listing.Listing) { l.Title = " " },
		"description":           func(l *listing.Listing) { l.Description = strings.Repeat("é", 5001) },
		"city":                  func(l *listing.Listing) { l.City = "a\x00b" },
		"kind":                  func(l *listing.Listing) { l.Kind = "castle" },
		"country":               func(l *listing.Listing) { l.Country = "DE" },
		"currency":              func(l *listing.Listing) { l.Currency = "eur" },
		"lat":                   func(l *listing.Listing) { l.Lat, l.Lon = &far, &some },
		"lon":                   func(l *listing.Listing) { l.Lat = &some },
		"time_zone":             func(l *listing.Listing) { l.TimeZone = "Mars/Base" },
		"guests":                func(l *listing.Listing) { l.Guests = 0 },
		"bedrooms":              func(l *listing.Listing) { l.Bedrooms = -1 },
		"beds":                  func(l *listing.Listing) { l.Beds = 101 },
		"half_baths":            func(l *listing.Listing) { l.HalfBaths = 101 },
		"amenities":             func(l *listing.Listing) { l.Amenities = []string{"moat"} },
		"nightly_price":         func(l *listing.Listing) { l.NightlyPrice = -1 },
		"cleaning_fee":          func(l *listing.Listing) { l.CleaningFee = listing.MaxPrice + 1 },
		"weekly_discount":       func(l *listing.Listing) { l.WeeklyDiscountBPS = 9001 },
		"monthly_discount":      func(l *listing.Listing) { l.MonthlyDiscountBPS = -1 },
		"min_nights":            func(l *listing.Listing) { l.MinNights = 0 },
		"max_nights":            func(l *listing.Listing) { l.MinNights, l.MaxNights = 5, 4 },
		"check_in_from":         func(l *listing.Listing) { l.CheckInFrom = "24:00" },
		"check_out_by":          func(l *listing.Listing) { l.CheckOutBy = "11am" },
		"cancellation_policy":   func(l *listing.Listing) { l.CancellationPolicy = "never" },
		"house_rules":           func(l *listing.Listing) { l.HouseRules = strings.Repeat("x", 3001) },
		"check_in_instructions": func(l *listing.Listing) { l.CheckInInstructions = "\xff" },
	} {
		_, err := listing.Update(ctx, tx, l.ID, platform, now, change)
		if got := fields(t, err); got[field] == "" || len(got) != 1 {
			t.Errorf("%s: %v", field, got)
		}
	}
	if after, _ := listing.ByID(ctx, tx, l.ID); after.Title != "Cabin" || after.MinNights != 1 {
		t.Errorf("a refused edit left traces: %+v", after)
	}
}

func TestUpdateLeavesWhatOwnersMayNotChange(t *testing.T) {
	tx := pgtest.Tx(t)
	l := draft(t, tx, owner(t, tx), "Cabin")
	other := owner(t, tx)
	got := update(t, tx, l.ID, func(l *listing.Listing) {
		none := int64(0)
		l.Title, l.OwnerID, l.Status, l.Slug, l.FeeBPS = "Lake house", other, listing.Published, "mine", &none
	})
	stored, _ := listing.ByID(ctx, tx, l.ID)
	if stored.OwnerID != l.OwnerID || stored.Status != listing.Draft || stored.FeeBPS != nil || stored.Slug != got.Slug {
		t.Errorf("stored %+v", stored)
	}
	if !strings.HasPrefix(stored.Slug, "lake-house-") {
		t.Errorf("a draft's slug follows its title: %s", stored.Slug)
	}
}

func TestPublishNeedsEverythingAndKeepsIt(t *testing.T) {
	tx := pgtest.Tx(t)
	l := draft(t, tx, owner(t, tx), "Cabin")
	if lacks := fields(t, listing.Publish(ctx, tx, l.ID, now)); lacks["photos"] == "" || lacks["nightly_price"] == "" || lacks["lat"] == "" {
		t.Errorf("a bare draft lacks %v", lacks)
	}
	l = update(t, tx, l.ID, complete)
	if got := listing.Missing(l, nil); !slices.Equal(got, []string{"At least one photo"}) {
		t.Errorf("missing %q", got)
	}
	first := photo(t, tx, l.ID)
	if err := listing.Publish(ctx, tx, l.ID, now); err != nil {
		t.Fatal(err)
	}
	// Each is a savepoint, as each would be a request.
	_, err := listing.Update(ctx, tx, l.ID, platform, now, func(l *listing.Listing) { l.NightlyPrice = 0 })
	if got := fields(t, err); got["nightly_price"] == "" {
		t.Errorf("a published home lost its price: %v", got)
	}
	err = postgres.InTx(ctx, tx, func(tx pgx.Tx) error { return listing.DeletePhoto(ctx, tx, l.ID, first.ID) })
	if got := fields(t, err); got["photos"] == "" {
		t.Errorf("a published home lost its last photo: %v", got)
	}
	slug := l.Slug
	if l = update(t, tx, l.ID, func(l *listing.Listing) { l.Title = "Other" }); l.Slug != slug {
		t.Errorf("a published home's address changed to %s", l.Slug)
	}
}

func TestSuspendedHomesAreNotPublishedByTheirOwner(t *testing.T) {
	tx := pgtest.Tx(t)
	l := published(t, tx, owner(t, tx), "Cabin", nil)
	status := func() listing.Status { l, _ := listing.ByID(ctx, tx, l.ID); return l.Status }
	steps := []struct {
		do   func(context.Context, pgx.Tx, listing.ID, time.Time) error
		want listing.Status
		kind fault.Kind
	}{
		{listing.Pause, listing.Paused, 0}, {listing.Pause, listing.Paused, 0}, {listing.Publish, listing.Published, 0},
		{listing.Suspend, listing.Suspended, 0}, {listing.Publish, listing.Suspended, fault.Denied}, {listing.Pause, listing.Suspended, 0},
		{listing.Restore, listing.Paused, 0}, {listing.Restore, listing.Paused, 0}, {listing.Publish, listing.Published, 0},
		{listing.Restore, listing.Published, 0},
	}
	for i, s := range steps {
		if err := s.do(ctx, tx, l.ID, now); (err != nil) != (s.kind != 0) || (err != nil && !fault.Is(err, s.kind)) {
			t.Errorf("step %d: %v", i, err)
		}
		if status() != s.want {
			t.Errorf("step %d: %s, want %s", i, status(), s.want)
		}
	}
}

func TestApproximateHidesTheHouse(t *testing.T) {
	lat, lon := 38.93994, -119.97719
	l := listing.Listing{Lat: &lat, Lon: &lon}
	if a, o, ok := l.Approximate(); !ok || a != 38.94 || o != -119.98 {
		t.Errorf("approximately %v, %v", a, o)
	}
	if _, _, ok := (listing.Listing{}).Approximate(); ok {
		t.Error("a home without a position has none")
	}
}

func TestWords(t *testing.T) {
	l := listing.Listing{HalfBaths: 3, City: "Napa", Region: "California", Amenities: []string{"pool", "wifi"}}
	if l.Baths() != "1.5" || l.Place() != "Napa, California" {
		t.Errorf("%s, %s", l.Baths(), l.Place())
	}
	if offers := l.Offers(); len(offers) != 2 || offers[0].Key != "wifi" {
		t.Errorf("offers %v", offers)
	}
}
