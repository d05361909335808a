package site

import (
	"net/http"
	"slices"

	"hearth/internal/booking"
	"hearth/internal/money"
	"hearth/internal/payout"
	"hearth/internal/view"
)

// ownerStaysPage lists the stays in somebody's homes.
type ownerStaysPage struct {
	page
	Tabs  []view.Tab
	Stays []ownerStayRow
	Empty view.Empty
}

type ownerStayRow struct {
	booking.Letting
	Earns money.Amount
}

var ownerStayTabs = []struct {
	key, name string
	empty     view.Empty
}{
	{"", "Upcoming", view.Empty{Icon: "luggage", Text: "Nobody has booked yet. Stays appear here as soon as they are paid.", Action: "Your homes", Href: "/owner/homes"}},
	{"past", "Past", view.Empty{Icon: "flag", Text: "No past stays."}},
	{"cancelled", "Cancelled", view.Empty{Icon: "x", Text: "Nothing was cancelled."}},
}

func (s *Server) getOwnerStays(w http.ResponseWriter, r *http.Request) error {
	byTab, err := s.lettingsByTab(r)
	if err != nil {
		return err
	}
	p := ownerStaysPage{page: s.base(r, "Stays")}
	p.Nav = "owner:stays"
	at := r.URL.Query().Get("tab")
	for _, tab := range ownerStayTabs {
		link := view.Tab{Name: tab.name, Href: "/owner/stays", N: len(byTab[tab.key]), Current: tab.key == at}
		if tab.key != "" {
			link.Href += "?tab=" + tab.key
		}
		if link.Current {
			p.Stays, p.Empty = byTab[tab.key], tab.empty
		}
		p.Tabs = append(p.Tabs, link)
	}
	if p.Empty.Icon == "" { // a tab that does not exist
		return seeOther(w, r, "/owner/stays")
	}
	return s.render(w, "owner_stays", p)
}

// lettingsByTab sorts the owner's stays into the tabs of tenants' trips, the
// next stay first.
func (s *Server) lettingsByTab(r *http.Request) (map[string][]ownerStayRow, error) {
	all, err := booking.Lettings(r.Context(), s.DB, me(r).ID)
	if err != nil {
		return nil, err
	}
	shares, err := s.shares(r)
	if err != nil {
		return nil, err
	}
	byTab := map[string][]ownerStayRow{}
	for _, l := range all {
		earns, paid := shares[l.ID]
		if !paid && l.Status.Takes() {
			earns = l.OwnerAmount()
		} else if !paid {
			earns = l.Amount(0) // a request that came to nothing
		}
		key := s.tripTab(l.Booking)
		byTab[key] = append(byTab[key], ownerStayRow{l, earns})
	}
	slices.Reverse(byTab[""])
	return byTab, nil
}

// shares is what the owner has of each stay that was paid.
func (s *Server) shares(r *http.Request) (map[booking.ID]money.Amount, error) {
	stays, err := payout.StaysOf(r.Context(), s.DB, me(r).ID, s.Config.Live())
	shares := map[booking.ID]money.Amount{}
	for _, stay := range stays {
		shares[stay.BookingID] = stay.Share()
	}
	return shares, err
}
