package hosting

import (
	"context"
	"fmt"
	"slices"

	"hearth/internal/connect"
	"hearth/internal/fault"
	"hearth/internal/inbound"
	"hearth/internal/notify"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
)

// Pause is our own hold on an account: nothing new is booked and nothing is
// paid out until it is lifted. Stays that are booked stand. The reason is for
// admins; the owner hears that there is a hold.
func (s *Service) Pause(ctx context.Context, tx pgx.Tx, acct, reason string) error {
	if err := connect.Pause(ctx, tx, acct, reason, s.Now()); err != nil {
		return err
	}
	return s.stopped(ctx, tx, acct, "account_paused", "We have put your account on hold while we look into something: new bookings and payouts wait. Stays that are booked are not affected.")
}

// Resume lifts the hold.
func (s *Service) Resume(ctx context.Context, tx pgx.Tx, acct string) error {
	return connect.Resume(ctx, tx, acct)
}

// Retire ends the use of an account. It stays ours at Stripe, so that what is
// in it is paid out and refunds can be taken back from it; its owner may make
// another account.
func (s *Service) Retire(ctx context.Context, tx pgx.Tx, acct string) error {
	if err := connect.Retire(ctx, tx, acct, s.Now()); err != nil {
		return err
	}
	return s.stopped(ctx, tx, acct, "account_retired", "We no longer use this payout account. What is in it is still paid out to you. To take new bookings, set up payouts again.")
}

// stopped tells the owner, once per decision, and sees to their open bookings.
func (s *Service) stopped(ctx context.Context, tx pgx.Tx, acct, what, reason string) error {
	a, err := connect.ByStripeID(ctx, tx, acct)
	if err != nil {
		return err
	}
	note := notify.Note{Key: fmt.Sprintf("%s:%s:%d", what, acct, s.Now().Unix()), Template: "account_problem_owner", To: a.UserID,
		Data: map[string]any{"reference": acct, "reason": reason}}
	if err := s.Notify.Enqueue(ctx, tx, note); err != nil {
		return err
	}
	return s.mind(ctx, tx, a)
}

// PlanReject writes down that Stripe is to refuse an account for good, for one
// of [stripeapi.RejectReasons]. [Service.Finish] asks Stripe.
func (s *Service) PlanReject(ctx context.Context, tx pgx.Tx, acct, why string) (stripeapi.RequestID, error) {
	a, err := connect.ByStripeID(ctx, tx, acct)
	if err != nil {
		return "", err
	}
	if err := connect.Lock(ctx, tx, a.UserID); err != nil {
		return "", err
	}
	if a, err = connect.ByStripeID(ctx, tx, acct); err != nil {
		return "", err
	}
	asked, err := rejections(ctx, tx, acct)
	if err != nil {
		return "", err
	}
	for _, r := range asked {
		if r.State != stripeapi.StateRefused {
			return "", fault.New(fault.Conflict, "Stripe has been asked to reject this account already.")
		}
	}
	if a.Rejected() || a.Lost() {
		return "", fault.New(fault.Conflict, "This account is rejected or disconnected already.")
	}
	params := stripeapi.RejectParams{Reason: why}
	return s.Stripe.Plan(ctx, tx, stripeapi.Planned{Purpose: stripeapi.ForReject, Path: stripeapi.RejectPath(acct), About: aboutAccount(acct),
		Key: fmt.Sprintf("account:%s:reject:%d", acct, len(asked)+1), Params: params.Values()})
}

// rejections are the requests to refuse an account.
func rejections(ctx context.Context, tx pgx.Tx, acct string) ([]stripeapi.Request, error) {
	all, err := stripeapi.RequestsAbout(ctx, tx, aboutAccount(acct))
	return slices.DeleteFunc(all, func(r stripeapi.Request) bool { return r.Purpose != stripeapi.ForReject }), err
}

// aboutAccount names an account in the column stripe_requests.about.
func aboutAccount(acct string) string { return "account:" + acct }

// finishReject lets a look write what Stripe shows then. Stripe's refusal is a
// Conflict.
func (s *Service) finishReject(ctx context.Context, r stripeapi.Request) error {
	id, acct := r.ID, r.About[len(aboutAccount("")):]
	outcome, err := s.Stripe.Send(ctx, id)
	if stripeapi.Over(err) {
		return s.findRejected(ctx, id, acct)
	}
	if err != nil {
		return fmt.Errorf("reject account %s: %w", acct, err)
	}
	if outcome.Refused() {
		return fault.New(fault.Conflict, "Stripe did not reject the account: %s", outcome.Message)
	}
	return s.Inbox.LookNow(ctx, inbound.SourceOwn, inbound.Subject{Kind: inbound.Account, ID: acct})
}

// findRejected asks the account itself what became of a request that can tell
// nothing new.
func (s *Service) findRejected(ctx context.Context, id stripeapi.RequestID, acct string) error {
	seen, err := s.Stripe.Account(ctx, acct)
	if err != nil && !connect.Gone(err) {
		return fmt.Errorf("look at account %s: %w", acct, err)
	}
	rejected := connect.Account{}.With(seen, s.Now()).Rejected()
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) (err error) {
		if rejected {
			_, err = stripeapi.Found(ctx, tx, id, acct, s.Now())
			return err
		}
		_, err = stripeapi.Abandon(ctx, tx, id, "The account is not rejected", s.Now())
		return err
	})
	if err != nil {
		return err
	}
	return s.Inbox.LookNow(ctx, inbound.SourceOwn, inbound.Subject{Kind: inbound.Account, ID: acct})
}
