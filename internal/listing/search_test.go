package listing_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/calendar"
	"hearth/internal/fault"
	"hearth/internal/listing"
	"hearth/internal/money"
	"hearth/internal/testkit/pgtest"
	"hearth/internal/user"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// payable gives an owner a connected account that can be paid.
func payable(t *testing.T, tx pgx.Tx, who user.ID, livemode bool) {
	t.Helper()
	request := uuid.NewString()
	if _, err := tx.Exec(ctx, `INSERT INTO stripe_requests (id, purpose, path, idempotency_key, params, livemode, state, planned_at)
		VALUES ($1, 'account', '/v1/accounts', $2, '', $3, 'succeeded', $4)`, request, request, livemode, now); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, `INSERT INTO connected_accounts (id, user_id, livemode, stripe_account_id, request_id, country,
		charges_enabled, transfers, created_at) VALUES ($1, $2, $3, $4, $5, 'US', true, 'active', $6)`,
		uuid.NewString(), who, livemode, "acct_"+request, request, now); err != nil {
		t.Fatal(err)
	}
}

func titles(t *testing.T, tx pgx.Tx, p listing.SearchParams) []string {
	t.Helper()
	found, err := listing.Search(ctx, tx, p)
	if err != nil {
		t.Fatal(err)
	}
	titles := []string{}
	for _, c := range found.Cards {
		titles = append(titles, c.Title)
	}
	return titles
}

func date(text string) time.Time {
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return d
}

func TestSearchNarrows(t *testing.T) {
	tx := pgtest.Tx(t)
	who := owner(t, tx)
	payable(t, tx, who, false)
	published(t, tx, who, "Lake", func(l *listing.Listing) { l.Amenities = []string{"pool", "wifi"}; l.MinNights = 2 })
	desert := published(t, tx, who, "Desert", func(l *listing.Listing) {
		l.Kind, l.City, l.Bedrooms, l.Guests, l.NightlyPrice, l.Amenities = "house", "Joshua Tree", 4, 8, 10000, []string{"pool"}
	})
	published(t, tx, who, "100% Loft_", func(l *listing.Listing) { l.Kind, l.City, l.MaxNights = "loft", "San Francisco", 3 })
	draft(t, tx, who, "Draft")
	if err := listing.Pause(ctx, tx, published(t, tx, who, "Paused", nil).ID, now); err != nil {
		t.Fatal(err)
	}
	if err := calendar.Block(ctx, tx, desert.ID, calendar.Stay{CheckIn: date("2027-06-10"), CheckOut: date("2027-06-12")}); err != nil {
		t.Fatal(err)
	}
	from, to := func(p listing.SearchParams, in, out string) listing.SearchParams {
		p.From, p.To = date(in), date(out)
		return p
	}, listing.SearchParams{}
	for name, c := range map[string]struct {
		params listing.SearchParams
		want   []string
	}{
		"everything, newest first": {to, []string{"100% Loft_", "Desert", "Lake"}},
		"place":                    {listing.SearchParams{Place: "joshua TREE, California"}, []string{"Desert"}},
		"every word":               {listing.SearchParams{Place: "joshua tahoe"}, []string{}},
		"a percent sign is itself": {listing.SearchParams{Place: "%"}, []string{"100% Loft_"}},
		"so is an underscore":      {listing.SearchParams{Place: "_"}, []string{"100% Loft_"}},
		"guests":                   {listing.SearchParams{Guests: 7}, []string{"Desert"}},
		"bedrooms":                 {listing.SearchParams{Bedrooms: 2}, []string{"Desert"}},
		"kind":                     {listing.SearchParams{Kind: "loft"}, []string{"100% Loft_"}},
		"all amenities":            {listing.SearchParams{Amenities: []string{"pool", "wifi"}}, []string{"Lake"}},
		"most per night":           {listing.SearchParams{MaxPrice: 10000}, []string{"Desert"}},
		"least per night":          {listing.SearchParams{MinPrice: 10001}, []string{"100% Loft_", "Lake"}},
		"cheapest":                 {listing.SearchParams{Sort: listing.Cheapest}, []string{"Desert", "Lake", "100% Loft_"}},
		"dearest":                  {listing.SearchParams{Sort: listing.Priciest}, []string{"100% Loft_", "Lake", "Desert"}},
		"taken nights":             {from(to, "2027-06-11", "2027-06-13"), []string{"100% Loft_", "Lake"}},
		"arrival on a check-out":   {from(to, "2027-06-12", "2027-06-14"), []string{"100% Loft_", "Desert", "Lake"}},
		"departure on a check-in":  {from(to, "2027-06-08", "2027-06-10"), []string{"100% Loft_", "Desert", "Lake"}},
		"least nights":             {from(to, "2027-06-01", "2027-06-02"), []string{"100% Loft_", "Desert"}},
		"most nights":              {from(to, "2027-07-01", "2027-07-05"), []string{"Desert", "Lake"}},
		"most for the stay":        {from(listing.SearchParams{MaxPrice: 32000}, "2027-06-15", "2027-06-17"), []string{"Desert"}},
		"the other mode":           {listing.SearchParams{Livemode: true}, []string{}},
	} {
		if got := titles(t, tx, c.params); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if _, err := listing.Search(ctx, tx, from(to, "2027-06-11", "2027-06-11")); !fault.Is(err, fault.Invalid) {
		t.Errorf("no nights: %v", err)
	}
}

// What is off sale leaves search and Sellable by itself, and comes back.
func TestOnlySellableHomesAreFound(t *testing.T) {
	tx := pgtest.Tx(t)
	who := owner(t, tx)
	home := published(t, tx, who, "Lake", nil)
	check := func(when string, want bool) {
		t.Helper()
		sellable, err := listing.Sellable(ctx, tx, home.ID, false)
		if err != nil || sellable != want {
			t.Errorf("%s: sellable %v, %v", when, sellable, err)
		}
		if found := titles(t, tx, listing.SearchParams{}); (len(found) == 1) != want {
			t.Errorf("%s: found %v", when, found)
		}
	}
	exec := func(sql string) {
		t.Helper()
		if _, err := tx.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	check("no account", false)
	payable(t, tx, who, false)
	check("an account", true)
	for _, off := range [][2]string{
		{`UPDATE connected_accounts SET charges_enabled = false`, `UPDATE connected_accounts SET charges_enabled = true`},
		{`UPDATE connected_accounts SET transfers = 'inactive'`, `UPDATE connected_accounts SET transfers = 'active'`},
		{`UPDATE connected_accounts SET deauthorized_at = now()`, `UPDATE connected_accounts SET deauthorized_at = NULL`},
		{`UPDATE users SET suspended_at = now()`, `UPDATE users SET suspended_at = NULL`},
		{`UPDATE listings SET status = 'suspended'`, `UPDATE listings SET status = 'published'`},
	} {
		exec(off[0])
		check(off[0], false)
		exec(off[1])
		check(off[1], true)
	}
}

func TestSearchPages(t *testing.T) {
	tx := pgtest.Tx(t)
	who := owner(t, tx)
	payable(t, tx, who, false)
	for i := range 7 {
		home := published(t, tx, who, fmt.Sprint("Home ", i), func(l *listing.Listing) { l.NightlyPrice = int64(10000 + i/3*1000) })
		photo(t, tx, home.ID)
	}
	for _, sort := range []listing.Sort{"", listing.Cheapest, listing.Priciest} {
		all := titles(t, tx, listing.SearchParams{Sort: sort})
		var paged []string
		p := listing.SearchParams{Sort: sort, Limit: 2, From: date("2027-06-01"), To: date("2027-06-03")}
		for range 5 {
			found, err := listing.Search(ctx, tx, p)
			if err != nil || found.Total != 7 {
				t.Fatalf("total %d, %v", found.Total, err)
			}
			for _, c := range found.Cards {
				paged = append(paged, c.Title)
				if len(c.Photos) != 2 {
					t.Errorf("%s has %d photos", c.Title, len(c.Photos))
				}
			}
			if p.After = found.Next; p.After == "" {
				break
			}
		}
		if !slices.Equal(all, paged) {
			t.Errorf("%q: all %q, by pages %q", sort, all, paged)
		}
	}
	if got := titles(t, tx, listing.SearchParams{After: "'; DROP"}); len(got) != 7 {
		t.Errorf("a cursor that is none begins at the beginning: %v", got)
	}
}

// The price that search compares by is the price that the tenant is quoted.
func TestSearchAmountIsTheQuote(t *testing.T) {
	tx := pgtest.Tx(t)
	who := owner(t, tx)
	payable(t, tx, who, false)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 20 {
		published(t, tx, who, fmt.Sprint("Home ", i), func(l *listing.Listing) {
			l.NightlyPrice, l.CleaningFee = 1+random.Int64N(99999), random.Int64N(20000)
			l.WeeklyDiscountBPS, l.MonthlyDiscountBPS = money.BasisPoints(random.Int64N(9001)), money.BasisPoints(random.Int64N(9001))
		})
	}
	for _, nights := range []int{1, 6, 7, 8, 27, 28, 31} {
		stay := calendar.Stay{CheckIn: date("2027-06-01"), CheckOut: date("2027-06-01").AddDate(0, 0, nights)}
		found, err := listing.Search(ctx, tx, listing.SearchParams{From: stay.CheckIn, To: stay.CheckOut})
		if err != nil || len(found.Cards) != 20 {
			t.Fatalf("%d homes, %v", len(found.Cards), err)
		}
		for _, card := range found.Cards {
			quote, err := booking.Price(card.Listing, stay, 1, 1200, now)
			if err != nil || quote.TotalAmount != card.Amount {
				t.Errorf("%d nights: search says %d, the quote %d (%v)", nights, card.Amount, quote.TotalAmount, err)
			}
		}
	}
}
