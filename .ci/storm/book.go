package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"
)

// books fills the form in and sends it, as often as it takes.
func (s *story) books(ctx context.Context) error {
	if err := s.seesPrice(ctx); err != nil {
		return err
	}
	got, err := s.tenant.send(ctx, "/homes/"+s.home+"/book", s.booked)
	if err != nil {
		return err
	}
	return s.opened(ctx, got)
}

func (s *story) seesPrice(ctx context.Context) error {
	query := url.Values{"in": {s.in.Format(time.DateOnly)}, "out": {s.out.Format(time.DateOnly)}, "guests": {"2"}}
	got, err := s.tenant.get(ctx, "/homes/"+s.home+"/book?"+query.Encode())
	if err != nil {
		return err
	}
	if s.booked = got.form("form#book"); s.booked == nil {
		return fmt.Errorf("%w: %s", errTaken, got.says())
	}
	s.booked.Set("consent", "on")
	return nil
}

// opened goes where the form led: to Stripe's page, perhaps by the page that
// says that the nights are held.
func (s *story) opened(ctx context.Context, got page) error {
	err := s.db.QueryRow(ctx, `SELECT id, code FROM bookings WHERE tenant_id = $1 AND form_token = $2`, s.tenant.id, s.booked.Get("token")).Scan(&s.id, &s.code)
	if err != nil {
		return fmt.Errorf("%w: %s", errTaken, got.says())
	}
	end := time.Now().Add(patience)
	for {
		if strings.Contains(got.leads, "/c/pay/") {
			s.session = path.Base(strings.SplitN(got.leads, "?", 2)[0])
			return nil
		}
		if status, err := s.status(ctx); err != nil || status != "held" {
			return errors.Join(err, errOver)
		}
		if time.Now().After(end) {
			return fmt.Errorf("no payment page opens: %s", got.says())
		}
		time.Sleep(again)
		if got, err = s.tenant.send(ctx, "/trips/"+s.code+"/continue", url.Values{}); err != nil {
			return err
		}
	}
}

const good = "4242424242424242"

// pay fills Stripe's page in. A card that is declined is no error.
func (s *story) pay(ctx context.Context, with map[string]any) (paid bool, err error) {
	_, err = s.control(ctx, "checkout/"+s.session+"/pay", with)
	var no refused
	if errors.As(err, &no) && no.status < 500 {
		return false, nil
	}
	return err == nil, err
}

func card(number string) map[string]any { return map[string]any{"card": number} }

// comesBack opens the page that Stripe leads to, most of the time.
func (s *story) comesBack(ctx context.Context) error {
	if s.rng.IntN(4) == 0 {
		return nil // closed the tab
	}
	_, err := s.tenant.get(ctx, "/trips/"+s.code+"/confirming?session="+s.session)
	return err
}

// booksAndPays comes to a confirmed stay.
func (s *story) booksAndPays(ctx context.Context, number string) error {
	if err := s.books(ctx); err != nil {
		return err
	}
	return s.paysAndWaits(ctx, card(number), "confirmed")
}

func (s *story) paysAndWaits(ctx context.Context, with map[string]any, states ...string) error {
	if paid, err := s.pay(ctx, with); err != nil || !paid {
		return fmt.Errorf("%v was not taken, %w", with, err)
	}
	if err := s.comesBack(ctx); err != nil {
		return err
	}
	return s.becomes(ctx, states...)
}

func (s *story) pays(ctx context.Context) error { return s.booksAndPays(ctx, good) }

func (s *story) paysChallenged(ctx context.Context) error {
	if err := s.books(ctx); err != nil {
		return err
	}
	return s.paysAndWaits(ctx, map[string]any{"card": "4000000000003220", "challenge": true}, "confirmed")
}

func (s *story) paysAtLast(ctx context.Context) error {
	if err := s.books(ctx); err != nil {
		return err
	}
	for _, number := range []string{"4000000000000002", "4000000000009995"} {
		if paid, err := s.pay(ctx, card(number)); paid || err != nil {
			return fmt.Errorf("%s was taken, %w", number, err)
		}
	}
	if _, err := s.tenant.get(ctx, "/trips/"+s.code+"/held"); err != nil { // Stripe's "back"
		return err
	}
	return s.paysAndWaits(ctx, card(good), "confirmed")
}

// leaves, and Stripe's page ends: sooner than in life, where it takes 40 minutes.
func (s *story) leaves(ctx context.Context) error {
	if err := s.books(ctx); err != nil {
		return err
	}
	if _, err := s.pay(ctx, card("4000000000000002")); err != nil {
		return err
	}
	return s.pageEnds(ctx)
}

func (s *story) pageEnds(ctx context.Context) (err error) {
	for range 20 {
		if _, err = s.stripeAPI(ctx, http.MethodPost, "/v1/checkout/sessions/"+s.session+"/expire", url.Values{}); err == nil || strings.Contains(err.Error(), "can be expired") {
			return s.becomes(ctx, "expired", "cancelled", "confirmed")
		}
	}
	return fmt.Errorf("the page at Stripe does not end: %w", err)
}

func (s *story) givesBack(ctx context.Context) error {
	if err := s.books(ctx); err != nil {
		return err
	}
	if _, err := s.tenant.send(ctx, "/trips/"+s.code+"/release", url.Values{}); err != nil {
		return err
	}
	return s.becomes(ctx, "cancelled", "expired")
}

func (s *story) givesBackWhilePaying(ctx context.Context) error {
	if err := s.books(ctx); err != nil {
		return err
	}
	released := make(chan error, 1)
	go func() {
		_, err := s.tenant.send(ctx, "/trips/"+s.code+"/release", url.Values{})
		released <- err
	}()
	_, err := s.pay(ctx, card(good))
	if err := errors.Join(err, <-released); err != nil {
		return err
	}
	return s.becomes(ctx, "cancelled", "expired", "confirmed")
}

// clicksTwice sends the same form twice at once: it is one booking.
func (s *story) clicksTwice(ctx context.Context) error {
	if err := s.seesPrice(ctx); err != nil {
		return err
	}
	var answers [2]page
	var wrong [2]error
	var both sync.WaitGroup
	for i := range answers {
		both.Go(func() { answers[i], wrong[i] = s.tenant.send(ctx, "/homes/"+s.home+"/book", s.booked) })
	}
	both.Wait()
	if err := errors.Join(wrong[:]...); err != nil {
		return err
	}
	if err := s.opened(ctx, answers[0]); err != nil {
		return err
	}
	return s.paysAndWaits(ctx, card(good), "confirmed")
}

// rivals want the same nights at once: at most one has them.
func (s *story) rivals(ctx context.Context) error {
	other := *s
	for other.tenant.id == s.tenant.id {
		other.tenant = s.visitor(s.rng, s.rng.IntN(10_000)+50_000)
	}
	other.rng = rand.New(rand.NewPCG(s.rng.Uint64(), 0)) // #nosec G404
	var wrong [2]error
	var both sync.WaitGroup
	for i, who := range []*story{s, &other} {
		both.Go(func() { wrong[i] = who.pays(ctx) })
	}
	both.Wait()
	won, waits := 0, 0
	for i, err := range wrong {
		switch {
		case err == nil:
			won++
		case errors.Is(err, errWaiting):
			waits++
		case !errors.Is(err, errTaken):
			return fmt.Errorf("rival %d: %w", i+1, err)
		}
	}
	if won == 1 || waits > 0 && won == 0 {
		return nil
	}
	return fmt.Errorf("%d of two rivals have the nights", won)
}

var bank = map[string]any{"account": "000123456789", "email": "tenant@people.test", "name": "Tenant"}

func (s *story) paysLate(ctx context.Context) error    { return s.debits(ctx, "succeed", "confirmed") }
func (s *story) bankRefuses(ctx context.Context) error { return s.debits(ctx, "fail", "failed") }

func (s *story) debits(ctx context.Context, outcome, end string) error {
	if err := s.books(ctx); err != nil {
		return err
	}
	if err := s.paysAndWaits(ctx, bank, "processing"); err != nil {
		return err
	}
	session, err := s.stripeAPI(ctx, http.MethodGet, "/v1/checkout/sessions/"+s.session, nil)
	if err != nil {
		return err
	}
	if _, err := s.control(ctx, fmt.Sprintf("intents/%s/debit", session["payment_intent"]), map[string]any{"outcome": outcome}); err != nil {
		return err
	}
	return s.becomes(ctx, end)
}
