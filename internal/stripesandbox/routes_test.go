package stripesandbox_test

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stripe/stripe-mock/embedded"
	"github.com/tidwall/gjson"

	"hearth/internal/stripesandbox"
)

// walk calls the API and holds each request and answer against the official
// description of its route.
type walk struct {
	*bench
	paths  map[string]gjson.Result // by path, with {} for whatever it names
	shapes schemas
	walked map[string]bool
}

var named = regexp.MustCompile(`\{\w+\}`)

func startWalk(t *testing.T) *walk {
	w := &walk{bench: start(t), paths: map[string]gjson.Result{}, shapes: officialSchemas(), walked: map[string]bool{}}
	for path, described := range gjson.GetBytes(embedded.OpenAPISpec, "paths").Map() {
		w.paths[named.ReplaceAllString(path, "{}")] = described
	}
	return w
}

// routeOf is the route that answers a path; a path spelled out goes before one with ids.
func routeOf(method, path string) (found string) {
	for _, route := range stripesandbox.Routes() {
		shape := regexp.MustCompile("^" + named.ReplaceAllString(route, `[^/]+`) + "$")
		if shape.MatchString(method+" "+path) && (found == "" || strings.Count(route, "{") < strings.Count(found, "{")) {
			found = route
		}
	}
	return found
}

// step calls a route with parameters that Stripe knows; it answers what Stripe
// would, and refuses a parameter that nobody knows.
func (w *walk) step(method, path string, params ...string) gjson.Result {
	w.t.Helper()
	route := routeOf(method, path)
	if route == "" {
		w.t.Fatalf("no route answers %s %s", method, path)
	}
	w.walked[route] = true
	_, template, _ := strings.Cut(route, " ")
	official := w.paths[named.ReplaceAllString(template, "{}")].Get(strings.ToLower(method))
	if !official.Exists() {
		w.t.Errorf("%s is no route of Stripe's", route)
	}
	for _, problem := range w.request(official, params) {
		w.t.Errorf("%s: Stripe does not take %s", route, problem)
	}
	if r := w.call(method, path, with(params, "no_such_thing=1")...); r.status != http.StatusBadRequest || r.Get("error.code").String() != "parameter_unknown" {
		w.t.Errorf("%s with a parameter that nobody knows: %d %s", route, r.status, r.Raw)
	}
	r := w.call(method, path, params...)
	if r.status != http.StatusOK {
		w.t.Fatalf("%s: %d %s", route, r.status, r.Raw)
	}
	schema := official.Get("responses.200.content").Get(escape("application/json")).Get("schema")
	if !schema.Exists() {
		w.t.Errorf("%s has no described answer", route)
	}
	for _, problem := range w.shapes.against(r.Result, shapeOf(schema), "answer") {
		w.t.Errorf("%s: %s", route, problem)
	}
	return r.Result
}

// request says which parameters break the description.
func (w *walk) request(official gjson.Result, params []string) (bad []string) {
	query := map[string]gjson.Result{}
	for _, p := range official.Get("parameters").Array() {
		if p.Get("in").String() == "query" {
			query[p.Get("name").String()] = p.Get("schema")
		}
	}
	body := official.Get("requestBody.content").Get(escape("application/x-www-form-urlencoded")).Get("schema")
	if upload := official.Get("requestBody.content").Get(escape("multipart/form-data")).Get("schema"); upload.Exists() {
		body = upload
	}
	for _, p := range params {
		if strings.HasPrefix(p, "@") {
			continue
		}
		key, value, _ := strings.Cut(p, "=")
		parts := strings.FieldsFunc(key, func(r rune) bool { return r == '[' || r == ']' })
		schema, known := query[parts[0]]
		if !known {
			schema = body.Get("properties").Get(escape(parts[0]))
		}
		if !schema.Exists() || !takes(schema, parts[1:], value) {
			bad = append(bad, p)
		}
	}
	for _, name := range body.Get("required").Array() {
		if !slices.ContainsFunc(params, func(p string) bool { return strings.HasPrefix(p, name.String()) }) {
			bad = append(bad, "a request without "+name.String())
		}
	}
	return bad
}

// takes says whether a schema has room for a value below the named parts.
func takes(schema gjson.Result, parts []string, value string) bool {
	if any := schema.Get("anyOf").Array(); len(any) > 0 {
		return slices.ContainsFunc(any, func(option gjson.Result) bool { return takes(option, parts, value) })
	}
	if schema.Get("x-stripeBypassValidation").Bool() {
		return true // Stripe takes more than it describes
	}
	if len(parts) > 0 {
		for _, inside := range []gjson.Result{schema.Get("properties").Get(escape(parts[0])), schema.Get("additionalProperties"), schema.Get("items")} {
			if inside.IsObject() {
				return takes(inside, parts[1:], value)
			}
		}
		return false
	}
	if enum := schema.Get("enum").Array(); len(enum) > 0 {
		return slices.ContainsFunc(enum, func(e gjson.Result) bool { return e.String() == value })
	}
	switch schema.Get("type").String() {
	case "integer":
		_, err := strconv.ParseInt(value, 10, 64)
		return err == nil
	case "number":
		_, err := strconv.ParseFloat(value, 64)
		return err == nil
	case "boolean":
		return value == "true" || value == "false"
	}
	return schema.Get("type").String() == "string"
}

// Every route takes what Stripe takes, refuses what nobody knows, and answers in
// the shape that Stripe describes.
func TestEveryRoute(t *testing.T) {
	w := startWalk(t)
	account, custom := w.walkAccounts()
	w.walkConnect(account, custom)
	w.walkCatalog()
	w.walkBilling(account)
	w.walkPayments(account)
	w.walkMethods(account)
	w.walkCheckout()
	w.walkSplits(account)
	w.walkPayouts(account)
	w.walkTopups()
	w.walkOldRoutes(account)
	w.walkEvents()
	w.step("POST", "/v1/accounts/"+custom+"/reject", "reason=other")
	w.step("DELETE", "/v1/accounts/"+custom)
	for _, route := range stripesandbox.Routes() {
		if !w.walked[route] {
			t.Errorf("%s is not walked", route)
		}
	}
	w.balanced()
}

func id(r gjson.Result) string { return r.Get("id").String() }

// walkAccounts leaves an Express account that can be paid, and a Custom one.
func (w *walk) walkAccounts() (express, custom string) {
	w.step("GET", "/v1/account")
	express = id(w.step("POST", "/v1/accounts", "type=express", "country=US", "email=o@example.com", "capabilities[transfers][requested]=true",
		"capabilities[card_payments][requested]=true", "business_profile[product_description]=A house", "settings[payouts][schedule][interval]=manual", "metadata[owner]=1"))
	at := "/v1/accounts/" + express
	w.step("POST", "/v1/account_links", "account="+express, "type=account_onboarding", "refresh_url=https://h.test/a", "return_url=https://h.test/b", "collection_options[fields]=eventually_due")
	w.step("GET", at)
	w.steer("/accounts/"+express+"/onboard", m{"outcome": "active"})
	w.step("POST", at, "metadata[owner]=2", "settings[payouts][debit_negative_balances]=true")
	w.step("POST", at+"/login_links")
	w.step("GET", at+"/capabilities")
	w.step("GET", at+"/capabilities/transfers")
	w.step("POST", at+"/capabilities/transfers", "requested=true")
	w.step("GET", "/v1/accounts", "limit=1", "created[gte]=1")

	custom = id(w.step("POST", "/v1/accounts", "type=custom", "country=US", "business_type=individual", "individual[first_name]=Ann", "individual[last_name]=Owner",
		"individual[dob][day]=1", "individual[dob][month]=1", "individual[dob][year]=1901", "individual[address][line1]=address_full_match", "individual[ssn_last_4]=0000",
		"individual[email]=a@example.com", "individual[phone]=0000000000", "tos_acceptance[date]=1700000000", "tos_acceptance[ip]=8.8.8.8", "capabilities[transfers][requested]=true"))
	at = "/v1/accounts/" + custom
	w.step("POST", at+"/external_accounts", "external_account=btok_us_verified")
	second := id(w.step("POST", at+"/external_accounts", "external_account[object]=bank_account", "external_account[country]=US", "external_account[currency]=usd",
		"external_account[routing_number]=110000000", "external_account[account_number]=000111111116", "metadata[a]=b"))
	w.step("GET", at+"/external_accounts", "object=bank_account", "limit=5")
	w.step("GET", at+"/external_accounts/"+second)
	w.step("POST", at+"/external_accounts/"+second, "account_holder_name=Ann Owner", "metadata[a]=c")
	w.step("DELETE", at+"/external_accounts/"+second)
	w.step("GET", at)
	return express, custom
}

var stay = []string{"mode=payment", "success_url=https://h.test/ok", "cancel_url=https://h.test/no", "line_items[0][price_data][currency]=usd", "line_items[0][price_data][unit_amount]=9000",
	"line_items[0][price_data][product_data][name]=A stay", "line_items[0][quantity]=2", "client_reference_id=b1", "metadata[booking]=b1", "payment_intent_data[metadata][booking]=b1"}

func (w *walk) walkPayments(account string) {
	cs := id(w.step("POST", "/v1/checkout/sessions", with(stay, destination(account, 1800)...)...))
	w.step("GET", "/v1/checkout/sessions/"+cs, "expand[0]=line_items")
	w.step("GET", "/v1/checkout/sessions/"+cs+"/line_items", "limit=10")
	w.steer("/checkout/"+cs+"/pay", m{"account": "000123456789", "email": "a@example.com"}) // a debit
	w.step("GET", "/v1/checkout/sessions/"+cs, "expand[0]=payment_intent.latest_charge", "expand[1]=payment_intent.payment_method")
	w.step("GET", "/v1/checkout/sessions", "limit=2")
	w.step("POST", "/v1/checkout/sessions/"+id(w.step("POST", "/v1/checkout/sessions", stay...))+"/expire")

	customer := id(w.step("POST", "/v1/customers", "email=a@example.com", "name=Ada", "metadata[a]=b"))
	w.step("GET", "/v1/customers", "email=a@example.com")
	w.step("GET", "/v1/customers/"+customer)
	w.step("POST", "/v1/customers/"+customer, "phone=123", "description=First")
	for _, kind := range [][]string{
		{"type=us_bank_account", "us_bank_account[account_number]=000123456789", "us_bank_account[routing_number]=110000000", "us_bank_account[account_holder_type]=individual"},
		{"type=sepa_debit", "sepa_debit[iban]=AT611904300234573201"}, {"type=card", "card[token]=tok_visa"},
	} {
		w.step("GET", "/v1/payment_methods/"+id(w.step("POST", "/v1/payment_methods", with(kind, "billing_details[name]=Ada")...)))
	}
	asked := []string{"amount=5000", "currency=usd", "payment_method_types[0]=card"}
	in := "/v1/payment_intents/" + id(w.step("POST", "/v1/payment_intents", with(asked, "capture_method=manual", "customer="+customer, "description=A stay")...))
	w.step("POST", in, "amount=6000", "metadata[a]=b")
	w.step("POST", in+"/confirm", "payment_method=pm_card_visa", "return_url=https://h.test/")
	w.step("POST", in+"/capture", "amount_to_capture=5500")
	charge := w.step("GET", in, "expand[0]=latest_charge").Get("latest_charge.id").String()
	w.step("POST", "/v1/payment_intents/"+id(w.step("POST", "/v1/payment_intents", asked...))+"/cancel", "cancellation_reason=abandoned")
	w.step("GET", "/v1/payment_intents", "customer="+customer)
	w.step("DELETE", "/v1/customers/"+customer)

	w.step("POST", "/v1/charges/"+charge, "description=Paid", "metadata[a]=b")
	w.step("GET", "/v1/charges/"+charge, "expand[0]=refunds", "expand[1]=balance_transaction")
	w.step("GET", "/v1/charges", "limit=3")
	re := "/v1/refunds/" + id(w.step("POST", "/v1/refunds", "charge="+charge, "amount=500", "reason=requested_by_customer", "metadata[a]=b"))
	w.step("GET", re, "expand[0]=charge")
	w.step("POST", re, "metadata[a]=c")
	w.step("GET", "/v1/refunds", "charge="+charge)
	w.walkAskedRefunds()
	w.walkDisputes()
}

func (w *walk) walkDisputes() {
	for _, last := range []string{"close", "evidence"} {
		dp := "/v1/disputes/" + w.steer("/charges/"+w.paid(5000, visa).Get("id").String()+"/dispute", m{}).Get("id").String()
		w.step("GET", dp, "expand[0]=charge")
		if last == "close" {
			w.step("POST", dp+"/close")
			continue
		}
		w.step("POST", dp, "evidence[customer_name]=Ada", "submit=false", "metadata[a]=b")
		w.step("POST", dp, "evidence[uncategorized_text]=winning_evidence", "submit=true")
	}
	w.step("GET", "/v1/disputes", "limit=5")
	w.paid(5000, "4000000000005423")
	w.advance("5s")
	warning := id(w.step("GET", "/v1/radar/early_fraud_warnings", "limit=1").Get("data.0"))
	w.step("GET", "/v1/radar/early_fraud_warnings/"+warning, "expand[0]=charge")
}

// walkSplits sends money on, takes it back, and gives fees back.
func (w *walk) walkSplits(account string) {
	w.paid(50000, "4000000000000077") // at once available
	tr := "/v1/transfers/" + id(w.step("POST", "/v1/transfers", "amount=3000", "currency=usd", "destination="+account, "transfer_group=g", "metadata[a]=b"))
	w.step("GET", tr, "expand[0]=destination_payment")
	w.step("POST", tr, "metadata[a]=c")
	w.step("GET", "/v1/transfers", "destination="+account, "transfer_group=g")
	back := id(w.step("POST", tr+"/reversals", "amount=1000", "metadata[a]=b"))
	w.step("GET", tr+"/reversals")
	w.step("GET", tr+"/reversals/"+back)

	w.paid(10000, visa, destination(account, 1000)...)
	fee := "/v1/application_fees/" + id(w.step("GET", "/v1/application_fees", "limit=1").Get("data.0"))
	w.step("GET", fee, "expand[0]=charge")
	given := id(w.step("POST", fee+"/refunds", "amount=400", "metadata[a]=b"))
	w.step("GET", fee+"/refunds")
	w.step("GET", fee+"/refunds/"+given)

	w.step("GET", "/v1/balance")
	row := id(w.step("GET", "/v1/balance_transactions", "limit=100", "currency=usd").Get("data.0"))
	w.step("GET", "/v1/balance_transactions/"+row, "expand[0]=source")
	w.step("GET", "/v1/balance/history", "limit=5")
}

func (w *walk) walkPayouts(account string) {
	acting := "@" + account
	w.advance("146h")
	ask := []string{acting, "amount=500", "currency=usd", "description=May"}
	gone := "/v1/payouts/" + id(w.step("POST", "/v1/payouts", ask...))
	w.step("POST", gone, acting, "metadata[a]=b")
	w.step("POST", gone+"/cancel", acting)
	paid := "/v1/payouts/" + id(w.step("POST", "/v1/payouts", ask...))
	w.advance("146h")
	w.step("GET", paid, acting, "expand[0]=destination")
	w.step("POST", paid+"/reverse", acting)
	w.step("GET", "/v1/payouts", acting, "limit=5")
	for _, list := range []string{"charges", "refunds", "balance_transactions"} {
		w.step("GET", "/v1/"+list, acting, "limit=100")
	}
}

func (w *walk) walkEvents() {
	for _, ev := range w.step("GET", "/v1/events", "limit=100", "type=charge.*").Get("data").Array()[:3] {
		w.step("GET", "/v1/events/"+id(ev))
	}
	w.walked["POST /v1/events/{id}/retry"] = true // Stripe's own command line calls it, TestStripeCLI too
	ep := "/v1/webhook_endpoints/" + id(w.step("POST", "/v1/webhook_endpoints", "url="+w.hook.URL, "enabled_events[0]=charge.refunded", "api_version=2023-10-16", "description=Another", "connect=false"))
	w.step("GET", ep)
	w.step("POST", ep, "enabled_events[0]=*", "disabled=true", "metadata[a]=b")
	w.step("GET", "/v1/webhook_endpoints", "limit=5")
	w.step("DELETE", ep)
}
