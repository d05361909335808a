package payout

import (
	"context"
	"fmt"
	"time"

	"hearth/internal/booking"
	"hearth/internal/connect"
	"hearth/internal/inbound"
	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/payment"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"
	"hearth/internal/task"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Debt is what an owner owes us in a currency.
type Debt struct {
	Open     int64 // by the books, as if all that is under way had come; below zero we owe them
	UnderWay int64 // asked back of Stripe, and not seen there yet
}

func debtOf(ctx context.Context, q postgres.Querier, acct string, c money.Currency) (d Debt, err error) {
	balance, err := ledger.Balance(ctx, q, ledger.Debt(acct), c)
	if err != nil {
		return d, err
	}
	var returning int64
	err = q.QueryRow(ctx, `SELECT
		(SELECT coalesce(sum(amount), 0) FROM debt_collections WHERE stripe_account = $1 AND currency = $2 AND status = 'planned')::bigint,
		(SELECT coalesce(sum(amount), 0) FROM debt_returns WHERE stripe_account = $1 AND currency = $2 AND status = 'planned')::bigint`,
		acct, c).Scan(&d.UnderWay, &returning)
	if d.Open = -balance.Minor - d.UnderWay + returning; d.Open > 0 { // what Stripe cannot take back stops nobody
		d.Open = c.Floor(d.Open)
	}
	return d, err
}

// debtors are the accounts whose owners owe us anything, in any currency.
func debtors(ctx context.Context, q postgres.Querier) (map[string]bool, error) {
	rows, err := q.Query(ctx, `
		SELECT substr(x.account, 6) FROM (
			SELECT source AS account, currency, -amount AS amount FROM ledger_postings WHERE source LIKE 'debt:%'
			UNION ALL SELECT destination, currency, amount FROM ledger_postings WHERE destination LIKE 'debt:%') x
		GROUP BY x.account, x.currency HAVING sum(x.amount) < 0`)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	owing := map[string]bool{}
	for _, acct := range all {
		owing[acct] = true
	}
	return owing, err
}

// net takes what an owner owes us out of their stays, before those are paid
// out, and returns how much it took. Where Stripe pays out by itself it does
// not wait for the day of release: the money may be gone by then.
func (s *Service) net(ctx context.Context, a connect.Account, mine []Stay, available, pending int64, now time.Time, run *Run) (netted int64, err error) {
	d, err := debtOf(ctx, s.DB, a.StripeAccountID, mine[0].Currency)
	if err != nil || d.Open <= 0 {
		return 0, err
	}
	for i, stay := range mine {
		if !stay.pays(a, now, s.DelayDays) {
			continue
		}
		there := available
		if a.Automatic() {
			there += pending
		}
		c, err := s.planCollection(ctx, a, stay.BookingID, there-netted, now)
		if err != nil {
			return netted, err
		}
		if c == nil {
			continue
		}
		if err := s.sendCollection(ctx, *c, run); err != nil {
			return netted, err
		}
		netted += c.Amount
		if mine[i], err = StayOf(ctx, s.DB, stay.BookingID, s.Stripe.Livemode()); err != nil {
			return netted, err
		}
	}
	return netted, nil
}

// pays reports whether a debt may be taken out of the stay now.
func (s Stay) pays(a connect.Account, now time.Time, delay int) bool {
	if s.BalkedAt != nil && now.Before(s.BalkedAt.Add(calm)) {
		return false
	}
	switch s.Standing(now, delay) {
	case Due, Returned:
		return true
	case Waiting, Settling:
		return a.Automatic()
	}
	return false
}

// planCollection reserves a collection and plans its reversal; nil when there
// is nothing to take from this stay any more.
func (s *Service) planCollection(ctx context.Context, a connect.Account, id booking.ID, available int64, now time.Time) (planned *payment.Collection, err error) {
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		planned = nil
		if _, err := booking.Lock(ctx, tx, id); err != nil {
			return err
		}
		p, err := payment.ByBooking(ctx, tx, string(id))
		if err != nil {
			return err
		}
		if p, err = payment.Lock(ctx, tx, p.ID); err != nil {
			return err
		}
		stay, err := StayOf(ctx, tx, id, s.Stripe.Livemode())
		if err != nil || !stay.pays(a, now, s.DelayDays) {
			return err
		}
		if err := connect.Lock(ctx, tx, stay.OwnerID); err != nil {
			return err
		}
		d, err := debtOf(ctx, tx, stay.Destination, stay.Currency)
		if err != nil {
			return err
		}
		transfer, left, err := payment.TransferLeft(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		c := payment.Collection{ID: uuid.Must(uuid.NewV7()).String(), PaymentID: p.ID, BookingID: string(id), StripeAccount: stay.Destination,
			TransferID: transfer, Amount: stay.Currency.Floor(min(d.Open, stay.left(), available, left)), Currency: stay.Currency, Status: "planned"}
		if transfer == "" || c.Amount <= 0 {
			return nil
		}
		request, err := s.planReversal(ctx, tx, c)
		if err != nil {
			return err
		}
		c.RequestID, planned = string(request), &c
		return payment.PlanCollection(ctx, tx, c, now)
	})
	if err != nil {
		return nil, fmt.Errorf("net the debt of %s: %w", a.StripeAccountID, err)
	}
	return planned, nil
}

func (s *Service) planReversal(ctx context.Context, tx pgx.Tx, c payment.Collection) (stripeapi.RequestID, error) {
	params := stripeapi.TransferReversalParams{Amount: c.Amount, Description: "Netted off what was owed",
		Metadata: map[string]string{stripeapi.MetaCollection: c.ID, stripeapi.MetaBooking: c.BookingID}}
	return s.Stripe.Plan(ctx, tx, stripeapi.Planned{Purpose: stripeapi.ForCollection, Path: stripeapi.ReversalsPath(c.TransferID),
		Key: "collection:" + c.ID, About: "booking:" + c.BookingID, Params: params.Values()})
}

// sendCollection sends it and lets the payment's look post what came of it. An
// unclear answer leaves it planned, and the owner's payouts wait.
func (s *Service) sendCollection(ctx context.Context, c payment.Collection, run *Run) error {
	outcome, err := s.Stripe.Send(ctx, stripeapi.RequestID(c.RequestID))
	if stripeapi.Over(err) {
		return s.findCollection(ctx, c)
	}
	if err != nil {
		return fmt.Errorf("send collection %s: %w", c.ID, err)
	}
	if outcome.Refused() {
		run.Refused++
		return s.collectionRefused(ctx, c, outcome.Message)
	}
	run.Netted++
	return s.Inbox.LookNow(ctx, inbound.SourceOwn, inbound.Subject{Kind: inbound.Payment, ID: string(c.PaymentID)})
}

// collectionRefused leaves the debt as it is and tells an admin: Stripe knows a
// reason that we do not.
func (s *Service) collectionRefused(ctx context.Context, c payment.Collection, why string) error {
	return postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		first, err := payment.CollectionRefused(ctx, tx, c.ID, why, s.Now())
		if err != nil || !first {
			return err
		}
		_, err = task.Open(ctx, tx, task.Task{Key: "debt_not_netted:" + c.BookingID, BookingID: &c.BookingID, Account: c.StripeAccount, ObjectID: c.TransferID,
			Title: "A debt could not be netted", Detail: fmt.Sprintf("Stripe refused to take %s back out of the stay: %s It is tried again every twelve hours, and the owner’s payouts wait.", c.Money().Format(), why),
			Href: "/admin/debts"}, s.Now())
		return err
	})
}

// findCollection settles one whose request can tell nothing new by the transfer
// itself: the look knows it by our metadata.
func (s *Service) findCollection(ctx context.Context, c payment.Collection) error {
	t, err := s.Stripe.Transfer(ctx, c.TransferID)
	if err != nil {
		return fmt.Errorf("look for collection %s: %w", c.ID, err)
	}
	for _, r := range t.Reversals {
		if r.Metadata[stripeapi.MetaCollection] == c.ID {
			return s.Inbox.LookNow(ctx, inbound.SourceOwn, inbound.Subject{Kind: inbound.Payment, ID: string(c.PaymentID)})
		}
	}
	return postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		if _, err := stripeapi.Abandon(ctx, tx, stripeapi.RequestID(c.RequestID), "no such reversal at Stripe", s.Now()); err != nil {
			return err
		}
		_, err := payment.CollectionRefused(ctx, tx, c.ID, "Stripe never made it", s.Now())
		return err
	})
}

// resumeCollections finishes what an earlier run planned and did not hear of.
func (s *Service) resumeCollections(ctx context.Context, run *Run) error {
	all, err := payment.OpenCollections(ctx, s.DB, s.Stripe.Livemode())
	if err != nil {
		return fmt.Errorf("find open collections: %w", err)
	}
	return each(ctx, all, run, s.sendCollection)
}
