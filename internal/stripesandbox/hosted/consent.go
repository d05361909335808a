package hosted

import "io"

// ConsentPage asks a person to let the platform have an account of theirs
// (OAuth): one they log in to, or a new one.
type ConsentPage struct {
	Platform string
	Write    bool // asks for read_write
	Express  bool // the legacy path: a new Express account
	Register bool // a new account is offered first
	Action   string
	Fields   []Hidden // the request, carried along
	Accounts []ConsentAccount
	// Confirm is the account logged in to; with it the page asks for consent.
	Confirm *ConsentAccount
	// What a new account begins with.
	Email, Country, BusinessName, BusinessType string
	Errors                                     map[string]string
}

// ConsentAccount is an account the person could be.
type ConsentAccount struct {
	ID, Name  string
	Connected bool
}

// Countries are the choices for a new account.
func (ConsentPage) Countries() []Country { return Countries }

var consentTemplate = parse("consent")

// Consent writes the page.
func Consent(w io.Writer, p ConsentPage) error { return consentTemplate.write(w, p) }
