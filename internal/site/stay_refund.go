package site

import (
	"context"
	"net/http"

	"hearth/internal/booking"
	"hearth/internal/checkout"
	"hearth/internal/fault"
	"hearth/internal/money"
	"hearth/internal/view"
)

// stayRefundPage takes an amount, shows what it does to everybody, and only
// then offers the button that does it. The homeowner's and the admin's page
// differ in their words only.
type stayRefundPage struct {
	page
	stay
	TenantName string
	OwnerName  string
	Left       money.Amount
	Form       refundForm
	Errors     map[string]string
	Preview    *checkout.Preview // nil until an amount was asked about
	Causes     []view.Option     // what an admin may say it is for
}

// refundForm carries what was left when the page was shown, and the preview's
// figures: a form that comes twice, or after something has changed, does
// nothing.
type refundForm struct {
	Amount string `form:"amount"`
	Reason string `form:"reason"`
	Cause  string `form:"cause"` // an admin's only
	Left   int64  `form:"left"`
	Seen   string `form:"seen"`
}

// refundDesk is one side's way to refund a stay.
type refundDesk struct {
	template, title, nav, path string
	find                       func(*http.Request) (booking.Booking, error)
	by                         func(*http.Request) booking.Actor
	tenantName                 func(context.Context, booking.Booking) (string, error)
}

func (s *Server) ownerRefunds() refundDesk {
	return refundDesk{"owner_stay_refund", "Refund stay ", "owner:stays", "/owner/stays/", s.ownStay,
		func(r *http.Request) booking.Actor { return booking.Owner(me(r).ID) }, s.tenantName}
}

func (s *Server) adminRefundDesk() refundDesk {
	return refundDesk{"admin_booking_refund", "Refund booking ", "admin:bookings", "/admin/bookings/", s.anyBooking, admin,
		func(ctx context.Context, b booking.Booking) (string, error) { return s.nameOf(ctx, b.TenantID) }}
}

// admin is the visitor as the one who acts.
func admin(r *http.Request) booking.Actor { return booking.Admin(me(r).ID, clientIP(r)) }

func (s *Server) getStayRefund(desk refundDesk) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		b, err := desk.find(r)
		if err != nil {
			return err
		}
		var form refundForm
		if err := decodeQuery(r, &form); err != nil {
			return err
		}
		form.Reason = reasonOf(form.Reason)
		if !r.URL.Query().Has("amount") {
			return s.stayRefundPage(w, r, desk, b, form, nil, nil)
		}
		amount, err := refundAmount(b, form)
		if err != nil {
			return s.stayRefundPage(w, r, desk, b, form, nil, err)
		}
		preview, err := s.Checkout.PreviewRefund(r.Context(), b, amount)
		if err != nil {
			return err
		}
		if preview.Blocked != "" {
			return s.stayRefundPage(w, r, desk, b, form, nil, fault.Field("amount", "%s", preview.Blocked))
		}
		return s.stayRefundPage(w, r, desk, b, form, &preview, nil)
	}
}

// refundAmount reads what was typed; a refund needs a reason as well.
func refundAmount(b booking.Booking, form refundForm) (money.Amount, error) {
	wrong := map[string]string{}
	amount, err := money.Parse(form.Amount, b.Currency)
	if err != nil || amount.Minor < 1 {
		wrong["amount"] = "Enter an amount above zero, as 120.00."
	} else if !amount.Whole() {
		wrong["amount"] = endsInZero(amount)
	}
	if form.Reason == "" {
		wrong["reason"] = "Say why: it is kept with the booking."
	}
	if len(wrong) > 0 {
		return amount, fault.Fields(wrong)
	}
	return amount, nil
}

func (s *Server) stayRefundPage(w http.ResponseWriter, r *http.Request, desk refundDesk, b booking.Booking, form refundForm, preview *checkout.Preview, wrong error) error {
	st, _, err := s.stay(r.Context(), b)
	if err != nil {
		return err
	}
	p := stayRefundPage{stay: st, Left: st.Money.Left(), Form: form, Preview: preview, Errors: formErrors(wrong)}
	if p.TenantName, err = desk.tenantName(r.Context(), b); err != nil {
		return err
	}
	if p.OwnerName, err = s.nameOf(r.Context(), b.OwnerID); err != nil {
		return err
	}
	if form.Amount == "" && wrong == nil {
		p.Form.Amount = p.Left.Decimal()
	}
	p.Form.Left = p.Left.Minor
	for _, cause := range checkout.Causes(st.Money.Disputes) {
		p.Causes = append(p.Causes, view.Option{Value: cause, Label: causes[cause]})
	}
	p.page = s.base(r, desk.title+b.Code)
	p.Nav = desk.nav
	if wrong == nil {
		return s.render(w, desk.template, p)
	}
	return s.again(w, wrong, desk.template, p)
}

func (s *Server) postStayRefund(desk refundDesk) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		b, err := desk.find(r)
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
			err = s.Checkout.RefundPreviewed(r.Context(), desk.by(r), b, amount, b.Amount(form.Left), form.Seen, checkout.Why{Cause: form.Cause, Reason: form.Reason})
		}
		if formErrors(err) != nil {
			return s.stayRefundPage(w, r, desk, b, form, nil, err)
		}
		if err != nil {
			return err
		}
		s.flash(r, "ok", amount.Format()+" goes back to the tenant.")
		return seeOther(w, r, desk.path+b.Code)
	}
}
