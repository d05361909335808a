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

// Collection is a row of debt_collections: what an owner owed us, taken back
// out of a stay's transfer. Status made is Stripe's word, seen by the payment's
// look and posted: owner → escrow as every reversal, and escrow → debt once.
type Collection struct {
	ID            string
	PaymentID     ID
	BookingID     string
	StripeAccount string
	TransferID    string
	Amount        int64
	Currency      money.Currency
	Status        string // planned, made, refused
	RequestID     string
	ReversalID    *string
	Failure       string
	CreatedAt     time.Time
	FinishedAt    *time.Time
}

// Money is what was collected.
func (c Collection) Money() money.Amount { return money.New(c.Amount, c.Currency) }

const collectionColumns = `k.id::text, k.payment_id, k.booking_id::text, k.stripe_account, k.transfer_id, k.amount, k.currency, k.status,
	k.request_id::text, k.reversal_id, k.failure, k.created_at, k.finished_at`

// DebtRepaid is the kind of ledger transactions that lessen a debt; their
// references end in the reversal's id.
const DebtRepaid = "debt_repaid"

// PlanCollection reserves a collection before Stripe is asked. The booking is
// locked by the caller.
func PlanCollection(ctx context.Context, tx pgx.Tx, c Collection, now time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO debt_collections (id, payment_id, booking_id, stripe_account, transfer_id, amount, currency, status, request_id, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 'planned', $8, $9)`,
		c.ID, c.PaymentID, c.BookingID, c.StripeAccount, c.TransferID, c.Amount, c.Currency, c.RequestID, now)
	if err != nil {
		return fmt.Errorf("plan to collect from booking %s: %w", c.BookingID, err)
	}
	return nil
}

// CollectionRefused notes that Stripe made no reversal, and reports whether
// this call did.
func CollectionRefused(ctx context.Context, tx pgx.Tx, id, why string, now time.Time) (bool, error) {
	tag, err := tx.Exec(ctx, `UPDATE debt_collections SET status = 'refused', failure = $2, finished_at = $3 WHERE id = $1 AND status = 'planned'`, id, why, now)
	if err != nil {
		return false, fmt.Errorf("refuse collection %s: %w", id, err)
	}
	return tag.RowsAffected() > 0, nil
}

// OpenCollections are those whose reversal no look has seen yet.
func OpenCollections(ctx context.Context, q postgres.Querier, livemode bool) ([]Collection, error) {
	return postgres.All[Collection](ctx, q, `SELECT `+collectionColumns+` FROM debt_collections k JOIN payments p ON p.id = k.payment_id
		WHERE k.status = 'planned' AND p.livemode = $1 ORDER BY k.id`, livemode)
}

// CollectionsOf lists what was collected from an account's stays, the newest
// first.
func CollectionsOf(ctx context.Context, q postgres.Querier, acct string) ([]Collection, error) {
	return postgres.All[Collection](ctx, q, `SELECT `+collectionColumns+` FROM debt_collections k WHERE k.stripe_account = $1 ORDER BY k.id DESC`, acct)
}

// TransferLeft is what Stripe can still reverse of a payment's transfer, with
// every collection and refund under way counted as reversed: below zero when
// they ask for more than there is. The id is "" before there is a transfer.
func TransferLeft(ctx context.Context, q postgres.Querier, payment ID) (id string, left int64, err error) {
	err = q.QueryRow(ctx, `
		SELECT coalesce(min(t.id), ''), coalesce(sum(t.amount - t.amount_reversed), 0)::bigint
			- (SELECT coalesce(sum(k.amount), 0) FROM debt_collections k WHERE k.payment_id = $1 AND k.status = 'planned')::bigint
			- (SELECT coalesce(sum(r.amount), 0) FROM refunds r WHERE r.payment_id = $1 AND r.status = 'requested' AND r.reverse_transfer)::bigint
		FROM transfers t JOIN charges c ON c.transfer_id = t.id WHERE t.payment_id = $1`, payment).Scan(&id, &left)
	if err != nil {
		return "", 0, fmt.Errorf("ask what is left of the transfer of payment %s: %w", payment, err)
	}
	return id, left, nil
}

// Collected reports whether a debt was netted off the payment's transfer, or is
// about to be: then less of it is left than its refunds took.
func Collected(ctx context.Context, q postgres.Querier, payment ID) (yes bool, err error) {
	if err = q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM debt_collections WHERE payment_id = $1 AND status <> 'refused')`, payment).Scan(&yes); err != nil {
		return false, fmt.Errorf("ask what was collected from payment %s: %w", payment, err)
	}
	return yes, nil
}

// settleCollections writes and posts the reversals of a transfer that were
// collections of ours, found by our metadata whether or not their answer came.
func settleCollections(ctx context.Context, tx pgx.Tx, p Payment, look stripeapi.PaymentLook, now time.Time) error {
	if look.Transfer == nil {
		return nil
	}
	for _, r := range look.Transfer.Reversals {
		id := r.Metadata[stripeapi.MetaCollection]
		if uuid.Validate(id) != nil {
			continue
		}
		var request string
		err := tx.QueryRow(ctx, `UPDATE debt_collections SET status = 'made', reversal_id = $3, finished_at = coalesce(finished_at, $4)
			WHERE id = $1 AND payment_id = $2 RETURNING request_id::text`, id, p.ID, r.ID, now).Scan(&request)
		if errors.Is(err, pgx.ErrNoRows) {
			continue // not ours
		}
		if err != nil {
			return fmt.Errorf("settle collection %s: %w", id, err)
		}
		if _, err := stripeapi.Found(ctx, tx, stripeapi.RequestID(request), r.ID, now); err != nil {
			return err
		}
		if _, err := ledger.Post(ctx, tx, ledger.Transaction{Reference: DebtRepaid + ":" + r.ID, Kind: DebtRepaid, BookingID: p.BookingID,
			ObjectID: r.ID, Memo: "Netted off what the owner owed", At: r.Created,
			Postings: []ledger.Posting{{From: ledger.Escrow, To: ledger.Debt(p.Destination), Amount: p.Money(r.Amount)}}}); err != nil {
			return err
		}
	}
	return nil
}
