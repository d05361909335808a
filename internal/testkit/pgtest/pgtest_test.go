package pgtest_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hearth/internal/postgres"
	"hearth/internal/testkit/pgtest"
)

// TestChild is the other half of TestOwnClusterGoesWithItsBinary.
func TestChild(t *testing.T) {
	if os.Getenv("PGTEST_CHILD") == "" {
		t.Skip("runs as a process of TestOwnClusterGoesWithItsBinary")
	}
	var dir string
	if err := pgtest.Tx(t).QueryRow(t.Context(), `SHOW data_directory`).Scan(&dir); err != nil {
		t.Fatal(err)
	}
	fmt.Println("data:", dir)
}

func TestOwnClusterGoesWithItsBinary(t *testing.T) {
	t.Parallel()
	child := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.v")
	child.Env = append(os.Environ(), "PGTEST_CHILD=1", "HEARTH_TEST_PG=")
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, after, _ := strings.Cut(string(out), "data: ")
	dir, _, _ := strings.Cut(after, "\n")
	if dir == "" {
		t.Fatalf("no data directory in %q", out)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(filepath.Dir(dir)); os.IsNotExist(err) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is left behind", filepath.Dir(dir))
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
