// Command database looks after the development database: the one that
// DATABASE_URL names, or else the embedded one in the data directory.
//
//	go run ./.ci/database psql [arguments of psql]
//	go run ./.ci/database reset
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"hearth/internal/postgres/embedded"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	switch {
	case len(args) > 0 && args[0] == "psql":
		return psql(ctx, args[1:])
	case len(args) == 1 && args[0] == "reset":
		return reset(ctx)
	}
	return errors.New("usage: database psql | reset")
}

// dataDir is where "hearth dev" keeps everything.
func dataDir() string {
	if dir := os.Getenv("HEARTH_DATA_DIR"); dir != "" {
		return dir
	}
	return ".data"
}

func clusterDir() string { return filepath.Join(dataDir(), "postgres") }

func psql(ctx context.Context, args []string) error {
	dsn, client := os.Getenv("DATABASE_URL"), "psql"
	if dsn == "" {
		cluster, err := embedded.Start(ctx, embedded.Options{DataDir: clusterDir()})
		if err != nil {
			return err
		}
		defer cluster.Close()
		if err := cluster.CreateDatabase(ctx, "hearth"); err != nil {
			return err
		}
		dsn = cluster.DSN("hearth")
		client = cluster.Program("psql")
	}
	path, err := exec.LookPath(client)
	if err != nil {
		return fmt.Errorf("psql is not installed (npm's PostgreSQL comes without). The database is\n%s", dsn)
	}
	cmd := exec.Command(path, append([]string{dsn}, args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd.Run()
}

// reset deletes the database, and with it the sandbox's memory of the accounts
// and payments in it.
func reset(ctx context.Context) error {
	if os.Getenv("DATABASE_URL") != "" {
		return errors.New("DATABASE_URL is set: Hearth does not delete a database that it did not make")
	}
	if err := embedded.Remove(ctx, clusterDir()); err != nil {
		return err
	}
	for _, name := range []string{"sandbox.db", "outbox"} {
		if err := os.RemoveAll(filepath.Join(dataDir(), name)); err != nil {
			return err
		}
	}
	fmt.Println("The development database is gone; \"make run\" makes a new one with demo data.")
	return nil
}
