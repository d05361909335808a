package stripesandbox_test

import (
	"net/http"
	"strings"
	"testing"
)

// What the official description refuses is refused before any work begins,
// however deep it lies, in Stripe's words.
func TestParametersConform(t *testing.T) {
	b := start(t)
	long := strings.Repeat("x", 5001)
	line := []string{"mode=payment", "success_url=https://h.test/", "line_items[0][quantity]=1", "line_items[0][price_data][currency]=usd", "line_items[0][price_data][product_data][name]=A stay", "line_items[0][price_data][unit_amount]=9000"}
	for _, c := range []struct {
		path   string
		params []string
		code   string
		param  string
		says   string
	}{
		{"/v1/refunds", []string{"colour=red"}, "parameter_unknown", "colour", "Received unknown parameter: colour"},
		{"/v1/refunds", []string{"colour=red", "size=1"}, "parameter_unknown", "colour", "Received unknown parameters: colour, size"},
		{"/v1/refunds", []string{"amount=ten"}, "parameter_invalid_integer", "amount", "Invalid integer: ten"},
		{"/v1/refunds", []string{"amount=1.5"}, "parameter_invalid_integer", "amount", "Invalid integer: 1.5"},
		{"/v1/refunds", []string{"reverse_transfer=yes"}, "", "reverse_transfer", "Invalid boolean: yes"},
		{"/v1/refunds", []string{"reason=whim"}, "", "reason", "Invalid reason: must be one of duplicate, fraudulent, or requested_by_customer"},
		{"/v1/refunds", []string{"charge="}, "parameter_invalid_empty", "charge", "You passed an empty string for 'charge'. We assume empty values are an attempt to unset a parameter; however 'charge' cannot be unset."},
		{"/v1/refunds", []string{"amount[a]=1"}, "", "amount", `Invalid integer: {:a=>"1"}`},
		{"/v1/transfers", []string{"currency=usd"}, "parameter_missing", "destination", "Missing required param: destination."},
		{"/v1/customers", []string{"description=" + long}, "", "description", "Invalid string: xxxxxxxxxx...; must be at most 5000 characters"},
		{"/v1/checkout/sessions", with(line, "payment_intent_data[transfer_data][destinaton]=acct_1"), "parameter_missing", "payment_intent_data[transfer_data][destination]", "Missing required param"},
		{"/v1/checkout/sessions", with(line, "payment_intent_data[shape]=round"), "parameter_unknown", "payment_intent_data[shape]", "Received unknown parameter: payment_intent_data[shape]"},
		{"/v1/checkout/sessions", with(line, "line_items[0][price_data][product_data][nam]=x"), "parameter_unknown", "line_items[0][price_data][product_data][nam]", "Received unknown parameter"},
		{"/v1/checkout/sessions", with(line, "payment_method_types=card"), "", "payment_method_types", "Invalid array"},
		{"/v1/checkout/sessions", with(line, "payment_intent_data=1"), "", "payment_intent_data", "Invalid object"},
	} {
		r := b.refused(http.StatusBadRequest, c.code, c.says, c.path, c.params...)
		if got := r.Get("error.param").String(); got != c.param {
			t.Errorf("%s %v names %q, want %q", c.path, c.params, got, c.param)
		}
		if c.code != "" && !strings.HasSuffix(r.Get("error.doc_url").String(), strings.ReplaceAll(c.code, "_", "-")) {
			t.Errorf("%s %v: no doc_url: %s", c.path, c.params, r.Raw)
		}
	}
	if r := b.call(http.MethodGet, "/v1/charges", "created[after]=1"); r.Get("error.param").String() != "created[after]" {
		t.Errorf("a filter that nobody knows: %s", r.Raw)
	}
	// Negative control: the same request without its mistake is taken.
	b.post("/v1/checkout/sessions", line...)
}

// Lists of hashes may be sent without numbers.
func TestListsWithoutNumbers(t *testing.T) {
	b := start(t)
	cs := b.post("/v1/checkout/sessions", "mode=payment", "success_url=https://h.test/", "line_items[][quantity]=2", "line_items[][quantity]=1",
		"line_items[][price_data][currency]=usd", "line_items[][price_data][currency]=usd", "line_items[][price_data][unit_amount]=100", "line_items[][price_data][unit_amount]=50",
		"line_items[][price_data][product_data][name]=Nights", "line_items[][price_data][product_data][name]=Cleaning")
	if cs.Get("amount_total").Int() != 250 {
		t.Errorf("two lines come to %s", cs.Get("amount_total").Raw)
	}
}

// What Stripe knows and the sandbox does nothing with is taken, and said.
func TestIgnoredParametersAreNamed(t *testing.T) {
	b := start(t)
	r := b.post("/v1/customers", "email=a@example.com", "tax[ip_address]=8.8.8.8")
	if got := r.header.Get("Sandbox-Ignored"); got != "tax[ip_address]" {
		t.Errorf("ignored %q", got)
	}
	if r := b.post("/v1/customers", "email=a@example.com"); r.header.Get("Sandbox-Ignored") != "" {
		t.Errorf("nothing was ignored, and yet: %q", r.header.Get("Sandbox-Ignored"))
	}
}

// Bodies are written as Stripe writes them: with < and & as they are.
func TestBodiesAreNotEscaped(t *testing.T) {
	b := start(t)
	r := b.post("/v1/customers", "name=A & B <c>")
	if !strings.Contains(r.Raw, `"name": "A & B <c>"`) {
		t.Errorf("written as %s", r.Raw)
	}
	if e := b.call("POST", "/v1/customers", "email[a]=<b>"); !strings.Contains(e.Raw, `{:a=>\"<b>\"}`) {
		t.Errorf("refused with %s", e.Raw)
	}
}
