package payout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hearth/internal/booking"
	"hearth/internal/connect"
	"hearth/internal/fault"
	"hearth/internal/inbound"
	"hearth/internal/money"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"
	"hearth/internal/user"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Run says what a release did.
type Run struct {
	Resumed, Released, Refused int
	Short                      int // due, but not in the owner's balance yet
}

// ReleaseDue pays out every stay whose money is due. It is safe to call at any
// time, twice and at once. One owner's trouble is not another's: errors are
// joined at the end, and what failed is tried again by the next run.
func (s *Service) ReleaseDue(ctx context.Context, now time.Time) (run Run, err error) {
	if err := s.resume(ctx, &run); err != nil {
		return run, err
	}
	all, err := unreleased(ctx, s.DB, s.Stripe.Livemode(), now, s.DelayDays)
	if err != nil {
		return run, fmt.Errorf("find what is to be paid out: %w", err)
	}
	var troubles []error
	for _, mine := range byAccount(all, now, s.DelayDays) {
		if err := s.releaseOwner(ctx, mine, now, &run); err != nil {
			troubles = append(troubles, err)
		}
	}
	return run, errors.Join(troubles...)
}

// byAccount groups what is due, in order: stays come sorted by owner.
func byAccount(all []Stay, now time.Time, delay int) (groups [][]Stay) {
	for _, s := range all {
		if s.Standing(now, delay) != Due {
			continue
		}
		if n := len(groups); n > 0 && groups[n-1][0].Destination == s.Destination {
			groups[n-1] = append(groups[n-1], s)
			continue
		}
		groups = append(groups, []Stay{s})
	}
	return groups
}

// releaseOwner pays one owner's stays out as far as the money is there.
func (s *Service) releaseOwner(ctx context.Context, due []Stay, now time.Time, run *Run) error {
	acct := due[0].Destination
	a, err := connect.ByStripeID(ctx, s.DB, acct)
	if err != nil || a.Lost() || a.Paused() || !a.PayoutsEnabled {
		return ignoring(fault.NotFound, err)
	}
	balance, err := s.Stripe.Balance(ctx, acct)
	if err != nil {
		return fmt.Errorf("read the balance of %s: %w", acct, err)
	}
	for _, stay := range due {
		planned, err := s.plan(ctx, stay, balance.Available[stay.Currency], now)
		if err != nil {
			return err
		}
		if planned == nil {
			run.Short++
			continue
		}
		balance.Available[stay.Currency] -= planned.Amount
		if err := s.send(ctx, *planned, run); err != nil {
			return err
		}
	}
	return nil
}

func ignoring(kind fault.Kind, err error) error {
	if fault.Is(err, kind) {
		return nil
	}
	return err
}

// plan writes the payout and its request, having asked again under the
// booking's lock whether it is due. It is nil when it is not, or when the money
// is not there.
func (s *Service) plan(ctx context.Context, stay Stay, available int64, now time.Time) (planned *Payout, err error) {
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		planned = nil
		if _, err := booking.Lock(ctx, tx, stay.BookingID); err != nil {
			return err
		}
		amount, err := s.amount(ctx, tx, stay.BookingID, now)
		if err != nil || amount <= 0 || amount > available {
			return err
		}
		planned = &Payout{ID: ID(uuid.Must(uuid.NewV7()).String()), UserID: stay.OwnerID, StripeAccount: stay.Destination,
			Amount: amount, Currency: stay.Currency, Status: Planned}
		params := stripeapi.PayoutParams{Amount: amount, Currency: stay.Currency, Description: "Hearth stay " + stay.Code,
			Metadata: map[string]string{stripeapi.MetaPayout: string(planned.ID), stripeapi.MetaBooking: string(stay.BookingID)}}
		request, err := s.Stripe.Plan(ctx, tx, stripeapi.Planned{
			Purpose: stripeapi.ForPayout, Path: stripeapi.PayoutsPath, Account: stay.Destination,
			Key: "payout:" + string(planned.ID), About: "booking:" + string(stay.BookingID), Params: params.Values(),
		})
		if err != nil {
			return err
		}
		planned.RequestID = &request
		return plan(ctx, tx, planned.ID, stay, amount, request, now)
	})
	if err != nil {
		return nil, fmt.Errorf("plan the payout of booking %s: %w", stay.Code, err)
	}
	return planned, nil
}

// amount is what is due for a stay now; 0 when it is not due. The owner's
// payouts are planned one after the other, so that two of them do not both
// leave the same debt uncovered.
func (s *Service) amount(ctx context.Context, tx pgx.Tx, id booking.ID, now time.Time) (int64, error) {
	stay, err := StayOf(ctx, tx, id, s.Stripe.Livemode())
	if err != nil || stay.Standing(now, s.DelayDays) != Due {
		return 0, err
	}
	if err := connect.Lock(ctx, tx, stay.OwnerID); err != nil {
		return 0, err
	}
	if a, err := connect.Keep(ctx, tx, stay.Destination); err != nil || a.Paused() {
		return 0, err
	}
	keep, err := s.keep(ctx, tx, stay.OwnerID, stay.Destination, stay.Currency)
	return stay.share() - keep, err
}

func (s *Service) keep(ctx context.Context, tx pgx.Tx, owner user.ID, acct string, c money.Currency) (int64, error) {
	all, err := StaysOf(ctx, tx, owner, s.Stripe.Livemode())
	if err != nil {
		return 0, err
	}
	return owed(ctx, tx, acct, c, all)
}

// send sends a planned payout and keeps the answer: its id, or the refusal. An
// unclear answer leaves it planned; the next run sends it again.
func (s *Service) send(ctx context.Context, p Payout, run *Run) error {
	outcome, err := s.Stripe.Send(ctx, *p.RequestID)
	if err != nil {
		return fmt.Errorf("send payout %s: %w", p.ID, err)
	}
	return s.settle(ctx, p, outcome, run)
}

func (s *Service) settle(ctx context.Context, p Payout, outcome stripeapi.Outcome, run *Run) error {
	if outcome.Refused() {
		run.Refused++
		return postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
			return refuse(ctx, tx, p.ID, outcome.Code, outcome.Message, s.Now())
		})
	}
	run.Released++
	return postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		if err := attach(ctx, tx, p.ID, outcome.ObjectID); err != nil {
			return err
		}
		return s.Inbox.Nudge(ctx, tx, inbound.SourceOwn, subjectOf(p.StripeAccount, outcome.ObjectID), outcome.ObjectID)
	})
}

// resume finishes what an earlier run planned and did not hear about.
func (s *Service) resume(ctx context.Context, run *Run) error {
	all, err := open(ctx, s.DB, s.Stripe.Livemode())
	if err != nil {
		return fmt.Errorf("find open payouts: %w", err)
	}
	var troubles []error
	for _, p := range all {
		run.Resumed++
		err := s.send(ctx, p, run)
		if errors.Is(err, stripeapi.ErrTooOld) {
			err = s.find(ctx, p, run)
		}
		if err != nil {
			troubles = append(troubles, err)
		}
	}
	return errors.Join(troubles...)
}

// find settles a payout too old to be sent again by Stripe's own list.
func (s *Service) find(ctx context.Context, p Payout, run *Run) error {
	made, err := s.Stripe.Payouts(ctx, p.StripeAccount, p.CreatedAt.Add(-time.Hour), time.Time{})
	if err != nil {
		return fmt.Errorf("look for payout %s: %w", p.ID, err)
	}
	for _, seen := range made {
		if seen.Metadata[stripeapi.MetaPayout] != string(p.ID) {
			continue
		}
		if err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
			_, err := stripeapi.Found(ctx, tx, *p.RequestID, seen.ID, s.Now())
			return err
		}); err != nil {
			return err
		}
		return s.settle(ctx, p, stripeapi.Outcome{State: stripeapi.StateSucceeded, ObjectID: seen.ID}, run)
	}
	return postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		if _, err := stripeapi.Abandon(ctx, tx, *p.RequestID, "no such payout at Stripe", s.Now()); err != nil {
			return err
		}
		return refuse(ctx, tx, p.ID, "abandoned", "Stripe never made it", s.Now())
	})
}
