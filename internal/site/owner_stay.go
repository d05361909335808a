package site

import (
	"context"
	"net/http"

	"hearth/internal/booking"
	"hearth/internal/user"
	"hearth/internal/view"
)

// ownerStayPage is a stay as the homeowner sees it.
type ownerStayPage struct {
	page
	stay
	TenantName string
	Contact    *contact // nil unless the stay is confirmed
	Earnings   []view.Line
	Story      []view.Happening
	CanCancel  bool
	CanRefund  bool
	CanAnswer  bool
	AnswerBy   string // by when, while it can be
}

func (s *Server) getOwnerStay(w http.ResponseWriter, r *http.Request) error {
	b, err := s.ownStay(r)
	if err != nil {
		return err
	}
	st, _, err := s.stay(r.Context(), b)
	if err != nil {
		return err
	}
	p := ownerStayPage{stay: st, Earnings: earnings(st)}
	if p.TenantName, err = s.tenantName(r.Context(), b); err != nil {
		return err
	}
	if p.Contact, err = s.contact(r.Context(), b, b.TenantID); err != nil {
		return err
	}
	if p.Story, err = s.story(r.Context(), st, "owner"); err != nil {
		return err
	}
	if p.CanAnswer = b.Status == booking.Requested && b.Answer == ""; p.CanAnswer {
		p.AnswerBy = untilWords(b)
	}
	if !b.Status.Takes() && b.ConfirmedAt == nil {
		p.Earnings = nil // a request that came to nothing
	}
	p.CanCancel = b.Status == booking.Confirmed && !st.Money.Disputed()
	p.CanRefund = st.Money.Paid() != nil && st.Money.Left().Minor > 0 && !st.Money.Disputed()
	p.page = s.base(r, "Stay "+b.Code)
	p.Nav = "owner:stays"
	return s.render(w, "owner_stay", p)
}

// tenantName is all of it for a confirmed stay, and the first name before.
func (s *Server) tenantName(ctx context.Context, b booking.Booking) (string, error) {
	tenant, err := user.ByID(ctx, s.DB, b.TenantID)
	if b.Status.Fulfilled() {
		return tenant.Name, err
	}
	return tenant.FirstName(), err
}

// earnings is how the tenant's total becomes the owner's money.
func earnings(st stay) []view.Line {
	b := st.Booking
	lines := []view.Line{
		{Label: "The tenant pays", Value: b.Total().Format()},
		{Label: "Hearth’s fee (" + b.FeeBPS.Percent() + ")", Value: b.Fee().Neg().Format()},
	}
	taken := b.Amount(0)
	for _, r := range st.Money.Refunds {
		taken = taken.Add(b.Amount(r.ReversedAmount - r.FeeRefunded + r.OwnerDebt))
	}
	if !taken.IsZero() {
		lines = append(lines, view.Line{Label: "Refunds, your part", Note: st.Money.Refunded().Format() + " to the tenant in all", Value: taken.Neg().Format()})
	}
	return append(lines, view.Line{Label: "You receive", Value: b.OwnerAmount().Sub(taken).Format(), Sum: true})
}
