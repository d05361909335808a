package booking_test

import (
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/calendar"
	"hearth/internal/fault"
	"hearth/internal/testkit/factory"
	"hearth/internal/testkit/pgtest"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
)

func open(t *testing.T, tx pgx.Tx) booking.Booking {
	t.Helper()
	owner, tenant := factory.Person(t, tx, "Nora", user.Owner), factory.Person(t, tx, "Maya")
	l := factory.Home(t, tx, owner.ID, nil)
	now := time.Now()
	in := calendar.Today(l.TimeZone, now).AddDate(0, 0, 20)
	q, err := booking.Price(l, calendar.Stay{CheckIn: in, CheckOut: in.AddDate(0, 0, 3)}, 2, 1200, now)
	if err != nil {
		t.Fatal(err)
	}
	b, err := booking.Open(t.Context(), tx, booking.Opening{Quote: q, Listing: l, Tenant: tenant.ID, FormToken: "form",
		Consent: booking.Consent{Sentence: q.Policy.Sentence(), At: now, IP: "192.0.2.1"}, HoldUntil: now.Add(time.Hour)}, now)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Every pair of states: the step is taken, with its history and its nights, or
// it is a conflict and nothing changes.
func TestOnlyTheMachinesSteps(t *testing.T) {
	for _, from := range booking.Statuses {
		for _, to := range booking.Statuses {
			t.Run(string(from+" to "+to), func(t *testing.T) {
				t.Parallel()
				tx := pgtest.Tx(t)
				b := open(t, tx)
				if !from.Takes() {
					if err := calendar.Release(t.Context(), tx, string(b.ID)); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := tx.Exec(t.Context(), `UPDATE bookings SET status = $2 WHERE id = $1`, b.ID, from); err != nil {
					t.Fatal(err)
				}
				b.Status = from
				moved, err := booking.Move(t.Context(), tx, b, to, booking.System, "test", time.Now())
				if !from.May(to) {
					if !fault.Is(err, fault.Conflict) {
						t.Fatalf("a step outside the machine: %v", err)
					}
					return
				}
				if err != nil || moved.Status != to {
					t.Fatalf("%s, %v", moved.Status, err)
				}
				free, err := calendar.Free(t.Context(), tx, b.ListingID, b.Stay())
				if err != nil || free == to.Takes() {
					t.Errorf("%s, and the nights are free: %v, %v", to, free, err)
				}
				steps, err := booking.History(t.Context(), tx, b.ID)
				if err != nil || len(steps) != 2 || steps[1].FromStatus != from || steps[1].ToStatus != to || steps[1].Reason != "test" {
					t.Errorf("history %+v, %v", steps, err)
				}
			})
		}
	}
}

func TestAStaleStepIsAConflict(t *testing.T) {
	tx := pgtest.Tx(t)
	b := open(t, tx)
	if _, err := booking.Move(t.Context(), tx, b, booking.Confirmed, booking.Stripe, "Paid", time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := booking.Move(t.Context(), tx, b, booking.Expired, booking.System, "late", time.Now()); !fault.Is(err, fault.Conflict) {
		t.Errorf("somebody was first: %v", err)
	}
}

func TestNobodyBooksTheirOwnHome(t *testing.T) {
	tx := pgtest.Tx(t)
	owner := factory.Person(t, tx, "Nora", user.Owner)
	l := factory.Home(t, tx, owner.ID, nil)
	_, err := booking.Open(t.Context(), tx, booking.Opening{Listing: l, Tenant: owner.ID}, time.Now())
	if !fault.Is(err, fault.Denied) {
		t.Errorf("booking one's own home: %v", err)
	}
}

func TestHistoryIsNeverRewritten(t *testing.T) {
	tx := pgtest.Tx(t)
	open(t, tx)
	for _, sql := range []string{`UPDATE booking_history SET reason = 'other'`, `DELETE FROM booking_history`} {
		nested, err := tx.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := nested.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s went through", sql)
		}
		if err := nested.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
