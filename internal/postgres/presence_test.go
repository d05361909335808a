package postgres_test

import (
	"context"
	"testing"
	"time"

	"hearth/internal/postgres"
	"hearth/internal/testkit/pgtest"

	"github.com/jackc/pgx/v5/pgxpool"
)

// A process is seen as long as it lives, by every other and in its own database.
func TestPresence(t *testing.T) {
	t.Parallel()
	db, elsewhere := pgtest.Pool(t), pgtest.Pool(t)
	alive := func(db *pgxpool.Pool, number int) (yes bool) {
		t.Helper()
		if err := db.QueryRow(t.Context(), `SELECT process_alive($1)`, number).Scan(&yes); err != nil {
			t.Fatal(err)
		}
		return yes
	}
	p, err := postgres.Announce(t.Context(), db, 2147483647)
	if err != nil {
		t.Fatal(err)
	}
	if !alive(db, 2147483647) || alive(db, 7) || alive(elsewhere, 2147483647) {
		t.Error("not seen, or seen where it is not")
	}
	ctx, end := context.WithCancel(t.Context())
	kept := make(chan struct{})
	go func() { p.Keep(ctx); close(kept) }()
	// Its connection breaks: it is there again without being asked.
	if _, err := db.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 2147483647
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`); err != nil {
		t.Fatal(err)
	}
	until(t, "it is back", func() bool { return alive(db, 2147483647) })
	end()
	<-kept
	until(t, "it is gone", func() bool { return !alive(db, 2147483647) })
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain: ", what)
		}
	}
}
