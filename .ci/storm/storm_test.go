package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A short storm in each currency; "make storm" is the long one.
func TestStorm(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts processes and kills them; go test without -short")
	}
	binary := filepath.Join(t.TempDir(), "hearth")
	if err := build(t.Context(), binary); err != nil {
		t.Fatal(err)
	}
	for _, currency := range []string{"usd", "jpy", "kwd"} {
		t.Run(currency, func(t *testing.T) {
			t.Parallel()
			dir, err := scratch()
			if err != nil {
				t.Fatal(err)
			}
			o := options{seed: 4, bookings: 6, kills: 3, visitors: 6, binary: binary, out: t.Logf, then: func(ctx context.Context, w *world) error { return notices(ctx, t, w) }}
			told, err := weather(t.Context(), o, currency, filepath.Join(dir, currency), tally{})
			if err != nil {
				t.Fatalf("%v\nthe logs are in %s\nthe same again: go run ./.ci/storm -seed 4 -bookings 6 -kills 3 -visitors 6 -currencies %s", err, dir, currency)
			}
			if n := sum(told.stories); n != o.bookings || sum(told.kills) != o.kills || sum(told.faults) == 0 {
				t.Errorf("%d stories, %d kills, %d faults", n, sum(told.kills), sum(told.faults))
			}
			t.Log(told)
			if err := os.RemoveAll(dir); err != nil {
				t.Error(err)
			}
		})
	}
}

// defects are planted in a world that was judged clean, one after the other.
var defects = []struct {
	name, sql string
	found     func(context.Context, *world) ([]string, error)
}{
	{"a cent too many", `WITH t AS (INSERT INTO ledger_transactions (id, reference, kind, at) VALUES (gen_random_uuid(), 'planted:1', 'planted', now()) RETURNING id)
		INSERT INTO ledger_postings (transaction_id, source, destination, amount, currency) SELECT id, 'tenant', 'escrow', 1, (SELECT min(currency) FROM ledger_postings) FROM t`,
		func(ctx context.Context, w *world) ([]string, error) { return w.unequal(ctx) }},
	{"a lost event", `UPDATE stripe_events SET state = 'waiting', next_attempt_at = now() + interval '1 day' WHERE id = (SELECT min(id) FROM stripe_events WHERE state = 'applied')`,
		func(ctx context.Context, w *world) ([]string, error) { return w.look(ctx, unrest) }},
	{"a stay without its nights", `DELETE FROM occupancies WHERE booking_id = (SELECT id FROM bookings WHERE status = 'confirmed' LIMIT 1)`,
		func(ctx context.Context, w *world) ([]string, error) { return w.look(ctx, never) }},
}

// notices is the negative control: the judge sees each defect, and saw none before.
func notices(ctx context.Context, t *testing.T, w *world) error {
	for _, d := range defects {
		if before, err := d.found(ctx, w); err != nil || len(before) > 0 {
			return fmt.Errorf("before %s: %v, %v", d.name, before, err)
		}
		planted, err := w.db.Exec(ctx, d.sql)
		if err != nil {
			return fmt.Errorf("plant %s: %w", d.name, err)
		}
		if planted.RowsAffected() == 0 {
			t.Logf("%s: this storm left nothing to plant it in", d.name)
			continue
		}
		if found, err := d.found(ctx, w); err != nil || len(found) == 0 {
			t.Errorf("%s goes unnoticed (%v)", d.name, err)
		}
	}
	return nil
}

// Boundaries are told apart by what a transaction writes and what a call is for.
func TestBoundaries(t *testing.T) {
	for sql, want := range map[string]string{
		"INSERT INTO bookings (id) VALUES ($1)":                                  "bookings",
		"UPDATE stripe_events SET state = 'applied'":                             "stripe_events",
		"WITH due AS (SELECT 1) INSERT INTO stripe_subjects SELECT":              "stripe_subjects",
		"SELECT id FROM bookings WHERE id = $1 FOR UPDATE":                       "",
		"DELETE FROM occupancies WHERE id = $1":                                  "occupancies",
		"INSERT INTO river_job (args) VALUES ($1)":                               "",
		"INSERT INTO sessions (token) VALUES ($1) ON CONFLICT DO UPDATE SET x=1": "",
	} {
		if got := written(sql); got != want {
			t.Errorf("%s writes %q, want %q", sql, got, want)
		}
	}
	if got := strings.Join([]string{"POST /v1/checkout/sessions/…/expire", "GET /v1/accounts/…"}, " "); got !=
		strings.Join([]string{"POST " + id.ReplaceAllString("/v1/checkout/sessions/cs_test_a1B2c3D4/expire", "/…"), "GET " + id.ReplaceAllString("/v1/accounts/acct_1234567", "/…")}, " ") {
		t.Errorf("steps are not told apart: %s", got)
	}
}
