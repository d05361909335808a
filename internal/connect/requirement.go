package connect

import (
	"slices"
	"strings"
)

// Requirement is something Stripe wants to know.
type Requirement struct {
	Name    string // Stripe's, individual.dob.day
	Words   string // "Your date of birth"
	Section string // "About you"
	Problem string // why what was given did not do, in Stripe's words; or ""
	Overdue bool   // its absence is what restricts the account
}

// Sections of Stripe's form.
const (
	you      = "About you"
	business = "Your business"
	bank     = "Your bank account"
	terms    = "Stripe’s terms"
)

// Due lists what Stripe needs now, the overdue first, once per thing that a
// person would call one thing: the day, month and year of a birth are one date.
func (a Account) Due() []Requirement {
	var all []Requirement
	for _, name := range slices.Concat(a.PastDue, a.CurrentlyDue) {
		r := describe(name)
		r.Overdue = slices.Contains(a.PastDue, name)
		r.Problem = a.problem(name)
		same := func(o Requirement) bool { return o.Words == r.Words }
		if i := slices.IndexFunc(all, same); i < 0 {
			all = append(all, r)
		} else if all[i].Problem == "" {
			all[i].Problem = r.Problem
		}
	}
	return all
}

func (a Account) problem(name string) string {
	for _, p := range a.Errors {
		if p.Requirement == name {
			return p.Reason
		}
	}
	return ""
}

// describe puts a requirement's name into words. People of a company
// (person_…, representative, owners, directors, executives) are asked the same
// as an individual.
func describe(name string) Requirement {
	who, rest, _ := strings.Cut(name, ".")
	switch {
	case who == "external_account":
		return Requirement{Name: name, Words: "A bank account for your payouts", Section: bank}
	case who == "tos_acceptance":
		return Requirement{Name: name, Words: "Your agreement to Stripe’s terms", Section: terms}
	case who == "individual":
		return personal(name, rest, "Your ")
	case who == "representative" || strings.HasPrefix(who, "person_"):
		return personal(name, rest, "The representative’s ")
	case slices.Contains([]string{"owners", "directors", "executives"}, who):
		return people(name, who, rest)
	case who == "company":
		return worded(name, company, rest, "Your company’s ", business)
	case who == "business_profile":
		return worded(name, profile, rest, "Your business’s ", business)
	}
	return worded(name, nil, name, "", business)
}

// people of a company are counted on first, then asked one by one.
func people(name, who, rest string) Requirement {
	if rest == "" {
		return Requirement{Name: name, Words: "The " + who + " of your company", Section: business}
	}
	return personal(name, rest, "The "+who+"’ ")
}

func personal(name, rest, whose string) Requirement {
	return worded(name, person, rest, whose, you)
}

var person = []phrase{
	{"dob", "date of birth"},
	{"first_name", "legal name"},
	{"last_name", "legal name"},
	{"address", "home address"},
	{"email", "e-mail address"},
	{"phone", "phone number"},
	{"ssn_last_4", "last four digits of the Social Security number"},
	{"id_number", "national identity or tax number"},
	{"verification.document", "identity document, as a photo or scan"},
	{"verification.additional_document", "proof of address, as a photo or scan"},
	{"verification", "identity document, as a photo or scan"},
	{"political_exposure", "answer about public office"},
	{"relationship", "role in the company"},
}

var company = []phrase{
	{"name", "legal name"},
	{"address", "address"},
	{"phone", "phone number"},
	{"tax_id", "tax number"},
	{"verification", "registration document"},
	{"owners_provided", "list of owners"},
	{"directors_provided", "list of directors"},
	{"executives_provided", "list of executives"},
}

var profile = []phrase{
	{"url", "website or a description of what you offer"},
	{"product_description", "website or a description of what you offer"},
	{"mcc", "line of business"},
	{"support_phone", "phone number for customers"},
	{"support_email", "e-mail address for customers"},
	{"name", "name"},
}

// phrase gives words to every name that begins with the prefix.
type phrase struct{ prefix, words string }

// worded finds the words; a name that Stripe brings new is shown as it reads.
func worded(name string, known []phrase, rest, whose, section string) Requirement {
	for _, p := range known {
		if rest == p.prefix || strings.HasPrefix(rest, p.prefix+".") {
			return Requirement{Name: name, Words: whose + p.words, Section: section}
		}
	}
	plain := strings.NewReplacer(".", ", ", "_", " ").Replace(rest)
	words := whose + plain
	if words != "" {
		words = strings.ToUpper(words[:1]) + words[1:]
	}
	return Requirement{Name: name, Words: words, Section: section}
}
