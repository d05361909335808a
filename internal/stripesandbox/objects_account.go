package stripesandbox

// Account is a connected account. What its flags say follows from what is known
// of its owner: see requirements.go.
type Account struct {
	header
	Type            string            `json:"type"`
	BusinessType    text              `json:"business_type"`
	BusinessProfile map[string]text   `json:"business_profile"`
	Capabilities    map[string]string `json:"capabilities"`
	ChargesEnabled  bool              `json:"charges_enabled"`
	PayoutsEnabled  bool              `json:"payouts_enabled"`
	Submitted       bool              `json:"details_submitted"`
	Controller      map[string]any    `json:"controller"`
	Country         string            `json:"country"`
	DefaultCurrency string            `json:"default_currency"`
	Email           text              `json:"email"`
	Metadata        map[string]string `json:"metadata"`
	Requirements    Requirements      `json:"requirements"`
	Future          Requirements      `json:"future_requirements"`
	Settings        AccountSettings   `json:"settings"`
	TOS             TOSAcceptance     `json:"tos_acceptance"`

	// Facts are what the owner told, by dotted name (individual.dob.day).
	Facts map[string]string `json:"_facts"`
	// Requested are the capabilities asked for and when.
	Requested map[string]int64 `json:"_requested"`
	// Check is the identity check: "", pending, verified, failed.
	Check string `json:"_check"`
	// Failures are the demands of a failed check.
	Failures []RequirementError `json:"_failures"`
	// Demand is a later requirement with its deadline.
	Demand   string `json:"_demand"`
	DemandBy int64  `json:"_demand_by"`
	Rejected string `json:"_rejected"`
	// Linked: an account link was made, so personal data is no longer shown.
	Linked       bool `json:"_linked"`
	Disconnected bool `json:"_disconnected"`
	PayoutsOff   bool `json:"_payouts_off"` // its bank returned a payout
	// Banks are the external accounts, the default first.
	Banks []string `json:"_banks"`
}

type Requirements struct {
	Alternatives        []any              `json:"alternatives"`
	CurrentDeadline     number             `json:"current_deadline"`
	CurrentlyDue        []string           `json:"currently_due"`
	DisabledReason      text               `json:"disabled_reason"`
	Errors              []RequirementError `json:"errors"`
	EventuallyDue       []string           `json:"eventually_due"`
	PastDue             []string           `json:"past_due"`
	PendingVerification []string           `json:"pending_verification"`
}

type RequirementError struct {
	Code        string `json:"code"`
	Reason      string `json:"reason"`
	Requirement string `json:"requirement"`
}

type TOSAcceptance struct {
	Date      number `json:"date"`
	IP        text   `json:"ip"`
	UserAgent text   `json:"user_agent"`
}

type AccountSettings struct {
	Branding     map[string]text `json:"branding"`
	CardPayments map[string]any  `json:"card_payments"`
	Dashboard    map[string]text `json:"dashboard"`
	Payments     map[string]text `json:"payments"`
	Payouts      PayoutSettings  `json:"payouts"`
	SEPA         map[string]text `json:"sepa_debit_payments"`
}

type PayoutSettings struct {
	DebitNegative       bool     `json:"debit_negative_balances"`
	Schedule            Schedule `json:"schedule"`
	StatementDescriptor text     `json:"statement_descriptor"`
}

type Schedule struct {
	DelayDays     int64  `json:"delay_days"`
	Interval      string `json:"interval"`
	WeeklyAnchor  string `json:"weekly_anchor,omitempty"`
	MonthlyAnchor int64  `json:"monthly_anchor,omitempty"`
}

// BankAccount is an external account; its number decides how payouts fare.
type BankAccount struct {
	header
	Account     string            `json:"account"`
	HolderName  text              `json:"account_holder_name"`
	HolderType  text              `json:"account_holder_type"`
	AccountType text              `json:"account_type"`
	Methods     []string          `json:"available_payout_methods"`
	BankName    text              `json:"bank_name"`
	Country     string            `json:"country"`
	Currency    string            `json:"currency"`
	Default     bool              `json:"default_for_currency"`
	Fingerprint string            `json:"fingerprint"`
	Last4       string            `json:"last4"`
	Metadata    map[string]string `json:"metadata"`
	Routing     text              `json:"routing_number"`
	Status      string            `json:"status"`

	Number string `json:"_number"`
}

// AccountLink lives 300 seconds and opens once. It has no id of its own in the
// API; here its id is the token in its URL.
type AccountLink struct {
	header
	ExpiresAt int64  `json:"expires_at"`
	URL       string `json:"url"`

	Account    string `json:"_account"`
	Kind       string `json:"_kind"` // account_onboarding or account_update
	RefreshURL string `json:"_refresh_url"`
	ReturnURL  string `json:"_return_url"`
	Used       bool   `json:"_used"`
}

// LoginLink opens an Express dashboard once.
type LoginLink struct {
	header
	URL string `json:"url"`

	Account string `json:"_account"`
	Used    bool   `json:"_used"`
}

// Capability is what the API shows of one requested capability.
type Capability struct {
	header
	Account      string       `json:"account"`
	Requested    bool         `json:"requested"`
	RequestedAt  number       `json:"requested_at"`
	Requirements Requirements `json:"requirements"`
	Future       Requirements `json:"future_requirements"`
	Status       string       `json:"status"`
}
