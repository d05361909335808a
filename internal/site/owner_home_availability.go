package site

import (
	"net/http"
	"net/url"
	"time"

	"hearth/internal/calendar"
	"hearth/internal/fault"
	"hearth/internal/listing"
	"hearth/internal/postgres"
	"hearth/internal/view"

	"github.com/jackc/pgx/v5"
)

type ownerHomeAvailabilityPage struct {
	ownerHomeFrame
	Months []view.Month
	Taken  []calendar.Occupied
	Form   url.Values
	Min    string
}

func (s *Server) ownerHomeAvailabilityPage(r *http.Request, home listing.Listing, form url.Values) (ownerHomeAvailabilityPage, error) {
	p := ownerHomeAvailabilityPage{ownerHomeFrame: s.ownerHomeFrame(r, home, "availability"), Form: form}
	today := calendar.Today(home.TimeZone, s.Now())
	p.Min = today.Format(time.DateOnly)
	var err error
	p.Taken, err = calendar.Taken(r.Context(), s.DB, home.ID, today, today.AddDate(2, 0, 0))
	if err != nil {
		return p, err
	}
	var nights []view.Nights
	for _, t := range p.Taken {
		nights = append(nights, view.Nights{From: t.CheckIn, To: t.CheckOut})
	}
	p.Months = view.NewCalendar(today, 6, nights, view.Nights{}).Months
	return p, nil
}

func (s *Server) getOwnerHomeAvailability(w http.ResponseWriter, r *http.Request) error {
	home, err := s.ownHome(r)
	if err != nil {
		return err
	}
	p, err := s.ownerHomeAvailabilityPage(r, home, url.Values{})
	if err != nil {
		return err
	}
	return s.render(w, "owner_home_availability", p)
}

func (s *Server) postOwnerHomeAvailability(w http.ResponseWriter, r *http.Request) error {
	home, err := s.ownHome(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return unreadable(err)
	}
	done, err := s.changeAvailability(r, home)
	if wrong := formErrors(err); wrong != nil {
		p, failed := s.ownerHomeAvailabilityPage(r, home, r.PostForm)
		if failed != nil {
			return failed
		}
		p.Errors = wrong
		return s.again(w, err, "owner_home_availability", p)
	}
	if err != nil {
		return err
	}
	s.flash(r, "ok", done)
	return seeOther(w, r, sectionHref(home, "availability"))
}

func (s *Server) changeAvailability(r *http.Request, home listing.Listing) (done string, err error) {
	stay, err := calendar.ParseStay(r.PostForm.Get("check_in"), r.PostForm.Get("check_out"))
	if err != nil {
		return "", err
	}
	if stay.CheckOut.Before(calendar.Today(home.TimeZone, s.Now())) {
		return "", fault.Field("check_out", "Those nights have passed.")
	}
	change, done := calendar.Block, "Those nights are kept for you."
	if r.PostForm.Get("do") == "unblock" {
		change, done = calendar.Unblock, "Those nights are open again."
	}
	return done, postgres.InTx(r.Context(), s.DB, func(tx pgx.Tx) error { return change(r.Context(), tx, home.ID, stay) })
}
