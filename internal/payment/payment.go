// Package payment mirrors Stripe's view of money: payments (one per payment
// intent, or per intent to have one), the Checkout Sessions tried for them,
// charges (declined ones too), transfers, refunds, disputes and fraud
// warnings. It knows a booking only by its id.
//
// Rows are written from what was fetched from Stripe ([Settle], [SettleDispute])
// and never from what a browser or an event claimed. Two indexes hold what may
// never happen: one success per booking, one live payment per booking. What a
// look finds is posted to the ledger in the same transaction.
package payment

import (
	"context"
	"fmt"
	"time"

	"hearth/internal/money"
	"hearth/internal/postgres"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// ID is a payment's key, a UUIDv7.
type ID string

// Status is where a payment stands.
type Status string

// The states.
const (
	Open       Status = "open"       // nothing paid yet
	Processing Status = "processing" // a delayed method is under way
	Authorized Status = "authorized" // held on the card, not captured
	Paid       Status = "paid"
	Failed     Status = "failed"   // the delayed method was refused
	Canceled   Status = "canceled" // its session expired, or it was released
)

// Live reports whether money may still come.
func (s Status) Live() bool { return s == Open || s == Processing || s == Authorized }

// Payment is a row of payments.
type Payment struct {
	ID              ID
	ListingID       string
	BookingID       string
	Livemode        bool
	Status          Status
	Currency        money.Currency
	Amount          int64
	FeeAmount       int64
	Destination     string
	PaymentIntentID *string
	ChargeID        string
	LastError       string
	AmountReceived  int64
	AmountRefunded  int64
	Disputed        bool
	FetchedAt       *time.Time
	PaidAt          *time.Time
	AuthorizedAt    *time.Time // when the card was held, if it was
	CaptureBefore   *time.Time // when Stripe lets it go by itself
	CreatedAt       time.Time
}

const columns = `p.id, p.listing_id, p.booking_id, p.livemode, p.status, p.currency, p.amount, p.fee_amount,
	p.destination, p.payment_intent_id, p.charge_id, p.last_error, p.amount_received, p.amount_refunded,
	p.disputed, p.fetched_at, p.paid_at, p.authorized_at, p.capture_before, p.created_at`

// Money is minor units in the payment's currency.
func (p Payment) Money(minor int64) money.Amount { return money.New(minor, p.Currency) }

// IntentID is the payment intent's id, or "" while there is none.
func (p Payment) IntentID() string {
	if p.PaymentIntentID == nil {
		return ""
	}
	return *p.PaymentIntentID
}

const missing = "There is no such payment."

// ByID reads one payment.
func ByID(ctx context.Context, q postgres.Querier, id ID) (Payment, error) {
	return postgres.One[Payment](ctx, q, missing, `SELECT `+columns+` FROM payments p WHERE p.id = $1`, id)
}

// ByBooking reads the payment that counts for a booking: the paid one, else
// the newest.
func ByBooking(ctx context.Context, q postgres.Querier, bookingID string) (Payment, error) {
	return postgres.One[Payment](ctx, q, missing, `SELECT `+columns+` FROM payments p
		WHERE p.booking_id = $1 ORDER BY p.status = 'paid' DESC, p.id DESC LIMIT 1`, bookingID)
}

// OfBooking lists every payment of a booking, the oldest first.
func OfBooking(ctx context.Context, q postgres.Querier, bookingID string) ([]Payment, error) {
	return postgres.All[Payment](ctx, q, `SELECT `+columns+` FROM payments p WHERE p.booking_id = $1 ORDER BY p.id`, bookingID)
}

// Lock reads one payment and holds it. The booking is locked before.
func Lock(ctx context.Context, tx pgx.Tx, id ID) (Payment, error) {
	return postgres.One[Payment](ctx, tx, missing, `SELECT `+columns+` FROM payments p WHERE p.id = $1 FOR UPDATE`, id)
}

// Opening is a payment to be made.
type Opening struct {
	ListingID, BookingID string
	Livemode             bool
	Amount, Fee          money.Amount
	Destination          string
}

// Begin makes an open payment for a booking.
func Begin(ctx context.Context, tx pgx.Tx, o Opening, now time.Time) (Payment, error) {
	id := ID(uuid.Must(uuid.NewV7()).String())
	if _, err := tx.Exec(ctx, `
		INSERT INTO payments (id, listing_id, booking_id, livemode, status, currency, amount, fee_amount, destination, created_at)
		VALUES ($1, $2, $3, $4, 'open', $5, $6, $7, $8, $9)`,
		id, o.ListingID, o.BookingID, o.Livemode, o.Amount.Currency, o.Amount.Minor, o.Fee.Minor, o.Destination, now); err != nil {
		return Payment{}, fmt.Errorf("open payment for booking %s: %w", o.BookingID, err)
	}
	return ByID(ctx, tx, id)
}

// Attempt is one try to have a Checkout Session.
type Attempt struct {
	ID        string
	PaymentID ID
	Number    int
	RequestID string
	SessionID *string
	Status    string // planned, open, complete, expired, refused
	URL       string `db:"url"`
	ExpiresAt time.Time
	CreatedAt time.Time
}

// Session is the session's id, or "" while there is none.
func (a Attempt) Session() string {
	if a.SessionID == nil {
		return ""
	}
	return *a.SessionID
}

const attemptColumns = `a.id, a.payment_id, a.number, a.request_id, a.session_id, a.status, a.url, a.expires_at, a.created_at`

// AddAttempt notes the next try, under a request that is already planned.
func AddAttempt(ctx context.Context, tx pgx.Tx, payment ID, number int, requestID string, expiresAt, now time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO checkout_attempts (id, payment_id, number, request_id, status, expires_at, created_at)
		VALUES ($1, $2, $3, $4, 'planned', $5, $6)`,
		uuid.Must(uuid.NewV7()), payment, number, requestID, expiresAt, now)
	if err != nil {
		return fmt.Errorf("note attempt %d of payment %s: %w", number, payment, err)
	}
	return nil
}

// LastAttempt is the newest try of a payment.
func LastAttempt(ctx context.Context, q postgres.Querier, payment ID) (Attempt, error) {
	return postgres.One[Attempt](ctx, q, "Nothing was tried yet.", `SELECT `+attemptColumns+` FROM checkout_attempts a
		WHERE a.payment_id = $1 ORDER BY a.number DESC LIMIT 1`, payment)
}

// AttemptOf finds the try that a request was planned for.
func AttemptOf(ctx context.Context, q postgres.Querier, requestID string) (Attempt, error) {
	return postgres.One[Attempt](ctx, q, "There is no such attempt.", `SELECT `+attemptColumns+` FROM checkout_attempts a WHERE a.request_id = $1`, requestID)
}

// Attempts lists every try of a payment, the oldest first.
func Attempts(ctx context.Context, q postgres.Querier, payment ID) ([]Attempt, error) {
	return postgres.All[Attempt](ctx, q, `SELECT `+attemptColumns+` FROM checkout_attempts a WHERE a.payment_id = $1 ORDER BY a.number`, payment)
}

// Attach notes the session that Stripe made for an attempt. Once is enough.
func Attach(ctx context.Context, tx pgx.Tx, attemptID, sessionID, url string) error {
	_, err := tx.Exec(ctx, `UPDATE checkout_attempts SET session_id = $2, url = $3, status = 'open'
		WHERE id = $1 AND status = 'planned'`, attemptID, sessionID, url)
	if err != nil {
		return fmt.Errorf("attach session to attempt %s: %w", attemptID, err)
	}
	return nil
}

// Refused notes that no session exists for an attempt and none will.
func Refused(ctx context.Context, tx pgx.Tx, attemptID string) error {
	_, err := tx.Exec(ctx, `UPDATE checkout_attempts SET status = 'refused' WHERE id = $1 AND status = 'planned'`, attemptID)
	if err != nil {
		return fmt.Errorf("mark attempt %s refused: %w", attemptID, err)
	}
	return nil
}

// Close ends a live payment that nothing can pay any more: no session of its
// exists.
func Close(ctx context.Context, tx pgx.Tx, id ID) error {
	_, err := tx.Exec(ctx, `UPDATE payments SET status = 'canceled' WHERE id = $1 AND status = 'open'`, id)
	if err != nil {
		return fmt.Errorf("close payment %s: %w", id, err)
	}
	return nil
}

// Unsettled are the payments that the sweep asks Stripe about: live ones, those
// with a refund on its way, and those of which Stripe had not told everything;
// for a refund's number at the bank a few times a day, and not for ever.
func Unsettled(ctx context.Context, q postgres.Querier, before time.Time, limit int) ([]ID, error) {
	rows, err := q.Query(ctx, `
		SELECT p.id FROM payments p
		WHERE (p.status IN ('open', 'processing', 'authorized')
		       OR EXISTS (SELECT FROM refunds r WHERE r.payment_id = p.id AND r.status IN ('requested', 'pending', 'requires_action'))
		       OR EXISTS (SELECT FROM dispute_recoveries v WHERE v.payment_id = p.id AND v.state IN ('planned', 'returning'))
		       OR (p.status = 'paid' AND EXISTS (SELECT FROM charges c WHERE c.id = p.charge_id AND (c.balance_transaction_id = '' OR c.transfer_id = ''
		                                OR (c.application_fee_id = '' AND p.fee_amount > 0))))
		       OR (p.fetched_at < $1::timestamptz - interval '6 hours' AND EXISTS (SELECT FROM refunds r WHERE r.payment_id = p.id AND r.status = 'succeeded'
		           AND r.reference_status = 'pending' AND r.finished_at > $1::timestamptz - interval '10 days')))
		  AND coalesce(p.fetched_at, p.created_at) < $1
		ORDER BY coalesce(p.fetched_at, p.created_at) LIMIT $2`, before, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[ID])
}
