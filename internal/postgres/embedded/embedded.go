// Package embedded starts Hearth's default database: a real, private
// PostgreSQL cluster made from the server programs that this machine already
// has. Nothing is emulated and nothing is shared with other software.
//
// A cluster lives in a data directory, one folder per major version, and
// listens on a Unix socket only, in a directory nobody else can enter. It is
// durable: fsync and synchronous_commit stay on, so a commit that was
// acknowledged survives kill -9 of the app and of the server alike.
//
// The server outlives no one and abandons no one. Every process that uses a
// cluster has a small shell beside it that holds the reading end of a pipe.
// However the process ends (return, panic, kill -9), the pipe closes, the
// shell takes the process off the list of users, and the last one to go stops
// the server. A second process that calls Start while the first runs joins the
// same server.
//
// PostgreSQL refuses to run as root. Started by root, the server runs as the
// user postgres or, where there is none, nobody, in a directory that user can
// reach: see [Cluster.Dir].
//
// The package works on Linux and macOS.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
)

// Superuser is the role that owns the cluster; only processes that can enter
// the socket directory can use it, and they need no password.
const Superuser = "hearth"

// startLimit is how long a server may take to answer. Crash recovery after
// kill -9 takes seconds, not minutes.
const startLimit = time.Minute

// Options say where the cluster lives and what it is for.
type Options struct {
	// DataDir holds one folder per major version. It is created. Started by
	// root, a directory that the server's user cannot reach is replaced by one
	// under /var/lib/hearth, named after it.
	DataDir string
	// BinDir holds initdb and postgres. When empty, HEARTH_PG_BIN and then the
	// usual places are searched: see [Find].
	BinDir string
	// Settings are further server settings, "name=value".
	Settings []string
	// Throwaway makes a cluster for tests: it forgets everything at a power
	// cut, and DataDir is removed when the last user has gone.
	Throwaway bool
}

// Cluster is one process's use of a running server.
type Cluster struct {
	home  home
	bin   Binaries
	guard *guard
}

// Start makes the cluster if there is none, starts its server or joins the one
// that runs, and returns when it answers. Until Close, or the end of this
// process, the server stays.
func Start(ctx context.Context, opts Options) (*Cluster, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	place, err := newHome(opts)
	if err != nil {
		return nil, err
	}
	unlock, err := place.lock(ctx)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", place.dir, err)
	}
	defer unlock()

	bin, err := chooseBinaries(opts.BinDir, place.dir)
	if err != nil {
		return nil, err
	}
	place.major = bin.Major
	if err := place.initialise(ctx, bin); err != nil {
		return nil, err
	}
	joined, err := place.join(ctx)
	if err != nil {
		return nil, err
	}
	c := &Cluster{home: place, bin: bin, guard: joined}
	if joined != nil {
		return c, nil
	}
	if c.guard, err = place.launch(ctx, bin, opts); err != nil {
		return nil, err
	}
	return c, nil
}

// Close ends this process's use. It returns when the server has stopped, or at
// once when others still use it.
func (c *Cluster) Close() error { return c.guard.release() }

// Remove deletes a cluster with all its data. One that is in use stays, and is
// an error.
func Remove(ctx context.Context, dataDir string) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	h, err := newHome(Options{DataDir: dataDir})
	if err != nil {
		return err
	}
	unlock, err := h.lock(ctx)
	if err != nil {
		return fmt.Errorf("lock %s: %w", h.dir, err)
	}
	defer unlock()
	if err := h.dropDeadUsers(); err != nil {
		return fmt.Errorf("look who uses the server: %w", err)
	}
	if lists, _ := filepath.Glob(filepath.Join(h.dir, "users*")); len(lists) > 0 {
		return fmt.Errorf("the database in %s is in use: stop Hearth first", h.dir)
	}
	for _, h.major = range majors(h.dir) {
		if err := h.stop(ctx); err != nil {
			return err
		}
	}
	return errors.Join(os.RemoveAll(h.dir), os.RemoveAll(h.socket))
}

// Dir is the directory that really holds the data.
func (c *Cluster) Dir() string { return c.home.data() }

// Version is the server's major version.
func (c *Cluster) Version() int { return c.bin.Major }

// Program is the path of a client program of the server's version, like psql,
// or its bare name where the server came without.
func (c *Cluster) Program(name string) string {
	path := filepath.Join(c.bin.Dir, name)
	if _, err := os.Stat(path); err != nil {
		return name
	}
	return path
}

// DSN is the address of one of the cluster's databases, for pgx and for psql.
func (c *Cluster) DSN(database string) string { return c.home.dsn(database) }

func (h home) dsn(database string) string {
	q := url.Values{"host": {h.socket}, "user": {Superuser}}
	return "postgres:///" + url.PathEscape(database) + "?" + q.Encode()
}

// CreateDatabase makes a database unless it is there.
func (c *Cluster) CreateDatabase(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, c.DSN("postgres"))
	if err != nil {
		return fmt.Errorf("reach the embedded server: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	// The lock lets two processes that start together both succeed.
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(hashtext('hearth create database'))`); err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	var exists bool
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&exists)
	if err == nil && !exists {
		_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	}
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}
