// Command hearth is the whole marketplace: the site, its jobs, and the tools of
// the people who run it.
//
//	hearth serve           run in production, with DATABASE_URL and Stripe's keys
//	hearth dev             run everything at once on this machine, with demo data;
//	                       with Stripe's sandbox stand-in unless STRIPE_SECRET_KEY is set
//	hearth migrate         bring the database's schema up to date, and end
//	hearth admin EMAIL     make the person with this address an admin
//	hearth reconcile       ask Stripe about everything, and hold the books against it;
//	                       an error when anything is left over; --json
//	hearth audit [--json]  look at everything that may never be; ends with 1 when something is so
//	hearth doctor [--json] look the installation over, with a mend for what is not well
//	hearth roles           print the script of the database's roles, for psql
//	hearth events          list the event types to subscribe both webhook endpoints to
//	hearth health          ask a running server how it is; for container health checks
//
// Settings come from the environment; README.md lists them.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	_ "time/tzdata" // homes keep their own time, whatever the machine knows

	"hearth/internal/app"
	"hearth/internal/config"
	"hearth/internal/postgres"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:])
	var v verdict
	if errors.As(err, &v) {
		os.Exit(int(v))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "hearth:", strings.ReplaceAll(err.Error(), "\n", "\n        "))
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	c, err := config.Read(environment())
	if err != nil {
		return err
	}
	command := "help"
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	switch command {
	case "serve":
		return serve(ctx, c)
	case "dev":
		return dev(ctx, c)
	case "migrate":
		return migrate(ctx, c)
	case "admin":
		return grantAdmin(ctx, c, args)
	case "reconcile":
		return reconcileOnce(ctx, c, args)
	case "events":
		for _, name := range slices.Sorted(keys(app.Types())) {
			fmt.Println(name)
		}
		return nil
	case "audit":
		return auditOnce(ctx, c, args, os.Stdout)
	case "doctor":
		return examine(ctx, c, args, os.Stdout)
	case "roles":
		fmt.Print(postgres.Roles)
		return nil
	case "health":
		return health(ctx, c)
	case "help", "-h", "--help":
		fmt.Print(usage)
		return nil
	}
	return errors.New("there is no command " + command + "; see hearth help")
}

const usage = `hearth COMMAND

  serve         run in production, with DATABASE_URL and Stripe's keys
  dev           run everything on this machine, with demo data and Stripe's sandbox stand-in
                (with your own sk_test_ key in STRIPE_SECRET_KEY it talks to Stripe)
  migrate       bring the database's schema up to date
  admin EMAIL   make the person with this address an admin
  reconcile     ask Stripe about everything, and hold the books against it (--json); an error
                when anything is left over
  audit [--json]
                look at everything that may never be: ends with 0 when nothing is so, with 1
                when something is, with 2 when it could not look
  doctor [--json]
                look over keys, webhook endpoints, clocks, database, roles, mail, disk and jobs:
                each with what to do about it; ends with 1 when something is bad
  roles         print the script of the database's roles, for psql
  events        list the event types for the two webhook endpoints
  health        ask the running server how it is

Settings come from the environment; README.md lists them.
`

func environment() map[string]string {
	all := map[string]string{}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		all[name] = value
	}
	return all
}

func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
