package basemap_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"hearth/internal/basemap"
)

var read = sync.OnceValues(basemap.New)

func draw(t testing.TB, v basemap.View, over ...basemap.Overlay) string {
	t.Helper()
	m, err := read()
	if err != nil {
		t.Fatal(err)
	}
	return string(m.Draw(v, `Homes "here"`, over...))
}

var california = []basemap.Place{{Lat: 38.94, Lon: -119.98}, {Lat: 33.04, Lon: -117.30}, {Lat: 39.31, Lon: -123.79}}

// The map is well-formed whatever the texts are, small, and has land, borders
// and names.
func TestDrawIsWellFormedAndSmall(t *testing.T) {
	pins := basemap.Pins{{california[0], `/homes/a?in=1&out=2`, `$1 <b>`, `"Tahoe"`}, {california[0], "/homes/b", "$2", "On the same spot"}}
	svg := draw(t, basemap.Around(california, 520, 820), pins, basemap.Area{Place: california[1]})
	decoder, seen := xml.NewDecoder(strings.NewReader(svg)), map[string]int{}
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if start, ok := token.(xml.StartElement); ok {
			for _, a := range start.Attr {
				if a.Name.Local == "class" {
					seen[a.Value]++
				}
			}
		}
	}
	for class, least := range map[string]int{"m-land": 1, "m-state": 1, "m-town": 5, "m-region": 1, "pin": 2, "m-area": 1} {
		if seen[class] < least {
			t.Errorf("%d of %s, want %d", seen[class], class, least)
		}
	}
	if len(svg) > 40_000 {
		t.Errorf("%d bytes", len(svg))
	}
	if strings.Count(svg, `translate(`+position(svg, 0)) != 1 {
		t.Error("two pins lie on one another")
	}
}

// position is what follows the nth pin's "translate(".
func position(svg string, n int) string {
	for range n + 1 {
		_, svg, _ = strings.Cut(svg, `<g transform="translate(`)
	}
	at, _, _ := strings.Cut(svg, ")")
	return at
}

// Every place has its pin within the frame.
func TestAroundHasEveryPlace(t *testing.T) {
	for _, places := range [][]basemap.Place{california, california[:1], {{Lat: 64, Lon: -150}, {Lat: 25, Lon: -80}}, {{Lat: 90, Lon: 180}, {Lat: -90, Lon: -180}}} {
		v := basemap.Around(places, 520, 820)
		for _, p := range places {
			svg := draw(t, v, basemap.Pins{{Place: p, Text: "x"}})
			var x, y float64
			if _, err := fmt.Sscan(position(svg, 0), &x, &y); err != nil || (len(places) < 4 && v.Scale > 4 && (x < 0 || x > 520 || y < 0 || y > 820)) {
				t.Errorf("%v of %v at %v, %v: %v", p, places, x, y, err)
			}
		}
	}
	draw(t, basemap.Around(nil, 520, 820))
}

// A view that was not drawn before.
func BenchmarkDraw(b *testing.B) {
	v := basemap.Around(california, 520, 820)
	for b.Loop() {
		v.Lon += 1e-9
		draw(b, v)
	}
}
