package payout

import (
	"context"
	"time"

	"hearth/internal/booking"
	"hearth/internal/ledger"
	"hearth/internal/listing"
	"hearth/internal/money"
	"hearth/internal/payment"
	"hearth/internal/postgres"
	"hearth/internal/user"
)

// Stay is one stay's money on its way to the homeowner: charge, transfer, the
// day it is available, and the payout that carries it.
type Stay struct {
	BookingID     booking.ID
	ListingID     listing.ID
	OwnerID       user.ID
	Code          string
	Title         string
	Status        booking.Status
	CheckIn       time.Time // dates, as UTC midnights
	CheckOut      time.Time
	TimeZone      string
	Destination   string // acct_…
	Currency      money.Currency
	TotalAmount   int64 // what the tenant paid
	FeeAmount     int64 // our part of it
	ShareAmount   int64 // the owner's by the books: transfer less reversals and fee
	LostAmount    int64 // what the tenant's bank kept after a dispute and the owner neither gave back nor came to owe
	ChargedAt     time.Time
	TransferredAt *time.Time
	AvailableOn   *time.Time
	Disputed      bool // a dispute is open
	Held          bool // an admin has to look first: a task that freezes is open
	Refunding     bool // a refund was asked for and has not reached Stripe's books; or a cancelled stay's was refused, and none made since
	// The payout that carries it now; empty while none does.
	PayoutID       *ID
	PayoutAmount   *int64
	PayoutStatus   *Status
	PayoutStripeID *string
	PayoutAt       *time.Time
	ArrivalDate    *time.Time
	ReturnedAt     *time.Time // when the last payout that carried it came back
}

// Money is minor units in the stay's currency.
func (s Stay) Money(minor int64) money.Amount { return money.New(minor, s.Currency) }

// Total is what the tenant paid.
func (s Stay) Total() money.Amount { return s.Money(s.TotalAmount) }

// Share is the owner's part of what the tenant really paid.
func (s Stay) Share() money.Amount { return s.Money(max(0, s.share())) }

// share is negative when the owner was paid more than was theirs.
func (s Stay) share() int64 {
	return s.ShareAmount - (s.LostAmount - money.Proportion(s.FeeAmount, s.LostAmount, s.TotalAmount))
}

// Standing says where a stay's money is.
type Standing string

// The standings.
const (
	Released  Standing = "released"  // a payout carries it
	Nothing   Standing = "nothing"   // nothing is left for the owner
	Frozen    Standing = "frozen"    // a dispute is open, or an admin has to look first
	Refunding Standing = "refunding" // a refund is being made
	Waiting   Standing = "waiting"   // for the day of release
	Settling  Standing = "settling"  // the day is here, the money is not available yet
	Returned  Standing = "returned"  // a payout came back a short while ago
	Due       Standing = "due"
)

const (
	// keepFor is how long money may wait at Stripe, with days to spare: a
	// platform that pays out by hand has 90.
	keepFor = 85 * 24 * time.Hour
	// calm is the time between two tries to pay out the same stay.
	calm = 12 * time.Hour
)

// DueAt is when the money is released: the start of the day, at the home, that
// comes delay days after check-in; but never later than Stripe allows money to
// wait.
func (s Stay) DueAt(delay int) time.Time {
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	due := time.Date(s.CheckIn.Year(), s.CheckIn.Month(), s.CheckIn.Day()+delay, 0, 0, 0, 0, zone)
	if limit := s.ChargedAt.Add(keepFor); due.After(limit) {
		return limit
	}
	return due
}

// Standing is where the money is at a moment.
func (s Stay) Standing(now time.Time, delay int) Standing {
	switch {
	case s.PayoutID != nil:
		return Released
	case s.Disputed, s.Held:
		return Frozen
	case s.Refunding:
		return Refunding
	case s.share() <= 0:
		return Nothing
	case now.Before(s.DueAt(delay)):
		return Waiting
	case s.AvailableOn == nil || now.Before(*s.AvailableOn):
		return Settling
	case s.ReturnedAt != nil && now.Before(s.ReturnedAt.Add(calm)):
		return Returned
	}
	return Due
}

// stays reads paid bookings; $1 is the mode. The share is the owner's part of
// what the ledger says the booking moved, payouts left aside.
const stays = `
	SELECT b.id AS booking_id, b.listing_id, b.owner_id, b.code, l.title, b.status, lower(b.nights) AS check_in, upper(b.nights) AS check_out,
		b.time_zone, p.destination, p.currency, p.amount AS total_amount, p.fee_amount,
		(SELECT coalesce(sum(CASE WHEN m.destination = 'owner:' || p.destination THEN m.amount ELSE -m.amount END), 0)::bigint
		 FROM ledger_transactions t JOIN ledger_postings m ON m.transaction_id = t.id
		 WHERE t.booking_id = b.id AND t.kind NOT IN ('` + posted + `', '` + postedReturn + `')
		   AND 'owner:' || p.destination IN (m.source, m.destination)) AS share_amount,
		` + payment.LostSQL + ` AS lost_amount,
		c.created_at AS charged_at, c.available_on,
		(SELECT min(t.created_at) FROM transfers t WHERE t.payment_id = p.id) AS transferred_at,
		EXISTS (SELECT FROM disputes d WHERE d.booking_id = b.id AND d.status IN
			('needs_response', 'under_review', 'warning_needs_response', 'warning_under_review')) AS disputed,
		EXISTS (SELECT FROM tasks k WHERE k.booking_id = b.id AND k.freezes AND k.closed_at IS NULL) AS held,
		EXISTS (SELECT FROM refunds r WHERE r.booking_id = b.id AND (r.status = 'requested'
			OR (b.status = 'cancelled' AND r.status = 'failed' AND r.stripe_refund_id IS NULL AND NOT EXISTS (SELECT FROM refunds later
				WHERE later.booking_id = b.id AND later.id > r.id AND later.status NOT IN ('failed', 'canceled'))))) AS refunding,
		o.id AS payout_id, r.amount AS payout_amount, o.status AS payout_status, o.stripe_id AS payout_stripe_id,
		o.created_at AS payout_at, o.arrival_date,
		(SELECT max(x.returned_at) FROM payout_releases x WHERE x.booking_id = b.id) AS returned_at
	FROM bookings b
	JOIN listings l ON l.id = b.listing_id
	JOIN payments p ON p.booking_id = b.id AND p.status = 'paid'
	JOIN charges c ON c.id = p.charge_id
	LEFT JOIN payout_releases r ON r.booking_id = b.id AND r.returned_at IS NULL
	LEFT JOIN payouts o ON o.id = r.payout_id
	WHERE p.livemode = $1`

// StaysOf are an owner's paid stays, the newest check-in first.
func StaysOf(ctx context.Context, q postgres.Querier, owner user.ID, livemode bool) ([]Stay, error) {
	return postgres.All[Stay](ctx, q, stays+` AND b.owner_id = $2 ORDER BY b.nights DESC, b.id DESC`, livemode, owner)
}

// StayOf is one booking's money; NotFound when it was never paid.
func StayOf(ctx context.Context, q postgres.Querier, id booking.ID, livemode bool) (Stay, error) {
	return postgres.One[Stay](ctx, q, "Nothing was paid for this booking.", stays+` AND b.id = $2`, livemode, id)
}

// unreleased are the stays that may be due by now, whatever their zone; the
// caller asks [Stay.Standing].
func unreleased(ctx context.Context, q postgres.Querier, livemode bool, now time.Time, delay int) ([]Stay, error) {
	return postgres.All[Stay](ctx, q, stays+`
		AND r.payout_id IS NULL AND b.status IN ('confirmed', 'completed', 'cancelled')
		AND (lower(b.nights) + $2::int <= ($3::timestamptz AT TIME ZONE 'UTC' + interval '14 hours')::date OR c.created_at <= $4)
		ORDER BY b.owner_id, lower(b.nights), b.id`, livemode, delay, now, now.Add(-keepFor))
}

// owed is what must stay in the owner's balance: their debt to us, less what
// earlier payouts already left there for it.
func owed(ctx context.Context, q postgres.Querier, acct string, currency money.Currency, all []Stay) (int64, error) {
	debt, err := ledger.Balance(ctx, q, ledger.Debt(acct), currency)
	if err != nil {
		return 0, err
	}
	rest := -debt.Minor
	for _, s := range all {
		if s.PayoutID != nil && s.Currency == currency {
			rest -= s.share() - *s.PayoutAmount
		}
	}
	return max(0, rest), nil
}
