package stripesandbox

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// params is a decoded form whose names and types conform saw to. Reading a
// parameter makes it known; what was sent and never read did nothing.
type params struct {
	values url.Values
	known  map[string]bool
	err    *apiError
	// longestValue of metadata; 0 is 500.
	longestValue int
}

func (p *params) longest() int { return cmp.Or(p.longestValue, 500) }

// newParams reads a form that was normalised.
func newParams(v url.Values) *params {
	return &params{values: v, known: map[string]bool{"expand": true}}
}

// normalise numbers what is sent without numbers: a[] becomes a[0], a[1], …, and
// so do the hashes of a list, a[][b].
func normalise(v url.Values) url.Values {
	out := make(url.Values, len(v))
	for key, vals := range v {
		base, rest, ok := strings.Cut(key, "[]")
		if !ok {
			out.Set(key, vals[len(vals)-1])
			continue
		}
		for i, val := range vals {
			out.Set(fmt.Sprintf("%s[%d]%s", base, i, rest), val)
		}
	}
	return out
}

func (p *params) fail(e *apiError) {
	if p.err == nil {
		p.err = e
	}
}

// has says whether the parameter, or anything below it, was sent.
func (p *params) has(key string) bool {
	if _, ok := p.values[key]; ok {
		return true
	}
	for k := range p.values {
		if strings.HasPrefix(k, key+"[") {
			return true
		}
	}
	return false
}

func (p *params) str(key string) string { p.known[key] = true; return p.values.Get(key) }

func (p *params) text(key string) text { return text(p.str(key)) }

// into overwrites a text where the parameter was sent, be it empty.
func (p *params) into(key string, to *text) {
	if p.has(key) {
		*to = p.text(key)
	}
}

func (p *params) need(key string) string {
	v := p.str(key)
	if v == "" {
		p.fail(invalid("parameter_missing", key, "Missing required param: %s.", key))
	}
	return v
}

func (p *params) int(key string) int64 {
	v := p.str(key)
	if v == "" {
		return 0
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		p.fail(invalid("parameter_invalid_integer", key, "Invalid integer: %s", v))
	}
	return n
}

// positive is an integer of at least 1, where sent.
func (p *params) positive(key string) int64 {
	n := p.int(key)
	if p.has(key) && n < 1 {
		p.fail(invalid("parameter_invalid_integer", key, "This value must be greater than or equal to 1."))
	}
	return n
}

func (p *params) bool(key string) bool {
	switch v := p.str(key); v {
	case "true":
		return true
	case "", "false":
		return false
	default:
		p.fail(invalid("", key, "Invalid boolean: %s", v))
		return false
	}
}

func (p *params) oneOf(key, fallback string, allowed ...string) string {
	v := p.str(key)
	if v == "" {
		return fallback
	}
	if !slices.Contains(allowed, v) {
		p.fail(invalid("", key, "Invalid %s: must be one of %s", key, strings.Join(allowed, ", ")))
	}
	return v
}

func (p *params) currency(key string) string {
	v := strings.ToLower(p.need(key))
	if v != "" && len(v) != 3 {
		p.fail(invalid("", key, "Invalid currency: %s. Stripe currently supports these currencies: usd, eur, gbp, chf, jpy and others", v))
	}
	return v
}

// list reads a[0], a[1], … in order.
func (p *params) list(key string) []string {
	p.known[key] = true
	var out []string
	for i := 0; ; i++ {
		k := fmt.Sprintf("%s[%d]", key, i)
		v, ok := p.values[k]
		if !ok {
			return out
		}
		p.known[k] = true
		out = append(out, v[0])
	}
}

// each names a[0], a[1], … for lists of hashes.
func (p *params) each(key string) []string {
	p.known[key] = true
	var out []string
	for i := 0; p.has(fmt.Sprintf("%s[%d]", key, i)); i++ {
		out = append(out, fmt.Sprintf("%s[%d]", key, i))
	}
	return out
}

// hash reads a[x], a[y], … into a flat map and makes it all known.
func (p *params) hash(key string) map[string]string {
	p.known[key] = true
	out := map[string]string{}
	for k, v := range p.values {
		if rest, ok := strings.CutPrefix(k, key+"["); ok && strings.Count(rest, "[") == 0 {
			p.known[k] = true
			out[strings.TrimSuffix(rest, "]")] = v[0]
		}
	}
	return out
}

// metadata lays what was sent over what there is; an empty value unsets its
// key, an empty metadata all of them.
func (p *params) metadata(key string, old map[string]string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, old)
	if v, ok := p.values[key]; ok && v[0] == "" {
		clear(out)
	}
	for k, v := range p.hash(key) {
		switch {
		case v == "":
			delete(out, k)
		case len(k) > 40:
			p.fail(invalid("", key, "Metadata keys can only be up to 40 characters long; you passed in a key of %d characters", len(k)))
		case len([]rune(v)) > p.longest():
			p.fail(invalid("", key+"["+k+"]", "Metadata values can have up to %d characters, but you passed in a value that is %d characters. Invalid value: %s", p.longest(), len([]rune(v)), v))
		default:
			out[k] = v
		}
	}
	if len(out) > 50 {
		p.fail(invalid("", key, "You cannot have more than 50 metadata keys"))
	}
	return out
}

// ignore makes parameters known that the sandbox accepts and does nothing with.
func (p *params) ignore(keys ...string) {
	for _, key := range keys {
		for k := range p.values {
			if k == key || strings.HasPrefix(k, key+"[") {
				p.known[k] = true
			}
		}
	}
}

// check is called once all parameters are read, before anything is changed.
func (p *params) check() error {
	if p.err != nil {
		return p.err
	}
	return nil
}

// unread are the parameters that the operation took no notice of.
func (p *params) unread() []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(p.values)) {
		if !p.known[k] && !strings.HasPrefix(k, "expand[") {
			out = append(out, k)
		}
	}
	return out
}

// nameOf is the parameter that a[b][c] is part of.
func nameOf(key string) string {
	name, _, _ := strings.Cut(key, "[")
	return name
}
