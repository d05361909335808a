package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"hearth/internal/app"
	"hearth/internal/config"
	"hearth/internal/money"
	"hearth/internal/reconcile"
)

// errBooks ends the command when something is unexplained: what it is has been
// printed.
var errBooks = errors.New("the books and Stripe do not agree")

// reconcileOnce sweeps, works the inbox off and holds the books against Stripe.
// It is an error when anything is left over, so that a cron job tells.
func reconcileOnce(ctx context.Context, c config.Config, args []string) error {
	flags := flag.NewFlagSet("reconcile", flag.ContinueOnError)
	asJSON := flags.Bool("json", false, "print JSON")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := errors.Join(needDatabase(c), c.Check()); err != nil {
		return err
	}
	a, err := app.New(ctx, c, nil, logger(c))
	if err != nil {
		return err
	}
	defer a.Close()
	return reconcileAll(ctx, a.Reconcile, os.Stdout, *asJSON)
}

func reconcileAll(ctx context.Context, s *reconcile.Service, out io.Writer, asJSON bool) error {
	run, swept := s.SweepAll(ctx)
	report, compared := s.Books(ctx)
	write := printBooks
	if asJSON {
		write = printBooksJSON
	}
	err := errors.Join(swept, compared, write(out, run, report))
	if err == nil && !report.Agrees() {
		err = errBooks
	}
	return err
}

func printBooks(out io.Writer, run reconcile.Run, report reconcile.Report) error {
	fmt.Fprintf(out, "%d looked up, %d sent again or ended; the books of %d accounts were read\n\n", run.LookedUp, run.Resumed, report.Accounts)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "account\tcurrency\tours\tStripe's\tdifference\t\n")
	for _, b := range report.Balances {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t\n", whose(b.Account), b.Currency, money.New(b.Ours, b.Currency).Format(), money.New(b.Theirs, b.Currency).Format(), b.Difference().Format())
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if report.Agrees() {
		fmt.Fprint(out, "\nNothing is left over.\n")
		return nil
	}
	for _, d := range report.Open {
		fmt.Fprintf(out, "\n%s, %s, %s: Stripe has %s more\n  %s\n  %s, first seen %s\n", d.What, whose(d.Account), d.Currency, d.Money().Format(), d.Cause, d.Reference, d.FirstSeen.Format(time.RFC3339))
	}
	return nil
}

func whose(account string) string {
	if account == "" {
		return "ours"
	}
	return account
}

// The JSON is the same, in minor units.
type (
	booksJSON struct {
		LookedUp   int             `json:"looked_up"`
		Resumed    int             `json:"resumed"`
		Accounts   int             `json:"accounts"`
		Agrees     bool            `json:"agrees"`
		Balances   []balanceJSON   `json:"balances"`
		Remainders []remainderJSON `json:"remainders"`
	}
	balanceJSON struct {
		Account    string         `json:"account"` // "" is ours
		Currency   money.Currency `json:"currency"`
		Ours       int64          `json:"ours"`
		Theirs     int64          `json:"theirs"`
		Difference int64          `json:"difference"`
	}
	remainderJSON struct {
		Account   string         `json:"account"`
		Currency  money.Currency `json:"currency"`
		Reference string         `json:"reference"`
		Ours      int64          `json:"ours"`
		Theirs    int64          `json:"theirs"`
		Object    string         `json:"object"`
		Cause     string         `json:"cause"`
		FirstSeen time.Time      `json:"first_seen"`
	}
)

func printBooksJSON(out io.Writer, run reconcile.Run, report reconcile.Report) error {
	all := booksJSON{LookedUp: run.LookedUp, Resumed: run.Resumed, Accounts: report.Accounts, Agrees: report.Agrees(),
		Balances: []balanceJSON{}, Remainders: []remainderJSON{}}
	for _, b := range report.Balances {
		all.Balances = append(all.Balances, balanceJSON{b.Account, b.Currency, b.Ours, b.Theirs, b.Theirs - b.Ours})
	}
	for _, d := range report.Open {
		all.Remainders = append(all.Remainders, remainderJSON{d.Account, d.Currency, d.Reference, d.Ours, d.Theirs, d.ObjectID, d.Cause, d.FirstSeen})
	}
	return json.NewEncoder(out).Encode(all)
}
