package payout

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/payment"
	"hearth/internal/postgres"
	"hearth/internal/user"
)

// Debtor is what an owner owes us in a currency, or owed.
type Debtor struct {
	StripeAccount string
	OwnerID       user.ID
	Name, Email   string
	Owed          money.Amount // below zero we owe them: what was netted was lifted later
	Netted        money.Amount // taken back out of their stays so far, and not given back
	Since         *time.Time   // when they came to owe what they owe; nil when they owe nothing
	Lines         []DebtLine   // the oldest first
}

// DebtLine is something that made or lessened a debt.
type DebtLine struct {
	StripeAccount  string
	At             time.Time
	Kind, Memo     string
	Code, ObjectID string
	Amount         int64 // above zero: more is owed
	Currency       money.Currency
	OwnerID        user.ID
	Name, Email    string
}

// Money is the line's amount.
func (l DebtLine) Money() money.Amount { return money.New(l.Amount, l.Currency) }

// Words says to the owner what the line is.
func (l DebtLine) Words() string {
	switch l.Kind {
	case "debt":
		return "Refunded while your balance was short"
	case "debt_lifted":
		return "The refund came back"
	case payment.DebtRepaid:
		return "Taken out of this stay’s money"
	case payment.DebtReturned:
		return "Given back to this stay: it is owed no longer"
	}
	return l.Memo
}

// Debtors are the owners who owe us or have owed us, the largest debt first.
// With an account they are those of that account alone.
func Debtors(ctx context.Context, q postgres.Querier, livemode bool, acct string) ([]Debtor, error) {
	like := ledger.Debt("%")
	if acct != "" {
		like = ledger.Debt(acct)
	}
	lines, err := postgres.All[DebtLine](ctx, q, `
		SELECT a.stripe_account_id AS stripe_account, t.at, t.kind, t.memo, coalesce(b.code, '') AS code, t.object_id,
			CASE WHEN m.source LIKE $1 THEN m.amount ELSE -m.amount END AS amount, m.currency, u.id AS owner_id, u.name, u.email
		FROM ledger_postings m JOIN ledger_transactions t ON t.id = m.transaction_id
		JOIN connected_accounts a ON 'debt:' || a.stripe_account_id IN (m.source, m.destination)
		JOIN users u ON u.id = a.user_id LEFT JOIN bookings b ON b.id = t.booking_id
		WHERE (m.source LIKE $1 OR m.destination LIKE $1) AND a.livemode = $2
		ORDER BY a.stripe_account_id, m.currency, t.at, m.id`, like, livemode)
	if err != nil {
		return nil, fmt.Errorf("list debts: %w", err)
	}
	var all []Debtor
	for _, l := range lines {
		n := len(all)
		if n == 0 || all[n-1].StripeAccount != l.StripeAccount || all[n-1].Owed.Currency != l.Currency {
			zero := money.New(0, l.Currency)
			all = append(all, Debtor{StripeAccount: l.StripeAccount, OwnerID: l.OwnerID, Name: l.Name, Email: l.Email, Owed: zero, Netted: zero})
			n++
		}
		all[n-1].enter(l)
	}
	slices.SortStableFunc(all, func(a, b Debtor) int { return int(max(-1, min(1, b.Owed.Minor-a.Owed.Minor))) })
	return all, nil
}

func (d *Debtor) enter(l DebtLine) {
	before := d.Owed.Minor
	d.Lines, d.Owed = append(d.Lines, l), d.Owed.Add(l.Money())
	if l.Kind == payment.DebtRepaid || l.Kind == payment.DebtReturned {
		d.Netted = d.Netted.Sub(l.Money())
	}
	switch {
	case d.Owed.Minor <= 0:
		d.Since = nil
	case before <= 0:
		d.Since = &l.At
	}
}
