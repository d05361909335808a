package stripesandbox_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// walkConnect calls every route about who is behind an account, and files.
func (w *walk) walkConnect(express, custom string) {
	w.walkFiles()
	w.step("POST", "/v1/account_sessions", "account="+express, "components[payouts][enabled]=true", "components[payouts][features][instant_payouts]=false")
	firm := "/v1/accounts/" + id(w.step("POST", "/v1/accounts", "type=custom", "country=US", "business_type=company", "company[name]=Homes Inc", "company[tax_id]=000000000",
		"company[address][line1]=address_full_match", "company[structure]=private_company", "business_profile[annual_revenue][amount]=5", "business_profile[annual_revenue][currency]=usd",
		"business_profile[annual_revenue][fiscal_year_end]=2023-12-31", "business_profile[support_address][city]=Palo Alto", "business_profile[estimated_worker_count]=3",
		"settings[branding][primary_color]=#112233", "settings[payments][statement_descriptor]=HOMES", "settings[card_payments][decline_on][cvc_failure]=true",
		"settings[card_payments][statement_descriptor_prefix]=HOM", "settings[treasury][tos_acceptance][date]=1700000000", "tos_acceptance[service_agreement]=full",
		"documents[company_license][files][0]=file_identity_document_success", "capabilities[us_bank_account_ach_payments][requested]=true"))
	boss := firm + "/persons/" + id(w.step("POST", firm+"/persons", "first_name=Ann", "last_name=Owner", "relationship[representative]=true", "relationship[owner]=true",
		"relationship[percent_ownership]=60.5", "relationship[title]=CEO", "dob[day]=1", "dob[month]=1", "dob[year]=1901", "address[line1]=address_full_match", "id_number=000000000",
		"verification[document][front]=file_identity_document_success", "full_name_aliases[0]=Annie", "political_exposure=none", "metadata[a]=b"))
	other := firm + "/persons/" + id(w.step("POST", firm+"/persons", "first_name=Bob", "relationship[owner]=true"))
	w.step("GET", boss)
	w.step("POST", boss, "email=ann@example.com", "metadata[a]=c")
	w.step("GET", firm+"/persons", "relationship[owner]=true", "limit=5")
	w.step("DELETE", other)
	w.step("GET", firm)
	card := firm + "/external_accounts/" + id(w.step("POST", firm+"/external_accounts", "external_account[object]=card", "external_account[number]=4000056655665556",
		"external_account[exp_month]=12", "external_account[exp_year]=2034", "external_account[cvc]=123", "external_account[currency]=usd"))
	w.step("POST", card, "exp_month=11", "name=Ann", "default_for_currency=true")
	w.step("GET", firm+"/external_accounts", "object=card")
	w.step("DELETE", card)
}

// firm is a Custom account of a company that has told all but its people.
func (b *bench) firm(more ...string) string {
	b.t.Helper()
	params := []string{"type=custom", "country=US", "business_type=company", "business_profile[url]=https://accessible.stripe.com", "tos_acceptance[date]=1700000000", "tos_acceptance[ip]=8.8.8.8",
		"capabilities[transfers][requested]=true", "capabilities[card_payments][requested]=true", "external_account=btok_us_verified", "company[name]=Homes Inc", "company[phone]=0000000000",
		"company[tax_id]=000000000", "company[address][line1]=address_full_match", "company[address][city]=Palo Alto", "company[address][postal_code]=94301"}
	return id(b.post("/v1/accounts", append(params, more...)...).Result)
}

// somebody is told in full, as params of a person.
func somebody(year string, more ...string) []string {
	return append([]string{"first_name=Ann", "last_name=Owner", "email=ann@example.com", "phone=0000000000", "dob[day]=1", "dob[month]=1", "dob[year]=" + year, "ssn_last_4=0000",
		"address[line1]=address_full_match", "address[city]=Palo Alto", "address[postal_code]=94301"}, more...)
}

func words(r gjson.Result) (out []string) {
	for _, v := range r.Array() {
		out = append(out, v.String())
	}
	return out
}

// A company is asked for a representative and its owners, person by person.
func TestCompanyAndItsPersons(t *testing.T) {
	b := start(t)
	firm := "/v1/accounts/" + b.firm()
	due := words(b.get(firm).Get("requirements.currently_due"))
	for _, want := range []string{"representative.first_name", "representative.relationship.title", "owners.first_name", "owners.email"} {
		if !slices.Contains(due, want) {
			t.Errorf("a company does not owe %s: %v", want, due)
		}
	}
	boss := b.post(firm+"/persons", "first_name=Ann", "relationship[representative]=true", "relationship[owner]=true")
	if due = words(boss.Get("requirements.currently_due")); slices.Contains(due, "first_name") || !slices.Contains(due, "dob.day") || !slices.Contains(due, "relationship.title") {
		t.Errorf("the representative owes %v", due)
	}
	if due = words(b.get(firm).Get("requirements.currently_due")); !slices.Contains(due, id(boss.Result)+".dob.day") || !slices.Contains(due, "company.owners_provided") || slices.Contains(due, "representative.first_name") {
		t.Errorf("with a representative the company owes %v", due)
	}
	b.refused(400, "", "more than one representative", firm+"/persons", "first_name=Eve", "relationship[representative]=true")
	b.post(firm+"/persons/"+id(boss.Result), somebody("1980", "relationship[title]=CEO")...)
	a := b.post(firm, "company[owners_provided]=true")
	if a.Get("requirements.disabled_reason").String() != "requirements.pending_verification" || !a.Get("company.owners_provided").Bool() || !a.Get("company.tax_id_provided").Bool() {
		t.Fatalf("all told: %s", a.Raw)
	}
	if got := b.get(firm + "/persons/" + id(boss.Result)).Get("verification.status").String(); got != "pending" {
		t.Errorf("while the check runs the person is %s", got)
	}
	b.advance("5s")
	p := b.get(firm + "/persons/" + id(boss.Result))
	if p.Get("requirements.currently_due.0").String() != "verification.document" || p.Get("requirements.errors.0.code").String() != "verification_failed_keyed_identity" || p.Get("verification.status").String() != "unverified" {
		t.Errorf("an unknown birthday: %s", p.Raw)
	}
	b.post(firm+"/persons/"+id(boss.Result), "verification[document][front]=file_identity_document_success")
	b.advance("5s")
	if a = b.get(firm); !a.Get("payouts_enabled").Bool() || a.Get("requirements.errors.#").Int() != 0 {
		t.Errorf("with a document: %s", a.Get("requirements").Raw)
	}
	if p = b.get(firm + "/persons/" + id(boss.Result)); p.Get("verification.status").String() != "verified" {
		t.Errorf("with a document the person is %s", p.Get("verification").Raw)
	}
	if r := b.call("DELETE", firm+"/persons/"+id(boss.Result)); r.status != 400 {
		t.Errorf("the representative was deleted: %s", r.Raw)
	}
	b.post(firm+"/persons", "first_name=Dan", "relationship[director]=true")
	late := b.post(firm+"/persons", "first_name=Late", "relationship[owner]=true")
	a = b.get(firm)
	if !a.Get("payouts_enabled").Bool() || a.Get("requirements.current_deadline").Int() == 0 || !slices.Contains(words(a.Get("requirements.currently_due")), id(late.Result)+".last_name") {
		t.Errorf("an owner who came later is owed at once: %s", a.Get("requirements").Raw)
	}
	if got := b.get(firm+"/persons", "relationship[owner]=true").Get("data.#.first_name").Raw; got != `["Late","Ann"]` {
		t.Errorf("owners: %s", got)
	}
	b.ok(b.call("DELETE", firm+"/persons/"+id(late.Result)))
	if a = b.get(firm); a.Get("requirements.currently_due.#").Int() != 0 {
		t.Errorf("without the owner: %s", a.Get("requirements").Raw)
	}
	b.flush()
	for _, want := range []string{"person.created", "person.updated", "person.deleted", "account.updated", "capability.updated"} {
		if !slices.Contains(b.conn.types(), want) {
			t.Errorf("no %s in %v", want, b.conn.types())
		}
	}
}

// Once a link was made, who is behind an Express account is Stripe's to know;
// of a Custom account it stays the platform's.
func TestWhatALinkHides(t *testing.T) {
	b := start(t)
	for _, kind := range []string{"express", "standard", "custom"} {
		a := "/v1/accounts/" + id(b.post("/v1/accounts", "type="+kind, "business_type=individual", "individual[first_name]=Ann", "capabilities[transfers][requested]=true").Result)
		if b.get(a).Get("individual.first_name").String() != "Ann" || b.get(a+"/persons").Get("data.0.first_name").String() != "Ann" {
			t.Errorf("%s: before a link: %s", kind, b.get(a).Raw)
		}
		link := b.post("/v1/account_links", "account="+strings.TrimPrefix(a, "/v1/accounts/"), "type=account_onboarding", "refresh_url=https://h.test/a", "return_url=https://h.test/b")
		if u, err := url.Parse(link.Get("url").String()); err != nil || !strings.HasPrefix(u.Path, "/setup/"+kind[:1]+"/acct_") || link.Get("expires_at").Int()-link.Get("created").Int() != 300 {
			t.Errorf("%s: %s", kind, link.Raw)
		}
		closed := kind != "custom"
		if b.get(a).Get("individual").Exists() == closed || b.get(a).Get("tos_acceptance").Exists() == closed {
			t.Errorf("%s: after a link: %s", kind, b.get(a).Raw)
		}
		if r := b.call("POST", a, "individual[last_name]=Owner"); (r.status == 400) != closed {
			t.Errorf("%s: telling more: %d %s", kind, r.status, r.Raw)
		}
		if r := b.call("GET", a+"/persons"); (r.status == 400) != closed {
			t.Errorf("%s: persons: %d %s", kind, r.status, r.Raw)
		}
		b.post(a, "metadata[a]=b", "business_profile[name]=Ann's homes")
		if b.get(a).Get("settings.dashboard.display_name").String() != "Ann's homes" {
			t.Errorf("%s: %s", kind, b.get(a).Get("settings").Raw)
		}
	}
}

// Trigger cards: charged on an account, or on its behalf.
func TestTriggerCards(t *testing.T) {
	b := start(t)
	for card, want := range map[string]struct{ charges, payouts, deadline bool }{
		"4000000000004202": {true, true, true}, "4000000000004210": {false, true, false}, "4000000000004236": {true, false, false},
	} {
		direct, behalf := b.owner(), b.owner()
		b.paid(5000, card, "@"+direct)
		b.paid(5000, card, "payment_intent_data[on_behalf_of]="+behalf)
		for _, o := range []string{direct, behalf} {
			a := b.get("/v1/accounts/" + o)
			r := a.Get("requirements")
			if a.Get("charges_enabled").Bool() != want.charges || a.Get("payouts_enabled").Bool() != want.payouts || (r.Get("current_deadline").Int() > 0) != want.deadline ||
				r.Get("currently_due.0").String() != "individual.verification.document" || (r.Get("past_due.#").Int() == 0) != want.deadline {
				t.Errorf("%s: charges %s, payouts %s, %s", card, a.Get("charges_enabled").Raw, a.Get("payouts_enabled").Raw, r.Raw)
			}
			if want.charges != (a.Get("capabilities.card_payments").String() == "active") {
				t.Errorf("%s: %s", card, a.Get("capabilities").Raw)
			}
		}
	}
}

// Row 6 of the states: a later demand, its document being looked at, and met;
// and one that was announced first.
func TestLaterDemands(t *testing.T) {
	b := start(t)
	a := "/v1/accounts/" + id(b.post("/v1/accounts", "type=custom", "business_type=individual", "capabilities[transfers][requested]=true").Result)
	b.steer(strings.TrimPrefix(a, "/v1")+"/onboard", m{"outcome": "future"})
	if r := b.get(a); r.Get("future_requirements.currently_due.#").Int() != 1 || r.Get("future_requirements.current_deadline").Int() == 0 || r.Get("requirements.currently_due.#").Int() != 0 || r.Get("requirements.eventually_due.#").Int() != 1 {
		t.Errorf("announced: %s", r.Raw)
	}
	b.post(a, "individual[dob][day]=1", "individual[dob][month]=1", "individual[dob][year]=1901") // whose checks take their time
	b.advance("721h")
	r := b.get(a)
	if !r.Get("payouts_enabled").Bool() || r.Get("requirements.current_deadline").Int() == 0 || r.Get("requirements.currently_due.0").String() != "individual.verification.document" || r.Get("future_requirements.currently_due.#").Int() != 0 {
		t.Errorf("come up: %s", r.Raw)
	}
	b.post(a, "individual[verification][document][front]=file_identity_document_failure")
	b.advance("5s")
	if r = b.get(a); r.Get("requirements.errors.0.code").String() != "verification_document_failed_other" || !r.Get("payouts_enabled").Bool() {
		t.Errorf("a bad document: %s", r.Get("requirements").Raw)
	}
	r = b.post(a, "individual[verification][document][front]=file_identity_document_success")
	if q := r.Get("requirements"); q.Get("pending_verification.0").String() != "individual.verification.document" || q.Get("currently_due.#").Int() != 0 || q.Get("current_deadline").Int() == 0 || q.Get("disabled_reason").Raw != "null" || !r.Get("payouts_enabled").Bool() {
		t.Errorf("looked at: %s", r.Raw)
	}
	b.advance("5s")
	if q := b.get(a).Get("requirements"); q.Get("pending_verification.#").Int() != 0 || q.Get("current_deadline").Raw != "null" || q.Get("errors.#").Int() != 0 {
		t.Errorf("met: %s", q.Raw)
	}
}

func TestCapabilities(t *testing.T) {
	b := start(t)
	a := "/v1/accounts/" + b.owner()
	if got := b.post(a+"/capabilities/sepa_debit_payments", "requested=true"); got.Get("status").String() != "active" {
		t.Errorf("asked for: %s", got.Raw)
	}
	if got := b.get(a + "/capabilities/ideal_payments"); got.Get("status").String() != "unrequested" || got.Get("requested").Bool() {
		t.Errorf("not asked for: %s", got.Raw)
	}
	if r := b.call("GET", a+"/capabilities/flying"); r.status != 404 {
		t.Errorf("no capability: %d", r.status)
	}
	b.refused(400, "parameter_unknown", "flying", a, "capabilities[flying][requested]=true")
	b.post(a+"/reject", "reason=terms_of_service")
	if got := b.get(a + "/capabilities/transfers"); got.Get("status").String() != "disabled" || got.Get("requirements.disabled_reason").String() != "rejected.terms_of_service" {
		t.Errorf("rejected: %s", got.Raw)
	}
	if got := b.get(a).Get("capabilities.transfers").String(); got != "inactive" {
		t.Errorf("the account of a disabled capability says %s", got)
	}
}

// External accounts: cards beside banks, a default for each currency, and who
// owns them.
func TestExternalAccounts(t *testing.T) {
	b := start(t)
	o := b.owner()
	at := "/v1/accounts/" + o + "/external_accounts"
	card := []string{"external_account[object]=card", "external_account[exp_month]=12", "external_account[exp_year]=2034", "external_account[currency]=usd"}
	b.refused(400, "invalid_card_type", "debit card", at, with(card, "external_account[number]=4242424242424242")...)
	b.refused(402, "incorrect_number", "incorrect", at, with(card, "external_account[number]=4242424242424241")...)
	bad := b.post(at, with(card, "external_account[number]=4000056655665572", "default_for_currency=true")...)
	if bad.Get("object").String() != "card" || bad.Get("brand").String() != "Visa" || !bad.Get("default_for_currency").Bool() || bad.Get("routing_number").Exists() {
		t.Errorf("card: %s", bad.Raw)
	}
	euro := b.post(at, "external_account[object]=bank_account", "external_account[country]=AT", "external_account[currency]=eur", "external_account[account_number]=AT611904300234573201")
	if !euro.Get("default_for_currency").Bool() {
		t.Errorf("the first in its currency is not its default: %s", euro.Raw)
	}
	if got := b.get(at, "object=bank_account").Get("data.#.currency").Raw; got != `["usd","eur"]` {
		t.Errorf("banks: %s", got)
	}
	if got := b.get(at).Get("data.#(default_for_currency==true)#.id"); len(got.Array()) != 2 {
		t.Errorf("defaults: %s", got.Raw)
	}
	b.paid(5000, "4000000000000077", destination(o, 0)...)
	po := b.post("/v1/payouts", "@"+o, "amount=1000", "currency=usd")
	if po.Get("destination").String() != id(bad.Result) || po.Get("type").String() != "card" {
		t.Errorf("payout: %s", po.Raw)
	}
	b.advance("146h")
	if got := b.get("/v1/payouts/"+id(po.Result), "@"+o); got.Get("failure_code").String() != "could_not_process" {
		t.Errorf("payout to a bad card: %s", got.Raw)
	}
	b.post(at+"/"+id(bad.Result), "exp_year=2040")
	if r := b.call("DELETE", at+"/"+id(bad.Result)); r.status != 400 || !strings.Contains(r.Get("error.message").String(), "default") {
		t.Errorf("the default was deleted: %s", r.Raw)
	}
	b.ok(b.call("DELETE", at+"/"+id(euro.Result)))
	b.balanced()
}

func TestWhoOwnsTheBankAccount(t *testing.T) {
	b := start(t)
	for number, asks := range map[string]bool{"000999999991": false, "000999999992": true} {
		o := b.owner()
		at := "/v1/accounts/" + o + "/external_accounts"
		ba := b.post(at, "external_account[object]=bank_account", "external_account[country]=US", "external_account[currency]=usd", "external_account[routing_number]=110000000", "external_account[account_number]="+number)
		b.advance("5s")
		const files = "documents.bank_account_ownership_verification.files"
		if got := slices.Contains(words(b.get("/v1/accounts/"+o).Get("requirements.currently_due")), files); got != asks {
			t.Errorf("%s: asks for a document: %v", number, got)
		}
		if got := b.get(at+"/"+id(ba.Result)).Get("requirements.currently_due.#").Int() > 0; got != asks {
			t.Errorf("%s: the bank account asks for a document: %v", number, got)
		}
		b.post(at+"/"+id(ba.Result), "documents[bank_account_ownership_verification][files][0]=file_identity_document_success")
		b.advance("5s")
		if got := b.get("/v1/accounts/" + o).Get("requirements.currently_due.#").Int(); got != 0 {
			t.Errorf("%s: with a document %d are due", number, got)
		}
	}
}

// A session for embedded components counts as a link.
func TestAccountSession(t *testing.T) {
	b := start(t)
	a := id(b.post("/v1/accounts", "type=express", "individual[first_name]=Ann").Result)
	s := b.post("/v1/account_sessions", "account="+a, "components[account_onboarding][enabled]=true", "components[payouts][enabled]=true", "components[payouts][features][edit_payout_schedule]=true")
	if !s.Get("components.account_onboarding.enabled").Bool() || s.Get("components.payments.enabled").Bool() || !s.Get("components.payouts.features.edit_payout_schedule").Bool() || s.Get("client_secret").String() == "" {
		t.Errorf("session: %s", s.Raw)
	}
	if b.get("/v1/accounts/" + a).Get("individual").Exists() {
		t.Error("who is behind the account shows after a session")
	}
}
