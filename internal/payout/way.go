package payout

import (
	"context"
	"fmt"
	"time"

	"hearth/internal/booking"
	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/postgres"
)

// Way is the whole way of a stay's money, from the tenant to the bank.
type Way struct {
	Stay
	Lines    []ledger.Line // what the books say, in order
	Carriers []Carrier     // the payouts that carry or carried parts of it, in order
}

// Carrier is a payout with what it carries of a stay.
type Carrier struct {
	Payout
	Part       int64 // below zero what it made up for
	Others     int   // other stays that it carries, too
	ReturnedAt *time.Time
}

// PartMoney is what it carries of the stay.
func (c Carrier) PartMoney() money.Amount { return money.New(c.Part, c.Currency) }

// WayOf reads the way of a booking's money; NotFound when it was never paid.
func (s *Service) WayOf(ctx context.Context, id booking.ID) (w Way, err error) {
	if w.Stay, err = StayOf(ctx, s.DB, id, s.Stripe.Livemode()); err != nil {
		return w, err
	}
	if w.Lines, err = ledger.OfBooking(ctx, s.DB, string(id)); err != nil {
		return w, fmt.Errorf("read the books of booking %s: %w", id, err)
	}
	w.Carriers, err = postgres.All[Carrier](ctx, s.DB, `
		SELECT `+columns+`, r.amount AS part, r.returned_at,
			(SELECT count(*) FROM payout_releases x WHERE x.payout_id = o.id AND x.booking_id <> r.booking_id) AS others
		FROM payout_releases r JOIN payouts o ON o.id = r.payout_id WHERE r.booking_id = $1 ORDER BY r.created_at, o.id`, id)
	if err != nil {
		return w, fmt.Errorf("list the payouts of booking %s: %w", id, err)
	}
	return w, nil
}

// Purse is what an account holds at Stripe in a currency.
type Purse struct {
	Available, Pending money.Amount
}

// Purses asks Stripe what the account holds, in every currency.
func (s *Service) Purses(ctx context.Context, acct string) ([]Purse, error) {
	b, err := s.Stripe.Balance(ctx, acct)
	if err != nil {
		return nil, err
	}
	var all []Purse
	for _, c := range b.Currencies() {
		all = append(all, Purse{money.New(b.Available[c], c), money.New(b.Pending[c], c)})
	}
	return all, nil
}
