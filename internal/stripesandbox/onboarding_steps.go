package stripesandbox

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"hearth/internal/stripesandbox/hosted"
)

// formStep is one page of the onboarding form.
type formStep struct {
	key, label, title string
	fields            []formField
}

// formField ties a field of the form to the fact it tells. Some tell more than
// one fact, or none: see holds and keep.
type formField struct {
	hosted.Field
	fact     string
	optional bool
	test     string // what the button types that fills the form
}

func input(name, label, fact, test string) formField {
	return formField{Field: hosted.Field{Name: name, Label: label}, fact: fact, test: test}
}

func (f formField) typed(kind, auto string) formField { f.Type, f.Autocomplete = kind, auto; return f }
func (f formField) digits(max, example string) formField {
	f.Inputmode, f.Maxlength, f.Placeholder = "numeric", max, example
	return f
}
func (f formField) half() formField                      { f.Half = true; return f }
func (f formField) maybe() formField                     { f.optional = true; return f }
func (f formField) hint(text string) formField           { f.Hint = text; return f }
func (f formField) choices(o ...hosted.Option) formField { f.Options = o; return f }

var businessTypes = []hosted.Option{{Value: "individual", Label: "An individual"}, {Value: "company", Label: "A company"}, {Value: "non_profit", Label: "A non-profit"}}

// formSteps are the pages an account's form has. Later, only those are left on
// which something is due.
func (s *Server) formSteps(v onboardingVisit) []formStep {
	a := v.account
	who := "individual."
	if a.isCompany() {
		who = "representative."
	}
	steps := []formStep{contactStep(a, who)}
	steps = append(steps, formStep{"business", "Your business", "What do you offer?", []formField{
		input("product_description", "What you offer", "business_profile.product_description", "A home to rent").hint("A sentence is enough."),
		input("url", "Website", "business_profile.url", "https://accessible.stripe.com").typed("url", "url").maybe()}})
	if a.isCompany() {
		steps = append(steps, formStep{"company", "The company", "Tell us about the company", append([]formField{
			input("company_name", "Legal name", "company.name", "Rosen Homes LLC").typed("", "organization"),
			input("tax_id", "Tax number", "company.tax_id", "000000000").digits("", ""),
			input("company_phone", "Telephone", "company.phone", "0000000000").typed("tel", "off")}, addressFields(a, "company.", "company_")...)})
	}
	steps = append(steps, formStep{"details", "About you", "Tell us about yourself", s.personFields(a, who)})
	if a.BusinessType == "company" {
		steps = append(steps, formStep{"people", "Owners", "Who owns and runs the company?", nil})
	}
	if due := s.documentsDue(v); len(due) > 0 {
		steps = append(steps, formStep{"documents", "Documents", "Show us a document", s.documentFields(a, due)})
	}
	steps = append(steps, formStep{"bank", "Bank account", "Where should your payouts go?", bankFields(a)})
	if a.Type == "standard" {
		steps = append(steps, formStep{"public", "Public details", "What your customers see", []formField{
			input("statement_descriptor", "On their statements", "statement_descriptor", "ROSEN HOMES").hint("5 to 22 letters, as on a bank statement."),
			input("support_phone", "Your telephone for customers", "business_profile.support_phone", "0000000000").typed("tel", "tel")}})
	}
	steps = append(steps, formStep{"review", "Review and agree", "Review and agree", nil})
	if a.Submitted && v.link.Kind != "account_update" {
		steps = slices.DeleteFunc(steps, func(st formStep) bool {
			return st.key != "contact" && st.key != "review" && s.complete(v, st)
		})
	}
	return steps
}

func contactStep(a *Account, who string) formStep {
	st := formStep{"contact", "Contact details", "Let’s start with your contact details", []formField{
		input("business_type", "Who is being paid?", "business_type", "individual").choices(businessTypes...),
		input("email", "E-mail", who+"email", "owner@example.com").typed("email", "email"),
		input("phone", "Mobile number", who+"phone", "0000000000").typed("tel", "tel")}}
	if a.Type == "standard" {
		st.title = "Create your account"
	}
	if a.Type != "custom" {
		code := input("code", "Code from the text message", "", testCode).digits("7", testCode).hint("No message is sent. The sandbox’s code is 000-000.")
		code.Autocomplete = "one-time-code"
		st.fields = append(st.fields, code)
	}
	return st
}

func addressFields(a *Account, who, prefix string) []formField {
	state := input(prefix+"state", "State", who+"address.state", "CA").typed("", "address-level1").half()
	state.optional = a.Country != "US"
	return []formField{
		input(prefix+"line1", "Street address", who+"address.line1", "address_full_match").typed("", "address-line1"),
		input(prefix+"city", "City", who+"address.city", "San Francisco").typed("", "address-level2"), state,
		input(prefix+"postal_code", "Postal code", who+"address.postal_code", "94103").typed("", "postal-code").half()}
}

// personFields ask for a person; a company's representative has a title.
func (s *Server) personFields(a *Account, who string) []formField {
	fields := []formField{
		input("first_name", "First name", who+"first_name", "Jenny").typed("", "given-name").half(),
		input("last_name", "Last name", who+"last_name", "Rosen").typed("", "family-name").half(),
		input("dob", "Date of birth", who+"dob", "1901-01-01").typed("date", "bday")}
	if who == "representative." {
		fields = append(fields, input("title", "Your role", who+"relationship.title", "CEO").typed("", "organization-title"))
	}
	fields = append(fields, addressFields(a, who, "")...)
	switch number := who + "id_number"; {
	case s.fact(a, number) != "" || slices.Contains(a.Requirements.CurrentlyDue, number):
		fields = append(fields, input("id_number", "Social security number", number, "000000000").digits("9", ""))
	case a.Country == "US":
		fields = append(fields, input("ssn_last_4", "Last 4 digits of SSN", who+"ssn_last_4", "0000").digits("4", ""))
	}
	return fields
}

// bankFields ask for a bank account: a number and its bank's, or an IBAN.
func bankFields(a *Account) []formField {
	if a.Country != "US" {
		return []formField{input("account_number", "IBAN", "external_account", hosted.TestIBANs[0].Number)}
	}
	return []formField{
		input("routing_number", "Routing number", "external_account", usRouting).digits("", usRouting),
		input("account_number", "Account number", "external_account", testBanks[0]).digits("", testBanks[0])}
}

func cardFields() []formField {
	return []formField{
		input("card_number", "Debit card number", "external_account", "4000056655665556").digits("23", "4000 0566 5566 5556").typed("", "cc-number"),
		input("card_expiry", "Expiry", "external_account", "12 / 34").digits("9", "MM / YY").typed("", "cc-exp")}
}

// documentsDue are the documents that a link asks for.
func (s *Server) documentsDue(v onboardingVisit) []string {
	return slices.DeleteFunc(s.dueFor(v), func(n string) bool { return !strings.HasSuffix(n, "document") && n != ownershipFiles })
}

// dueFor is what a link asks for: what is due, and where it says so, what will be.
func (s *Server) dueFor(v onboardingVisit) []string {
	due := slices.Clone(v.account.Requirements.CurrentlyDue)
	if v.link.Eventually {
		due = append(due, v.account.Requirements.EventuallyDue...)
	}
	if v.link.Future {
		due = append(due, v.account.Future.CurrentlyDue...)
	}
	slices.Sort(due)
	return slices.Compact(due)
}

func (s *Server) documentFields(a *Account, due []string) (fields []formField) {
	for _, name := range due {
		label, field := "Identity document", "document"
		who, rest, _ := strings.Cut(name, ".")
		switch {
		case name == ownershipFiles:
			label, field = "Bank statement", "bank_document"
		case who == "company":
			label = "Registration document of the company"
		case strings.HasSuffix(rest, "additional_document"):
			label, field = "Document with your address", "additional_document"
		}
		if p, ok := s.persons.get(who); ok {
			label, field = label+" of "+p.name(), strings.ReplaceAll(name, ".", "-")
		}
		f := input(field, label, name, goodDocument).choices(hosted.Option{Value: "", Label: "None yet"}, hosted.Option{Value: goodDocument, Label: "A test document that is accepted"},
			hosted.Option{Value: badDocument, Label: "A test document that cannot be read"})
		f.Type = "file"
		fields = append(fields, f)
	}
	return fields
}

// holds is what a field holds already.
func (s *Server) holds(a *Account, f formField) string {
	switch f.Name {
	case "dob":
		year, month, day := s.fact(a, f.fact+".year"), s.fact(a, f.fact+".month"), s.fact(a, f.fact+".day")
		if y, _ := strconv.Atoi(year); y > 0 && month != "" && day != "" {
			return year + "-" + twoDigits(month) + "-" + twoDigits(day)
		}
		return ""
	case "email":
		return orElse(s.fact(a, f.fact), string(a.Email))
	case "statement_descriptor":
		return string(a.Settings.Payments[f.Name])
	}
	if f.fact != "external_account" {
		return s.fact(a, f.fact)
	}
	b := s.payoutDefault(a, a.DefaultCurrency)
	switch {
	case b == nil || a.PayoutsOff || (b.Card != nil) != strings.HasPrefix(f.Name, "card_"):
		return ""
	case f.Name == "routing_number":
		return string(b.Routing)
	case f.Name == "card_expiry":
		return time.Date(int(b.Card.ExpYear), time.Month(b.Card.ExpMonth), 1, 0, 0, 0, 0, time.UTC).Format("01 / 06")
	}
	return b.Number
}

func twoDigits(n string) string { return strings.Repeat("0", max(0, 2-len(n))) + n }

// isDue says whether a field is asked for although it may hold something.
func (s *Server) isDue(v onboardingVisit, f formField) bool {
	if f.Name == "email" && s.fact(v.account, f.fact) == "" {
		return v.account.Email == "" // the account's own will do
	}
	return f.fact != "" && f.fact != "external_account" && slices.ContainsFunc(s.dueFor(v), func(n string) bool {
		return n == f.fact || f.Name == "dob" && strings.HasPrefix(n, f.fact+".")
	})
}

// complete says whether a step has nothing left to ask.
func (s *Server) complete(v onboardingVisit, st formStep) bool {
	switch st.key {
	case "people":
		return s.fact(v.account, "company.owners_provided") == "true" && s.unfinished(v.account) == nil
	case "bank":
		return len(v.account.Banks) > 0 && !v.account.PayoutsOff
	case "business":
		if s.isDue(v, st.fields[1]) {
			return false
		}
		return v.account.profile("product_description") != "" || v.account.profile("url") != "" && v.account.Submitted
	}
	for _, f := range st.fields {
		if f.Name == "code" || f.optional && !s.isDue(v, f) {
			continue
		}
		if s.holds(v.account, f) == "" || s.isDue(v, f) {
			return false
		}
	}
	return true
}
