package hosted

import (
	"io"
	"time"
)

var (
	checkoutTemplate  = parse("checkout")
	challengeTemplate = parse("challenge")
	doneTemplate      = parse("done")
	noticeTemplate    = parse("notice")
	receiptTemplate   = parse("receipt")
)

// CheckoutPage is hosted Checkout for one open session.
type CheckoutPage struct {
	Merchant  string
	Lines     []CheckoutLine
	Total     Money
	Hold      bool // manual capture: the card is authorised, not charged
	Methods   []string
	CancelURL string // "" draws no way back
	Action    string // where the form is posted
	Embedded  bool   // in a frame of the merchant's page
	ExpiresAt time.Time
	Form      CheckoutForm
	Errors    map[string]string // by field name
	Declined  string            // the bank's answer to the last attempt
}

// CheckoutLine is one line of the order.
type CheckoutLine struct {
	Name, Description string
	Quantity          int64
	Unit, Amount      Money
}

// CheckoutForm is what the person typed; the field names of the form are in
// parentheses. It is shown again after a refusal, all but the security code.
type CheckoutForm struct {
	Email      string // email
	EmailFixed bool   // given by the merchant, not to be changed here
	Method     string // method: card, sepa_debit or us_bank_account
	Number     string // number
	Expiry     string // expiry, MM / YY
	CVC        string // cvc
	Name       string // name
	Country    string // country, two letters
	PostalCode string // postal_code
	IBAN       string // iban
	Routing    string // routing_number
	Account    string // account_number
}

// Offers says whether the page offers a payment method.
func (p CheckoutPage) Offers(method string) bool {
	for _, m := range p.Methods {
		if m == method {
			return true
		}
	}
	return false
}

// Chosen says whether a payment method is the one that is marked: what the
// person chose, else the first.
func (p CheckoutPage) Chosen(method string) bool {
	if p.Offers(p.Form.Method) {
		return method == p.Form.Method
	}
	return method == p.Methods[0]
}

// Countries are the choices of the country field.
func (CheckoutPage) Countries() []Country { return Countries }

// Cards are the rows of the cheat sheet; each can be filled in by its button.
func (CheckoutPage) Cards() []TestNumber { return TestCards }

// IBANs are the test bank accounts of SEPA debit.
func (CheckoutPage) IBANs() []TestNumber { return TestIBANs }

// Accounts are the test bank accounts of ACH debit.
func (CheckoutPage) Accounts() []TestNumber { return TestAccounts }

// Checkout writes the payment page.
func Checkout(w io.Writer, p CheckoutPage) error { return checkoutTemplate.write(w, p) }

// ChallengePage stands for the page of the cardholder's bank (3D Secure). It
// carries the form along so that a failed challenge can show it again.
type ChallengePage struct {
	Merchant string
	Amount   Money
	Setup    bool // nothing is paid: a method is kept
	Last4    string
	Action   string // gets outcome=complete or outcome=fail
	Embedded bool
	Form     CheckoutForm
}

// Challenge writes the 3D Secure page.
func Challenge(w io.Writer, p ChallengePage) error { return challengeTemplate.write(w, p) }

// NoticePage is a page with one message and at most one way on: a session that
// is over, a link that was used, an address that leads nowhere.
type NoticePage struct {
	Surface   string // "Checkout", "onboarding", …
	Title     string
	Text      string
	Link      string // "" draws none
	LinkLabel string
	Embedded  bool
}

// DonePage is what stays in the frame once an embedded session is complete. The
// script tells the page around it; Leads is where that should go, if anywhere.
type DonePage struct {
	NoticePage
	Session string
	Leads   string
}

// Done writes it.
func Done(w io.Writer, p DonePage) error { return doneTemplate.write(w, p) }

// Notice writes such a page.
func Notice(w io.Writer, p NoticePage) error { return noticeTemplate.write(w, p) }

// ReceiptPage is what a person keeps of a payment.
type ReceiptPage struct {
	Merchant    string
	Charge      string
	Description string
	Method      string // "visa •••• 4242"
	Paid        time.Time
	Amount      Money
	Refunded    Money // nothing is drawn for zero
}

// Receipt writes a receipt.
func Receipt(w io.Writer, p ReceiptPage) error { return receiptTemplate.write(w, p) }
