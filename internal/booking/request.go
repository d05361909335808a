package booking

import (
	"context"
	"fmt"
	"time"

	"hearth/internal/fault"
	"hearth/internal/postgres"

	"github.com/jackc/pgx/v5"
)

// Answer is what was answered to a request. The booking stays [Requested]
// until Stripe has said what came of it: only then has the card been charged,
// or let go.
type Answer string

// The answers; "" while there is none.
const (
	AnswerAccept   Answer = "accepted"  // by the owner, or an admin for them
	AnswerDecline  Answer = "declined"  // by the same
	AnswerWithdraw Answer = "withdrawn" // by the tenant
	AnswerLapse    Answer = "lapsed"    // by nobody: the time is over, or Stripe did not take the money
)

// End is where a booking comes to whose card was let go after the answer.
func (a Answer) End() Status {
	switch a {
	case AnswerDecline:
		return Declined
	case AnswerWithdraw:
		return Cancelled
	}
	return Lapsed
}

// AnswerWithin is how long an owner has for an answer.
const AnswerWithin = 24 * time.Hour

// AnswerBy is by when a request has to be answered whose card was held at an
// instant, until another: in a day, before check-in, and long before Stripe
// lets the card go by itself.
func (b Booking) AnswerBy(held, until time.Time) time.Time {
	by := held.Add(AnswerWithin)
	for _, limit := range []time.Time{held.Add(until.Sub(held) / 2), b.CheckInAt()} {
		if limit.Before(by) {
			by = limit
		}
	}
	return by
}

// Request makes a held booking one that its owner has to answer by an instant.
// It is a step like every other: see [Move].
func Request(ctx context.Context, tx pgx.Tx, b Booking, by time.Time, now time.Time) (Booking, error) {
	b, err := Move(ctx, tx, b, Requested, Stripe, "The card is held", now)
	if err != nil {
		return b, err
	}
	b.HoldUntil = by
	if _, err := tx.Exec(ctx, `UPDATE bookings SET hold_until = $2 WHERE id = $1`, b.ID, by); err != nil {
		return b, fmt.Errorf("note by when booking %s is to be answered: %w", b.Code, err)
	}
	return b, nil
}

// GiveAnswer notes the answer to a request that the caller has locked. The
// first one counts, and a later one is a fault.Conflict; only an acceptance
// that Stripe did not carry out lapses after all.
func GiveAnswer(ctx context.Context, tx pgx.Tx, b Booking, a Answer, by Actor, reason string, now time.Time) (Booking, error) {
	tag, err := tx.Exec(ctx, `UPDATE bookings SET answer = $2
		WHERE id = $1 AND status = 'requested' AND (answer = '' OR (answer = 'accepted' AND $2 = 'lapsed'))`, b.ID, a)
	if err != nil {
		return b, fmt.Errorf("answer booking %s: %w", b.Code, err)
	}
	if tag.RowsAffected() == 0 {
		return b, fault.New(fault.Conflict, "This request has been answered already.")
	}
	b.Answer = a
	return b, remember(ctx, tx, b, b.Status, by, reason, now)
}

// AnswerOf is the step in which a request was answered, last.
func AnswerOf(ctx context.Context, q postgres.Querier, id ID) (Step, error) {
	return postgres.One[Step](ctx, q, "Nobody has answered this request.", `
		SELECT h.from_status, h.to_status, h.actor, h.actor_id, coalesce(u.name, '') AS actor_name, h.reason, h.at
		FROM booking_history h LEFT JOIN users u ON u.id = h.actor_id
		WHERE h.booking_id = $1 AND h.from_status = 'requested' AND h.to_status = 'requested' ORDER BY h.id DESC LIMIT 1`, id)
}

// By is who took the step.
func (s Step) By() Actor { return Actor{Kind: s.Actor, ID: s.ActorID} }
