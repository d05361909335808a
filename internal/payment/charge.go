package payment

import (
	"context"
	"time"

	"hearth/internal/money"
	"hearth/internal/postgres"
)

// Charge is a row of charges: every try to take the money, declined ones too.
type Charge struct {
	ID                   string
	PaymentID            ID
	BookingID            string
	Status               string
	Amount               int64
	Currency             money.Currency
	Captured             bool
	AmountCaptured       int64
	AmountRefunded       int64
	Disputed             bool
	FailureCode          string
	DeclineCode          string
	FailureMessage       string
	Method               string
	Brand                string
	Last4                string `db:"last4"`
	TransferID           string
	ApplicationFeeID     string
	ApplicationFee       int64
	BalanceTransactionID string
	StripeFee            int64
	AvailableOn          *time.Time
	ReceiptURL           string `db:"receipt_url"`
	CreatedAt            time.Time
}

const chargeColumns = `c.id, c.payment_id, c.booking_id, c.status, c.amount, c.currency, c.captured, c.amount_captured, c.amount_refunded,
	c.disputed, c.failure_code, c.decline_code, c.failure_message, c.method, c.brand, c.last4, c.transfer_id, c.application_fee_id,
	c.application_fee, c.balance_transaction_id, c.stripe_fee, c.available_on, c.receipt_url, c.created_at`

// ChargesOf lists a payment's charges, the oldest first.
func ChargesOf(ctx context.Context, q postgres.Querier, payment ID) ([]Charge, error) {
	return postgres.All[Charge](ctx, q, `SELECT `+chargeColumns+` FROM charges c WHERE c.payment_id = $1 ORDER BY c.created_at, c.id`, payment)
}
