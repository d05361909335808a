package payment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// DebtReturn is a row of debt_returns: what was netted of a debt that was lifted
// afterwards, transferred back to the stay that it was taken from. Status made
// is Stripe's word, seen by that payment's look and posted: escrow → owner as
// every transfer, and debt → escrow once.
type DebtReturn struct {
	ID            string
	CollectionID  string
	PaymentID     ID
	BookingID     string
	StripeAccount string
	Amount        int64
	Currency      money.Currency
	Status        string // planned, made, refused
	RequestID     string
	TransferID    *string
	Failure       string
	CreatedAt     time.Time
	FinishedAt    *time.Time
}

// Money is what is given back.
func (r DebtReturn) Money() money.Amount { return money.New(r.Amount, r.Currency) }

const debtReturnColumns = `d.id::text, d.collection_id::text, d.payment_id, d.booking_id::text, d.stripe_account, d.amount, d.currency, d.status,
	d.request_id::text, d.transfer_id, d.failure, d.created_at, d.finished_at`

// DebtReturned is the kind of ledger transactions that give back what lessened
// a debt; their references end in the transfer's id.
const DebtReturned = "debt_returned"

// PlanDebtReturn reserves it before Stripe is asked. The booking and the account
// are locked by the caller.
func PlanDebtReturn(ctx context.Context, tx pgx.Tx, r DebtReturn, now time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO debt_returns (id, collection_id, payment_id, booking_id, stripe_account, amount, currency, status, request_id, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 'planned', $8, $9)`,
		r.ID, r.CollectionID, r.PaymentID, r.BookingID, r.StripeAccount, r.Amount, r.Currency, r.RequestID, now)
	if err != nil {
		return fmt.Errorf("plan to give back what was netted from booking %s: %w", r.BookingID, err)
	}
	return nil
}

// DebtReturnRefused notes that Stripe made no transfer, and reports whether this
// call did.
func DebtReturnRefused(ctx context.Context, tx pgx.Tx, id, why string, now time.Time) (bool, error) {
	tag, err := tx.Exec(ctx, `UPDATE debt_returns SET status = 'refused', failure = $2, finished_at = $3 WHERE id = $1 AND status = 'planned'`, id, why, now)
	if err != nil {
		return false, fmt.Errorf("refuse debt return %s: %w", id, err)
	}
	return tag.RowsAffected() > 0, nil
}

// OpenDebtReturns are those whose transfer no look has seen yet.
func OpenDebtReturns(ctx context.Context, q postgres.Querier, livemode bool) ([]DebtReturn, error) {
	return postgres.All[DebtReturn](ctx, q, `SELECT `+debtReturnColumns+` FROM debt_returns d JOIN payments p ON p.id = d.payment_id
		WHERE d.status = 'planned' AND p.livemode = $1 ORDER BY d.id`, livemode)
}

// Returnable are the collections from an account that can be given back, the
// newest first, with what of them is not given back or about to be. One that
// Stripe refused to give back since then waits.
func Returnable(ctx context.Context, q postgres.Querier, acct string, c money.Currency, since time.Time) ([]Collection, error) {
	type netted struct {
		Collection
		Back int64
	}
	all, err := postgres.All[netted](ctx, q, `SELECT `+collectionColumns+`,
			(SELECT coalesce(sum(d.amount), 0) FROM debt_returns d WHERE d.collection_id = k.id AND d.status = 'made')::bigint AS back
		FROM debt_collections k
		WHERE k.stripe_account = $1 AND k.currency = $2 AND k.status = 'made'
		  AND NOT EXISTS (SELECT FROM debt_returns d WHERE d.collection_id = k.id AND (d.status = 'planned' OR (d.status = 'refused' AND d.finished_at > $3)))
		ORDER BY k.id DESC`, acct, c, since)
	if err != nil {
		return nil, err
	}
	var left []Collection
	for _, k := range all {
		if k.Amount -= k.Back; k.Amount > 0 {
			left = append(left, k.Collection)
		}
	}
	return left, nil
}

// settleDebtReturns writes and posts the transfers of a look that gave back what
// was netted, found by our metadata whether or not their answer came.
func settleDebtReturns(ctx context.Context, tx pgx.Tx, p Payment, all []stripeapi.Transfer, now time.Time) error {
	for _, t := range all {
		id := t.Metadata[stripeapi.MetaDebtReturn]
		if uuid.Validate(id) != nil {
			continue
		}
		var request string
		err := tx.QueryRow(ctx, `UPDATE debt_returns SET status = 'made', transfer_id = $3, finished_at = coalesce(finished_at, $4)
			WHERE id = $1 AND payment_id = $2 RETURNING request_id::text`, id, p.ID, t.ID, now).Scan(&request)
		if errors.Is(err, pgx.ErrNoRows) {
			continue // not ours
		}
		if err != nil {
			return fmt.Errorf("settle debt return %s: %w", id, err)
		}
		if _, err := stripeapi.Found(ctx, tx, stripeapi.RequestID(request), t.ID, now); err != nil {
			return err
		}
		if _, err := ledger.Post(ctx, tx, ledger.Transaction{Reference: DebtReturned + ":" + t.ID, Kind: DebtReturned, BookingID: p.BookingID,
			ObjectID: t.ID, Memo: "What was netted is the owner's again", At: t.Created,
			Postings: []ledger.Posting{{From: ledger.Debt(p.Destination), To: ledger.Escrow, Amount: p.Money(t.Amount)}}}); err != nil {
			return err
		}
	}
	return nil
}
