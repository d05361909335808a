package reconcile

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"hearth/internal/money"
	"hearth/internal/postgres"

	"github.com/jackc/pgx/v5"
)

// held says of a posting's side whose Stripe balance it changes, if any: our
// own holds escrow, revenue and what owners owe us; an owner's is theirs.
const held = `CROSS JOIN LATERAL (VALUES (p.destination, p.amount), (p.source, -p.amount)) side (name, amount)
	WHERE side.name IN ('escrow', 'revenue') OR starts_with(side.name, 'debt:') OR starts_with(side.name, 'owner:')`

const holder = `CASE WHEN starts_with(side.name, 'owner:') THEN substr(side.name, 7) ELSE '' END`

// remainder is a reference under which Stripe and the ledger moved different
// amounts of a balance.
type remainder struct {
	Account   string
	Currency  money.Currency
	Reference string
	Ours      int64
	Theirs    int64
	Rows      int    // of Stripe's
	Row       string // one of them
	Type      string
	Source    string
	About     json.RawMessage
	Words     string // Stripe's description
	Memo      string // the ledger's
	ObjectID  string // the same
	BookingID *string
	At        time.Time // the latest of it
	Elsewhere bool      // the same reference has an amount in another currency
}

// Money is what Stripe has more than the ledger.
func (r remainder) Money() money.Amount { return money.New(r.Theirs-r.Ours, r.Currency) }

// whole is the reference of a remainder that no row explains: Stripe's balance
// is not the sum of its rows.
const whole = "balance"

// remainders compares row by row. What an owner has back of our fee is one row
// there and names the fee; the ledger has it by its own name, which our side of
// the same fee translates.
func remainders(ctx context.Context, q postgres.Querier, accounts []string) ([]remainder, error) {
	all, err := postgres.All[remainder](ctx, q, `
		WITH ours AS (
			SELECT `+holder+` AS account, p.currency,
				CASE WHEN t.kind = '`+explained+`' THEN t.object_id WHEN t.kind = 'fee_refund' AND starts_with(side.name, 'owner:') AND m.source IS NOT NULL THEN 'fee:' || m.source ELSE t.reference END AS reference,
				sum(side.amount)::bigint AS amount, max(t.at) AS at, max(t.memo) AS memo, max(t.object_id) AS object_id, max(t.booking_id::text) AS booking_id
			FROM ledger_postings p JOIN ledger_transactions t ON t.id = p.transaction_id
			LEFT JOIN balance_transactions m ON t.kind = 'fee_refund' AND m.account = '' AND m.refs[1] = t.reference
			`+held+` GROUP BY 1, 2, 3
		), theirs AS (
			SELECT b.account, b.currency, l.ref AS reference, sum(l.amount)::bigint AS amount, count(*) AS rows, max(b.created_at) AS at,
				max(b.id) AS row, max(b.type) AS type, max(b.source) AS source, max(b.description) AS words, max(b.about::text)::jsonb AS about
			FROM balance_transactions b CROSS JOIN LATERAL unnest(b.refs, b.legs) AS l (ref, amount) GROUP BY 1, 2, 3
		)
		SELECT account, currency, reference, coalesce(o.amount, 0) AS ours, coalesce(t.amount, 0) AS theirs, coalesce(t.rows, 0) AS rows,
			coalesce(t.row, '') AS row, coalesce(t.type, '') AS type, coalesce(t.source, '') AS source, coalesce(t.about, '{}') AS about,
			coalesce(t.words, '') AS words, coalesce(o.memo, '') AS memo, coalesce(o.object_id, '') AS object_id, o.booking_id,
			greatest(o.at, t.at) AS at,
			EXISTS (SELECT FROM ledger_transactions x JOIN ledger_postings y ON y.transaction_id = x.id
				WHERE x.reference = coalesce(o.reference, t.reference) AND x.kind <> '`+explained+`' AND y.currency <> coalesce(o.currency, t.currency)) AS elsewhere
		FROM ours o FULL JOIN theirs t USING (account, currency, reference)
		WHERE coalesce(o.amount, 0) <> coalesce(t.amount, 0) AND account = ANY($1)
		ORDER BY at, account, reference`, accounts)
	if err != nil {
		return nil, fmt.Errorf("compare the rows with the ledger: %w", err)
	}
	return all, nil
}

// Balance is an account's money by the ledger and by Stripe, as of the last
// comparison.
type Balance struct {
	Account   string
	Currency  money.Currency
	Ours      int64
	Theirs    int64
	CheckedAt time.Time
}

// Difference is what Stripe has more.
func (b Balance) Difference() money.Amount { return money.New(b.Theirs-b.Ours, b.Currency) }

func ledgerSums(ctx context.Context, q postgres.Querier, accounts []string) ([]Balance, error) {
	all, err := postgres.All[Balance](ctx, q, `
		SELECT account, currency, ours, 0::bigint AS theirs, 'epoch'::timestamptz AS checked_at
		FROM (SELECT `+holder+` AS account, p.currency, sum(side.amount)::bigint AS ours FROM ledger_postings p `+held+` GROUP BY 1, 2) sums
		WHERE account = ANY($1)`, accounts)
	if err != nil {
		return nil, fmt.Errorf("sum the ledger: %w", err)
	}
	return all, nil
}

// seen is what was read of an account: Stripe's balance, and since when what
// is booked may be newer than the rows.
type seen struct {
	balance map[money.Currency]int64
	at      time.Time
}

// skew is how far Stripe's clock may be from ours.
const skew = 5 * time.Second

// compare holds the ledger against what was read, both as of one moment. A
// movement that was booked after its account was read is left to the next run.
func (s *Service) compare(ctx context.Context, read map[string]seen) (found []remainder, balances []Balance, err error) {
	accounts := make([]string, 0, len(read))
	for account := range read {
		accounts = append(accounts, account)
	}
	tx, err := s.DB.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, nil, fmt.Errorf("begin to compare: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	all, err := remainders(ctx, tx, accounts)
	if err != nil {
		return nil, nil, err
	}
	sums, err := ledgerSums(ctx, tx, accounts)
	if err != nil {
		return nil, nil, err
	}
	type key struct {
		account  string
		currency money.Currency
	}
	ours, named := map[key]int64{}, map[key]int64{}
	for _, b := range sums {
		ours[key{b.Account, b.Currency}] = b.Ours
	}
	for _, r := range all {
		k := key{r.Account, r.Currency}
		if r.Rows == 0 && !r.At.Before(read[r.Account].at.Add(-skew)) {
			ours[k] -= r.Ours
			continue
		}
		named[k] += r.Theirs - r.Ours
		found = append(found, r)
	}
	now := s.Now()
	for account, was := range read {
		for c := range was.balance {
			if k := (key{account, c}); ours[k] == 0 {
				ours[k] = 0 // Stripe has it, the ledger does not
			}
		}
	}
	for k, mine := range ours {
		theirs := read[k.account].balance[k.currency]
		balances = append(balances, Balance{Account: k.account, Currency: k.currency, Ours: mine, Theirs: theirs, CheckedAt: now})
		if rest := theirs - mine - named[k]; rest != 0 {
			found = append(found, remainder{Account: k.account, Currency: k.currency, Reference: whole, Theirs: rest, At: now})
		}
	}
	return found, balances, nil
}
