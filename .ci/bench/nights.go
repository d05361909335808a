package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"hearth/internal/calendar"
	"hearth/internal/fault"
	"hearth/internal/listing"
	"hearth/internal/postgres"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
)

const (
	homes = 100
	stock = 256 // bookings per home: at most one night each in a slice
)

// street is homes without photos, and bookings that want nights in them.
type street struct {
	*world
	home     []listing.ID
	bookings [][]string // by home
}

var firstNight = time.Date(2030, time.January, 1, 0, 0, 0, 0, time.UTC)

func night(k int) calendar.Stay {
	return calendar.Stay{CheckIn: firstNight.AddDate(0, 0, k), CheckOut: firstNight.AddDate(0, 0, k+1)}
}

// stays is how quickly nights are taken, alone and against rivals. The limit
// inserts the same row into the same table without the constraint.
func (w *world) stays(ctx context.Context) (suite, error) {
	s := &street{world: w}
	return suite{title: fmt.Sprintf("Nights: %d tenants at once, one transaction per attempt", posters), variants: []*variant{
		{name: "plain INSERT, nothing guarded", limit: true, cost: inHere, run: s.unguarded, check: s.counted("unguarded")},
		{name: "calendar.Take, nights of one's own", cost: inHere, run: s.alone, check: s.counted("occupancies")},
		{name: "calendar.Take, all want one night", cost: inHere, run: s.race, check: s.counted("occupancies")},
	}}, s.build(ctx)
}

func (s *street) build(ctx context.Context) error {
	err := postgres.InTx(ctx, s.nights, func(tx pgx.Tx) error {
		owner, err := user.Create(ctx, tx, user.New{Email: "owner@bench.test", Name: "Owner", PasswordHash: "none"}, time.Now())
		if err != nil {
			return err
		}
		tenant, err := user.Create(ctx, tx, user.New{Email: "tenant@bench.test", Name: "Tenant", PasswordHash: "none"}, time.Now())
		if err != nil {
			return err
		}
		for i := range homes {
			home := listing.New{Title: fmt.Sprintf("Home number %d", i), Kind: "house", City: "Napa", Region: "California", TimeZone: "America/Los_Angeles"}
			l, err := listing.Create(ctx, tx, owner.ID, home, listing.Platform{Country: "US", Currency: "usd"}, time.Now())
			if err != nil {
				return err
			}
			s.home = append(s.home, l.ID)
		}
		return s.book(ctx, tx, owner.ID, tenant.ID)
	})
	if err != nil {
		return fmt.Errorf("build the street: %w", err)
	}
	// Keys, checks and references are the same; only the constraint is missing.
	_, err = s.nights.Exec(ctx, `
		CREATE TABLE unguarded (LIKE occupancies INCLUDING CONSTRAINTS, PRIMARY KEY (id), UNIQUE (booking_id),
			FOREIGN KEY (listing_id) REFERENCES listings, FOREIGN KEY (listing_id, booking_id) REFERENCES bookings (listing_id, id));
		ANALYZE`)
	return err
}

func (s *street) book(ctx context.Context, tx pgx.Tx, owner, tenant user.ID) error {
	for _, home := range s.home {
		rows, err := tx.Query(ctx, `
			INSERT INTO bookings (id, listing_id, code, tenant_id, owner_id, form_token, status, nights, guests, currency, nightly_price,
				stay_amount, total_amount, fee_bps, fee_amount, policy, policy_sentence, consent_at, consent_ip, time_zone,
				check_in_from, check_out_by, hold_until, created_at)
			SELECT gen_random_uuid(), $1::uuid, $1::uuid || '-' || n, $2, $3, $1::uuid || '-' || n, 'held', '[2030-01-01,2030-01-02)', 2, 'usd', 10000,
				10000, 10000, 1200, 1200, 'moderate', '', now(), '', 'UTC', '15:00', '11:00', now(), now()
			FROM generate_series(1, $4::int) n RETURNING id::text`, home, tenant, owner, stock)
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		s.bookings = append(s.bookings, ids)
	}
	return nil
}

// each gives every worker the next free night of the next home.
func (s *street) each(ctx context.Context, slice time.Duration, take func(tx pgx.Tx, home listing.ID, stay calendar.Stay, booking string) error) (work, error) {
	var next atomic.Int64
	done, err := gang(ctx, posters, slice, func(ctx context.Context, _ int) (bool, error) {
		n := int(next.Add(1)) - 1
		home, k := n%homes, n/homes
		if k >= stock {
			return false, nil
		}
		return true, postgres.InTx(ctx, s.nights, func(tx pgx.Tx) error {
			return take(tx, s.home[home], night(k), s.bookings[home][k])
		})
	})
	done.won = done.ops
	return done, err
}

func (s *street) alone(ctx context.Context, slice time.Duration) (work, error) {
	return s.each(ctx, slice, func(tx pgx.Tx, home listing.ID, stay calendar.Stay, booking string) error {
		return calendar.Take(ctx, tx, home, stay, booking)
	})
}

func (s *street) unguarded(ctx context.Context, slice time.Duration) (work, error) {
	return s.each(ctx, slice, func(tx pgx.Tx, home listing.ID, stay calendar.Stay, booking string) error {
		_, err := tx.Exec(ctx, `INSERT INTO unguarded (id, listing_id, nights, booking_id)
			VALUES (gen_random_uuid(), $1, daterange($2::date, $3::date, '[)'), $4)`, home, stay.CheckIn, stay.CheckOut, booking)
		return err
	})
}

// race sets all rivals on one night after the other.
func (s *street) race(ctx context.Context, slice time.Duration) (work, error) {
	var done work
	began := time.Now()
	for n := 0; time.Since(began) < slice; n++ {
		home, k := n%homes, n/homes
		if (k+1)*posters > stock {
			break
		}
		won, each, err := s.rivals(ctx, home, k)
		if err != nil {
			return done, err
		}
		if err := oneWinner(won); err != nil {
			return done, err
		}
		done.won++
		done.each = append(done.each, each...)
		s.proved.Races++
	}
	done.took, done.ops = time.Since(began), len(done.each)
	slices.Sort(done.each)
	return done, nil
}

func oneWinner(won int) error {
	if won != 1 {
		return fmt.Errorf("%d of %d rivals were given the same night", won, posters)
	}
	return nil
}

// rivals lets everybody try to take night k of a home at the same moment, each
// for a booking of their own. Anything but having it, or being told that it is
// taken, is an error: a deadlock too.
func (s *street) rivals(ctx context.Context, home, k int) (won int, each []time.Duration, err error) {
	var all sync.WaitGroup
	gate, each, outcome := make(chan struct{}), make([]time.Duration, posters), make([]error, posters)
	for i := range posters {
		all.Go(func() {
			<-gate
			at := time.Now()
			outcome[i] = s.try(ctx, s.home[home], night(k), s.bookings[home][k*posters+i])
			each[i] = time.Since(at)
		})
	}
	close(gate)
	all.Wait()
	for _, err := range outcome {
		switch {
		case err == nil:
			won++
		case !fault.Is(err, fault.Conflict):
			return won, each, err
		}
	}
	return won, each, nil
}

// try is one attempt without a second chance, which [postgres.InTx] would give.
func (s *street) try(ctx context.Context, home listing.ID, stay calendar.Stay, booking string) error {
	tx, err := s.nights.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	if err := calendar.Take(ctx, tx, home, stay, booking); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// counted holds a table to have a row for every night that was given away, and
// no night twice.
func (s *street) counted(table string) func(context.Context, work) error {
	return func(ctx context.Context, done work) error {
		var rows, overlaps int
		err := s.nights.QueryRow(ctx, `SELECT count(*), (SELECT count(*) FROM (
			SELECT nights && lag(nights) OVER (PARTITION BY listing_id ORDER BY nights) AS twice FROM `+table+`) n WHERE twice) FROM `+table).Scan(&rows, &overlaps)
		if err != nil {
			return err
		}
		if rows != done.won || overlaps != 0 {
			return fmt.Errorf("%d nights were given away, %d are taken, %d of them by two", done.won, rows, overlaps)
		}
		if table == "occupancies" {
			s.proved.Nights += rows
		}
		_, err = s.nights.Exec(ctx, `TRUNCATE `+table)
		return err
	}
}
