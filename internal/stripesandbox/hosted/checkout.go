package hosted

import (
	"io"
	"slices"
	"time"
)

var (
	checkoutTemplate  = parse("checkout")
	challengeTemplate = parse("challenge")
	voucherTemplate   = parse("voucher")
	doneTemplate      = parse("done")
	noticeTemplate    = parse("notice")
	receiptTemplate   = parse("receipt")
)

// CheckoutPage is Checkout for one open session.
type CheckoutPage struct {
	Words
	Merchant  string
	Mode      string // payment, setup, subscription
	Submit    string // what the button says: pay, book, donate
	Trial     int64  // days that a subscription begins with for nothing
	Lines     []CheckoutLine
	Total     Money
	Hold      bool // manual capture: the card is authorised, not charged
	Keeps     bool // the method is kept for later payments
	Methods   []string
	Saved     []SavedCard
	CanSave   bool
	Wallets   []Choice
	CancelURL string // "" draws no way back
	Action    string // where the form is posted
	Embedded  bool   // in a frame of the merchant's page
	ExpiresAt time.Time
	Asks      CheckoutAsks
	Form      CheckoutForm
	Errors    map[string]string // by field name
	Declined  string            // the bank's answer to the last attempt
}

// CheckoutLine is one line of the order.
type CheckoutLine struct {
	Name, Description string
	Quantity          int64
	Unit, Amount      Money
	Interval          string // of a recurring price: day, week, month, year; "" is once
	Count             int64  // of intervals
}

// SavedCard is a card that the customer has used before.
type SavedCard struct{ ID, Brand, Last4, Expiry string }

// CheckoutAsks is what the page asks beside how to pay.
type CheckoutAsks struct {
	Phone, Address bool
	Shipping       []string // the countries things are sent to; none asks nothing
	Fields         []CheckoutField
	Terms, News    bool
	// The merchant's own words; TermsText stands for ours.
	ShippingText, SubmitText, TermsText string
}

// CheckoutField is a question of the merchant's own. Its input is called
// custom_ and its key.
type CheckoutField struct {
	Key, Label, Kind string // dropdown, numeric or text
	Optional         bool
	Options          []Choice
	Maximum          int64
}

// CheckoutForm is what the person typed; the field names of the form are in
// parentheses. It is shown again after a refusal, all but the security code.
type CheckoutForm struct {
	Email      string // email
	EmailFixed bool   // given by the merchant, not to be changed here
	Phone      string // phone
	Method     string // method: card, sepa_debit, … or the id of a saved card
	Number     string // number
	Expiry     string // expiry, MM / YY
	CVC        string // cvc
	Name       string // name
	Billing    PostalAddress
	Shipping   PostalAddress     // ship_line1, …
	ShipName   string            // ship_name
	IBAN       string            // iban
	Routing    string            // routing_number
	Account    string            // account_number
	Bank       string            // bank
	Custom     map[string]string // custom_…
	Terms      bool              // terms
	News       bool              // news
	Save       bool              // save
}

// PostalAddress is an address as it is typed: line1, line2, city, state,
// postal_code, country.
type PostalAddress struct{ Line1, Line2, City, State, PostalCode, Country string }

// Offers says whether the page offers a payment method.
func (p CheckoutPage) Offers(method string) bool { return slices.Contains(p.Methods, method) }

// Free says whether there is nothing to pay and nothing to keep.
func (p CheckoutPage) Free() bool { return len(p.Methods) == 0 }

// Chosen says whether a payment method is the one that is marked: what the
// person chose, else a saved card, else the first.
func (p CheckoutPage) Chosen(method string) bool {
	isSaved := func(c SavedCard) bool { return c.ID == p.Form.Method }
	switch {
	case p.Offers(p.Form.Method), slices.ContainsFunc(p.Saved, isSaved):
		return method == p.Form.Method
	case len(p.Saved) > 0:
		return method == p.Saved[0].ID
	}
	return method == p.Methods[0]
}

// Headline, Sum and Heading are the words above the amount, beside the sum and
// above the form.
func (p CheckoutPage) Headline() string {
	switch {
	case p.Mode == "setup":
		return p.Say("save_with", p.Merchant)
	case p.Mode == "subscription":
		return p.Say("subscribe_to", p.Merchant)
	case p.Hold:
		return p.Say("hold_for", p.Merchant)
	}
	return p.Say("pay_to", p.Merchant)
}

func (p CheckoutPage) Sum() string {
	switch {
	case p.Mode == "subscription":
		return p.Say("total_today")
	case p.Hold:
		return p.Say("total_held")
	}
	return p.Say("total")
}

func (p CheckoutPage) Heading() string {
	switch {
	case p.Free():
		return p.Say("free_details")
	case p.Hold:
		return p.Say("hold_details")
	}
	return p.Say("details")
}

// Button is what the button says that ends it all.
func (p CheckoutPage) Button() string {
	switch {
	case p.Mode == "setup":
		return p.Say("do_save")
	case p.Mode == "subscription" && p.Trial > 0:
		return p.Say("do_trial")
	case p.Mode == "subscription":
		return p.Say("do_subscribe")
	case p.Free():
		return p.Say("do_free")
	case p.Hold:
		return p.Say("do_hold", p.Total)
	case p.Submit == "book" || p.Submit == "donate":
		return p.Say("do_"+p.Submit, p.Total)
	}
	return p.Say("do_pay", p.Total)
}

// Countries are the choices of the billing country, ShippingCountries those of
// the other.
func (p CheckoutPage) Countries() []Country {
	codes := make([]string, 0, len(Countries))
	for _, c := range Countries {
		codes = append(codes, c.Code)
	}
	return p.Named(codes)
}

func (p CheckoutPage) ShippingCountries() []Country { return p.Named(p.Asks.Shipping) }

// Banks are the choices of iDEAL.
func (CheckoutPage) Banks() []Choice { return Banks }

// Cards are the rows of the cheat sheet; each can be filled in by its button.
func (CheckoutPage) Cards() []TestNumber { return TestCards }

// IBANs are the test bank accounts of SEPA debit.
func (CheckoutPage) IBANs() []TestNumber { return TestIBANs }

// Accounts are the test bank accounts of ACH debit.
func (CheckoutPage) Accounts() []TestNumber { return TestAccounts }

// Checkout writes the payment page.
func Checkout(w io.Writer, p CheckoutPage) error { return checkoutTemplate.write(w, p) }

// ChallengePage stands for the page of the person's bank: 3D Secure, or with Bank
// the one that iDEAL leads to. It carries what was typed along, so that after a
// failure it can be shown again.
type ChallengePage struct {
	Words
	Merchant string
	Amount   Money
	Setup    bool // nothing is paid: the bank is asked to let a method be kept
	Last4    string
	Bank     string
	Action   string // gets outcome=complete or outcome=fail
	Embedded bool
	Carried  []Hidden
}

// Challenge writes it.
func Challenge(w io.Writer, p ChallengePage) error { return challengeTemplate.write(w, p) }

// VoucherPage is the voucher that a person takes to an OXXO shop.
type VoucherPage struct {
	Words
	Merchant  string
	Amount    Money
	Number    string
	ExpiresAt time.Time
	Standing  string // "" waits; paid or over
	Link      string // where to go on, if anywhere
}

// Voucher writes it.
func Voucher(w io.Writer, p VoucherPage) error { return voucherTemplate.write(w, p) }

// NoticePage is a page with one message and at most one way on: a session that
// is over, a link that was used, an address that leads nowhere.
type NoticePage struct {
	Words
	Surface   string // "Checkout", "onboarding", …
	Title     string
	Text      string
	Link      string // "" draws none
	LinkLabel string
	Embedded  bool
}

// DonePage is what stays in the frame once an embedded session is complete. The
// script tells the page around it; Link is where that should go, if anywhere.
type DonePage struct {
	NoticePage
	Session string
	Voucher string // of a payment in a shop; "" is none
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
