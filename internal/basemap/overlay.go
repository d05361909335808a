package basemap

import (
	"fmt"
	"html/template"
	"strings"
)

// Overlay is something on top of a map; names on the map keep clear of its
// boxes.
type Overlay interface {
	boxes(v View) []box
	write(b *strings.Builder, v View)
}

// Pins are links with a short text each. Those that would lie on one another
// are moved down.
type Pins []Pin

// Pin is one of them; Label says where it leads for people who do not see it.
type Pin struct {
	Place
	Href, Text, Label string
}

const pinHeight = 28

func (pins Pins) boxes(v View) []box {
	var boxes []box
	for _, pin := range pins {
		at := v.pixel(pin.Place)
		spot := box{at[0], at[1], float64(len([]rune(pin.Text)))*7.4 + 18}
		for spot.hitsAny(boxes) {
			spot.y += pinHeight + 2
		}
		boxes = append(boxes, spot)
	}
	return boxes
}

func (pins Pins) write(b *strings.Builder, v View) {
	for i, spot := range pins.boxes(v) {
		fmt.Fprintf(b, `<a class="pin" href="%s" aria-label="%s"><g transform="translate(%.1f %.1f)"><rect x="%.1f" y="-14" width="%.1f" height="28" rx="14"/><text y="4.5">%s</text></g></a>`,
			template.HTMLEscapeString(pins[i].Href), template.HTMLEscapeString(pins[i].Label), spot.x, spot.y, -spot.width/2, spot.width, template.HTMLEscapeString(pins[i].Text))
	}
}

// box is where a pin lies: its middle and its width.
type box struct{ x, y, width float64 }

func (a box) hitsAny(others []box) bool {
	for _, o := range others {
		if abs(a.x-o.x) < (a.width+o.width)/2 && abs(a.y-o.y) < pinHeight {
			return true
		}
	}
	return false
}

func abs(x float64) float64 { return max(x, -x) }

// Area is a circle with a house in it: somewhere here.
type Area struct{ Place }

func (a Area) boxes(v View) []box {
	at := v.pixel(a.Place)
	return []box{{at[0], at[1], 44}}
}

func (a Area) write(b *strings.Builder, v View) {
	at := v.pixel(a.Place)
	fmt.Fprintf(b, `<g class="m-area" transform="translate(%.1f %.1f)"><circle r="62"/><circle class="m-spot" r="22"/><path transform="translate(-10.5 -11) scale(.66)" d="M16 4 4 13.6v12.6c0 1 .8 1.8 1.8 1.8h20.4c1 0 1.8-.8 1.8-1.8V13.6L16 4Z"/></g>`, at[0], at[1])
}
