package stripesandbox

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// conform refuses what the official description of the route refuses: names
// that nobody knows, however deep, values of another type, a choice that is
// none, what must be sent and is not. Routes without a description take anything.
func conform(pattern string, form url.Values) *apiError {
	s := official.of(pattern)
	if s == nil {
		return nil
	}
	sent := treeOf(form)
	var strangers []string
	if e := s.fits(sent, "", &strangers); e != nil {
		return e
	}
	switch len(strangers) {
	case 0:
		return nil
	case 1:
		return invalid("parameter_unknown", strangers[0], "Received unknown parameter: %s", strangers[0])
	}
	return invalid("parameter_unknown", strangers[0], "Received unknown parameters: %s", strings.Join(strangers, ", "))
}

// node is a form as a tree: a value, or what was sent below it.
type node struct {
	value string
	below map[string]*node
}

func treeOf(form url.Values) *node {
	root := &node{below: map[string]*node{}}
	for key, values := range form {
		at := root
		head, rest, _ := strings.Cut(key, "[")
		parts := []string{head}
		if rest != "" {
			parts = append(parts, strings.Split(strings.TrimSuffix(rest, "]"), "][")...)
		}
		for _, part := range parts {
			if at.below == nil {
				at.below = map[string]*node{}
			}
			next := at.below[part]
			if next == nil {
				next = &node{}
				at.below[part] = next
			}
			at = next
		}
		at.value = values[len(values)-1]
	}
	return root
}

// fits says what is wrong with a value, and collects the names that are unknown.
func (s *shape) fits(n *node, at string, strangers *[]string) *apiError {
	switch {
	case s.options != nil:
		return s.fitsOne(n, at, strangers)
	case s.kind == "":
		return nil
	case n.below == nil && n.value == "" && s.clears():
		return nil
	case n.below == nil && n.value == "" && s.kind != "object" && s.kind != "array":
		return invalid("parameter_invalid_empty", at, "You passed an empty string for '%s'. We assume empty values are an attempt to unset a parameter; however '%s' cannot be unset. You should remove '%s' from your request or supply a non-empty value.", at, at, at)
	case s.kind == "object":
		return s.fitsObject(n, at, strangers)
	case s.kind == "array":
		return s.fitsArray(n, at, strangers)
	case n.below != nil:
		return invalid("", at, "Invalid %s: %s", s.kind, hashText(n))
	}
	return s.fitsScalar(n.value, at)
}

// fitsOne tries the options; when none fits, the one that knows most of what was
// sent says what is wrong.
func (s *shape) fitsOne(n *node, at string, strangers *[]string) *apiError {
	var best *apiError
	var bestStrangers []string
	score := -1
	for _, option := range s.options {
		var odd []string
		e := option.fits(n, at, &odd)
		if e == nil && len(odd) == 0 {
			return nil
		}
		if known := option.knows(n); known > score {
			score, best, bestStrangers = known, e, odd
		}
	}
	*strangers = append(*strangers, bestStrangers...)
	return best
}

func (s *shape) knows(n *node) (count int) {
	if n.below == nil {
		if s.kind != "object" && s.kind != "array" && !slices.Equal(s.allowed, []string{""}) {
			return 1
		}
		return 0
	}
	for name := range n.below {
		if s.props[name] != nil || s.others != nil || s.items != nil {
			count++
		}
	}
	return count
}

func (s *shape) fitsObject(n *node, at string, strangers *[]string) *apiError {
	if n.below == nil && at != "" {
		return invalid("", at, "Invalid object")
	}
	for _, name := range s.needs {
		if n.below[name] == nil {
			return invalid("parameter_missing", within(at, name), "Missing required param: %s.", within(at, name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(n.below)) {
		inside := s.props[name]
		if inside == nil {
			inside = s.others
			if n.below[name].value == "" && n.below[name].below == nil && inside != nil {
				continue // an empty value unsets a key of the caller's own
			}
		}
		if inside == nil {
			*strangers = append(*strangers, within(at, name))
			continue
		}
		if e := inside.fits(n.below[name], within(at, name), strangers); e != nil {
			return e
		}
	}
	return nil
}

func (s *shape) fitsArray(n *node, at string, strangers *[]string) *apiError {
	if n.below == nil {
		return invalid("", at, "Invalid array")
	}
	for _, i := range slices.Sorted(maps.Keys(n.below)) {
		if _, err := strconv.Atoi(i); err != nil {
			return invalid("", at, "Invalid array")
		}
		if e := s.items.fits(n.below[i], within(at, i), strangers); e != nil {
			return e
		}
	}
	return nil
}

func (s *shape) fitsScalar(v, at string) *apiError {
	switch s.kind {
	case "integer":
		if _, err := strconv.ParseInt(v, 10, 64); err != nil {
			return invalid("parameter_invalid_integer", at, "Invalid integer: %s", v)
		}
	case "number":
		if _, err := strconv.ParseFloat(v, 64); err != nil {
			return invalid("", at, "Invalid decimal: %s", v)
		}
	case "boolean":
		if v != "true" && v != "false" {
			return invalid("", at, "Invalid boolean: %s", v)
		}
	}
	if s.allowed != nil && !slices.Contains(s.allowed, v) {
		return invalid("", at, "Invalid %s: must be one of %s", at, oneOfText(s.allowed))
	}
	if s.max > 0 && len([]rune(v)) > s.max {
		return invalid("", at, "Invalid string: %s...; must be at most %d characters", string([]rune(v)[:min(s.max, 10)]), s.max)
	}
	return nil
}

// oneOfText is "a, b, or c", as Stripe lists choices.
func oneOfText(choices []string) string {
	choices = slices.DeleteFunc(slices.Clone(choices), func(c string) bool { return c == "" })
	switch n := len(choices); {
	case n < 2:
		return strings.Join(choices, "")
	case n == 2:
		return choices[0] + " or " + choices[1]
	default:
		return strings.Join(choices[:n-1], ", ") + ", or " + choices[n-1]
	}
}

// hashText is a hash as Stripe's messages print one.
func hashText(n *node) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(n.below)) {
		parts = append(parts, ":"+name+"=>"+strconv.Quote(n.below[name].value))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
