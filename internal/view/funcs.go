package view

import (
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
	"time"

	"hearth/internal/money"
)

// photoWidths are the sizes in which every photo exists.
var photoWidths = []int{400, 640, 960, 1200, 1920}

// funcs are what templates may call.
func (e *Engine) funcs() template.FuncMap {
	return template.FuncMap{
		"icon": e.icons.inline, "asset": e.assets.url,
		"money": money.Amount.Format, "short": money.Amount.Short, "percent": money.BasisPoints.Percent,
		"day": Day, "dayYear": DayYear, "dayLong": DayLong, "moment": Moment, "momentZone": MomentZone,
		"stay": Stay, "stayYear": StayYear, "ago": Ago, "iso": isoDay,
		"plural": Plural, "count": Count, "seq": seq, "dict": dict, "lower": strings.ToLower, "spoken": Spoken,
		"photo": PhotoURL, "srcset": srcset, "preload": preload,
		"status": StatusBadge, "avatar": NewAvatar,
		"field": newField, "options": newOptions, "fieldErrors": fieldErrors,
	}
}

// PhotoURL is the address of a photo in one of its widths.
func PhotoURL(id string, width int) string {
	return fmt.Sprintf("/photos/%s/%d.jpg", template.URLQueryEscaper(id), width)
}

func srcset(id string) template.Srcset {
	var sizes []string
	for _, w := range photoWidths {
		sizes = append(sizes, fmt.Sprintf("%s %dw", PhotoURL(id, w), w))
	}
	return template.Srcset(strings.Join(sizes, ", ")) // #nosec G203 -- our own addresses
}

// preload asks for a page's largest picture early. html/template would escape
// imagesrcset as one address, so the attribute is written here.
func preload(id, sizes string) template.HTML {
	// #nosec G203 -- both texts are escaped
	return template.HTML(`<link rel="preload" as="image" imagesrcset="` +
		template.HTMLEscapeString(string(srcset(id))) + `" imagesizes="` +
		template.HTMLEscapeString(sizes) + `" fetchpriority="high">`)
}

// seq is from, from+1, … to.
func seq(from, to int) []int {
	var all []int
	for i := from; i <= to; i++ {
		all = append(all, i)
	}
	return all
}

// dict makes the data of a part from names and values.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict wants pairs, got %d values", len(pairs))
	}
	all := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict wants a name at %d, got %T", i, pairs[i])
		}
		all[name] = pairs[i+1]
	}
	return all, nil
}

// isoDay is what date inputs and <time datetime> want; "" for no time.
func isoDay(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// Spoken is one of Stripe's words as people write it: "lost or stolen card".
func Spoken(word string) string { return strings.ReplaceAll(word, "_", " ") }
