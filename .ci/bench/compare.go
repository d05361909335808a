package main

import (
	"slices"
	"time"
)

// A neighbour that has more of the machine than this makes a slice worthless.
const loud = 0.3

// fewest is how many quiet rounds a conclusion needs.
const fewest = 3

// line is a variant beside its limit. All numbers are of the quiet rounds, or,
// where those are too few, of all rounds, and then they are inconclusive.
type line struct {
	Name         string     `json:"name"`
	Limit        bool       `json:"limit,omitempty"`
	PerSecond    float64    `json:"best_per_second"`
	Best         float64    `json:"best_ratio"`        // best slice to the limit's best slice
	Median       float64    `json:"median_ratio"`      // of the ratios within each round
	Quartiles    [2]float64 `json:"quartiles"`         // of those
	CPUMicros    float64    `json:"cpu_us_per_op"`     // median
	P50          float64    `json:"p50_ms"`            // median
	P99          float64    `json:"p99_ms"`            // median
	Worst        float64    `json:"worst_ms"`          // of all
	Foreign      float64    `json:"foreign_cores_max"` // of all rounds
	Rounds       int        `json:"rounds"`            // that count
	Inconclusive bool       `json:"inconclusive"`
	Slices       []measured `json:"slices"`
}

// compare needs a slice of both for every round.
func compare(v, limit *variant) line {
	l := line{Name: v.name, Limit: v.limit, Slices: v.slices}
	var quiet, all []int
	for i := range v.slices {
		all = append(all, i)
		loudest := max(v.slices[i].Foreign, limit.slices[i].Foreign)
		if i == 0 || loudest > l.Foreign {
			l.Foreign = loudest
		}
		if loudest <= loud {
			quiet = append(quiet, i)
		}
	}
	if len(quiet) < fewest {
		l.Inconclusive, quiet = true, all
	}
	l.Rounds = len(quiet)
	of := func(from []measured, get func(measured) float64) (values []float64) {
		for _, i := range quiet {
			values = append(values, get(from[i]))
		}
		slices.Sort(values)
		return values
	}
	speed := func(m measured) float64 { return m.PerSecond }
	var ratios []float64
	for _, i := range quiet {
		ratios = append(ratios, v.slices[i].PerSecond/limit.slices[i].PerSecond)
	}
	slices.Sort(ratios)
	l.PerSecond = quantile(of(v.slices, speed), 1)
	l.Best = l.PerSecond / quantile(of(limit.slices, speed), 1)
	l.Median, l.Quartiles = quantile(ratios, 0.5), [2]float64{quantile(ratios, 0.25), quantile(ratios, 0.75)}
	l.CPUMicros = quantile(of(v.slices, func(m measured) float64 { return float64(m.CPU) / float64(time.Microsecond) }), 0.5)
	l.P50 = quantile(of(v.slices, func(m measured) float64 { return millis(m.P50) }), 0.5)
	l.P99 = quantile(of(v.slices, func(m measured) float64 { return millis(m.P99) }), 0.5)
	l.Worst = quantile(of(v.slices, func(m measured) float64 { return millis(m.Worst) }), 1)
	return l
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// quantile of sorted values, between neighbours in proportion; 0 of none.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	at := q * float64(len(sorted)-1)
	low := int(at)
	if low == len(sorted)-1 {
		return sorted[low]
	}
	return sorted[low] + (at-float64(low))*(sorted[low+1]-sorted[low])
}
