package audit_test

import (
	"strings"
	"testing"
	"time"

	"hearth/internal/audit"
	"hearth/internal/fault"
	"hearth/internal/testkit/pgtest"
	"hearth/internal/user"
)

var now = time.Date(2027, 5, 1, 12, 0, 0, 0, time.UTC)

func TestActsAreKeptWithTheirReason(t *testing.T) {
	tx := pgtest.Tx(t)
	admin, err := user.Create(t.Context(), tx, user.New{Email: "grace@example.com", Name: "Grace", PasswordHash: "x"}, now)
	if err != nil {
		t.Fatal(err)
	}
	entry := audit.Entry{ActorID: admin.ID, Act: "suspend", Target: "user:1", Reason: " spam ", IP: "192.0.2.1", Detail: map[string]int{"homes": 2}}
	for _, target := range []string{"user:1", "user:2"} {
		entry.Target = target
		if err := audit.Record(t.Context(), tx, entry, now); err != nil {
			t.Fatal(err)
		}
	}
	lines, err := audit.Search(t.Context(), tx, audit.Filter{})
	if err != nil || len(lines) != 2 {
		t.Fatalf("%v, %v", lines, err)
	}
	if l := lines[0]; l.Target != "user:2" || l.ActorName != "Grace" || l.Reason != "spam" || string(l.Detail) != `{"homes": 2}` || !l.At.Equal(now) {
		t.Errorf("%+v", l)
	}
	for _, f := range []audit.Filter{{Target: "user:1"}, {Query: "SER:1"}, {Before: lines[0].ID}, {Limit: 1}} {
		if found, err := audit.Search(t.Context(), tx, f); err != nil || len(found) != 1 {
			t.Errorf("%+v: %v, %v", f, found, err)
		}
	}
	entry.Reason = "  "
	if err := audit.Record(t.Context(), tx, entry, now); !fault.Is(err, fault.Invalid) {
		t.Errorf("no reason: %v", err)
	}
	if _, err := tx.Exec(t.Context(), `UPDATE audit_log SET reason = 'other'`); err == nil || !strings.Contains(err.Error(), "append-only") {
		t.Errorf("the log can be rewritten: %v", err)
	}
}
