package payout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hearth/internal/booking"
	"hearth/internal/connect"
	"hearth/internal/inbound"
	"hearth/internal/money"
	"hearth/internal/payment"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"
	"hearth/internal/task"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// A debt can be lifted after it was netted: its dispute was won, its refund came
// back. Then the books owe the owner, and what was netted goes back to the stays
// that it was taken from, and is paid out with them. While our own balance is
// short, or Stripe refuses, a person is told, and every run tries again.

// creditor is an account that has paid more than it owed, in a currency.
type creditor struct {
	Account  string
	Currency money.Currency
}

func creditors(ctx context.Context, q postgres.Querier, livemode bool) ([]creditor, error) {
	return postgres.All[creditor](ctx, q, `
		SELECT a.stripe_account_id AS account, x.currency FROM (
			SELECT source AS account, currency, -amount AS amount FROM ledger_postings WHERE source LIKE 'debt:%'
			UNION ALL SELECT destination, currency, amount FROM ledger_postings WHERE destination LIKE 'debt:%') x
		JOIN connected_accounts a ON 'debt:' || a.stripe_account_id = x.account
		WHERE a.livemode = $1 GROUP BY a.stripe_account_id, x.currency HAVING sum(x.amount) > 0 ORDER BY 1, 2`, livemode)
}

// giveBack gives every creditor what is theirs.
func (s *Service) giveBack(ctx context.Context, now time.Time, run *Run) error {
	all, err := creditors(ctx, s.DB, s.Stripe.Livemode())
	if err != nil {
		return fmt.Errorf("find whom we owe: %w", err)
	}
	troubles := []error{s.closeReturned(ctx)}
	for _, c := range all {
		if err := s.giveBackTo(ctx, c, now, run); err != nil {
			troubles = append(troubles, fmt.Errorf("give back to %s: %w", c.Account, err))
		}
	}
	return errors.Join(troubles...)
}

func (s *Service) giveBackTo(ctx context.Context, c creditor, now time.Time, run *Run) error {
	from, err := payment.Returnable(ctx, s.DB, c.Account, c.Currency, now.Add(-calm))
	if err != nil || len(from) == 0 {
		return err
	}
	balance, err := s.Stripe.Balance(ctx, "")
	if err != nil {
		return fmt.Errorf("read our balance: %w", err)
	}
	available := balance.Available[c.Currency]
	for _, k := range from {
		r, err := s.planReturn(ctx, k, available, now)
		if err != nil {
			return err
		}
		if r == nil {
			continue
		}
		if err := s.sendReturn(ctx, *r, run); err != nil {
			return err
		}
		available -= r.Amount
	}
	return nil
}

// planReturn reserves what of a collection goes back and plans its transfer; nil
// when nothing does any more, or our own balance does not cover it: a refusal
// would use the key up.
func (s *Service) planReturn(ctx context.Context, k payment.Collection, available int64, now time.Time) (planned *payment.DebtReturn, err error) {
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		planned = nil
		b, err := booking.Lock(ctx, tx, booking.ID(k.BookingID))
		if err != nil {
			return err
		}
		p, err := payment.Lock(ctx, tx, k.PaymentID)
		if err != nil {
			return err
		}
		if err := connect.Lock(ctx, tx, b.OwnerID); err != nil {
			return err
		}
		d, err := debtOf(ctx, tx, k.StripeAccount, k.Currency)
		if err != nil {
			return err
		}
		left, err := returnable(ctx, tx, k, now)
		if err != nil {
			return err
		}
		r := payment.DebtReturn{ID: uuid.Must(uuid.NewV7()).String(), CollectionID: k.ID, PaymentID: k.PaymentID, BookingID: k.BookingID,
			StripeAccount: k.StripeAccount, Amount: k.Currency.Floor(min(-d.Open, left)), Currency: k.Currency, Status: "planned"}
		switch {
		case r.Amount <= 0:
			return nil
		case r.Amount > available:
			return s.returnTask(ctx, tx, r, fmt.Sprintf("our available balance at Stripe is %s. It is tried again every few minutes; top the balance up to be quicker", money.New(available, k.Currency).Format()))
		}
		params := stripeapi.TransferParams{Amount: r.Amount, Currency: r.Currency, Destination: r.StripeAccount, Group: stripeapi.TransferGroup(p.IntentID()),
			Description: "Netted, and no longer owed", Metadata: map[string]string{stripeapi.MetaDebtReturn: r.ID, stripeapi.MetaBooking: r.BookingID}}
		request, err := s.Stripe.Plan(ctx, tx, stripeapi.Planned{Purpose: stripeapi.ForDebtReturn, Path: stripeapi.TransfersPath,
			Key: "debt_return:" + r.ID, About: "booking:" + r.BookingID, Params: params.Values()})
		if err != nil {
			return err
		}
		r.RequestID, planned = string(request), &r
		return payment.PlanDebtReturn(ctx, tx, r, now)
	})
	return planned, err
}

// returnable is what of a collection can be given back now, under its locks.
func returnable(ctx context.Context, tx pgx.Tx, k payment.Collection, now time.Time) (int64, error) {
	all, err := payment.Returnable(ctx, tx, k.StripeAccount, k.Currency, now.Add(-calm))
	for _, still := range all {
		if still.ID == k.ID {
			return still.Amount, err
		}
	}
	return 0, err
}

// sendReturn sends it and lets the payment's look post what came of it. An
// unclear answer leaves it planned, for the next run.
func (s *Service) sendReturn(ctx context.Context, r payment.DebtReturn, run *Run) error {
	outcome, err := s.Stripe.Send(ctx, stripeapi.RequestID(r.RequestID))
	if stripeapi.Over(err) {
		return s.findReturn(ctx, r)
	}
	if err != nil {
		return fmt.Errorf("send debt return %s: %w", r.ID, err)
	}
	if outcome.Refused() {
		run.Refused++
		return postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
			first, err := payment.DebtReturnRefused(ctx, tx, r.ID, outcome.Message, s.Now())
			if err != nil || !first {
				return err
			}
			return s.returnTask(ctx, tx, r, "Stripe refused: "+outcome.Message+" It is tried again every twelve hours")
		})
	}
	run.GivenBack++
	return s.Inbox.LookNow(ctx, inbound.SourceOwn, inbound.Subject{Kind: inbound.Payment, ID: string(r.PaymentID)})
}

// findReturn settles one whose request can tell nothing new by Stripe's list of
// the payment's transfers: the look knows it by our metadata.
func (s *Service) findReturn(ctx context.Context, r payment.DebtReturn) error {
	p, err := payment.ByID(ctx, s.DB, r.PaymentID)
	if err != nil {
		return err
	}
	made, err := s.Stripe.TransfersOf(ctx, p.IntentID())
	if err != nil {
		return fmt.Errorf("look for debt return %s: %w", r.ID, err)
	}
	for _, t := range made {
		if t.Metadata[stripeapi.MetaDebtReturn] == r.ID {
			return s.Inbox.LookNow(ctx, inbound.SourceOwn, inbound.Subject{Kind: inbound.Payment, ID: string(r.PaymentID)})
		}
	}
	return postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		if _, err := stripeapi.Abandon(ctx, tx, stripeapi.RequestID(r.RequestID), "no such transfer at Stripe", s.Now()); err != nil {
			return err
		}
		_, err := payment.DebtReturnRefused(ctx, tx, r.ID, "Stripe never made it", s.Now())
		return err
	})
}

// resumeReturns finishes what an earlier run planned and did not hear of.
func (s *Service) resumeReturns(ctx context.Context, run *Run) error {
	all, err := payment.OpenDebtReturns(ctx, s.DB, s.Stripe.Livemode())
	if err != nil {
		return fmt.Errorf("find open debt returns: %w", err)
	}
	return each(ctx, all, run, s.sendReturn)
}

const notReturned = "debt_not_returned"

func (s *Service) returnTask(ctx context.Context, tx pgx.Tx, r payment.DebtReturn, why string) error {
	_, err := task.Open(ctx, tx, task.Task{Key: notReturned + ":" + r.CollectionID, BookingID: &r.BookingID, Account: r.StripeAccount, ObjectID: r.CollectionID,
		Title: "An owner waits for what was netted and is no longer owed", Href: "/admin/debts",
		Detail: fmt.Sprintf("%s is to be transferred to them: %s.", r.Money().Format(), why)}, s.Now())
	return err
}

// closeReturned closes the tasks of what has been given back since.
func (s *Service) closeReturned(ctx context.Context) error {
	type made struct{ Key, TransferID string }
	all, err := postgres.All[made](ctx, s.DB, `SELECT DISTINCT ON (k.key) k.key, d.transfer_id FROM tasks k
		JOIN debt_returns d ON d.collection_id::text = k.object_id AND d.status = 'made' AND d.finished_at >= k.created_at
		WHERE k.kind = $1 AND k.closed_at IS NULL ORDER BY k.key`, notReturned)
	if err != nil {
		return fmt.Errorf("find tasks about what was given back: %w", err)
	}
	for _, m := range all {
		if err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
			_, err := task.Close(ctx, tx, m.Key, "Transferred as "+m.TransferID, s.Now())
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}
