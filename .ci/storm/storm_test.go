package main

import (
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
			o := options{seed: 4, bookings: 6, kills: 3, visitors: 6, binary: binary, out: t.Logf}
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
