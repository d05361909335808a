package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// initialise makes the data directory, in one step as far as others can see: a
// half-made one has another name.
func (h home) initialise(ctx context.Context, bin Binaries) error {
	if _, err := os.Stat(filepath.Join(h.data(), "PG_VERSION")); err == nil {
		return nil
	}
	var out bytes.Buffer
	making := h.data() + ".new"
	for _, locale := range locales(bin.Major) {
		if err := os.RemoveAll(making); err != nil {
			return fmt.Errorf("clear a half-made data directory: %w", err)
		}
		args := append([]string{"-D", making, "-U", Superuser, "-E", "UTF8", "--auth-local=trust",
			"--auth-host=reject", "--no-instructions"}, locale...)
		if h.throwaway {
			args = append(args, "--no-sync")
		}
		cmd := h.command(ctx, bin, "initdb", args...)
		out.Reset()
		cmd.Stdout, cmd.Stderr = &out, &out
		err := cmd.Run()
		if err == nil {
			return os.Rename(making, h.data())
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		fmt.Fprintf(&out, "%v\n", err)
	}
	return fmt.Errorf("make a PostgreSQL cluster in %s: %s", h.dir, strings.TrimSpace(out.String()))
}

// locales are tried in order. Text sorts by code point everywhere, so indexes
// never depend on the machine's C library; letters beyond ASCII still have an
// upper and a lower case.
func locales(major int) [][]string {
	if major >= 17 {
		return [][]string{{"--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"}}
	}
	return [][]string{
		{"--locale=C", "--lc-ctype=C.UTF-8"},
		{"--locale=C", "--lc-ctype=en_US.UTF-8"},
		{"--locale=C"},
	}
}

// command runs a server program as the cluster's owner, with nothing of our
// environment that would change what it does, and in a session of its own: a
// Ctrl-C in our terminal is ours.
func (h home) command(ctx context.Context, bin Binaries, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(bin.Dir, name), args...)
	cmd.Dir = h.dir
	cmd.Env = slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, "PG") || strings.HasPrefix(entry, "LC_") || strings.HasPrefix(entry, "LANG")
	})
	cmd.Env = append(cmd.Env, "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: h.owner}
	return cmd
}

// launch starts the server and returns when it answers. The caller holds the
// lock and knows that none runs.
//
// After a kill -9 of the server alone, its orphans take a moment to notice, and
// a new server refuses to start beside them: it is tried again.
func (h home) launch(ctx context.Context, bin Binaries, opts Options) (*guard, error) {
	for {
		if err := h.clearStale(); err != nil {
			return nil, err
		}
		g, err := h.launchOnce(ctx, bin, opts)
		if !errors.Is(err, errOrphans) || pause(ctx) != nil {
			return g, err
		}
	}
}

var errOrphans = errors.New("processes of a killed server are still there")

func (h home) launchOnce(ctx context.Context, bin Binaries, opts Options) (*guard, error) {
	log, err := openLog(h.log())
	if err != nil {
		return nil, err
	}
	defer log.Close()
	said, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("open the server's log: %w", err)
	}
	// Not the caller's context: the server may outlive this process's use.
	cmd := h.command(context.Background(), bin, "postgres", h.arguments(opts)...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	// Watched from here on, should this process die while it waits.
	g, err := h.watchNew(cmd.Process.Pid)
	if err != nil {
		return nil, errors.Join(err, cmd.Process.Signal(syscall.SIGQUIT))
	}
	if err := h.ready(ctx, func() bool { return isClosed(ended) }); err != nil {
		return nil, errors.Join(h.explain(err, said), g.release())
	}
	return g, nil
}

// explain adds what the server said, from an offset in its log.
func (h home) explain(err error, offset int64) error {
	text, readErr := os.ReadFile(h.log())
	if readErr != nil || int64(len(text)) < offset {
		return err
	}
	said := strings.TrimSpace(string(text[offset:]))
	if strings.Contains(said, "still in use") {
		err = errors.Join(errOrphans, err)
	}
	if lines := strings.Split(said, "\n"); len(lines) > 12 {
		said = strings.Join(lines[len(lines)-12:], "\n")
	}
	return fmt.Errorf("%w; the end of %s:\n%s", err, h.log(), said)
}

func (h home) watchNew(server int) (*guard, error) {
	if err := os.Mkdir(h.users(server), 0o700); err != nil {
		return nil, fmt.Errorf("make the server's list of users: %w", err)
	}
	return h.watch(server)
}

// arguments are the settings that make the server private and durable; those of
// a throw-away one trade safety for speed.
func (h home) arguments(opts Options) []string {
	settings := []string{"listen_addresses=", "unix_socket_directories=" + h.socket, "port=5432",
		"timezone=UTC", "log_timezone=UTC", "logging_collector=off", "log_destination=stderr"}
	if h.throwaway {
		settings = append(settings, "fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off",
			"wal_level=minimal", "max_wal_senders=0", "max_wal_size=4GB", "max_connections=400")
	} else {
		settings = append(settings, "fsync=on", "synchronous_commit=on", "max_connections=200")
	}
	args := []string{"-D", h.data()}
	for _, setting := range append(settings, opts.Settings...) {
		args = append(args, "-c", setting)
	}
	return args
}

var errEnded = errors.New("PostgreSQL did not start")

func isClosed(ended <-chan struct{}) bool {
	select {
	case <-ended:
		return true
	default:
		return false
	}
}

// ready waits until the server answers, or has ended.
func (h home) ready(ctx context.Context, ended func() bool) error {
	for {
		conn, err := pgx.Connect(ctx, h.dsn("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		if ended() {
			return errEnded
		}
		if pause(ctx) != nil {
			return fmt.Errorf("PostgreSQL did not answer: %w", err)
		}
	}
}

// listening reports whether a server accepts connections on the socket.
func (h home) listening() bool {
	conn, err := net.DialTimeout("unix", h.socketFile(), time.Second)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// serverPid is the process in postmaster.pid, 0 when there is none.
func (h home) serverPid() int {
	text, err := os.ReadFile(filepath.Join(h.data(), "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, _ := strconv.Atoi(strings.TrimSpace(first))
	return pid
}

// noProcess is a process id that the kernel never gives out.
const noProcess = 1<<31 - 1

// clearStale deals with a dead server's lock files. The server does so itself
// except when its predecessor's process id seems alive: given to another
// process, which is usual in containers, or dead but not reaped.
func (h home) clearStale() error {
	pid := h.serverPid()
	if pid == 0 || !alive(pid) || h.isServer(pid) {
		return nil
	}
	path := filepath.Join(h.data(), "postmaster.pid")
	text, err := os.ReadFile(path)
	if err == nil {
		// Only the id is replaced: further down the file names the shared memory by
		// which a new server sees that orphans of the dead one are still writing.
		_, rest, _ := strings.Cut(string(text), "\n")
		err = os.WriteFile(path, fmt.Appendf(nil, "%d\n%s", noProcess, rest), 0o600)
	}
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("clear a dead server's pid file: %w", err)
	}
	if err := os.Remove(h.socketFile() + ".lock"); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("clear a dead server's socket: %w", err)
	}
	return nil
}

func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// isServer reports whether a process is this cluster's server: its command line
// names the data directory. A dead one that nobody has reaped has none.
func (h home) isServer(pid int) bool {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		line, err = exec.Command("ps", "-ww", "-p", strconv.Itoa(pid), "-o", "command=").Output()
	}
	return err == nil && bytes.Contains(line, []byte(h.data()))
}

// runs reports whether a process is this cluster's living server.
func (h home) runs(pid int) bool { return pid != 0 && alive(pid) && h.isServer(pid) }

// stop ends a server that nobody uses and waits until it has gone.
func (h home) stop(ctx context.Context) error {
	pid := h.serverPid()
	if !h.runs(pid) {
		return nil
	}
	if err := syscall.Kill(pid, syscall.SIGINT); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stop an unused server: %w", err)
	}
	for h.runs(pid) {
		if err := pause(ctx); err != nil {
			return fmt.Errorf("stop an unused server: %w", err)
		}
	}
	return nil
}

// openLog appends to the server's log, which starts again when it is large.
func openLog(path string) (*os.File, error) {
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if info, err := os.Stat(path); err == nil && info.Size() > 8<<20 {
		flags |= os.O_TRUNC
	}
	file, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the server's log: %w", err)
	}
	return file, nil
}
