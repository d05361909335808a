package stripesandbox

// Session is a Checkout Session.
type Session struct {
	header
	Collected
	AmountSubtotal int64             `json:"amount_subtotal"`
	AmountTotal    int64             `json:"amount_total"`
	CancelURL      text              `json:"cancel_url"`
	ClientRef      text              `json:"client_reference_id"`
	Currency       string            `json:"currency"`
	Customer       text              `json:"customer"`
	Creation       text              `json:"customer_creation"`
	Details        *CustomerDetails  `json:"customer_details"`
	CustomerEmail  text              `json:"customer_email"`
	ExpiresAt      int64             `json:"expires_at"`
	Invoice        text              `json:"invoice"`
	Locale         text              `json:"locale"`
	Metadata       map[string]string `json:"metadata"`
	Mode           string            `json:"mode"`
	Intent         text              `json:"payment_intent"`
	Setup          text              `json:"setup_intent"`
	MethodTypes    []string          `json:"payment_method_types"`
	PaymentStatus  string            `json:"payment_status"`
	Status         string            `json:"status"`
	SubmitType     text              `json:"submit_type"`
	Subscription   text              `json:"subscription"`
	SuccessURL     text              `json:"success_url"`
	URL            text              `json:"url"`
	BillingAddress text              `json:"billing_address_collection"`
	PhoneNumbers   map[string]bool   `json:"phone_number_collection"`
	AfterExpiry    *AfterExpiration  `json:"after_expiration"`
	CustomText     map[string]any    `json:"custom_text"`
	UIMode         string            `json:"ui_mode"`
	ClientSecret   text              `json:"client_secret"`
	ReturnURL      string            `json:"return_url,omitempty"`
	OnCompletion   string            `json:"redirect_on_completion,omitempty"`
	RecoveredFrom  text              `json:"recovered_from"`

	Lines []LineItem `json:"_lines"`
	// Plan is what the payment intent will be made from.
	Plan IntentPlan `json:"_plan"`
	// Terms are what the subscription will be made from, and Pending is the one
	// that is not paid yet; the session shows it once it is complete.
	Terms   *Terms `json:"_terms,omitempty"`
	Pending string `json:"_pending"`
	// Link is the URL's lasting form, for pages that explain a closed session.
	Link string `json:"_link"`
}

type AfterExpiration struct {
	Recovery *Recovery `json:"recovery"`
}

type Recovery struct {
	AllowPromotionCodes bool   `json:"allow_promotion_codes"`
	Enabled             bool   `json:"enabled"`
	ExpiresAt           number `json:"expires_at"`
	URL                 text   `json:"url"`
}

type CustomerDetails struct {
	Address   *Address `json:"address"`
	Email     text     `json:"email"`
	Name      text     `json:"name"`
	Phone     text     `json:"phone"`
	TaxExempt text     `json:"tax_exempt"`
	TaxIDs    []any    `json:"tax_ids"`
}

// LineItem is one line of a session: what the page says of its price, and the price.
type LineItem struct {
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Images      []string    `json:"images"`
	Product     string      `json:"product"`
	Price       string      `json:"price"`
	UnitAmount  int64       `json:"unit_amount"`
	Quantity    int64       `json:"quantity"`
	Amount      int64       `json:"amount"` // of all units; an exact price is rounded once
	Currency    string      `json:"currency"`
	Adjustable  *Adjustable `json:"adjustable"`
}

// Adjustable is how far the payer may change a line's quantity.
type Adjustable struct {
	Minimum int64 `json:"minimum"`
	Maximum int64 `json:"maximum"`
}

// IntentPlan is what a payment intent can be asked for in both places that make one.
type IntentPlan struct {
	Fee           int64             `json:"fee"`
	Destination   string            `json:"destination"`
	TransferSum   int64             `json:"transfer_sum"`
	OnBehalfOf    text              `json:"on_behalf_of"`
	CaptureMethod string            `json:"capture_method"`
	Description   text              `json:"description"`
	Metadata      map[string]string `json:"metadata"`
	ReceiptEmail  text              `json:"receipt_email"`
	FutureUsage   text              `json:"future_usage"`
	Descriptor    text              `json:"descriptor"`
	Suffix        text              `json:"suffix"`
	Group         text              `json:"group"`
	Shipping      *Shipping         `json:"shipping"`
	// Options are the payment_method_options by type.
	Options map[string]map[string]any `json:"options"`
}

type TransferData struct {
	Amount      int64  `json:"amount,omitempty"`
	Destination string `json:"destination"`
}

// Charge is a charge (ch_), or a payment (py_) made by debit or by transfer.
type Charge struct {
	header
	Amount         int64             `json:"amount"`
	Captured       int64             `json:"amount_captured"`
	Refunded       int64             `json:"amount_refunded"`
	FeeID          text              `json:"application_fee"`
	Fee            number            `json:"application_fee_amount"`
	Txn            text              `json:"balance_transaction"`
	Billing        BillingDetails    `json:"billing_details"`
	IsCaptured     bool              `json:"captured"`
	Currency       string            `json:"currency"`
	Customer       text              `json:"customer"`
	Description    text              `json:"description"`
	Destination    text              `json:"destination"`
	Dispute        text              `json:"dispute"`
	Disputed       bool              `json:"disputed"`
	FailureCode    text              `json:"failure_code"`
	FailureMessage text              `json:"failure_message"`
	Invoice        text              `json:"invoice"`
	Metadata       map[string]string `json:"metadata"`
	OnBehalfOf     text              `json:"on_behalf_of"`
	Outcome        *Outcome          `json:"outcome"`
	Paid           bool              `json:"paid"`
	Intent         text              `json:"payment_intent"`
	Method         text              `json:"payment_method"`
	MethodDetails  map[string]any    `json:"payment_method_details"`
	ReceiptEmail   text              `json:"receipt_email"`
	ReceiptURL     text              `json:"receipt_url"`
	Review         text              `json:"review"`
	Shipping       *Shipping         `json:"shipping"`
	Fraud          map[string]string `json:"fraud_details"`
	IsRefunded     bool              `json:"refunded"`
	SourceTransfer text              `json:"source_transfer"`
	Descriptor     text              `json:"statement_descriptor"`
	DescriptorTail text              `json:"statement_descriptor_suffix"`
	Status         string            `json:"status"`
	Transfer       string            `json:"transfer,omitempty"`
	TransferData   *TransferData     `json:"transfer_data"`
	TransferGroup  text              `json:"transfer_group"`

	Refunds []string `json:"_refunds"` // newest first
	Number  string   `json:"_number"`  // the test card or IBAN, which decides what follows
}

type Outcome struct {
	NetworkStatus text   `json:"network_status"`
	Reason        text   `json:"reason"`
	RiskLevel     string `json:"risk_level"`
	RiskScore     int64  `json:"risk_score"`
	SellerMessage text   `json:"seller_message"`
	Type          string `json:"type"`
}

// Refund is a refund of a charge (re_) or, on the owner's side of a reversal, of a payment (pyr_).
type Refund struct {
	header
	Amount         int64             `json:"amount"`
	Txn            text              `json:"balance_transaction"`
	Charge         string            `json:"charge"`
	Currency       string            `json:"currency"`
	Details        map[string]any    `json:"destination_details,omitempty"`
	FailureTxn     string            `json:"failure_balance_transaction,omitempty"`
	FailureReason  string            `json:"failure_reason,omitempty"`
	Email          string            `json:"instructions_email,omitempty"`
	Metadata       map[string]string `json:"metadata"`
	NextAction     map[string]any    `json:"next_action,omitempty"`
	Intent         text              `json:"payment_intent"`
	Reason         text              `json:"reason"`
	SourceReversal text              `json:"source_transfer_reversal"`
	Status         string            `json:"status"`
	Reversal       text              `json:"transfer_reversal"`

	// Unfunded: it waits for platform balance.
	Unfunded bool `json:"_unfunded"`
}

// Dispute is a chargeback, or an inquiry (warning_…) that may become one.
type Dispute struct {
	header
	Amount     int64             `json:"amount"`
	Txns       []string          `json:"_txns"`
	Charge     string            `json:"charge"`
	Currency   string            `json:"currency"`
	Evidence   map[string]text   `json:"evidence"`
	Details    EvidenceDetails   `json:"evidence_details"`
	Refundable bool              `json:"is_charge_refundable"`
	Metadata   map[string]string `json:"metadata"`
	Intent     text              `json:"payment_intent"`
	Method     map[string]any    `json:"payment_method_details,omitempty"`
	Reason     string            `json:"reason"`
	Status     string            `json:"status"`
}

type EvidenceDetails struct {
	DueBy       number `json:"due_by"`
	HasEvidence bool   `json:"has_evidence"`
	PastDue     bool   `json:"past_due"`
	Submissions int64  `json:"submission_count"`
}

// FraudWarning is an early fraud warning.
type FraudWarning struct {
	header
	Actionable bool   `json:"actionable"`
	Charge     string `json:"charge"`
	FraudType  string `json:"fraud_type"`
	Intent     string `json:"payment_intent,omitempty"`
}
