package hosted

import "io"

var onboardingTemplate = parse("onboarding")

// OnboardingPage is one step of Express onboarding. The steps in order are
// contact, details, bank, review.
type OnboardingPage struct {
	Platform string
	Account  string // acct_…
	Step     string
	Steps    []OnboardingStep
	Action   string // gets the form; do=next, fill or later
	Back     string // the step before; "" on the first
	Edit     string // the same step with every field open; "" when it is
	Form     OnboardingForm
	Known    []KnownField // given before; shown to be confirmed, not asked again
	Errors   map[string]string
	Message  string
	Document bool // an identity document is asked for
}

// OnboardingStep is a mark in the progress list; State is done, current or todo.
type OnboardingStep struct{ Key, Label, Href, State string }

// KnownField is a field of the step whose value is already there.
type KnownField struct{ Name, Label, Value string }

// OnboardingForm is what the person typed over all steps; the field names of
// the form are in parentheses.
type OnboardingForm struct {
	Email         string // email
	Phone         string // phone
	Code          string // code, the one sent by SMS
	FirstName     string // first_name
	LastName      string // last_name
	DOB           string // dob, YYYY-MM-DD
	Line1         string // line1
	City          string // city
	State         string // state
	PostalCode    string // postal_code
	Country       string // of the account, not asked
	SSNLast4      string // ssn_last_4
	Document      string // document, a test file
	Routing       string // routing_number
	AccountNumber string // account_number
	Agree         bool   // agree
}

// Asks says whether the step still has to ask for a field.
func (p OnboardingPage) Asks(name string) bool {
	if (name == "ssn_last_4" || name == "routing_number") && p.Form.Country != "US" {
		return false
	}
	for _, k := range p.Known {
		if k.Name == name {
			return p.Edit == ""
		}
	}
	return true
}

// Banks are the rows of the cheat sheet on the bank step.
func (OnboardingPage) Banks() []TestNumber { return TestBankAccounts }

// AccountLast4 is all of the bank account that the review shows.
func (p OnboardingPage) AccountLast4() string {
	return p.Form.AccountNumber[max(0, len(p.Form.AccountNumber)-4):]
}

// Onboarding writes one step.
func Onboarding(w io.Writer, p OnboardingPage) error { return onboardingTemplate.write(w, p) }
