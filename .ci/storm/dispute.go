package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"hearth/internal/money"
)

func (s *story) disputeLost(ctx context.Context) error { return s.disputes(ctx, "lost") }
func (s *story) disputeWon(ctx context.Context) error  { return s.disputes(ctx, "won") }

func (s *story) disputes(ctx context.Context, outcome string) error {
	d, err := s.disputed(ctx, map[string]any{})
	if err != nil {
		return err
	}
	if s.rng.IntN(2) == 0 { // both at once happen, too
		if err := s.crowdTries(ctx); err != nil {
			return err
		}
	}
	return s.resolved(ctx, d, outcome)
}

// disputed is a paid stay whose tenant goes to the bank.
func (s *story) disputed(ctx context.Context, how map[string]any) (id string, err error) {
	if err := s.booksAndPays(ctx, good); err != nil {
		return "", err
	}
	_, charge, err := s.payment(ctx)
	if err != nil {
		return "", err
	}
	d, err := s.control(ctx, "charges/"+charge+"/dispute", how)
	return fmt.Sprint(d["id"]), err
}

func (s *story) resolved(ctx context.Context, dispute, outcome string) error {
	_, err := s.control(ctx, "disputes/"+dispute+"/resolve", map[string]any{"outcome": outcome})
	return err
}

// crowdTries asks for a refund of what is disputed. It is refused, or Stripe
// refuses it.
func (s *story) crowdTries(ctx context.Context) error {
	query := url.Values{"amount": {money.New(s.odd(3000), s.currency).Decimal()}, "reason": {"To settle it"}}
	got, err := s.crowd.admin.get(ctx, "/admin/bookings/"+s.code+"/refund?"+query.Encode())
	if err != nil {
		return err
	}
	if sent := got.form("form#refund"); sent != nil {
		_, err = s.crowd.admin.send(ctx, "/admin/bookings/"+s.code+"/refund", sent)
	}
	return err
}

// decides lets the admin do something about a dispute, as soon as the page
// offers it.
func (s *story) decides(ctx context.Context, dispute, act, form string) error {
	address := "/admin/disputes/" + dispute + "/" + act
	end := time.Now().Add(patience)
	for {
		got, err := s.crowd.admin.get(ctx, address)
		if err != nil {
			return err
		}
		if sent := got.form(form); sent != nil {
			sent.Set("reason", "The storm")
			if got, err = s.crowd.admin.send(ctx, address, sent); err != nil || got.leads != "" || got.status == http.StatusConflict {
				return err
			}
			return errors.New(got.says())
		}
		if time.Now().After(end) {
			return fmt.Errorf("%w: %s", errWaiting, got.says())
		}
		time.Sleep(again)
	}
}

// disputeAnswered is one whose evidence is kept at Stripe, and then handed to
// the bank, which decides either way.
func (s *story) disputeAnswered(ctx context.Context) error {
	d, err := s.disputed(ctx, map[string]any{"reason": "product_not_received"})
	if err != nil {
		return err
	}
	if err := s.decides(ctx, d, "evidence", "form#evidence"); err != nil {
		return err
	}
	if s.rng.IntN(4) > 0 { // else the bank does not wait
		if err := s.decides(ctx, d, "submit", "form#ask"); err != nil {
			return err
		}
	}
	return s.resolved(ctx, d, []string{"won", "lost"}[s.rng.IntN(2)])
}

// disputeRecovered is one for which the owner pays before it is decided.
func (s *story) disputeRecovered(ctx context.Context) error {
	d, err := s.disputed(ctx, map[string]any{})
	if err != nil {
		return err
	}
	if err := s.decides(ctx, d, "recover", "form#ask"); err != nil {
		return err
	}
	return s.resolved(ctx, d, []string{"won", "won", "lost"}[s.rng.IntN(3)])
}

func (s *story) disputeAccepted(ctx context.Context) error {
	d, err := s.disputed(ctx, map[string]any{})
	if err != nil {
		return err
	}
	return s.decides(ctx, d, "accept", "form#ask")
}

// inquiry is a bank that only asks, at first.
func (s *story) inquiry(ctx context.Context) error {
	d, err := s.disputed(ctx, map[string]any{"inquiry": true})
	if err != nil {
		return err
	}
	if s.rng.IntN(2) == 0 {
		return s.crowdTries(ctx) // which Stripe lets us
	}
	if err := s.resolved(ctx, d, "escalated"); err != nil {
		return err
	}
	return s.resolved(ctx, d, []string{"won", "lost"}[s.rng.IntN(2)])
}

// reported pays with a card whose bank reports a fraud: an admin gives
// everything back before it is a dispute.
func (s *story) reported(ctx context.Context) error {
	if err := s.booksAndPays(ctx, "4000000000005423"); err != nil {
		return err
	}
	total, err := s.total(ctx)
	if err != nil {
		return err
	}
	return s.refund(ctx, total)
}
