package listing

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"hearth/internal/fault"
	"hearth/internal/postgres"

	"github.com/google/uuid"
)

// Sort is the order of found homes.
type Sort string

// The orders. Price is the total of the stay when there are dates, else the
// price of a night.
const (
	Newest    Sort = "newest"
	Cheapest  Sort = "price"
	Priciest  Sort = "price_desc"
	pageLimit      = 100
)

// SearchParams is what a tenant looks for; zero values do not narrow. From and
// To are midnights UTC of the days of arrival and departure, both or neither.
// Prices compare as [Sort] says, in minor units.
type SearchParams struct {
	Place              string // words, all of which stand in the title, city, region or country
	From, To           time.Time
	Guests, Bedrooms   int
	Kind               Kind
	Amenities          []string // the home has them all
	MinPrice, MaxPrice int64
	Sort               Sort
	Livemode           bool
	Limit              int    // 20 when zero
	After              string // [Found.Next] of the page before
}

// Card is a found home with its first photos.
type Card struct {
	Listing
	Amount int64   // what it was compared by: the stay's total, or a night
	Photos []Photo `db:"-"`
}

// Found is a page of homes.
type Found struct {
	Cards []Card
	Total int    // of all pages
	Next  string // "" on the last page
}

// Search finds published homes whose owners can be paid, that are free on
// every night asked for and take stays of that length. It may be a moment
// stale: the constraint on occupancies decides at booking.
func Search(ctx context.Context, q postgres.Querier, p SearchParams) (Found, error) {
	if p.Limit <= 0 || p.Limit > pageLimit {
		p.Limit = 20
	}
	query, err := p.query()
	if err != nil {
		return Found{}, err
	}
	var found Found
	if err := q.QueryRow(ctx, `SELECT count(*) FROM (`+query.sql+`) f`, query.args...).Scan(&found.Total); err != nil {
		return Found{}, fmt.Errorf("count homes: %w", err)
	}
	query.page(p)
	found.Cards, err = postgres.All[Card](ctx, q, query.sql, query.args...)
	if err != nil {
		return Found{}, fmt.Errorf("search homes: %w", err)
	}
	if len(found.Cards) > p.Limit {
		found.Cards = found.Cards[:p.Limit]
		last := found.Cards[p.Limit-1]
		found.Next = strconv.FormatInt(last.Amount, 10) + "." + string(last.ID)
	}
	return found, addPhotos(ctx, q, found.Cards)
}

type query struct {
	sql  string
	args []any
}

// arg adds a value and gives its placeholder.
func (q *query) arg(value any) string {
	q.args = append(q.args, value)
	return "$" + strconv.Itoa(len(q.args))
}

// amount is [Listing.PriceOf]'s total in SQL; the two are tested to agree.
// round on numeric rounds halves up, as money does.
const amount = `(l.nightly_price * %[1]s + l.cleaning_fee - round(l.nightly_price * %[1]s * CASE
	WHEN %[1]s >= 28 AND l.monthly_discount_bps > 0 THEN l.monthly_discount_bps
	WHEN %[1]s >= 7 THEN l.weekly_discount_bps ELSE 0 END::numeric / 10000)::bigint)`

func (p SearchParams) query() (*query, error) {
	q := &query{}
	price := "l.nightly_price"
	where := []string{sellable + q.arg(p.Livemode) + ")"}
	and := func(condition string, value any) {
		where = append(where, fmt.Sprintf(condition, q.arg(value)))
	}
	if !p.From.IsZero() || !p.To.IsZero() {
		nights := int(p.To.Sub(p.From).Hours() / 24)
		if nights < 1 || nights > 365 {
			return nil, fault.Field("check_out", "Choose a day after check-in.")
		}
		n := q.arg(nights) + "::int"
		price = fmt.Sprintf(amount, n)
		where = append(where, n+" BETWEEN l.min_nights AND l.max_nights",
			`NOT EXISTS (SELECT FROM occupancies o WHERE o.listing_id = l.id
				AND o.nights && daterange(`+q.arg(p.From)+`::date, `+q.arg(p.To)+`::date, '[)'))`)
	}
	for _, word := range words(p.Place) {
		and(`lower(l.title || ' ' || l.city || ' ' || l.region || ' ' || l.country) LIKE %s`, "%"+word+"%")
	}
	if p.Guests > 0 {
		and(`l.guests >= %s`, p.Guests)
	}
	if p.Bedrooms > 0 {
		and(`l.bedrooms >= %s`, p.Bedrooms)
	}
	if p.Kind != "" {
		and(`l.kind = %s`, p.Kind)
	}
	if len(p.Amenities) > 0 {
		and(`l.amenities @> %s`, p.Amenities)
	}
	if p.MinPrice > 0 {
		and(price+` >= %s`, p.MinPrice)
	}
	if p.MaxPrice > 0 {
		and(price+` <= %s`, p.MaxPrice)
	}
	q.sql = `SELECT ` + columns + `, ` + price + ` AS amount FROM listings l WHERE ` + strings.Join(where, " AND ")
	return q, nil
}

// page narrows to the homes after the last one seen, and one more than fits.
func (q *query) page(p SearchParams) {
	order, than := map[Sort]string{Cheapest: "amount, id", Priciest: "amount DESC, id DESC"}[p.Sort], map[Sort]string{Cheapest: ">", Priciest: "<"}[p.Sort]
	if order == "" {
		order = "id DESC"
	}
	q.sql = `SELECT * FROM (` + q.sql + `) f`
	if seen, id, ok := cursor(p.After); ok {
		if than != "" {
			q.sql += ` WHERE (amount, id) ` + than + ` (` + q.arg(seen) + `, ` + q.arg(id) + `::uuid)`
		} else {
			q.sql += ` WHERE id < ` + q.arg(id) + `::uuid`
		}
	}
	q.sql += ` ORDER BY ` + order + ` LIMIT ` + q.arg(p.Limit+1)
}

func cursor(after string) (seen int64, id string, ok bool) {
	number, id, ok := strings.Cut(after, ".")
	seen, err := strconv.ParseInt(number, 10, 64)
	return seen, id, ok && err == nil && uuid.Validate(id) == nil
}

var likeLiteral = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// words splits what a person typed into at most eight patterns.
func words(place string) []string {
	place = strings.ToValidUTF8(strings.ReplaceAll(strings.ToLower(place), "\x00", " "), " ")
	found := strings.FieldsFunc(place, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
	for i := range found {
		found[i] = likeLiteral.Replace(found[i])
	}
	return found[:min(8, len(found))]
}

// addPhotos gives each card its first five photos.
func addPhotos(ctx context.Context, q postgres.Querier, cards []Card) error {
	ids := make([]ID, len(cards))
	for i, c := range cards {
		ids[i] = c.ID
	}
	photos, err := postgres.All[Photo](ctx, q, `SELECT `+photoColumns+` FROM listing_photos p
		WHERE p.listing_id = ANY($1::uuid[]) AND p.position < 5 ORDER BY p.position`, ids)
	if err != nil {
		return fmt.Errorf("read photos of found homes: %w", err)
	}
	for _, photo := range photos {
		at := slices.Index(ids, photo.ListingID)
		cards[at].Photos = append(cards[at].Photos, photo)
	}
	return nil
}
