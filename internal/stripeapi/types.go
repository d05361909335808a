package stripeapi

import (
	"time"

	"hearth/internal/money"
)

// The keys under which our ids travel in the metadata of Stripe's objects:
// lost objects are found again by them.
const (
	MetaBooking = "booking_id"
	MetaPayment = "payment_id"
	MetaRefund  = "refund_id"
	MetaUser    = "user_id"
	MetaPayout  = "payout_id"
)

// The types are what Hearth reads of Stripe's objects, and no more. Amounts
// are minor units of the currency beside them. Ids are "" and times zero where
// Stripe says null; times are UTC.

// Session is a Checkout Session. Its URL is there only while it is open, its
// payment intent only after the customer confirmed.
type Session struct {
	ID              string
	Status          string // open, complete, expired
	PaymentStatus   string // paid, unpaid, no_payment_required
	URL             string
	PaymentIntentID string
	AmountTotal     int64
	Currency        money.Currency
	ExpiresAt       time.Time
	Created         time.Time
	Livemode        bool
	Metadata        map[string]string
}

// PaymentIntent is a payment intent without its client secret, which Hearth
// never needs.
type PaymentIntent struct {
	ID                   string
	Status               string
	Amount               int64
	AmountReceived       int64
	AmountCapturable     int64
	Currency             money.Currency
	ApplicationFeeAmount int64
	Destination          string // acct_…
	LatestChargeID       string
	LastError            string // the last decline, in Stripe's words for people
	CancellationReason   string
	CaptureMethod        string
	Metadata             map[string]string
	Created              time.Time
	Livemode             bool
}

// Charge is one attempt to take money, successful or not. Captured says
// whether money was really taken: an uncaptured charge has succeeded, too.
type Charge struct {
	ID                   string
	PaymentIntentID      string
	Status               string // succeeded, pending, failed
	Amount               int64
	Captured             bool
	AmountCaptured       int64
	AmountRefunded       int64
	Refunded             bool // fully
	Disputed             bool
	Currency             money.Currency
	FailureCode          string
	DeclineCode          string
	FailureMessage       string // for people
	Method               string // card, sepa_debit, …
	Brand                string
	Last4                string
	TransferID           string
	ApplicationFeeID     string
	ApplicationFeeAmount int64
	TransferGroup        string
	BalanceTransactionID string
	StripeFee            int64     // without our own part of it; known only where the look expands the balance transaction
	AvailableOn          time.Time // the same
	ReceiptURL           string
	CaptureBefore        time.Time // of a card that is held: when Stripe lets it go, where it says so
	Created              time.Time
}

// Refund is a refund to a customer.
type Refund struct {
	ID                          string
	ChargeID                    string
	PaymentIntentID             string
	Status                      string // pending, requires_action, succeeded, failed, canceled
	Amount                      int64
	Currency                    money.Currency
	Reason                      string // expired_uncaptured_charge: no money ever moved
	FailureReason               string
	TransferReversalID          string
	Metadata                    map[string]string
	Created                     time.Time
	BalanceTransactionID        string
	FailureBalanceTransactionID string
	Reference                   string // the number by which the payer's bank knows it: a card's ARN
	ReferenceStatus             string // pending, available, unavailable
}

// Transfer is what a charge moved on to its homeowner, with what was taken
// back of it.
type Transfer struct {
	ID                 string
	Amount             int64
	AmountReversed     int64
	Currency           money.Currency
	Destination        string // acct_…
	DestinationPayment string // py_… on the owner's side
	Created            time.Time
	Reversals          []Reversal
	Metadata           map[string]string
}

// Reversal took part of a transfer back; SourceRefundID says for which refund.
type Reversal struct {
	ID             string
	Amount         int64
	SourceRefundID string
	Created        time.Time
	Metadata       map[string]string
}

// ApplicationFee is our share of a charge, with what we gave back of it.
type ApplicationFee struct {
	ID             string
	Amount         int64
	AmountRefunded int64
	Currency       money.Currency
	Refunds        []FeeRefund
	Created        time.Time
}

// FeeRefund gave part of an application fee back.
type FeeRefund struct {
	ID      string
	Amount  int64
	Created time.Time
}

// Dispute is a chargeback, or an inquiry (warning_…) that may become one.
type Dispute struct {
	ID                  string
	Account             string // acct_… whose direct charge is disputed; "" for one of ours
	ChargeID            string
	PaymentIntentID     string
	Status              string
	Reason              string
	Amount              int64
	Currency            money.Currency
	DueBy               *time.Time // nil: no answer is possible
	HasEvidence         bool
	SubmissionCount     int
	PastDue             bool
	Created             time.Time
	BalanceTransactions []BalanceTransaction // 0: inquiry, 1: withdrawn, 2: reinstated
}

// BalanceTransaction is one row of a Stripe balance: Net = Amount − Fee.
type BalanceTransaction struct {
	ID                string
	Type              string
	ReportingCategory string
	Amount            int64
	Fee               int64
	Net               int64
	Currency          money.Currency
	SourceID          string
	AvailableOn       time.Time
	Created           time.Time
}

// Account is a connected account as far as Stripe shows it for Express.
type Account struct {
	ID                  string
	Type                string // express, standard, custom
	Country             string
	DefaultCurrency     money.Currency
	ChargesEnabled      bool
	PayoutsEnabled      bool
	DetailsSubmitted    bool
	Capabilities        map[string]string // transfers: active, inactive, pending
	DisabledReason      string
	CurrentlyDue        []string
	PastDue             []string
	EventuallyDue       []string
	PendingVerification []string
	Errors              []RequirementError
	CurrentDeadline     *time.Time
	PayoutInterval      string // manual, daily, …
	Schedule            Schedule
	Metadata            map[string]string
	Created             time.Time
}

// RequirementError says why Stripe did not accept what was given.
type RequirementError struct {
	Code        string `json:"code"`
	Reason      string `json:"reason"`
	Requirement string `json:"requirement"`
}

// Payout moves balance to a bank account.
type Payout struct {
	ID             string
	Amount         int64
	Currency       money.Currency
	Status         string // pending, in_transit, paid, failed, canceled
	ArrivalDate    time.Time
	Automatic      bool
	FailureCode    string
	FailureMessage string
	Created        time.Time
	Metadata       map[string]string
	Reconciliation string // of an automatic one: in_progress, completed
	Bank           Bank
}

// Balance is what an account holds, by currency; amounts may be negative.
type Balance struct {
	Available map[money.Currency]int64
	Pending   map[money.Currency]int64
}

// EarlyFraudWarning is an issuer's sign that a charge will be disputed.
type EarlyFraudWarning struct {
	ID              string
	ChargeID        string
	PaymentIntentID string
	Type            string
	Actionable      bool
	Created         time.Time
}
