// Command storm is "make storm": it lets Hearth live through what may happen to
// it, and then looks whether a cent or a night is missing.
//
//	go run ./.ci/storm [-seed N] [-bookings 1000] [-kills 200] [-currencies usd,jpy,kwd] [-keep]
//
// In each currency it starts a throw-away PostgreSQL, the Stripe sandbox and
// two real "hearth serve" beside each other. People book, pay, are declined,
// give up, click twice, cancel, are refunded, dispute and are paid out, over
// HTTP as people do. Meanwhile 30 % of all calls to Stripe go wrong, webhooks
// are lost, doubled and shuffled, and the processes die by kill -9: before a
// call to Stripe has its effect, after it, after its answer, before a COMMIT
// reaches the database, after it, and at any moment. Dead ones start again at
// once.
//
// Then the faults end, "hearth reconcile" runs, and within 60 seconds
// everything has to be as Stripe says: see judge.go for what is asked.
//
// The seed chooses what people do, which calls fail and how; the machine's own
// timing is not repeated. Everything is on loopback, and only processes that
// were started here are ended.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

type options struct {
	seed       int64
	bookings   int // over all currencies
	kills      int
	currencies []string
	visitors   int // who act at the same time
	keep       bool
	binary     string // hearth; built when empty
	out        func(format string, args ...any)
	then       func(context.Context, *world) error // after a clean judgement; nil: nothing
}

// wholeRun is how long one world may take: then it has not come to its end.
const wholeRun = 30 * time.Minute

func main() {
	var o options
	var currencies string
	flag.Int64Var(&o.seed, "seed", time.Now().Unix()%100_000, "what people do, and which calls fail")
	flag.IntVar(&o.bookings, "bookings", 1000, "how many, over all currencies")
	flag.IntVar(&o.kills, "kills", 200, "how many processes die, over all currencies")
	flag.StringVar(&currencies, "currencies", "usd,jpy,kwd", "with 2, 0 and 3 decimals")
	flag.IntVar(&o.visitors, "visitors", 8, "how many people act at the same time")
	flag.StringVar(&o.binary, "hearth", "", "the program; built when there is none")
	flag.BoolVar(&o.keep, "keep", false, "keep the logs of a run that went well, too")
	flag.Parse()
	o.currencies = strings.Split(currencies, ",")
	o.out = func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := storm(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "storm:", err)
		os.Exit(1)
	}
}

// storm lives through one world after the other.
func storm(ctx context.Context, o options) (err error) {
	dir, err := scratch()
	if err != nil {
		return err
	}
	defer func() {
		if err == nil && !o.keep {
			err = os.RemoveAll(dir)
			return
		}
		o.out("The logs are in %s. The same storm again: make storm SEED=%d BOOKINGS=%d KILLS=%d", dir, o.seed, o.bookings, o.kills)
	}()
	if o.binary == "" {
		o.binary = filepath.Join(dir, "hearth")
		if err := build(ctx, o.binary); err != nil {
			return err
		}
	}
	o.out("Seed %d: %d bookings, %d kills, in %s.", o.seed, o.bookings, o.kills, strings.Join(o.currencies, ", "))
	began := time.Now()
	var all tally
	for i, currency := range o.currencies {
		mine := o
		mine.bookings, mine.kills = part(o.bookings, i, len(o.currencies)), part(o.kills, i, len(o.currencies))
		t, err := weather(ctx, mine, currency, filepath.Join(dir, currency), all)
		all.add(t)
		if err != nil {
			return fmt.Errorf("%s: %w", currency, err)
		}
	}
	o.out("%s\nAll of it in %.0f s.", all, time.Since(began).Seconds())
	return nil
}

// part shares a number out so that the parts sum to it.
func part(n, i, parts int) int { return n*(i+1)/parts - n*i/parts }

// weather is one world from beginning to end; the tally is of those before it.
func weather(ctx context.Context, o options, currency, dir string, before tally) (t tally, err error) {
	ctx, cancel := context.WithTimeout(ctx, wholeRun)
	defer cancel()
	w, err := open(ctx, o, currency, dir, before)
	defer func() { err = errors.Join(err, w.close()) }()
	if err != nil {
		return t, fmt.Errorf("set up: %w", err)
	}
	if err = w.live(ctx); err == nil {
		err = w.judge(ctx)
	}
	if err == nil && o.then != nil {
		err = o.then(ctx, w)
	}
	return w.tally(), err
}

func build(ctx context.Context, binary string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-ldflags=-s -w", "-o", binary, "hearth/cmd/hearth")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build hearth: %w\n%s", err, out)
	}
	return nil
}

// scratch is the directory of a run, which the database's own user can pass
// through: started by root, the server runs as another user.
func scratch() (string, error) {
	dir, err := os.MkdirTemp("", "hearth-storm-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o711)
}
