package site

import (
	"net/http"
	"slices"

	"hearth/internal/booking"
	"hearth/internal/calendar"
	"hearth/internal/view"
)

// tripsPage lists what somebody has booked.
type tripsPage struct {
	page
	Tabs  []view.Tab
	Trips []tripRow
	Empty view.Empty
}

type tripRow struct {
	booking.Trip
	Place string
	Photo *view.Photo
}

var tripTabs = []struct {
	key, name string
	empty     view.Empty
}{
	{"", "Upcoming", view.Empty{Icon: "luggage", Text: "No stays yet.", Action: "Find a home", Href: "/search"}},
	{"past", "Past", view.Empty{Icon: "flag", Text: "No past stays.", Action: "Find a home", Href: "/search"}},
	{"cancelled", "Cancelled", view.Empty{Icon: "x", Text: "Nothing was cancelled."}},
}

func (s *Server) getTrips(w http.ResponseWriter, r *http.Request) error {
	all, err := booking.Trips(r.Context(), s.DB, me(r).ID)
	if err != nil {
		return err
	}
	byTab := map[string][]tripRow{}
	for _, t := range all {
		row := tripRow{Trip: t, Place: t.City + ", " + t.Region}
		if t.CoverID != "" {
			row.Photo = &view.Photo{ID: t.CoverID, Alt: t.CoverAlt}
		}
		key := s.tripTab(t.Booking)
		byTab[key] = append(byTab[key], row)
	}
	slices.Reverse(byTab[""]) // the next stay first
	p := tripsPage{page: s.base(r, "Trips")}
	p.Nav = "trips"
	at := r.URL.Query().Get("tab")
	for _, tab := range tripTabs {
		link := view.Tab{Name: tab.name, Href: "/trips", N: len(byTab[tab.key]), Current: tab.key == at}
		if tab.key != "" {
			link.Href += "?tab=" + tab.key
		}
		if link.Current {
			p.Trips, p.Empty = byTab[tab.key], tab.empty
		}
		p.Tabs = append(p.Tabs, link)
	}
	if p.Empty.Icon == "" { // a tab that does not exist
		return seeOther(w, r, "/trips")
	}
	return s.render(w, "trips", p)
}

// tripTab is where a booking is listed: by the calendar of its home, since a
// stay that is over may not have been marked yet.
func (s *Server) tripTab(b booking.Booking) string {
	switch {
	case b.Status == booking.Completed, b.Status.Takes() && b.CheckOut.Before(calendar.Today(b.TimeZone, s.Now())):
		return "past"
	case b.Status.Takes():
		return ""
	}
	return "cancelled"
}

// Href leads to what the tenant can do next.
func (t tripRow) Href() string {
	if t.Status == booking.Held {
		return "/trips/" + t.Code + "/held"
	}
	return "/trips/" + t.Code
}
