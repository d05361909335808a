package main

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// suite is variants that answer one question. The first one that is a limit is
// what the others are measured by.
type suite struct {
	title    string
	variants []*variant
}

// variant is one way to do the work.
type variant struct {
	name  string
	limit bool
	cost  func(cpu) time.Duration
	run   func(ctx context.Context, slice time.Duration) (work, error)
	check func(ctx context.Context, done work) error // the invariants of the slice; clears it away

	slices []measured
}

// work is what a slice got done.
type work struct {
	ops, won int
	took     time.Duration
	each     []time.Duration // sorted
}

// measured is a slice with its price.
type measured struct {
	PerSecond float64       `json:"per_second"`
	CPU       time.Duration `json:"cpu_ns_per_op"`
	Foreign   float64       `json:"foreign_cores"` // unknown (-1) where there is no /proc
	P50       time.Duration `json:"p50_ns"`
	P99       time.Duration `json:"p99_ns"`
	Worst     time.Duration `json:"worst_ns"`
	Ops       int           `json:"ops"`
}

// measure runs the variant for a slice and proves what it said it did.
func (v *variant) measure(ctx context.Context, ours processes, slice time.Duration) (measured, error) {
	before := ours.look()
	done, err := v.run(ctx, slice)
	if err != nil {
		return measured{}, err
	}
	used := ours.look().since(before)
	m := measured{PerSecond: float64(done.ops) / done.took.Seconds(), Foreign: used.foreignCores(), Ops: done.ops}
	if done.ops > 0 {
		m.CPU = v.cost(used) / time.Duration(done.ops)
	}
	if n := len(done.each); n > 0 {
		m.P50, m.P99, m.Worst = done.each[n/2], done.each[n*99/100], done.each[n-1]
	}
	if v.check != nil {
		err = v.check(ctx, done)
	}
	return m, err
}

// gang lets a number of workers do something again and again until the slice
// is over, or do says that there is nothing left. The first error ends it.
func gang(ctx context.Context, workers int, slice time.Duration, do func(ctx context.Context, worker int) (more bool, err error)) (work, error) {
	group, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	end := began.Add(slice)
	each := make([][]time.Duration, workers)
	for w := range workers {
		group.Go(func() error {
			for at := time.Now(); at.Before(end) && ctx.Err() == nil; {
				more, err := do(ctx, w)
				if err != nil || !more {
					return err
				}
				now := time.Now()
				each[w] = append(each[w], now.Sub(at))
				at = now
			}
			return ctx.Err()
		})
	}
	err := group.Wait()
	took := time.Since(began)
	all := slices.Concat(each...)
	slices.Sort(all)
	return work{ops: len(all), took: took, each: all}, err
}
