package payment

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"hearth/internal/money"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
)

// Mismatch says that Stripe's object is not the one that we asked for. It is
// never settled: a person must look.
type Mismatch struct{ What, Ours, Theirs string }

func (m *Mismatch) Error() string {
	return fmt.Sprintf("stripe's %s is %s, ours is %s", m.What, m.Theirs, m.Ours)
}

// Settle writes what a look at Stripe found: the payment, its attempts,
// charges, transfer and refunds, and posts what moved. The payment is locked
// by the caller. It returns the payment as it is now.
func Settle(ctx context.Context, tx pgx.Tx, p Payment, look stripeapi.PaymentLook, now time.Time) (Payment, error) {
	if err := Matches(p, look); err != nil {
		return p, err
	}
	if err := settleSession(ctx, tx, p, look.Session); err != nil {
		return p, err
	}
	for _, c := range look.Charges {
		if err := saveCharge(ctx, tx, p, c); err != nil {
			return p, err
		}
	}
	p, err := savePayment(ctx, tx, p, look, now)
	if err != nil {
		return p, err
	}
	for _, t := range transfers(look) {
		if err := saveTransfer(ctx, tx, p, t); err != nil {
			return p, err
		}
	}
	if err := Post(ctx, tx, p, look); err != nil {
		return p, err
	}
	if err := settleCollections(ctx, tx, p, look, now); err != nil {
		return p, err
	}
	if err := settleDebtReturns(ctx, tx, p, look.Transfers, now); err != nil {
		return p, err
	}
	return p, settleRefunds(ctx, tx, p, look, now) // last: it reads what is in escrow
}

// Matches reports, as a [Mismatch], in what Stripe's session and intent are not
// the ones that we asked for.
func Matches(p Payment, look stripeapi.PaymentLook) error {
	check := func(what, ours, theirs string) error {
		if ours != theirs {
			return &Mismatch{what, ours, theirs}
		}
		return nil
	}
	if s := look.Session; s != nil {
		if err := check("session amount", p.Money(p.Amount).Format(), money.New(s.AmountTotal, money.Currency(s.Currency)).Format()); err != nil {
			return err
		}
		if err := check("session mode", fmt.Sprint(p.Livemode), fmt.Sprint(s.Livemode)); err != nil {
			return err
		}
	}
	i := look.Intent
	if i == nil {
		return nil
	}
	for _, c := range [][3]string{
		{"payment intent", cmp.Or(p.IntentID(), i.ID), i.ID},
		{"amount", p.Money(p.Amount).Format(), money.New(i.Amount, money.Currency(i.Currency)).Format()},
		{"destination", p.Destination, i.Destination},
		{"application fee", fmt.Sprint(p.FeeAmount), fmt.Sprint(i.ApplicationFeeAmount)},
		{"mode", fmt.Sprint(p.Livemode), fmt.Sprint(i.Livemode)},
	} {
		if err := check(c[0], c[1], c[2]); err != nil {
			return err
		}
	}
	return nil
}

func settleSession(ctx context.Context, tx pgx.Tx, p Payment, s *stripeapi.Session) error {
	if s == nil {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE checkout_attempts SET status = $3, url = CASE WHEN $3 = 'open' THEN url ELSE '' END
		WHERE payment_id = $1 AND session_id = $2 AND status IN ('planned', 'open')`, p.ID, s.ID, s.Status)
	if err != nil {
		return fmt.Errorf("settle session %s: %w", s.ID, err)
	}
	return nil
}

// statusOf reads a payment's state off what was fetched. A session that is
// complete and an intent that wants a payment method again is a delayed
// payment that was refused: such a session does not reopen.
func statusOf(p Payment, look stripeapi.PaymentLook) Status {
	if p.Status == Paid {
		return Paid // what came later, a refund or a dispute, is a fact beside it
	}
	if i := look.Intent; i != nil {
		switch i.Status {
		case "succeeded":
			return Paid
		case "processing":
			return Processing
		case "requires_capture":
			return Authorized
		case "canceled":
			return Canceled
		}
	}
	if s := look.Session; s != nil {
		switch s.Status {
		case "expired":
			return Canceled
		case "complete":
			return Failed
		}
	}
	return p.Status
}

func savePayment(ctx context.Context, tx pgx.Tx, p Payment, look stripeapi.PaymentLook, now time.Time) (Payment, error) {
	status := statusOf(p, look)
	success := succeeded(look.Charges)
	if status == Paid && success == nil {
		return p, fmt.Errorf("payment intent %s succeeded without a captured charge", look.Intent.ID)
	}
	var intent *string
	var lastError string
	if look.Intent != nil {
		intent, lastError = &look.Intent.ID, look.Intent.LastError
	}
	var chargeID string
	var received, refunded int64
	var disputed bool
	if success != nil {
		chargeID, received, refunded, disputed = success.ID, success.AmountCaptured, success.AmountRefunded, success.Disputed
	}
	since, until := held(look.Charges)
	return postgres.One[Payment](ctx, tx, missing, `
		UPDATE payments p SET status = $2, payment_intent_id = coalesce($3, payment_intent_id), charge_id = $4,
			last_error = $5, amount_received = $6, amount_refunded = $7, disputed = $8, fetched_at = $9,
			paid_at = CASE WHEN $2 = 'paid' THEN coalesce(paid_at, $10) ELSE paid_at END,
			authorized_at = coalesce($11, authorized_at), capture_before = coalesce($12, capture_before)
		WHERE id = $1 RETURNING `+columns,
		p.ID, status, intent, chargeID, lastError, received, refunded, disputed, look.At, now, since, until)
}

// Stripe holds a card for a week where it does not say how long.
const holdLife = 7 * 24 * time.Hour

// held is since when a card was held, and until when; nil if none ever was. A
// hold that was let go still shows.
func held(charges []stripeapi.Charge) (since, until *time.Time) {
	for _, c := range charges {
		if c.Status == "succeeded" && !c.Captured {
			end := c.CaptureBefore
			if end.IsZero() {
				end = c.Created.Add(holdLife)
			}
			return &c.Created, &end
		}
	}
	return nil, nil
}

func succeeded(charges []stripeapi.Charge) *stripeapi.Charge {
	for i, c := range charges {
		if c.Status == "succeeded" && c.Captured {
			return &charges[i]
		}
	}
	return nil
}

func saveCharge(ctx context.Context, tx pgx.Tx, p Payment, c stripeapi.Charge) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO charges (id, payment_id, booking_id, status, amount, currency, captured, amount_captured, amount_refunded,
			disputed, failure_code, decline_code, failure_message, method, brand, last4, transfer_id, application_fee_id,
			application_fee, balance_transaction_id, stripe_fee, available_on, receipt_url, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
		ON CONFLICT (id) DO UPDATE SET status = excluded.status, captured = excluded.captured,
			amount_captured = excluded.amount_captured, amount_refunded = excluded.amount_refunded, disputed = excluded.disputed,
			failure_code = excluded.failure_code, decline_code = excluded.decline_code, failure_message = excluded.failure_message,
			transfer_id = excluded.transfer_id, application_fee_id = excluded.application_fee_id,
			application_fee = excluded.application_fee, balance_transaction_id = excluded.balance_transaction_id,
			stripe_fee = excluded.stripe_fee, available_on = excluded.available_on, receipt_url = excluded.receipt_url`,
		c.ID, p.ID, p.BookingID, c.Status, c.Amount, c.Currency, c.Captured, c.AmountCaptured, c.AmountRefunded,
		c.Disputed, c.FailureCode, c.DeclineCode, c.FailureMessage, c.Method, c.Brand, c.Last4, c.TransferID, c.ApplicationFeeID,
		c.ApplicationFeeAmount, c.BalanceTransactionID, c.StripeFee, when(c.AvailableOn), c.ReceiptURL, c.Created)
	if err != nil {
		return fmt.Errorf("save charge %s: %w", c.ID, err)
	}
	return nil
}

func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func saveTransfer(ctx context.Context, tx pgx.Tx, p Payment, t stripeapi.Transfer) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO transfers (id, payment_id, amount, amount_reversed, currency, destination, destination_payment, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (id) DO UPDATE SET amount_reversed = excluded.amount_reversed`,
		t.ID, p.ID, t.Amount, t.AmountReversed, t.Currency, t.Destination, t.DestinationPayment, t.Created)
	if err != nil {
		return fmt.Errorf("save transfer %s: %w", t.ID, err)
	}
	return nil
}
