package site

import (
	"net/http"

	"hearth/internal/booking"
	"hearth/internal/checkout"
	"hearth/internal/view"
)

// tripCancelPage asks before a tenant cancels, and says what comes back, to
// the cent.
type tripCancelPage struct {
	page
	stay
	Preview  checkout.Cancellation
	Lines    []view.Line
	Deadline string
	Blocked  string // why it cannot be done
	Form     cancelForm
	Errors   map[string]string
}

// cancelForm carries the refund that was on the page: when it has changed
// since, nothing is done.
type cancelForm struct {
	Refund int64  `form:"refund"`
	Reason string `form:"reason"`
}

func (s *Server) getTripCancel(w http.ResponseWriter, r *http.Request) error {
	b, err := s.trip(r)
	if err != nil {
		return err
	}
	if b.Status == booking.Held {
		return seeOther(w, r, "/trips/"+b.Code+"/held")
	}
	return s.tripCancelPage(w, r, b, cancelForm{}, nil)
}

func (s *Server) tripCancelPage(w http.ResponseWriter, r *http.Request, b booking.Booking, form cancelForm, wrong error) error {
	st, _, err := s.stay(r.Context(), b)
	if err != nil {
		return err
	}
	p := tripCancelPage{stay: st, Form: form, Errors: formErrors(wrong)}
	if p.Preview, err = s.Checkout.PreviewCancel(r.Context(), booking.Tenant(me(r).ID), b); err != nil {
		return err
	}
	p.Form.Refund = p.Preview.Refund.Minor
	p.Blocked = p.Preview.Blocked
	switch {
	case b.CancelRequestedAt != nil:
		p.Blocked = "You have cancelled already. The payment goes back to you as soon as it arrives."
	case b.Status == booking.Confirmed && p.Preview.Policy.Started:
		p.Blocked = "The stay has begun. Write to the owner instead."
	}
	if !p.Preview.Waiting {
		p.Deadline = deadlineWords(b, s.Now())
		p.Lines = cancelLines(b, st.Money, p.Preview)
	}
	p.page = s.base(r, "Cancel your stay")
	p.Nav = "trips"
	if wrong == nil {
		return s.render(w, "trip_cancel", p)
	}
	return s.again(w, wrong, "trip_cancel", p)
}

func cancelLines(b booking.Booking, m stayMoney, c checkout.Cancellation) []view.Line {
	lines := []view.Line{{Label: "Paid", Value: b.Total().Format()}}
	if before := m.Refunded(); !before.IsZero() {
		lines = append(lines, view.Line{Label: "Refunded before", Value: before.Neg().Format()})
	}
	return append(lines, view.Line{Label: "Kept by the owner, as agreed", Value: c.Kept.Neg().Format()},
		view.Line{Label: "Refunded to you", Value: c.Refund.Format(), Sum: true})
}

func (s *Server) postTripCancel(w http.ResponseWriter, r *http.Request) error {
	b, err := s.trip(r)
	if err != nil {
		return err
	}
	var form cancelForm
	if err := decode(r, &form); err != nil {
		return err
	}
	err = s.Checkout.Cancel(r.Context(), booking.Tenant(me(r).ID), b.ID, b.Amount(form.Refund), reasonOf(form.Reason))
	if formErrors(err) != nil {
		return s.tripCancelPage(w, r, b, form, err)
	}
	if err != nil {
		return err
	}
	s.flash(r, "ok", "Your stay is cancelled.")
	return seeOther(w, r, "/trips/"+b.Code)
}
