package site

import (
	"net/http"
	"slices"

	"hearth/internal/booking"
	"hearth/internal/listing"
	"hearth/internal/money"
	"hearth/internal/user"
	"hearth/internal/view"
)

// adminHomesPage is every home.
type adminHomesPage struct {
	page
	Homes   []adminHomeRow
	Tabs    []view.Tab
	Toolbar view.Toolbar
	Pager   view.Pager
}

// adminHomeRow is a home with the fee that new bookings of it have.
type adminHomeRow struct {
	listing.Listed
	usual money.BasisPoints
}

// Fee is the fee that applies.
func (h adminHomeRow) Fee() money.BasisPoints {
	return booking.EffectiveFee(h.FeeBPS, h.OwnerFee, h.usual)
}

// FeeOf says whose fee it is, "" for the platform's.
func (h adminHomeRow) FeeOf() string {
	switch {
	case h.FeeBPS != nil:
		return "of this home"
	case h.OwnerFee != nil:
		return "of this owner"
	}
	return ""
}

const homesPerPage = 50

var homeStatuses = []listing.Status{listing.Published, listing.Paused, listing.Draft, listing.Suspended}

func (s *Server) getAdminHomes(w http.ResponseWriter, r *http.Request) error {
	status := listing.Status(r.URL.Query().Get("status"))
	if !slices.Contains(homeStatuses, status) {
		status = ""
	}
	f := listing.Filter{Query: question(r, "q"), Status: status, Owner: user.ID(question(r, "owner")), Livemode: s.Config.Live(), Limit: homesPerPage}
	counts, err := listing.Count(r.Context(), s.DB, f)
	if err != nil {
		return err
	}
	p := adminHomesPage{page: s.base(r, "Homes")}
	p.Nav = "admin:homes"
	p.tabs(f, counts)
	p.Toolbar = toolbarOf("/admin/homes", "Find homes", "Title, place, owner or id", f.Query, "status", string(status))
	total := p.Tabs[0].N
	if status != "" {
		total = counts[status]
	}
	p.Pager = view.NewPager(r.URL, pageNumber(r), homesPerPage, total)
	f.Page = (p.Pager.From-1)/homesPerPage + 1
	homes, err := listing.List(r.Context(), s.DB, f)
	if err != nil {
		return err
	}
	for _, home := range homes {
		p.Homes = append(p.Homes, adminHomeRow{home, s.Config.Fee()})
	}
	return s.render(w, "admin_homes", p)
}

func (p *adminHomesPage) tabs(f listing.Filter, counts map[listing.Status]int) {
	at := func(status listing.Status) string {
		return listAt("/admin/homes", "status", string(status), "q", f.Query, "owner", string(f.Owner))
	}
	all := view.Tab{Name: "All", Href: at(""), Current: f.Status == ""}
	for _, status := range homeStatuses {
		badge, _ := view.StatusBadge("listing", status) // the kind exists
		all.N += counts[status]
		p.Tabs = append(p.Tabs, view.Tab{Name: badge.Text, Href: at(status), N: counts[status], Current: f.Status == status})
	}
	p.Tabs = append([]view.Tab{all}, p.Tabs...)
}
