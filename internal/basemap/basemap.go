// Package basemap draws small maps as SVG on the server: land, state lines,
// the names of states and larger towns, and whatever pins a page puts on top.
// No tiles, no script, no request to anybody: who looks at which home stays
// between them and us.
//
// The shapes are Natural Earth's land at 1:50 million (public domain, by way
// of world-atlas) and the borders of the US states (us-atlas), as TopoJSON
// files beside the code. Colours and strokes are the stylesheet's (m-land and
// its neighbours), so that maps follow the theme.
package basemap

import (
	_ "embed" // the shapes
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"sync"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/clip"
	"github.com/paulmach/orb/planar"
	"github.com/paulmach/orb/simplify"
)

//go:embed land.json
var landFile []byte

//go:embed states.json
var statesFile []byte

// Map is the shapes, read once and already projected; it is safe for many at
// once. The ground under the pins is kept for the views drawn last.
type Map struct {
	land   []shape // closed
	states []shape
	labels []label

	mu   sync.Mutex
	kept map[View]string
}

const keptViews = 200

type shape struct {
	line  orb.LineString
	bound orb.Bound
}

// New reads the shapes.
func New() (*Map, error) {
	m := &Map{kept: map[View]string{}}
	land, err := readTopology(landFile)
	if err != nil {
		return nil, fmt.Errorf("read land.json: %w", err)
	}
	polygons, err := land.polygons(land.Objects["land"])
	if err != nil {
		return nil, fmt.Errorf("read land.json: %w", err)
	}
	for _, polygon := range polygons {
		for _, ring := range polygon {
			m.land = append(m.land, projected(orb.LineString(ring)))
		}
	}
	if err := m.readStates(); err != nil {
		return nil, fmt.Errorf("read states.json: %w", err)
	}
	m.labels = append(m.labels, towns...)
	return m, nil
}

func (m *Map) readStates() error {
	t, err := readTopology(statesFile)
	if err != nil {
		return err
	}
	borders, err := t.borders(t.Objects["states"])
	if err != nil {
		return err
	}
	for _, border := range borders {
		m.states = append(m.states, projected(border))
	}
	for _, state := range t.Objects["states"].Geometries {
		polygons, err := t.polygons(state)
		if err != nil {
			return err
		}
		centre, _ := planar.CentroidArea(polygons)
		m.labels = append(m.labels, label{strings.ToUpper(state.Properties.Name), centre[1], centre[0], true})
	}
	return nil
}

// View is a piece of the world: its centre in degrees, its size in pixels, and
// the pixels that a degree of longitude takes. The projection is Mercator's.
type View struct{ Lon, Lat, Width, Height, Scale float64 }

// The scales that the shapes are good for.
const (
	minScale = 4
	maxScale = 150
)

// Around is the closest view that has all the places, with room for their
// pins.
func Around(places []Place, width, height float64) View {
	if len(places) == 0 {
		return View{Width: width, Height: height, Scale: minScale}
	}
	west, east, south, north := places[0].Lon, places[0].Lon, mercator(places[0].Lat), mercator(places[0].Lat)
	for _, p := range places {
		west, east = min(west, p.Lon), max(east, p.Lon)
		south, north = min(south, mercator(p.Lat)), max(north, mercator(p.Lat))
	}
	const margin = 70
	scale := min((width-2*margin)/max(east-west, 1e-9), (height-2*margin)/max(north-south, 1e-9), maxScale/2)
	return View{(west + east) / 2, unmercator((south + north) / 2), width, height, max(scale, minScale)}
}

// Place is a position in degrees.
type Place struct{ Lat, Lon float64 }

func (v View) pixel(p Place) orb.Point { return v.project(orb.Point{p.Lon, mercator(p.Lat)}) }

// project brings a projected point to its pixel.
func (v View) project(p orb.Point) orb.Point {
	return orb.Point{(p[0]-v.Lon)*v.Scale + v.Width/2, v.Height/2 - (p[1]-mercator(v.Lat))*v.Scale}
}

// frame is what is drawn, in projected degrees: a little more than is seen, so
// that the cut edges of shapes do not show.
func (v View) frame() orb.Bound {
	const edge = 40
	x, y := (v.Width/2+edge)/v.Scale, (v.Height/2+edge)/v.Scale
	return orb.Bound{Min: orb.Point{v.Lon - x, mercator(v.Lat) - y}, Max: orb.Point{v.Lon + x, mercator(v.Lat) + y}}
}

// projected is a line with its latitudes in the projection's degrees.
func projected(line orb.LineString) shape {
	for i := range line {
		line[i][1] = mercator(line[i][1])
	}
	return shape{line, line.Bound()}
}

// mercator is a latitude's height in degrees of longitude at the equator.
func mercator(lat float64) float64 {
	lat = max(-85, min(85, lat))
	return math.Log(math.Tan(math.Pi/4+lat*math.Pi/360)) * 180 / math.Pi
}

func unmercator(y float64) float64 {
	return math.Atan(math.Exp(y*math.Pi/180))*360/math.Pi - 90
}

// Draw is the map of a view with pins on it. The name is for people who do
// not see it.
func (m *Map) Draw(v View, name string, over ...Overlay) template.HTML {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="basemap" viewBox="0 0 %g %g" preserveAspectRatio="xMidYMid slice" role="group" aria-label="%s">`,
		v.Width, v.Height, template.HTMLEscapeString(name))
	b.WriteString(m.ground(v))
	var taken []box
	for _, o := range over {
		taken = append(taken, o.boxes(v)...)
	}
	m.writeLabels(&b, v, taken)
	for _, o := range over {
		o.write(&b, v)
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) // #nosec G203 -- every text in it was escaped
}

// ground is land and borders.
func (m *Map) ground(v View) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if drawn, ok := m.kept[v]; ok {
		return drawn
	}
	if len(m.kept) >= keptViews {
		clear(m.kept)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<defs><path id="land" d="%s"/></defs><use class="m-shelf s3" href="#land"/><use class="m-shelf s2" href="#land"/><use class="m-shelf s1" href="#land"/><use class="m-land" href="#land"/><path class="m-state" d="%s"/>`,
		m.landPath(v), m.statesPath(v))
	m.kept[v] = b.String()
	return b.String()
}

func (m *Map) landPath(v View) string {
	frame := v.frame()
	var path []byte
	for _, s := range m.land {
		if !s.bound.Intersects(frame) {
			continue
		}
		if cut := clip.Ring(frame, orb.Ring(s.line.Clone())); len(cut) >= 4 {
			path = append(v.appendPath(path, orb.LineString(cut)), 'Z')
		}
	}
	return string(path)
}

func (m *Map) statesPath(v View) string {
	frame := v.frame()
	var path []byte
	for _, s := range m.states {
		if !s.bound.Intersects(frame) {
			continue
		}
		for _, part := range clip.LineString(frame, s.line.Clone()) {
			path = v.appendPath(path, part)
		}
	}
	return string(path)
}

// appendPath writes a line in pixels, without points that nobody can tell
// apart.
func (v View) appendPath(path []byte, line orb.LineString) []byte {
	pixels := make(orb.LineString, len(line))
	for i, p := range line {
		pixels[i] = v.project(p)
	}
	for i, p := range simplify.DouglasPeucker(.4).LineString(pixels) {
		if path = append(path, 'L'); i == 0 {
			path[len(path)-1] = 'M'
		}
		path = strconv.AppendFloat(path, math.Round(p[0]*10)/10, 'f', -1, 64)
		path = append(path, ' ')
		path = strconv.AppendFloat(path, math.Round(p[1]*10)/10, 'f', -1, 64)
	}
	return path
}
