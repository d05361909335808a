package stripeapi

import (
	"encoding/json"
	"fmt"
	"time"

	"hearth/internal/money"

	"github.com/stripe/stripe-go/v76"
)

// decode reads an object into a type of the wire, mostly stripe-go's, which
// knows how to tell an id from an expanded object, and makes it one of ours.
func decode[S, T any](raw json.RawMessage, narrow func(*S) T) (T, error) {
	var s S
	if err := json.Unmarshal(raw, &s); err != nil {
		var zero T
		return zero, fmt.Errorf("read Stripe's %T: %w", s, err)
	}
	return narrow(&s), nil
}

func unix(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

func unixPointer(seconds int64) *time.Time {
	if seconds == 0 {
		return nil
	}
	t := unix(seconds)
	return &t
}

func session(s *stripe.CheckoutSession) Session {
	out := Session{
		ID: s.ID, Status: string(s.Status), PaymentStatus: string(s.PaymentStatus), URL: s.URL,
		AmountTotal: s.AmountTotal, Currency: money.Currency(s.Currency),
		ExpiresAt: unix(s.ExpiresAt), Created: unix(s.Created), Livemode: s.Livemode, Metadata: s.Metadata,
	}
	if s.PaymentIntent != nil {
		out.PaymentIntentID = s.PaymentIntent.ID
	}
	return out
}

func paymentIntent(p *stripe.PaymentIntent) PaymentIntent {
	out := PaymentIntent{
		ID: p.ID, Status: string(p.Status), Amount: p.Amount, AmountReceived: p.AmountReceived,
		AmountCapturable: p.AmountCapturable, Currency: money.Currency(p.Currency),
		ApplicationFeeAmount: p.ApplicationFeeAmount, CancellationReason: string(p.CancellationReason),
		CaptureMethod: string(p.CaptureMethod), Metadata: p.Metadata, Created: unix(p.Created), Livemode: p.Livemode,
	}
	if p.TransferData != nil && p.TransferData.Destination != nil {
		out.Destination = p.TransferData.Destination.ID
	}
	if p.LatestCharge != nil {
		out.LatestChargeID = p.LatestCharge.ID
	}
	if p.LastPaymentError != nil {
		out.LastError = p.LastPaymentError.Msg
	}
	return out
}

func charge(c *stripe.Charge) Charge {
	out := Charge{
		ID: c.ID, Status: string(c.Status), Amount: c.Amount, Captured: c.Captured,
		AmountCaptured: c.AmountCaptured, AmountRefunded: c.AmountRefunded, Refunded: c.Refunded,
		Disputed: c.Disputed, Currency: money.Currency(c.Currency),
		FailureCode: c.FailureCode, FailureMessage: c.FailureMessage,
		ApplicationFeeAmount: c.ApplicationFeeAmount, TransferGroup: c.TransferGroup, ReceiptURL: c.ReceiptURL, Created: unix(c.Created),
	}
	if c.PaymentIntent != nil {
		out.PaymentIntentID = c.PaymentIntent.ID
	}
	if c.Outcome != nil && c.FailureCode != "" {
		out.DeclineCode = c.Outcome.Reason
	}
	if c.Transfer != nil {
		out.TransferID = c.Transfer.ID
	}
	if c.ApplicationFee != nil {
		out.ApplicationFeeID = c.ApplicationFee.ID
	}
	if b := c.BalanceTransaction; b != nil {
		out.BalanceTransactionID, out.StripeFee, out.AvailableOn = b.ID, b.Fee, unix(b.AvailableOn)
		for _, part := range b.FeeDetails {
			if part.Type == "application_fee" { // of a direct charge
				out.StripeFee -= part.Amount
			}
		}
	}
	out.Method, out.Brand, out.Last4 = method(c.PaymentMethodDetails)
	if d := c.PaymentMethodDetails; d != nil && d.Card != nil {
		out.CaptureBefore = unix(d.Card.CaptureBefore)
	}
	return out
}

func method(d *stripe.ChargePaymentMethodDetails) (kind, brand, last4 string) {
	switch {
	case d == nil:
		return "", "", ""
	case d.Card != nil:
		return string(d.Type), string(d.Card.Brand), d.Card.Last4
	case d.SEPADebit != nil:
		return string(d.Type), "", d.SEPADebit.Last4
	case d.USBankAccount != nil:
		return string(d.Type), d.USBankAccount.BankName, d.USBankAccount.Last4
	}
	return string(d.Type), "", ""
}

func refund(r *stripe.Refund) Refund {
	out := Refund{
		ID: r.ID, Status: string(r.Status), Amount: r.Amount, Currency: money.Currency(r.Currency),
		Reason: string(r.Reason), FailureReason: string(r.FailureReason), Metadata: r.Metadata, Created: unix(r.Created),
	}
	if r.Charge != nil {
		out.ChargeID = r.Charge.ID
	}
	if r.PaymentIntent != nil {
		out.PaymentIntentID = r.PaymentIntent.ID
	}
	if r.TransferReversal != nil {
		out.TransferReversalID = r.TransferReversal.ID
	}
	if r.BalanceTransaction != nil {
		out.BalanceTransactionID = r.BalanceTransaction.ID
	}
	if r.FailureBalanceTransaction != nil {
		out.FailureBalanceTransactionID = r.FailureBalanceTransaction.ID
	}
	if d := r.DestinationDetails; d != nil {
		switch {
		case d.Card != nil:
			out.Reference, out.ReferenceStatus = d.Card.Reference, d.Card.ReferenceStatus
		case d.USBankTransfer != nil:
			out.Reference, out.ReferenceStatus = d.USBankTransfer.Reference, d.USBankTransfer.ReferenceStatus
		}
	}
	return out
}

func transfer(t *stripe.Transfer) Transfer {
	out := Transfer{
		ID: t.ID, Amount: t.Amount, AmountReversed: t.AmountReversed,
		Currency: money.Currency(t.Currency), Created: unix(t.Created), Metadata: t.Metadata,
	}
	if t.Destination != nil {
		out.Destination = t.Destination.ID
	}
	if t.DestinationPayment != nil {
		out.DestinationPayment = t.DestinationPayment.ID
	}
	if t.Reversals != nil {
		for _, r := range t.Reversals.Data {
			out.Reversals = append(out.Reversals, reversal(r))
		}
	}
	return out
}

func reversal(r *stripe.TransferReversal) Reversal {
	out := Reversal{ID: r.ID, Amount: r.Amount, Created: unix(r.Created), Metadata: r.Metadata}
	if r.SourceRefund != nil {
		out.SourceRefundID = r.SourceRefund.ID
	}
	return out
}

func applicationFee(f *stripe.ApplicationFee) ApplicationFee {
	out := ApplicationFee{
		ID: f.ID, Amount: f.Amount, AmountRefunded: f.AmountRefunded,
		Currency: money.Currency(f.Currency), Created: unix(f.Created),
	}
	if f.Refunds != nil {
		for _, r := range f.Refunds.Data {
			out.Refunds = append(out.Refunds, feeRefund(r))
		}
	}
	return out
}

func feeRefund(r *stripe.FeeRefund) FeeRefund {
	return FeeRefund{ID: r.ID, Amount: r.Amount, Created: unix(r.Created)}
}

func dispute(d *stripe.Dispute) Dispute {
	out := Dispute{
		ID: d.ID, Status: string(d.Status), Reason: string(d.Reason), Amount: d.Amount,
		Currency: money.Currency(d.Currency), Created: unix(d.Created),
	}
	if d.Charge != nil {
		out.ChargeID = d.Charge.ID
	}
	if d.PaymentIntent != nil {
		out.PaymentIntentID = d.PaymentIntent.ID
	}
	if e := d.EvidenceDetails; e != nil {
		out.DueBy, out.HasEvidence, out.SubmissionCount, out.PastDue = unixPointer(e.DueBy), e.HasEvidence, int(e.SubmissionCount), e.PastDue
	}
	for _, b := range d.BalanceTransactions {
		out.BalanceTransactions = append(out.BalanceTransactions, balanceTransaction(b))
	}
	return out
}

func balanceTransaction(b *stripe.BalanceTransaction) BalanceTransaction {
	out := BalanceTransaction{
		ID: b.ID, Type: string(b.Type), ReportingCategory: string(b.ReportingCategory),
		Amount: b.Amount, Fee: b.Fee, Net: b.Net, Currency: money.Currency(b.Currency),
		AvailableOn: unix(b.AvailableOn), Created: unix(b.Created),
	}
	if b.Source != nil {
		out.SourceID = b.Source.ID
	}
	return out
}

// accountJSON is read without stripe-go: most of its account is personal data
// that is none of our business, and its capabilities are a closed list.
type accountJSON struct {
	ID               string            `json:"id"`
	Type             string            `json:"type"`
	Country          string            `json:"country"`
	DefaultCurrency  money.Currency    `json:"default_currency"`
	ChargesEnabled   bool              `json:"charges_enabled"`
	PayoutsEnabled   bool              `json:"payouts_enabled"`
	DetailsSubmitted bool              `json:"details_submitted"`
	Capabilities     map[string]string `json:"capabilities"`
	Metadata         map[string]string `json:"metadata"`
	Created          int64             `json:"created"`
	Requirements     struct {
		DisabledReason      string             `json:"disabled_reason"`
		CurrentlyDue        []string           `json:"currently_due"`
		PastDue             []string           `json:"past_due"`
		EventuallyDue       []string           `json:"eventually_due"`
		PendingVerification []string           `json:"pending_verification"`
		Errors              []RequirementError `json:"errors"`
		CurrentDeadline     int64              `json:"current_deadline"`
	} `json:"requirements"`
	Settings struct {
		Payouts struct {
			Schedule scheduleJSON `json:"schedule"`
		} `json:"payouts"`
	} `json:"settings"`
}

func account(a *accountJSON) Account {
	r := a.Requirements
	return Account{
		ID: a.ID, Type: a.Type, Country: a.Country, DefaultCurrency: a.DefaultCurrency,
		ChargesEnabled: a.ChargesEnabled, PayoutsEnabled: a.PayoutsEnabled, DetailsSubmitted: a.DetailsSubmitted,
		Capabilities: a.Capabilities, DisabledReason: r.DisabledReason, CurrentlyDue: r.CurrentlyDue, PastDue: r.PastDue,
		EventuallyDue: r.EventuallyDue, PendingVerification: r.PendingVerification, Errors: r.Errors,
		CurrentDeadline: unixPointer(r.CurrentDeadline), PayoutInterval: a.Settings.Payouts.Schedule.Interval,
		Schedule: schedule(a.Settings.Payouts.Schedule),
		Metadata: a.Metadata, Created: unix(a.Created),
	}
}

func payout(p *stripe.Payout) Payout {
	return Payout{
		ID: p.ID, Amount: p.Amount, Currency: money.Currency(p.Currency), Status: string(p.Status),
		ArrivalDate: unix(p.ArrivalDate), Automatic: p.Automatic, FailureCode: string(p.FailureCode),
		FailureMessage: p.FailureMessage, Created: unix(p.Created), Metadata: p.Metadata,
		Reconciliation: string(p.ReconciliationStatus), Bank: bankOf(p.Destination),
	}
}

func balance(b *stripe.Balance) Balance {
	return Balance{Available: byCurrency(b.Available), Pending: byCurrency(b.Pending)}
}

func byCurrency(amounts []*stripe.Amount) map[money.Currency]int64 {
	out := map[money.Currency]int64{}
	for _, a := range amounts {
		out[money.Currency(a.Currency)] += a.Amount
	}
	return out
}

func earlyFraudWarning(w *stripe.RadarEarlyFraudWarning) EarlyFraudWarning {
	out := EarlyFraudWarning{ID: w.ID, Type: string(w.FraudType), Actionable: w.Actionable, Created: unix(w.Created)}
	if w.Charge != nil {
		out.ChargeID = w.Charge.ID
	}
	if w.PaymentIntent != nil {
		out.PaymentIntentID = w.PaymentIntent.ID
	}
	return out
}
