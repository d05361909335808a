// Command stripe-sandbox runs a Stripe stand-in on loopback: the API, its hosted
// pages and signed webhooks. No real money can move.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"hearth/internal/stripesandbox"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "stripe-sandbox:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("stripe-sandbox", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:12111", "address to listen on; keep it on loopback, the controls have no log-in")
	data := flags.String("data", "", "file that keeps the sandbox's world; empty keeps it in memory")
	name := flags.String("name", "", "the platform's name on the pages; Sandbox business unless said")
	hook := flags.String("webhook", "", "URL that hears the platform's events")
	connectHook := flags.String("connect-webhook", "", "URL that hears the connected accounts' events")
	share := flags.Float64("fault-share", 0, "share of the API's requests that fail, from 0 to 1")
	seed := flags.Int64("fault-seed", 1, "which of them")
	assume := map[string]string{}
	flags.Func("assume", "name=value, again for each: what is taken for true where Stripe is not known for sure (docs/sandbox.md)", func(v string) error {
		name, value, _ := strings.Cut(v, "=")
		assume[name] = value
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	var faults []stripesandbox.Fault
	if *share > 0 {
		faults = append(faults, stripesandbox.Fault{Route: "*", Kinds: stripesandbox.FaultKinds(), Share: *share, Seed: *seed, Delay: "1s"})
	}
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	base := "http://" + l.Addr().String()
	s, err := stripesandbox.Open(stripesandbox.Options{
		DataFile: *data, Name: *name, BaseURL: base, WebhookURL: *hook, ConnectWebhookURL: *connectHook, Faults: faults, Assume: assume,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	if err != nil {
		return err
	}
	defer s.Close()
	fmt.Printf("Stripe sandbox  %s\nkey             sk_test_sandbox (any sk_test_ key will do)\n", base)
	if *hook != "" {
		fmt.Printf("webhook         %s  %s\n", *hook, s.Secret(*hook))
	}
	if *connectHook != "" {
		fmt.Printf("connect webhook %s  %s\n", *connectHook, s.Secret(*connectHook))
	}
	return serve(ctx, l, s)
}

// serve answers until ctx ends.
func serve(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = srv.Close()
	}()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
