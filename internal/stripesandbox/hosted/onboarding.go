package hosted

import "io"

var onboardingTemplate = parse("onboarding")

// OnboardingPage is one step of a form that asks who is behind an account.
type OnboardingPage struct {
	Platform   string
	Surface    string // what this stands in for
	Account    string // acct_…
	Step       string
	Title      string
	Lead       string
	Steps      []OnboardingStep
	Action     string // gets the form; do=next, fill or later
	Back       string // the step before; "" on the first
	Edit       string // the same step with every field open; "" when it is
	Asked      []Field
	Known      []KnownField // given before; shown to be confirmed, not asked again
	Upload     bool         // a file may be sent
	Other      string       // another way to answer the step
	OtherLabel string
	People     []PersonRow
	Add        string // where somebody is added
	Review     []ReviewSection
	Agree      bool
	Errors     map[string]string
	Message    string
	Problems   []string
	Cheats     []Cheat
}

// OnboardingStep is a mark in the progress list; State is done, current or todo.
type OnboardingStep struct{ Key, Label, Href, State string }

// Field is something that is asked: Type is an input's, or file (a choice of
// test files beside it), or checks; with Options it is a choice.
type Field struct {
	Name, Label, Value, Error, Hint                       string
	Type, Autocomplete, Inputmode, Maxlength, Placeholder string
	Options                                               []Option
	Half                                                  bool // shares its line
}

// Option is one choice of a field.
type Option struct{ Value, Label string }

// Has says whether one of several choices is made; they are parted by blanks.
func (f Field) Has(value string) bool { return contains(f.Value, value) }

// KnownField is a field of the step whose value is already there.
type KnownField struct{ Name, Label, Value string }

// PersonRow is somebody behind a company.
type PersonRow struct {
	ID, Name, Roles, Href string
	Incomplete, Removable bool
}

// ReviewSection is what was told on one step.
type ReviewSection struct {
	Label, Href string
	Lines       []string
}

// Cheat is a value that makes something happen.
type Cheat struct{ Field, Value, Effect string }

// Onboarding writes one step.
func Onboarding(w io.Writer, p OnboardingPage) error { return onboardingTemplate.write(w, p) }
