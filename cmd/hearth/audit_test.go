package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"hearth/internal/config"
	"hearth/internal/invariant"
	"hearth/internal/postgres"
	"hearth/internal/testkit/pgtest"
)

// hearth audit ends with 0, 1 or 2, and says why for people and for machines.
func TestAuditEndsWithItsVerdict(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	c := config.Config{DatabaseURL: "postgres://nobody@127.0.0.1:1/nothing", AuditURL: dsn} // the auditor's address comes first
	run := func(want error, args ...string) string {
		t.Helper()
		var out bytes.Buffer
		if err := auditOnce(t.Context(), c, args, &out); !errors.Is(err, want) {
			t.Errorf("hearth audit %v ends with %v, want %v:\n%s", args, err, want, out.String())
		}
		return out.String()
	}
	if text := run(nil); !strings.Contains(text, "0 of ") || !strings.Contains(text, "overlap") {
		t.Error(text)
	}
	db, err := postgres.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(t.Context(), `INSERT INTO ledger_transactions (id, reference, kind, at) VALUES (gen_random_uuid(), 'planted:1', 'planted', now())`); err != nil {
		t.Fatal(err)
	}
	if text := run(wrong); !strings.Contains(text, "ledger:planted:1 moves nothing") || !strings.Contains(text, "1 of ") {
		t.Error(text)
	}
	var report invariant.Report
	if err := json.Unmarshal([]byte(run(wrong, "--json")), &report); err != nil || len(report.Broken()) != 1 || report.Broken()[0].Findings[0].Row != "ledger:planted:1" {
		t.Errorf("%+v, %v", report.Broken(), err)
	}
	if err := auditOnce(t.Context(), c, []string{"--loud"}, &bytes.Buffer{}); err == nil {
		t.Error("an unknown option is taken")
	}
	c.AuditURL = c.DatabaseURL
	run(unknown)
}
