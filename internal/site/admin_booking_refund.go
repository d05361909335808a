package site

import (
	"net/http"

	"hearth/internal/booking"
	"hearth/internal/checkout"
	"hearth/internal/fault"
	"hearth/internal/money"
)

// adminBookingRefundPage takes an amount, shows who gains and loses what, and
// only then offers the button that does it.
type adminBookingRefundPage struct {
	page
	stay
	TenantName string
	OwnerName  string
	Left       money.Amount
	Form       refundForm
	Errors     map[string]string
	Preview    *checkout.Preview // nil until an amount was asked about
}

func (s *Server) getAdminBookingRefund(w http.ResponseWriter, r *http.Request) error {
	b, err := s.anyBooking(r)
	if err != nil {
		return err
	}
	var form refundForm
	if err := decodeQuery(r, &form); err != nil {
		return err
	}
	form.Reason = reasonOf(form.Reason)
	if !r.URL.Query().Has("amount") {
		return s.adminBookingRefundPage(w, r, b, form, nil, nil)
	}
	amount, err := refundAmount(b, form)
	if err != nil {
		return s.adminBookingRefundPage(w, r, b, form, nil, err)
	}
	preview, err := s.Checkout.PreviewRefund(r.Context(), b, amount)
	if err != nil {
		return err
	}
	if preview.Blocked != "" {
		return s.adminBookingRefundPage(w, r, b, form, nil, fault.Field("amount", "%s", preview.Blocked))
	}
	return s.adminBookingRefundPage(w, r, b, form, &preview, nil)
}

func (s *Server) adminBookingRefundPage(w http.ResponseWriter, r *http.Request, b booking.Booking, form refundForm, preview *checkout.Preview, wrong error) error {
	st, _, err := s.stay(r.Context(), b)
	if err != nil {
		return err
	}
	p := adminBookingRefundPage{stay: st, Left: st.Money.Left(), Form: form, Preview: preview, Errors: formErrors(wrong)}
	if p.TenantName, err = s.nameOf(r.Context(), b.TenantID); err != nil {
		return err
	}
	if p.OwnerName, err = s.nameOf(r.Context(), b.OwnerID); err != nil {
		return err
	}
	if form.Amount == "" && wrong == nil {
		p.Form.Amount = p.Left.Decimal()
	}
	p.Form.Left = p.Left.Minor
	p.page = s.base(r, "Refund booking "+b.Code)
	p.Nav = "admin:bookings"
	if wrong == nil {
		return s.render(w, "admin_booking_refund", p)
	}
	return s.again(w, wrong, "admin_booking_refund", p)
}

func (s *Server) postAdminBookingRefund(w http.ResponseWriter, r *http.Request) error {
	b, err := s.anyBooking(r)
	if err != nil {
		return err
	}
	var form refundForm
	if err := decode(r, &form); err != nil {
		return err
	}
	form.Reason = reasonOf(form.Reason)
	amount, err := refundAmount(b, form)
	if err == nil {
		_, err = s.Checkout.RefundSeen(r.Context(), booking.Admin(me(r).ID, clientIP(r)), b.ID, amount, b.Amount(form.Left), form.Reason)
	}
	if formErrors(err) != nil {
		return s.adminBookingRefundPage(w, r, b, form, nil, err)
	}
	if err != nil {
		return err
	}
	s.flash(r, "ok", amount.Format()+" goes back to the tenant.")
	return seeOther(w, r, "/admin/bookings/"+b.Code)
}
