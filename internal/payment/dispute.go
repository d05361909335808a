package payment

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hearth/internal/money"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
)

// Dispute is a row of disputes. Its status is Stripe's, never derived.
type Dispute struct {
	ID              string
	PaymentID       ID
	BookingID       string
	ChargeID        string
	Status          string
	Reason          string
	Amount          int64
	Currency        money.Currency
	Fee             int64
	Withdrawn       int64
	HasEvidence     bool
	SubmissionCount int
	PastDue         bool // the last evidence came too late
	DueBy           *time.Time
	CreatedAt       time.Time
	FetchedAt       time.Time
}

// Money is the disputed amount.
func (d Dispute) Money() money.Amount { return money.New(d.Amount, d.Currency) }

// Inquiry reports whether the bank only asks: no money has moved.
func (d Dispute) Inquiry() bool { return strings.HasPrefix(d.Status, "warning_") }

// Open reports whether the bank has not decided.
func (d Dispute) Open() bool { return dispute(d.Status).open() }

// Answerable reports whether evidence can still be sent.
func (d Dispute) Answerable() bool {
	return d.Status == "needs_response" || d.Status == "warning_needs_response"
}

// Blocks is why a payment with these disputes cannot be refunded, for people;
// "" when it can. Stripe refuses while a bank holds the money, and for good when
// the bank has kept it. An inquiry moves no money, and refunding is one way to
// end it.
func Blocks(disputes []Dispute) string {
	for _, d := range disputes {
		switch {
		case d.Kept():
			return "The tenant's bank took this payment back. Nothing of it is left to refund."
		case d.Open() && !d.Inquiry():
			return "The tenant's bank disputes this payment. It cannot be refunded while the dispute is open."
		}
	}
	return ""
}

// Kept reports whether the bank gave the money to the tenant for good.
func (d Dispute) Kept() bool { return d.Status == "lost" }

type dispute string

func (s dispute) open() bool { return s != "won" && s != "lost" && s != "warning_closed" }

const disputeColumns = `d.id, d.payment_id, d.booking_id, d.charge_id, d.status, d.reason, d.amount, d.currency, d.fee,
	d.withdrawn, d.has_evidence, d.submission_count, d.past_due, d.due_by, d.created_at, d.fetched_at`

// DisputesOf lists a payment's disputes, the oldest first.
func DisputesOf(ctx context.Context, q postgres.Querier, payment ID) ([]Dispute, error) {
	return postgres.All[Dispute](ctx, q, `SELECT `+disputeColumns+` FROM disputes d WHERE d.payment_id = $1 ORDER BY d.created_at, d.id`, payment)
}

// DisputeByID reads one dispute.
func DisputeByID(ctx context.Context, q postgres.Querier, id string) (Dispute, error) {
	return postgres.One[Dispute](ctx, q, "There is no such dispute.", `SELECT `+disputeColumns+` FROM disputes d WHERE d.id = $1`, id)
}

// OpenDisputes lists the ids of disputes that the sweep asks Stripe about.
func OpenDisputes(ctx context.Context, q postgres.Querier, before time.Time, limit int) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT id FROM disputes WHERE status NOT IN ('won', 'lost', 'warning_closed') AND fetched_at < $1 ORDER BY fetched_at LIMIT $2`, before, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// DisputesDue lists the ids of disputes that want an answer before a time, and
// of those about which a task of the given kind is open.
func DisputesDue(ctx context.Context, q postgres.Querier, before time.Time, kind string) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT id FROM disputes WHERE (status IN ('needs_response', 'warning_needs_response') AND due_by <= $1)
		OR id IN (SELECT object_id FROM tasks WHERE kind = $2 AND closed_at IS NULL) ORDER BY due_by, id`, before, kind)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// ByCharge finds the payment that a charge belongs to.
func ByCharge(ctx context.Context, q postgres.Querier, chargeID, intentID string) (Payment, error) {
	return postgres.One[Payment](ctx, q, missing, `SELECT `+columns+` FROM payments p
		WHERE p.payment_intent_id = $2 OR p.id = (SELECT payment_id FROM charges WHERE id = $1) LIMIT 1`, chargeID, intentID)
}

// SettleDispute writes what a look at a dispute found and posts what the bank
// took or gave back. It returns the dispute before (zero when it is new) and
// now. A dispute is seen by its own looks and by those of its payment, so a
// look that began before the last one changes nothing.
func SettleDispute(ctx context.Context, tx pgx.Tx, p Payment, d stripeapi.Dispute, seen time.Time) (before, after Dispute, err error) {
	if all, err := DisputesOf(ctx, tx, p.ID); err != nil {
		return before, after, err
	} else {
		for _, known := range all {
			if known.ID == d.ID {
				before = known
			}
		}
	}
	if before.ID != "" && seen.Before(before.FetchedAt) {
		return before, before, nil
	}
	var withdrawn, fee int64
	for _, t := range d.BalanceTransactions {
		withdrawn -= t.Amount
		fee += t.Fee
		if err := PostDispute(ctx, tx, p, d, t); err != nil {
			return before, after, err
		}
	}
	after, err = postgres.One[Dispute](ctx, tx, "", `
		INSERT INTO disputes AS d (id, payment_id, booking_id, charge_id, status, reason, amount, currency, fee, withdrawn,
			has_evidence, submission_count, due_by, created_at, fetched_at, past_due)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
		ON CONFLICT (id) DO UPDATE SET status = excluded.status, reason = excluded.reason, amount = excluded.amount, fee = excluded.fee,
			withdrawn = excluded.withdrawn, has_evidence = excluded.has_evidence, submission_count = excluded.submission_count,
			due_by = excluded.due_by, fetched_at = excluded.fetched_at,
			past_due = excluded.past_due
		RETURNING `+disputeColumns,
		d.ID, p.ID, p.BookingID, d.ChargeID, d.Status, d.Reason, d.Amount, d.Currency, fee, withdrawn,
		d.HasEvidence, d.SubmissionCount, d.DueBy, d.Created, seen, d.PastDue)
	if err != nil {
		return before, after, fmt.Errorf("save dispute %s: %w", d.ID, err)
	}
	if _, err := tx.Exec(ctx, `UPDATE payments SET disputed = true WHERE id = $1`, p.ID); err != nil {
		return before, after, fmt.Errorf("mark payment %s disputed: %w", p.ID, err)
	}
	return before, after, nil
}

// SaveFraudWarning writes a card issuer's early warning as it is now and
// reports whether it is new.
func SaveFraudWarning(ctx context.Context, tx pgx.Tx, p Payment, w stripeapi.EarlyFraudWarning) (first bool, err error) {
	err = tx.QueryRow(ctx, `
		INSERT INTO fraud_warnings (id, payment_id, booking_id, fraud_type, actionable, created_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET actionable = excluded.actionable RETURNING xmax = 0`,
		w.ID, p.ID, p.BookingID, w.Type, w.Actionable, w.Created).Scan(&first)
	if err != nil {
		return false, fmt.Errorf("save fraud warning %s: %w", w.ID, err)
	}
	return first, nil
}
