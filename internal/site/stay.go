package site

import (
	"context"
	"net/http"
	"strings"

	"hearth/internal/booking"
	"hearth/internal/fault"
	"hearth/internal/inbound"
	"hearth/internal/listing"
	"hearth/internal/money"
	"hearth/internal/payment"
	"hearth/internal/user"
	"hearth/internal/view"
)

// stay is what the pages about one booking share. What only a confirmed stay
// may show, the address, the way in and how to reach each other, is in
// [arrival] and [contact], which are nil until then: a template cannot show by
// mistake what its page does not hold.
type stay struct {
	Booking booking.Booking
	Home    stayHome
	Money   stayMoney
}

// stayHome is what everybody may know of a booked home.
type stayHome struct {
	Title, Href, Place, Kind string
	Photo                    *view.Photo
}

// arrival is how a tenant gets in. Only for confirmed stays.
type arrival struct {
	Address      string
	Instructions []string
	Owner        contact
}

// contact is how the two sides of a confirmed stay reach each other.
type contact struct {
	Name, Email, Phone string
	Avatar             view.Avatar
}

// trip is the booking of the address, if it is the visitor's own. Whether the
// code exists otherwise is told to nobody.
func (s *Server) trip(r *http.Request) (booking.Booking, error) {
	return s.coded(r, "There is no such trip.", func(b booking.Booking) bool { return b.TenantID == me(r).ID })
}

// ownStay is the booking of the address, if it is in the visitor's own home and
// the tenant has come as far as paying: holds come and go unseen.
func (s *Server) ownStay(r *http.Request) (booking.Booking, error) {
	return s.coded(r, "There is no such stay.", func(b booking.Booking) bool {
		seen := b.ConfirmedAt != nil || b.Status == booking.Processing || b.Status == booking.Requested || b.Answer != "" || b.Status == booking.Lapsed
		return b.OwnerID == me(r).ID && seen
	})
}

func (s *Server) coded(r *http.Request, missing string, mayFind func(booking.Booking) bool) (booking.Booking, error) {
	code := r.PathValue("code")
	odd := func(c rune) bool { return (c < '0' || c > '9') && (c < 'A' || c > 'Z') }
	if strings.ContainsFunc(strings.ToUpper(code), odd) {
		return booking.Booking{}, fault.New(fault.NotFound, "%s", missing)
	}
	b, err := booking.ByCode(r.Context(), s.DB, code)
	if fault.Is(err, fault.NotFound) || (err == nil && !mayFind(b)) {
		return booking.Booking{}, fault.New(fault.NotFound, "%s", missing)
	}
	return b, err
}

// stay reads what the pages about a booking show, and its home for those that
// may show more.
func (s *Server) stay(ctx context.Context, b booking.Booking) (st stay, home listing.Listing, err error) {
	st.Booking = b
	if home, err = listing.ByID(ctx, s.DB, b.ListingID); err != nil {
		return st, home, err
	}
	if st.Home, err = s.stayHome(ctx, home); err != nil {
		return st, home, err
	}
	st.Money, err = s.stayMoney(ctx, b)
	return st, home, err
}

func (s *Server) stayHome(ctx context.Context, home listing.Listing) (stayHome, error) {
	h := stayHome{Title: home.Title, Href: "/homes/" + home.Slug, Place: home.Place(), Kind: home.Kind.Name()}
	photos, err := listing.Photos(ctx, s.DB, home.ID)
	if len(photos) > 0 {
		h.Photo = &viewPhotos(photos[:1])[0]
	}
	return h, err
}

// arrival is nil unless the money for the stay is confirmed.
func (s *Server) arrival(ctx context.Context, b booking.Booking, home listing.Listing) (*arrival, error) {
	if !b.Status.Fulfilled() {
		return nil, nil
	}
	owner, err := s.contact(ctx, b, b.OwnerID)
	if err != nil {
		return nil, err
	}
	return &arrival{Address: home.Address(), Instructions: paragraphs(home.CheckInInstructions), Owner: *owner}, nil
}

// contact is nil unless the money for the stay is confirmed.
func (s *Server) contact(ctx context.Context, b booking.Booking, id user.ID) (*contact, error) {
	if !b.Status.Fulfilled() {
		return nil, nil
	}
	u, err := user.ByID(ctx, s.DB, id)
	return &contact{u.Name, u.Email, u.Phone, view.NewAvatar(string(u.ID), u.Name, 40)}, err
}

// nudge has the inbox look at a booking's payment, at most once a minute. It
// is all that a returning browser can bring about: what it claims is not read.
func (s *Server) nudge(ctx context.Context, p payment.Payment) error {
	return s.Inbox.Nudge(ctx, s.DB, inbound.SourceReturn, inbound.Subject{Kind: inbound.Payment, ID: string(p.ID)}, "")
}

// stayMoney is what Stripe has told us of a booking's payment.
type stayMoney struct {
	refundLegs
	Payment  payment.Payment
	Charges  []payment.Charge
	Refunds  []payment.Refund
	Disputes []payment.Dispute
}

func (s *Server) stayMoney(ctx context.Context, b booking.Booking) (m stayMoney, err error) {
	if m.Payment, err = payment.ByBooking(ctx, s.DB, string(b.ID)); err != nil {
		return m, err
	}
	if m.Charges, err = payment.ChargesOf(ctx, s.DB, m.Payment.ID); err != nil {
		return m, err
	}
	if m.Refunds, err = payment.RefundsOf(ctx, s.DB, m.Payment.ID); err != nil {
		return m, err
	}
	m.Disputes, err = payment.DisputesOf(ctx, s.DB, m.Payment.ID)
	return m, err
}

// Paid is the charge that paid for the stay, or nil.
func (m stayMoney) Paid() *payment.Charge {
	for i, c := range m.Charges {
		if m.Payment.Status == payment.Paid && c.ID == m.Payment.ChargeID {
			return &m.Charges[i]
		}
	}
	return nil
}

// Refunded is what went back, or is on its way back, to the tenant.
func (m stayMoney) Refunded() money.Amount {
	total := m.Payment.Money(0)
	for _, r := range m.Refunds {
		if !r.Dead() {
			total = total.Add(r.Money())
		}
	}
	return total
}

// Disputed reports whether the tenant's bank is deciding about the payment.
func (m stayMoney) Disputed() bool {
	for _, d := range m.Disputes {
		if d.Open() && !d.Inquiry() {
			return true
		}
	}
	return false
}

// Left is what could still be refunded.
func (m stayMoney) Left() money.Amount { return payment.Remaining(m.Payment, m.Refunds) }

// card names a charge's means of payment: "Visa •••• 4242".
func card(c payment.Charge) string {
	brands := map[string]string{"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express", "discover": "Discover"}
	name := brands[c.Brand]
	switch {
	case name == "" && c.Method == "us_bank_account":
		name = "Bank account"
	case name == "" && c.Method == "card":
		name = "Card"
	case name == "":
		name = view.Spoken(c.Method)
	}
	if c.Last4 == "" {
		return name
	}
	return name + " •••• " + c.Last4
}

// bookedLines is what a booking's total is made of.
func bookedLines(b booking.Booking) []view.Line {
	q := booking.Quote{Stay: b.Stay(), Currency: b.Currency, NightlyPrice: b.NightlyPrice, StayAmount: b.StayAmount, DiscountAmount: b.DiscountAmount,
		DiscountName: "Discount for a long stay", CleaningAmount: b.CleaningAmount, TotalAmount: b.TotalAmount}
	return quoteLines(q)
}

// reasonOf is a reason as a person typed it, without what no database takes.
func reasonOf(typed string) string {
	text := []rune(strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(typed, ""), "\x00", "")))
	return string(text[:min(len(text), maxReason)])
}

const maxReason = 1000
