package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"hearth/internal/config"
	"hearth/internal/invariant"
	"hearth/internal/postgres"
)

// verdict is how a command ends that has said everything itself.
type verdict int

func (v verdict) Error() string { return fmt.Sprintf("ends with %d", int(v)) }

// What the checking commands end with.
const (
	wrong   verdict = 1 // something is not as it should be
	unknown verdict = 2 // it could not look
)

// auditOnce looks at every invariant and says what it found. It writes nothing
// and needs no rights but the auditor's.
func auditOnce(ctx context.Context, c config.Config, args []string, out io.Writer) error {
	asJSON, err := jsonOnly(args)
	if err != nil {
		return err
	}
	report, err := look(ctx, c)
	if err != nil {
		fmt.Fprintln(os.Stderr, "hearth: the audit could not look:", err)
		return unknown
	}
	if asJSON {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(report)
	} else {
		err = tell(out, report)
	}
	if err == nil && len(report.Broken()) > 0 {
		return wrong
	}
	return err
}

func jsonOnly(args []string) (bool, error) {
	switch {
	case len(args) == 0:
		return false, nil
	case len(args) == 1 && args[0] == "--json":
		return true, nil
	}
	return false, errors.New("the only option is --json")
}

func look(ctx context.Context, c config.Config) (report invariant.Report, err error) {
	dsn := c.AuditURL
	if dsn == "" {
		dsn = c.DatabaseURL
	}
	if dsn == "" {
		return report, needDatabase(c)
	}
	db, err := postgres.Open(ctx, dsn)
	if err != nil {
		return report, err
	}
	defer db.Close()
	return invariant.Run(ctx, db, time.Now())
}

func tell(out io.Writer, report invariant.Report) error {
	for _, r := range report.Results {
		if _, err := fmt.Fprintf(out, "%4d  %-20s %s\n", r.Rows, r.Name, r.Why); err != nil {
			return err
		}
		for _, f := range r.Findings {
			fmt.Fprintf(out, "      %s %s\n", f.Row, f.Wrong)
		}
		if more := r.Rows - len(r.Findings); more > 0 {
			fmt.Fprintf(out, "      and %d more\n", more)
		}
	}
	_, err := fmt.Fprintf(out, "%d of %d invariants are broken (as %s)\n", len(report.Broken()), len(report.Results), report.Role)
	return err
}
