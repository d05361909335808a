package site

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"hearth/internal/booking"
	"hearth/internal/calendar"
	"hearth/internal/fault"
	"hearth/internal/listing"
	"hearth/internal/money"
	"hearth/internal/user"
	"hearth/internal/view"

	"github.com/go-chi/chi/v5"
)

// calendarMonths is how far a home's calendar reaches, about as far as stays
// can be booked.
const calendarMonths = 18

// listingPage is a home as everybody sees it. The address and the way in are
// not on it.
type listingPage struct {
	page
	quotePart
	Home        listing.Listing
	Preview     string // why only its owner sees the page
	Gallery     view.Gallery
	Avatar      view.Avatar
	OwnerName   string
	OwnerSince  int
	About       []string
	Rules       []string
	Offers      []listing.Amenity
	Safety      string
	LengthWords string
	Calendar    view.Calendar
	In, Out     string
	Guests      int
	Map         template.HTML
}

// quotePart is the price of the chosen stay, or what is wrong with it. It is
// also served alone, as the answer to a change of dates.
type quotePart struct {
	Quote   *stayQuote
	Trouble string
	Others  []view.Link // free dates near those that are taken
	OnSale  bool
}

type stayQuote struct {
	CheckIn, CheckOut time.Time
	Nights            int
	Total             money.Amount
	Lines             []view.Line
}

func (s *Server) getListing(w http.ResponseWriter, r *http.Request) error {
	home, err := s.visibleHome(r)
	if err != nil {
		return err
	}
	p, err := s.listingPage(r, home)
	if err != nil {
		return err
	}
	status, err := s.quote(r, home, &p.quotePart)
	if err != nil {
		return err
	}
	return s.View.Render(w, status, "listing_show", p)
}

// getListingQuote answers with the fragment of the page that shows the price.
func (s *Server) getListingQuote(w http.ResponseWriter, r *http.Request) error {
	home, err := s.visibleHome(r)
	if err != nil {
		return err
	}
	var part quotePart
	status, err := s.quote(r, home, &part)
	if err != nil {
		return err
	}
	return s.View.Fragment(w, status, "listing_show", "quote", part)
}

// visibleHome is the home of the address. What is not published is there for
// its owner and for admins, and for nobody else.
func (s *Server) visibleHome(r *http.Request) (listing.Listing, error) {
	home, err := listing.BySlug(r.Context(), s.DB, chi.URLParam(r, "slug"))
	if err != nil || home.Status == listing.Published {
		return home, err
	}
	if u := signedIn(r); u == nil || (u.ID != home.OwnerID && !u.IsAdmin()) {
		return listing.Listing{}, fault.New(fault.NotFound, "We could not find that home.")
	}
	return home, nil
}

func (s *Server) listingPage(r *http.Request, home listing.Listing) (listingPage, error) {
	p := listingPage{page: s.base(r, home.Title), Home: home, About: paragraphs(home.Description), Rules: paragraphs(home.HouseRules),
		Offers: home.Offers(), Safety: safety(home), LengthWords: lengthWords(home), Map: s.homeMap(home)}
	p.Nav, p.Description = "explore", home.Kind.Name()+" in "+home.Place()
	p.In, p.Out, p.Guests = r.URL.Query().Get("in"), r.URL.Query().Get("out"), guestsOf(r)
	p.Search.In, p.Search.Out, p.Search.Guests = p.In, p.Out, p.Guests
	if home.Status != listing.Published {
		p.Preview = fmt.Sprintf("This home is %s: only you and the administrators see this page.", home.Status)
	}
	owner, err := user.ByID(r.Context(), s.DB, home.OwnerID)
	if err != nil {
		return p, err
	}
	p.OwnerName, p.OwnerSince = owner.FirstName(), owner.CreatedAt.Year()
	p.Avatar = view.NewAvatar(string(owner.ID), owner.Name, 48)
	photos, err := listing.Photos(r.Context(), s.DB, home.ID)
	if err != nil {
		return p, err
	}
	p.Gallery = view.Gallery{Photos: viewPhotos(photos), Href: "/homes/" + home.Slug + "/photos"}
	p.Calendar, err = s.calendar(r.Context(), home, p.In, p.Out)
	return p, err
}

func (s *Server) calendar(ctx context.Context, home listing.Listing, in, out string) (view.Calendar, error) {
	today := calendar.Today(home.TimeZone, s.Now())
	taken, err := calendar.Taken(ctx, s.DB, home.ID, today, today.AddDate(0, calendarMonths, 0))
	if err != nil {
		return view.Calendar{}, err
	}
	var nights []view.Nights
	for _, t := range taken {
		nights = append(nights, view.Nights{From: t.CheckIn, To: t.CheckOut})
	}
	chosen, _ := calendar.ParseStay(in, out) // none chosen, or not understood
	return view.NewCalendar(today, calendarMonths, nights, view.Nights{From: chosen.CheckIn, To: chosen.CheckOut}), nil
}

// quote works out the price of the dates in the query; status says how the
// page is answered.
func (s *Server) quote(r *http.Request, home listing.Listing, part *quotePart) (status int, err error) {
	if part.OnSale, err = listing.Sellable(r.Context(), s.DB, home.ID, s.Config.Live()); err != nil {
		return 0, err
	}
	in, out := r.URL.Query().Get("in"), r.URL.Query().Get("out")
	if in == "" && out == "" {
		return http.StatusOK, nil
	}
	stay, err := calendar.ParseStay(in, out)
	if err == nil {
		err = s.priceFree(r, home, stay, part)
	}
	if f, ok := fault.Of(err); ok && (f.Kind == fault.Invalid || f.Kind == fault.Conflict) {
		part.Trouble = f.Message
		status, _ = statusOf(err)
		return status, nil
	}
	return http.StatusOK, err
}

func (s *Server) priceFree(r *http.Request, home listing.Listing, stay calendar.Stay, part *quotePart) error {
	quote, err := s.Checkout.Quote(r.Context(), home, stay, guestsOf(r))
	if err != nil {
		return err
	}
	free, err := calendar.Free(r.Context(), s.DB, home.ID, stay)
	if err != nil {
		return err
	}
	if !free {
		if part.Others, err = s.otherDates(r, home, stay); err != nil {
			return err
		}
		return fault.New(fault.Conflict, "Some of those nights are taken.")
	}
	part.Quote = &stayQuote{stay.CheckIn, stay.CheckOut, stay.Nights(), quote.Total(), quoteLines(quote)}
	return nil
}

// otherDates are the nearest free dates for a stay of the same length.
func (s *Server) otherDates(r *http.Request, home listing.Listing, stay calendar.Stay) ([]view.Link, error) {
	free, err := calendar.Nearest(r.Context(), s.DB, home.ID, stay, calendar.Today(home.TimeZone, s.Now()), 3)
	var links []view.Link
	for _, other := range free {
		query := url.Values{"in": {other.CheckIn.Format(time.DateOnly)}, "out": {other.CheckOut.Format(time.DateOnly)}, "guests": {strconv.Itoa(guestsOf(r))}}
		links = append(links, view.Link{Text: view.Stay(other.CheckIn, other.CheckOut), Href: "/homes/" + home.Slug + "?" + query.Encode() + "#book"})
	}
	return links, err
}

// quoteLines is what a quote's total is made of.
func quoteLines(q booking.Quote) []view.Line {
	nights := "nights"
	if q.Nights() == 1 {
		nights = "night"
	}
	lines := []view.Line{{Label: fmt.Sprintf("%s × %d %s", q.Amount(q.NightlyPrice).Short(), q.Nights(), nights), Value: q.Amount(q.StayAmount).Format()}}
	if q.DiscountAmount > 0 {
		lines = append(lines, view.Line{Label: q.DiscountName, Value: q.Amount(-q.DiscountAmount).Format()})
	}
	if q.CleaningAmount > 0 {
		lines = append(lines, view.Line{Label: "Cleaning", Value: q.Amount(q.CleaningAmount).Format()})
	}
	return append(lines, view.Line{Label: "Total (" + q.Currency.Code() + ")", Value: q.Total().Format(), Sum: true})
}

// guestsOf is the number of guests in the query, 1 if it says none.
func guestsOf(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("guests"))
	if err != nil {
		return 1
	}
	return n
}

func viewPhotos(photos []listing.Photo) []view.Photo {
	var all []view.Photo
	for _, p := range photos {
		all = append(all, view.Photo{ID: string(p.ID), Alt: p.Alt})
	}
	return all
}

// paragraphs splits a text at its empty lines.
func paragraphs(text string) []string {
	var all []string
	for part := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

// safety says what is there, and what is not.
func safety(l listing.Listing) string {
	var words []string
	for _, key := range []string{"smoke_alarm", "fire_extinguisher"} {
		amenity, _ := listing.AmenityOf(key)
		if l.Has(key) {
			words = append(words, amenity.Name)
		} else {
			words = append(words, "No "+strings.ToLower(amenity.Name)+" reported")
		}
	}
	return strings.Join(words, " · ")
}

func lengthWords(l listing.Listing) string {
	if l.MinNights == 1 {
		return fmt.Sprintf("Stays of up to %d nights.", l.MaxNights)
	}
	return fmt.Sprintf("Stays of %d to %d nights.", l.MinNights, l.MaxNights)
}
