package hosted

import (
	"io"
	"time"
)

var invoiceTemplate = parse("invoice")

// InvoicePage shows an invoice to who owes it, and takes a card for it.
type InvoicePage struct {
	Merchant, Number, Customer string
	Status                     string // open, paid, void, uncollectible
	Lines                      []InvoiceLine
	Total, Due                 Money
	Issued, DueDate            time.Time
	Processing                 bool   // a debit is under way
	Challenge                  string // where the bank asks; "" when it does not
	Action                     string
	Form                       CheckoutForm
	Errors                     map[string]string
	Declined                   string
}

// InvoiceLine is one line of an invoice, and the time it pays for.
type InvoiceLine struct {
	Description string
	Amount      Money
	From, To    time.Time
}

// Spans says whether a line pays for more than an instant.
func (l InvoiceLine) Spans() bool { return l.To.After(l.From) }

// Payable says whether a card is asked for.
func (p InvoicePage) Payable() bool { return p.Status == "open" && !p.Processing }

// Says is the state in words.
func (p InvoicePage) Says() string {
	switch {
	case p.Status == "paid":
		return "This invoice is paid. Thank you."
	case p.Status == "void":
		return "This invoice was called off. You owe nothing."
	case p.Status == "uncollectible":
		return "This invoice can no longer be paid here."
	case p.Processing:
		return "Your bank is being asked; that takes a few days."
	}
	return ""
}

// Cards are the rows of the cheat sheet.
func (InvoicePage) Cards() []TestNumber { return TestCards }

// Invoice writes the page.
func Invoice(w io.Writer, p InvoicePage) error { return invoiceTemplate.write(w, p) }
