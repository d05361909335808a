package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// live lets the storm blow until every story was told and every kill made.
func (w *world) live(ctx context.Context) error {
	if _, err := w.control(ctx, "webhooks", map[string]any{"mode": "deliver", "duplicate": 2, "shuffle": true, "drop_share": 0.2, "seed": w.seed}); err != nil {
		return err
	}
	if _, err := w.control(ctx, "faults", map[string]any{"route": "*", "share": share, "seed": w.seed, "delay": "150ms",
		"kinds": []string{"timeout_before", "timeout_after", "reset_before", "reset", "500", "500_after", "503", "429"}}); err != nil {
		return err
	}
	w.death.begin()
	began := time.Now()
	roaming, stop := context.WithCancel(ctx)
	var roamer sync.WaitGroup
	roamer.Go(func() { w.death.roam(roaming) })
	err := w.tellAll(ctx)
	if err == nil {
		err = w.until(ctx, 2*time.Minute, "every kill", func() (bool, error) { return w.death.spent(), nil })
	}
	w.death.end()
	stop()
	roamer.Wait()
	w.books.livedFor(time.Since(began))
	return errors.Join(err, w.calm(context.WithoutCancel(ctx)))
}

// share of the calls to Stripe go wrong.
const share = 0.3

// tellAll lets visitors take one story after the other.
func (w *world) tellAll(ctx context.Context) error {
	var next atomic.Int64
	var all sync.WaitGroup
	wrong := make([]error, w.visitors)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for i := range wrong {
		all.Go(func() {
			for ctx.Err() == nil {
				n := int(next.Add(1))
				if n > w.bookings {
					return
				}
				w.death.owe(n, w.bookings)
				if wrong[i] = w.tell(ctx, n); wrong[i] != nil {
					cancel()
					return
				}
			}
		})
	}
	all.Wait()
	return errors.Join(wrong...)
}

// calm ends the faults and counts them.
func (w *world) calm(ctx context.Context) error {
	report, err := w.get(ctx, "faults")
	if err != nil {
		return err
	}
	w.books.spoilt(report)
	if _, err := w.control(ctx, "faults", map[string]any{"clear": true}); err != nil {
		return err
	}
	return w.until(ctx, time.Minute, "hearth serves again", func() (bool, error) {
		for _, s := range w.slots {
			if !s.up.Load() {
				return false, s.crashed()
			}
		}
		return true, nil
	})
}
