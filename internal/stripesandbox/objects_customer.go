package stripesandbox

// Customer is who pays, with what is kept for the next time.
type Customer struct {
	header
	Address         *Address          `json:"address"`
	Balance         int64             `json:"balance"`
	Currency        text              `json:"currency"`
	DefaultSource   text              `json:"default_source"`
	Delinquent      bool              `json:"delinquent"`
	Description     text              `json:"description"`
	Email           text              `json:"email"`
	InvoicePrefix   text              `json:"invoice_prefix"`
	InvoiceSettings InvoiceSettings   `json:"invoice_settings"`
	Metadata        map[string]string `json:"metadata"`
	Name            text              `json:"name"`
	NextInvoice     int64             `json:"next_invoice_sequence"`
	Phone           text              `json:"phone"`
	Locales         []string          `json:"preferred_locales"`
	Shipping        *Shipping         `json:"shipping"`
	TaxExempt       text              `json:"tax_exempt"`
	Clock           text              `json:"test_clock"`

	// Methods are the payment methods attached, newest first.
	Methods []string `json:"_methods"`
	// Sources are the cards and bank accounts of the older kind, newest first.
	Sources []string `json:"_sources"`
}

// InvoiceSettings say how a customer's invoices look and are paid.
type InvoiceSettings struct {
	CustomFields  []InvoiceField    `json:"custom_fields"`
	DefaultMethod text              `json:"default_payment_method"`
	Footer        text              `json:"footer"`
	Rendering     map[string]string `json:"rendering_options"`
}

// InvoiceField is a line of the customer's own on an invoice.
type InvoiceField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Shipping is where goods go.
type Shipping struct {
	Address  Address `json:"address"`
	Carrier  text    `json:"carrier,omitempty"`
	Name     text    `json:"name"`
	Phone    text    `json:"phone"`
	Tracking text    `json:"tracking_number,omitempty"`
}

// Deleted is what is left of an object: the API still says that it was.
type Deleted struct {
	header
	Gone bool `json:"deleted"`
}

// PaymentMethod is one way to pay. A card, a debit and what only has a type keep
// their details apart.
type PaymentMethod struct {
	header
	Type     string            `json:"type"`
	Billing  BillingDetails    `json:"billing_details"`
	Card     map[string]any    `json:"card,omitempty"`
	SEPA     map[string]any    `json:"sepa_debit,omitempty"`
	USBank   map[string]any    `json:"us_bank_account,omitempty"`
	Customer text              `json:"customer"`
	Metadata map[string]string `json:"metadata"`

	// Number is the test card or account, which decides what happens.
	Number string `json:"_number"`
	// Other are the details of every further type, shown under the type's name.
	Other map[string]any `json:"_other"`
	// Spent: it was used without a customer or detached from one, so it may not be used again.
	Spent bool `json:"_spent"`
	// Ready: its bank agreed to payments without the customer.
	Ready bool `json:"_ready"`
	// Mandate is the standing permission to debit it.
	Mandate string `json:"_mandate"`
}

type BillingDetails struct {
	Address Address `json:"address"`
	Email   text    `json:"email"`
	Name    text    `json:"name"`
	Phone   text    `json:"phone"`
}

type Address struct {
	City       text `json:"city"`
	Country    text `json:"country"`
	Line1      text `json:"line1"`
	Line2      text `json:"line2"`
	PostalCode text `json:"postal_code"`
	State      text `json:"state"`
}
