package stripesandbox

// Intent is a payment intent.
type Intent struct {
	header
	Amount         int64             `json:"amount"`
	Capturable     int64             `json:"amount_capturable"`
	Received       int64             `json:"amount_received"`
	Fee            number            `json:"application_fee_amount"`
	Automatic      map[string]any    `json:"automatic_payment_methods"`
	CanceledAt     number            `json:"canceled_at"`
	CancelReason   text              `json:"cancellation_reason"`
	CaptureMethod  string            `json:"capture_method"`
	ClientSecret   string            `json:"client_secret"`
	Confirmation   string            `json:"confirmation_method"`
	Currency       string            `json:"currency"`
	Customer       text              `json:"customer"`
	Description    text              `json:"description"`
	Invoice        text              `json:"invoice"`
	LastError      *apiError         `json:"last_payment_error"`
	LatestCharge   text              `json:"latest_charge"`
	Metadata       map[string]string `json:"metadata"`
	NextAction     map[string]any    `json:"next_action"`
	OnBehalfOf     text              `json:"on_behalf_of"`
	Method         text              `json:"payment_method"`
	MethodTypes    []string          `json:"payment_method_types"`
	ReceiptEmail   text              `json:"receipt_email"`
	FutureUsage    text              `json:"setup_future_usage"`
	Descriptor     text              `json:"statement_descriptor"`
	DescriptorTail text              `json:"statement_descriptor_suffix"`
	Status         string            `json:"status"`
	TransferData   *TransferData     `json:"transfer_data"`
	TransferGroup  text              `json:"transfer_group"`

	Options  map[string]map[string]any `json:"payment_method_options"`
	Review   text                      `json:"review"`
	Shipping *Shipping                 `json:"shipping"`

	Session   string `json:"_session"`
	ReturnURL string `json:"_return_url"`
	// OffSession: the customer is not there to answer a bank.
	OffSession bool `json:"_off_session"`
	// SDK: a page of the merchant's asked, and shows the bank's question itself.
	SDK bool `json:"_use_stripe_sdk"`
	// NoAction: a bank's question is a refusal.
	NoAction bool `json:"_error_on_requires_action"`
	// Authenticated: the bank had its answer about the method there is.
	Authenticated bool `json:"_authenticated"`
	// Acceptance is how the customer agreed to a mandate.
	Acceptance map[string]any `json:"_acceptance"`
	// Tries counts guesses at microdeposits.
	Tries int `json:"_tries"`
}

// Mandate is a customer's permission to debit an account.
type Mandate struct {
	header
	Acceptance map[string]any `json:"customer_acceptance"`
	MultiUse   *struct{}      `json:"multi_use,omitempty"`
	OnBehalfOf string         `json:"on_behalf_of,omitempty"`
	Method     string         `json:"payment_method"`
	Details    map[string]any `json:"payment_method_details"`
	SingleUse  *SingleUse     `json:"single_use,omitempty"`
	Status     string         `json:"status"`
	Type       string         `json:"type"`
}

// SingleUse is what a mandate for one payment allows.
type SingleUse struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// SetupIntent saves a payment method for later.
type SetupIntent struct {
	header
	AttachSelf    bool              `json:"attach_to_self,omitempty"`
	Automatic     map[string]any    `json:"automatic_payment_methods"`
	CancelReason  text              `json:"cancellation_reason"`
	ClientSecret  string            `json:"client_secret"`
	Customer      text              `json:"customer"`
	Description   text              `json:"description"`
	Flows         []string          `json:"flow_directions"`
	LastError     *apiError         `json:"last_setup_error"`
	LatestAttempt text              `json:"latest_attempt"`
	Mandate       text              `json:"mandate"`
	Metadata      map[string]string `json:"metadata"`
	NextAction    map[string]any    `json:"next_action"`
	OnBehalfOf    text              `json:"on_behalf_of"`
	Method        text              `json:"payment_method"`
	MethodTypes   []string          `json:"payment_method_types"`
	SingleMandate text              `json:"single_use_mandate"`
	Status        string            `json:"status"`
	Usage         string            `json:"usage"`

	Options    map[string]map[string]any `json:"_options"`
	Session    string                    `json:"_session"`
	ReturnURL  string                    `json:"_return_url"`
	SDK        bool                      `json:"_use_stripe_sdk"`
	Acceptance map[string]any            `json:"_acceptance"`
	SingleUse  *SingleUse                `json:"_single_use"`
	Tries      int                       `json:"_tries"`
}

// SetupAttempt is one try of a setup intent.
type SetupAttempt struct {
	header
	AttachSelf bool           `json:"attach_to_self,omitempty"`
	Customer   text           `json:"customer"`
	Flows      []string       `json:"flow_directions"`
	OnBehalfOf text           `json:"on_behalf_of"`
	Method     string         `json:"payment_method"`
	Details    map[string]any `json:"payment_method_details"`
	Error      *apiError      `json:"setup_error"`
	Setup      string         `json:"setup_intent"`
	Status     string         `json:"status"`
	Usage      string         `json:"usage"`
}
