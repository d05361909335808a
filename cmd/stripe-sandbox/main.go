// Command stripe-sandbox runs a Stripe stand-in on loopback: the API, its hosted
// pages and signed webhooks. No real money can move.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"hearth/internal/stripesandbox"
)

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // the world is small beside the machine, and speed is felt
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "stripe-sandbox:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("stripe-sandbox", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:12111", "address to listen on; keep it on loopback, the controls have no log-in")
	secure := flags.String("https", "", "second address, for HTTPS with a certificate made at the start")
	data := flags.String("data", "", "file that keeps the sandbox's world; empty keeps it in memory")
	name := flags.String("name", "", "the platform's name on the pages; Sandbox business unless said")
	hook := flags.String("webhook", "", "URL that hears the platform's events")
	connectHook := flags.String("connect-webhook", "", "URL that hears the connected accounts' events")
	mock := flags.String("mock-version", "", "version of stripe-mock to pass for, in the header Stripe-Mock-Version")
	payouts := flags.String("platform-payouts", "", "when the platform is paid out by itself: daily, weekly, monthly, or manual")
	share := flags.Float64("fault-share", 0, "share of the API's requests that fail, from 0 to 1")
	seed := flags.Int64("fault-seed", 1, "which of them")
	var redirects []string
	flags.Func("redirect-uri", "where OAuth may send people back to, again for each; any http or https URL unless said", func(v string) error {
		redirects = append(redirects, v)
		return nil
	})
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
	listeners, err := listenOn(*listen, *secure)
	if err != nil {
		return err
	}
	base := "http://" + listeners[0].Addr().String()
	s, err := stripesandbox.Open(stripesandbox.Options{
		DataFile: *data, Name: *name, BaseURL: base, WebhookURL: *hook, ConnectWebhookURL: *connectHook, MockVersion: *mock, Faults: faults, Assume: assume,
		PlatformPayouts: *payouts, RedirectURIs: redirects,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	if err != nil {
		return err
	}
	defer s.Close()
	fmt.Fprintf(out, "Stripe sandbox  %s\nkey             sk_test_sandbox (any sk_test_ key will do)\n", base)
	if *secure != "" {
		fmt.Fprintf(out, "                https://%s\n", listeners[1].Addr())
	}
	fmt.Fprintf(out, "client_id       %s\n", s.ClientID())
	if *hook != "" {
		fmt.Fprintf(out, "webhook         %s  %s\n", *hook, s.Secret(*hook))
	}
	if *connectHook != "" {
		fmt.Fprintf(out, "connect webhook %s  %s\n", *connectHook, s.Secret(*connectHook))
	}
	return serve(ctx, s, listeners)
}

// listenOn opens the plain listener, and the one for HTTPS if there is to be one.
func listenOn(plain, secure string) ([]net.Listener, error) {
	l, err := net.Listen("tcp", plain)
	if err != nil || secure == "" {
		return []net.Listener{l}, err
	}
	cert, err := selfSigned()
	if err != nil {
		return nil, err
	}
	t, err := tls.Listen("tcp", secure, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12})
	return []net.Listener{l, t}, err
}

// serve answers on every listener until ctx ends, or one of them breaks.
func serve(ctx context.Context, h http.Handler, listeners []net.Listener) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { ended <- srv.Serve(l) }()
	}
	select {
	case <-ctx.Done():
		return srv.Close()
	case err := <-ended:
		_ = srv.Close()
		return err
	}
}
