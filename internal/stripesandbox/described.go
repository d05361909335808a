package stripesandbox

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/stripe/stripe-mock/embedded"
	"github.com/tidwall/gjson"
)

// shape is what the official OpenAPI document says of a parameter.
type shape struct {
	kind    string // object, array, string, integer, number, boolean; "" takes anything
	props   map[string]*shape
	needs   []string // properties that must be sent
	others  *shape   // what properties without a name of their own hold
	items   *shape
	allowed []string
	max     int      // longest string; 0 is any
	options []*shape // it fits one of these
}

// described holds the parameters of every route, compiled when first asked for:
// the document is large, and a run touches little of it.
type described struct {
	once   sync.Once
	routes map[string]string // "POST /v1/charges/{}" to its description

	mu     sync.Mutex
	shapes map[string]*shape
}

// official is read once for all sandboxes of the process.
var official described

var pathValue = regexp.MustCompile(`\{\w+\}`)

// of is the shape of a route's parameters, nil where the document lacks it.
func (d *described) of(pattern string) *shape {
	d.once.Do(d.index)
	d.mu.Lock()
	defer d.mu.Unlock()
	if s, ok := d.shapes[pattern]; ok {
		return s
	}
	method, _, _ := strings.Cut(pattern, " ")
	raw, ok := d.routes[pathValue.ReplaceAllString(pattern, "{}")]
	if !ok {
		return nil
	}
	s := compileRoute(method, gjson.Parse(raw))
	for _, more := range undescribed[pattern] {
		s.open(more)
	}
	d.shapes[pattern] = s
	return s
}

// undescribed are parameters that are sent though the document of this API
// version lacks them: by stripe-go v76, and by pages that take cards.
var undescribed = map[string][]string{
	"POST /v1/accounts":                     {"controller"},
	"POST /v1/payment_intents":              {"payment_method_data[card]"},
	"POST /v1/payment_intents/{id}":         {"payment_method_data[card]"},
	"POST /v1/payment_intents/{id}/confirm": {"payment_method_data[card]"},
	"POST /v1/setup_intents":                {"payment_method_data[card]"},
	"POST /v1/setup_intents/{id}":           {"payment_method_data[card]"},
	"POST /v1/setup_intents/{id}/confirm":   {"payment_method_data[card]"},
}

// open lets a shape take anything under a name: a, or a[b].
func (s *shape) open(name string) {
	if head, rest, ok := strings.Cut(name, "["); ok {
		s.props[head].open(strings.TrimSuffix(rest, "]"))
		return
	}
	s.props[name] = &shape{}
}

func (d *described) index() {
	d.routes, d.shapes = map[string]string{}, map[string]*shape{}
	gjson.GetBytes(embedded.OpenAPISpec, "paths").ForEach(func(path, methods gjson.Result) bool {
		methods.ForEach(func(method, route gjson.Result) bool {
			d.routes[strings.ToUpper(method.Str)+" "+pathValue.ReplaceAllString(path.Str, "{}")] = route.Raw
			return true
		})
		return true
	})
}

func compileRoute(method string, route gjson.Result) *shape {
	if method != "GET" {
		for _, kind := range []string{"application/x-www-form-urlencoded", "multipart/form-data"} {
			body := route.Get("requestBody.content").Get(strings.ReplaceAll(kind, ".", `\.`)).Get("schema")
			if method == "POST" && body.Exists() || body.Get("properties").Exists() {
				return withProps(compileShape(body))
			}
		}
	}
	s := withProps(&shape{kind: "object"})
	for _, p := range route.Get("parameters").Array() {
		if p.Get("in").Str == "query" {
			s.props[p.Get("name").Str] = compileShape(p.Get("schema"))
			if p.Get("required").Bool() {
				s.needs = append(s.needs, p.Get("name").Str)
			}
		}
	}
	return s
}

func withProps(s *shape) *shape {
	if s.props == nil {
		s.props = map[string]*shape{}
	}
	s.props["expand"] = &shape{kind: "array", items: &shape{kind: "string"}}
	return s
}

func compileShape(v gjson.Result) *shape {
	open := v.Get("x-stripeBypassValidation").Bool() // Stripe takes more than it describes
	if open && !v.Get("enum").Exists() {
		return &shape{}
	}
	s := &shape{kind: v.Get("type").Str, max: int(v.Get("maxLength").Int())}
	for _, option := range v.Get("anyOf").Array() {
		s.options = append(s.options, compileShape(option))
	}
	for name, prop := range v.Get("properties").Map() {
		if s.props == nil {
			s.props = map[string]*shape{}
		}
		s.props[name] = compileShape(prop)
	}
	for _, name := range v.Get("required").Array() {
		s.needs = append(s.needs, name.Str)
	}
	if others := v.Get("additionalProperties"); others.IsObject() {
		s.others = compileShape(others)
	}
	if items := v.Get("items"); items.Exists() {
		s.items = compileShape(items)
	}
	if !open {
		for _, value := range v.Get("enum").Array() {
			s.allowed = append(s.allowed, value.String())
		}
	}
	return s
}

// clears says whether an empty value unsets the parameter.
func (s *shape) clears() bool {
	return s.kind == "" && s.options == nil || s.kind == "object" && s.others != nil || slices.Contains(s.allowed, "") || slices.ContainsFunc(s.options, (*shape).clears)
}
