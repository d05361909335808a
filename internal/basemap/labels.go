package basemap

import (
	"fmt"
	"html/template"
	"strings"
)

// label is a name on the map: a town with its dot, or a region in spaced
// letters.
type label struct {
	name     string
	lat, lon float64
	region   bool
}

// writeLabels leaves out what would lie on something or on another name: the
// first named wins.
func (m *Map) writeLabels(b *strings.Builder, v View, boxes []box) {
	for _, l := range m.labels {
		at := v.pixel(Place{l.lat, l.lon})
		width := float64(len(l.name)) * 6
		if l.region {
			width = float64(len(l.name)) * 11
		}
		spot := box{at[0] + width/2, at[1], width + 12}
		if l.region {
			spot.x = at[0]
		}
		out := spot.x-width/2 < 8 || spot.x+width/2 > v.Width-8 || at[1] < 14 || at[1] > v.Height-8
		if out || spot.hitsAny(boxes) {
			continue
		}
		boxes = append(boxes, spot)
		name := template.HTMLEscapeString(l.name)
		if l.region {
			fmt.Fprintf(b, `<text class="m-region" x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, at[0], at[1], name)
		} else {
			fmt.Fprintf(b, `<circle class="m-dot" cx="%.1f" cy="%.1f" r="2"/><text class="m-town" x="%.1f" y="%.1f">%s</text>`, at[0], at[1], at[0]+6, at[1]+3.5, name)
		}
	}
}

// towns are larger towns and those that people travel to, the larger first.
var towns = []label{
	{"New York", 40.71, -74.01, false}, {"Los Angeles", 34.05, -118.24, false}, {"Chicago", 41.88, -87.63, false},
	{"Houston", 29.76, -95.37, false}, {"Phoenix", 33.45, -112.07, false}, {"San Diego", 32.72, -117.16, false},
	{"Dallas", 32.78, -96.80, false}, {"Austin", 30.27, -97.74, false}, {"Jacksonville", 30.33, -81.66, false},
	{"San Francisco", 37.77, -122.42, false}, {"Seattle", 47.61, -122.33, false}, {"Denver", 39.74, -104.99, false},
	{"Boston", 42.36, -71.06, false}, {"Washington", 38.91, -77.04, false}, {"Nashville", 36.16, -86.78, false},
	{"Portland", 45.52, -122.68, false}, {"Las Vegas", 36.17, -115.14, false}, {"Miami", 25.76, -80.19, false},
	{"Atlanta", 33.75, -84.39, false}, {"Minneapolis", 44.98, -93.27, false}, {"New Orleans", 29.95, -90.07, false},
	{"Kansas City", 39.10, -94.58, false}, {"Salt Lake City", 40.76, -111.89, false}, {"Albuquerque", 35.08, -106.65, false},
	{"Sacramento", 38.58, -121.49, false}, {"Fresno", 36.74, -119.79, false}, {"Reno", 39.53, -119.81, false},
	{"Bakersfield", 35.37, -119.02, false}, {"Tucson", 32.22, -110.97, false}, {"Boise", 43.62, -116.20, false},
	{"Spokane", 47.66, -117.43, false}, {"Anchorage", 61.22, -149.90, false}, {"Honolulu", 21.31, -157.86, false},
	{"Charlotte", 35.23, -80.84, false}, {"Philadelphia", 39.95, -75.17, false}, {"Detroit", 42.33, -83.05, false},
	{"Redding", 40.59, -122.39, false}, {"Eugene", 44.05, -123.09, false}, {"San Luis Obispo", 35.28, -120.66, false},
	{"Flagstaff", 35.20, -111.65, false}, {"Carson City", 39.16, -119.77, false}, {"Truckee", 39.33, -120.18, false},
	{"Eureka", 40.80, -124.16, false}, {"Bishop", 37.36, -118.40, false}, {"Monterey", 36.60, -121.89, false},
	{"Placerville", 38.73, -120.80, false}, {"Grass Valley", 39.22, -121.06, false}, {"Palm Springs", 33.83, -116.55, false},
	{"Barstow", 34.90, -117.02, false}, {"Ukiah", 39.15, -123.21, false}, {"Fallon", 39.47, -118.78, false},
	{"London", 51.51, -0.13, false}, {"Paris", 48.86, 2.35, false}, {"Berlin", 52.52, 13.41, false}, {"Madrid", 40.42, -3.70, false},
	{"Rome", 41.90, 12.50, false}, {"Vienna", 48.21, 16.37, false}, {"Stockholm", 59.33, 18.07, false}, {"Lisbon", 38.72, -9.14, false},
	{"Toronto", 43.65, -79.38, false}, {"Vancouver", 49.28, -123.12, false}, {"Mexico City", 19.43, -99.13, false},
	{"Tokyo", 35.68, 139.69, false}, {"Sydney", -33.87, 151.21, false}, {"Singapore", 1.35, 103.82, false},
}
