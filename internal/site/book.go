package site

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"hearth/internal/booking"
	"hearth/internal/calendar"
	"hearth/internal/checkout"
	"hearth/internal/fault"
	"hearth/internal/listing"
	"hearth/internal/view"
)

// bookPage is what the tenant agrees to before Stripe's page opens.
type bookPage struct {
	page
	Home    stayHome
	Rules   []string
	CheckIn string // "from 15:00"
	Out     string
	Most    int // how many people the home sleeps
	Form    bookForm
	Errors  map[string]string
	Free    []freeStay // the nearest free dates, when these are taken

	Quote    *booking.Quote // nil while the dates cannot be booked
	Lines    []view.Line
	Policy   string
	Request  string // what it means that the home is booked on request; "" if it is not
	Deadline string // what the policy means for these dates
	Verified bool
}

// bookForm is only choices. Total is the price that was on the page, and Token
// makes one booking of a form that is sent twice.
type bookForm struct {
	In      string `form:"in"`
	Out     string `form:"out"`
	Guests  int    `form:"guests"`
	Total   int64  `form:"total"`
	Mode    string `form:"mode"` // what the page said
	Token   string `form:"token"`
	Consent bool   `form:"consent"`
}

// freeStay is other dates of the same length.
type freeStay struct{ Text, Href string }

func (s *Server) getBook(w http.ResponseWriter, r *http.Request) error {
	home, err := s.visibleHome(r)
	if err != nil {
		return err
	}
	form := bookForm{Guests: 1}
	wrong := decodeQuery(r, &form)
	if form.In == "" && form.Out == "" && wrong == nil {
		return s.bookPage(w, r, home, form, nil)
	}
	if wrong == nil {
		wrong = s.bookable(r, home, form)
	}
	return s.bookPage(w, r, home, form, wrong)
}

// bookable says, before anything is agreed to, why the stay cannot be booked.
func (s *Server) bookable(r *http.Request, home listing.Listing, form bookForm) error {
	nights, err := calendar.ParseStay(form.In, form.Out)
	if err != nil {
		return err
	}
	if home.OwnerID == me(r).ID {
		return fault.New(fault.Denied, "This is your own home: you cannot book it.")
	}
	sellable, err := listing.Sellable(r.Context(), s.DB, home.ID, s.Config.Live())
	if err != nil {
		return err
	}
	if !sellable {
		return fault.New(fault.Conflict, "This home cannot be booked right now.")
	}
	if _, err := s.Checkout.Quote(r.Context(), home, nights, form.Guests); err != nil {
		return err
	}
	free, err := calendar.Free(r.Context(), s.DB, home.ID, nights)
	if err != nil || free {
		return err
	}
	holds, err := booking.HoldsOf(r.Context(), s.DB, me(r).ID, home.ID, nights)
	if err == nil && len(holds) == 0 {
		err = fault.New(fault.Conflict, "Some of those nights are taken.")
	}
	return err // a hold of one's own is resumed, or replaced
}

// postBook holds the nights and leads to Stripe's page.
func (s *Server) postBook(w http.ResponseWriter, r *http.Request) error {
	home, err := s.visibleHome(r)
	if err != nil {
		return err
	}
	var form bookForm
	if err := decode(r, &form); err != nil {
		return s.bookPage(w, r, home, form, err)
	}
	b, payAt, err := s.book(r, home, form)
	switch {
	case err != nil && b.Status == booking.Held && formErrors(err) == nil:
		s.Logger.Warn("stripe's page did not open", "booking", b.Code, "error", err, "request", requestIDOf(r))
		s.flash(r, "warn", "Your nights are held, but the payment page did not open. Please try again in a moment.")
		return seeOther(w, r, "/trips/"+b.Code+"/held")
	case err != nil:
		return s.bookPage(w, r, home, form, err)
	case payAt == "":
		return seeOther(w, r, "/trips/"+b.Code+"/confirming")
	}
	return seeOther(w, r, payAt)
}

func (s *Server) book(r *http.Request, home listing.Listing, form bookForm) (booking.Booking, string, error) {
	nights, err := calendar.ParseStay(form.In, form.Out)
	if err != nil {
		return booking.Booking{}, "", err
	}
	if !isToken(form.Token) {
		return booking.Booking{}, "", fault.New(fault.Conflict, "This form is out of date. Look it over and send it again.")
	}
	return s.Checkout.Start(r.Context(), me(r).ID, checkout.Request{ListingID: home.ID, Stay: nights, Guests: form.Guests,
		FormToken: form.Token, SeenTotal: form.Total, SeenMode: listing.BookingMode(form.Mode), Consent: form.Consent, IP: clientIP(r)})
}

// isToken reports whether a token is one of ours: without it, two forms would
// be taken for the same one.
func isToken(token string) bool {
	return len(token) >= 26 && len(token) <= 64 && strings.Trim(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

// bookPage renders the page with what was typed, and what is wrong with it.
func (s *Server) bookPage(w http.ResponseWriter, r *http.Request, home listing.Listing, form bookForm, wrong error) error {
	p := bookPage{Rules: paragraphs(home.HouseRules), CheckIn: home.CheckInFrom, Out: home.CheckOutBy, Most: home.Guests,
		Form: form, Policy: home.CancellationPolicy.Sentence(), Request: home.BookingMode.Sentence(), Verified: me(r).Verified()}
	if f, ok := fault.Of(wrong); ok && f.Kind == fault.Unavailable {
		p.Errors = map[string]string{"": f.Message} // what was chosen is not lost because Stripe is silent
	} else if fields := formErrors(wrong); fields != nil {
		p.Errors = dateFields(fields)
	} else if wrong != nil {
		return wrong
	}
	var err error
	if p.Home, err = s.stayHome(r.Context(), home); err != nil {
		return err
	}
	p.Form.Token, p.Form.Mode = rand.Text(), string(home.BookingMode)
	if nights, err := calendar.ParseStay(form.In, form.Out); err == nil {
		if err := s.fillQuote(r.Context(), &p, home, nights, wrong); err != nil {
			return err
		}
	}
	p.page = s.base(r, "Book "+home.Title)
	if wrong == nil {
		return s.render(w, "book", p)
	}
	return s.again(w, wrong, "book", p)
}

// fillQuote puts the price of today on the page, or dates that can be had.
func (s *Server) fillQuote(ctx context.Context, p *bookPage, home listing.Listing, nights calendar.Stay, wrong error) error {
	quote, err := s.Checkout.Quote(ctx, home, nights, p.Form.Guests)
	if formErrors(err) != nil {
		return nil // it is said already
	}
	if err != nil {
		return err
	}
	if fault.Is(wrong, fault.Conflict) {
		free, err := calendar.Free(ctx, s.DB, home.ID, nights)
		if err != nil {
			return err
		}
		if !free {
			p.Free, err = s.nearestFree(ctx, home, nights, p.Form.Guests)
			return err
		}
	}
	if fault.Is(wrong, fault.Denied) {
		return nil
	}
	p.Quote, p.Lines, p.Form.Total = &quote, quoteLines(quote), quote.TotalAmount
	p.Deadline = deadlineWords(booking.Booking{Policy: quote.Policy, CheckIn: nights.CheckIn, CheckOut: nights.CheckOut, CheckInFrom: home.CheckInFrom,
		TimeZone: home.TimeZone, Currency: quote.Currency, StayAmount: quote.StayAmount, DiscountAmount: quote.DiscountAmount, TotalAmount: quote.TotalAmount}, s.Now())
	return nil
}

// deadlineWords is what cancelling would give back now, and until when.
func deadlineWords(b booking.Booking, now time.Time) string {
	back := booking.RefundFor(b, now)
	until := view.MomentZone(back.Deadline)
	switch {
	case back.Started:
		return "The stay has begun: nothing is refunded any more."
	case back.Amount.IsZero():
		return "For these dates nothing is refunded any more."
	case back.Amount == b.Total():
		return fmt.Sprintf("Cancel before %s, the home’s own time, and all of it is refunded.", until)
	}
	return fmt.Sprintf("For these dates you would get %s back if you cancel before %s, the home’s own time.", back.Amount.Format(), until)
}

// nearestFree are up to three stays of the same length around the dates that
// are taken.
func (s *Server) nearestFree(ctx context.Context, home listing.Listing, nights calendar.Stay, guests int) ([]freeStay, error) {
	const reach = 45 // days
	taken, err := calendar.Taken(ctx, s.DB, home.ID, nights.CheckIn.AddDate(0, 0, -reach), nights.CheckOut.AddDate(0, 0, reach))
	if err != nil {
		return nil, err
	}
	var found []freeStay
	for days := 1; days <= reach && len(found) < 3; days++ {
		for _, shift := range []int{days, -days} {
			other := calendar.Stay{CheckIn: nights.CheckIn.AddDate(0, 0, shift), CheckOut: nights.CheckOut.AddDate(0, 0, shift)}
			if len(found) == 3 || overlaps(other, taken) {
				continue
			}
			if _, err := booking.Price(home, other, guests, 0, s.Now()); err != nil {
				continue // in the past, or too far ahead
			}
			found = append(found, freeStay{view.Stay(other.CheckIn, other.CheckOut), bookHref(home, other, guests)})
		}
	}
	return found, nil
}

func overlaps(nights calendar.Stay, taken []calendar.Occupied) bool {
	for _, t := range taken {
		if nights.Overlaps(t.Stay) {
			return true
		}
	}
	return false
}

func bookHref(home listing.Listing, nights calendar.Stay, guests int) string {
	query := url.Values{"in": {nights.CheckIn.Format(time.DateOnly)}, "out": {nights.CheckOut.Format(time.DateOnly)}, "guests": {strconv.Itoa(guests)}}
	return "/homes/" + home.Slug + "/book?" + query.Encode()
}
