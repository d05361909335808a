package stripesandbox_test

import (
	"errors"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"

	"hearth/internal/stripesandbox"
)

// The state tuples that real accounts go through.
func TestOnboardingStates(t *testing.T) {
	b := start(t)
	fresh := func(kind string) string {
		return b.post("/v1/accounts", "type="+kind, "capabilities[transfers][requested]=true", "capabilities[card_payments][requested]=true").Get("id").String()
	}
	for _, c := range []struct {
		outcome                     string
		charges, payouts, submitted bool
		reason, capability          string
		due, past, pending          bool
	}{
		{"", false, false, false, "requirements.past_due", "inactive", true, true, false},
		{"active", true, true, true, "", "active", false, false, false},
		{"pending", false, false, true, "requirements.pending_verification", "pending", false, false, true},
		{"restricted", false, false, true, "requirements.past_due", "inactive", true, true, false},
		{"rejected", false, false, true, "rejected.fraud", "inactive", true, true, false},
		{"due", true, true, true, "", "active", true, false, false},
	} {
		id := fresh("express")
		if c.outcome != "" {
			b.steer("/accounts/"+id+"/onboard", m{"outcome": c.outcome})
		}
		a := b.get("/v1/accounts/" + id)
		r := a.Get("requirements")
		if a.Get("charges_enabled").Bool() != c.charges || a.Get("payouts_enabled").Bool() != c.payouts || a.Get("details_submitted").Bool() != c.submitted ||
			r.Get("disabled_reason").String() != c.reason || a.Get("capabilities.transfers").String() != c.capability ||
			(r.Get("currently_due.#").Int() > 0) != c.due || (r.Get("past_due.#").Int() > 0) != c.past || (r.Get("pending_verification.#").Int() > 0) != c.pending {
			t.Errorf("%q: %s", c.outcome, a.Raw)
		}
	}
	std := b.post("/v1/accounts", "type=standard")
	if std.Get("capabilities").Raw != "{}" || std.Get("requirements.past_due.#").Int() != 0 || std.Get("requirements.currently_due.#").Int() == 0 {
		t.Errorf("standard: %s", std.Raw)
	}
	if r := b.call("POST", "/v1/accounts", "type=express", "capabilities[card_payments][requested]=true"); r.status != 400 {
		t.Errorf("card_payments without transfers: %d", r.status)
	}
}

func TestDeadlinePasses(t *testing.T) {
	b := start(t)
	o := b.owner()
	b.steer("/accounts/"+o+"/onboard", m{"outcome": "due"})
	if b.get("/v1/accounts/"+o).Get("requirements.current_deadline").Int() == 0 {
		t.Error("a demand has no deadline")
	}
	b.advance("340h")
	a := b.get("/v1/accounts/" + o)
	if a.Get("payouts_enabled").Bool() || a.Get("requirements.disabled_reason").String() != "requirements.past_due" {
		t.Errorf("after the deadline: %s", a.Raw)
	}
}

func knownPerson(more map[string]string) map[string]string {
	p := map[string]string{"individual.first_name": "Ann", "individual.last_name": "Owner", "individual.email": "ann@example.com", "individual.phone": "0000000000",
		"individual.dob.day": "1", "individual.dob.month": "1", "individual.dob.year": "1901", "individual.ssn_last_4": "0000",
		"individual.address.line1": "address_full_match", "individual.address.city": "Palo Alto", "individual.address.postal_code": "94301"}
	maps.Copy(p, more)
	return p
}

// What is typed decides: the check runs a while, and may demand documents.
func TestOnboardingForm(t *testing.T) {
	for _, c := range []struct {
		name  string
		facts map[string]string
		due   []string
	}{
		{"all well", nil, nil},
		{"birthday unknown", map[string]string{"individual.dob.year": "1980"}, []string{"individual.verification.document"}},
		{"address unknown", map[string]string{"individual.address.line1": "address_no_match"}, []string{"individual.verification.additional_document"}},
		{"both", map[string]string{"individual.dob.year": "1980", "individual.address.line1": "address_no_match"}, []string{"individual.verification.additional_document", "individual.verification.document"}},
	} {
		b := start(t)
		id := b.post("/v1/accounts", "type=express", "capabilities[transfers][requested]=true").Get("id").String()
		form := stripesandbox.OnboardingForm{Facts: knownPerson(c.facts), ProductDescription: "A house"}
		must(t, b.SubmitOnboarding(id, form))
		if b.get("/v1/accounts/" + id).Get("details_submitted").Bool() {
			t.Error("saved for later counts as submitted")
		}
		form.Account, form.Routing, form.Agree, form.Done = "000123456789", "110000000", true, true
		must(t, b.SubmitOnboarding(id, form))
		a := b.get("/v1/accounts/" + id)
		if !a.Get("details_submitted").Bool() || a.Get("charges_enabled").Bool() || a.Get("requirements.disabled_reason").String() != "requirements.pending_verification" {
			t.Errorf("%s, just sent: %s", c.name, a.Raw)
		}
		b.advance("5s")
		a = b.get("/v1/accounts/" + id)
		var due []string
		for _, d := range a.Get("requirements.currently_due").Array() {
			due = append(due, d.String())
		}
		if a.Get("charges_enabled").Bool() != (c.due == nil) || !slices.Equal(due, c.due) {
			t.Errorf("%s, checked: %s", c.name, a.Raw)
		}
		if a.Get("individual").Exists() && b.post("/v1/account_links", "account="+id, "type=account_onboarding", "refresh_url=https://h.test/a", "return_url=https://h.test/b").status == 200 &&
			b.get("/v1/accounts/"+id).Get("individual").Exists() {
			t.Error("personal data shows after an account link was made")
		}
	}
}

// companyFacts are a company's with one representative and all owners told.
func companyFacts(more map[string]string) map[string]string {
	f := map[string]string{"company.name": "Homes Inc", "company.phone": "0000000000", "company.tax_id": "000000000", "company.address.city": "Palo Alto",
		"company.address.line1": "address_full_match", "company.address.postal_code": "94301", "company.owners_provided": "true", "representative.relationship.title": "CEO"}
	for k, v := range more {
		f[strings.Replace(k, "individual.", "representative.", 1)] = v
	}
	return f
}

func TestCustomAccountByAPI(t *testing.T) {
	b := start(t)
	params := []string{"type=custom", "country=US", "business_type=individual", "business_profile[url]=https://accessible.stripe.com", "tos_acceptance[date]=1700000000", "tos_acceptance[ip]=8.8.8.8",
		"capabilities[transfers][requested]=true"}
	for k, v := range knownPerson(map[string]string{"individual.dob.year": "1902"}) {
		params = append(params, "individual["+strings.ReplaceAll(strings.TrimPrefix(k, "individual."), ".", "][")+"]="+v)
	}
	a := b.post("/v1/accounts", params...)
	if !a.Get("charges_enabled").Bool() || a.Get("payouts_enabled").Bool() || a.Get("requirements.currently_due.0").String() != "external_account" {
		t.Errorf("verified without a bank: %s", a.Raw)
	}
	b.post("/v1/accounts/"+a.Get("id").String()+"/external_accounts", "external_account=btok_us_verified")
	if a = b.get("/v1/accounts/" + a.Get("id").String()); !a.Get("payouts_enabled").Bool() || a.Get("external_accounts.data.0.last4").String() != "6789" {
		t.Errorf("with a bank: %s", a.Raw)
	}
}

// A date of birth is numbers: they are taken as such only, and shown as such.
func TestDateOfBirth(t *testing.T) {
	b := start(t)
	born := []string{"type=custom", "business_type=individual", "individual[dob][day]=07", "individual[dob][month]=5", "individual[dob][year]=1980"}
	for _, part := range []string{"day", "month", "year"} {
		b.refused(400, "parameter_invalid_integer", "Invalid integer: first", "/v1/accounts", append(born, "individual[dob]["+part+"]=first")...)
	}
	b.refused(400, "parameter_missing", "Missing required param: individual[dob][month].", "/v1/accounts", "type=custom", "individual[dob][day]=7", "individual[dob][year]=1980")
	a := b.post("/v1/accounts", born...)
	if dob := a.Get("individual.dob"); dob.Get("day").Raw != "7" || dob.Get("month").Raw != "5" || dob.Get("year").Raw != "1980" {
		t.Errorf("born %s", dob.Raw)
	}
}

// An account link opens once, and only for 300 seconds.
func TestAccountLinkOpensOnce(t *testing.T) {
	b := start(t)
	o := b.owner()
	link := func() string {
		u, err := url.Parse(b.post("/v1/account_links", "account="+o, "type=account_onboarding", "refresh_url=https://h.test/refresh", "return_url=https://h.test/back").Get("url").String())
		must(t, err)
		return path.Base(u.Path)
	}
	token := link()
	l, err := b.OpenAccountLink(o, token)
	if err != nil || l.ReturnURL != "https://h.test/back" {
		t.Fatalf("first visit: %v", err)
	}
	if l, err = b.OpenAccountLink(o, token); !errors.Is(err, stripesandbox.ErrLinkUsed) || l.RefreshURL != "https://h.test/refresh" {
		t.Errorf("second visit: %v", err)
	}
	old := link()
	b.advance("301s")
	if _, err = b.OpenAccountLink(o, old); !errors.Is(err, stripesandbox.ErrLinkUsed) {
		t.Errorf("after 301 seconds: %v", err)
	}
}

func TestDeauthorizeAndReject(t *testing.T) {
	b := start(t)
	o := b.owner()
	b.steer("/accounts/"+o+"/deauthorize", m{})
	for _, path := range []string{"/v1/accounts/" + o, "/v1/balance"} {
		if r := b.call("GET", path, "@"+o); r.status != 403 || r.Get("error.code").String() != "account_invalid" {
			t.Errorf("%s of a disconnected account: %d %s", path, r.status, r.Raw)
		}
	}
	b.flush()
	i := slices.Index(b.conn.types(), "account.application.deauthorized")
	if i < 0 {
		t.Fatalf("nobody was told: %v", b.conn.types())
	}
	if ev := b.conn.deliveries()[i]; field(ev, "account") != o || !strings.HasPrefix(field(ev, "data.object.id"), "ca_") {
		t.Errorf("event: %s", ev.body)
	}
	p := b.owner()
	a := b.post("/v1/accounts/"+p+"/reject", "reason=fraud")
	if a.Get("charges_enabled").Bool() || a.Get("requirements.disabled_reason").String() != "rejected.fraud" {
		t.Errorf("rejected: %s", a.Raw)
	}
	b.refused(400, "insufficient_capabilities_for_transfer", "", "/v1/checkout/sessions", with([]string{"mode=payment", "success_url=https://h.test/",
		"line_items[0][price_data][currency]=usd", "line_items[0][price_data][unit_amount]=5000", "line_items[0][price_data][product_data][name]=x", "line_items[0][quantity]=1"}, destination(p, 1)...)...)
}

// The states of a Custom account that tells everything by the API, row by row.
func TestStatesByTheAPI(t *testing.T) {
	b := start(t)
	state := func(step string, a reply, charges, payouts, submitted bool, reason, capability string, due, past, pending bool) {
		t.Helper()
		r := a.Get("requirements")
		if a.Get("charges_enabled").Bool() != charges || a.Get("payouts_enabled").Bool() != payouts || a.Get("details_submitted").Bool() != submitted ||
			r.Get("disabled_reason").String() != reason || a.Get("capabilities.card_payments").String() != capability ||
			(r.Get("currently_due.#").Int() > 0) != due || (r.Get("past_due.#").Int() > 0) != past || (r.Get("pending_verification.#").Int() > 0) != pending {
			t.Errorf("%s: %s", step, a.Raw)
		}
	}
	told := []string{"business_type=individual", "business_profile[url]=https://accessible.stripe.com", "tos_acceptance[date]=1700000000", "tos_acceptance[ip]=8.8.8.8"}
	for k, v := range knownPerson(nil) {
		told = append(told, "individual["+strings.ReplaceAll(strings.TrimPrefix(k, "individual."), ".", "][")+"]="+v)
	}
	fresh := func() string {
		a := b.post("/v1/accounts", "type=custom", "capabilities[transfers][requested]=true", "capabilities[card_payments][requested]=true")
		state("1 just created", a, false, false, false, "requirements.past_due", "inactive", true, true, false)
		return "/v1/accounts/" + a.Get("id").String()
	}
	at := fresh()
	state("2 told, no bank", b.post(at, told...), false, false, false, "requirements.past_due", "pending", true, true, true)
	b.advance("5s")
	state("4 verified, no bank", b.get(at), true, false, false, "requirements.past_due", "active", true, true, false)
	b.post(at+"/external_accounts", "external_account=btok_us_verified")
	state("5 active", b.get(at), true, true, true, "", "active", false, false, false)
	at = fresh()
	state("3 all sent", b.post(at, append(told, "external_account=btok_us_verified")...), false, false, true, "requirements.pending_verification", "pending", false, false, true)
	b.advance("5s")
	state("7 rejected", b.post(at+"/reject", "reason=other"), false, false, true, "rejected.other", "inactive", true, true, false)
}

func TestDeleteAccount(t *testing.T) {
	b := start(t)
	o := b.owner()
	b.paid(5000, visa, destination(o, 500)...)
	if r := b.call("DELETE", "/v1/accounts/"+o); r.status != 400 || !strings.Contains(r.Get("error.message").String(), "balance") {
		t.Errorf("deleted with a balance: %s", r.Raw)
	}
	p := b.owner()
	b.ok(b.call("DELETE", "/v1/accounts/"+p))
	if r := b.call("GET", "/v1/accounts/"+p); r.status != 403 {
		t.Errorf("after deleting: %d", r.status)
	}
	std := b.post("/v1/accounts", "type=standard").Get("id").String()
	b.refused(400, "", "cannot be rejected", "/v1/accounts/"+std+"/reject", "reason=fraud")
	for account, says := range map[string]string{std: "not an Express account", b.post("/v1/accounts", "type=express").Get("id").String(): "has not completed onboarding"} {
		b.refused(400, "", says, "/v1/accounts/"+account+"/login_links")
	}
}
