package hosted

import "io"

// ConsentPage asks an owner to connect a Stripe account of their own (OAuth).
type ConsentPage struct {
	Platform string
	Write    bool // asks for read_write
	Action   string
	Fields   map[string]string // the request, carried along
}

var consentTemplate = parse("consent")

// Consent writes the page.
func Consent(w io.Writer, p ConsentPage) error { return consentTemplate.write(w, p) }
