package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"hearth/internal/calendar"
	"hearth/internal/inbound"
	"hearth/internal/postgres"

	"github.com/jackc/pgx/v5"
)

// The server is this very program, started again: without this it would run
// the tests once more, and they a server, without end.
func TestMain(m *testing.M) {
	if address := os.Getenv(serveEnv); address != "" {
		exit(serve(context.Background(), address))
	}
	os.Exit(m.Run())
}

// The checks after the slices are what makes a run worth believing: each is
// shown a database that lost something.
func TestTheChecksSeeWhatIsWrong(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a database and a server")
	}
	w, err := open(t.Context(), temporary())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(w.dir); !os.IsNotExist(err) {
			t.Errorf("%s is left behind: %v", w.dir, err)
		}
	})
	s := &street{world: w}
	if err := s.build(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Run("a lost event", func(t *testing.T) { lostEvent(t, w) })
	t.Run("a night twice", func(t *testing.T) { nightTwice(t, s) })
	t.Run("two winners", func(t *testing.T) { twoWinners(t, s) })
	t.Run("every variant runs", func(t *testing.T) { everyVariant(t, w) })
}

func expect(t *testing.T, err error, words string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("the check says: %v", err)
	}
}

func lostEvent(t *testing.T, w *world) {
	body := bytes.Clone(sample)
	insert := func() {
		if _, err := w.db.Exec(t.Context(), insertEvent, event(body), inbound.SourceAccount, "charge.succeeded", "", "ch_1", body, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	insert()
	expect(t, w.stored(t.Context(), work{ops: 2}), "2 events were acknowledged, 1 are stored")
	insert() // one whose answer was never read is no harm
	if err := w.stored(t.Context(), work{ops: 1}); err != nil {
		t.Error(err)
	}
}

func nightTwice(t *testing.T, s *street) {
	give := func(booking int) {
		if _, err := s.nights.Exec(t.Context(), `INSERT INTO unguarded (id, listing_id, nights, booking_id)
			VALUES (gen_random_uuid(), $1, '[2030-01-01,2030-01-03)', $2)`, s.home[0], s.bookings[0][booking]); err != nil {
			t.Fatal(err)
		}
	}
	check := s.counted("unguarded")
	give(0)
	expect(t, check(t.Context(), work{won: 2}), "2 nights were given away, 1 are taken")
	give(1)
	expect(t, check(t.Context(), work{won: 2}), "1 of them by two")
	if _, err := s.nights.Exec(t.Context(), `TRUNCATE unguarded`); err != nil {
		t.Fatal(err)
	}
}

func twoWinners(t *testing.T, s *street) {
	for won, words := range map[int]string{0: "0 of 64", 1: "", 2: "2 of 64"} {
		if err := oneWinner(won); (err == nil) != (won == 1) || (err != nil && !strings.Contains(err.Error(), words)) {
			t.Errorf("%d winners: %v", won, err)
		}
	}
	// And the rivals count right: on a night that somebody has, nobody wins.
	err := postgres.InTx(t.Context(), s.nights, func(tx pgx.Tx) error {
		return calendar.Take(t.Context(), tx, s.home[1], night(1), s.bookings[1][0])
	})
	if err != nil {
		t.Fatal(err)
	}
	if won, _, err := s.rivals(t.Context(), 1, 1); err != nil || won != 0 {
		t.Errorf("%d won a night that was taken, %v", won, err)
	}
	if won, _, err := s.rivals(t.Context(), 1, 2); err != nil || won != 1 {
		t.Errorf("%d won a free night, %v", won, err)
	}
	if err := s.counted("occupancies")(t.Context(), work{won: 2}); err != nil {
		t.Error(err)
	}
}

func everyVariant(t *testing.T, w *world) {
	pages, err := w.pages()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []suite{w.ingest(), pages} {
		for _, v := range s.variants {
			m, err := v.measure(context.Background(), w.processes, 50*time.Millisecond)
			if err != nil || m.Ops == 0 || m.PerSecond == 0 {
				t.Errorf("%s: %+v, %v", v.name, m, err)
			}
		}
	}
}
