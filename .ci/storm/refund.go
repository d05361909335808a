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

func (s *story) cancels(ctx context.Context) error {
	if err := s.booksAndPays(ctx, good); err != nil {
		return err
	}
	if err := s.confirms(ctx, s.tenant, "/trips/"+s.code+"/cancel", "form#cancel", "reason", "Changed plans"); err != nil {
		return err
	}
	return s.becomes(ctx, "cancelled")
}

func (s *story) ownerCancels(ctx context.Context) error {
	if err := s.booksAndPays(ctx, good); err != nil {
		return err
	}
	if err := s.confirms(ctx, s.owner, "/owner/stays/"+s.code+"/cancel", "form#cancel", "reason", "A tree fell on it"); err != nil {
		return err
	}
	return s.becomes(ctx, "cancelled")
}

func (s *story) adminRefunds(ctx context.Context) error {
	if err := s.booksAndPays(ctx, good); err != nil {
		return err
	}
	total, err := s.total(ctx)
	if err != nil {
		return err
	}
	for range 1 + s.rng.IntN(2) {
		if err := s.refund(ctx, s.odd(total/3)); err != nil {
			return err
		}
	}
	if s.rng.IntN(3) > 0 {
		return nil
	}
	return s.confirms(ctx, s.crowd.admin, "/admin/bookings/"+s.code+"/cancel", "form#cancel", "reason", "The storm")
}

// odd is an amount up to so much, of those that Stripe takes.
func (s *story) odd(most int64) int64 {
	amount := 1 + s.rng.Int64N(most)
	if s.currency.Exponent() == 3 {
		amount = max(10, amount/10*10)
	}
	return amount
}

func (s *story) total(ctx context.Context) (minor int64, err error) {
	err = s.db.QueryRow(ctx, `SELECT total_amount FROM bookings WHERE id = $1`, s.id).Scan(&minor)
	return minor, err
}

func (s *story) refund(ctx context.Context, minor int64) error {
	query := url.Values{"amount": {money.New(minor, s.currency).Decimal()}, "reason": {"No hot water"}}
	return s.confirms(ctx, s.crowd.admin, "/admin/bookings/"+s.code+"/refund?"+query.Encode(), "form#refund")
}

func (s *story) payment(ctx context.Context) (intent, charge string, err error) {
	err = s.db.QueryRow(ctx, `SELECT payment_intent_id, charge_id FROM payments WHERE booking_id = $1 AND status = 'paid'`, s.id).Scan(&intent, &charge)
	return intent, charge, err
}

func (s *story) dashboardRefunds(ctx context.Context) error {
	if err := s.booksAndPays(ctx, good); err != nil {
		return err
	}
	intent, _, err := s.payment(ctx)
	if err != nil {
		return err
	}
	form := url.Values{"payment_intent": {intent}}
	if s.rng.IntN(2) == 0 {
		form.Set("amount", fmt.Sprint(s.odd(5000)))
	}
	if s.rng.IntN(2) == 0 {
		form.Set("reverse_transfer", "true")
		form.Set("refund_application_fee", "true")
	}
	_, err = s.stripeAPI(ctx, http.MethodPost, "/v1/refunds", form)
	var no refused
	if errors.As(err, &no) && no.status == http.StatusInternalServerError || errors.As(err, &no) && no.status == http.StatusBadRequest {
		return nil // perhaps it did, perhaps the money is not there: the books have to know either way
	}
	return err
}

func (s *story) refundFails(ctx context.Context) error {
	if err := s.booksAndPays(ctx, good); err != nil {
		return err
	}
	if err := s.refund(ctx, s.odd(9000)); err != nil {
		return err
	}
	var refund string
	end := time.Now().Add(patience)
	for refund == "" {
		if err := s.db.QueryRow(ctx, `SELECT coalesce(max(stripe_refund_id), '') FROM refunds WHERE booking_id = $1`, s.id).Scan(&refund); err != nil {
			return err
		}
		if time.Now().After(end) {
			return errWaiting
		}
		time.Sleep(again)
	}
	_, err := s.control(ctx, "refunds/"+refund+"/fail", map[string]any{})
	return err
}
