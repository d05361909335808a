package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"
)

// report is everything that a run found out.
type report struct {
	PostgreSQL int           `json:"postgresql"`
	Cores      int           `json:"cores"`
	Slice      time.Duration `json:"slice_ns"`
	Rounds     int           `json:"rounds"`
	Took       time.Duration `json:"took_ns"`
	Proved     proved        `json:"proved"`
	Suites     []section     `json:"suites"`
}

type section struct {
	Title string `json:"title"`
	Lines []line `json:"lines"`
}

func newReport(w *world, suites []suite, slice time.Duration, rounds int, took time.Duration) report {
	r := report{PostgreSQL: w.cluster.Version(), Cores: runtime.NumCPU(), Slice: slice, Rounds: rounds, Took: took, Proved: w.proved}
	for _, s := range suites {
		out := section{Title: s.title}
		for _, v := range s.variants {
			out.Lines = append(out.Lines, compare(v, s.variants[0]))
		}
		r.Suites = append(r.Suites, out)
	}
	return r
}

func (r report) writeJSON(to io.Writer) error {
	encoder := json.NewEncoder(to)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

func (r report) write(to io.Writer) error {
	var out strings.Builder
	fmt.Fprintf(&out, "PostgreSQL %d, fsync and synchronous_commit on · %d cores · %d rounds of %v · %.0f s in all\n",
		r.PostgreSQL, r.Cores, r.Rounds, r.Slice, r.Took.Seconds())
	for _, s := range r.Suites {
		fmt.Fprintf(&out, "\n%s\n%-36s%8s %7s  %-18s%8s %8s %8s\n", s.Title, "", "per s", "ratio", "median (quartiles)", "CPU µs", "p99 ms", "worst")
		for _, l := range s.Lines {
			out.WriteString(l.String())
		}
	}
	p := r.Proved
	fmt.Fprintf(&out, "\nChecked while measuring: %d acknowledged events, all stored; %d nights taken, none twice;\n%d races of %d rivals, one winner each, no deadlock.\n",
		p.Events, p.Nights, p.Races, posters)
	out.WriteString(r.verdict())
	_, err := io.WriteString(to, out.String())
	return err
}

func (l line) String() string {
	ratio, spread, mark := fmt.Sprintf("%.2f", l.Best), fmt.Sprintf("%.2f (%.2f–%.2f)", l.Median, l.Quartiles[0], l.Quartiles[1]), ""
	if l.Limit {
		ratio, spread = "limit", ""
	}
	if l.Inconclusive {
		mark = " ?"
	}
	return fmt.Sprintf("  %-34s%8.0f %7s  %-18s%8.0f %s %s%s\n", l.Name, l.PerSecond, ratio, spread, l.CPUMicros, ms(l.P99), ms(l.Worst), mark)
}

// ms is empty where a variant does not tell.
func ms(value float64) string {
	if value == 0 {
		return fmt.Sprintf("%8s", "–")
	}
	return fmt.Sprintf("%8.1f", value)
}

// verdict says how much of it can be believed.
func (r report) verdict() string {
	foreign, doubtful := 0.0, 0
	for _, s := range r.Suites {
		for _, l := range s.Lines {
			foreign = max(foreign, l.Foreign)
			if l.Foreign == unknown {
				return "This system does not tell what other software takes, so it may have disturbed this.\n"
			}
			if l.Inconclusive {
				doubtful++
			}
		}
	}
	if doubtful > 0 {
		return fmt.Sprintf("INCONCLUSIVE (?): other software took up to %.1f cores; %d lines had fewer than %d rounds with less than %.1f.\n"+
			"Their numbers say what was seen, and nothing about Hearth. Run it again on a quiet machine.\n", foreign, doubtful, fewest, loud)
	}
	return fmt.Sprintf("Quiet enough: only rounds count in which other software took at most %.1f cores (it took up to %.1f).\n", loud, foreign)
}
