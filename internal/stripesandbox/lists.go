package stripesandbox

import (
	"iter"
	"strings"
)

// page answers a list: newest first, limit, starting_after, ending_before, created.
func page[T record](c *call, all iter.Seq[T], keep func(T) bool) (any, error) {
	limit := int64(10)
	if c.has("limit") {
		limit = c.int("limit")
	}
	after, before := c.str("starting_after"), c.str("ending_before")
	inTime := c.ranged("created")
	if err := c.check(); err != nil {
		return nil, err
	}
	if limit < 1 || limit > 100 {
		return nil, invalid("parameter_invalid_integer", "limit", "Invalid limit: must be between 1 and 100")
	}
	if after != "" && before != "" {
		return nil, invalid("", "starting_after", "You cannot parameterize ending_before and starting_after at the same time.")
	}
	data := []any{}
	var window []T // with ending_before: the last few that come before it
	found, more := after == "", false
	for t := range all {
		if t.head().ID == before {
			found = true
			break
		}
		if !found {
			found = t.head().ID == after
			continue
		}
		if !inTime(t.head().Created) || (keep != nil && !keep(t)) {
			continue
		}
		if before != "" {
			window = append(window, t)
			continue
		}
		if int64(len(data)) == limit {
			more = true
			break
		}
		data = append(data, c.show(t))
	}
	if !found {
		return nil, missingRef("object", "starting_after", after+before)
	}
	if n := len(window) - int(limit); n > 0 {
		window, more = window[n:], true
	}
	for _, t := range window {
		data = append(data, c.show(t))
	}
	return map[string]any{"object": "list", "data": data, "has_more": more, "url": c.path}, nil
}

// mine keeps the objects of the account acted for.
func mine[T record](c *call, col *collection[T]) iter.Seq[T] {
	return func(yield func(T) bool) {
		for t := range col.newest() {
			if t.head().Scope == c.scope && !yield(t) {
				return
			}
		}
	}
}

// lookup finds an object of the account acted for, or is the 404 for its noun.
// In a request that writes it is marked as touched, so that it is stored, or put
// back, whatever the operation does with it.
func lookup[T record](c *call, col *collection[T], id, noun, param string) (T, error) {
	t, ok := col.get(id)
	if !ok || t.head().Scope != c.scope {
		var none T
		return none, missing(noun, param, id)
	}
	if c.writes {
		col.save(t)
	}
	return t, nil
}

// referred is lookup for an id that a parameter names.
func referred[T record](c *call, col *collection[T], id, noun, param string) (T, error) {
	t, err := lookup(c, col, id, noun, param)
	if err != nil {
		return t, missingRef(noun, param, id)
	}
	return t, nil
}

// ranged reads a number as itself or as gt, gte, lt, lte: created, arrival_date, amount.
func (p *params) ranged(name string) func(int64) bool {
	var tests []func(int64) bool
	add := func(key string, test func(have, limit int64) bool) {
		if p.str(key) != "" {
			limit := p.int(key)
			tests = append(tests, func(have int64) bool { return test(have, limit) })
		}
	}
	add(name, func(have, n int64) bool { return have == n })
	add(name+"[gt]", func(have, n int64) bool { return have > n })
	add(name+"[gte]", func(have, n int64) bool { return have >= n })
	add(name+"[lt]", func(have, n int64) bool { return have < n })
	add(name+"[lte]", func(have, n int64) bool { return have <= n })
	return func(have int64) bool {
		for _, test := range tests {
			if !test(have) {
				return false
			}
		}
		return true
	}
}

// wants is a filter parameter: true for everything while it is not sent.
func (c *call) wants(key string) func(string) bool {
	want := c.str(key)
	return func(have string) bool { return want == "" || strings.EqualFold(want, have) }
}

// byID walks the objects with these ids.
func byID[T record](col *collection[T], ids []string) iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, id := range ids {
			if t, ok := col.get(id); ok && !yield(t) {
				return
			}
		}
	}
}
