// Package postgres holds the ground that every room with tables stands on: the
// pool, transactions, and how a constraint's name becomes a fault that a
// person can read.
//
// A function that takes a [Querier] only reads and may be called anywhere; one
// that takes a [pgx.Tx] needs a transaction, and makes no network call.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hearth/internal/fault"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Querier reads: a pool, a connection or a transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Open makes the pool and proves that the server answers.
func Open(ctx context.Context, dsn string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("read the database address: %w", err)
	}
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	config.ConnConfig.RuntimeParams["application_name"] = "hearth"
	config.AfterConnect = inUTC
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("reach the database: %w", err)
	}
	return pool, nil
}

// inUTC reads times in UTC, whatever zone the machine is in: pages show them as
// they come.
func inUTC(_ context.Context, conn *pgx.Conn) error {
	conn.TypeMap().RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}})
	return nil
}

// Beginner starts transactions: a pool, or a transaction (a savepoint).
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

const attempts = 5

// InTx runs fn in a transaction and commits. Deadlocks and serialisation
// failures are tried again, so fn may run more than once and must not touch
// the network. A failed COMMIT is returned as it is: whether it happened is
// unknown, and the caller re-reads by key.
func InTx(ctx context.Context, db Beginner, fn func(tx pgx.Tx) error) error {
	var err error
	for attempt := range attempts {
		if err = once(ctx, db, fn); !Retryable(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(time.Duration(attempt+1) * 5 * time.Millisecond):
		}
	}
	return err
}

func once(ctx context.Context, db Beginner, fn func(tx pgx.Tx) error) error {
	tx, err := db.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	if err := fn(tx); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// Retryable reports a deadlock or a serialisation failure: nothing happened,
// and the same transaction may be tried again.
func Retryable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40P01" || pg.Code == "40001")
}

// Violates reports whether an error is the named constraint's refusal.
func Violates(err error, constraint string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.ConstraintName == constraint
}

// Fault turns the refusal of the named constraint into a fault with a message
// for people; every other error stays as it is.
func Fault(err error, constraint string, kind fault.Kind, message string) error {
	if Violates(err, constraint) {
		return fault.Wrap(err, kind, "%s", message)
	}
	return err
}

// NotFound turns "no rows" into a fault with a message for people.
func NotFound(err error, message string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.Wrap(err, fault.NotFound, "%s", message)
	}
	return err
}

// One scans exactly one row by column name into T's fields; no row is
// NotFound with the message.
func One[T any](ctx context.Context, q Querier, missing, sql string, args ...any) (T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		var zero T
		return zero, err
	}
	value, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[T])
	return value, NotFound(err, missing)
}

// All scans every row by column name into T's fields.
func All[T any](ctx context.Context, q Querier, sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[T])
}
