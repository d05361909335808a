package site

import (
	"context"
	"net/http"
	"strings"

	"hearth/internal/booking"
	"hearth/internal/checkout"
	"hearth/internal/fault"
	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/payment"
	"hearth/internal/stripeapi"
	"hearth/internal/task"
	"hearth/internal/user"
	"hearth/internal/view"
)

// adminBookingShowPage is everything that is known of one booking.
type adminBookingShowPage struct {
	page
	stay
	Tenant, Owner user.User
	Price         []view.Line
	Books         []view.Line
	Ledger        []ledger.Line
	Story         []view.Happening
	Objects       []stripeObject
	Requests      []stripeapi.Request
	Tasks         []task.Task
	CanRefund     bool
	CanCancel     bool
	CanAnswer     bool
}

// stripeObject is a link to where Stripe shows an object.
type stripeObject struct{ Name, ID, Href string }

// nameOf is somebody's name, for admins.
func (s *Server) nameOf(ctx context.Context, id user.ID) (string, error) {
	u, err := user.ByID(ctx, s.DB, id)
	return u.Name, err
}

// anyBooking is the booking of the address, for admins.
func (s *Server) anyBooking(r *http.Request) (booking.Booking, error) {
	return s.coded(r, "There is no such booking.", func(booking.Booking) bool { return true })
}

func (s *Server) getAdminBookingShow(w http.ResponseWriter, r *http.Request) error {
	b, err := s.anyBooking(r)
	if err != nil {
		return err
	}
	p := adminBookingShowPage{page: s.base(r, "Booking "+b.Code), Price: bookedLines(b)}
	p.Nav = "admin:bookings"
	ctx := r.Context()
	if p.stay, _, err = s.stay(ctx, b); err != nil {
		return err
	}
	if p.Tenant, err = user.ByID(ctx, s.DB, b.TenantID); err != nil {
		return err
	}
	if p.Owner, err = user.ByID(ctx, s.DB, b.OwnerID); err != nil {
		return err
	}
	if p.Ledger, err = ledger.OfBooking(ctx, s.DB, string(b.ID)); err != nil {
		return err
	}
	if p.Requests, err = stripeapi.RequestsAbout(ctx, s.DB, "booking:"+string(b.ID)); err != nil {
		return err
	}
	if p.Tasks, err = task.OfBooking(ctx, s.DB, string(b.ID)); err != nil {
		return err
	}
	if p.Story, err = s.adminStory(ctx, p.stay, p.Requests); err != nil {
		return err
	}
	if p.Objects, err = s.objects(r, p.Money); err != nil {
		return err
	}
	p.Books = books(b, p.Ledger)
	p.CanRefund = p.Money.Payment.Status == payment.Paid && p.Money.Left().Minor > 0 && !p.Money.Disputed()
	p.CanAnswer = b.Status == booking.Requested && b.Answer == ""
	p.CanCancel = b.Status == booking.Confirmed || b.Status == booking.Processing
	return s.render(w, "admin_booking_show", p)
}

// accountNames are the ledger's accounts in words; one that ends in a colon is
// everybody's of its kind.
var accountNames = []struct{ account, label string }{{ledger.Tenant, "Tenant"}, {ledger.Escrow, "Escrow"}, {"owner:", "Owner’s balance at Stripe"}, {"debt:", "Owner’s debt to us"},
	{"bank:", "Owner’s bank"}, {ledger.Revenue, "Our part"}, {ledger.StripeFees, "Stripe’s fees"}, {ledger.Disputes, "Held by the tenant’s bank"}}

// InBooks names an account of the ledger.
func (adminBookingShowPage) InBooks(account string) string { return inBooks(account) }

func inBooks(account string) string {
	for _, n := range accountNames {
		if account == n.account || (strings.HasSuffix(n.account, ":") && strings.HasPrefix(account, n.account)) {
			return n.label
		}
	}
	return account
}

// books sums the ledger up: where every cent of the booking is now.
func books(b booking.Booking, lines []ledger.Line) []view.Line {
	sums := map[string]int64{}
	for _, l := range lines {
		sums[inBooks(l.Source)] -= l.Amount
		sums[inBooks(l.Destination)] += l.Amount
	}
	var out []view.Line
	total := int64(0)
	for _, n := range accountNames {
		if sum, moved := sums[n.label]; moved {
			out = append(out, view.Line{Label: n.label, Value: b.Amount(sum).Format()})
			total += sum
		}
	}
	if len(out) > 0 {
		out = append(out, view.Line{Label: "Sum, always zero", Value: b.Amount(total).Format(), Sum: true})
	}
	return out
}

// objects lists what Stripe has for the booking, with the pages that show it.
func (s *Server) objects(r *http.Request, m stayMoney) ([]stripeObject, error) {
	attempts, err := payment.Attempts(r.Context(), s.DB, m.Payment.ID)
	if err != nil {
		return nil, err
	}
	var all []stripeObject
	add := func(name, kind, id string) {
		if id != "" {
			all = append(all, stripeObject{name, id, s.atStripe(kind, id)})
		}
	}
	for _, a := range attempts {
		add("Checkout Session", "checkout/sessions", a.Session())
	}
	add("Payment intent", "payments", m.Payment.IntentID())
	for _, c := range m.Charges {
		add("Charge ("+c.Status+")", "payments", c.ID)
		add("Transfer", "connect/transfers", c.TransferID)
		add("Application fee", "connect/application_fees", c.ApplicationFeeID)
	}
	for _, refund := range m.Refunds {
		add("Refund", "refunds", refund.StripeID())
	}
	for _, d := range m.Disputes {
		add("Dispute", "disputes", d.ID)
	}
	add("Connected account", "connect/accounts", m.Payment.Destination)
	return all, nil
}

// atStripe is where an object can be looked at: Stripe's Dashboard, or the
// sandbox's inspector.
func (s *Server) atStripe(kind, id string) string {
	switch {
	case s.Config.Sandbox():
		return s.Config.SandboxURL + "/inspector/objects/" + id
	case s.Config.Live():
		return "https://dashboard.stripe.com/" + kind + "/" + id
	}
	return "https://dashboard.stripe.com/test/" + kind + "/" + id
}

// adminBookingCancelPage shows what cancelling gives back before it happens.
type adminBookingCancelPage struct {
	page
	stay
	TenantName string
	OwnerName  string
	Refund     money.Amount
	Effect     *checkout.Preview // nil when nothing goes back now
	Form       adminCancelForm
	Errors     map[string]string
}

type adminCancelForm struct {
	Reason string `form:"reason"`
	Refund int64  `form:"refund"` // what the admin saw
}

func (s *Server) getAdminBookingCancel(w http.ResponseWriter, r *http.Request) error {
	b, err := s.anyBooking(r)
	if err != nil {
		return err
	}
	return s.adminBookingCancelPage(w, r, b, adminCancelForm{}, nil)
}

func (s *Server) adminBookingCancelPage(w http.ResponseWriter, r *http.Request, b booking.Booking, form adminCancelForm, wrong error) error {
	preview, err := s.Checkout.PreviewCancel(r.Context(), admin(r), b)
	if err != nil {
		return err
	}
	if preview.Blocked != "" && wrong == nil {
		wrong = fault.New(fault.Conflict, "%s", preview.Blocked)
	}
	st, _, err := s.stay(r.Context(), b)
	if err != nil {
		return err
	}
	p := adminBookingCancelPage{stay: st, Refund: preview.Refund, Form: form, Errors: formErrors(wrong)}
	if p.TenantName, err = s.nameOf(r.Context(), b.TenantID); err != nil {
		return err
	}
	if p.OwnerName, err = s.nameOf(r.Context(), b.OwnerID); err != nil {
		return err
	}
	if preview.Blocked == "" && !preview.Waiting && preview.Refund.Minor > 0 {
		effect, err := s.Checkout.PreviewRefund(r.Context(), b, preview.Refund)
		if err != nil {
			return err
		}
		p.Effect = &effect
	}
	p.Form.Refund = preview.Refund.Minor
	p.page = s.base(r, "Cancel booking "+b.Code)
	p.Nav = "admin:bookings"
	if wrong != nil {
		return s.again(w, wrong, "admin_booking_cancel", p)
	}
	return s.render(w, "admin_booking_cancel", p)
}

func (s *Server) postAdminBookingCancel(w http.ResponseWriter, r *http.Request) error {
	b, err := s.anyBooking(r)
	if err != nil {
		return err
	}
	var form adminCancelForm
	if err := decode(r, &form); err != nil {
		return err
	}
	if form.Reason = reasonOf(form.Reason); form.Reason == "" {
		err = fault.Field("reason", "Say why: it is kept with the booking.")
	} else {
		err = s.Checkout.Cancel(r.Context(), admin(r), b.ID, b.Amount(form.Refund), form.Reason)
	}
	if formErrors(err) != nil {
		return s.adminBookingCancelPage(w, r, b, form, err)
	}
	if err != nil {
		return err
	}
	s.flash(r, "ok", "Booking "+b.Code+" is cancelled.")
	return seeOther(w, r, "/admin/bookings/"+b.Code)
}
