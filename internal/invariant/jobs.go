package invariant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"hearth/internal/postgres"
	"hearth/internal/task"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
)

// Every is how often the audit runs.
const Every = time.Hour

// Service runs the audit in production: it seals, looks, keeps what it found,
// and opens a task for each invariant that is broken.
type Service struct {
	DB     *pgxpool.Pool
	Now    func() time.Time
	Logger *slog.Logger
}

// AuditArgs is the periodic job.
type AuditArgs struct{}

// Kind names the job.
func (AuditArgs) Kind() string { return "audit" }

// InsertOpts lets the next hour try again.
func (AuditArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 1} }

// AuditWorker runs [Service.Check].
type AuditWorker struct {
	river.WorkerDefaults[AuditArgs]
	Audit *Service
}

// Timeout leaves room for large tables.
func (*AuditWorker) Timeout(*river.Job[AuditArgs]) time.Duration { return 10 * time.Minute }

// Work audits once.
func (w *AuditWorker) Work(ctx context.Context, _ *river.Job[AuditArgs]) error {
	_, err := w.Audit.Check(ctx)
	return err
}

// Check seals, audits and keeps the outcome. It may run at any time, and at
// once: the tasks are opened once an hour at most.
func (s *Service) Check(ctx context.Context) (Report, error) {
	id := uuid.Must(uuid.NewV7())
	if _, err := s.DB.Exec(ctx, `INSERT INTO audit_runs (id, started_at) VALUES ($1, $2)`, id, s.Now()); err != nil {
		return Report{}, fmt.Errorf("begin the audit: %w", err)
	}
	seal, err := s.Seal(ctx)
	var report Report
	if err == nil {
		s.Logger.InfoContext(ctx, "sealed", "digest", seal) // kept by the log, it proves everything before it
		report, err = Run(ctx, s.DB, s.Now())
	}
	ctx = context.WithoutCancel(ctx)
	if err != nil {
		_, kept := s.DB.Exec(ctx, `UPDATE audit_runs SET finished_at = $2, error = $3 WHERE id = $1`, id, s.Now(), err.Error())
		return report, errors.Join(err, kept)
	}
	return report, postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error { return s.keep(ctx, tx, id, report) })
}

// keep writes the outcome down, with its tasks.
func (s *Service) keep(ctx context.Context, tx pgx.Tx, id uuid.UUID, report Report) error {
	results, err := json.Marshal(report.Results)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE audit_runs SET finished_at = $2, broken = $3, results = $4 WHERE id = $1`, id, s.Now(), len(report.Broken()), results)
	if err != nil {
		return fmt.Errorf("keep the audit: %w", err)
	}
	for _, result := range report.Results {
		if err := s.tell(ctx, tx, result); err != nil {
			return err
		}
	}
	return nil
}

// tell opens a task for a broken invariant that has none, and closes those of
// one that holds. Who closes a task while its cause is still there gets another
// one the hour after.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, r Result) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, sealing); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `SELECT key FROM tasks WHERE kind = 'invariant' AND object_id = $1 AND closed_at IS NULL`, r.Name)
	if err != nil {
		return err
	}
	open, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("list the tasks of %s: %w", r.Name, err)
	}
	if r.Rows == 0 {
		for _, key := range open {
			if _, err := task.Close(ctx, tx, key, "The audit finds nothing any more", s.Now()); err != nil {
				return err
			}
		}
		return nil
	}
	s.Logger.ErrorContext(ctx, "an invariant is broken", "name", r.Name, "rows", r.Rows, "first", r.Findings[0])
	if len(open) > 0 {
		return nil
	}
	_, err = task.Open(ctx, tx, task.Task{Key: "invariant:" + r.Name + ":" + s.Now().UTC().Format("2006-01-02T15"), ObjectID: r.Name,
		Title: "The audit found what may not be: " + r.Name, Detail: detail(r), Href: "/admin/invariants"}, s.Now())
	return err
}

func detail(r Result) string {
	return fmt.Sprintf("%s Not so in %d rows; the first: %s %s.", r.Why, r.Rows, r.Findings[0].Row, r.Findings[0].Wrong)
}

// Past is an audit that was kept.
type Past struct {
	StartedAt  time.Time
	FinishedAt *time.Time
	Broken     int
	Results    []Result
	Error      string
}

// Runs are the newest audits, without their results but for the newest one that
// could look.
func Runs(ctx context.Context, q postgres.Querier, limit int) ([]Past, error) {
	return postgres.All[Past](ctx, q, `SELECT started_at, finished_at, broken, error,
			CASE WHEN id = (SELECT id FROM audit_runs WHERE finished_at IS NOT NULL AND error = '' ORDER BY started_at DESC, id DESC LIMIT 1) THEN results ELSE '[]' END AS results
		FROM audit_runs ORDER BY started_at DESC, id DESC LIMIT $1`, limit)
}

// Latest is when an audit last came to an end; zero when none has.
func Latest(ctx context.Context, q postgres.Querier) (at time.Time, err error) {
	err = q.QueryRow(ctx, `SELECT coalesce(max(finished_at), '0001-01-01') FROM audit_runs WHERE error = ''`).Scan(&at)
	return at, err
}
