package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
)

const (
	// rowsOverlap is read again each time: Stripe names some sources a little
	// later than the row.
	rowsOverlap = 2 * time.Hour
	// readTries is how often rows and balance are read when one of them moved
	// between the two.
	readTries = 3
)

// errUnfinished says that time was up: the next run goes on where this one
// stopped.
var errUnfinished = errors.New("not read to the end: the next run goes on")

// reading is how far an account's rows have been read.
type reading struct {
	Account string
	Until   *time.Time `db:"rows_until"`
	Cursor  string     `db:"rows_cursor"`
	Began   *time.Time `db:"rows_began"`
}

// booksOf lists whose books are asked for, those that waited longest first: our
// own account, and every connected one that Stripe shows us.
func (s *Service) booksOf(ctx context.Context, limit int) ([]reading, error) {
	return postgres.All[reading](ctx, s.DB, `
		SELECT a.account, r.rows_until, coalesce(r.rows_cursor, '') AS rows_cursor, r.rows_began
		FROM (SELECT '' AS account UNION ALL SELECT stripe_account_id FROM connected_accounts
			WHERE livemode = $1 AND stripe_account_id IS NOT NULL AND lost_at IS NULL AND deauthorized_at IS NULL) a
		LEFT JOIN stripe_reads r ON r.account = a.account
		ORDER BY a.account = '' DESC, coalesce(r.tried_at, 'epoch'), a.account LIMIT $2`, s.Livemode, limit)
}

// read brings an account's mirror up to Stripe, proves it by the balance that
// Stripe tells, and returns that balance with the instant that the last
// complete read began.
func (s *Service) read(ctx context.Context, account string, until time.Time) (balance map[money.Currency]int64, at time.Time, err error) {
	for range readTries {
		r, err := s.mark(ctx, account)
		if err != nil {
			return nil, at, err
		}
		if at, err = s.readRows(ctx, r, until); err != nil {
			return nil, at, err
		}
		told, err := s.Stripe.Balance(ctx, account)
		if err != nil {
			return nil, at, fmt.Errorf("read the balance: %w", err)
		}
		balance = map[money.Currency]int64{}
		for _, part := range []map[money.Currency]int64{told.Available, told.Pending} {
			for c, minor := range part {
				balance[c] += minor
			}
		}
		if same, err := s.mirrors(ctx, account, balance); err != nil || same {
			return balance, at, err
		}
	}
	return balance, at, nil // what is left is a remainder, by the name of "balance"
}

func (s *Service) mark(ctx context.Context, account string) (reading, error) {
	return postgres.One[reading](ctx, s.DB, "", `
		INSERT INTO stripe_reads AS r (account, tried_at) VALUES ($1, $2) ON CONFLICT (account) DO UPDATE SET tried_at = excluded.tried_at
		RETURNING r.account, r.rows_until, r.rows_cursor, r.rows_began`, account, s.Now())
}

// readRows keeps page after page, each with the cursor behind it. Only a read
// that came to the end moves the mark; one that was stopped goes on from its
// cursor, and what is newer than its beginning is the next one's.
func (s *Service) readRows(ctx context.Context, r reading, until time.Time) (began time.Time, err error) {
	if began = s.Now(); r.Cursor != "" && r.Began != nil {
		began = *r.Began
	}
	var from time.Time
	if r.Until != nil {
		from = r.Until.Add(-rowsOverlap)
	}
	for more := true; more; {
		if !s.Now().Before(until) {
			return began, errUnfinished
		}
		var rows []stripeapi.BookRow
		if rows, more, err = s.Stripe.BookRows(ctx, r.Account, from, r.Cursor); err != nil {
			return began, fmt.Errorf("read the balance transactions: %w", err)
		}
		if more {
			r.Cursor = rows[len(rows)-1].ID
		}
		if err := s.keep(ctx, r, rows, more, began); err != nil {
			return began, err
		}
	}
	return began, nil
}

func (s *Service) keep(ctx context.Context, r reading, rows []stripeapi.BookRow, more bool, began time.Time) error {
	return postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		for _, row := range rows {
			if err := keepRow(ctx, tx, r.Account, row); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `UPDATE stripe_reads SET gone = false, error = '',
				rows_cursor = CASE WHEN $2 THEN $3 ELSE '' END,
				rows_began = CASE WHEN $2 THEN $4::timestamptz END,
				rows_until = CASE WHEN $2 THEN rows_until ELSE $4 END
			WHERE account = $1`, r.Account, more, r.Cursor, began)
		return err
	})
}

// keepRow mirrors a row, and books it when it is nobody else's.
func keepRow(ctx context.Context, tx pgx.Tx, account string, r stripeapi.BookRow) error {
	refs, amounts := []string{}, []int64{}
	for _, l := range legsOf(account, r) {
		refs, amounts = append(refs, l.ref), append(amounts, l.amount)
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO balance_transactions AS b (id, account, type, reporting_category, amount, fee, net, currency, source, description,
			about, refs, legs, available_on, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT (id) DO UPDATE SET refs = excluded.refs, legs = excluded.legs, about = excluded.about
			WHERE EXISTS (SELECT FROM unnest(b.refs) AS ref WHERE starts_with(ref, '`+waiting+`'))`,
		r.ID, account, r.Type, r.ReportingCategory, r.Amount, r.Fee, r.Net, r.Currency, r.SourceID, r.Description,
		json.RawMessage(r.Source.Description), refs, amounts, r.AvailableOn, r.Created)
	if err != nil {
		return fmt.Errorf("keep row %s: %w", r.ID, err)
	}
	postings := append(ownRow(account, r), ownFee(account, r)...)
	_, err = ledger.Post(ctx, tx, ledger.Transaction{Reference: ownRef(r), Kind: r.Type, ObjectID: r.SourceID, Memo: ownMemo(r), At: r.Created, Postings: postings})
	return err
}

func ownMemo(r stripeapi.BookRow) string {
	if r.Description != "" && r.Description != "STRIPE PAYOUT" {
		return r.Description
	}
	return words(r.Type)
}

// mirrors reports whether the rows sum to what Stripe says the balance is.
func (s *Service) mirrors(ctx context.Context, account string, balance map[money.Currency]int64) (bool, error) {
	sums, err := s.rowSums(ctx, account)
	if err != nil {
		return false, err
	}
	for c, minor := range balance {
		if sums[c] != minor {
			return false, nil
		}
	}
	for c, minor := range sums {
		if balance[c] != minor {
			return false, nil
		}
	}
	return true, nil
}

func (s *Service) rowSums(ctx context.Context, account string) (map[money.Currency]int64, error) {
	type sum struct {
		Currency money.Currency
		Net      int64
	}
	all, err := postgres.All[sum](ctx, s.DB, `SELECT currency, sum(net)::bigint AS net FROM balance_transactions WHERE account = $1 GROUP BY currency`, account)
	if err != nil {
		return nil, fmt.Errorf("sum the rows: %w", err)
	}
	sums := map[money.Currency]int64{}
	for _, one := range all {
		sums[one.Currency] = one.Net
	}
	return sums, nil
}

// pairCollections books what Stripe took of our balance for an owner's negative
// one: the owner's row says whose it is, and ours of the same amount is paired
// with it, the oldest first.
func (s *Service) pairCollections(ctx context.Context) error {
	type pair struct {
		ID, Account, Ours string
		Net               int64
		Currency          money.Currency
		CreatedAt         time.Time
	}
	return postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		pairs, err := postgres.All[pair](ctx, tx, `
			WITH open AS (SELECT id, account, net, currency, created_at, row_number() OVER (PARTITION BY account = '', currency, abs(net) ORDER BY created_at, id) AS nth
				FROM balance_transactions WHERE type = $1 AND refs[1] = $2 || id)
			SELECT o.id, o.account, p.id AS ours, o.net, o.currency, o.created_at
			FROM open o JOIN open p ON p.account = '' AND p.currency = o.currency AND p.net = -o.net AND p.nth = o.nth
			WHERE o.account <> ''`, collection, waiting)
		if err != nil {
			return fmt.Errorf("find collections: %w", err)
		}
		for _, p := range pairs {
			if _, err := tx.Exec(ctx, `UPDATE balance_transactions SET refs = ARRAY['txn:' || $1] WHERE id IN ($1, $2)`, p.ID, p.Ours); err != nil {
				return fmt.Errorf("pair collection %s: %w", p.ID, err)
			}
			if _, err := ledger.Post(ctx, tx, ledger.Transaction{Reference: "txn:" + p.ID, Kind: collection, ObjectID: p.Account,
				Memo: "Stripe took from us what the owner's balance was short of", At: p.CreatedAt,
				Postings: []ledger.Posting{{From: ledger.Debt(p.Account), To: ledger.Owner(p.Account), Amount: money.New(p.Net, p.Currency)}}}); err != nil {
				return err
			}
		}
		return nil
	})
}
