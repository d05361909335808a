package site

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"hearth/internal/calendar"
	"hearth/internal/fault"
	"hearth/internal/listing"
	"hearth/internal/money"
	"hearth/internal/view"
)

// searchForm is a search as its address says it: every filter is in the query,
// so that results can be shared and the back button works.
type searchForm struct {
	values url.Values // the known names as typed, empty ones left out
	params listing.SearchParams
	stay   calendar.Stay // zero: no dates
	wrong  map[string]string
}

var searchNames = []string{"q", "in", "out", "guests", "kind", "amenity", "min", "max", "bedrooms", "sort", "after"}

// readSearch reads the query. What cannot be understood does not narrow the
// search; wrong says so by field.
func readSearch(query url.Values, currency money.Currency, today time.Time) searchForm {
	f := searchForm{values: url.Values{}, wrong: map[string]string{}}
	for _, name := range searchNames {
		for _, value := range query[name] {
			if value = strings.TrimSpace(value); value != "" && len(value) <= 200 {
				f.values.Add(name, value)
			}
		}
	}
	f.params = listing.SearchParams{
		Place: f.values.Get("q"), Guests: f.number("guests"), Bedrooms: f.number("bedrooms"),
		MinPrice: f.money("min", currency), MaxPrice: f.money("max", currency), After: f.values.Get("after"),
		Sort: listing.Sort(f.values.Get("sort")), Limit: 24,
	}
	if kind := listing.Kind(f.values.Get("kind")); kind.Known() {
		f.params.Kind = kind
	}
	for _, key := range f.values["amenity"] {
		if _, ok := listing.AmenityOf(key); ok {
			f.params.Amenities = append(f.params.Amenities, key)
		}
	}
	f.dates(today)
	return f
}

func (f *searchForm) dates(today time.Time) {
	if f.values.Get("in") == "" && f.values.Get("out") == "" {
		return
	}
	stay, err := calendar.ParseStay(f.values.Get("in"), f.values.Get("out"))
	if err == nil && stay.CheckIn.Before(today) {
		err = fault.Field("check_in", "That day has passed.")
	}
	if wrong, ok := fault.Of(err); ok {
		maps.Copy(f.wrong, dateFields(wrong.Fields))
		return
	}
	f.stay, f.params.From, f.params.To = stay, stay.CheckIn, stay.CheckOut
}

// dateFields renames the rules' check_in and check_out to the short names that
// addresses have.
func dateFields(fields map[string]string) map[string]string {
	short := map[string]string{}
	for name, message := range fields {
		switch name {
		case "check_in":
			name = "in"
		case "check_out":
			name = "out"
		}
		short[name] = message
	}
	return short
}

func (f *searchForm) number(name string) int {
	text := f.values.Get(name)
	n, err := strconv.Atoi(text)
	if text != "" && (err != nil || n < 0 || n > 100) {
		f.wrong[name] = "Write a number up to 100."
		return 0
	}
	return n
}

func (f *searchForm) money(name string, currency money.Currency) int64 {
	text := f.values.Get(name)
	if text == "" {
		return 0
	}
	amount, err := money.Parse(text, currency)
	if err != nil || amount.Minor < 0 {
		f.wrong[name] = "Write an amount such as 1,200."
		return 0
	}
	return amount.Minor
}

// href is the search with some names set otherwise ("" takes one away), from
// its first page.
func (f searchForm) href(pairs ...string) string {
	values := maps.Clone(f.values)
	values.Del("after")
	for i := 0; i < len(pairs); i += 2 {
		if values.Del(pairs[i]); pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	return searchHref(values)
}

func searchHref(values url.Values) string {
	if len(values) == 0 {
		return "/search"
	}
	return "/search?" + values.Encode()
}

// withoutAmenity is the search without one of its amenities.
func (f searchForm) withoutAmenity(key string) string {
	values := maps.Clone(f.values)
	values.Del("after")
	values["amenity"] = slices.DeleteFunc(slices.Clone(values["amenity"]), func(k string) bool { return k == key })
	return searchHref(values)
}

// chips are the active filters, each with the search that lacks it.
func (f searchForm) chips(currency money.Currency) []view.Chip {
	var chips []view.Chip
	add := func(text, href string) { chips = append(chips, view.Chip{Text: text, Href: href}) }
	if f.params.Kind != "" {
		add(f.params.Kind.Name(), f.href("kind", ""))
	}
	if n := f.params.Bedrooms; n > 0 {
		add(strconv.Itoa(n)+"+ bedrooms", f.href("bedrooms", ""))
	}
	if f.params.MinPrice > 0 {
		add("From "+money.New(f.params.MinPrice, currency).Short(), f.href("min", ""))
	}
	if f.params.MaxPrice > 0 {
		add("Up to "+money.New(f.params.MaxPrice, currency).Short(), f.href("max", ""))
	}
	for _, key := range f.params.Amenities {
		amenity, _ := listing.AmenityOf(key)
		add(amenity.Name, f.withoutAmenity(key))
	}
	return chips
}

// kept are the values that a form beside must carry along: all but its own.
func (f searchForm) kept(except ...string) []view.Option {
	var kept []view.Option
	for _, name := range searchNames {
		if name == "after" || slices.Contains(except, name) {
			continue
		}
		for _, value := range f.values[name] {
			kept = append(kept, view.Option{Value: name, Label: value})
		}
	}
	return kept
}
