package calendar

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"hearth/internal/fault"
	"hearth/internal/listing"
	"hearth/internal/postgres"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const noOverlap = "occupancies_no_overlap"

// Take takes the nights for a booking, or is Conflict. Nights that this very
// booking already has are taken again without a word.
func Take(ctx context.Context, tx pgx.Tx, home listing.ID, stay Stay, booking string) error {
	taken, err := insert(ctx, tx, home, stay, &booking)
	if err != nil || taken {
		return err
	}
	var ours bool
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM occupancies WHERE booking_id = $1 AND listing_id = $2
		AND nights = daterange($3::date, $4::date, '[)'))`, booking, home, stay.CheckIn, stay.CheckOut).Scan(&ours)
	if err != nil {
		return fmt.Errorf("ask whose nights booking %s wants: %w", booking, err)
	}
	if !ours {
		return fault.New(fault.Conflict, "Those nights were just taken.")
	}
	return nil
}

// insert reports whether the constraint let the nights in. The named ON
// CONFLICT inserts speculatively: rivals wait for each other and never
// deadlock, as they do on a bare INSERT.
func insert(ctx context.Context, tx pgx.Tx, home listing.ID, stay Stay, booking *string) (bool, error) {
	if err := stay.check(); err != nil {
		return false, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return false, err
	}
	err = tx.QueryRow(ctx, `INSERT INTO occupancies (id, listing_id, nights, booking_id)
		VALUES ($1, $2, daterange($3::date, $4::date, '[)'), $5)
		ON CONFLICT ON CONSTRAINT `+noOverlap+` DO NOTHING RETURNING id`,
		id, home, stay.CheckIn, stay.CheckOut, booking).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("take nights of home %s: %w", home, err)
	}
	return true, nil
}

// Release gives a booking's nights back. A booking without nights is fine.
func Release(ctx context.Context, tx pgx.Tx, booking string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM occupancies WHERE booking_id = $1`, booking); err != nil {
		return fmt.Errorf("release the nights of booking %s: %w", booking, err)
	}
	return nil
}

// Free reports whether nobody has any of the nights, at this moment.
func Free(ctx context.Context, q postgres.Querier, home listing.ID, stay Stay) (bool, error) {
	var free bool
	err := q.QueryRow(ctx, `SELECT NOT EXISTS (SELECT FROM occupancies WHERE listing_id = $1
		AND nights && daterange($2::date, $3::date, '[)'))`, home, stay.CheckIn, stay.CheckOut).Scan(&free)
	if err != nil {
		return false, fmt.Errorf("ask whether home %s is free: %w", home, err)
	}
	return free, nil
}

// Occupied is nights that somebody has.
type Occupied struct {
	Stay
	Blocked bool // by the owner; else by a booking
}

// Taken lists the nights that somebody has between two dates, in order.
func Taken(ctx context.Context, q postgres.Querier, home listing.ID, from, to time.Time) ([]Occupied, error) {
	rows, err := q.Query(ctx, `SELECT lower(nights), upper(nights), booking_id IS NULL FROM occupancies
		WHERE listing_id = $1 AND nights && daterange($2::date, $3::date, '[)') ORDER BY nights`, home, from, to)
	if err != nil {
		return nil, fmt.Errorf("read the calendar of home %s: %w", home, err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (t Occupied, err error) {
		err = row.Scan(&t.CheckIn, &t.CheckOut, &t.Blocked)
		return t, err
	})
}

// Block keeps nights for the owner. Blocks that touch become one. Conflict
// when a booking has one of the nights; then nothing changes.
func Block(ctx context.Context, tx pgx.Tx, home listing.ID, stay Stay) error {
	if err := stay.check(); err != nil {
		return err
	}
	if _, err := listing.Lock(ctx, tx, home); err != nil {
		return err
	}
	// One day wider, so that neighbours join.
	blocks, err := lift(ctx, tx, home, Stay{stay.CheckIn.Add(-day), stay.CheckOut.Add(day)})
	if err != nil {
		return err
	}
	for _, b := range blocks {
		stay = Stay{earlier(stay.CheckIn, b.CheckIn), later(stay.CheckOut, b.CheckOut)}
	}
	return put(ctx, tx, home, stay)
}

// Unblock gives the owner's nights among these back; nights of bookings stay.
func Unblock(ctx context.Context, tx pgx.Tx, home listing.ID, stay Stay) error {
	if err := stay.check(); err != nil {
		return err
	}
	if _, err := listing.Lock(ctx, tx, home); err != nil {
		return err
	}
	blocks, err := lift(ctx, tx, home, stay)
	if err != nil {
		return err
	}
	for _, b := range blocks {
		for _, rest := range []Stay{{b.CheckIn, stay.CheckIn}, {stay.CheckOut, b.CheckOut}} {
			if rest.CheckIn.Before(rest.CheckOut) {
				if err := put(ctx, tx, home, rest); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// lift removes the blocks that share a night with the stay, and returns them.
func lift(ctx context.Context, tx pgx.Tx, home listing.ID, stay Stay) ([]Stay, error) {
	rows, err := tx.Query(ctx, `DELETE FROM occupancies WHERE listing_id = $1 AND booking_id IS NULL
		AND nights && daterange($2::date, $3::date, '[)') RETURNING lower(nights), upper(nights)`, home, stay.CheckIn, stay.CheckOut)
	if err != nil {
		return nil, fmt.Errorf("lift blocks of home %s: %w", home, err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Stay])
}

func put(ctx context.Context, tx pgx.Tx, home listing.ID, stay Stay) error {
	done, err := insert(ctx, tx, home, stay, nil)
	if err == nil && !done {
		err = fault.New(fault.Conflict, "A tenant has booked some of those nights. Choose others, or cancel that stay first.")
	}
	return err
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// nearby is how many days away other dates are looked for.
const nearby = 45

// Nearest are up to n free stays of the same length, the nearest days first,
// none of which begins before earliest.
func Nearest(ctx context.Context, q postgres.Querier, home listing.ID, stay Stay, earliest time.Time, n int) ([]Stay, error) {
	taken, err := Taken(ctx, q, home, stay.CheckIn.AddDate(0, 0, -nearby), stay.CheckOut.AddDate(0, 0, nearby))
	if err != nil {
		return nil, err
	}
	var free []Stay
	for days := 1; days <= nearby && len(free) < n; days++ {
		for _, by := range []int{-days, days} {
			other := Stay{stay.CheckIn.AddDate(0, 0, by), stay.CheckOut.AddDate(0, 0, by)}
			clash := func(t Occupied) bool { return t.Overlaps(other) }
			if len(free) < n && !other.CheckIn.Before(earliest) && !slices.ContainsFunc(taken, clash) {
				free = append(free, other)
			}
		}
	}
	return free, nil
}
