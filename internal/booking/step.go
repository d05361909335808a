package booking

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"hearth/internal/calendar"
	"hearth/internal/fault"
	"hearth/internal/listing"
	"hearth/internal/postgres"
	"hearth/internal/user"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Actor is who takes a step.
type Actor struct {
	Kind string // tenant, owner, admin, stripe, system
	ID   *user.ID
	IP   string // of an admin, for the audit log
}

// Who acts when no person does.
var (
	Stripe = Actor{Kind: "stripe"}
	System = Actor{Kind: "system"}
)

// Tenant, Owner and Admin act as a person.
func Tenant(id user.ID) Actor { return Actor{Kind: "tenant", ID: &id} }

// Owner acts as the homeowner.
func Owner(id user.ID) Actor { return Actor{Kind: "owner", ID: &id} }

// Admin acts as an admin, from an address.
func Admin(id user.ID, ip string) Actor { return Actor{Kind: "admin", ID: &id, IP: ip} }

// Consent is what a tenant agreed to, when, and from where.
type Consent struct {
	Sentence string
	At       time.Time
	IP       string
}

// Opening is everything that a new booking needs.
type Opening struct {
	Quote     Quote
	Listing   listing.Listing
	Tenant    user.ID
	FormToken string
	Consent   Consent
	HoldUntil time.Time
}

// Open makes a held booking and takes its nights. Nights that are gone are
// fault.Conflict, and nothing is written that the caller must undo but the
// transaction. A second use of the form token is fault.Conflict too: look it
// up with [ByForm] first.
func Open(ctx context.Context, tx pgx.Tx, o Opening, now time.Time) (Booking, error) {
	if o.Tenant == o.Listing.OwnerID {
		return Booking{}, fault.New(fault.Denied, "You cannot book your own home.")
	}
	id := ID(uuid.Must(uuid.NewV7()).String())
	q := o.Quote
	_, err := tx.Exec(ctx, `
		INSERT INTO bookings (id, listing_id, code, tenant_id, owner_id, form_token, status, nights, guests,
			currency, nightly_price, stay_amount, discount_amount, cleaning_amount, total_amount, fee_bps, fee_amount,
			policy, policy_sentence, consent_at, consent_ip, time_zone, check_in_from, check_out_by, hold_until, created_at, mode)
		VALUES ($1, $2, $3, $4, $5, $6, 'held', daterange($7::date, $8::date, '[)'), $9,
			$10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)`,
		id, o.Listing.ID, newCode(), o.Tenant, o.Listing.OwnerID, o.FormToken, q.Stay.CheckIn, q.Stay.CheckOut, q.Guests,
		q.Currency, q.NightlyPrice, q.StayAmount, q.DiscountAmount, q.CleaningAmount, q.TotalAmount, q.FeeBPS, q.FeeAmount,
		q.Policy, o.Consent.Sentence, o.Consent.At, o.Consent.IP, o.Listing.TimeZone, o.Listing.CheckInFrom, o.Listing.CheckOutBy, o.HoldUntil, now, o.Listing.BookingMode)
	if err != nil {
		return Booking{}, postgres.Fault(fmt.Errorf("insert booking: %w", err), "bookings_form_key", fault.Conflict, "You have already sent this form.")
	}
	b, err := ByID(ctx, tx, id)
	if err != nil {
		return Booking{}, err
	}
	if err := remember(ctx, tx, b, "", Tenant(o.Tenant), "Booked on the home's page", now); err != nil {
		return Booking{}, err
	}
	return b, calendar.Take(ctx, tx, b.ListingID, b.Stay(), string(b.ID))
}

// Move takes one step of the state machine for a booking that the caller has
// locked, with its history row and its nights. A step that is not in the
// machine, or that somebody took first, is fault.Conflict. Entering a state
// that takes nights from one that does not may find them gone: fault.Conflict
// of the calendar, and the caller decides (nothing else has been written).
func Move(ctx context.Context, tx pgx.Tx, b Booking, to Status, by Actor, reason string, now time.Time) (Booking, error) {
	if !b.Status.May(to) {
		return b, fault.New(fault.Conflict, "This booking is %s and cannot become %s.", b.Status, to)
	}
	if to.Takes() && !b.Status.Takes() {
		if err := calendar.Take(ctx, tx, b.ListingID, b.Stay(), string(b.ID)); err != nil {
			return b, err
		}
	}
	tag, err := tx.Exec(ctx, `
		UPDATE bookings SET status = $3,
			confirmed_at = CASE WHEN $3 = 'confirmed' THEN coalesce(confirmed_at, $4) ELSE confirmed_at END,
			ended_at = CASE WHEN $5 THEN NULL ELSE $4 END
		WHERE id = $1 AND status = $2`, b.ID, b.Status, to, now, to.Takes())
	if err != nil {
		return b, fmt.Errorf("move booking %s to %s: %w", b.Code, to, err)
	}
	if tag.RowsAffected() == 0 {
		return b, fault.New(fault.Conflict, "This booking has just changed. Look again.")
	}
	if b.Status.Takes() && !to.Takes() {
		if err := calendar.Release(ctx, tx, string(b.ID)); err != nil {
			return b, err
		}
	}
	from := b.Status
	b.Status = to
	if to == Confirmed && b.ConfirmedAt == nil {
		b.ConfirmedAt = &now
	}
	return b, remember(ctx, tx, b, from, by, reason, now)
}

// AskToCancel notes that a booking is no longer wanted although its payment may
// still come; the success, if it comes, is refunded.
func AskToCancel(ctx context.Context, tx pgx.Tx, b Booking, by Actor, reason string, now time.Time) error {
	tag, err := tx.Exec(ctx, `UPDATE bookings SET cancel_requested_at = $2 WHERE id = $1 AND status IN ('held', 'processing') AND cancel_requested_at IS NULL`, b.ID, now)
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	return remember(ctx, tx, b, b.Status, by, reason, now)
}

func remember(ctx context.Context, tx pgx.Tx, b Booking, from Status, by Actor, reason string, now time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO booking_history (listing_id, booking_id, from_status, to_status, actor, actor_id, reason, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, b.ListingID, b.ID, from, b.Status, by.Kind, by.ID, reason, now)
	if err != nil {
		return fmt.Errorf("write history of booking %s: %w", b.Code, err)
	}
	return nil
}

// Step is a row of a booking's history.
type Step struct {
	FromStatus Status
	ToStatus   Status
	Actor      string
	ActorID    *user.ID
	ActorName  string
	Reason     string
	At         time.Time
}

// History is every step, in order.
func History(ctx context.Context, q postgres.Querier, id ID) ([]Step, error) {
	return postgres.All[Step](ctx, q, `
		SELECT h.from_status, h.to_status, h.actor, h.actor_id, coalesce(u.name, '') AS actor_name, h.reason, h.at
		FROM booking_history h LEFT JOIN users u ON u.id = h.actor_id
		WHERE h.booking_id = $1 ORDER BY h.id`, id)
}

// Codes use letters and digits that nobody mixes up on the phone.
const codeLetters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

func newCode() string {
	raw := make([]byte, 8)
	rand.Read(raw)
	for i := range raw {
		raw[i] = codeLetters[int(raw[i])%len(codeLetters)]
	}
	return "H" + string(raw)
}

// Extend moves the end of a hold: its session was made anew.
func Extend(ctx context.Context, tx pgx.Tx, b Booking, until time.Time) error {
	if _, err := tx.Exec(ctx, `UPDATE bookings SET hold_until = $2 WHERE id = $1 AND status = 'held'`, b.ID, until); err != nil {
		return fmt.Errorf("extend the hold of booking %s: %w", b.Code, err)
	}
	return nil
}
