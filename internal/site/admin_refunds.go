package site

import (
	"net/http"
	"slices"

	"hearth/internal/booking"
	"hearth/internal/checkout"
	"hearth/internal/fault"
	"hearth/internal/money"
	"hearth/internal/payment"
	"hearth/internal/view"
)

// adminRefundsPage is every refund; those that failed or are pending come first.
type adminRefundsPage struct {
	page
	refundLegs
	Refunds []payment.ListedRefund
	Tabs    []view.Tab
	Pager   view.Pager
}

type refundsFilter struct {
	Status string `form:"status"`
	Page   int    `form:"page"`
}

const refundsPerPage = 50

func (s *Server) getAdminRefunds(w http.ResponseWriter, r *http.Request) error {
	var f refundsFilter
	if err := decodeQuery(r, &f); err != nil {
		return err
	}
	p := adminRefundsPage{page: s.base(r, "Refunds")}
	p.Nav = "admin:refunds"
	f.Page = min(max(f.Page, 1), 100_000)
	counts, err := payment.CountRefunds(r.Context(), s.DB)
	if err != nil {
		return err
	}
	all := 0
	for _, n := range counts {
		all += n
	}
	p.Tabs = []view.Tab{{Name: "All", Href: "/admin/refunds", N: all, Current: f.Status == ""}}
	for _, status := range []string{"failed", "requested", "pending", "succeeded", "canceled"} {
		p.Tabs = append(p.Tabs, view.Tab{Name: titled(status), Href: "/admin/refunds?status=" + status, N: counts[status], Current: f.Status == status})
	}
	total := all
	if f.Status != "" {
		total = counts[f.Status]
	}
	if p.Refunds, err = payment.ListRefunds(r.Context(), s.DB, f.Status, refundsPerPage, (f.Page-1)*refundsPerPage); err != nil {
		return err
	}
	p.Pager = view.NewPager(r.URL, f.Page, refundsPerPage, total)
	return s.render(w, "admin_refunds", p)
}

func titled(word string) string { return string(word[0]-'a'+'A') + word[1:] }

// adminRefundsBulkPage asks once for many refunds, and shows a result for each.
type adminRefundsBulkPage struct {
	page
	Chosen  []chosenRefund
	Total   money.Amount
	Form    bulkForm
	Errors  map[string]string
	Results []checkout.BulkResult // after the click
}

type chosenRefund struct {
	Booking booking.Booking
	Preview checkout.Preview
}

// bulkForm carries what was left of each booking when the page was shown, in
// the order of the codes: what has changed since is not refunded.
type bulkForm struct {
	Codes  []string `form:"code"`
	Left   []int64  `form:"left"`
	Reason string   `form:"reason"`
}

const bulkMost = 100

func (s *Server) getAdminRefundsBulk(w http.ResponseWriter, r *http.Request) error {
	var form bulkForm
	if err := decodeQuery(r, &form); err != nil {
		return err
	}
	return s.adminRefundsBulkPage(w, r, form, nil)
}

func (s *Server) adminRefundsBulkPage(w http.ResponseWriter, r *http.Request, form bulkForm, wrong error) error {
	p := adminRefundsBulkPage{page: s.base(r, "Refund several bookings"), Form: form, Total: money.New(0, s.Config.Currency())}
	p.Nav = "admin:refunds"
	chosen, err := s.chosen(r, form.Codes)
	if err != nil {
		return err
	}
	p.Chosen = chosen
	for _, c := range chosen {
		if c.Preview.Blocked == "" && c.Preview.Left.Currency == p.Total.Currency {
			p.Total = p.Total.Add(c.Preview.Left)
		}
	}
	if p.Errors = formErrors(wrong); wrong != nil {
		return s.again(w, wrong, "admin_refunds_bulk", p)
	}
	return s.render(w, "admin_refunds_bulk", p)
}

func (s *Server) chosen(r *http.Request, codes []string) (all []chosenRefund, err error) {
	codes = slices.Compact(slices.Sorted(slices.Values(codes)))
	if len(codes) == 0 || len(codes) > bulkMost {
		return nil, fault.New(fault.Invalid, "Choose between 1 and %d bookings.", bulkMost)
	}
	bookings := make([]booking.Booking, len(codes))
	for i, code := range codes {
		if bookings[i], err = booking.ByCode(r.Context(), s.DB, code); err != nil {
			return nil, err
		}
	}
	previews, err := s.Checkout.PreviewRest(r.Context(), bookings)
	for i, preview := range previews {
		all = append(all, chosenRefund{bookings[i], preview})
	}
	return all, err
}

func (s *Server) postAdminRefundsBulk(w http.ResponseWriter, r *http.Request) error {
	var form bulkForm
	if err := decode(r, &form); err != nil {
		return err
	}
	if form.Reason = reasonOf(form.Reason); form.Reason == "" {
		return s.adminRefundsBulkPage(w, r, form, fault.Field("reason", "Say why: it is kept with each booking."))
	}
	if len(form.Codes) == 0 || len(form.Codes) > bulkMost || len(form.Left) != len(form.Codes) {
		return fault.New(fault.Invalid, "Choose between 1 and %d bookings.", bulkMost)
	}
	p := adminRefundsBulkPage{page: s.base(r, "Refunded"), Form: form}
	p.Nav = "admin:refunds"
	orders := make([]checkout.BulkOrder, len(form.Codes))
	for i, code := range form.Codes {
		orders[i] = checkout.BulkOrder{Code: code, Left: form.Left[i]}
	}
	p.Results = s.Checkout.RefundAll(r.Context(), admin(r), orders, form.Reason)
	return s.render(w, "admin_refunds_bulk", p)
}
