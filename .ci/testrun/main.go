// Command testrun is "make test": it vets while .ci/setup gets what is missing,
// starts one throw-away PostgreSQL cluster for all packages, runs every test,
// shows what failed in full and what was skipped and why, and closes with the
// line "N passed, N failed".
//
//	bin/testrun [go test flags] [packages]
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"hearth/internal/postgres/embedded"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		if !errors.Is(err, errFailed) {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
}

var errFailed = errors.New("tests failed")

func run(ctx context.Context, args []string) error {
	start := time.Now()
	flags, packages := split(args)
	env := environment(slices.Contains(flags, "-race"))
	// What is missing is fetched while vet compiles: the one waits for the network,
	// the other for the processor.
	fetched := make(chan error, 1)
	go func() { fetched <- setup(ctx) }()
	results := newReport(os.Stdout)
	results.vet(vet(ctx, env, packages))
	if err := <-fetched; err != nil {
		return err
	}
	env, stop, err := cluster(ctx, env)
	if err != nil {
		return err
	}
	defer stop()

	// All has been vetted; and nobody debugs these programs: without what a debugger
	// wants, each is linked in half the time.
	command := append([]string{"test", "-json", "-count=1", "-vet=off", "-ldflags=-s -w"}, flags...)
	test := goCommand(ctx, env, append(command, packages...)...)
	test.Stderr = os.Stderr
	out, err := test.StdoutPipe()
	if err != nil {
		return err
	}
	if err := test.Start(); err != nil {
		return fmt.Errorf("run go test: %w", err)
	}
	readErr := results.read(out)
	waitErr := test.Wait()
	if ctx.Err() != nil {
		results.failed++
		fmt.Println("interrupted")
	}
	// go test itself fails without a word when a package did: that is counted.
	if waitErr != nil && results.failed == 0 {
		results.failed++
		fmt.Printf("go test: %v\n", waitErr)
	}
	results.close(time.Since(start))
	if readErr != nil || results.failed > 0 {
		return errors.Join(errFailed, readErr)
	}
	return nil
}

// split tells go test's flags from packages; without packages it is all, and
// these tools, which the pattern leaves out.
func split(args []string) (flags, packages []string) {
	for _, arg := range args {
		if strings.HasPrefix(arg, "-") {
			flags = append(flags, arg)
		} else {
			packages = append(packages, arg)
		}
	}
	if packages == nil {
		packages = []string{"./...", "./.ci/testrun", "./.ci/bench", "./.ci/storm"}
	}
	return flags, packages
}

// environment is that of the compiler and of the tests. Both have little to
// remember and much to forget, so that garbage is collected less often than
// usual, unless whoever runs this has said how often.
func environment(race bool) []string {
	cgo := "CGO_ENABLED=0"
	if race {
		cgo = "CGO_ENABLED=1"
	}
	env := append([]string{"GOGC=400", "GOMEMLIMIT=1GiB"}, os.Environ()...)
	return append(env, cgo)
}

// setup gets what the tests need beside Go.
func setup(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, ".ci/setup")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("get what the tests need: %w", err)
	}
	return nil
}

// cluster adds to the environment the cluster that all packages share.
func cluster(ctx context.Context, env []string) (with []string, stop func(), err error) {
	if os.Getenv("HEARTH_TEST_PG") != "" {
		return env, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "hearth-test-")
	if err != nil {
		return nil, nil, err
	}
	own, err := embedded.Start(ctx, embedded.Options{DataDir: filepath.Join(dir, "pg"), Throwaway: true})
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	stop = func() {
		own.Close()
		os.RemoveAll(dir)
	}
	return append(env, "HEARTH_TEST_PG="+own.DSN("postgres")), stop, nil
}

// goCommand is interrupted, not killed, so that the tests can end in order.
func goCommand(ctx context.Context, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = env
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// vet returns what go vet found; nothing is good.
func vet(ctx context.Context, env, packages []string) string {
	var out bytes.Buffer
	cmd := goCommand(ctx, env, append([]string{"vet"}, packages...)...)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Sprintf("%s%v\n", out.String(), err)
	}
	return ""
}
