// Package factory makes rows for tests in one line each, with values that mean
// nothing unless a test changes them. It is imported by external test packages
// only.
package factory

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"hearth/internal/listing"
	"hearth/internal/money"
	"hearth/internal/user"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// DB is a pool or a transaction.
type DB interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

var (
	_ DB = (*pgxpool.Pool)(nil)
	_ DB = (pgx.Tx)(nil)
)

var serial atomic.Int64

// Person makes somebody with a verified address; they cannot log in, as their
// password hash is none.
func Person(t testing.TB, db DB, name string, roles ...string) user.User {
	t.Helper()
	n := serial.Add(1)
	id := uuid.Must(uuid.NewV7()).String()
	must(t)(db.Exec(t.Context(), `INSERT INTO users (id, email, name, phone, password_hash, roles, email_verified_at, created_at)
		VALUES ($1, $2, $3, '+1 555 0100', 'none', $4, now(), now())`,
		id, fmt.Sprintf("%d@people.test", n), name, append([]string{user.Tenant}, roles...)))
	person, err := user.ByID(t.Context(), db, user.ID(id))
	if err != nil {
		t.Fatal(err)
	}
	return person
}

// Home makes a published home in California: $200.00 a night, $80.00 cleaning,
// moderate policy, 1 to 30 nights. Change changes its columns.
func Home(t testing.TB, db DB, owner user.ID, change map[string]any) listing.Listing {
	t.Helper()
	n := serial.Add(1)
	id := uuid.Must(uuid.NewV7()).String()
	now := time.Now()
	must(t)(db.Exec(t.Context(), `INSERT INTO listings (id, owner_id, slug, status, title, description, kind, address_line1, city, region, postal_code,
			country, lat, lon, time_zone, guests, bedrooms, beds, check_in_instructions, currency, nightly_price, cleaning_fee, created_at, updated_at)
		VALUES ($1, $2, $3, 'published', 'Lakeside A-frame', 'A quiet place.', 'cabin', '12 Secret Lane', 'South Lake Tahoe', 'California', '96150',
			'US', 38.94, -119.98, 'America/Los_Angeles', 4, 2, 3, 'The key is under the mat.', $4, 20000, 8000, $5, $5)`,
		id, owner, fmt.Sprintf("lakeside-%d", n), money.Currency("usd"), now))
	for column, value := range change {
		must(t)(db.Exec(t.Context(), `UPDATE listings SET `+pgx.Identifier{column}.Sanitize()+` = $2 WHERE id = $1`, id, value))
	}
	home, err := listing.ByID(t.Context(), db, listing.ID(id))
	if err != nil {
		t.Fatal(err)
	}
	return home
}

func must(t testing.TB) func(pgconn.CommandTag, error) {
	return func(_ pgconn.CommandTag, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}
