package webhook_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"hearth/internal/inbound"
)

var paid = inbound.Subject{Kind: inbound.Payment, ID: "pay_1"}

// Whoever asks sees what is true now, though no worker runs.
func TestLookNowAppliesBeforeItReturns(t *testing.T) {
	d := open(t)
	d.set("pay_1", 6)
	if err := d.LookNow(ctx, inbound.SourceOwn, paid); err != nil {
		t.Fatal(err)
	}
	if value, _ := d.truth("pay_1"); value != 6 {
		t.Errorf("value %d", value)
	}
}

// A look that fails is left to the workers, not waited for.
func TestLookNowDoesNotWaitForRetries(t *testing.T) {
	d := open(t)
	d.look = func(context.Context, inbound.Subject, int) error { return errors.New("no answer") }
	start := time.Now()
	if err := d.LookNow(ctx, inbound.SourceOwn, paid); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("waited %s", took)
	}
	d.look = nil
	d.clock.advance(time.Minute)
	d.drain()
	if _, changes := d.truth("pay_1"); changes != 1 {
		t.Errorf("%d changes", changes)
	}
}

// A caller who leaves takes nothing along.
func TestLookNowIsGivenUp(t *testing.T) {
	d := open(t)
	began := make(chan struct{})
	d.look = func(ctx context.Context, _ inbound.Subject, _ int) error {
		close(began)
		<-ctx.Done()
		return ctx.Err()
	}
	leaving, leave := context.WithCancel(ctx)
	done := make(chan error)
	go func() { done <- d.LookNow(leaving, inbound.SourceOwn, paid) }()
	<-began
	leave()
	if err := <-done; err != nil {
		t.Errorf("%v", err)
	}
	d.look = nil
	d.drain()
	if _, changes := d.truth("pay_1"); changes != 1 {
		t.Errorf("%d changes", changes)
	}
}
