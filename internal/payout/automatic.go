package payout

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"hearth/internal/booking"
	"hearth/internal/connect"
	"hearth/internal/fault"
	"hearth/internal/inbound"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
)

// What an automatic payout carried is Stripe's word: the balance transactions
// that it names with the payout. Each belongs to a stay by the owner's side of
// its transfer (py_…), or to another payout that it takes the place of. They are
// complete when Stripe has reconciled the payout; until then, and while some of
// it has no name, it is looked at again.

// rowsOf asks what an automatic payout carried; nothing for a manual one.
func (s *Service) rowsOf(ctx context.Context, acct string, seen stripeapi.Payout) ([]stripeapi.PayoutRow, error) {
	if !seen.Automatic {
		return nil, nil
	}
	rows, err := s.Stripe.PayoutRows(ctx, acct, seen.ID)
	if err != nil {
		return nil, fmt.Errorf("list what payout %s carried: %w", seen.ID, err)
	}
	return rows, nil
}

// allot says what of each stay the rows come to, and what has no name.
func allot(ctx context.Context, q postgres.Querier, rows []stripeapi.PayoutRow) (stays map[booking.ID]int64, unnamed int64, err error) {
	stays = map[booking.ID]int64{}
	for _, r := range rows {
		parts, err := partsOf(ctx, q, r)
		if err != nil {
			return nil, 0, err
		}
		rest := r.Net
		for _, x := range parts {
			stays[x.BookingID] += x.Amount
			rest -= x.Amount
		}
		unnamed += rest
	}
	return stays, unnamed, nil
}

// share of a row: whose it is.
type share struct {
	BookingID booking.ID
	Amount    int64
}

func partsOf(ctx context.Context, q postgres.Querier, r stripeapi.PayoutRow) ([]share, error) {
	if strings.HasPrefix(r.SourceID, "po_") { // one that went, or came back
		return postgres.All[share](ctx, q, `SELECT r.booking_id, (CASE WHEN $2 < 0 THEN -r.amount ELSE r.amount END)::bigint AS amount
			FROM payouts o JOIN payout_releases r ON r.payout_id = o.id WHERE o.stripe_id = $1`, r.SourceID, r.Net)
	}
	if r.PaymentID == "" {
		return nil, nil
	}
	return postgres.All[share](ctx, q, `SELECT p.booking_id, $2::bigint AS amount
		FROM transfers t JOIN payments p ON p.id = t.payment_id WHERE t.destination_payment = $1 LIMIT 1`, r.PaymentID, r.Net)
}

// explain writes what an automatic payout carried. The bookings are locked.
func explain(ctx context.Context, tx pgx.Tx, p Payout, stays map[booking.ID]int64, unnamed int64, now time.Time) error {
	for id, amount := range stays {
		if amount == 0 {
			continue
		}
		if err := carry(ctx, tx, p.ID, id, amount, now); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `UPDATE payouts SET unnamed = $2 WHERE id = $1`, p.ID, unnamed)
	if err != nil {
		return fmt.Errorf("explain payout %s: %w", p.ID, err)
	}
	return nil
}

const (
	again    = time.Hour           // between two looks at a payout that is not explained
	giveUp   = 30 * 24 * time.Hour // until a person must look
	overdue  = 24 * time.Hour      // an automatic payout of available money should have been heard of
	farthest = 35 * 24 * time.Hour // longer than the longest schedule
)

// follow asks again about automatic payouts of which not everything is
// explained, and finds those that no webhook told us of.
func (s *Service) follow(ctx context.Context, all []Stay, now time.Time) error {
	rows, err := s.DB.Query(ctx, `SELECT stripe_account || '/' || stripe_id FROM payouts
		WHERE automatic AND stripe_id IS NOT NULL AND (unnamed <> 0 OR reconciliation = 'in_progress') AND created_at > $1
		  AND fetched_at < $2 LIMIT 200`, now.Add(-giveUp), now.Add(-again))
	if err != nil {
		return fmt.Errorf("find payouts to explain: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("find payouts to explain: %w", err)
	}
	var troubles []error
	for _, name := range names {
		troubles = append(troubles, s.Inbox.Nudge(ctx, s.DB, inbound.SourceSweep, inbound.Subject{Kind: inbound.Payout, ID: name}, ""))
	}
	for _, mine := range byPurse(all) {
		troubles = append(troubles, s.discover(ctx, mine, now))
	}
	return errors.Join(troubles...)
}

// discover lists an account's payouts when money that Stripe pays out by itself
// has been available for a day and no payout is known to carry it.
func (s *Service) discover(ctx context.Context, mine []Stay, now time.Time) error {
	waits := false
	for _, x := range mine {
		waits = waits || (x.left() > 0 && x.AvailableOn != nil && x.AvailableOn.Add(overdue).Before(now))
	}
	if !waits {
		return nil
	}
	acct := mine[0].Destination
	a, err := connect.ByStripeID(ctx, s.DB, acct)
	if err != nil || a.Lost() || !a.Automatic() {
		return ignoring(fault.NotFound, err)
	}
	made, err := s.Stripe.Payouts(ctx, acct, now.Add(-farthest), time.Time{})
	if err != nil {
		return fmt.Errorf("list the payouts of %s: %w", acct, err)
	}
	for _, p := range made {
		var known bool
		if err := s.DB.QueryRow(ctx, `SELECT EXISTS (SELECT FROM payouts WHERE stripe_id = $1)`, p.ID).Scan(&known); err != nil {
			return err
		}
		if !known {
			if err := s.Inbox.Nudge(ctx, s.DB, inbound.SourceSweep, subjectOf(acct, p.ID), ""); err != nil {
				return err
			}
		}
	}
	return nil
}
