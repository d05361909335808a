package stripeapi

import (
	"maps"
	"net/url"
	"strconv"
	"time"

	"hearth/internal/money"
)

// Where the POSTs go.
const (
	AccountsPath     = "/v1/accounts"
	AccountLinksPath = "/v1/account_links"
	SessionsPath     = "/v1/checkout/sessions"
	RefundsPath      = "/v1/refunds"
	PayoutsPath      = "/v1/payouts"
	TransfersPath    = "/v1/transfers"
)

// LoginLinksPath makes a link to the account's Express Dashboard.
func LoginLinksPath(account string) string { return at(AccountsPath, account) + "/login_links" }

// ExpirePath ends an open session.
func ExpirePath(session string) string { return at(SessionsPath, session) + "/expire" }

// CapturePath takes the money of an authorised intent.
func CapturePath(intent string) string { return at("/v1/payment_intents", intent) + "/capture" }

// CancelPath gives an authorised intent up.
func CancelPath(intent string) string { return at("/v1/payment_intents", intent) + "/cancel" }

// ReversalsPath takes a transfer back.
func ReversalsPath(transfer string) string { return at("/v1/transfers", transfer) + "/reversals" }

// Line is one line of the Checkout page. Stripe knows no negative line, so a
// discount is already taken off Amount and told in the description.
type Line struct {
	Name        string
	Description string
	Amount      int64
}

// SessionParams ask for a Checkout Session of a destination charge: the
// platform takes the whole amount, keeps Fee, and the rest goes to Destination.
type SessionParams struct {
	BookingID     string
	PaymentID     string
	Currency      money.Currency
	Lines         []Line
	Fee           int64
	Destination   string // acct_…
	Hold          bool   // the card is held, and charged only when it is captured
	Notice        string // told beside the button
	SuccessURL    string // with the literal {CHECKOUT_SESSION_ID}
	CancelURL     string
	CustomerEmail string
	Description   string
	ExpiresAt     time.Time // 30 minutes to 24 hours from now
	Metadata      map[string]string
}

// Values are the parameters as they are sent.
func (p SessionParams) Values() url.Values {
	v := url.Values{
		"mode":                {"payment"},
		"submit_type":         {"book"},
		"client_reference_id": {p.BookingID},
		"success_url":         {p.SuccessURL},
		"cancel_url":          {p.CancelURL},
		"expires_at":          {strconv.FormatInt(p.ExpiresAt.Unix(), 10)},
		"payment_intent_data[transfer_data][destination]": {p.Destination},
	}
	if p.Fee > 0 { // an owner without a fee has no application fee at all
		v.Set("payment_intent_data[application_fee_amount]", digits(p.Fee))
	}
	if p.Hold {
		v.Set("payment_intent_data[capture_method]", "manual")
		v.Set("payment_method_types[0]", "card") // what takes days cannot be held
	}
	set(v, "custom_text[submit][message]", p.Notice)
	set(v, "customer_email", p.CustomerEmail)
	set(v, "payment_intent_data[description]", p.Description)
	for i, line := range p.Lines {
		item := "line_items[" + strconv.Itoa(i) + "]"
		v.Set(item+"[quantity]", "1")
		v.Set(item+"[price_data][currency]", string(p.Currency))
		v.Set(item+"[price_data][unit_amount]", digits(line.Amount))
		v.Set(item+"[price_data][product_data][name]", line.Name)
		set(v, item+"[price_data][product_data][description]", line.Description)
	}
	meta := p.metadata()
	metadata(v, "metadata", meta)
	metadata(v, "payment_intent_data[metadata]", meta) // Stripe does not copy the session's
	return v
}

// Total is what the customer will pay.
func (p SessionParams) Total() int64 {
	var total int64
	for _, line := range p.Lines {
		total += line.Amount
	}
	return total
}

func (p SessionParams) metadata() map[string]string {
	meta := map[string]string{MetaBooking: p.BookingID, MetaPayment: p.PaymentID}
	maps.Copy(meta, p.Metadata)
	return meta
}

// RefundParams ask for money back to the customer. For a destination charge
// the two flags go together, or Stripe's books and ours part.
type RefundParams struct {
	PaymentIntentID      string
	Amount               int64
	Reason               string // duplicate, fraudulent, requested_by_customer, or ""
	ReverseTransfer      bool
	RefundApplicationFee bool
	Metadata             map[string]string
}

// Values are the parameters as they are sent.
func (p RefundParams) Values() url.Values {
	v := url.Values{"payment_intent": {p.PaymentIntentID}, "amount": {digits(p.Amount)}}
	set(v, "reason", p.Reason)
	flag(v, "reverse_transfer", p.ReverseTransfer)
	flag(v, "refund_application_fee", p.RefundApplicationFee)
	metadata(v, "metadata", p.Metadata)
	return v
}

// AccountParams ask for an Express account, prefilled with what we know; its
// payouts wait for us (manual).
type AccountParams struct {
	UserID             string
	Country            string
	Email              string
	FirstName          string
	LastName           string
	Phone              string
	MCC                string // merchant category
	URL                string // the homeowner's page
	ProductDescription string
	Metadata           map[string]string
}

// Values are the parameters as they are sent.
func (p AccountParams) Values() url.Values {
	v := url.Values{
		"type":                                   {"express"},
		"country":                                {p.Country},
		"business_type":                          {"individual"},
		"capabilities[card_payments][requested]": {"true"},
		"capabilities[transfers][requested]":     {"true"},
		"settings[payouts][schedule][interval]":  {"manual"},
	}
	set(v, "email", p.Email)
	set(v, "individual[first_name]", p.FirstName)
	set(v, "individual[last_name]", p.LastName)
	set(v, "individual[email]", p.Email)
	set(v, "individual[phone]", p.Phone)
	set(v, "business_profile[mcc]", p.MCC)
	set(v, "business_profile[url]", p.URL)
	set(v, "business_profile[product_description]", p.ProductDescription)
	meta := map[string]string{MetaUser: p.UserID}
	maps.Copy(meta, p.Metadata)
	metadata(v, "metadata", meta)
	return v
}

// AccountLinkParams ask for a link into Stripe's onboarding. It lives five
// minutes and opens once.
type AccountLinkParams struct {
	Account    string
	RefreshURL string
	ReturnURL  string
}

// Values are the parameters as they are sent.
func (p AccountLinkParams) Values() url.Values {
	return url.Values{
		"account": {p.Account}, "type": {"account_onboarding"},
		"refresh_url": {p.RefreshURL}, "return_url": {p.ReturnURL},
		"collection_options[fields]": {"eventually_due"},
	}
}

// TransferReversalParams ask to take a transfer back to the platform.
type TransferReversalParams struct {
	Amount               int64
	RefundApplicationFee bool
	Description          string
	Metadata             map[string]string
}

// Values are the parameters as they are sent.
func (p TransferReversalParams) Values() url.Values {
	v := url.Values{"amount": {digits(p.Amount)}}
	flag(v, "refund_application_fee", p.RefundApplicationFee)
	set(v, "description", p.Description)
	metadata(v, "metadata", p.Metadata)
	return v
}

// TransferParams ask to move platform money to a homeowner: what was taken
// back for a dispute that was then won.
type TransferParams struct {
	Amount      int64
	Currency    money.Currency
	Destination string // acct_…
	Group       string // see [TransferGroup]
	Description string
	Metadata    map[string]string
}

// Values are the parameters as they are sent.
func (p TransferParams) Values() url.Values {
	v := url.Values{"amount": {digits(p.Amount)}, "currency": {string(p.Currency)}, "destination": {p.Destination}}
	set(v, "transfer_group", p.Group)
	set(v, "description", p.Description)
	metadata(v, "metadata", p.Metadata)
	return v
}

// PayoutParams ask to pay an account's balance out; the account goes beside
// them, in [Planned].
type PayoutParams struct {
	Amount      int64
	Currency    money.Currency
	Description string
	Metadata    map[string]string
}

// Values are the parameters as they are sent.
func (p PayoutParams) Values() url.Values {
	v := url.Values{"amount": {digits(p.Amount)}, "currency": {string(p.Currency)}}
	set(v, "description", p.Description)
	metadata(v, "metadata", p.Metadata)
	return v
}

func digits(n int64) string { return strconv.FormatInt(n, 10) }

func set(v url.Values, name, value string) {
	if value != "" {
		v.Set(name, value)
	}
}

func flag(v url.Values, name string, on bool) {
	if on {
		v.Set(name, "true")
	}
}

func metadata(v url.Values, name string, data map[string]string) {
	for key, value := range data {
		set(v, name+"["+key+"]", value)
	}
}
