package payout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hearth/internal/booking"
	"hearth/internal/connect"
	"hearth/internal/fault"
	"hearth/internal/inbound"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Run says what a release did.
type Run struct {
	Resumed, Released, Refused int
	Netted                     int // debts taken back out of a stay
	GivenBack                  int // of what was netted and is owed no longer
	Short                      int // due, but not in the owner's balance yet
}

// ReleaseDue pays out every stay whose money is due, having netted what its
// owner owes us. It is safe to call at any time, twice and at once. One owner's
// trouble is not another's: errors are joined at the end, and what failed is
// tried again by the next run.
func (s *Service) ReleaseDue(ctx context.Context, now time.Time) (run Run, err error) {
	troubles := []error{s.resume(ctx, &run), s.giveBack(ctx, now, &run)}
	all, err := unsettled(ctx, s.DB, s.Stripe.Livemode(), now)
	if err != nil {
		return run, errors.Join(append(troubles, fmt.Errorf("find what is to be paid out: %w", err))...)
	}
	owing, err := debtors(ctx, s.DB)
	if err != nil {
		return run, errors.Join(append(troubles, fmt.Errorf("find who owes us: %w", err))...)
	}
	for _, mine := range byPurse(all) {
		acct := mine[0].Destination
		if !owing[acct] && !slices.ContainsFunc(mine, func(x Stay) bool { return x.due(now, s.DelayDays, false) }) {
			continue
		}
		if err := s.releaseOwner(ctx, mine, now, false, &run); err != nil {
			troubles = append(troubles, err)
		}
	}
	return run, errors.Join(append(troubles, s.follow(ctx, all, now))...)
}

// byPurse groups stays by account and currency, the earliest check-in first.
func byPurse(all []Stay) (purses [][]Stay) {
	all = slices.SortedStableFunc(slices.Values(all), func(a, b Stay) int {
		return cmp.Or(cmp.Compare(a.Destination, b.Destination), cmp.Compare(a.Currency, b.Currency), a.CheckIn.Compare(b.CheckIn), cmp.Compare(a.BookingID, b.BookingID))
	})
	for _, s := range all {
		if n := len(purses); n > 0 && purses[n-1][0].Destination == s.Destination && purses[n-1][0].Currency == s.Currency {
			purses[n-1] = append(purses[n-1], s)
			continue
		}
		purses = append(purses, []Stay{s})
	}
	return purses
}

// releaseOwner nets one owner's debt and pays their stays out, as far as the
// money is there. An account that Stripe pays out by itself is left to it.
func (s *Service) releaseOwner(ctx context.Context, mine []Stay, now time.Time, eager bool, run *Run) error {
	acct, currency := mine[0].Destination, mine[0].Currency
	a, err := connect.ByStripeID(ctx, s.DB, acct)
	if err != nil || a.Lost() {
		return ignoring(fault.NotFound, err)
	}
	balance, err := s.Stripe.Balance(ctx, acct)
	if err != nil {
		return fmt.Errorf("read the balance of %s: %w", acct, err)
	}
	available := balance.Available[currency]
	netted, err := s.net(ctx, a, mine, available, balance.Pending[currency], now, run)
	if err != nil || a.Automatic() || a.Paused() || !a.PayoutsEnabled {
		return err
	}
	available -= netted
	for _, parts := range bundles(mine, now, s.DelayDays, eager) {
		planned, err := s.plan(ctx, parts, available, eager, now)
		if err != nil {
			return err
		}
		if planned == nil {
			run.Short++
			continue
		}
		available -= planned.Amount
		if err := s.send(ctx, *planned, run); err != nil {
			return err
		}
	}
	return nil
}

// part is what a payout carries of a stay; below zero what of it was taken back
// out of other stays' money.
type part struct {
	Stay
	amount int64
}

// bundles says which payouts to make of what is due: each stay has one of its
// own, unless the balance is short by what was taken back of stays that were
// paid out before. Then stays are put together until they outweigh that, and
// what does not waits for the next.
func bundles(mine []Stay, now time.Time, delay int, eager bool) (all [][]part) {
	var parts []part
	var sum int64
	add := func(s Stay, amount int64) { parts, sum = append(parts, part{s, amount}), sum+amount }
	for _, s := range mine {
		if s.held() < 0 {
			add(s, s.held())
		}
	}
	for _, s := range mine {
		if !s.due(now, delay, eager) {
			continue
		}
		if add(s, s.left()); sum > 0 {
			all = append(all, parts)
			parts, sum = nil, 0
		}
	}
	return all
}

func ignoring(kind fault.Kind, err error) error {
	if fault.Is(err, kind) {
		return nil
	}
	return err
}

// plan writes the payout and its request, having asked again under the
// bookings' locks whether everything is as it was. It is nil when it is not,
// when the owner owes us, or when the money is not there.
func (s *Service) plan(ctx context.Context, parts []part, available int64, eager bool, now time.Time) (planned *Payout, err error) {
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		planned = nil
		amount, err := s.amount(ctx, tx, parts, eager, now)
		if err != nil || amount <= 0 || amount > available {
			return err
		}
		first := parts[len(parts)-1].Stay // the one that is due
		planned = &Payout{ID: ID(uuid.Must(uuid.NewV7()).String()), UserID: first.OwnerID, StripeAccount: first.Destination,
			Amount: amount, Currency: first.Currency, Status: Planned}
		params := stripeapi.PayoutParams{Amount: amount, Currency: first.Currency, Description: describe(parts),
			Metadata: map[string]string{stripeapi.MetaPayout: string(planned.ID), stripeapi.MetaBooking: string(first.BookingID)}}
		request, err := s.Stripe.Plan(ctx, tx, stripeapi.Planned{
			Purpose: stripeapi.ForPayout, Path: stripeapi.PayoutsPath, Account: first.Destination,
			Key: "payout:" + string(planned.ID), About: "booking:" + string(first.BookingID), Params: params.Values(),
		})
		if err != nil {
			return err
		}
		planned.RequestID = &request
		return plan(ctx, tx, *planned, parts, now)
	})
	if err != nil {
		return nil, fmt.Errorf("plan the payout of booking %s: %w", parts[len(parts)-1].Code, err)
	}
	return planned, nil
}

// describe names the stays whose money it is.
func describe(parts []part) string {
	var codes []string
	for _, x := range parts {
		if x.amount > 0 {
			codes = append(codes, x.Code)
		}
	}
	if len(codes) > 10 {
		return fmt.Sprintf("Hearth, %d stays", len(codes))
	}
	return "Hearth stay " + strings.Join(codes, ", ")
}

// amount is what the parts come to now; 0 when one of them has changed. The
// owner's payouts are planned one after the other, and not while a debt is open:
// it is netted first.
func (s *Service) amount(ctx context.Context, tx pgx.Tx, parts []part, eager bool, now time.Time) (sum int64, err error) {
	var all []booking.ID
	for _, x := range parts {
		all = append(all, x.BookingID)
	}
	if err := lockAll(ctx, tx, all); err != nil {
		return 0, err
	}
	for _, x := range parts {
		stay, err := StayOf(ctx, tx, x.BookingID, s.Stripe.Livemode())
		if err != nil {
			return 0, err
		}
		same := stay.held() == x.amount
		if x.amount > 0 {
			same = stay.left() == x.amount && stay.due(now, s.DelayDays, eager)
		}
		if !same {
			return 0, nil
		}
		sum += x.amount
	}
	stay := parts[0].Stay
	if err := connect.Lock(ctx, tx, stay.OwnerID); err != nil {
		return 0, err
	}
	if a, err := connect.Keep(ctx, tx, stay.Destination); err != nil || a.Paused() {
		return 0, err
	}
	d, err := debtOf(ctx, tx, stay.Destination, stay.Currency)
	if err != nil || d.Open > 0 || d.UnderWay > 0 {
		return 0, err
	}
	return sum, nil
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

// resumePayouts finishes the payouts that an earlier run planned and did not hear about.
func (s *Service) resumePayouts(ctx context.Context, run *Run) error {
	all, err := open(ctx, s.DB, s.Stripe.Livemode())
	if err != nil {
		return fmt.Errorf("find open payouts: %w", err)
	}
	var troubles []error
	for _, p := range all {
		run.Resumed++
		err := s.send(ctx, p, run)
		if stripeapi.Over(err) {
			err = s.find(ctx, p, run)
		}
		if err != nil {
			troubles = append(troubles, err)
		}
	}
	return errors.Join(troubles...)
}

// find settles a payout whose request can tell nothing new by Stripe's own list.
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
