package payment

import (
	"context"
	"time"

	"hearth/internal/money"
	"hearth/internal/postgres"
)

// EarlierStay is a stay that a tenant completed, paid, and did not dispute.
type EarlierStay struct {
	Code              string
	CheckIn, CheckOut time.Time
	ChargeID          string
	Brand, Last4      string
	Amount            int64
	Currency          money.Currency
}

// Money is what they paid for it.
func (s EarlierStay) Money() money.Amount { return money.New(s.Amount, s.Currency) }

const earlierShown = 20

// EarlierStays lists the completed and undisputed stays that a payment's tenant
// had booked before it, the newest first.
func EarlierStays(ctx context.Context, q postgres.Querier, p Payment) ([]EarlierStay, error) {
	return postgres.All[EarlierStay](ctx, q, `
		SELECT b.code, lower(b.nights) AS check_in, upper(b.nights) AS check_out,
			e.charge_id, c.brand, c.last4, c.amount, c.currency
		FROM bookings mine JOIN bookings b ON b.tenant_id = mine.tenant_id AND b.created_at < mine.created_at AND b.status = 'completed'
		JOIN payments e ON e.booking_id = b.id AND NOT e.disputed
		JOIN charges c ON c.id = e.charge_id AND c.status = 'succeeded'
		WHERE mine.id = $1 ORDER BY b.created_at DESC, b.id LIMIT $2`, p.BookingID, earlierShown)
}
