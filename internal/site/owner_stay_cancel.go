package site

import (
	"net/http"

	"hearth/internal/booking"
	"hearth/internal/checkout"
	"hearth/internal/fault"
)

// ownerStayCancelPage asks before an owner cancels: the tenant gets everything
// back, whatever the policy says.
type ownerStayCancelPage struct {
	page
	stay
	TenantName string
	Preview    checkout.Cancellation
	Effect     checkout.Preview // what it does to the owner's money
	Form       cancelForm
	Errors     map[string]string
}

func (s *Server) getOwnerStayCancel(w http.ResponseWriter, r *http.Request) error {
	b, err := s.ownStay(r)
	if err != nil {
		return err
	}
	return s.ownerStayCancelPage(w, r, b, cancelForm{}, nil)
}

func (s *Server) ownerStayCancelPage(w http.ResponseWriter, r *http.Request, b booking.Booking, form cancelForm, wrong error) error {
	st, _, err := s.stay(r.Context(), b)
	if err != nil {
		return err
	}
	p := ownerStayCancelPage{stay: st, Form: form, Errors: formErrors(wrong)}
	if p.TenantName, err = s.tenantName(r.Context(), b); err != nil {
		return err
	}
	if p.Preview, err = s.Checkout.PreviewCancel(r.Context(), booking.Owner(me(r).ID), b); err != nil {
		return err
	}
	if b.Status != booking.Confirmed && p.Preview.Blocked == "" {
		p.Preview.Blocked = "The payment is still on its way. You can cancel this stay as soon as it is confirmed."
	}
	if p.Preview.Blocked == "" {
		if p.Effect, err = s.Checkout.PreviewRefund(r.Context(), b, p.Preview.Refund); err != nil {
			return err
		}
	}
	p.Form.Refund = p.Preview.Refund.Minor
	p.page = s.base(r, "Cancel stay "+b.Code)
	p.Nav = "owner:stays"
	if wrong == nil {
		return s.render(w, "owner_stay_cancel", p)
	}
	return s.again(w, wrong, "owner_stay_cancel", p)
}

func (s *Server) postOwnerStayCancel(w http.ResponseWriter, r *http.Request) error {
	b, err := s.ownStay(r)
	if err != nil {
		return err
	}
	var form cancelForm
	if err := decode(r, &form); err != nil {
		return err
	}
	form.Reason = reasonOf(form.Reason)
	switch {
	case form.Reason == "":
		err = fault.Field("reason", "Tell the tenant why: they read it in our mail.")
	case b.Status != booking.Confirmed:
		err = fault.New(fault.Conflict, "Only a confirmed stay can be cancelled.")
	default:
		err = s.Checkout.Cancel(r.Context(), booking.Owner(me(r).ID), b.ID, b.Amount(form.Refund), form.Reason)
	}
	if formErrors(err) != nil {
		return s.ownerStayCancelPage(w, r, b, form, err)
	}
	if err != nil {
		return err
	}
	s.flash(r, "ok", "The stay is cancelled, and the tenant gets everything back.")
	return seeOther(w, r, "/owner/stays/"+b.Code)
}
