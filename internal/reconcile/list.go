package reconcile

import (
	"context"
	"time"

	"hearth/internal/money"
	"hearth/internal/postgres"
)

// ListedBalance is an account's money with whose it is and how far Stripe has
// been read.
type ListedBalance struct {
	Balance
	OwnerName string // "" for our own
	Until     *time.Time
	Gone      bool   // Stripe does not show us the account any more
	Error     string // why the last read failed
	Open      int    // remainders
}

// OursMoney is the balance by the ledger, TheirsMoney by Stripe.
func (b ListedBalance) OursMoney() money.Amount { return money.New(b.Ours, b.Currency) }

// TheirsMoney is the balance by Stripe, available and pending.
func (b ListedBalance) TheirsMoney() money.Amount { return money.New(b.Theirs, b.Currency) }

// ListBalances lists balances: ours first, then those that differ.
func ListBalances(ctx context.Context, q postgres.Querier, limit, offset int) ([]ListedBalance, error) {
	return postgres.All[ListedBalance](ctx, q, `
		SELECT b.account, b.currency, b.ours, b.theirs, b.checked_at, coalesce(u.name, '') AS owner_name, r.rows_until AS until,
			coalesce(r.gone, false) AS gone, coalesce(r.error, '') AS error, d.n AS open
		FROM book_balances b
		LEFT JOIN stripe_reads r ON r.account = b.account
		LEFT JOIN connected_accounts c ON c.stripe_account_id = b.account LEFT JOIN users u ON u.id = c.user_id
		CROSS JOIN LATERAL (SELECT count(*) AS n FROM discrepancies d WHERE d.account = b.account AND d.currency = b.currency AND d.resolved_at IS NULL) d
		ORDER BY b.account <> '', d.n = 0, b.ours = b.theirs, coalesce(r.error, '') = '', b.account, b.currency LIMIT $1 OFFSET $2`, limit, offset)
}

// Standing is the books in a few numbers.
type Standing struct {
	Balances  int        // accounts and currencies that were compared
	Differ    int        // of them
	Open      int        // remainders
	CheckedAt *time.Time // the oldest comparison of an account that Stripe shows us
}

// StandingOf sums up.
func StandingOf(ctx context.Context, q postgres.Querier) (Standing, error) {
	return postgres.One[Standing](ctx, q, "", `
		SELECT count(*) AS balances, count(*) FILTER (WHERE b.ours <> b.theirs AND NOT coalesce(r.gone, false)) AS differ,
			(SELECT count(*) FROM discrepancies WHERE resolved_at IS NULL) AS open,
			min(b.checked_at) FILTER (WHERE NOT coalesce(r.gone, false)) AS checked_at
		FROM book_balances b LEFT JOIN stripe_reads r ON r.account = b.account`)
}
