package payout

import (
	"context"
	"time"

	"hearth/internal/booking"
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
	Disputed      bool       // a dispute is open
	Held          bool       // an admin has to look first: a task that freezes is open
	Collecting    bool       // a part of it is being taken back for a debt
	Refunding     bool       // a refund was asked for and has not reached Stripe's books; or a cancelled stay's was refused, and none made since
	NettedAmount  int64      // taken out of it for a debt
	CarriedAmount int64      // by payouts that have not come back
	BalkedAt      *time.Time // when Stripe last refused to give back what is owed out of it
	// The newest payout that carries a part of it; empty while none does.
	PayoutID       *ID
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

// left is what no payout has carried yet of the owner's part, as far as Stripe
// can pay it out: after a part of our fee went back it may be an odd number of
// fils, and the last of them stay in the balance.
func (s Stay) left() int64 { return s.Currency.Floor(s.share() - s.CarriedAmount) }

// Left is what is still to be paid out.
func (s Stay) Left() money.Amount { return s.Money(max(0, s.left())) }

// held is what of this stay's money is in the owner's balance at Stripe. It is
// below zero when more was taken back than was still there: the rest came out
// of other stays' money.
func (s Stay) held() int64 { return s.Currency.Floor(s.ShareAmount - s.CarriedAmount) }

// Standing says where a stay's money is.
type Standing string

// The standings.
const (
	Released   Standing = "released"   // a payout carries it
	Nothing    Standing = "nothing"    // nothing is left for the owner
	Frozen     Standing = "frozen"     // a dispute is open, or an admin has to look first
	Refunding  Standing = "refunding"  // a refund is being made
	Collecting Standing = "collecting" // a debt is being netted off it
	Waiting    Standing = "waiting"    // for the day of release
	Settling   Standing = "settling"   // the day is here, the money is not available yet
	Returned   Standing = "returned"   // a payout came back a short while ago
	Due        Standing = "due"
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
	case s.PayoutID != nil && s.left() <= 0:
		return Released
	case s.Disputed, s.Held:
		return Frozen
	case s.Refunding:
		return Refunding
	case s.left() <= 0:
		return Nothing
	case s.Collecting:
		return Collecting
	case now.Before(s.DueAt(delay)):
		return Waiting
	case s.AvailableOn == nil || now.Before(*s.AvailableOn):
		return Settling
	case s.ReturnedAt != nil && now.Before(s.ReturnedAt.Add(calm)):
		return Returned
	}
	return Due
}

// due reports whether the money is to be paid out now. Somebody who asks for it
// (eager) does not wait after a payout that came back.
func (s Stay) due(now time.Time, delay int, eager bool) bool {
	if eager {
		s.ReturnedAt = nil
	}
	return s.Standing(now, delay) == Due
}

// stays reads paid bookings; $1 is the mode. The share is the owner's part of
// what the ledger says the booking moved, payouts left aside.
const stays = `
	SELECT b.id AS booking_id, b.listing_id, b.owner_id, b.code, l.title, b.status, lower(b.nights) AS check_in, upper(b.nights) AS check_out,
		b.time_zone, p.destination, p.currency, p.amount_received AS total_amount, p.fee_amount,
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
		EXISTS (SELECT FROM debt_collections k WHERE k.booking_id = b.id AND k.status = 'planned') AS collecting,
		(SELECT max(k.finished_at) FROM debt_collections k WHERE k.booking_id = b.id AND k.status = 'refused') AS balked_at,
		(SELECT coalesce(sum(k.amount), 0) FROM debt_collections k WHERE k.booking_id = b.id AND k.status = 'made')::bigint
			- (SELECT coalesce(sum(x.amount), 0) FROM debt_returns x WHERE x.booking_id = b.id AND x.status = 'made')::bigint AS netted_amount,
		(SELECT coalesce(sum(x.amount), 0)::bigint FROM payout_releases x WHERE x.booking_id = b.id AND x.returned_at IS NULL) AS carried_amount,
		o.id AS payout_id, o.status AS payout_status, o.stripe_id AS payout_stripe_id,
		o.created_at AS payout_at, o.arrival_date,
		(SELECT max(x.returned_at) FROM payout_releases x WHERE x.booking_id = b.id) AS returned_at
	FROM bookings b
	JOIN listings l ON l.id = b.listing_id
	JOIN payments p ON p.booking_id = b.id AND p.status = 'paid'
	JOIN charges c ON c.id = p.charge_id
	LEFT JOIN LATERAL (SELECT x.payout_id FROM payout_releases x
		WHERE x.booking_id = b.id AND x.returned_at IS NULL AND x.amount > 0 ORDER BY x.part DESC LIMIT 1) r ON true
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

// asked is how long a stay that was paid out is looked at again: refunds and
// disputes that change its share do not come later.
const asked = 400 * 24 * time.Hour

// unsettled are the stays that may be due by now, whatever their zone, and those
// whose share may have changed since they were paid out; the caller asks
// [Stay.Standing].
func unsettled(ctx context.Context, q postgres.Querier, livemode bool, now time.Time) ([]Stay, error) {
	return postgres.All[Stay](ctx, q, stays+`
		AND (r.payout_id IS NULL OR upper(b.nights) > ($2::timestamptz AT TIME ZONE 'UTC')::date)
		AND b.status IN ('confirmed', 'completed', 'cancelled')`, livemode, now.Add(-asked))
}
