package site

import (
	"net/http"
	"time"

	"hearth/internal/booking"
	"hearth/internal/fault"
	"hearth/internal/payment"
	"hearth/internal/view"
)

// tripHeldPage is where Stripe's "back" leads: the nights are held a while.
type tripHeldPage struct {
	page
	stay
	Until    time.Time // when the payment page closes, in the home's zone
	Minutes  int       // from now
	Lines    []view.Line
	Declined []string
}

func (s *Server) getTripHeld(w http.ResponseWriter, r *http.Request) error {
	b, err := s.trip(r)
	if err != nil {
		return err
	}
	if b.Status != booking.Held {
		return seeOther(w, r, "/trips/"+b.Code)
	}
	if b.CancelRequestedAt != nil {
		return seeOther(w, r, "/trips/"+b.Code+"/confirming")
	}
	st, _, err := s.stay(r.Context(), b)
	if err != nil {
		return err
	}
	if err := s.nudge(r.Context(), st.Money.Payment); err != nil {
		return err
	}
	attempt, err := payment.LastAttempt(r.Context(), s.DB, st.Money.Payment.ID)
	if err != nil {
		return err
	}
	p := tripHeldPage{stay: st, Until: attempt.ExpiresAt.In(b.Location()), Lines: bookedLines(b)}
	p.Minutes = max(0, int(attempt.ExpiresAt.Sub(s.Now()).Minutes()))
	for _, c := range st.Money.Charges {
		if c.Status == "failed" {
			p.Declined = append(p.Declined, declined(c))
		}
	}
	p.page = s.base(r, "Your nights are held")
	p.Nav = "trips"
	return s.render(w, "trip_held", p)
}

// postTripContinue leads back to Stripe's page.
func (s *Server) postTripContinue(w http.ResponseWriter, r *http.Request) error {
	b, err := s.trip(r)
	if err != nil {
		return err
	}
	if b.Status != booking.Held || b.CancelRequestedAt != nil {
		return seeOther(w, r, "/trips/"+b.Code)
	}
	payAt, err := s.Checkout.Continue(r.Context(), b)
	if f, ok := fault.Of(err); ok && f.Kind == fault.Conflict {
		s.flash(r, "warn", f.Message)
		return seeOther(w, r, "/trips/"+b.Code)
	}
	if err != nil {
		return err
	}
	if payAt == "" {
		payAt = "/trips/" + b.Code + "/confirming"
	}
	return seeOther(w, r, payAt)
}

// postTripRelease gives the nights back before they are paid for.
func (s *Server) postTripRelease(w http.ResponseWriter, r *http.Request) error {
	b, err := s.trip(r)
	if err != nil {
		return err
	}
	err = s.Checkout.Release(r.Context(), booking.Tenant(me(r).ID), b.ID, "Given up before paying")
	if f, ok := fault.Of(err); ok && (f.Kind == fault.Conflict || f.Kind == fault.Unavailable) {
		s.flash(r, "warn", f.Message)
		return seeOther(w, r, "/trips/"+b.Code)
	}
	if err != nil {
		return err
	}
	s.flash(r, "ok", "The nights are released. Nothing was charged.")
	return seeOther(w, r, "/trips/"+b.Code)
}
