package embedded

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// home is where one cluster lives on this machine.
//
//	dir/lock           held while a process starts or joins the server
//	dir/pg17/          the data of one major version
//	dir/pg17.log       what the server says
//	dir/users17-4711/  a locked file per process that uses server 4711
//	socket/            .s.PGSQL.5432
type home struct {
	dir       string
	socket    string
	major     int
	throwaway bool
	owner     *syscall.Credential // whom the server runs as; nil for ourselves
}

func (h home) data() string { return filepath.Join(h.dir, fmt.Sprintf("pg%d", h.major)) }
func (h home) log() string  { return h.data() + ".log" }
func (h home) socketFile() string {
	return filepath.Join(h.socket, ".s.PGSQL.5432")
}

// newHome settles the directories and makes them.
func newHome(opts Options) (home, error) {
	if opts.DataDir == "" {
		return home{}, errors.New("the embedded database needs a data directory")
	}
	dir, err := filepath.Abs(opts.DataDir)
	if err != nil {
		return home{}, err
	}
	h := home{dir: dir, throwaway: opts.Throwaway}
	if os.Getuid() == 0 {
		if h.owner, err = unprivileged(); err != nil {
			return home{}, err
		}
		if !reachable(dir, h.owner) {
			h.dir = filepath.Join("/var/lib/hearth", filepath.Base(dir)+"-"+digest(dir))
		}
	}
	h.socket = socketDir(h.dir, h.owner)
	// #nosec G301 -- the server's user passes through; the cluster's own folders are private
	if err := os.MkdirAll(filepath.Dir(h.dir), 0o755); err != nil {
		return home{}, fmt.Errorf("make the data directory: %w", err)
	}
	for _, path := range []string{h.dir, h.socket} {
		if err := h.private(path); err != nil {
			return home{}, fmt.Errorf("make the data directory: %w", err)
		}
	}
	return h, nil
}

// private makes a directory that the server's user alone (and root) can enter.
// One that somebody else made is refused: the socket may lie in a folder that
// all users of the machine can write to.
func (h home) private(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil && !os.IsExist(err) {
		return err
	}
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a directory", path)
	}
	uid := int(info.Sys().(*syscall.Stat_t).Uid)
	if uid != os.Getuid() && uid != h.uid() {
		return fmt.Errorf("%s belongs to another user (uid %d)", path, uid)
	}
	if h.owner != nil {
		if err := os.Chown(path, int(h.owner.Uid), int(h.owner.Gid)); err != nil {
			return err
		}
	}
	return os.Chmod(path, 0o700) // #nosec G302 -- a directory
}

func (h home) uid() int {
	if h.owner != nil {
		return int(h.owner.Uid)
	}
	return os.Getuid()
}

// unprivileged is the user that a server started by root runs as.
func unprivileged() (*syscall.Credential, error) {
	for _, name := range []string{"postgres", "_postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseInt(u.Uid, 10, 64)
		gid, err2 := strconv.ParseInt(u.Gid, 10, 64)
		if err1 == nil && err2 == nil && uid > 0 {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as: " +
		"start Hearth as an ordinary user, or set DATABASE_URL")
}

// reachable reports whether the user may enter every directory above path that
// exists already.
func reachable(path string, who *syscall.Credential) bool {
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil && !enters(info, who) {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

func enters(dir os.FileInfo, who *syscall.Credential) bool {
	owned := dir.Sys().(*syscall.Stat_t)
	switch {
	case owned.Uid == who.Uid:
		return dir.Mode()&0o100 != 0
	case owned.Gid == who.Gid:
		return dir.Mode()&0o010 != 0
	}
	return dir.Mode()&0o001 != 0
}

// longestSocket is what every platform takes as a socket's path, less a margin.
const longestSocket = 95

// socketDir is inside the data directory where that is short enough.
func socketDir(dir string, owner *syscall.Credential) string {
	inside := filepath.Join(dir, "run")
	if len(filepath.Join(inside, ".s.PGSQL.5432")) <= longestSocket {
		return inside
	}
	name := "hearth-" + digest(dir)
	if run := os.Getenv("XDG_RUNTIME_DIR"); run != "" && owner == nil {
		if info, err := os.Stat(run); err == nil && info.IsDir() && len(run) < 60 {
			return filepath.Join(run, name)
		}
	}
	if temp := os.TempDir(); len(temp) < 60 && (owner == nil || reachable(filepath.Join(temp, name), owner)) {
		return filepath.Join(temp, name)
	}
	return filepath.Join("/tmp", name)
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:4])
}

// lock makes starters of one cluster wait for each other. The kernel lets go of
// it when the process dies.
func (h home) lock(ctx context.Context) (unlock func(), err error) {
	file, err := os.OpenFile(filepath.Join(h.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { file.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			file.Close()
			return nil, err
		}
		if err := pause(ctx); err != nil {
			file.Close()
			return nil, err
		}
	}
}

// pause waits a moment between two looks at something outside this process.
func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(10 * time.Millisecond):
		return nil
	}
}
