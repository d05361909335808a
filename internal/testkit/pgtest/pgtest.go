// Package pgtest gives tests real PostgreSQL databases with Hearth's schema.
//
// A test that commits takes a database of its own ([Pool], [DSN]), cloned from
// a migrated template in milliseconds. A test that does not commit takes a
// transaction that is rolled back when it ends ([Tx]), which is quicker still.
// Either way tests run in parallel and see nothing of each other.
//
// The server is a throw-away cluster without durability: the one that
// HEARTH_TEST_PG names, which "make test" starts once for all packages, or else
// one that belongs to this test binary alone and is gone when it ends. Databases
// are not dropped one by one; they go with their cluster.
package pgtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"hearth/internal/postgres"
	"hearth/internal/postgres/embedded"
	"hearth/migrations"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// startLimit covers initdb and all migrations on a busy machine.
const startLimit = 2 * time.Minute

// A process has one server, and one database for rolled-back transactions.
var (
	server = sync.OnceValues(connectServer)
	shared = sync.OnceValues(openShared)
)

// Pool is a new database, for tests that commit.
func Pool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.Open(t.Context(), DSN(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// DSN is the address of a new database, for tests that start a whole app.
func DSN(t testing.TB) string {
	t.Helper()
	s, err := server()
	if err == nil {
		var dsn string
		if dsn, err = s.clone(t.Context()); err == nil {
			return dsn
		}
	}
	t.Fatalf("make a test database: %v", err)
	return ""
}

// Tx is a transaction that is rolled back when the test ends. Transactions of
// parallel tests share a database: rows that collide on a unique key wait for
// each other, so factories make them differ.
func Tx(t testing.TB) pgx.Tx {
	t.Helper()
	pool, err := shared()
	if err != nil {
		t.Fatalf("open the shared test database: %v", err)
	}
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatalf("begin: %v", err)
	}
	t.Cleanup(func() { tx.Rollback(context.Background()) })
	return tx
}

func openShared() (*pgxpool.Pool, error) {
	s, err := server()
	if err != nil {
		return nil, err
	}
	dsn, err := s.clone(context.Background())
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	config.MaxConns = 64 // as many as tests may run at once
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	return pgxpool.NewWithConfig(context.Background(), config)
}

// cluster is a server with a migrated template.
type cluster struct {
	admin    *pgxpool.Pool
	dsn      string
	template string
}

func connectServer() (*cluster, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	dsn := os.Getenv("HEARTH_TEST_PG")
	if dsn == "" {
		var err error
		if dsn, err = startServer(ctx); err != nil {
			return nil, err
		}
	}
	template, err := templateName()
	if err != nil {
		return nil, err
	}
	c := &cluster{dsn: dsn, template: template}
	if c.admin, err = postgres.Open(ctx, dsn); err != nil {
		return nil, err
	}
	return c, c.prepare(ctx)
}

// startServer starts this binary's own cluster. Nothing closes it: the end of
// the process does, however it comes.
func startServer(ctx context.Context) (dsn string, err error) {
	dir, err := os.MkdirTemp("", "hearth-test-")
	if err != nil {
		return "", err
	}
	own, err := embedded.Start(ctx, embedded.Options{DataDir: dir, Throwaway: true})
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	if filepath.Dir(own.Dir()) != dir { // the server's user could not reach it
		os.Remove(dir)
	}
	return own.DSN("postgres"), nil
}

// templateName changes with the migrations, so that a server that lives longer
// than one run never serves an old schema.
func templateName() (string, error) {
	hash := sha256.New()
	err := fs.WalkDir(migrations.FS, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(migrations.FS, path)
		fmt.Fprintf(hash, "%s %d\n%s", path, len(text), text)
		return err
	})
	return "hearth_template_" + hex.EncodeToString(hash.Sum(nil)[:6]), err
}

// prepare makes the template unless another test binary has.
func (c *cluster) prepare(ctx context.Context) error {
	conn, err := c.admin.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(hashtext('hearth test template'))`); err != nil {
		return fmt.Errorf("wait for the test template: %w", err)
	}
	defer conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock(hashtext('hearth test template'))`)

	var exists bool
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, c.template).Scan(&exists)
	if err != nil || exists {
		return err
	}
	// Migrated under another name: a template that is there is complete.
	making := c.template + "_new"
	if err := c.run(ctx, `DROP DATABASE IF EXISTS `+making, `CREATE DATABASE `+making); err != nil {
		return err
	}
	if err := postgres.Migrate(ctx, c.address(making)); err != nil {
		return fmt.Errorf("migrate the test template: %w", err)
	}
	return c.run(ctx, `ALTER DATABASE `+making+` WITH ALLOW_CONNECTIONS false`,
		`ALTER DATABASE `+making+` RENAME TO `+c.template)
}

func (c *cluster) run(ctx context.Context, statements ...string) error {
	for _, sql := range statements {
		if _, err := c.admin.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

// clone makes a new database from the template.
func (c *cluster) clone(ctx context.Context) (dsn string, err error) {
	name := "hearth_test_" + strings.ToLower(rand.Text()[:12])
	err = c.run(ctx, `CREATE DATABASE `+name+` TEMPLATE `+c.template+` STRATEGY file_copy`)
	return c.address(name), err
}

// address is the server's address with another database.
func (c *cluster) address(database string) string {
	u, err := url.Parse(c.dsn)
	if err != nil || u.Scheme == "" {
		return c.dsn + " dbname=" + database // key=value words
	}
	u.Path = "/" + database
	return u.String()
}
