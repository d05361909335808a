package site

import (
	"html/template"

	"hearth/internal/basemap"
	"hearth/internal/listing"
)

// basemap is read when the first map is drawn. Without it, pages do without.
func (s *Server) basemap() *basemap.Map {
	s.mapOnce.Do(func() {
		var err error
		if s.atlas, err = basemap.New(); err != nil {
			s.Logger.Error("no maps", "error", err)
		}
	})
	return s.atlas
}

// searchMap has a pin with the price for each home, at its approximate
// position; "" when there is nothing to show.
func (s *Server) searchMap(found []listing.Card, f searchForm) template.HTML {
	var places []basemap.Place
	var pins basemap.Pins
	for i, card := range cards(found, f) {
		lat, lon, ok := found[i].Approximate()
		if !ok {
			continue
		}
		place := basemap.Place{Lat: lat, Lon: lon}
		places = append(places, place)
		pins = append(pins, basemap.Pin{Place: place, Href: card.Href, Text: card.Total.Short(), Label: card.Title + ", " + card.Total.Short() + " in all"})
	}
	m := s.basemap()
	if m == nil || len(pins) == 0 {
		return ""
	}
	return m.Draw(basemap.Around(places, 520, 820), "Homes on the map", pins)
}

// homeMap shows about where a home is.
func (s *Server) homeMap(home listing.Listing) template.HTML {
	lat, lon, ok := home.Approximate()
	m := s.basemap()
	if m == nil || !ok {
		return ""
	}
	place := basemap.Place{Lat: lat, Lon: lon}
	return m.Draw(basemap.View{Lat: lat, Lon: lon, Width: 1160, Height: 400, Scale: 150}, "The area of "+home.Place(), basemap.Area{Place: place})
}
