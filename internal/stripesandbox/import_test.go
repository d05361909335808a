package stripesandbox_test

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stripe/stripe-mock/embedded"
	"github.com/tidwall/gjson"

	"hearth/internal/stripesandbox"
)

// fixture is the official example of an object, under an id of our choice.
func fixture(t *testing.T, object, id string, with m) json.RawMessage {
	t.Helper()
	found := gjson.GetBytes(embedded.OpenAPIFixtures, "resources."+escape(object))
	v, ok := found.Value().(map[string]any)
	if !ok {
		t.Fatalf("there is no example of %s", object)
	}
	v["id"] = id
	for key, value := range with {
		v[key] = value
	}
	raw, err := json.Marshal(v)
	must(t, err)
	return raw
}

func (b *bench) importing(objects ...json.RawMessage) reply {
	b.t.Helper()
	return b.steer("/import", m{"objects": objects})
}

// What is imported answers under its own id, is listed, expanded, and works.
func TestImport(t *testing.T) {
	b := start(t)
	bank := m{"object": "list", "data": []any{fixture(t, "bank_account", "ba_1", m{"account": "acct_123"})}}
	b.importing(
		fixture(t, "account", "acct_123", m{"charges_enabled": true, "external_accounts": bank, "type": "custom"}),
		fixture(t, "customer", "cus_123", m{"email": "ada@example.com"}),
		fixture(t, "payment_method", "pm_123", m{"customer": "cus_123"}),
		fixture(t, "charge", "ch_123", m{"customer": fixture(t, "customer", "cus_123", nil), "amount": 5000, "amount_captured": 5000, "payment_intent": nil}),
		fixture(t, "refund", "gold", m{"charge": "ch_123"}),
	)
	if a := b.get("/v1/accounts/acct_123"); a.Get("external_accounts.data.0.id").String() != "ba_1" || !a.Get("charges_enabled").Bool() {
		t.Errorf("the account: %s", a.Raw)
	}
	if ch := b.get("/v1/charges/ch_123", "expand[]=customer"); ch.Get("customer.email").String() != "ada@example.com" {
		t.Errorf("the charge: %s", ch.Raw)
	}
	if id := b.get("/v1/charges").Get("data.0.id").String(); id != "ch_123" {
		t.Errorf("the list begins with %s", id)
	}
	if re := b.get("/v1/refunds/gold"); re.Get("charge").String() != "ch_123" {
		t.Errorf("an id of no form: %s", re.Raw)
	}
	paid := b.post("/v1/payment_intents", "amount=700", "currency=usd", "confirm=true", "customer=cus_123", "payment_method=pm_123", "payment_method_types[]=card")
	if paid.Get("status").String() != "succeeded" {
		t.Errorf("paying with what was imported: %s", paid.Raw)
	}
	if n := len(b.get("/v1/events", "type=charge.refunded").Get("data").Array()); n != 0 {
		t.Errorf("an import sent %d events", n)
	}
	b.balanced()

	b.steer("/import", m{"balance": m{"usd": 12345}})
	if got := b.holds(""); got < 12345 {
		t.Errorf("the platform has %d", got)
	}
	b.steer("/import", m{"account": "acct_123", "balance": m{"usd": 77}, "objects": []json.RawMessage{fixture(t, "customer", "cus_9", nil)}})
	if got := b.holds("acct_123"); got != 77 || b.call("GET", "/v1/customers/cus_9").status != 404 || b.call("GET", "/v1/customers/cus_9", "@acct_123").status != 200 {
		t.Errorf("the account has %d, or its customer is the platform's", got)
	}
	b.balanced()
}

// What cannot be kept is refused by name, and then nothing is.
func TestImportRefuses(t *testing.T) {
	b := start(t)
	good := fixture(t, "customer", "cus_1", nil)
	for want, order := range map[string]m{
		"objects[1]: the sandbox keeps no issuing.card": {"objects": []any{good, fixture(t, "issuing.card", "ic_1", nil)}},
		"objects[1]: ch_1: cannot keep amount":          {"objects": []any{good, fixture(t, "charge", "ch_1", m{"amount": "much"})}},
		"objects[0]: an object needs an id":             {"objects": []any{m{"object": "charge"}}},
		"No such account: 'acct_nobody'":                {"objects": []any{good}, "account": "acct_nobody"},
		`unknown field "objekts"`:                       {"objekts": []any{good}},
		"The sandbox keeps no horses.":                  {"world": m{"horses": []any{}}},
		"This is no exported world":                     {"world": m{"charges": []any{}}},
		"world.charges[0]: an object needs an id":       {"world": m{"charges": []any{m{}}}},
	} {
		if r := b.control("/import", order); r.status/100 != 4 || !strings.Contains(r.Get("error.message").String(), want) {
			t.Errorf("want %q: %d %s", want, r.status, r.Raw)
		}
		if b.call("GET", "/v1/customers/cus_1").status != 404 {
			t.Fatalf("%q kept half of it", want)
		}
	}
	b.importing(good)
	b.importing(good) // in the place of itself
	if n := len(b.get("/v1/customers").Get("data").Array()); n != 1 {
		t.Errorf("%d customers", n)
	}
}

// Every kind of object that has an id can be imported from its official example.
func TestEveryKindImports(t *testing.T) {
	b := start(t)
	for object, v := range gjson.GetBytes(embedded.OpenAPIFixtures, "resources").Map() {
		if strings.HasPrefix(object, "deleted_") || object != v.Get("object").String() || v.Get("id").String() == "" {
			continue
		}
		r := b.control("/import", m{"objects": []json.RawMessage{json.RawMessage(v.Raw)}})
		if r.status != http.StatusOK && !strings.Contains(r.Get("error.message").String(), "keeps no") {
			t.Errorf("%s: %s", object, r.Raw)
		}
	}
	world := gjson.Get(b.export(), "world")
	for _, name := range b.Importable() {
		if len(world.Get(name).Array()) == 0 {
			t.Errorf("no example was imported into %s: collectionNames may lack its object", name)
		}
	}
}

// An exported world goes on in another process as if nothing had been.
func TestExportAndImportOfAWorld(t *testing.T) {
	b := start(t)
	owner := b.owner()
	ch := b.paid(9000, visa, destination(owner, 900)...).Get("id").String()
	cs := b.session(5000).Get("id").String()
	b.flush()
	world := b.export()

	c := start(t, func(o *stripesandbox.Options) { o.DataFile = filepath.Join(t.TempDir(), "w.db") })
	c.post("/v1/customers", "email=gone@example.com")
	c.ok(c.control("/import", json.RawMessage(world)))
	if again := c.export(); again != world {
		t.Errorf("the world came out different:\n%s\n%s", world, again)
	}
	if c.holds(owner) != b.holds(owner) || len(c.get("/v1/customers", "email=gone@example.com").Get("data").Array()) != 0 {
		t.Error("balances differ, or what was there before is there still")
	}
	c.post("/v1/refunds", "charge="+ch, "reverse_transfer=true")
	c.steer("/checkout/"+cs+"/pay", m{"card": visa})
	c.advance("200h")
	c.balanced()
}

func (b *bench) export() string {
	b.t.Helper()
	req, _ := http.NewRequest(http.MethodGet, b.url+"/_sandbox/export", nil)
	return b.ok(b.do(req)).Raw
}
