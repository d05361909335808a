package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

// How users are counted. Each server has a directory, named after its process
// id, with a file for each user. Leaving removes the file and then tries rmdir,
// which the kernel lets succeed only for the last to leave: that one stops the
// server. So an absent directory beside a running server means that it is being
// stopped, and a file made in a present one means that it will not be. A file's
// flock is held by the process and its watcher; once both are gone, killed
// together, the next starter gets the lock and removes the file.

// watcher runs in a session of its own with the process's pipe as its standard
// input: cat ends when the process does. Its arguments are the user's file, the
// directory of users, the server's process id and pid file, and, for a
// throw-away cluster, what to remove. A killed server that nobody reaps, as in a
// container without an init, is a zombie for ever and not waited for.
const watcher = `trap '' HUP INT TERM
cat >/dev/null
rm -f "$1"
rmdir "$2" 2>/dev/null || exit 0
kill -INT "$3" 2>/dev/null
while [ -e "$4" ] && kill -0 "$3" 2>/dev/null; do
	{ read -r state </proc/"$3"/stat; } 2>/dev/null && case $state in *') Z '*) break ;; esac
	sleep 0.02
done
shift 4
[ $# = 0 ] || rm -rf "$@"`

// users is the directory of those who use the server with this process id.
func (h home) users(server int) string {
	return filepath.Join(h.dir, fmt.Sprintf("users%d-%d", h.major, server))
}

// guard is this process's place among the users of a server.
type guard struct {
	once  sync.Once
	pipe  int
	entry *os.File
	shell *exec.Cmd
	err   error
}

// release leaves, and waits for what the watcher does about it.
func (g *guard) release() error {
	g.once.Do(func() {
		g.err = errors.Join(syscall.Close(g.pipe), g.shell.Wait(), g.entry.Close())
	})
	return g.err
}

// join uses the running server if there is one, and returns nil if there is
// none. The caller holds the lock.
func (h home) join(ctx context.Context) (*guard, error) {
	if err := h.dropDeadUsers(); err != nil {
		return nil, fmt.Errorf("look who uses the server: %w", err)
	}
	if !h.listening() {
		return nil, h.stop(ctx)
	}
	server := h.serverPid()
	g, err := h.watch(server)
	if errors.Is(err, fs.ErrNotExist) { // the last user has left: it is being stopped
		return nil, h.stop(ctx)
	}
	if err != nil {
		return nil, err
	}
	err = h.ready(ctx, func() bool { return !h.runs(server) })
	if err != nil {
		err = errors.Join(err, g.release())
	}
	if errors.Is(err, errEnded) { // killed while it was joined: a socket outlives its server for a moment
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return g, nil
}

// dropDeadUsers removes the entries whose process and watcher were both killed.
func (h home) dropDeadUsers() error {
	entries, err := filepath.Glob(filepath.Join(h.dir, "users*", "*"))
	if err != nil {
		return err
	}
	for _, path := range entries {
		file, err := os.Open(path)
		if err != nil {
			continue // it has just left
		}
		if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			os.Remove(path)
		}
		file.Close()
	}
	lists, err := filepath.Glob(filepath.Join(h.dir, "users*"))
	for _, list := range lists {
		os.Remove(list) // which succeeds only when it is empty
	}
	return err
}

// watch enters this process among the users of a server and starts its watcher.
// It is fs.ErrNotExist when the server's last user has left.
func (h home) watch(server int) (*guard, error) {
	entry, err := os.CreateTemp(h.users(server), "user-")
	if err != nil {
		return nil, fmt.Errorf("join the server's users: %w", err)
	}
	if err := syscall.Flock(int(entry.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("join the server's users: %w", err), entry.Close())
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, entry.Close())
	}
	defer read.Close()
	args := []string{"-c", watcher, "hearth-database-watcher", entry.Name(), h.users(server),
		strconv.Itoa(server), filepath.Join(h.data(), "postmaster.pid")}
	if h.throwaway {
		args = append(args, h.dir, h.socket)
	}
	shell := exec.Command("/bin/sh", args...)
	shell.Dir = "/"
	shell.Stdin = read
	shell.ExtraFiles = []*os.File{entry} // shares the flock
	shell.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := shell.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("watch over the server: %w", err), write.Close(), entry.Close())
	}
	pipe, err := forgettable(write)
	return &guard{pipe: pipe, entry: entry, shell: shell}, err
}

// forgettable takes a file out of the garbage collector's hands: a caller who
// forgets its Cluster keeps the server until the process ends.
func forgettable(file *os.File) (fd int, err error) {
	defer file.Close()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if fd, err = syscall.Dup(int(file.Fd())); err != nil {
		return 0, fmt.Errorf("keep the watcher's pipe: %w", err)
	}
	syscall.CloseOnExec(fd)
	return fd, nil
}
