package stripesandbox_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stripe/stripe-mock/embedded"
	"github.com/tidwall/gjson"
)

// shape is one schema of the official description, read once: a walk through the
// JSON of the description at every look would take longer than all else.
type shape struct {
	ref      string
	nullable bool
	options  []*shape
	enum     []string
	kind     string
	items    *shape
	fields   map[string]*shape
	required []string
}

func shapeOf(schema gjson.Result) *shape {
	p := &shape{ref: strings.TrimPrefix(schema.Get("$ref").String(), "#/components/schemas/"), nullable: schema.Get("nullable").Bool(), kind: schema.Get("type").String()}
	for _, option := range schema.Get("anyOf").Array() {
		p.options = append(p.options, shapeOf(option))
	}
	for _, word := range schema.Get("enum").Array() {
		p.enum = append(p.enum, word.String())
	}
	if items := schema.Get("items"); items.Exists() {
		p.items = shapeOf(items)
	}
	for name, field := range schema.Get("properties").Map() {
		if p.fields == nil {
			p.fields = map[string]*shape{}
		}
		p.fields[name] = shapeOf(field)
	}
	for _, name := range schema.Get("required").Array() {
		p.required = append(p.required, name.String())
	}
	return p
}

// schemas are the objects of the official description of API 2023-10-16.
type schemas map[string]*shape

var officialSchemas = sync.OnceValue(func() schemas {
	all := schemas{}
	for name, schema := range gjson.GetBytes(embedded.OpenAPISpec, "components.schemas").Map() {
		all[name] = shapeOf(schema)
	}
	return all
})

// check says what of v breaks the schema called name.
func (s schemas) check(v gjson.Result, name string) []string {
	if s[name] == nil {
		return []string{"Stripe has no object " + name}
	}
	return s.against(v, s[name], name)
}

func escape(name string) string { return strings.ReplaceAll(name, ".", `\.`) }

func (s schemas) against(v gjson.Result, p *shape, at string) (bad []string) {
	if p.ref != "" {
		return s.against(v, s[p.ref], at)
	}
	if v.Type == gjson.Null {
		if !p.nullable {
			bad = append(bad, at+" is null")
		}
		return bad
	}
	for _, option := range p.options {
		problems := s.against(v, option, at)
		if len(problems) == 0 {
			return nil
		}
		bad = append(bad, problems...)
	}
	if len(p.options) > 0 {
		return bad
	}
	if len(p.enum) > 0 && !slices.Contains(p.enum, v.String()) {
		return []string{fmt.Sprintf("%s = %s is not among %v", at, v.Raw, p.enum)}
	}
	switch p.kind {
	case "object":
		return s.object(v, p, at)
	case "array":
		if !v.IsArray() {
			return []string{at + " is not a list"}
		}
		for i, item := range v.Array() {
			bad = append(bad, s.against(item, p.items, fmt.Sprintf("%s[%d]", at, i))...)
		}
	case "string":
		if v.Type != gjson.String {
			bad = append(bad, at+" is no string: "+v.Raw)
		}
	case "integer":
		if v.Type != gjson.Number || strings.Contains(v.Raw, ".") {
			bad = append(bad, at+" is no integer: "+v.Raw)
		}
	case "boolean":
		if !v.IsBool() {
			bad = append(bad, at+" is no boolean: "+v.Raw)
		}
	}
	return bad
}

// Fields that recordings of the real API show though the description lacks them.
var alsoReal = []string{"destination", "dispute", "order", "source", "total_count", "login_links", "merchandise", "person", "fees"}

func (s schemas) object(v gjson.Result, p *shape, at string) (bad []string) {
	if !v.IsObject() {
		return []string{at + " is no object: " + v.Raw}
	}
	have := v.Map()
	for _, name := range p.required {
		if !have[name].Exists() {
			bad = append(bad, at+" lacks "+name)
		}
	}
	for name, value := range have {
		field, known := p.fields[name]
		switch {
		case known:
			bad = append(bad, s.against(value, field, at+"."+name)...)
		case len(p.fields) > 0 && !slices.Contains(alsoReal, name):
			bad = append(bad, at+"."+name+" is unknown to Stripe")
		}
	}
	return bad
}

// Whatever a journey leaves behind has the shape the official description gives it.
func TestObjectsHaveOfficialShapes(t *testing.T) {
	spec := officialSchemas()
	b := start(t)
	o := b.owner()
	ch := b.paid(120000, visa, destination(o, 14400)...)
	held := b.paid(9000, visa, "payment_intent_data[capture_method]=manual")
	b.control("/checkout/"+b.session(9000).Get("id").String()+"/pay", m{"card": "4000000000000002"})
	challenged := b.steer("/checkout/"+b.session(9000).Get("id").String()+"/pay", m{"card": "4000002760003184"})
	b.session(9000, "after_expiration[recovery][enabled]=true")
	b.post("/v1/refunds", "charge="+ch.Get("id").String(), "amount=40000", "reverse_transfer=true", "refund_application_fee=true")
	b.post("/v1/customers", "email=a@example.com")
	b.steer("/charges/"+b.paid(5000, visa).Get("id").String()+"/dispute", m{})
	b.paid(5000, "4000000000005423")
	b.advance("130h")
	b.post("/v1/payouts", "@"+o, "amount=1000", "currency=usd")

	for path, schema := range map[string]string{
		"/v1/accounts": "account", "/v1/accounts/" + o + "/capabilities": "capability", "/v1/accounts/" + o + "/external_accounts": "bank_account",
		"/v1/checkout/sessions": "checkout.session", "/v1/payment_intents": "payment_intent", "/v1/charges": "charge", "/v1/refunds": "refund",
		"/v1/transfers": "transfer", "/v1/application_fees": "application_fee", "/v1/disputes": "dispute", "/v1/balance_transactions": "balance_transaction",
		"/v1/events": "event", "/v1/webhook_endpoints": "webhook_endpoint", "/v1/customers": "customer", "/v1/radar/early_fraud_warnings": "radar.early_fraud_warning",
		"/v1/payouts@": "payout", "/v1/charges@": "charge", "/v1/refunds@": "refund",
	} {
		acting := []string{"limit=100"}
		if p, ok := strings.CutSuffix(path, "@"); ok {
			path, acting = p, append(acting, "@"+o)
		}
		if strings.HasSuffix(path, "/capabilities") {
			acting = nil
		}
		items := b.get(path, acting...).Get("data").Array()
		if len(items) == 0 {
			t.Errorf("%s: the journey left none", path)
		}
		problems := map[string]bool{}
		for _, item := range items {
			for _, p := range spec.check(item, schema) {
				problems[p] = true
			}
		}
		for p := range problems {
			t.Errorf("%s: %s", path, p)
		}
	}
	for path, schema := range map[string]string{
		"/v1/balance": "balance", "/v1/payment_methods/" + held.Get("payment_method").String(): "payment_method",
		"/v1/transfers/" + ch.Get("transfer").String() + "/reversals":            "",
		"/v1/checkout/sessions/" + challenged.Get("id").String() + "/line_items": "",
	} {
		v := b.get(path).Result
		if schema == "" {
			v, schema = v.Get("data.0"), v.Get("data.0.object").String()
		}
		for _, p := range spec.check(v, schema) {
			t.Errorf("%s: %s", path, p)
		}
	}
}
