package calendar_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hearth/internal/calendar"
	"hearth/internal/fault"
	"hearth/internal/listing"
	"hearth/internal/postgres"
	"hearth/internal/testkit/pgtest"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

var ctx = context.Background()

func stay(in, out string) calendar.Stay {
	s, err := calendar.ParseStay("2027-06-"+in, "2027-06-"+out)
	if err != nil {
		panic(err)
	}
	return s
}

type execer interface {
	postgres.Querier
	postgres.Beginner
}

func exec(t *testing.T, db execer, sql string, args ...any) {
	t.Helper()
	err := postgres.InTx(ctx, db, func(tx pgx.Tx) error { _, err := tx.Exec(ctx, sql, args...); return err })
	if err != nil {
		t.Fatal(err)
	}
}

// home makes a home and its owner.
func home(t *testing.T, db execer) listing.ID {
	t.Helper()
	id := uuid.Must(uuid.NewV7()).String()
	exec(t, db, `INSERT INTO users (id, email, name, password_hash, created_at) VALUES ($1, $2, 'Nora', 'x', now())`, id, id+"@hearth.test")
	exec(t, db, `INSERT INTO listings (id, owner_id, slug, status, title, kind, country, time_zone, currency, created_at, updated_at)
		VALUES ($1, $1, $2, 'published', 'Cabin', 'cabin', 'US', 'America/Los_Angeles', 'usd', now(), now())`, id, id)
	return listing.ID(id)
}

// booking makes a held booking whose nights are not taken yet.
func booking(t *testing.T, db execer, home listing.ID, s calendar.Stay) string {
	t.Helper()
	id := uuid.Must(uuid.NewV7()).String()
	exec(t, db, `INSERT INTO users (id, email, name, password_hash, created_at) VALUES ($1, $2, 'Maya', 'x', now())`, id, id+"@hearth.test")
	exec(t, db, `INSERT INTO bookings (id, listing_id, code, tenant_id, owner_id, form_token, status, nights, guests, currency,
		nightly_price, stay_amount, total_amount, fee_bps, fee_amount, policy, policy_sentence, consent_at, consent_ip,
		time_zone, check_in_from, check_out_by, hold_until, created_at)
		VALUES ($1, $2, $3, $1, $4, $3, 'held', daterange($5::date, $6::date), 1, 'usd', 100, 100, 100, 0, 0, 'moderate', '', now(), '',
		'America/Los_Angeles', '15:00', '11:00', now(), now())`, id, home, id, string(home), s.CheckIn, s.CheckOut)
	return id
}

func take(db execer, home listing.ID, s calendar.Stay, booking string) error {
	return postgres.InTx(ctx, db, func(tx pgx.Tx) error { return calendar.Take(ctx, tx, home, s, booking) })
}

// 64 rivals want overlapping nights at once: one has them, the others hear
// Conflict, and nobody anything else.
func TestOneOfManyRivalsTakesTheNight(t *testing.T) {
	db := pgtest.Pool(t)
	for round := range 4 {
		h := home(t, db)
		const rivals = 64
		stays, ids := make([]calendar.Stay, rivals), make([]string, rivals)
		for i := range rivals { // all share the night of the 15th
			stays[i] = stay(fmt.Sprintf("%02d", 15-i%5), fmt.Sprintf("%02d", 16+i%7))
			ids[i] = booking(t, db, h, stays[i])
		}
		var won, lost atomic.Int32
		var all sync.WaitGroup
		gun := make(chan struct{})
		for i := range rivals {
			all.Go(func() {
				<-gun
				switch err := take(db, h, stays[i], ids[i]); {
				case err == nil:
					won.Add(1)
				case fault.Is(err, fault.Conflict):
					lost.Add(1)
				default:
					t.Errorf("round %d: %v", round, err)
				}
			})
		}
		close(gun)
		all.Wait()
		if won.Load() != 1 || lost.Load() != rivals-1 {
			t.Errorf("round %d: %d won, %d lost", round, won.Load(), lost.Load())
		}
	}
}

// Owners who block while tenants book neither deadlock nor share a night.
func TestBlocksAndBookingsRace(t *testing.T) {
	db := pgtest.Pool(t)
	h := home(t, db)
	nights := stay("10", "14")
	var all sync.WaitGroup
	for i := range 24 {
		id := booking(t, db, h, nights)
		all.Go(func() {
			var err error
			if i%2 == 0 {
				err = take(db, h, nights, id)
			} else {
				err = postgres.InTx(ctx, db, func(tx pgx.Tx) error { return calendar.Block(ctx, tx, h, stay("12", "18")) })
			}
			if err != nil && !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	taken, err := calendar.Taken(ctx, db, h, nights.CheckIn, nights.CheckOut)
	if err != nil || len(taken) != 1 {
		t.Errorf("%v, %v", taken, err)
	}
}

func TestTakeAgainReleaseAndTheDayBetween(t *testing.T) {
	tx := pgtest.Tx(t)
	h := home(t, tx)
	first, second, other := booking(t, tx, h, stay("10", "14")), booking(t, tx, h, stay("14", "16")), booking(t, tx, h, stay("13", "15"))
	for _, step := range []struct {
		id       string
		s        calendar.Stay
		conflict bool
	}{{first, stay("10", "14"), false}, {first, stay("10", "14"), false}, {second, stay("14", "16"), false}, {other, stay("13", "15"), true}, {first, stay("13", "15"), true}} {
		if err := take(tx, h, step.s, step.id); (err != nil) != step.conflict || (err != nil && !fault.Is(err, fault.Conflict)) {
			t.Errorf("%+v: %v", step, err)
		}
	}
	if free, _ := calendar.Free(ctx, tx, h, stay("13", "15")); free {
		t.Error("taken nights are free")
	}
	for range 2 {
		if err := calendar.Release(ctx, tx, first); err != nil {
			t.Fatal(err)
		}
	}
	if free, _ := calendar.Free(ctx, tx, h, stay("10", "14")); !free {
		t.Error("released nights are not free")
	}
	if free, _ := calendar.Free(ctx, tx, h, stay("10", "15")); free {
		t.Error("releasing one booking released another")
	}
}

func TestOwnersBlockAndUnblock(t *testing.T) {
	tx := pgtest.Tx(t)
	h := home(t, tx)
	booked := booking(t, tx, h, stay("20", "22"))
	if err := take(tx, h, stay("20", "22"), booked); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		what string
		do   func(context.Context, pgx.Tx, listing.ID, calendar.Stay) error
		s    calendar.Stay
		want string
	}{
		{"block", calendar.Block, stay("05", "08"), "05-08 20-22b"},
		{"block what is blocked", calendar.Block, stay("06", "07"), "05-08 20-22b"},
		{"a neighbour joins", calendar.Block, stay("08", "10"), "05-10 20-22b"},
		{"bridge", calendar.Block, stay("12", "14"), "05-10 12-14 20-22b"},
		{"bridged", calendar.Block, stay("09", "13"), "05-14 20-22b"},
		{"over a booking", calendar.Block, stay("13", "21"), "05-14 20-22b"},
		{"up to a booking", calendar.Block, stay("18", "20"), "05-14 18-20 20-22b"},
		{"a hole", calendar.Unblock, stay("07", "09"), "05-07 09-14 18-20 20-22b"},
		{"all, but not the booking", calendar.Unblock, stay("01", "30"), "20-22b"},
	} {
		err := postgres.InTx(ctx, tx, func(tx pgx.Tx) error { return step.do(ctx, tx, h, step.s) })
		if (step.what == "over a booking") != fault.Is(err, fault.Conflict) || (err != nil && !fault.Is(err, fault.Conflict)) {
			t.Errorf("%s: %v", step.what, err)
		}
		taken, err := calendar.Taken(ctx, tx, h, stay("01", "30").CheckIn, stay("01", "30").CheckOut)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, o := range taken {
			got += " " + o.CheckIn.Format("02") + "-" + o.CheckOut.Format("02")
			if !o.Blocked {
				got += "b"
			}
		}
		if got != " "+step.want {
			t.Errorf("%s:%s, want %s", step.what, got, step.want)
		}
	}
}

func TestParseStay(t *testing.T) {
	for _, c := range []struct{ in, out, field string }{
		{"", "2027-06-12", "check_in"}, {"2027-06-12", "x", "check_out"}, {"2027-06-12", "2027-06-12", "check_out"},
		{"2027-06-12", "2027-06-11", "check_out"}, {"2027-02-30", "2027-06-11", "check_in"}, {"2027-06-12", "2028-06-12", "check_out"},
	} {
		_, err := calendar.ParseStay(c.in, c.out)
		if f, ok := fault.Of(err); !ok || f.Fields[c.field] == "" {
			t.Errorf("%s to %s: %v", c.in, c.out, err)
		}
	}
	s, err := calendar.ParseStay("2027-03-10", "2027-03-20") // clocks change in between
	if err != nil || s.Nights() != 10 {
		t.Errorf("%d nights, %v", s.Nights(), err)
	}
	if err := postgres.InTx(ctx, pgtest.Tx(t), func(tx pgx.Tx) error {
		return calendar.Block(ctx, tx, "", calendar.Stay{CheckIn: s.CheckOut, CheckOut: s.CheckIn})
	}); !fault.Is(err, fault.Invalid) {
		t.Errorf("backwards: %v", err)
	}
}

func TestTodayIsTheHomesOwn(t *testing.T) {
	late := time.Date(2027, 6, 2, 3, 0, 0, 0, time.UTC)
	for zone, want := range map[string]string{"America/Los_Angeles": "2027-06-01", "UTC": "2027-06-02", "Nowhere": "2027-06-02", "Asia/Tokyo": "2027-06-02"} {
		if got := calendar.Today(zone, late).Format(time.DateOnly); got != want {
			t.Errorf("%s: %s", zone, got)
		}
	}
}

func TestNearestFreeStays(t *testing.T) {
	tx := pgtest.Tx(t)
	h := home(t, tx)
	if err := take(tx, h, stay("10", "14"), booking(t, tx, h, stay("10", "14"))); err != nil {
		t.Fatal(err)
	}
	if err := postgres.InTx(ctx, tx, func(tx pgx.Tx) error { return calendar.Block(ctx, tx, h, stay("05", "08")) }); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		earliest time.Time
		want     string
	}{{stay("01", "02").CheckIn, "08-10 14-16 15-17"}, {stay("09", "10").CheckIn, "14-16 15-17 16-18"}} {
		free, err := calendar.Nearest(ctx, tx, h, stay("11", "13"), c.earliest, 3)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, s := range free {
			got += " " + s.CheckIn.Format("02") + "-" + s.CheckOut.Format("02")
		}
		if got != " "+c.want {
			t.Errorf("from %s: %s, want %s", c.earliest.Format(time.DateOnly), got, c.want)
		}
	}
}
