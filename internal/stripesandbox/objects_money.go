package stripesandbox

import "encoding/json"

// Transfer moves platform money to an owner; Reversal takes some of it back.
type Transfer struct {
	header
	Amount         int64             `json:"amount"`
	AmountReversed int64             `json:"amount_reversed"`
	Txn            text              `json:"balance_transaction"`
	Currency       string            `json:"currency"`
	Description    text              `json:"description"`
	Destination    string            `json:"destination"`
	Payment        string            `json:"destination_payment"`
	Metadata       map[string]string `json:"metadata"`
	Reversed       bool              `json:"reversed"`
	Source         text              `json:"source_transaction"`
	SourceType     string            `json:"source_type"`
	Group          text              `json:"transfer_group"`

	Reversals []string `json:"_reversals"` // newest first
}

type Reversal struct {
	header
	Amount        int64             `json:"amount"`
	Txn           text              `json:"balance_transaction"`
	Currency      string            `json:"currency"`
	PaymentRefund text              `json:"destination_payment_refund"`
	Metadata      map[string]string `json:"metadata"`
	SourceRefund  text              `json:"source_refund"`
	Transfer      string            `json:"transfer"`
}

// ApplicationFee is the platform's cut; FeeRefund gives some of it back.
type ApplicationFee struct {
	header
	Account     string `json:"account"`
	Amount      int64  `json:"amount"`
	Refunded    int64  `json:"amount_refunded"`
	Application string `json:"application"`
	Txn         text   `json:"balance_transaction"`
	Charge      string `json:"charge"`
	Currency    string `json:"currency"`
	Originating text   `json:"originating_transaction"`
	IsRefunded  bool   `json:"refunded"`

	Refunds []string `json:"_refunds"` // newest first
}

type FeeRefund struct {
	header
	Amount   int64             `json:"amount"`
	Txn      text              `json:"balance_transaction"`
	Currency string            `json:"currency"`
	Fee      string            `json:"fee"`
	Metadata map[string]string `json:"metadata"`
}

// Payout moves balance to a bank, or from it when negative.
type Payout struct {
	header
	Amount         int64             `json:"amount"`
	ArrivalDate    int64             `json:"arrival_date"`
	Automatic      bool              `json:"automatic"`
	Txn            text              `json:"balance_transaction"`
	Currency       string            `json:"currency"`
	Description    text              `json:"description"`
	Destination    text              `json:"destination"`
	FailureTxn     text              `json:"failure_balance_transaction"`
	FailureCode    text              `json:"failure_code"`
	FailureMessage text              `json:"failure_message"`
	Metadata       map[string]string `json:"metadata"`
	Method         string            `json:"method"`
	Original       text              `json:"original_payout"`
	Reconciliation string            `json:"reconciliation_status"`
	ReversedBy     text              `json:"reversed_by"`
	SourceType     string            `json:"source_type"`
	Descriptor     text              `json:"statement_descriptor"`
	Status         string            `json:"status"`
	Type           string            `json:"type"`
}

// BalanceTransaction is one row of an account's ledger. Its status follows
// from available_on and the clock.
type BalanceTransaction struct {
	header
	Amount      int64       `json:"amount"`
	AvailableOn int64       `json:"available_on"`
	Currency    string      `json:"currency"`
	Description text        `json:"description"`
	Fee         int64       `json:"fee"`
	FeeDetails  []FeeDetail `json:"fee_details"`
	Net         int64       `json:"net"`
	Category    string      `json:"reporting_category"`
	Source      text        `json:"source"`
	Type        string      `json:"type"`

	Payout string `json:"_payout"` // the automatic payout that carried it
}

type FeeDetail struct {
	Amount      int64  `json:"amount"`
	Application text   `json:"application"`
	Currency    string `json:"currency"`
	Description text   `json:"description"`
	Type        string `json:"type"`
}

// Balance is what one account holds in one currency. The outside has balances
// too (outside:customers, outside:banks, outside:stripe), so that all sum to zero.
type Balance struct {
	header
	Currency  string `json:"currency"`
	Available int64  `json:"available"`
	Pending   int64  `json:"pending"`
	// Waiting are refunds that wait for this balance.
	Waiting []string `json:"waiting"`
}

// Maturing is money that becomes available on one day.
type Maturing struct {
	header
	Currency string `json:"currency"`
	Amount   int64  `json:"amount"`
}

// Event is a snapshot of what happened.
type Event struct {
	header
	Account    string       `json:"account,omitempty"`
	APIVersion string       `json:"api_version"`
	Data       EventData    `json:"data"`
	Pending    int64        `json:"pending_webhooks"`
	Request    EventRequest `json:"request"`
	Type       string       `json:"type"`

	// Waiting are the endpoints that have not accepted it yet.
	Waiting []string `json:"_waiting"`
}

type EventData struct {
	Object   json.RawMessage `json:"object"`
	Previous json.RawMessage `json:"previous_attributes,omitempty"`
}

type EventRequest struct {
	ID  text `json:"id"`
	Key text `json:"idempotency_key"`
}

// Endpoint is a webhook endpoint: for our account's events, or for those of connected accounts.
type Endpoint struct {
	header
	APIVersion  text              `json:"api_version"`
	Application text              `json:"application"`
	Description text              `json:"description"`
	Types       []string          `json:"enabled_events"`
	Metadata    map[string]string `json:"metadata"`
	Status      string            `json:"status"`
	URL         string            `json:"url"`

	Connect bool     `json:"_connect"`
	Secrets []string `json:"_secrets"` // the newest first; each signs
	// Ends is when an older secret stops signing.
	Ends map[string]int64 `json:"_secrets_end"`
}

// Delivery is one event on its way to one endpoint.
type Delivery struct {
	header
	Event    string `json:"event"`
	Type     string `json:"type"`
	Endpoint string `json:"endpoint"`
	URL      string `json:"url"`
	Status   string `json:"status"` // pending, delivered, failed, dropped
	Attempts int    `json:"attempts"`
	Code     int    `json:"response_code"`
	Body     string `json:"response_body"`
	Error    string `json:"error"`
	LastAt   int64  `json:"last_attempt"` // wall clock
}

// Timer is something the clock will do.
type Timer struct {
	header
	At   int64  `json:"at"`
	Kind string `json:"kind"`
	Ref  string `json:"ref"`
	// Clock is the test clock that the timer goes by; "" is the sandbox's own.
	Clock string `json:"clock,omitempty"`
}

// Answer is the stored first answer to an idempotency key.
type Answer struct {
	header
	Fingerprint string `json:"fingerprint"`
	Status      int    `json:"status"`
	Body        []byte `json:"body"`
	Request     string `json:"request"`
	Retry       string `json:"retry"`
}

// Settings are the sandbox's own, one record.
type Settings struct {
	header
	Knobs
	Offset   int64  `json:"offset"`    // virtual clock minus wall clock, nanoseconds
	ClientID string `json:"client_id"` // the platform's ca_
	Platform string `json:"platform"`  // the platform's acct_
	// Bank is the platform's own bank account.
	Bank string `json:"bank"`
	// PlatformSchedule is when the platform is paid out; manual unless changed.
	PlatformSchedule Schedule `json:"platform_schedule"`
}
