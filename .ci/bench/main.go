// Command bench measures what Hearth must be quick at, each beside the limit
// that it is measured by, in the same minute on the same machine:
//
//	go run ./.ci/bench [-json] [-slice 800ms] [-rounds 5] [-dir DIR]
//
// It starts a private, durable PostgreSQL (fsync and synchronous_commit on) in
// a temporary directory and a server process of its own, loads the demo homes,
// measures, and removes everything. In every round all variants of a suite run
// for one slice each, in an order that is drawn anew, so that a ratio compares
// slices of the same seconds. The answers are checked after every slice: an
// acknowledged event that is not in the table, a night with two winners or an
// overlap ends the run with an error.
//
// docs/benchmarks.md says what each line means.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// wholeRun is how long everything may take; a round that would end later is
// left out, and the report says how many there were.
const wholeRun = 58 * time.Second

// warmUp is how long each variant runs before anything counts.
const warmUp = 100 * time.Millisecond

type options struct {
	json   bool
	slice  time.Duration
	rounds int
	dir    string
}

func main() {
	if address := os.Getenv(serveEnv); address != "" {
		exit(serve(context.Background(), address))
	}
	var o options
	flag.BoolVar(&o.json, "json", false, "print every number as JSON")
	flag.DurationVar(&o.slice, "slice", 800*time.Millisecond, "how long a variant runs in a round")
	flag.IntVar(&o.rounds, "rounds", 5, "how often every variant runs")
	flag.StringVar(&o.dir, "dir", temporary(), "a directory on the disk to measure; it stays as it was")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	exit(err)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// temporary is the system's directory for files that survive a restart: unlike
// the other one it is never memory, where durability would cost nothing.
func temporary() string {
	if info, err := os.Stat("/var/tmp"); err == nil && info.IsDir() && os.Getenv("TMPDIR") == "" {
		return "/var/tmp"
	}
	return os.TempDir()
}

func run(ctx context.Context, o options) (err error) {
	began := time.Now()
	fmt.Fprintln(os.Stderr, "Setting up a private, durable PostgreSQL with the demo homes …")
	w, err := open(ctx, o.dir)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, w.close()) }()
	nights, err := w.stays(ctx)
	if err != nil {
		return err
	}
	pages, err := w.pages()
	if err != nil {
		return err
	}
	suites := []suite{w.ingest(), nights, pages}
	if err := warm(ctx, w, suites); err != nil {
		return err
	}
	rounds := 0
	var longest time.Duration
	for rounds < o.rounds && (rounds == 0 || time.Since(began)+longest < wholeRun) {
		fmt.Fprintf(os.Stderr, "\rRound %d of %d …", rounds+1, o.rounds)
		at := time.Now()
		if err := round(ctx, w, suites, o.slice); err != nil {
			return err
		}
		rounds, longest = rounds+1, max(longest, time.Since(at))
	}
	fmt.Fprint(os.Stderr, "\r                \r")
	r := newReport(w, suites, o.slice, rounds, time.Since(began))
	if o.json {
		return r.writeJSON(os.Stdout)
	}
	return r.write(os.Stdout)
}

// warm fills caches and pools, and finds what does not work at all.
func warm(ctx context.Context, w *world, suites []suite) error {
	for _, s := range suites {
		for _, v := range s.variants {
			if _, err := v.measure(ctx, w.processes, warmUp); err != nil {
				return fmt.Errorf("%s: %w", v.name, err)
			}
		}
	}
	_, err := w.db.Exec(ctx, `CHECKPOINT`)
	return err
}

func round(ctx context.Context, w *world, suites []suite, slice time.Duration) error {
	for _, s := range suites {
		order := slices.Clone(s.variants)
		rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, v := range order {
			m, err := v.measure(ctx, w.processes, slice)
			if err != nil {
				return fmt.Errorf("%s: %w", v.name, err)
			}
			v.slices = append(v.slices, m)
		}
	}
	return nil
}

// scratch makes the directory of a run, which the database's own user can
// pass through: started by root, the server runs as another user.
func scratch(dir string) (string, error) {
	path, err := os.MkdirTemp(dir, "hearth-bench-")
	if err != nil {
		return "", err
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", err
	}
	return path, os.Chmod(path, 0o711)
}
