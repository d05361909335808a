package hosted

import (
	"io"
	"time"
)

var dashboardTemplate = parse("dashboard")

// DashboardPage is what a homeowner sees of a connected account.
type DashboardPage struct {
	Platform     string
	Account      string
	Name         string // of the person or business; "" when unknown
	Status       Badge
	Charges      bool
	Payouts      bool
	Due          []string // requirements that block or soon will
	Disabled     string   // disabled_reason, as Stripe spells it
	Available    []Money
	Pending      []Money
	Schedule     string // "daily, 2 days later", "manual"
	Bank         string // "STRIPE TEST BANK •••• 6789"; "" when missing
	BankAction   string // gets routing_number and account_number; "" draws no form
	Form         OnboardingForm
	Errors       map[string]string
	Message      string // what the last form did
	PayoutRows   []PayoutRow
	Transactions []TransactionRow
}

// Badge is a status in words with a tone: ok, warn, bad, info or none.
type Badge struct{ Label, Tone string }

// PayoutRow is one payout.
type PayoutRow struct {
	ID      string
	Amount  Money
	Status  Badge
	Arrives time.Time
	Failure string
}

// TransactionRow is one balance transaction.
type TransactionRow struct {
	ID               string
	Created          time.Time
	Type             string
	Description      string
	Amount, Fee, Net Money
	AvailableOn      time.Time
	Status           Badge
}

// Dashboard writes the Express dashboard.
func Dashboard(w io.Writer, p DashboardPage) error { return dashboardTemplate.write(w, p) }
