// Package invariant is what may never be seen in the database, each as a query
// that finds no row: two stays on one night, a payment without a stay, an
// effect that came twice, a history that was changed. "hearth audit" runs them,
// and so do an hourly job and every test of a whole world.
//
// All of them look at one moment: one transaction, read only, as the auditor
// where the database has that role. A row that they find is named, with what is
// wrong in words, and is a fault of ours or somebody's hand in the tables; no
// order of clicks, webhooks and crashes may bring it about. So whatever has a
// while to come true (a webhook, a job, the sweep) has a deadline here, and is
// wrong after it.
//
// What is written once is sealed besides ([Service.Seal]): digests of rows that
// tell a changed or a missing one from what it was.
//
// Tables: audit_runs, seals, sealed_rows.
package invariant

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Invariant is something that is always so.
type Invariant struct {
	Name string // as one word, for machines
	Why  string // what is always so, for people

	// sql finds the rows that break it: row ("booking:HX3K9Q2AB") and wrong, in
	// words. The moment that counts as now is (SELECT now FROM clock).
	sql string
}

// Finding is a row that breaks an invariant.
type Finding struct {
	Row   string `json:"row"`
	Wrong string `json:"wrong"`
}

// Result is what became of one invariant. Findings are the first of Rows.
type Result struct {
	Name     string    `json:"name"`
	Why      string    `json:"why"`
	Rows     int       `json:"rows"`
	Findings []Finding `json:"findings,omitempty"`
}

// Report is an audit: one result per invariant, in the order of [All].
type Report struct {
	At      time.Time `json:"at"`
	Role    string    `json:"role"` // whose rights it had
	Results []Result  `json:"results"`
}

// Broken are the results that found something.
func (r Report) Broken() (broken []Result) {
	for _, result := range r.Results {
		if result.Rows > 0 {
			broken = append(broken, result)
		}
	}
	return broken
}

// Starter starts transactions with options: a pool or a connection.
type Starter interface {
	BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error)
}

// most is how many rows of one invariant are named.
const most = 100

// Run looks at every invariant in one moment, without writing and with the
// auditor's rights where the database has that role and we may take it. An
// error says that it could not look, not that something is wrong.
func Run(ctx context.Context, db Starter, now time.Time) (Report, error) {
	report := Report{At: now}
	tx, err := db.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return report, fmt.Errorf("begin the audit: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	if report.Role, err = layDown(ctx, tx); err != nil {
		return report, fmt.Errorf("become the auditor: %w", err)
	}
	report.Results, err = look(ctx, tx, now)
	return report, err
}

func look(ctx context.Context, tx pgx.Tx, now time.Time) (results []Result, err error) {
	for _, i := range All() {
		result, err := i.run(ctx, tx, now)
		if err != nil {
			return results, fmt.Errorf("look at %s: %w", i.Name, err)
		}
		results = append(results, result)
	}
	return results, nil
}

// layDown takes the auditor's role for this transaction. A database that was
// not set up with roles (the server may know them from another) is read as who
// we are.
func layDown(ctx context.Context, tx pgx.Tx) (role string, err error) {
	var may bool
	err = tx.QueryRow(ctx, `SELECT coalesce((SELECT pg_has_role(current_user, oid, 'MEMBER') AND has_table_privilege(oid, 'ledger_postings', 'SELECT')
		FROM pg_roles WHERE rolname = 'hearth_auditor'), false)`).Scan(&may)
	if err != nil {
		return "", err
	}
	if may {
		if _, err := tx.Exec(ctx, `SET LOCAL ROLE hearth_auditor`); err != nil {
			return "", err
		}
	}
	return role, tx.QueryRow(ctx, `SELECT current_user`).Scan(&role)
}

func (i Invariant) run(ctx context.Context, tx pgx.Tx, now time.Time) (Result, error) {
	result := Result{Name: i.Name, Why: i.Why}
	rows, err := tx.Query(ctx, `WITH clock AS (SELECT $1::timestamptz AS now)
		SELECT found.row, found.wrong, count(*) OVER () FROM (`+i.sql+`) AS found (row, wrong) ORDER BY 1, 2 LIMIT $2`, now, most)
	if err != nil {
		return result, err
	}
	var f Finding
	_, err = pgx.ForEachRow(rows, []any{&f.Row, &f.Wrong, &result.Rows}, func() error {
		result.Findings = append(result.Findings, f)
		return nil
	})
	return result, err
}
