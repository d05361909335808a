package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// event is a line of go test -json.
type event struct {
	Action      string
	Package     string
	ImportPath  string // of a build
	Test        string
	Elapsed     float64
	Output      string
	FailedBuild string
}

// report counts and shows. A test with subtests stands for them: it counts only
// when it failed and none of them did. A package that did not build, or ended
// before its tests, counts as one failed.
type report struct {
	out            io.Writer
	passed, failed int
	skipped        []string
	slow           []timed // the tests that took a second and more
	packages       map[string]*packageRun
	builds         map[string]*strings.Builder
}

type timed struct {
	seconds float64
	test    string
}

type packageRun struct {
	output map[string]*strings.Builder // by test; "" is the package's own
	result map[string]string           // by test: pass, fail or skip; "" while it runs
	order  []string
}

func newReport(out io.Writer) *report {
	return &report{out: out, packages: map[string]*packageRun{}, builds: map[string]*strings.Builder{}}
}

// vet takes what go vet said.
func (r *report) vet(found string) {
	if found != "" {
		r.failed++
		fmt.Fprintf(r.out, "--- go vet\n%s\n", found)
	}
}

// read takes the events of a run.
func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil {
				fmt.Fprintf(r.out, "%s", line) // not every line of a broken run is JSON
			} else {
				r.take(e)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the tests' output: %w", err)
		}
	}
}

func (r *report) take(e event) {
	if e.Action == "build-output" {
		r.build(e.ImportPath).WriteString(e.Output)
		return
	}
	if e.Package == "" {
		return
	}
	p := r.packages[e.Package]
	if p == nil {
		p = &packageRun{output: map[string]*strings.Builder{}, result: map[string]string{}}
		r.packages[e.Package] = p
	}
	if p.output[e.Test] == nil {
		p.output[e.Test] = &strings.Builder{}
	}
	switch e.Action {
	case "run":
		p.order = append(p.order, e.Test)
	case "output":
		p.output[e.Test].WriteString(e.Output)
	case "pass", "fail", "skip":
		p.result[e.Test] = e.Action
		if e.Elapsed >= 1 && e.Test != "" && !strings.Contains(e.Test, "/") {
			r.slow = append(r.slow, timed{e.Elapsed, e.Package + " " + e.Test})
		}
		if e.Test == "" {
			r.finish(e, p)
			delete(r.packages, e.Package)
		}
	}
}

func (r *report) build(path string) *strings.Builder {
	if r.builds[path] == nil {
		r.builds[path] = &strings.Builder{}
	}
	return r.builds[path]
}

// finish counts and shows a package that has ended.
func (r *report) finish(e event, p *packageRun) {
	passed, failed := 0, 0
	for _, test := range p.order {
		children := func(results ...string) bool {
			return slices.ContainsFunc(p.order, func(other string) bool {
				return strings.HasPrefix(other, test+"/") && (len(results) == 0 || slices.Contains(results, p.result[other]))
			})
		}
		switch result := p.result[test]; {
		case result == "pass" && !children():
			passed++
		case result == "skip" && !children():
			r.skipped = append(r.skipped, fmt.Sprintf("%s %s: %s", e.Package, test, reason(p.output[test].String())))
		case (result == "fail" || result == "") && !children("fail", ""):
			failed++
			fmt.Fprintf(r.out, "\n--- %s %s\n%s\n", e.Package, test, p.output[test])
		}
	}
	if e.Action == "fail" && failed == 0 {
		failed++
		fmt.Fprintf(r.out, "\n--- %s\n%s%s\n", e.Package, r.build(e.FailedBuild), p.output[""])
	}
	r.passed += passed
	r.failed += failed
	if e.Action == "fail" {
		fmt.Fprintf(r.out, "FAIL  %-44s %6.1f s  %d passed, %d failed\n", e.Package, e.Elapsed, passed, failed)
	} else if passed > 0 {
		fmt.Fprintf(r.out, "ok    %-44s %6.1f s  %d passed\n", e.Package, e.Elapsed, passed)
	}
}

// reason is what a skipped test said, without what go test says around it.
func reason(output string) string {
	var said []string
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			said = append(said, line)
		}
	}
	return strings.Join(said, " ")
}

// slowest is how many of the slow tests are named: where to look when all takes long.
const slowest = 12

// close shows the sum. Packages that never ended count as failed.
func (r *report) close(took time.Duration) {
	for name, p := range r.packages {
		r.finish(event{Action: "fail", Package: name}, p)
	}
	slices.Sort(r.skipped)
	for _, skipped := range r.skipped {
		fmt.Fprintf(r.out, "skip  %s\n", skipped)
	}
	slices.SortFunc(r.slow, func(a, b timed) int { return cmp.Compare(b.seconds, a.seconds) })
	for _, t := range r.slow[:min(len(r.slow), slowest)] {
		fmt.Fprintf(r.out, "slow  %6.1f s  %s\n", t.seconds, t.test)
	}
	fmt.Fprintf(r.out, "in %.0f s\n%d passed, %d failed\n", took.Seconds(), r.passed, r.failed)
}
