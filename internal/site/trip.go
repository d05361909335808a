package site

import (
	"net/http"

	"hearth/internal/booking"
	"hearth/internal/view"
)

// tripPage is a stay as its tenant sees it.
type tripPage struct {
	page
	stay
	Standing    standing
	Arrival     *arrival // nil unless the stay is confirmed
	Lines       []view.Line
	Declined    []string // cards that were refused on the way
	Story       []view.Happening
	Deadline    string
	CanCancel   bool
	CanWithdraw bool
	Receipt     bool
}

func (s *Server) getTrip(w http.ResponseWriter, r *http.Request) error {
	b, err := s.trip(r)
	if err != nil {
		return err
	}
	if b.Status == booking.Held {
		return seeOther(w, r, "/trips/"+b.Code+"/held")
	}
	p, err := s.tripPage(r, b)
	if err != nil {
		return err
	}
	p.page = s.base(r, p.Home.Title)
	p.Nav = "trips"
	return s.render(w, "trip", p)
}

func (s *Server) tripPage(r *http.Request, b booking.Booking) (p tripPage, err error) {
	st, home, err := s.stay(r.Context(), b)
	if err != nil {
		return p, err
	}
	p = tripPage{stay: st, Standing: standingOf(b, st.Money), Lines: bookedLines(b), Receipt: st.Money.Paid() != nil}
	if p.Arrival, err = s.arrival(r.Context(), b, home); err != nil {
		return p, err
	}
	started := booking.RefundFor(b, s.Now()).Started
	p.CanCancel = (b.Status == booking.Confirmed && !started) || (b.Status == booking.Processing && b.CancelRequestedAt == nil)
	if p.CanWithdraw = b.Status == booking.Requested && b.Answer == ""; p.CanWithdraw {
		p.Standing.Title += ": " + leftWords(b.HoldUntil.Sub(s.Now())) + " left"
	}
	if b.Status == booking.Confirmed {
		p.Deadline = deadlineWords(b, s.Now())
	}
	for _, c := range st.Money.Charges {
		if c.Status == "failed" {
			p.Declined = append(p.Declined, declined(c))
		}
	}
	p.Story, err = s.story(r.Context(), st, "tenant")
	return p, err
}
