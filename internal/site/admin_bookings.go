package site

import (
	"context"
	"encoding/csv"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"hearth/internal/booking"
	"hearth/internal/user"
	"hearth/internal/view"
)

// adminBookingsPage is every booking, found, filtered and sorted by its address.
type adminBookingsPage struct {
	page
	Filter  bookingsFilter
	Rows    []booking.Row
	Tabs    []view.Tab
	Columns []view.Column
	Toolbar view.Toolbar
	Pager   view.Pager
	CSV     string
}

type bookingsFilter struct {
	Query  string `form:"q"`
	Status string `form:"status"`
	Money  string `form:"money"`
	From   string `form:"from"`
	To     string `form:"to"`
	Owner  string `form:"owner"`
	Sort   string `form:"sort"`
	Up     string `form:"up"`
	Size   string `form:"size"`
	Page   string `form:"page"`
}

// search is the filter as the booking room understands it. What makes no sense
// asks nothing: the address is a person's to type.
func (f bookingsFilter) search() booking.Search {
	s := booking.Search{Query: strings.ToValidUTF8(strings.ReplaceAll(f.Query, "\x00", ""), ""), Status: booking.Status(f.Status), Money: f.Money,
		From: dateOrNone(f.From), To: dateOrNone(f.To), Owner: user.ID(f.Owner), Sort: f.Sort, Up: f.Up != "", Page: 1, Size: 25}
	if size, err := strconv.Atoi(f.Size); err == nil && (size == 50 || size == 100) {
		s.Size = size
	}
	if page, err := strconv.Atoi(f.Page); err == nil && page > 0 && page < 1_000_000 {
		s.Page = page
	}
	return s
}

func dateOrNone(text string) *time.Time {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return nil
	}
	return &day
}

func (s *Server) getAdminBookings(w http.ResponseWriter, r *http.Request) error {
	p := adminBookingsPage{page: s.base(r, "Bookings")}
	p.Nav = "admin:bookings"
	if err := decodeQuery(r, &p.Filter); err != nil {
		return err
	}
	search := p.Filter.search()
	counts, all, err := booking.Count(r.Context(), s.DB, search, s.Config.Currency())
	if err != nil {
		return err
	}
	total := all
	if search.Status != "" {
		total = counts[search.Status]
	}
	if p.Rows, err = booking.Find(r.Context(), s.DB, search, s.Config.Currency()); err != nil {
		return err
	}
	p.Tabs = p.Filter.tabs(counts, all)
	p.Columns = p.Filter.columns()
	p.Toolbar = p.Filter.toolbar()
	p.Pager = view.NewPager(r.URL, search.Page, search.Size, total)
	p.CSV = p.Filter.with("page", "").href("/admin/bookings.csv")
	return s.render(w, "admin_bookings", p)
}

func (f bookingsFilter) values() url.Values {
	query := url.Values{}
	for name, value := range map[string]string{"q": f.Query, "status": f.Status, "money": f.Money, "from": f.From, "to": f.To,
		"owner": f.Owner, "sort": f.Sort, "up": f.Up, "size": f.Size, "page": f.Page} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return query
}

func (f bookingsFilter) href(path string) string {
	return (&url.URL{Path: path, RawQuery: f.values().Encode()}).String()
}

// with is the filter with one value changed, back on the first page.
func (f bookingsFilter) with(name, value string) bookingsFilter {
	f.Page = ""
	switch name {
	case "q":
		f.Query = value
	case "status":
		f.Status = value
	case "money":
		f.Money = value
	case "from":
		f.From = value
	case "to":
		f.To = value
	case "owner":
		f.Owner = value
	case "size":
		f.Size = value
	}
	return f
}

func (f bookingsFilter) tabs(counts map[booking.Status]int, all int) []view.Tab {
	tabs := []view.Tab{{Name: "All", Href: f.with("status", "").href("/admin/bookings"), N: all, Current: f.Status == ""}}
	for _, status := range booking.Statuses {
		if counts[status] > 0 || f.Status == string(status) {
			badge, _ := view.StatusBadge("booking", status) // the kind exists
			tabs = append(tabs, view.Tab{Name: badge.Text, Href: f.with("status", string(status)).href("/admin/bookings"),
				N: counts[status], Current: f.Status == string(status)})
		}
	}
	return tabs
}

func (f bookingsFilter) columns() []view.Column {
	column := func(name, sort string, number bool) view.Column {
		c := view.Column{Name: name, Number: number}
		if sort == "" {
			return c
		}
		next := f.with("", "")
		next.Sort, next.Up = sort, ""
		if f.Sort == sort || (f.Sort == "" && sort == "created") {
			c.Sort = "descending"
			if next.Up = "1"; f.Up != "" {
				c.Sort, next.Up = "ascending", ""
			}
		}
		c.Href = next.href("/admin/bookings")
		return c
	}
	return []view.Column{column("Booking", "created", false), column("Home", "", false), column("Stay", "check_in", false),
		column("Total", "total", true), column("Status", "status", false)}
}

func (f bookingsFilter) toolbar() view.Toolbar {
	bar := view.Toolbar{Action: "/admin/bookings", Label: "Find bookings", Placeholder: "Code, person, home, amount, last 4, pi_ ch_ cs_ re_ acct_", Query: f.Query}
	words := map[string]string{"refunded": "Refunded", "disputed": "Disputed"}
	for _, c := range []struct{ name, value, text string }{{"money", f.Money, words[f.Money]}, {"from", f.From, "From " + f.From}, {"to", f.To, "To " + f.To}, {"owner", f.Owner, "One owner"}} {
		if c.value != "" && c.text != "" {
			bar.Chips = append(bar.Chips, view.Chip{Text: c.text, Href: f.with(c.name, "").href("/admin/bookings")})
		}
	}
	for name, values := range f.with("q", "").values() {
		bar.Hidden = append(bar.Hidden, view.Option{Value: name, Label: values[0]})
	}
	if len(bar.Chips) > 0 || f.Query != "" {
		bar.ClearHref = bookingsFilter{Status: f.Status}.href("/admin/bookings")
	}
	return bar
}

const csvPart = 500

// getAdminBookingsCSV writes what the filter finds, as much as there is, in
// parts, so that a long list never stands in memory.
func (s *Server) getAdminBookingsCSV(w http.ResponseWriter, r *http.Request) error {
	var f bookingsFilter
	if err := decodeQuery(r, &f); err != nil {
		return err
	}
	search := f.search()
	search.Size, search.Page = csvPart, 1
	first, err := booking.Find(r.Context(), s.DB, search, s.Config.Currency())
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="bookings-`+s.Now().Format(time.DateOnly)+`.csv"`)
	out := csv.NewWriter(w)
	if err := out.Write([]string{"code", "status", "booked", "check in", "check out", "nights", "guests", "home", "tenant", "tenant e-mail", "owner",
		"currency", "total", "fee", "refunded", "disputed", "payment"}); err != nil {
		return nil // the browser went away; the answer has begun
	}
	s.writeCSV(r.Context(), out, first, search)
	return nil
}

func (s *Server) writeCSV(ctx context.Context, out *csv.Writer, rows []booking.Row, search booking.Search) {
	for len(rows) > 0 {
		for _, b := range rows {
			if out.Write(csvLine(b)) != nil {
				return
			}
		}
		if out.Flush(); len(rows) < search.Size || out.Error() != nil {
			return
		}
		search.Page++
		var err error
		if rows, err = booking.Find(ctx, s.DB, search, s.Config.Currency()); err != nil {
			s.Logger.Error("a list was cut short", "error", err)
			return
		}
	}
	out.Flush()
}

func csvLine(b booking.Row) []string {
	disputed := ""
	if b.Disputed {
		disputed = "yes"
	}
	return []string{b.Code, string(b.Status), b.CreatedAt.UTC().Format(time.RFC3339), b.CheckIn.Format(time.DateOnly), b.CheckOut.Format(time.DateOnly),
		strconv.Itoa(b.Nights()), strconv.Itoa(b.Guests), harmless(b.HomeTitle), harmless(b.TenantName), harmless(b.TenantEmail), harmless(b.OwnerName),
		b.Currency.Code(), b.Total().Decimal(), b.Fee().Decimal(), b.Amount(b.AmountRefunded).Decimal(), disputed, b.PaymentStatus}
}

// harmless keeps a spreadsheet from taking what somebody called themselves for
// a formula.
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
