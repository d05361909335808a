package main

import (
	"context"
	"errors"
	"fmt"
	"hearth/internal/money"
	"net/http"
	"net/url"
	"time"
)

// tonight the tenant is there, the money is available at once, and the owner is
// paid out by the periodic job.
func (s *story) tonight(ctx context.Context) error {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		return err
	}
	here := time.Now().In(zone)
	s.in = time.Date(here.Year(), here.Month(), here.Day(), 0, 0, 0, 0, time.UTC)
	s.out = s.in.AddDate(0, 0, 2)
	return s.booksAndPays(ctx, "4000000000000077")
}

// paidNow is an owner who does not wait for the job, and sometimes has a bank
// that sends the money back.
func (s *story) paidNow(ctx context.Context) error {
	if err := s.tonight(ctx); err != nil {
		return err
	}
	if _, err := s.owner.send(ctx, "/owner/payouts/now", url.Values{}); err != nil { // nothing to pay out is an answer, too
		return err
	}
	if s.rng.IntN(2) == 0 {
		return nil
	}
	var payout string
	err := s.db.QueryRow(ctx, `SELECT coalesce(max(stripe_id), '') FROM payouts
		WHERE user_id = $1 AND status IN ('pending', 'in_transit')`, s.owner.id).Scan(&payout)
	if err != nil || payout == "" {
		return err
	}
	_, err = s.control(ctx, "payouts/"+payout+"/fail", map[string]any{})
	return unlessRefused(err)
}

// weArePaid is our own money on its way to our bank.
func (s *story) weArePaid(ctx context.Context) error {
	if err := s.tonight(ctx); err != nil {
		return err
	}
	got, err := s.crowd.admin.get(ctx, "/admin/money/payout")
	if err != nil {
		return err
	}
	sent := got.form("form#act")
	if sent == nil {
		return fmt.Errorf("nothing of ours is free: %s", got.says())
	}
	sent.Set("currency", string(s.currency))
	sent.Set("amount", money.New(s.odd(90)+10, s.currency).Decimal())
	sent.Set("reason", "The storm")
	got, err = s.crowd.admin.send(ctx, "/admin/money/payout", sent)
	if err == nil && got.leads == "" && got.status != http.StatusConflict { // a conflict: another took it
		err = errors.New(got.says())
	}
	return err
}

// unlessRefused is an error, but for what the sandbox says cannot be done any
// more: another was first.
func unlessRefused(err error) error {
	var no refused
	if errors.As(err, &no) && no.status < http.StatusInternalServerError {
		return nil
	}
	return err
}

// joins lets a new owner come, in the middle of the weather, and let one home.
func (s *story) joins(ctx context.Context) (acct string, err error) {
	if s.owner, err = s.signUp(ctx, "Newcomer", 20_000+s.n); err != nil {
		return "", err
	}
	end := time.Now().Add(patience)
	for acct == "" {
		if _, err := s.owner.send(ctx, "/owner/payouts/setup", url.Values{}); err != nil {
			return "", err
		}
		if err := s.db.QueryRow(ctx, `SELECT coalesce(max(stripe_account_id), '') FROM connected_accounts WHERE user_id = $1`, s.owner.id).Scan(&acct); err != nil {
			return "", err
		}
		if acct == "" && time.Now().After(end) {
			return "", errWaiting
		}
	}
	if _, err := s.control(ctx, "accounts/"+acct+"/onboard", map[string]any{"outcome": "active"}); err != nil {
		return "", err
	}
	if err := s.ready(ctx, s.owner); err != nil {
		return "", errors.Join(errWaiting, err)
	}
	s.home, err = s.world.home(ctx, s.rng, s.owner)
	return acct, err
}

// newcomer is paid by a schedule of their own.
func (s *story) newcomer(ctx context.Context) error {
	if _, err := s.joins(ctx); err != nil {
		return err
	}
	every := []url.Values{{"interval": {"daily"}}, {"interval": {"weekly"}, "weekday": {"friday"}}, {"interval": {"monthly"}, "day": {"1"}}}[s.rng.IntN(3)]
	if _, err := s.owner.send(ctx, "/owner/payouts/schedule", every); err != nil {
		return err
	}
	return s.tonight(ctx)
}

// lost is an owner who cuts the tie, or whom an admin rejects, with a stay that
// is paid: its tenant gets the money all the same.
func (s *story) lost(ctx context.Context) error {
	acct, err := s.joins(ctx)
	if err != nil {
		return err
	}
	if err := s.booksAndPays(ctx, good); err != nil {
		return err
	}
	if s.rng.IntN(2) == 0 {
		_, err = s.control(ctx, "accounts/"+acct+"/deauthorize", map[string]any{})
	} else {
		err = s.confirms(ctx, s.crowd.admin, "/admin/accounts/"+acct+"/reject", "form#act", "reason", "The storm", "choice", "fraud", "word", "reject")
	}
	if err != nil {
		return err
	}
	if err := s.confirms(ctx, s.tenant, "/trips/"+s.code+"/cancel", "form#cancel", "reason", "Nobody is there"); err != nil {
		return err
	}
	return s.becomes(ctx, "cancelled")
}
