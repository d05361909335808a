package stripesandbox

// Account is a connected account. What its flags say follows from what is known
// of its owner: see requirements.go.
type Account struct {
	header
	Type            string            `json:"type"`
	BusinessType    text              `json:"business_type"`
	BusinessProfile map[string]any    `json:"business_profile"`
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

	// Facts are what was told of the company, by dotted name (company.tax_id), and
	// the account's own documents; those of people are kept with them.
	Facts map[string]string `json:"_facts"`
	// Persons are the ids of the people behind the account.
	Persons []string `json:"_persons"`
	// Requested are the capabilities asked for and when.
	Requested map[string]int64 `json:"_requested"`
	// Check is the identity check: "", pending, passed, failed.
	Check string `json:"_check"`
	// Told is what the check was about; when that changes, there is another.
	Told string `json:"_told"`
	// Failures are the demands of a failed check.
	Failures []failure `json:"_failures"`
	// Verified: a check was passed once. What is demanded from then on has a deadline.
	Verified bool `json:"_verified"`
	// Trusted: it was imported as verified, so nothing that it has not told is missing.
	Trusted bool `json:"_trusted,omitempty"`
	// Demands are later requirements.
	Demands  []Demand `json:"_demands"`
	Rejected string   `json:"_rejected"`
	// Linked: an account link or session was made, so identity is Stripe's to collect.
	Linked       bool `json:"_linked"`
	Disconnected bool `json:"_disconnected"`
	// ReadOnly: its owner lets the platform look, and no more.
	ReadOnly bool `json:"_read_only"`
	// Token is the newest OAuth access token, and what it may do.
	Token      string `json:"_token"`
	TokenScope string `json:"_token_scope"`
	PayoutsOff bool   `json:"_payouts_off"` // its bank returned a payout
	// Banks are the external accounts, the default first.
	Banks []string `json:"_banks"`
}

// Person is somebody behind an account: the individual, or one of a company's
// representative, owners, directors and executives.
type Person struct {
	header
	Account  string            `json:"account"`
	Metadata map[string]string `json:"metadata"`

	// Facts are by dotted name: dob.day, relationship.owner.
	Facts map[string]string `json:"_facts"`
}

// Demand is a requirement that came up after the account was verified.
type Demand struct {
	Requirement string `json:"requirement"`
	By          int64  `json:"by"`
	// Blocks is what stops when it is past due: payouts, or charges.
	Blocks string `json:"blocks"`
	// Had is what was told when it came up: it is met by something else.
	Had string `json:"had"`
	// Future: it is announced, and comes up at By.
	Future bool `json:"future"`
}

// failure is what a check did not believe. Some stop payouts alone.
type failure struct {
	RequirementError
	PayoutsOnly bool `json:"_payouts_only"`
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
	Agreement string `json:"service_agreement,omitempty"`
}

type AccountSettings struct {
	Branding     map[string]text `json:"branding"`
	CardPayments map[string]any  `json:"card_payments"`
	Dashboard    map[string]text `json:"dashboard"`
	Payments     map[string]text `json:"payments"`
	Payouts      PayoutSettings  `json:"payouts"`
	SEPA         map[string]text `json:"sepa_debit_payments"`
	Bacs         map[string]text `json:"bacs_debit_payments"`
	Invoices     map[string]any  `json:"invoices"`
	CardIssuing  *agreement      `json:"card_issuing,omitempty"`
	Treasury     *agreement      `json:"treasury,omitempty"`
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

// agreement is the acceptance of terms that a product has of its own.
type agreement struct {
	TOS struct {
		Date      number `json:"date"`
		IP        text   `json:"ip"`
		UserAgent string `json:"user_agent,omitempty"`
	} `json:"tos_acceptance"`
}

// BankAccount is an external account, a bank's or a debit card's; its number
// decides how payouts fare.
type BankAccount struct {
	header
	Account     string            `json:"account"`
	Customer    text              `json:"customer"`
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

	Number string     `json:"_number"`
	Card   *DebitCard `json:"_card,omitempty"`
	// Owned is the check of who owns the account: "", pending, due, verified.
	Owned string `json:"_owned,omitempty"`
}

// DebitCard is what an external account has of a card.
type DebitCard struct {
	Brand    string  `json:"brand"`
	ExpMonth int64   `json:"exp_month"`
	ExpYear  int64   `json:"exp_year"`
	Funding  string  `json:"funding"`
	Name     text    `json:"name"`
	Address  Address `json:"address"`
	CVCCheck text    `json:"cvc_check"`
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
	// Eventually and Future: it asks for what is due only later, too.
	Eventually bool `json:"_eventually"`
	Future     bool `json:"_future"`
	// Consent is the OAuth request that the form is a part of.
	Consent *ConsentRequest `json:"_consent,omitempty"`
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
