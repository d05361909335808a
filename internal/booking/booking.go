// Package booking owns stays: the quote that a tenant agrees to, the state
// machine that a booking walks, and a history row for every step with who took
// it and why. It moves no money and knows no Stripe.
//
// The tables are bookings and booking_history. What may happen is [next]; a
// step is a guarded update after the row is locked, so a step that somebody
// else took first is a conflict and never a second effect. Nights are taken
// and released in the same transaction as the step: a booking holds its nights
// exactly while it is [Status.Takes].
package booking

import (
	"context"
	"slices"
	"time"

	"hearth/internal/calendar"
	"hearth/internal/listing"
	"hearth/internal/money"
	"hearth/internal/postgres"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
)

// ID is a booking's key, a UUIDv7. People see the Code.
type ID string

// Status is a step of a booking's life.
type Status string

// The states; see docs/architecture.md for the picture.
const (
	Held       Status = "held"       // nights taken, the tenant is paying
	Processing Status = "processing" // a delayed payment is on its way
	Requested  Status = "requested"  // money authorised, the owner decides
	Confirmed  Status = "confirmed"  // paid
	Completed  Status = "completed"  // the stay is over
	Expired    Status = "expired"    // the hold ended unpaid
	Failed     Status = "failed"     // the delayed payment was refused
	Cancelled  Status = "cancelled"
	Declined   Status = "declined" // by the owner
	Lapsed     Status = "lapsed"   // the owner did not answer in time
)

// Statuses in the order of a booking's life.
var Statuses = []Status{Held, Processing, Requested, Confirmed, Completed, Expired, Failed, Cancelled, Declined, Lapsed}

// next is the state machine: what may follow what. expired and failed may
// still become confirmed, and expired requested: paid late, with the nights
// still free.
var next = map[Status][]Status{
	Held:       {Processing, Requested, Confirmed, Expired, Cancelled},
	Processing: {Confirmed, Failed, Cancelled},
	Requested:  {Confirmed, Declined, Lapsed, Cancelled},
	Confirmed:  {Completed, Cancelled},
	Expired:    {Processing, Requested, Confirmed},
	Failed:     {Confirmed},
}

// May reports whether a step is in the state machine.
func (s Status) May(to Status) bool { return slices.Contains(next[s], to) }

// Takes reports whether a booking in this state holds its nights.
func (s Status) Takes() bool {
	return s == Held || s == Processing || s == Requested || s == Confirmed
}

// Fulfilled reports whether the exact address, contacts and check-in
// instructions may be shown: never before the money is confirmed.
func (s Status) Fulfilled() bool { return s == Confirmed || s == Completed }

// Booking is a row of bookings.
type Booking struct {
	ID                ID
	ListingID         listing.ID
	Code              string
	TenantID          user.ID
	OwnerID           user.ID
	FormToken         string
	Status            Status
	CheckIn           time.Time // dates, as UTC midnights
	CheckOut          time.Time
	Guests            int
	Currency          money.Currency
	NightlyPrice      int64
	StayAmount        int64
	DiscountAmount    int64
	CleaningAmount    int64
	TotalAmount       int64
	FeeBPS            money.BasisPoints `db:"fee_bps"`
	FeeAmount         int64
	Policy            listing.Policy
	PolicySentence    string
	ConsentAt         time.Time
	ConsentIP         string `db:"consent_ip"`
	TimeZone          string
	CheckInFrom       string
	CheckOutBy        string
	Mode              listing.BookingMode
	HoldUntil         time.Time // of a request: by when the owner answers
	Answer            Answer
	CancelRequestedAt *time.Time
	ConfirmedAt       *time.Time
	EndedAt           *time.Time
	CreatedAt         time.Time
}

// Columns of bookings under the alias b, in the words of [Booking].
const Columns = `b.id, b.listing_id, b.code, b.tenant_id, b.owner_id, b.form_token, b.status,
	lower(b.nights) AS check_in, upper(b.nights) AS check_out, b.guests, b.currency, b.nightly_price,
	b.stay_amount, b.discount_amount, b.cleaning_amount, b.total_amount, b.fee_bps, b.fee_amount,
	b.policy, b.policy_sentence, b.consent_at, b.consent_ip, b.time_zone, b.check_in_from, b.check_out_by,
	b.mode, b.hold_until, b.answer, b.cancel_requested_at, b.confirmed_at, b.ended_at, b.created_at`

// Stay is the booking's nights.
func (b Booking) Stay() calendar.Stay {
	return calendar.Stay{CheckIn: b.CheckIn, CheckOut: b.CheckOut}
}

// Nights is their number.
func (b Booking) Nights() int { return b.Stay().Nights() }

// Total is what the tenant pays.
func (b Booking) Total() money.Amount { return money.New(b.TotalAmount, b.Currency) }

// Fee is the platform's part of the total.
func (b Booking) Fee() money.Amount { return money.New(b.FeeAmount, b.Currency) }

// OwnerAmount is the owner's part: the total less the fee, never rounded again.
func (b Booking) OwnerAmount() money.Amount { return b.Total().Sub(b.Fee()) }

// Amount is minor units in the booking's currency.
func (b Booking) Amount(minor int64) money.Amount { return money.New(minor, b.Currency) }

// Location is the home's time zone.
func (b Booking) Location() *time.Location {
	if location, err := time.LoadLocation(b.TimeZone); err == nil {
		return location
	}
	return time.UTC
}

// CheckInAt is the moment the stay begins.
func (b Booking) CheckInAt() time.Time {
	return listing.CheckInAt(b.CheckIn, b.CheckInFrom, b.TimeZone)
}

// CheckOutAt is the moment the stay ends.
func (b Booking) CheckOutAt() time.Time {
	return listing.CheckInAt(b.CheckOut, b.CheckOutBy, b.TimeZone)
}

const missing = "There is no such booking."

// ByID reads one booking.
func ByID(ctx context.Context, q postgres.Querier, id ID) (Booking, error) {
	return postgres.One[Booking](ctx, q, missing, `SELECT `+Columns+` FROM bookings b WHERE b.id = $1`, id)
}

// ByCode reads one booking by the code that people see.
func ByCode(ctx context.Context, q postgres.Querier, code string) (Booking, error) {
	return postgres.One[Booking](ctx, q, missing, `SELECT `+Columns+` FROM bookings b WHERE b.code = upper($1)`, code)
}

// ByForm finds what a form token has already made; a second click finds it.
func ByForm(ctx context.Context, q postgres.Querier, tenant user.ID, token string) (Booking, error) {
	return postgres.One[Booking](ctx, q, missing, `SELECT `+Columns+` FROM bookings b WHERE b.tenant_id = $1 AND b.form_token = $2`, tenant, token)
}

// HoldsOf are the tenant's own live holds on nights of a home that overlap the
// stay.
func HoldsOf(ctx context.Context, q postgres.Querier, tenant user.ID, home listing.ID, stay calendar.Stay) ([]Booking, error) {
	return postgres.All[Booking](ctx, q, `SELECT `+Columns+` FROM bookings b
		WHERE b.tenant_id = $1 AND b.listing_id = $2 AND b.status = 'held' AND b.nights && daterange($3::date, $4::date, '[)')
		ORDER BY b.id`, tenant, home, stay.CheckIn, stay.CheckOut)
}

// ForTenant are a person's trips, the newest stay first.
func ForTenant(ctx context.Context, q postgres.Querier, tenant user.ID) ([]Booking, error) {
	return postgres.All[Booking](ctx, q, `SELECT `+Columns+` FROM bookings b WHERE b.tenant_id = $1 ORDER BY b.nights DESC, b.id DESC`, tenant)
}

// reachedOwner says of a booking that its owner has heard of it: it was paid or
// asked for, is on the way, or ended after having been so.
const reachedOwner = `(b.status IN ('processing', 'requested', 'confirmed', 'completed', 'declined', 'lapsed') OR b.confirmed_at IS NOT NULL OR b.answer <> '')`

// ForOwner are the stays in a person's homes that they have heard of, the newest
// stay first.
func ForOwner(ctx context.Context, q postgres.Querier, owner user.ID) ([]Booking, error) {
	return postgres.All[Booking](ctx, q, `SELECT `+Columns+` FROM bookings b
		WHERE b.owner_id = $1 AND `+reachedOwner+`
		ORDER BY b.nights DESC, b.id DESC`, owner)
}

// OverdueHolds are held bookings whose hold has ended, requests whose time to
// be answered is over, and answered ones of which Stripe has not said yet what
// came of it.
func OverdueHolds(ctx context.Context, q postgres.Querier, now time.Time, limit int) ([]Booking, error) {
	return postgres.All[Booking](ctx, q, `SELECT `+Columns+` FROM bookings b
		WHERE b.status IN ('held', 'requested') AND (b.hold_until < $1 OR b.answer <> '') ORDER BY b.hold_until LIMIT $2`, now, limit)
}

// Ended are confirmed bookings whose last night may be over; the caller asks
// [Booking.CheckOutAt], in the home's own zone.
func Ended(ctx context.Context, q postgres.Querier, now time.Time, limit int) ([]Booking, error) {
	return postgres.All[Booking](ctx, q, `SELECT `+Columns+` FROM bookings b
		WHERE b.status = 'confirmed' AND upper(b.nights) <= ($1::timestamptz AT TIME ZONE 'UTC' + interval '14 hours')::date
		ORDER BY upper(b.nights) LIMIT $2`, now, limit)
}

// Lock reads one booking and holds it until the transaction ends. Everything
// that changes a booking or its money locks it first.
func Lock(ctx context.Context, tx pgx.Tx, id ID) (Booking, error) {
	return postgres.One[Booking](ctx, tx, missing, `SELECT `+Columns+` FROM bookings b WHERE b.id = $1 FOR UPDATE`, id)
}
