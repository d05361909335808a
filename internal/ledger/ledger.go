// Package ledger is the books: double entry in whole minor units. A posting
// moves a positive amount from one account to another, so every transaction
// balances by construction. What is written stays: the tables refuse UPDATE
// and DELETE, and a mistake is mended by another transaction.
//
// A transaction has a unique reference that names the movement at Stripe
// ("charge:ch_…", "reversal:trr_…"), so posting twice is posting once.
//
// The accounts, by who holds the money:
//
//	tenant            the people who pay, as a whole
//	escrow            tenants' money that is in our Stripe balance and is not ours
//	revenue           our own part of our Stripe balance
//	stripe_fees       what Stripe kept
//	owner:acct_…      a homeowner's balance at Stripe
//	debt:acct_…       what a homeowner owes us: negative, netted by later payouts
//	disputes          what the banks hold while a dispute runs, or kept when it was lost
//	bank:acct_…       a homeowner's bank account
//	bank:platform     our own bank account
//	reserve           what Stripe holds back of our balance, and took for owners who owe it
//	other             what moved without Hearth, as an admin has explained it
package ledger

import (
	"context"
	"fmt"
	"time"

	"hearth/internal/money"
	"hearth/internal/postgres"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// The accounts that exist once.
const (
	Tenant     = "tenant"
	Escrow     = "escrow"
	Revenue    = "revenue"
	StripeFees = "stripe_fees"
	Disputes   = "disputes"
	// PlatformBank is our bank account, Reserve what Stripe moved out of our
	// balance for reasons of its own.
	PlatformBank = "bank:platform"
	Reserve      = "reserve"
)

// Owner is a homeowner's balance at Stripe.
func Owner(account string) string { return "owner:" + account }

// Debt is what a homeowner owes the platform.
func Debt(account string) string { return "debt:" + account }

// Bank is a homeowner's bank account.
func Bank(account string) string { return "bank:" + account }

// Posting moves an amount. A negative amount moves the other way, a zero
// amount is left out.
type Posting struct {
	From, To string
	Amount   money.Amount
}

// Transaction is one movement at Stripe.
type Transaction struct {
	Reference string
	Kind      string
	BookingID string // "" when it is about none
	ObjectID  string
	Memo      string
	At        time.Time
	Postings  []Posting
}

// Post writes a transaction once and reports whether this call did. Without
// any amount to move there is nothing to write.
func Post(ctx context.Context, tx pgx.Tx, t Transaction) (bool, error) {
	postings := make([]Posting, 0, len(t.Postings))
	for _, p := range t.Postings {
		if p.Amount.Minor < 0 {
			p = Posting{From: p.To, To: p.From, Amount: p.Amount.Neg()}
		}
		if !p.Amount.IsZero() {
			postings = append(postings, p)
		}
	}
	if len(postings) == 0 {
		return false, nil
	}
	id := uuid.Must(uuid.NewV7())
	tag, err := tx.Exec(ctx, `
		INSERT INTO ledger_transactions (id, reference, kind, booking_id, object_id, memo, at)
		VALUES ($1, $2, $3, nullif($4, '')::uuid, $5, $6, $7)
		ON CONFLICT ON CONSTRAINT ledger_transactions_reference_key DO NOTHING`,
		id, t.Reference, t.Kind, t.BookingID, t.ObjectID, t.Memo, t.At)
	if err != nil {
		return false, fmt.Errorf("post %s: %w", t.Reference, err)
	}
	if tag.RowsAffected() == 0 {
		return false, nil
	}
	for _, p := range postings {
		if _, err := tx.Exec(ctx, `
			INSERT INTO ledger_postings (transaction_id, source, destination, amount, currency) VALUES ($1, $2, $3, $4, $5)`,
			id, p.From, p.To, p.Amount.Minor, p.Amount.Currency); err != nil {
			return false, fmt.Errorf("post %s: %w", t.Reference, err)
		}
	}
	return true, nil
}

// Balance is what came in less what went out of an account.
func Balance(ctx context.Context, q postgres.Querier, account string, currency money.Currency) (money.Amount, error) {
	var minor int64
	err := q.QueryRow(ctx, `
		SELECT coalesce((SELECT sum(amount) FROM ledger_postings WHERE destination = $1 AND currency = $2), 0)::bigint
		     - coalesce((SELECT sum(amount) FROM ledger_postings WHERE source = $1 AND currency = $2), 0)::bigint`,
		account, currency).Scan(&minor)
	if err != nil {
		return money.Amount{}, fmt.Errorf("balance of %s: %w", account, err)
	}
	return money.New(minor, currency), nil
}

// Line is a posting with its transaction, as pages show it.
type Line struct {
	Reference   string
	Kind        string
	Memo        string
	ObjectID    string
	At          time.Time
	Source      string
	Destination string
	Amount      int64
	Currency    money.Currency
}

// OfBooking is everything that a booking moved, in order.
func OfBooking(ctx context.Context, q postgres.Querier, bookingID string) ([]Line, error) {
	return postgres.All[Line](ctx, q, `
		SELECT t.reference, t.kind, t.memo, t.object_id, t.at, p.source, p.destination, p.amount, p.currency
		FROM ledger_transactions t JOIN ledger_postings p ON p.transaction_id = t.id
		WHERE t.booking_id = $1 ORDER BY t.at, p.id`, bookingID)
}

// BookingBalances sums what a booking moved, by account.
func BookingBalances(ctx context.Context, q postgres.Querier, bookingID string) (map[string]int64, error) {
	lines, err := OfBooking(ctx, q, bookingID)
	if err != nil {
		return nil, err
	}
	sums := map[string]int64{}
	for _, l := range lines {
		sums[l.Source] -= l.Amount
		sums[l.Destination] += l.Amount
	}
	return sums, nil
}
