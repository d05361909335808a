package ledger

import (
	"context"
	"fmt"

	"hearth/internal/money"
	"hearth/internal/postgres"
)

// Standing is what a connected account has by the books, in one currency.
type Standing struct {
	Account  string // acct_…
	Currency money.Currency
	Balance  int64 // in the owner's balance at Stripe; may be below zero
	Debt     int64 // owed to us: below zero
}

// Have is the balance.
func (s Standing) Have() money.Amount { return money.New(s.Balance, s.Currency) }

// Owes is the debt as an amount above zero.
func (s Standing) Owes() money.Amount { return money.New(-s.Debt, s.Currency) }

// Below reports an account whose balance is below zero, or whose owner owes us.
func (s Standing) Below() bool { return s.Balance < 0 || s.Debt < 0 }

// Standings is every connected account's, or that of one, where anything ever
// moved.
func Standings(ctx context.Context, q postgres.Querier, account string) ([]Standing, error) {
	all, err := postgres.All[Standing](ctx, q, `
		SELECT split_part(x.name, ':', 2) AS account, x.currency,
			coalesce(sum(x.amount) FILTER (WHERE x.name LIKE 'owner:%'), 0)::bigint AS balance,
			coalesce(sum(x.amount) FILTER (WHERE x.name LIKE 'debt:%'), 0)::bigint AS debt
		FROM (SELECT source AS name, currency, -amount AS amount FROM ledger_postings
			UNION ALL SELECT destination, currency, amount FROM ledger_postings) x
		WHERE CASE WHEN $1 = '' THEN x.name LIKE 'owner:%' OR x.name LIKE 'debt:%' ELSE x.name IN ('owner:' || $1, 'debt:' || $1) END
		GROUP BY 1, 2 ORDER BY 1, 2`, account)
	if err != nil {
		return nil, fmt.Errorf("list what accounts have: %w", err)
	}
	return all, nil
}
