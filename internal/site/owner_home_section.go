package site

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"hearth/internal/fault"
	"hearth/internal/listing"
	"hearth/internal/money"
	"hearth/internal/postgres"
	"hearth/internal/view"

	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5"
)

// ownerHomeSectionPage is a section of a home's settings with a form of plain
// values: basics, location, rooms, price or rules. Form is what the home has,
// or what was typed.
type ownerHomeSectionPage struct {
	ownerHomeFrame
	Form                url.Values
	Kinds, Zones, Baths []view.Option
	Amenities           []amenityChoice
	Policies            []listing.Policy
	Modes               []listing.BookingMode
	Symbol, CountryHint string
	Example             string // what a stay would cost
}

// homeForm shows a home's values in a section's form and reads them back;
// what cannot be read is said by field.
type homeForm struct {
	show func(l listing.Listing) url.Values
	read func(v *formReader, l *listing.Listing)
}

var homeForms = map[string]homeForm{
	"basics": {showBasics, readBasics}, "location": {showLocation, readLocation}, "rooms": {showRooms, readRooms},
	"price": {showPrice, readPrice}, "rules": {showRules, readRules},
}

func (s *Server) ownerHomeSectionPage(r *http.Request, home listing.Listing, section string, form url.Values) ownerHomeSectionPage {
	p := ownerHomeSectionPage{ownerHomeFrame: s.ownerHomeFrame(r, home, section), Form: form, Kinds: kindOptions(""),
		Zones: zoneOptions(form.Get("time_zone")), Amenities: amenityChoices(form["amenities"]), Policies: listing.Policies, Modes: listing.BookingModes,
		Symbol: s.Config.Currency().Symbol(), CountryHint: "Homes here are in " + s.Config.Region + "."}
	for halves := range 21 {
		p.Baths = append(p.Baths, view.Option{Value: strconv.Itoa(halves), Label: listing.Listing{HalfBaths: halves}.Baths()})
	}
	if home.NightlyPrice > 0 {
		week := home.PriceOf(listing.WeekNights)
		p.Example = fmt.Sprintf("As saved, a week costs tenants %s in all. Our fee comes off what you receive; tenants pay nothing on top.", week.Total.Format())
	}
	return p
}

func (s *Server) getOwnerHomeSection(w http.ResponseWriter, r *http.Request) error {
	section := chi.URLParam(r, "section")
	form, known := homeForms[section]
	if !known {
		return refusal{http.StatusNotFound, ""}
	}
	home, err := s.ownHome(r)
	if err != nil {
		return err
	}
	return s.render(w, "owner_home_"+section, s.ownerHomeSectionPage(r, home, section, form.show(home)))
}

func (s *Server) postOwnerHomeSection(w http.ResponseWriter, r *http.Request) error {
	section := chi.URLParam(r, "section")
	form, known := homeForms[section]
	if !known {
		return refusal{http.StatusNotFound, ""}
	}
	home, err := s.ownHome(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return unreadable(err)
	}
	err = s.saveSection(r, home.ID, form)
	if wrong := formErrors(err); wrong != nil {
		p := s.ownerHomeSectionPage(r, home, section, r.PostForm)
		p.Errors = wrong
		return s.again(w, err, "owner_home_"+section, p)
	}
	if err != nil {
		return err
	}
	s.flash(r, "ok", "Saved.")
	return seeOther(w, r, sectionHref(home, section))
}

// saveSection writes what was typed, if all of it can be read and makes sense:
// people see every message at once.
func (s *Server) saveSection(r *http.Request, home listing.ID, form homeForm) error {
	return postgres.InTx(r.Context(), s.DB, func(tx pgx.Tx) error {
		reader := &formReader{values: r.PostForm, currency: s.Config.Currency(), wrong: map[string]string{}}
		_, err := listing.Update(r.Context(), tx, home, s.platform(), s.Now(), func(l *listing.Listing) { form.read(reader, l) })
		if f, ok := fault.Of(err); ok && f.Kind == fault.Invalid {
			for field, message := range f.Fields {
				if reader.wrong[field] == "" {
					reader.wrong[field] = message
				}
			}
		} else if err != nil {
			return err
		}
		return fault.Fields(maps.Clone(reader.wrong))
	})
}

// formReader turns typed texts into values and remembers which it could not.
type formReader struct {
	values   url.Values
	currency money.Currency
	wrong    map[string]string
}

func (v *formReader) number(name string) int {
	n, err := strconv.Atoi(v.values.Get(name))
	if err != nil {
		v.wrong[name] = "Write a whole number."
	}
	return n
}

func (v *formReader) money(name string) int64 {
	text := v.values.Get(name)
	if text == "" {
		return 0
	}
	amount, err := money.Parse(text, v.currency)
	if err != nil {
		v.wrong[name] = "Write an amount such as 120 or 120.50."
	} else if !amount.Whole() {
		v.wrong[name] = endsInZero(amount)
	}
	return amount.Minor
}

// endsInZero says why an amount with three decimals cannot be charged.
func endsInZero(a money.Amount) string {
	return "Payments in " + a.Currency.Code() + " end in 0, as " + money.New(12_055*a.Currency.Step(), a.Currency).Decimal() + "."
}

// percent reads "12.5" as 1250 basis points.
func (v *formReader) percent(name string) money.BasisPoints {
	text := v.values.Get(name)
	if text == "" {
		return 0
	}
	hundredths, err := money.Parse(text, "usd") // two decimals, as basis points have
	if err != nil {
		v.wrong[name] = "Write a percentage such as 10 or 12.5."
	}
	return money.BasisPoints(hundredths.Minor)
}

// degrees reads a coordinate; nothing typed is none.
func (v *formReader) degrees(name string) *float64 {
	text := v.values.Get(name)
	if text == "" {
		return nil
	}
	degrees, err := strconv.ParseFloat(text, 64)
	if err != nil {
		v.wrong[name] = "Write degrees such as 38.9399 or -119.9772."
		return nil
	}
	return &degrees
}
