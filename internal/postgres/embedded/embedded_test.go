package embedded_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"hearth/internal/postgres/embedded"

	"github.com/jackc/pgx/v5"
)

// TestMain lets the test binary be another process that uses a cluster: it
// starts, says where, and stays until it is killed.
func TestMain(m *testing.M) {
	dir := os.Getenv("EMBEDDED_TEST_USER")
	if dir == "" {
		os.Exit(m.Run())
	}
	c, err := embedded.Start(context.Background(), embedded.Options{
		DataDir: dir, Throwaway: os.Getenv("EMBEDDED_TEST_THROWAWAY") != "",
	})
	if err != nil {
		fmt.Printf("error: %q\n", err.Error())
		os.Exit(1)
	}
	fmt.Println(c.DSN("postgres"))
	select {}
}

// otherUser starts a process that uses the cluster in dir.
func otherUser(t *testing.T, dir string, env ...string) (process *exec.Cmd, dsn string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), "EMBEDDED_TEST_USER="+dir), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kill(cmd) })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || strings.HasPrefix(line, "error:") {
		t.Fatalf("another process did not start: %s%v", line, err)
	}
	return cmd, strings.TrimSpace(line)
}

// kill is kill -9, and returns when the process is gone.
func kill(cmd *exec.Cmd) {
	cmd.Process.Kill()
	cmd.Wait()
}

// dataDir is a directory that the server's user can reach; the test's own
// directories are closed to it when root runs the tests.
func dataDir(t *testing.T) string {
	t.Helper()
	base, err := os.MkdirTemp("", "hearth-embedded-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(base, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(base) })
	return filepath.Join(base, "data")
}

func start(t *testing.T, opts embedded.Options) *embedded.Cluster {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c, err := embedded.Start(ctx, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func query[T any](t *testing.T, dsn, sql string) T {
	t.Helper()
	rows, err := connect(t, dsn).Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	value, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func socket(t *testing.T, dsn string) string {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(config.Host, ".s.PGSQL.5432")
}

// waitGone waits until nothing listens any more.
func waitGone(t *testing.T, dsn string) {
	t.Helper()
	waitFor(t, "the server to stop", func() bool {
		conn, err := net.Dial("unix", socket(t, dsn))
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

const serverPid = `SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)::int`
const startedAt = `SELECT pg_postmaster_start_time()`

func TestCommittedRowsSurviveTheKillOfEverything(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	app, dsn := otherUser(t, dir)
	conn := connect(t, dsn)
	if _, err := conn.Exec(t.Context(), `CREATE TABLE kept (n int)`); err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		if _, err := conn.Exec(t.Context(), `INSERT INTO kept VALUES ($1)`, n); err != nil {
			t.Fatal(err)
		}
		// The app alone, then the server with it.
		if n > 0 {
			pid := query[int](t, dsn, serverPid)
			server, err := os.FindProcess(pid)
			if err != nil {
				t.Fatal(err)
			}
			server.Kill()
		}
		kill(app)
		// At once: the stop of the old server is under way.
		app, dsn = otherUser(t, dir)
		if got := query[int](t, dsn, `SELECT count(*)::int FROM kept`); got != n+1 {
			t.Fatalf("%d rows after kill -9, want %d", got, n+1)
		}
		conn = connect(t, dsn)
	}
}

// A killed server's orphans may still write; the next waits for them to go.
func TestOrphansOfAKilledServer(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	app, dsn := otherUser(t, dir)
	orphan := int(connect(t, dsn).PgConn().PID())
	server := query[int](t, dsn, serverPid)
	syscall.Kill(orphan, syscall.SIGSTOP)
	t.Cleanup(func() { syscall.Kill(orphan, syscall.SIGCONT) })
	syscall.Kill(server, syscall.SIGKILL)
	kill(app)

	started := make(chan error, 1)
	go func() {
		c, err := embedded.Start(t.Context(), embedded.Options{DataDir: dir})
		if err == nil {
			err = c.Close()
		}
		started <- err
	}()
	waitFor(t, "a new server to refuse to start beside the orphan", func() bool {
		logs, err := filepath.Glob(filepath.Join(dir, "pg*.log"))
		if err != nil || len(logs) != 1 {
			t.Fatalf("logs %v, %v", logs, err)
		}
		text, err := os.ReadFile(logs[0])
		return err == nil && strings.Contains(string(text), "still in use")
	})
	syscall.Kill(orphan, syscall.SIGCONT)
	if err := <-started; err != nil {
		t.Error(err)
	}
}

// A server can be killed between another process's look at its socket, which
// still takes connections, and that process's first query.
func TestServerKilledWhileItIsJoined(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	_, dsn := otherUser(t, dir)
	conn := connect(t, dsn)
	if _, err := conn.Exec(t.Context(), `CREATE TABLE kept ()`); err != nil {
		t.Fatal(err)
	}
	server := query[int](t, dsn, serverPid)
	syscall.Kill(server, syscall.SIGSTOP)
	t.Cleanup(func() { syscall.Kill(server, syscall.SIGKILL) })

	type result struct {
		c   *embedded.Cluster
		err error
	}
	started := make(chan result, 1)
	go func() {
		c, err := embedded.Start(t.Context(), embedded.Options{DataDir: dir})
		started <- result{c, err}
	}()
	waitFor(t, "the second to join", func() bool {
		list, err := filepath.Glob(filepath.Join(dir, "users*", "*"))
		return err == nil && len(list) == 2
	})
	syscall.Kill(server, syscall.SIGKILL)
	second := <-started
	if second.err != nil {
		t.Fatal(second.err)
	}
	defer second.c.Close()
	if got := query[int](t, second.c.DSN("postgres"), `SELECT count(*)::int FROM pg_class WHERE relname = 'kept'`); got != 1 {
		t.Error("what was committed is not there")
	}
}

func TestServerStopsWhenItsProcessDies(t *testing.T) {
	t.Parallel()
	app, dsn := otherUser(t, dataDir(t))
	connect(t, dsn)
	kill(app)
	waitGone(t, dsn)
}

func TestCloseStopsTheServer(t *testing.T) {
	t.Parallel()
	c := start(t, embedded.Options{DataDir: dataDir(t)})
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := net.Dial("unix", socket(t, c.DSN("postgres"))); err == nil {
		t.Fatal("the server still listens after Close returned")
	}
}

func TestForgottenClusterStays(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	forgotten, err := embedded.Start(t.Context(), embedded.Options{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	dsn := forgotten.DSN("postgres")
	since := query[time.Time](t, dsn, startedAt)
	pid := query[int](t, dsn, serverPid)
	t.Cleanup(func() { syscall.Kill(pid, syscall.SIGINT) })
	for range 5 {
		runtime.GC()
	}
	later := start(t, embedded.Options{DataDir: dir})
	later.Close()
	if got := query[time.Time](t, dsn, startedAt); !got.Equal(since) {
		t.Error("the server of a forgotten cluster went")
	}
}

func TestTheLastUserStopsTheServer(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	first, dsn := otherUser(t, dir)
	since := query[time.Time](t, dsn, startedAt)
	second := start(t, embedded.Options{DataDir: dir})
	third, _ := otherUser(t, dir)

	kill(first)
	kill(third)
	if got := query[time.Time](t, second.DSN("postgres"), startedAt); !got.Equal(since) {
		t.Fatalf("the second user is on a server started at %v, not the first's of %v", got, since)
	}
	waitFor(t, "the dead users to be taken off the list", func() bool { return len(users(t, second)) == 1 })
	if got := query[time.Time](t, second.DSN("postgres"), startedAt); !got.Equal(since) {
		t.Fatal("the server went when its first user died")
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	waitGone(t, dsn)
}

func users(t *testing.T, c *embedded.Cluster) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(filepath.Dir(c.Dir()), "users*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// A process and its watcher that were killed together cannot leave; the server
// must not wait for them for ever.
func TestEntriesOfTheDeadDoNotCount(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	first := start(t, embedded.Options{DataDir: dir})
	dead := filepath.Join(filepath.Dir(users(t, first)[0]), "user-dead")
	if err := os.WriteFile(dead, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	second := start(t, embedded.Options{DataDir: dir})
	if got := len(users(t, second)); got != 2 {
		t.Fatalf("%d users, want the two living", got)
	}
	first.Close()
	second.Close()
	waitGone(t, second.DSN("postgres"))
}

func TestManyStartAndLeaveAtOnce(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	done := make(chan error)
	for range 4 {
		go func() {
			done <- func() error {
				for range 3 {
					c, err := embedded.Start(t.Context(), embedded.Options{DataDir: dir})
					if err != nil {
						return err
					}
					conn, err := pgx.Connect(t.Context(), c.DSN("postgres"))
					if err != nil {
						return fmt.Errorf("a started server does not answer: %w", err)
					}
					if _, err := conn.Exec(t.Context(), `SELECT pg_sleep(0.01)`); err != nil {
						return fmt.Errorf("the server went while it was used: %w", err)
					}
					conn.Close(t.Context())
					if err := c.Close(); err != nil {
						return err
					}
				}
				return nil
			}()
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// In containers process ids start over, so a dead server's is soon another's.
func TestPidFileOfAnotherProcess(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	c := start(t, embedded.Options{DataDir: dir})
	c.Close()
	stale := fmt.Sprintf("%d\n%s\n0\n5432\n", os.Getpid(), c.Dir())
	path := filepath.Join(c.Dir(), "postmaster.pid")
	if err := os.WriteFile(path, []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	data, err := os.Stat(c.Dir())
	if err != nil {
		t.Fatal(err)
	}
	owner := data.Sys().(*syscall.Stat_t)
	if err := os.Chown(path, int(owner.Uid), int(owner.Gid)); err != nil {
		t.Fatal(err)
	}
	start(t, embedded.Options{DataDir: dir})
}

func TestThrowawayLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	app, dsn := otherUser(t, dir, "EMBEDDED_TEST_THROWAWAY=1")
	if got := query[string](t, dsn, `SHOW fsync`); got != "off" {
		t.Fatalf("a throw-away cluster has fsync %s", got)
	}
	kill(app)
	waitFor(t, "the data to go", func() bool {
		_, err := os.Stat(dir)
		return os.IsNotExist(err)
	})
}

func TestDefaultIsDurableAndPrivate(t *testing.T) {
	t.Parallel()
	c := start(t, embedded.Options{DataDir: dataDir(t), Settings: []string{"work_mem=7MB"}})
	dsn := c.DSN("postgres")
	for setting, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "listen_addresses": "",
		"server_encoding": "UTF8", "TimeZone": "UTC", "work_mem": "7MB",
	} {
		if got := query[string](t, dsn, "SHOW "+setting); got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
	info, err := os.Stat(filepath.Dir(socket(t, dsn)))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o700 {
		t.Errorf("the socket's directory is open to others: %v", info.Mode())
	}
	if got := query[string](t, dsn, `SELECT lower('ÄÉ') || (SELECT string_agg(s, '' ORDER BY s) FROM unnest('{b,B,ä,a}'::text[]) s)`); got != "äéBabä" {
		t.Errorf("case and order of text: %s", got)
	}
}

func TestDeepDataDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(dataDir(t), strings.Repeat("d", 60), strings.Repeat("e", 60))
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	c := start(t, embedded.Options{DataDir: dir, Throwaway: true})
	dsn := c.DSN("postgres")
	query[time.Time](t, dsn, startedAt)
	c.Close()
	if _, err := os.Stat(filepath.Dir(socket(t, dsn))); !os.IsNotExist(err) {
		t.Errorf("the socket's directory is left: %v", err)
	}
}

func TestRootGetsADirectoryTheServerCanReach(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root starts servers as somebody else")
	}
	t.Parallel()
	closed, err := os.MkdirTemp("", "hearth-closed-") // mode 0700
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(closed)
	t.Cleanup(func() { os.Remove("/var/lib/hearth") }) // which it does only when it is empty
	c := start(t, embedded.Options{DataDir: filepath.Join(closed, "data"), Throwaway: true})
	if !strings.HasPrefix(c.Dir(), "/var/lib/hearth/") {
		t.Errorf("data in %s", c.Dir())
	}
	again := start(t, embedded.Options{DataDir: filepath.Join(closed, "data"), Throwaway: true})
	if again.Dir() != c.Dir() {
		t.Errorf("the second time it is in %s", again.Dir())
	}
}

func TestCreateDatabase(t *testing.T) {
	t.Parallel()
	c := start(t, embedded.Options{DataDir: dataDir(t), Throwaway: true})
	const name = `odd "name"/1`
	for range 2 {
		if err := c.CreateDatabase(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	if got := query[string](t, c.DSN(name), `SELECT current_database()`); got != name {
		t.Errorf("connected to %s", got)
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	c := start(t, embedded.Options{DataDir: dir})
	if err := embedded.Remove(t.Context(), dir); err == nil {
		t.Fatal("removed a cluster in use")
	}
	query[time.Time](t, c.DSN("postgres"), startedAt)
	c.Close()
	if err := embedded.Remove(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestDataOfAMissingVersionIsNotReplaced(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	old := filepath.Join(dir, "pg99")
	if err := os.MkdirAll(old, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(old, "PG_VERSION"), []byte("99\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := embedded.Start(t.Context(), embedded.Options{DataDir: dir})
	if err == nil {
		c.Close()
		t.Fatal("started an empty cluster beside the data of another version")
	}
	if !strings.Contains(err.Error(), "PostgreSQL 99") {
		t.Errorf("error does not name the version: %v", err)
	}
}

func TestNoServerPrograms(t *testing.T) {
	t.Setenv("HEARTH_PG_BIN", t.TempDir())
	_, err := embedded.Start(t.Context(), embedded.Options{DataDir: dataDir(t)})
	if !errors.Is(err, embedded.ErrNotFound) || !strings.Contains(err.Error(), "docker compose up") {
		t.Errorf("error = %v", err)
	}
}
