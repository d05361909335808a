package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hearth/internal/connect"
	"hearth/internal/inbound"
	"hearth/internal/postgres"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	// booksWithin is the time for reading in one run; accounts that it does not
	// suffice for come first in the next.
	booksWithin = 8 * time.Minute
	booksMost   = 2000
	// healRounds is how often a run looks again at what its remainders are about.
	healRounds = 3
	healMost   = 200
)

// Report is what a reconciliation found.
type Report struct {
	Balances []Balance
	Open     []Discrepancy // left of these accounts and of others
	Accounts int           // that were read
	Healed   int           // looks that remainders asked for
}

// Agrees reports that every balance is equal and nothing is left.
func (r Report) Agrees() bool {
	for _, b := range r.Balances {
		if !b.Difference().IsZero() {
			return false
		}
	}
	return len(r.Open) == 0
}

// Books reads the balance transactions of our account and of every connected
// one since the last mark, books those that are nobody else's, and holds each
// against the ledger. What belongs to a payment, payout or dispute of ours and
// is not booked is looked at again at once. An error says which accounts could
// not be read; the others are compared all the same.
func (s *Service) Books(ctx context.Context) (Report, error) {
	id, err := s.begin(ctx, "books")
	if err != nil {
		return Report{}, err
	}
	var report Report
	err = s.books(ctx, &report)
	return report, errors.Join(err, s.finish(ctx, id, Run{LookedUp: report.Healed}, len(report.Open), err))
}

func (s *Service) books(ctx context.Context, report *Report) error {
	all, err := s.booksOf(ctx, booksMost)
	if err != nil {
		return fmt.Errorf("list whose books to read: %w", err)
	}
	until := s.Now().Add(booksWithin)
	read := map[string]seen{}
	var wrong []error
	for _, r := range all {
		if err := s.readOne(ctx, r.Account, until, read); err != nil {
			wrong = append(wrong, err)
		}
	}
	report.Accounts = len(read)
	if err := s.settleBooks(ctx, read, until, report); err != nil {
		return errors.Join(append(wrong, err)...)
	}
	if report.Balances, err = Balances(ctx, s.DB); err != nil {
		return errors.Join(append(wrong, err)...)
	}
	report.Open, err = Open(ctx, s.DB, 1000)
	return errors.Join(append(wrong, err)...)
}

// readOne reads an account. One that Stripe shows us no more is looked at, as
// nobody may have told; its books rest.
func (s *Service) readOne(ctx context.Context, account string, until time.Time, read map[string]seen) error {
	balance, at, err := s.read(ctx, account, until)
	switch {
	case err == nil:
		read[account] = seen{balance, at}
		return nil
	case account != "" && connect.Gone(err):
		delete(read, account)
		return s.lost(ctx, account)
	}
	_, kept := s.DB.Exec(ctx, `UPDATE stripe_reads SET error = $2 WHERE account = $1`, account, err.Error())
	return errors.Join(fmt.Errorf("books of %s: %w", name(account), err), kept)
}

func name(account string) string {
	if account == "" {
		return "our own account"
	}
	return account
}

func (s *Service) lost(ctx context.Context, account string) error {
	err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO stripe_reads (account, gone) VALUES ($1, true) ON CONFLICT (account) DO UPDATE SET gone = true, error = ''`, account); err != nil {
			return err
		}
		return resolve(ctx, tx, nil, s.Now()) // nobody can tell any more
	})
	if err != nil {
		return fmt.Errorf("note that %s is gone: %w", account, err)
	}
	return s.Nudge(ctx, inbound.SourceSweep, inbound.Subject{Kind: inbound.Account, ID: account})
}

// settleBooks compares, looks again at what the remainders are about, and
// compares again, until nothing is left or nothing more can be done.
func (s *Service) settleBooks(ctx context.Context, read map[string]seen, until time.Time, report *Report) error {
	asked := map[inbound.Subject]bool{}
	for range healRounds {
		if err := s.pairCollections(ctx); err != nil {
			return err
		}
		found, balances, err := s.compare(ctx, read)
		if err != nil {
			return err
		}
		if err := s.record(ctx, keys(read), found, balances); err != nil {
			return err
		}
		n, err := s.heal(ctx, found, asked)
		if err != nil || n == 0 {
			return err
		}
		report.Healed += n
		for _, account := range keys(read) {
			if concerns(found, account) {
				if err := s.readOne(ctx, account, until, read); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func concerns(found []remainder, account string) bool {
	for _, r := range found {
		if r.Account == account {
			return true
		}
	}
	return false
}

func keys(read map[string]seen) []string {
	all := make([]string, 0, len(read))
	for account := range read {
		all = append(all, account)
	}
	return all
}

// heal has everything looked at that remainders are about, once in a run, and
// says how much that was. A look that fails is told in the inbox.
func (s *Service) heal(ctx context.Context, found []remainder, asked map[inbound.Subject]bool) (n int, err error) {
	for _, r := range found {
		_, subject, err := s.belongs(ctx, s.DB, r)
		if err != nil {
			return n, err
		}
		if subject.IsZero() || asked[subject] || n == healMost {
			continue
		}
		asked[subject] = true
		if err := s.Nudge(ctx, inbound.SourceSweep, subject); err != nil {
			return n, fmt.Errorf("look %s up: %w", subject, err)
		}
		n++
	}
	if n == 0 {
		return 0, nil
	}
	return n, s.Drain(ctx)
}

// Balances are the money of every account that Stripe shows us, as of its last
// comparison, ours first.
func Balances(ctx context.Context, q postgres.Querier) ([]Balance, error) {
	return postgres.All[Balance](ctx, q, `SELECT b.account, b.currency, b.ours, b.theirs, b.checked_at
		FROM book_balances b LEFT JOIN stripe_reads r ON r.account = b.account WHERE NOT coalesce(r.gone, false)
		ORDER BY b.account <> '', b.ours = b.theirs, b.account, b.currency`)
}

func (s *Service) begin(ctx context.Context, kind string) (uuid.UUID, error) {
	id := uuid.Must(uuid.NewV7())
	if _, err := s.DB.Exec(ctx, `INSERT INTO reconcile_runs (id, kind, started_at) VALUES ($1, $2, $3)`, id, kind, s.Now()); err != nil {
		return id, fmt.Errorf("begin %s: %w", kind, err)
	}
	return id, nil
}

// finish keeps what a run did, and how much of what sweeps brought since it
// began had an effect.
func (s *Service) finish(ctx context.Context, id uuid.UUID, run Run, open int, err error) error {
	text := ""
	if err != nil {
		text = err.Error()
	}
	_, saved := s.DB.Exec(context.WithoutCancel(ctx), `UPDATE reconcile_runs r SET finished_at = $2, looked_up = $3, resumed = $4, open = $5, error = $6,
			healed = (SELECT count(DISTINCT (e.subject, e.applied_at)) FROM stripe_events e WHERE `+healed+` AND e.applied_at >= r.started_at) WHERE id = $1`,
		id, s.Now(), run.LookedUp, run.Resumed, open, text)
	return saved
}
