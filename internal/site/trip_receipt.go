package site

import (
	"net/http"
	"time"

	"hearth/internal/fault"
	"hearth/internal/payment"
	"hearth/internal/view"
)

// tripReceiptPage is for print: who paid what to whom, and what went back.
type tripReceiptPage struct {
	page
	stay
	Tenant, Owner string
	Facts         []view.Line
	Lines         []view.Line
	Charge        payment.Charge
	PaidAt        time.Time
}

func (s *Server) getTripReceipt(w http.ResponseWriter, r *http.Request) error {
	b, err := s.trip(r)
	if err != nil {
		return err
	}
	st, _, err := s.stay(r.Context(), b)
	if err != nil {
		return err
	}
	charge := st.Money.Paid()
	if charge == nil {
		return fault.New(fault.NotFound, "There is no receipt: nothing has been paid.")
	}
	p := tripReceiptPage{stay: st, Tenant: me(r).Name, Charge: *charge, PaidAt: charge.CreatedAt.In(b.Location())}
	p.Facts = []view.Line{
		{Label: "Booking", Value: b.Code}, {Label: "Tenant", Value: p.Tenant}, {Label: "Home", Value: st.Home.Title, Note: st.Home.Place},
		{Label: "Stay", Value: view.StayYear(b.CheckIn, b.CheckOut), Note: view.Plural(b.Guests, "guest", "guests")},
		{Label: "Paid", Value: view.MomentZone(p.PaidAt), Note: card(*charge)},
	}
	p.Lines = bookedLines(b)
	if back := st.Money.Refunded(); !back.IsZero() {
		for _, refund := range st.Money.Refunds {
			if !refund.Dead() {
				p.Lines = append(p.Lines, view.Line{Label: "Refund, " + view.DayYear(refund.CreatedAt.In(b.Location())), Note: refund.StripeID(), Value: refund.Money().Neg().Format()})
			}
		}
		p.Lines = append(p.Lines, view.Line{Label: "Paid after refunds", Value: b.Total().Sub(back).Format(), Sum: true})
	}
	p.page = s.base(r, "Receipt "+b.Code)
	return s.render(w, "trip_receipt", p)
}
