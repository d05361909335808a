package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func variantOf(foreign float64, speeds ...float64) *variant {
	v := &variant{name: "v"}
	for _, s := range speeds {
		v.slices = append(v.slices, measured{PerSecond: s, Foreign: foreign, CPU: time.Duration(s) * time.Microsecond})
	}
	return v
}

func TestRatiosAreOfTheSameRound(t *testing.T) {
	// The machine became twice as fast in the last two rounds: the ratio did not change.
	l := compare(variantOf(0, 50, 50, 50, 100, 100), variantOf(0, 100, 100, 100, 200, 200))
	if l.Median != 0.5 || l.Quartiles != [2]float64{0.5, 0.5} || l.Best != 0.5 || l.PerSecond != 100 || l.CPUMicros != 50 {
		t.Errorf("%+v", l)
	}
	if l.Inconclusive || l.Rounds != 5 {
		t.Errorf("five quiet rounds: %+v", l)
	}
}

func TestLoudRoundsDoNotCount(t *testing.T) {
	v, limit := variantOf(0, 90, 90, 90, 10, 10), variantOf(0, 100, 100, 100, 100, 100)
	v.slices[3].Foreign, limit.slices[4].Foreign = 0.4, 0.4 // either side's neighbour spoils the pair
	if l := compare(v, limit); l.Median != 0.9 || l.Quartiles[0] != 0.9 || l.Rounds != 3 || l.Inconclusive || l.Foreign != 0.4 {
		t.Errorf("%+v", l)
	}
	v.slices[0].Foreign = 0.4
	if l := compare(v, limit); !l.Inconclusive || l.Rounds != 5 {
		t.Errorf("two quiet rounds conclude nothing: %+v", l)
	}
}

func TestTheVerdictDoesNotLie(t *testing.T) {
	of := func(l line) string { return report{Suites: []section{{Lines: []line{l}}}}.verdict() }
	for want, l := range map[string]line{
		"INCONCLUSIVE": {Foreign: 0.9, Inconclusive: true},
		"Quiet enough": {Foreign: 0.1},
		"does not tel": compare(variantOf(unknown, 1, 1, 1), variantOf(unknown, 1, 1, 1)),
	} {
		if got := of(l); !strings.HasPrefix(got, want) && !strings.Contains(got, want) {
			t.Errorf("%+v: %s", l, got)
		}
	}
	if (cpu{busy: time.Second}).foreignCores() != unknown {
		t.Error("without /proc a machine seems quiet")
	}
}

func TestQuantile(t *testing.T) {
	for q, want := range map[float64]float64{0: 1, 0.25: 2, 0.5: 3, 0.9: 4.6, 1: 5} {
		if got := quantile([]float64{1, 2, 3, 4, 5}, q); got != want {
			t.Errorf("quantile %v is %v, not %v", q, got, want)
		}
	}
	if quantile(nil, 0.5) != 0 {
		t.Error("of none")
	}
}

func TestProcessorTimeGoesWhereItBelongs(t *testing.T) {
	line := func(parent string) []byte {
		return []byte("42 (a (strange) name) S " + parent + " 0 0 0 0 0 0 0 0 0 100 20 30 4 20 0 1 0")
	}
	ours := processes{self: 10, server: 11, database: 12}
	const own, whole = 1200 * time.Millisecond, 1540 * time.Millisecond
	for _, c := range []struct {
		pid    int
		parent string
		want   cpu
	}{
		{10, "1", cpu{self: whole}}, {11, "10", cpu{server: whole}}, {12, "10", cpu{database: whole}},
		{50, "12", cpu{database: own}}, {51, "10", cpu{self: own}}, {52, "2", cpu{kernel: own}}, {53, "1", cpu{}},
	} {
		var got cpu
		if ours.add(&got, c.pid, line(c.parent)); got != c.want {
			t.Errorf("%d, child of %s: %+v", c.pid, c.parent, got)
		}
	}
	cores, total, busy := machine([]byte("cpu  100 10 50 30 4 3 2 5 90 0\ncpu0 1\ncpu1 2\nintr 5 cpu"))
	if cores != 2 || total != 2040*time.Millisecond || busy != 1650*time.Millisecond {
		t.Errorf("%d cores, %v, busy %v", cores, total, busy)
	}
	used := cpu{cores: 2, total: 2 * time.Second, busy: 2 * time.Second, self: 400 * time.Millisecond, server: 300 * time.Millisecond, database: 500 * time.Millisecond, kernel: 100 * time.Millisecond}
	if got := used.foreignCores(); got < 0.699 || got > 0.701 {
		t.Errorf("foreign %v", got)
	}
}

func TestAGangStopsAtTheFirstError(t *testing.T) {
	broken := errors.New("broken")
	_, err := gang(t.Context(), 4, time.Hour, func(ctx context.Context, worker int) (bool, error) {
		if worker == 2 {
			return false, broken
		}
		<-ctx.Done()
		return true, nil
	})
	if !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	done, err := gang(t.Context(), 4, time.Hour, func(context.Context, int) (bool, error) { return false, nil })
	if err != nil || done.ops != 0 {
		t.Errorf("nothing to do: %+v, %v", done, err)
	}
}
