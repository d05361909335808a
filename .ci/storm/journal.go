package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// journal is what is noted of a world while it lives.
type journal struct {
	mu      sync.Mutex
	stories map[string]int
	waits   int // stories whose people stopped waiting
	pages   []string
	errors  map[string]int // lines of the level ERROR, by message
	example map[string]string
	faults  map[string]int
	calls   int
	lived   time.Duration
	rested  time.Duration
}

func count(m *map[string]int, key string, n int) {
	if *m == nil {
		*m = map[string]int{}
	}
	(*m)[key] += n
}

func (j *journal) told(plot string, _ time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	count(&j.stories, plot, 1)
}

// left notes a story whose people stopped waiting: the end has to be right all
// the same.
func (j *journal) left(plot string) {
	j.told(plot, 0)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.waits++
}

// broken notes a page that said "something broke on our side".
func (j *journal) broken(says string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.pages = append(j.pages, says)
}

func (j *journal) logged(level, message, line string) {
	if level != "ERROR" {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	count(&j.errors, message, 1)
	if j.example == nil {
		j.example = map[string]string{}
	}
	j.example[message] = line
}

func (j *journal) livedFor(d time.Duration) { j.lived = d }

// spoilt takes the sandbox's count of the calls that went wrong.
func (j *journal) spoilt(report map[string]any) {
	raw, _ := json.Marshal(report)
	var r struct {
		Data []struct {
			Seen   int            `json:"seen"`
			Spoilt map[string]int `json:"spoilt"`
		} `json:"data"`
	}
	_ = json.Unmarshal(raw, &r)
	for _, f := range r.Data {
		j.calls += f.Seen
		for kind, n := range f.Spoilt {
			count(&j.faults, kind, n)
		}
	}
}

func (w *world) get(ctx context.Context, path string) (map[string]any, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.stripe+"/_sandbox/"+path, nil)
	if err != nil {
		return nil, err
	}
	return w.call(r)
}

// tally is what one or several worlds came to.
type tally struct {
	stories, faults, kills, steps map[string]int
	calls, waits                  int
	mails, twice                  int
	lived, rested                 time.Duration // rested: the longest
}

func (w *world) tally() tally {
	w.books.mu.Lock()
	defer w.books.mu.Unlock()
	t := tally{stories: w.books.stories, faults: w.books.faults, calls: w.books.calls, waits: w.books.waits,
		lived: w.books.lived, rested: w.books.rested, kills: map[string]int{}, steps: map[string]int{}}
	w.death.mu.Lock()
	defer w.death.mu.Unlock()
	for boundary, n := range w.death.taken {
		_, when, _ := strings.Cut(boundary, ", ")
		if boundary == atAnyMoment {
			when = atAnyMoment
		} else if strings.HasPrefix(boundary, "COMMIT") {
			when = strings.TrimSuffix(when, " it") + " a COMMIT"
		} else {
			when = "call to Stripe: " + when
		}
		t.kills[when] += n
		t.steps[boundary] += n
	}
	if w.post != nil {
		t.mails, t.twice, _ = w.post.counts()
	}
	return t
}

func (t *tally) add(o tally) {
	for from, to := range map[*map[string]int]*map[string]int{&o.stories: &t.stories, &o.faults: &t.faults, &o.kills: &t.kills, &o.steps: &t.steps} {
		for key, n := range *from {
			count(to, key, n)
		}
	}
	t.calls, t.waits, t.mails, t.twice = t.calls+o.calls, t.waits+o.waits, t.mails+o.mails, t.twice+o.twice
	t.lived, t.rested = t.lived+o.lived, max(t.rested, o.rested)
}

func (t tally) String() string {
	var out strings.Builder
	died := 0
	for _, n := range t.steps {
		if n > 0 {
			died++
		}
	}
	fmt.Fprintf(&out, "%d bookings' stories in %.0f s; in %d the people stopped waiting:\n%s", sum(t.stories), t.lived.Seconds(), t.waits, table(t.stories))
	fmt.Fprintf(&out, "%d of %d calls to Stripe went wrong (%.0f %%):\n%s", sum(t.faults), t.calls, 100*float64(sum(t.faults))/float64(max(1, t.calls)), table(t.faults))
	fmt.Fprintf(&out, "%d processes died by kill -9, at %d of %d kinds of boundaries:\n%s", sum(t.kills), died, len(t.steps), table(t.kills))
	fmt.Fprintf(&out, "%d mails, %d of them twice with the same Message-ID.\n", t.mails, t.twice)
	fmt.Fprintf(&out, "At rest, with equal books, at most %.1f s after the last fault.", t.rested.Seconds())
	return out.String()
}

func sum(m map[string]int) (n int) {
	for _, v := range m {
		n += v
	}
	return n
}

func table(m map[string]int) string {
	var out strings.Builder
	for _, key := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&out, "  %6d  %s\n", m[key], key)
	}
	return out.String()
}
