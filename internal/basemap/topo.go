package basemap

import (
	"encoding/json"
	"fmt"

	"github.com/paulmach/orb"
)

// topology is the part of a TopoJSON file that we read: objects made of arcs
// that neighbours share, their points quantised and written as differences.
type topology struct {
	Objects   map[string]geometry
	Arcs      [][][]float64
	Transform struct{ Scale, Translate [2]float64 }
}

type geometry struct {
	Type       string
	Geometries []geometry
	Arcs       json.RawMessage
	Properties struct{ Name string }
}

func readTopology(file []byte) (*topology, error) {
	t := &topology{}
	if err := json.Unmarshal(file, t); err != nil {
		return nil, err
	}
	for i, arc := range t.Arcs {
		var x, y float64
		for j, step := range arc {
			if len(step) < 2 {
				return nil, fmt.Errorf("arc %d has a point of %d numbers", i, len(step))
			}
			x, y = x+step[0], y+step[1]
			arc[j] = []float64{x*t.Transform.Scale[0] + t.Transform.Translate[0], y*t.Transform.Scale[1] + t.Transform.Translate[1]}
		}
	}
	return t, nil
}

// line joins arcs; ^i is arc i backwards. Where two meet they share a point.
func (t *topology) line(indexes []int) orb.LineString {
	var line orb.LineString
	for _, i := range indexes {
		backwards := i < 0
		if backwards {
			i = ^i
		}
		arc := t.Arcs[i]
		for k := range arc {
			point := arc[k]
			if backwards {
				point = arc[len(arc)-1-k]
			}
			if k > 0 || len(line) == 0 {
				line = append(line, orb.Point{point[0], point[1]})
			}
		}
	}
	return line
}

// polygons are all polygons of a geometry.
func (t *topology) polygons(g geometry) (orb.MultiPolygon, error) {
	var all orb.MultiPolygon
	for _, part := range g.Geometries {
		polygons, err := t.polygons(part)
		if err != nil {
			return nil, err
		}
		all = append(all, polygons...)
	}
	var arcs [][][]int
	switch g.Type {
	case "Polygon":
		arcs = make([][][]int, 1)
		if err := json.Unmarshal(g.Arcs, &arcs[0]); err != nil {
			return nil, err
		}
	case "MultiPolygon":
		if err := json.Unmarshal(g.Arcs, &arcs); err != nil {
			return nil, err
		}
	}
	for _, rings := range arcs {
		var polygon orb.Polygon
		for _, ring := range rings {
			polygon = append(polygon, orb.Ring(t.line(ring)))
		}
		all = append(all, polygon)
	}
	return all, nil
}

// borders are the arcs that two of the object's parts share.
func (t *topology) borders(g geometry) ([]orb.LineString, error) {
	uses := make([]int, len(t.Arcs))
	for _, part := range g.Geometries {
		var nested any
		if err := json.Unmarshal(part.Arcs, &nested); err != nil {
			return nil, err
		}
		countArcs(nested, uses)
	}
	var borders []orb.LineString
	for i, n := range uses {
		if n > 1 {
			borders = append(borders, t.line([]int{i}))
		}
	}
	return borders, nil
}

func countArcs(nested any, uses []int) {
	switch v := nested.(type) {
	case []any:
		for _, inner := range v {
			countArcs(inner, uses)
		}
	case float64:
		i := int(v)
		if i < 0 {
			i = ^i
		}
		uses[i]++
	}
}
