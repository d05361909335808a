package stripesandbox

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"hearth/internal/stripesandbox/hosted"
)

// onboardingField ties a field of the form to what the API calls it. The date
// of birth and the bank account are more than one fact and have no fact here.
type onboardingField struct {
	step, name, label, fact string
	value                   func(*hosted.OnboardingForm) *string
}

var onboardingFields = []onboardingField{
	{"contact", "email", "E-mail", "individual.email", func(f *hosted.OnboardingForm) *string { return &f.Email }},
	{"contact", "phone", "Mobile number", "individual.phone", func(f *hosted.OnboardingForm) *string { return &f.Phone }},
	{"details", "first_name", "First name", "individual.first_name", func(f *hosted.OnboardingForm) *string { return &f.FirstName }},
	{"details", "last_name", "Last name", "individual.last_name", func(f *hosted.OnboardingForm) *string { return &f.LastName }},
	{"details", "dob", "Date of birth", "", func(f *hosted.OnboardingForm) *string { return &f.DOB }},
	{"details", "line1", "Street address", "individual.address.line1", func(f *hosted.OnboardingForm) *string { return &f.Line1 }},
	{"details", "city", "City", "individual.address.city", func(f *hosted.OnboardingForm) *string { return &f.City }},
	{"details", "state", "State", "individual.address.state", func(f *hosted.OnboardingForm) *string { return &f.State }},
	{"details", "postal_code", "Postal code", "individual.address.postal_code", func(f *hosted.OnboardingForm) *string { return &f.PostalCode }},
	{"details", "ssn_last_4", "Last 4 digits of SSN", "individual.ssn_last_4", func(f *hosted.OnboardingForm) *string { return &f.SSNLast4 }},
	{"details", "document", "Identity document", "individual.verification.document.front", func(f *hosted.OnboardingForm) *string { return &f.Document }},
	{"bank", "routing_number", "Routing number", "", func(f *hosted.OnboardingForm) *string { return &f.Routing }},
	{"bank", "account_number", "Account number", "", func(f *hosted.OnboardingForm) *string { return &f.AccountNumber }},
}

var onboardingSteps = []struct{ key, label string }{
	{"contact", "Contact details"}, {"details", "About you"}, {"bank", "Bank account"}, {"review", "Review and agree"},
}

// toldBefore is the form as the account's facts fill it. The lock is held.
func (s *Server) toldBefore(a *Account) hosted.OnboardingForm {
	f := hosted.OnboardingForm{Country: a.Country}
	for _, field := range onboardingFields {
		if field.fact != "" {
			*field.value(&f) = s.fact(a, field.fact)
		}
	}
	f.Email = orElse(f.Email, string(a.Email))
	year, _ := strconv.Atoi(s.fact(a, "individual.dob.year"))
	month, _ := strconv.Atoi(s.fact(a, "individual.dob.month"))
	day, _ := strconv.Atoi(s.fact(a, "individual.dob.day"))
	if year > 0 && month > 0 && day > 0 {
		f.DOB = fmt.Sprintf("%04d-%02d-%02d", year, month, day)
	}
	if len(s.fact(a, "individual.id_number")) >= 4 && f.SSNLast4 == "" {
		f.SSNLast4 = s.fact(a, "individual.id_number")[len(s.fact(a, "individual.id_number"))-4:]
	}
	if len(a.Banks) > 0 {
		if b, ok := s.banks.get(a.Banks[0]); ok {
			f.Routing, f.AccountNumber = string(b.Routing), b.Number
		}
	}
	return f
}

// factsOf turns one step of the form into facts, all but what is wrong.
func factsOf(step string, f hosted.OnboardingForm, wrong map[string]string) map[string]string {
	facts := map[string]string{}
	for _, field := range onboardingFields {
		if field.step != step {
			continue
		}
		if v := *field.value(&f); v != "" && field.fact != "" && wrong[field.name] == "" {
			facts[field.fact] = v
		}
	}
	if born, err := time.Parse(time.DateOnly, f.DOB); err == nil && step == "details" {
		facts["individual.dob.year"] = strconv.Itoa(born.Year())
		facts["individual.dob.month"] = strconv.Itoa(int(born.Month()))
		facts["individual.dob.day"] = strconv.Itoa(born.Day())
	}
	if step == "details" && f.Line1 != "" {
		facts["individual.address.country"] = f.Country
	}
	return facts
}

// testCode is the code that no message carries.
const testCode = "000-000"

// optional says whether a step may go on without a field. Social security
// numbers and routing numbers belong to the United States.
func optional(name, country string) bool {
	return name == "document" || country != "US" && (name == "ssn_last_4" || name == "routing_number" || name == "state")
}

// readStep reads the posted fields of one step over what is known already; a
// field that was not asked again keeps its value.
func readStep(r *http.Request, step string, f hosted.OnboardingForm) hosted.OnboardingForm {
	_ = r.ParseForm() // a body that cannot be read has no fields
	for _, field := range onboardingFields {
		if field.step == step && r.PostForm.Has(field.name) {
			*field.value(&f) = strings.TrimSpace(r.PostFormValue(field.name))
		}
	}
	f.Code = strings.TrimSpace(r.PostFormValue("code"))
	f.Agree = r.PostFormValue("agree") == "yes"
	return f
}

// checkStep finds what is missing or cannot be.
func checkStep(step string, f hosted.OnboardingForm) map[string]string {
	wrong := map[string]string{}
	for _, field := range onboardingFields {
		if field.step == step && *field.value(&f) == "" && !optional(field.name, f.Country) {
			wrong[field.name] = "This is needed."
		}
	}
	need := func(ok bool, name, message string) {
		if !ok && wrong[name] == "" {
			wrong[name] = message
		}
	}
	switch step {
	case "contact":
		need(emailShape.MatchString(f.Email), "email", "Enter your e-mail address.")
		need(len(digits(f.Phone)) >= 7, "phone", "Enter your mobile number.")
		need(digits(f.Code) == digits(testCode), "code", "Enter 000-000, the sandbox’s code.")
	case "details":
		_, err := time.Parse(time.DateOnly, f.DOB)
		need(err == nil, "dob", "Enter the date as YYYY-MM-DD.")
		need(f.Country != "US" || len(f.SSNLast4) == 4 && digits(f.SSNLast4) == f.SSNLast4, "ssn_last_4", "Enter four digits.")
	case "bank":
		need(f.Country != "US" || len(digits(f.Routing)) == 9, "routing_number", "A routing number has nine digits.")
		need(len(digits(f.AccountNumber)) >= 4, "account_number", "Enter the account number.")
	case "review":
		need(f.Agree, "agree", "Agree to go on.")
	}
	return wrong
}

// fillStep is the button that types for the person; values that are known stay.
func fillStep(step string, f hosted.OnboardingForm) hosted.OnboardingForm {
	test := hosted.OnboardingForm{
		Email: "owner@example.com", Phone: "0000000000", FirstName: "Jenny", LastName: "Rosen", DOB: "1901-01-01",
		Line1: "address_full_match", City: "San Francisco", State: "CA", PostalCode: "94103", SSNLast4: "0000",
		Routing: "110000000", AccountNumber: "000123456789",
	}
	if f.Country != "US" {
		test.SSNLast4, test.Routing, test.AccountNumber = "", "", hosted.TestIBANs[0].Number
	}
	for _, field := range onboardingFields {
		if v := field.value(&f); field.step == step && *v == "" {
			*v = *field.value(&test)
		}
	}
	if step == "contact" {
		f.Code = testCode
	}
	return f
}

// stepAfter and stepBefore walk the steps; "" is past the end.
func stepAfter(step string) string  { return neighbour(step, 1) }
func stepBefore(step string) string { return neighbour(step, -1) }

func neighbour(step string, by int) string {
	for i, st := range onboardingSteps {
		if at := i + by; st.key == step && at >= 0 && at < len(onboardingSteps) {
			return onboardingSteps[at].key
		}
	}
	return ""
}
