package site

import (
	"fmt"
	"html/template"
	"net/http"
	"net/url"

	"hearth/internal/calendar"
	"hearth/internal/listing"
	"hearth/internal/view"
)

// searchPage is the landing page and every search.
type searchPage struct {
	page
	Heading                  string
	Errors                   map[string]string
	Form                     url.Values
	Categories               []category
	Active                   int // filters
	Chips                    []view.Chip
	ClearHref                string
	Sort                     string
	Sorts, Kinds             []view.Option
	SortHidden, FilterHidden []view.Option
	Amenities                []amenityChoice
	MinLabel, MaxLabel       string
	Symbol                   string
	Cards                    []view.Card
	First, Next              string
	Empty                    view.Empty
	Map                      template.HTML
}

type category struct {
	Icon, Name, Href string
	Current          bool
}

type amenityChoice struct {
	listing.Amenity
	On bool
}

func (s *Server) getSearch(w http.ResponseWriter, r *http.Request) error {
	form := readSearch(r.URL.Query(), s.Config.Currency(), calendar.Today("UTC", s.Now()).AddDate(0, 0, -1))
	form.params.Livemode = s.Config.Live()
	found, err := listing.Search(r.Context(), s.DB, form.params)
	if err != nil {
		return err
	}
	p := s.searchPage(r, form, found)
	status := http.StatusOK
	if len(form.wrong) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return s.View.Render(w, status, "search", p)
}

func (s *Server) searchPage(r *http.Request, f searchForm, found listing.Found) searchPage {
	currency := s.Config.Currency()
	p := searchPage{page: s.base(r, "Homes to stay in"), Errors: f.wrong, Form: f.values, Chips: f.chips(currency),
		Categories: f.categories(), Sort: f.values.Get("sort"), Symbol: currency.Symbol(), Amenities: amenityChoices(f.params.Amenities),
		SortHidden: f.kept("sort"), FilterHidden: f.kept("kind", "min", "max", "bedrooms", "amenity"),
		MinLabel: "Least a night", MaxLabel: "Most a night", Cards: cards(found.Cards, f), Map: s.searchMap(found.Cards, f)}
	p.Nav, p.Description = "explore", "Homes to stay in, with the whole price up front: every fee is in the total."
	p.Search.Where, p.Search.In, p.Search.Out, p.Search.Guests = f.values.Get("q"), f.values.Get("in"), f.values.Get("out"), f.params.Guests
	p.Heading, p.Active = heading(found.Total, f), len(p.Chips)
	if p.Active > 0 {
		p.ClearHref = f.href("kind", "", "min", "", "max", "", "bedrooms", "", "amenity", "")
	}
	if !f.stay.IsZero() {
		p.MinLabel, p.MaxLabel = "Least for the stay", "Most for the stay"
	}
	p.Sorts = []view.Option{{Value: string(listing.Newest), Label: "Newest"}, {Value: string(listing.Cheapest), Label: "Price: low to high"}, {Value: string(listing.Priciest), Label: "Price: high to low"}}
	p.Kinds = kindOptions("Any kind")
	if found.Next != "" {
		p.Next = f.href("after", found.Next)
	}
	if f.params.After != "" {
		p.First = f.href()
	}
	p.Empty = view.Empty{Icon: "search", Text: "No home matches all of that on these dates.", Action: "Show all homes", Href: "/search"}
	return p
}

func heading(total int, f searchForm) string {
	homes := "homes"
	if total == 1 {
		homes = "home"
	}
	switch {
	case f.params.Place != "":
		return fmt.Sprintf("%d %s for “%s”", total, homes, f.params.Place)
	case len(f.values) == 0:
		return "Homes to stay in"
	}
	return fmt.Sprintf("%d %s", total, homes)
}

// cards show the total for the searched stay; without dates, for the shortest
// sensible one, so that no price on the page leaves a fee out.
func cards(found []listing.Card, f searchForm) []view.Card {
	var cards []view.Card
	for i, home := range found {
		nights := f.stay.Nights()
		if f.stay.IsZero() {
			nights = min(max(2, home.MinNights), home.MaxNights)
		}
		card := view.Card{ID: string(home.ID), Href: homeHref(home.Listing, f), Title: home.Title, Place: home.City, Meta: meta(home.Listing),
			Nights: nights, Total: home.PriceOf(nights).Total, Night: home.Nightly(), Eager: i < 2}
		for _, photo := range home.Photos {
			card.Photos = append(card.Photos, view.Photo{ID: string(photo.ID), Alt: photo.Alt})
		}
		cards = append(cards, card)
	}
	return cards
}

// homeHref takes the dates and the number of guests along to a home's page.
func homeHref(home listing.Listing, f searchForm) string {
	query := url.Values{}
	for _, name := range []string{"in", "out", "guests"} {
		if value := f.values.Get(name); value != "" && f.wrong[name] == "" {
			query.Set(name, value)
		}
	}
	if len(query) == 0 {
		return "/homes/" + home.Slug
	}
	return "/homes/" + home.Slug + "?" + query.Encode()
}

func meta(l listing.Listing) string {
	if l.Bedrooms == 0 {
		return fmt.Sprintf("Studio · Sleeps %d", l.Guests)
	}
	rooms := "bedrooms"
	if l.Bedrooms == 1 {
		rooms = "bedroom"
	}
	return fmt.Sprintf("%d %s · Sleeps %d", l.Bedrooms, rooms, l.Guests)
}

// categories are one-click filters: some kinds, some amenities.
func (f searchForm) categories() []category {
	all := []category{{"sparkles", "All homes", f.href("kind", "", "amenity", ""), f.params.Kind == "" && len(f.params.Amenities) == 0}}
	for _, key := range []string{"waterfront", "beach", "pool", "hot_tub", "mountain_view", "vineyard", "fireplace"} {
		a, _ := listing.AmenityOf(key)
		current := f.params.Kind == "" && len(f.params.Amenities) == 1 && f.params.Amenities[0] == key
		all = append(all, category{a.Icon, a.Name, f.href("kind", "", "amenity", key), current})
	}
	for _, k := range listing.Kinds() {
		if k.Key != "other" {
			all = append(all, category{k.Icon, k.Plural, f.href("kind", string(k.Key), "amenity", ""), f.params.Kind == k.Key})
		}
	}
	return all
}

func amenityChoices(on []string) []amenityChoice {
	var choices []amenityChoice
	chosen := listing.Listing{Amenities: on}
	for _, a := range listing.Amenities() {
		choices = append(choices, amenityChoice{a, chosen.Has(a.Key)})
	}
	return choices
}

// kindOptions are the kinds of home, after a choice of none if it has a name.
func kindOptions(none string) []view.Option {
	var options []view.Option
	if none != "" {
		options = append(options, view.Option{Label: none})
	}
	for _, k := range listing.Kinds() {
		options = append(options, view.Option{Value: string(k.Key), Label: k.Name})
	}
	return options
}
