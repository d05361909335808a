package stripesandbox

import "math"

// Subscription bills a customer again and again.
type Subscription struct {
	header
	FeePercent    *float64           `json:"application_fee_percent"`
	Anchor        int64              `json:"billing_cycle_anchor"`
	CancelAt      number             `json:"cancel_at"`
	CancelAtEnd   bool               `json:"cancel_at_period_end"`
	CanceledAt    number             `json:"canceled_at"`
	Cancellation  Cancellation       `json:"cancellation_details"`
	Collection    string             `json:"collection_method"`
	Currency      string             `json:"currency"`
	PeriodEnd     int64              `json:"current_period_end"`
	PeriodStart   int64              `json:"current_period_start"`
	Customer      string             `json:"customer"`
	DaysDue       number             `json:"days_until_due"`
	DefaultMethod text               `json:"default_payment_method"`
	Description   text               `json:"description"`
	EndedAt       number             `json:"ended_at"`
	LatestInvoice text               `json:"latest_invoice"`
	Metadata      map[string]string  `json:"metadata"`
	OnBehalfOf    text               `json:"on_behalf_of"`
	Pause         *Pause             `json:"pause_collection"`
	Settings      SubscriptionMethod `json:"payment_settings"`
	StartDate     int64              `json:"start_date"`
	Status        string             `json:"status"`
	Clock         text               `json:"test_clock"`
	Transfer      *ShareOf           `json:"transfer_data"`
	TrialEnd      number             `json:"trial_end"`
	TrialSettings TrialSettings      `json:"trial_settings"`
	TrialStart    number             `json:"trial_start"`

	Items   []string `json:"_items"`
	Session string   `json:"_session"`
}

type Cancellation struct {
	Comment  text `json:"comment"`
	Feedback text `json:"feedback"`
	Reason   text `json:"reason"`
}

// Pause stops the collection of a subscription's invoices.
type Pause struct {
	Behavior  string `json:"behavior"`
	ResumesAt number `json:"resumes_at"`
}

// SubscriptionMethod says how a subscription may be paid.
type SubscriptionMethod struct {
	Options *struct{} `json:"payment_method_options"`
	Types   []string  `json:"payment_method_types"`
	Save    text      `json:"save_default_payment_method"`
}

// ShareOf is the part of each invoice that goes to an owner; all of it without a percent.
type ShareOf struct {
	Percent     *float64 `json:"amount_percent"`
	Destination string   `json:"destination"`
}

type TrialSettings struct {
	End struct {
		Missing string `json:"missing_payment_method"`
	} `json:"end_behavior"`
}

// percentOf is part of an amount to the nearest cent; percents have two decimals at most.
func (s *Server) percentOf(amount int64, percent float64) int64 {
	return shareHalf(amount, int64(math.Round(percent*100)), 100*100, s.assumes(assumeHalf))
}

// SubscriptionItem is one price of a subscription.
type SubscriptionItem struct {
	header
	Metadata     map[string]string `json:"metadata"`
	Quantity     int64             `json:"quantity"`
	Subscription string            `json:"subscription"`

	Price string `json:"_price"`
}

// Invoice is what a customer owes, and how it is being collected.
type Invoice struct {
	header
	AmountDue       int64               `json:"amount_due"`
	AmountPaid      int64               `json:"amount_paid"`
	AmountRemaining int64               `json:"amount_remaining"`
	Fee             number              `json:"application_fee_amount"`
	Attempts        int64               `json:"attempt_count"`
	Attempted       bool                `json:"attempted"`
	AutoAdvance     bool                `json:"auto_advance"`
	Reason          string              `json:"billing_reason"`
	Charge          text                `json:"charge"`
	Collection      string              `json:"collection_method"`
	Currency        string              `json:"currency"`
	Customer        string              `json:"customer"`
	CustomerEmail   text                `json:"customer_email"`
	CustomerName    text                `json:"customer_name"`
	CustomerPhone   text                `json:"customer_phone"`
	DefaultMethod   text                `json:"default_payment_method"`
	Description     text                `json:"description"`
	DueDate         number              `json:"due_date"`
	EffectiveAt     number              `json:"effective_at"`
	EndingBalance   *int64              `json:"ending_balance"`
	Footer          text                `json:"footer"`
	HostedURL       text                `json:"hosted_invoice_url"`
	Metadata        map[string]string   `json:"metadata"`
	NextAttempt     number              `json:"next_payment_attempt"`
	Number          text                `json:"number"`
	OnBehalfOf      text                `json:"on_behalf_of"`
	Paid            bool                `json:"paid"`
	OutOfBand       bool                `json:"paid_out_of_band"`
	Intent          text                `json:"payment_intent"`
	PeriodEnd       int64               `json:"period_end"`
	PeriodStart     int64               `json:"period_start"`
	StartingBalance int64               `json:"starting_balance"`
	Descriptor      text                `json:"statement_descriptor"`
	Status          string              `json:"status"`
	Transitions     Transitions         `json:"status_transitions"`
	Subscription    text                `json:"subscription"`
	Details         SubscriptionDetails `json:"subscription_details"`
	Subtotal        int64               `json:"subtotal"`
	Clock           text                `json:"test_clock"`
	Total           int64               `json:"total"`
	Transfer        *InvoiceTransfer    `json:"transfer_data"`
	DeliveredAt     number              `json:"webhooks_delivered_at"`

	Lines []*InvoiceLine `json:"_lines"`
}

// Transitions are the instants at which an invoice changed its status.
type Transitions struct {
	Finalized     number `json:"finalized_at"`
	Uncollectible number `json:"marked_uncollectible_at"`
	Paid          number `json:"paid_at"`
	Voided        number `json:"voided_at"`
}

// SubscriptionDetails is the subscription's metadata as the invoice froze it.
type SubscriptionDetails struct {
	Metadata map[string]string `json:"metadata"`
}

type InvoiceTransfer struct {
	Amount      number `json:"amount"`
	Destination string `json:"destination"`
}

// InvoiceLine is one line of an invoice.
type InvoiceLine struct {
	header
	Amount       int64             `json:"amount"`
	Currency     string            `json:"currency"`
	Description  text              `json:"description"`
	Discountable bool              `json:"discountable"`
	Invoice      text              `json:"invoice"`
	InvoiceItem  string            `json:"invoice_item,omitempty"`
	Metadata     map[string]string `json:"metadata"`
	Period       Period            `json:"period"`
	Proration    bool              `json:"proration"`
	Quantity     int64             `json:"quantity"`
	Subscription text              `json:"subscription"`
	Item         string            `json:"subscription_item,omitempty"`
	Type         string            `json:"type"`

	Price string `json:"_price"`
}

// Period is what a line pays for.
type Period struct {
	End   int64 `json:"end"`
	Start int64 `json:"start"`
}

// InvoiceItem waits for an invoice, or is on one.
type InvoiceItem struct {
	header
	Amount       int64             `json:"amount"`
	Currency     string            `json:"currency"`
	Customer     string            `json:"customer"`
	Date         int64             `json:"date"`
	Description  text              `json:"description"`
	Discountable bool              `json:"discountable"`
	Invoice      text              `json:"invoice"`
	Metadata     map[string]string `json:"metadata"`
	Period       Period            `json:"period"`
	Proration    bool              `json:"proration"`
	Quantity     int64             `json:"quantity"`
	Subscription text              `json:"subscription"`
	Item         string            `json:"subscription_item,omitempty"`
	Clock        text              `json:"test_clock"`
	UnitAmount   *int64            `json:"unit_amount"`
	UnitExact    string            `json:"unit_amount_decimal"`

	Price string `json:"_price"`
}

// TestClock is a time of its own for the customers that were made on it.
type TestClock struct {
	header
	DeletesAfter int64  `json:"deletes_after"`
	FrozenTime   int64  `json:"frozen_time"`
	Name         text   `json:"name"`
	Status       string `json:"status"`

	Target int64 `json:"_target"`
}
