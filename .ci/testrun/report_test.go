package main

import (
	"fmt"
	"strings"
	"testing"
)

// events is a run as go test -json tells it: each line is "action package test output".
func events(t *testing.T, lines ...string) (*report, string) {
	t.Helper()
	var out strings.Builder
	r := newReport(&out)
	for _, line := range lines {
		f := append(strings.SplitN(line, " ", 4), "", "", "")
		e := event{Action: f[0], Package: f[1], Test: strings.Trim(f[2], "-"), Output: f[3]}
		if e.Action == "build-output" {
			e.ImportPath = e.Package
		}
		if e.Action == "fail" && e.Output == "build" {
			e.FailedBuild, e.Output = e.Package, ""
		}
		r.take(e)
	}
	r.close(0)
	return r, out.String()
}

func TestCounts(t *testing.T) {
	for name, test := range map[string]struct {
		lines          []string
		passed, failed int
		says           string
	}{
		"leaves only": {[]string{"run p A", "run p A/x", "run p A/y", "pass p A/x", "pass p A/y", "pass p A", "pass p -"}, 2, 0, "2 passed, 0 failed"},
		"a failed subtest, not its parent too": {
			[]string{"run p A", "run p A/x", "output p A/x why", "fail p A/x", "fail p A", "fail p -"}, 0, 1, "why"},
		"a parent that fails by itself": {[]string{"run p A", "run p A/x", "pass p A/x", "fail p A", "fail p -"}, 1, 1, ""},
		"a package that does not build": {[]string{"build-output p - syntax", "fail p - build"}, 0, 1, "--- p\n"},
		"a package that ends before its tests": {
			[]string{"run p A", "output p A boom", "fail p -"}, 0, 1, "boom"},
		"a package that exits after its tests": {[]string{"run p A", "pass p A", "output p - exit status 3", "fail p -"}, 1, 1, "exit status 3"},
		"a run that stops in the middle":       {[]string{"run p A", "pass p A", "run p B"}, 1, 1, "1 passed, 1 failed"},
		"a skip says why":                      {[]string{"run p A", "output p A     a_test.go:1: needs gcc", "skip p A", "pass p -"}, 0, 0, "skip  p A: a_test.go:1: needs gcc"},
		"names that begin alike":               {[]string{"run p A", "run p AB", "pass p AB", "pass p A", "pass p -"}, 2, 0, ""},
	} {
		r, out := events(t, test.lines...)
		if r.passed != test.passed || r.failed != test.failed || !strings.Contains(out, test.says) {
			t.Errorf("%s: %d passed, %d failed, said:\n%s", name, r.passed, r.failed, out)
		}
		lines := strings.Split(strings.TrimRight(out, "\n"), "\n")
		if last := lines[len(lines)-1]; !strings.HasSuffix(last, " failed") || strings.Contains(last, "FAIL") {
			t.Errorf("%s: the last line is %q", name, last)
		}
	}
}

func TestBuildErrorsAreShown(t *testing.T) {
	var out strings.Builder
	r := newReport(&out)
	err := r.read(strings.NewReader(`{"ImportPath":"p [p.test]","Action":"build-output","Output":"x.go:1: no\n"}
not json
{"Action":"fail","Package":"p","Elapsed":0,"FailedBuild":"p [p.test]"}
`))
	if err != nil || r.failed != 1 || !strings.Contains(out.String(), "x.go:1: no") || !strings.Contains(out.String(), "not json") {
		t.Errorf("%v, %d failed, said:\n%s", err, r.failed, out.String())
	}
}

func TestTheSlowestAreNamed(t *testing.T) {
	var out strings.Builder
	r := newReport(&out)
	for i := range 20 {
		r.take(event{Action: "pass", Package: "p", Test: fmt.Sprintf("T%d", i), Elapsed: float64(i) / 2})
	}
	r.take(event{Action: "pass", Package: "p", Test: "T1/sub", Elapsed: 99})
	r.take(event{Action: "pass", Package: "p"})
	r.close(0)
	if said := out.String(); strings.Count(said, "slow ") != slowest || !strings.HasPrefix(said, "slow     9.5 s  p T19\nslow     9.0 s  p T18\n") {
		t.Errorf("it says\n%s", said)
	}
}
