package site

import (
	"net/http"

	"hearth/internal/booking"
	"hearth/internal/checkout"
	"hearth/internal/fault"
	"hearth/internal/money"
)

// ownerStayRefundPage takes an amount, shows what it does to everybody, and
// only then offers the button that does it.
type ownerStayRefundPage struct {
	page
	stay
	TenantName string
	Left       money.Amount
	Form       refundForm
	Errors     map[string]string
	Preview    *checkout.Preview // nil until an amount was asked about
}

// refundForm carries what was left when the page was shown: a form that comes
// twice finds less left, and does nothing.
type refundForm struct {
	Amount string `form:"amount"`
	Reason string `form:"reason"`
	Left   int64  `form:"left"`
}

func (s *Server) getOwnerStayRefund(w http.ResponseWriter, r *http.Request) error {
	b, err := s.ownStay(r)
	if err != nil {
		return err
	}
	var form refundForm
	if err := decodeQuery(r, &form); err != nil {
		return err
	}
	form.Reason = reasonOf(form.Reason)
	if !r.URL.Query().Has("amount") {
		return s.ownerStayRefundPage(w, r, b, form, nil, nil)
	}
	amount, err := refundAmount(b, form)
	if err != nil {
		return s.ownerStayRefundPage(w, r, b, form, nil, err)
	}
	preview, err := s.Checkout.PreviewRefund(r.Context(), b, amount)
	if err != nil {
		return err
	}
	if preview.Blocked != "" {
		return s.ownerStayRefundPage(w, r, b, form, nil, fault.Field("amount", "%s", preview.Blocked))
	}
	return s.ownerStayRefundPage(w, r, b, form, &preview, nil)
}

// refundAmount reads what was typed; a refund needs a reason as well.
func refundAmount(b booking.Booking, form refundForm) (money.Amount, error) {
	wrong := map[string]string{}
	amount, err := money.Parse(form.Amount, b.Currency)
	if err != nil || amount.Minor < 1 {
		wrong["amount"] = "Enter an amount above zero, as 120.00."
	}
	if form.Reason == "" {
		wrong["reason"] = "Say why: it is kept with the booking."
	}
	if len(wrong) > 0 {
		return amount, fault.Fields(wrong)
	}
	return amount, nil
}

func (s *Server) ownerStayRefundPage(w http.ResponseWriter, r *http.Request, b booking.Booking, form refundForm, preview *checkout.Preview, wrong error) error {
	st, _, err := s.stay(r.Context(), b)
	if err != nil {
		return err
	}
	p := ownerStayRefundPage{stay: st, Left: st.Money.Left(), Form: form, Preview: preview, Errors: formErrors(wrong)}
	if p.TenantName, err = s.tenantName(r.Context(), b); err != nil {
		return err
	}
	if form.Amount == "" && wrong == nil {
		p.Form.Amount = p.Left.Decimal()
	}
	p.Form.Left = p.Left.Minor
	p.page = s.base(r, "Refund stay "+b.Code)
	p.Nav = "owner:stays"
	if wrong == nil {
		return s.render(w, "owner_stay_refund", p)
	}
	return s.again(w, wrong, "owner_stay_refund", p)
}

func (s *Server) postOwnerStayRefund(w http.ResponseWriter, r *http.Request) error {
	b, err := s.ownStay(r)
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
		_, err = s.Checkout.RefundSeen(r.Context(), booking.Owner(me(r).ID), b.ID, amount, b.Amount(form.Left), form.Reason)
	}
	if formErrors(err) != nil {
		return s.ownerStayRefundPage(w, r, b, form, nil, err)
	}
	if err != nil {
		return err
	}
	s.flash(r, "ok", amount.Format()+" goes back to the tenant.")
	return seeOther(w, r, "/owner/stays/"+b.Code)
}
