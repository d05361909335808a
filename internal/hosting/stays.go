package hosting

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"hearth/internal/booking"
	"hearth/internal/connect"
	"hearth/internal/postgres"
	"hearth/internal/task"

	"github.com/jackc/pgx/v5"
)

// Kinds of tasks about accounts with open stays.
const (
	accountLost     = "account_lost"
	accountRejected = "account_rejected"
)

// MindStays looks after the stays of accounts that were stopped: it is what a
// look at each of them does, without the look, for what has changed on our side
// since. It may run at any time.
func (s *Service) MindStays(ctx context.Context) error {
	stopped, err := connect.Stopped(ctx, s.DB, s.Stripe.Livemode())
	if err != nil {
		return fmt.Errorf("list stopped accounts: %w", err)
	}
	var troubles []error
	for _, a := range stopped {
		troubles = append(troubles, postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
			now, err := connect.Keep(ctx, tx, a.StripeAccountID)
			if err != nil {
				return err
			}
			return s.mind(ctx, tx, now)
		}))
	}
	return errors.Join(troubles...)
}

// mind sees to an account's open bookings. Stays that are paid stand: nobody
// but an admin cancels them. Payment pages that are open are closed, and cards
// that are held for an answer are let go, since the money could not reach the
// owner, or is not to. While stays are open on an
// account that is lost or rejected, a task says so.
func (s *Service) mind(ctx context.Context, tx pgx.Tx, a connect.Account) error {
	kind, key := trouble(a)
	if kind == "" && !a.Paused() && !a.Retired() {
		return s.endTasks(ctx, tx, a, "", "The account is connected and in order again.")
	}
	open, err := booking.Through(ctx, tx, a.StripeAccountID)
	if err != nil {
		return fmt.Errorf("list the open bookings of %s: %w", a.StripeAccountID, err)
	}
	if err := booking.CutHolds(ctx, tx, a.StripeAccountID, s.Now()); err != nil {
		return err
	}
	if len(open) == 0 {
		return s.endTasks(ctx, tx, a, "", "No stay is open any more.")
	}
	if err := s.endTasks(ctx, tx, a, kind, "Something else is wrong with the account now."); err != nil || kind == "" {
		return err
	}
	paid := slices.DeleteFunc(open, func(b booking.Booking) bool { return b.Status == booking.Held || b.Status == booking.Requested })
	if len(paid) == 0 {
		return nil
	}
	_, err = task.Open(ctx, tx, task.Task{Key: key, Account: a.StripeAccountID, ObjectID: a.StripeAccountID, Href: "/admin/accounts/" + a.StripeAccountID,
		Title: map[string]string{accountLost: "A disconnected account has open stays", accountRejected: "A rejected account has open stays"}[kind],
		Detail: "The stays stand, and can be refunded: what cannot be taken back from the owner is their debt to us. " +
			"Ask the owner whether they will welcome the tenants. " + codes(paid)}, s.Now())
	return err
}

// trouble is what is wrong with an account for good, and the key of this time.
func trouble(a connect.Account) (kind, key string) {
	switch {
	case a.Lost():
		return accountLost, fmt.Sprintf("%s:%s:%d", accountLost, a.StripeAccountID, a.LostSince().Unix())
	case a.Rejected():
		return accountRejected, accountRejected + ":" + a.StripeAccountID
	}
	return "", ""
}

// endTasks closes the account's tasks of every kind but one.
func (s *Service) endTasks(ctx context.Context, tx pgx.Tx, a connect.Account, but, why string) error {
	for _, kind := range []string{accountLost, accountRejected} {
		if kind == but {
			continue
		}
		if err := task.CloseOf(ctx, tx, kind, a.StripeAccountID, why, s.Now()); err != nil {
			return err
		}
	}
	return nil
}

func codes(all []booking.Booking) string {
	words := make([]string, len(all))
	for i, b := range all {
		words[i] = b.Code + " (" + b.CheckIn.Format("Jan 2, 2006") + ")"
	}
	return "Open: " + strings.Join(words, ", ") + "."
}
