package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"hearth/internal/app"
	"hearth/internal/config"
	"hearth/internal/site"
	"hearth/internal/stripeapi"
)

// serveEnv carries the database's address to the server process, and says that
// this is one: its processor time can then be told from the load's.
const serveEnv = "HEARTH_BENCH_SERVE"

const (
	secret        = "whsec_bench_account"
	connectSecret = "whsec_bench_connect"
	verifyPath    = "/bench/verify"
)

// serve is Hearth as it runs in production, without its background workers:
// what they would take from the machine is not what is measured. It says its
// address on standard output and ends with its standard input.
func serve(ctx context.Context, database string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	data, err := os.MkdirTemp("", "hearth-bench-outbox-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(data)
	c := config.Config{BaseURL: "http://" + listener.Addr().String(), DatabaseURL: database, DataDir: data,
		StripeKey: "sk_test_bench", StripeAPIBase: "http://127.0.0.1:1", // where nobody answers: nothing here asks Stripe
		WebhookSecrets: []string{secret}, ConnectWebhookSecrets: []string{connectSecret},
		Region: "US", CurrencyCode: "usd", FeeBPS: 1200, PayoutDelayDays: 1, MailFrom: "Hearth <hello@hearth.test>"}
	log := slog.New(slog.NewJSONHandler(io.Discard, nil)) // written in full, to nowhere
	a, err := app.New(ctx, c, nil, log)
	if err != nil {
		return err
	}
	defer a.Close()
	pages := a.Site(site.Limits{})
	pages.Raw[verifyPath] = http.HandlerFunc(verify)
	server := &http.Server{Handler: pages.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		server.Close()
	}()
	fmt.Println(listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// verify does what the inbox does, except for storing.
func verify(w http.ResponseWriter, r *http.Request) {
	payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err == nil {
		_, err = stripeapi.ParseEvent(payload, r.Header.Get("Stripe-Signature"), []string{secret}, time.Now())
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"received":true}`)
}
