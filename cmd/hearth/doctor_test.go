package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"hearth/internal/config"
	"hearth/internal/doctor"
)

// hearth doctor sees an installation that lacks everything, and does not give
// up: each finding comes with its mend.
func TestDoctorEndsWithItsVerdict(t *testing.T) {
	t.Parallel()
	c := config.Config{DatabaseURL: "postgres://nobody@127.0.0.1:1/nothing", StripeAPIBase: "http://127.0.0.1:1", BaseURL: "http://localhost", DataDir: t.TempDir()}
	var out bytes.Buffer
	if err := examine(t.Context(), c, nil, &out); !errors.Is(err, wrong) || !strings.Contains(out.String(), "→ ") {
		t.Errorf("it ends with %v:\n%s", err, out.String())
	}
	out.Reset()
	if err := examine(t.Context(), c, []string{"--json"}, &out); !errors.Is(err, wrong) {
		t.Errorf("it ends with %v", err)
	}
	var found []doctor.Finding
	if err := json.Unmarshal(out.Bytes(), &found); err != nil || len(found) < 5 {
		t.Fatalf("%+v, %v", found, err)
	}
	for _, f := range found {
		if (f.State == doctor.OK) != (f.Mend == "") {
			t.Errorf("%+v", f)
		}
	}
	if err := examine(t.Context(), c, []string{"--quick"}, &out); err == nil || errors.Is(err, wrong) {
		t.Errorf("an unknown option is taken: %v", err)
	}
}
