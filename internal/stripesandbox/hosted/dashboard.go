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
	BankAction   string // gets BankFields; "" draws no form
	BankFields   []Field
	OnSchedule   *ScheduleForm // nil while the platform decides
	Details      []KnownField
	Continue     string // gets a form with what=due or what=details, and leads to where they are asked
	Errors       map[string]string
	Message      string // what the last form did
	PayoutRows   []PayoutRow
	Transactions []TransactionRow
}

// ScheduleForm is when payouts go.
type ScheduleForm struct {
	Action, Interval, Weekly string
	Monthly                  int64
}

// Weekdays are those that payouts may go on.
func (ScheduleForm) Weekdays() []Option {
	return []Option{{"monday", "Monday"}, {"tuesday", "Tuesday"}, {"wednesday", "Wednesday"}, {"thursday", "Thursday"}, {"friday", "Friday"}, {"saturday", "Saturday"}, {"sunday", "Sunday"}}
}

// Days are those of a month.
func (ScheduleForm) Days() (days []int64) {
	for d := int64(1); d <= 31; d++ {
		days = append(days, d)
	}
	return days
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
