package stripesandbox_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hearth/internal/stripesandbox"
	"hearth/internal/stripesandbox/hosted"
)

const manual = "../../docs/sandbox.md"

func table(heads string, rows [][]string) string {
	columns := strings.Split(heads, "|")
	var b strings.Builder
	fmt.Fprintf(&b, "| %s |\n|%s\n", strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
	for _, row := range rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
	}
	return b.String()
}

// coded sets the first columns in code; an empty cell stays empty.
func coded(rows [][]string, columns int) [][]string {
	for _, row := range rows {
		for i := range columns {
			if row[i] != "" {
				row[i] = "`" + row[i] + "`"
			}
		}
	}
	return rows
}

// surface groups the routes by what they are about.
func surface() (rows [][]string) {
	about := map[string][]string{}
	for _, route := range stripesandbox.Routes() {
		method, path, _ := strings.Cut(route, " ")
		noun := regexp.MustCompile(`^/v1/(radar/\w+|checkout/\w+|\w+)`).FindStringSubmatch(path)[1]
		rest := strings.TrimPrefix(path, "/v1/"+noun)
		about[noun] = append(about[noun], method+" "+rest)
	}
	for _, noun := range slices.Sorted(maps.Keys(about)) {
		byPath := map[string][]string{}
		for _, r := range about[noun] {
			method, rest, _ := strings.Cut(r, " ")
			byPath[rest] = append(byPath[rest], method)
		}
		var cell []string
		for _, rest := range slices.Sorted(maps.Keys(byPath)) {
			cell = append(cell, strings.TrimSpace("`"+strings.Join(byPath[rest], " ")+" "+rest)+"`")
		}
		rows = append(rows, []string{"`/v1/" + noun + "`", strings.Join(cell, ", ")})
	}
	return rows
}

var emitted = regexp.MustCompile(`\bemit(?:On|As|Change|Fee)?\((?:[a-zA-Z.]+, )?"([a-z_.]+)"`)

// eventTypes are those that the code can send.
func eventTypes(t *testing.T) string {
	files, err := filepath.Glob("*.go")
	must(t, err)
	types := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(t, err)
		for _, found := range emitted.FindAllStringSubmatch(string(text), -1) {
			types["`"+found[1]+"`"] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(types)), ", ") + "\n"
}

// values are what an owner may tell, and what the check makes of it.
var values = []struct{ fact, value, due, words string }{
	{"individual.dob", "1901-01-01", "", "passes; the answer comes after three seconds"},
	{"individual.dob", "1902-01-01", "", "passes at once"},
	{"individual.dob", "1980-05-05", "individual.verification.document", "any other date: a document is asked for"},
	{"individual.address.line1", "address_full_match", "", "passes"},
	{"individual.address.line1", "address_no_match", "individual.verification.additional_document", "a second document is asked for"},
	{"individual.address.line1", "address_line1_no_match", "individual.verification.additional_document", "a second document is asked for"},
	{"individual.ssn_last_4", "0000", "", "passes"},
	{"individual.ssn_last_4", "1111", "individual.id_number", "the whole number is asked for"},
	{"individual.id_number", "000000000", "", "passes"},
	{"individual.id_number", "111111111", "individual.id_number", "another number is asked for"},
	{"individual.id_number", "222222222", "", "passes at once"},
	{"individual.verification.document.front", "file_identity_document_success", "", "passes, whatever else was told"},
	{"individual.verification.document.front", "file_identity_document_failure", "individual.verification.document", "fails, whatever else was told"},
	{"individual.dob", "1900-01-01", "", "is on a sanctions list: `listed`, charges and payouts are off"},
	{"company.tax_id", "000000000", "", "passes"},
	{"company.tax_id", "000000001", "", "passes, as a non-profit's"},
	{"company.tax_id", "111111111", "company.verification.document", "a document is asked for"},
	{"company.tax_id", "111111112", "company.tax_id", "another number is asked for: this one was never issued"},
	{"company.tax_id", "222222222", "", "passes at once"},
	{"company.address.line1", "address_no_match", "company.verification.document", "a document is asked for; charges are on, payouts off"},
	{"company.address.line1", "address_line1_no_match", "company.verification.document", "a document is asked for"},
	{"company.verification.document.front", "file_identity_document_success", "", "passes, whatever else was told"},
	{"business_profile.url", "https://accessible.stripe.com", "", "passes"},
	{"business_profile.url", "https://disallowed.stripe.com", "business_profile.url", "`invalid_url_denylisted`"},
	{"business_profile.url", "https://geoblocked.stripe.com", "business_profile.url", "`invalid_url_website_inaccessible_geoblocked`"},
	{"business_profile.url", "https://inaccessible.stripe.com", "business_profile.url", "`invalid_url_website_inaccessible`"},
	{"business_profile.url", "https://mismatch.stripe.com", "business_profile.url", "`invalid_url_website_business_information_mismatch`"},
	{"business_profile.url", "https://missing.stripe.com", "business_profile.url", "`invalid_url_website_incomplete`"},
	{"business_profile.url", "https://passwordprotected.stripe.com", "business_profile.url", "`invalid_url_website_inaccessible_password_protected`"},
	{"business_profile.url", "https://problem.stripe.com", "business_profile.url", "`invalid_url_website_other`"},
	{"business_profile.url", "https://underconstruction.stripe.com", "business_profile.url", "`invalid_url_website_incomplete_under_construction`"},
	{"business_profile.name", "invalid_dba", "business_profile.name", "`invalid_business_profile_name`"},
	{"business_profile.name", "disallowed_dba", "business_profile.name", "`invalid_business_profile_name_denylisted`"},
}

func valueRows() (rows [][]string) {
	for _, v := range values {
		rows = append(rows, []string{v.fact, v.value, v.words})
	}
	return coded(rows, 2)
}

func assumptionRows() (rows [][]string) {
	for _, a := range stripesandbox.Assumptions() {
		rows = append(rows, []string{"`" + a.Name + "`", "**`" + a.Values[0] + "`**, `" + strings.Join(a.Values[1:], "`, `") + "`", a.Says})
	}
	return rows
}

// The tables of the manual are the code's own.
func TestManualShowsTheCode(t *testing.T) {
	text, err := os.ReadFile(manual)
	must(t, err)
	page := string(text)
	for name, want := range map[string]string{
		"cards":       table("number|by the API|does", coded(stripesandbox.Cards(), 2)),
		"debits":      table("number|by the API|method|does", coded(stripesandbox.Debits(), 3)),
		"banks":       table("number|does", coded(stripesandbox.Banks(), 1)),
		"values":      table("fact|value|does", valueRows()),
		"routes":      table("below|routes", surface()),
		"events":      eventTypes(t),
		"assumptions": table("name|may be|says", assumptionRows()),
	} {
		begin, end := "<!-- "+name+": written by TestManualShowsTheCode, UPDATE_DOCS=1 -->\n", "<!-- "+name+": end -->"
		before, rest, found := strings.Cut(page, begin)
		shown, after, ended := strings.Cut(rest, end)
		if !found || !ended {
			t.Fatalf("%s has lost its marks of %s", manual, name)
		}
		if shown != want && os.Getenv("UPDATE_DOCS") == "" {
			t.Errorf("%s shows other %s than the code has; UPDATE_DOCS=1 writes these:\n%s", manual, name, want)
		}
		page = before + begin + want + end + after
	}
	if os.Getenv("UPDATE_DOCS") != "" && page != string(text) {
		must(t, os.WriteFile(manual, []byte(page), 0o644))
	}
}

// Every control has its row in the manual, and every kind of fault is named.
func TestManualNamesEveryControl(t *testing.T) {
	text, err := os.ReadFile(manual)
	must(t, err)
	var shown []string
	for _, row := range regexp.MustCompile("(?m)^\\| `((?:GET|POST|DELETE) /_sandbox/[^`]+)`").FindAllStringSubmatch(string(text), -1) {
		shown = append(shown, row[1])
	}
	slices.Sort(shown)
	if have := stripesandbox.Controls(); !slices.Equal(shown, have) {
		t.Errorf("the manual shows the controls\n%s\nbut there are\n%s", strings.Join(shown, "\n"), strings.Join(have, "\n"))
	}
	for _, kind := range stripesandbox.FaultKinds() {
		if !strings.Contains(string(text), "| `"+kind+"` |") {
			t.Errorf("the manual does not tell of the fault %s", kind)
		}
	}
}

// What the manual says of onboarding values is what happens.
func TestOnboardingValues(t *testing.T) {
	b := start(t)
	for _, v := range values {
		facts := knownPerson(map[string]string{v.fact: v.value})
		form := stripesandbox.OnboardingForm{Facts: facts, ProductDescription: "A house", Account: "000123456789", Routing: "110000000", Agree: true, Done: true}
		more := []string{"type=express", "capabilities[transfers][requested]=true"}
		switch {
		case v.fact == "individual.dob":
			delete(facts, v.fact)
			facts["individual.dob.year"], facts["individual.dob.month"], facts["individual.dob.day"] = v.value[:4], v.value[5:7], v.value[8:]
		case v.fact == "individual.verification.document.front":
			facts["individual.dob.year"] = "1980"
			if strings.HasSuffix(v.value, "failure") {
				facts["individual.dob.year"] = "1901"
			}
		case strings.HasPrefix(v.fact, "business_profile."):
			delete(facts, v.fact)
			more = append(more, "business_profile["+strings.TrimPrefix(v.fact, "business_profile.")+"]="+v.value)
		case strings.HasPrefix(v.fact, "company."):
			form.BusinessType = "company"
			form.Facts = companyFacts(facts)
			if strings.HasPrefix(v.fact, "company.verification") {
				form.Facts["company.tax_id"] = "111111111"
			}
		}
		account := b.post("/v1/accounts", more...).Get("id").String()
		must(t, b.SubmitOnboarding(account, form))
		if atOnce := b.get("/v1/accounts/" + account).Get("charges_enabled").Bool(); atOnce != strings.HasSuffix(v.words, "at once") {
			t.Errorf("%s %s: enabled at once: %v", v.fact, v.value, atOnce)
		}
		b.advance("5s")
		a := b.get("/v1/accounts/" + account)
		charges, payouts := v.due == "", v.due == ""
		if strings.Contains(v.words, "payouts off") {
			charges = true
		}
		if strings.Contains(v.words, "listed") && strings.Contains(v.words, "payouts are off") {
			charges, payouts = false, false
			if a.Get("requirements.disabled_reason").String() != "listed" {
				t.Errorf("%s %s: %s", v.fact, v.value, a.Get("requirements").Raw)
			}
		}
		if a.Get("charges_enabled").Bool() != charges || a.Get("payouts_enabled").Bool() != payouts || a.Get("requirements.currently_due.0").String() != v.due {
			t.Errorf("%s %s: %s", v.fact, v.value, a.Get("requirements").Raw)
		}
		if code := strings.Trim(v.words, "`"); code != v.words && v.due != "" && a.Get("requirements.errors.0.code").String() != code {
			t.Errorf("%s %s: the errors are %s", v.fact, v.value, a.Get("requirements.errors").Raw)
		}
	}
}

// The numbers that the hosted pages offer are the engine's.
func TestOfferedNumbersWork(t *testing.T) {
	offers := func(what string, offered []hosted.TestNumber, rows [][]string) {
		for _, o := range offered {
			if !slices.ContainsFunc(rows, func(row []string) bool { return row[0] == o.Number }) {
				t.Errorf("the pages offer the %s %s, which the engine does not know", what, o.Number)
			}
		}
	}
	offers("card", hosted.TestCards, stripesandbox.Cards())
	offers("IBAN", hosted.TestIBANs, stripesandbox.Debits())
	offers("account", hosted.TestAccounts, stripesandbox.Debits())
	offers("bank account", hosted.TestBankAccounts, stripesandbox.Banks())
}
