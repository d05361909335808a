package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
)

// asks wants a home whose owner decides: the card is held until then.
func (s *story) asks(ctx context.Context) error {
	if _, err := s.db.Exec(ctx, `UPDATE listings SET booking_mode = 'request' WHERE slug = $1`, s.home); err != nil {
		return err
	}
	if err := s.books(ctx); err != nil {
		return err
	}
	return s.paysAndWaits(ctx, card(good), "requested")
}

func (s *story) answers(ctx context.Context, form string) error {
	return s.confirms(ctx, s.owner, "/owner/stays/"+s.code+"/answer", form)
}

func (s *story) accepted(ctx context.Context) error {
	if err := s.asks(ctx); err != nil {
		return err
	}
	if err := s.answers(ctx, "form#accept"); err != nil {
		return err
	}
	return s.becomes(ctx, "confirmed")
}

func (s *story) declined(ctx context.Context) error {
	if err := s.asks(ctx); err != nil {
		return err
	}
	if err := s.answers(ctx, "form#decline"); err != nil {
		return err
	}
	return s.becomes(ctx, "declined")
}

func (s *story) withdraws(ctx context.Context) error {
	if err := s.asks(ctx); err != nil {
		return err
	}
	if _, err := s.tenant.send(ctx, "/trips/"+s.code+"/withdraw", url.Values{}); err != nil {
		return err
	}
	return s.becomes(ctx, "cancelled")
}

// withdrawsLate takes a request back while the owner accepts it: one of the two
// is first, and Stripe does that.
func (s *story) withdrawsLate(ctx context.Context) error {
	if err := s.asks(ctx); err != nil {
		return err
	}
	var both sync.WaitGroup
	var wrong [2]error
	both.Go(func() {
		_, wrong[0] = s.owner.send(ctx, "/owner/stays/"+s.code+"/answer", url.Values{"answer": {"accept"}})
	})
	both.Go(func() { _, wrong[1] = s.tenant.send(ctx, "/trips/"+s.code+"/withdraw", url.Values{}) })
	both.Wait()
	if err := errors.Join(wrong[:]...); err != nil {
		return err
	}
	return s.becomes(ctx, "confirmed", "cancelled")
}

// takenInTheDashboard is a held card whose money somebody at Stripe takes before
// the owner has answered.
func (s *story) takenInTheDashboard(ctx context.Context) error {
	if err := s.asks(ctx); err != nil {
		return err
	}
	var intent string
	if err := s.db.QueryRow(ctx, `SELECT payment_intent_id FROM payments WHERE booking_id = $1 AND status = 'authorized'`, s.id).Scan(&intent); err != nil {
		return err
	}
	_, err := s.stripeAPI(ctx, http.MethodPost, "/v1/payment_intents/"+intent+"/capture", url.Values{})
	var no refused
	if errors.As(err, &no) && no.status == http.StatusInternalServerError {
		return s.answers(ctx, "form#decline") // perhaps it was taken all the same
	}
	if err != nil {
		return err
	}
	return s.becomes(ctx, "confirmed")
}
