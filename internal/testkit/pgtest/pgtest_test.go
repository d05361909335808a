package pgtest_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hearth/internal/postgres"
	"hearth/internal/testkit/pgtest"
)

func TestOwnClusterGoesWithItsBinary(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "pgtest-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // for the server's user, should root run this
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestTransactionsAreRolledBack$")
	child.Env = append(os.Environ(), "TMPDIR="+dir, "HEARTH_TEST_PG=")
	var out bytes.Buffer
	child.Stdout, child.Stderr = &out, &out
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	clusters := func() int {
		found, err := filepath.Glob(filepath.Join(dir, "hearth-test-*", "pg*", "postmaster.pid"))
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	waitFor(t, "the other binary's cluster", func() bool { return clusters() == 1 })
	if err := child.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	waitFor(t, "its data to go", func() bool {
		left, err := os.ReadDir(dir)
		return err == nil && len(left) == 0
	})
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func tableNames(t *testing.T, q postgres.Querier) string {
	t.Helper()
	var names string
	err := q.QueryRow(t.Context(), `SELECT coalesce(string_agg(tablename, ' '), '') FROM pg_tables WHERE schemaname = 'public'`).Scan(&names)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestDatabasesHaveTheSchemaAndAreApart(t *testing.T) {
	t.Parallel()
	one, two := pgtest.Pool(t), pgtest.Pool(t)
	if names := tableNames(t, one); !strings.Contains(names, "users") || !strings.Contains(names, "river_job") {
		t.Fatalf("tables: %s", names)
	}
	if _, err := one.Exec(t.Context(), `CREATE TABLE mine (n int)`); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(tableNames(t, two), "mine") {
		t.Error("a test sees what another committed")
	}
}

func TestTransactionsAreRolledBack(t *testing.T) {
	t.Parallel()
	t.Run("writes", func(t *testing.T) {
		if _, err := pgtest.Tx(t).Exec(t.Context(), `CREATE TABLE passing (n int)`); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("sees nothing of it", func(t *testing.T) {
		if names := tableNames(t, pgtest.Tx(t)); strings.Contains(names, "passing") || !strings.Contains(names, "users") {
			t.Errorf("tables: %s", names)
		}
	})
}

func BenchmarkDatabase(b *testing.B) {
	for b.Loop() {
		pgtest.DSN(b)
	}
}
