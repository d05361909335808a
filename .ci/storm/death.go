package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// death decides which process dies where. Kills become due as bookings are
// begun. Three of four wait for a step's boundary, and take the one where the
// fewest have died, so that every kind of step has its turn: one where nobody
// has is taken before its time, as it may not come again. The others strike at
// any moment, and so does one that no boundary took for a while.
type death struct {
	world *world

	mu     sync.Mutex
	paused bool
	rng    *rand.Rand
	due    int
	killed int
	seen   map[string]int // boundaries reached
	taken  map[string]int // kills there
	before map[string]int // kills there in the worlds before
	last   time.Time      // kill, or when the next became due
}

const (
	atAnyMoment  = "at any moment"
	whileLooking = ", while it looks"
	waitsFor     = 3 * time.Second // until a kill that is due takes any POST, and as long again until it takes any moment
)

func newDeath(w *world, before map[string]int) *death {
	return &death{world: w, paused: true, rng: rand.New(rand.NewPCG(uint64(w.seed), 3)), seen: map[string]int{}, taken: map[string]int{}, before: before} // #nosec G404 G115 -- repeatable on purpose
}

// owe makes kills due in proportion to what has begun; all of them towards the end.
func (d *death) owe(begun, of int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if due := min(d.world.kills, d.world.kills*begun*10/(of*9)); due > d.due {
		if d.due == d.killed {
			d.last = time.Now()
		}
		d.due = due
	}
}

// at says whether the process that has reached a boundary dies there. It is
// dead when the answer is yes.
func (d *death) at(s *slot, boundary string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.paused {
		return false
	}
	d.seen[boundary]++
	if _, known := d.taken[boundary]; !known {
		d.taken[boundary] = 0
	}
	return s.up.Load() && d.turn(boundary) && d.strike(s, boundary)
}

// turn says whether a boundary's time has come: nobody has died there, or a kill
// is due and it is where the fewest have, or a POST when the others take too long.
func (d *death) turn(boundary string) bool {
	n, died := d.count(boundary), d.killed-d.taken[atAnyMoment]
	if n == 0 && died < d.world.kills*3/8 {
		return true
	}
	post := strings.HasPrefix(boundary, "POST")
	return died < (d.due*3+3)/4 && (n <= d.fewest() || post && (n < 2 || time.Since(d.last) > waitsFor))
}

func (d *death) fewest() int {
	least := math.MaxInt
	for boundary := range d.taken {
		if boundary != atAnyMoment {
			least = min(least, d.count(boundary))
		}
	}
	return least
}

// count is how many died at a boundary, with one more for looks: there are many
// of them, and nothing has happened yet.
func (d *death) count(boundary string) int {
	n := d.taken[boundary] + d.before[boundary]
	if strings.HasSuffix(boundary, whileLooking) {
		n++
	}
	return n
}

func (d *death) strike(s *slot, where string) bool {
	if !s.kill() {
		return false
	}
	d.taken[where]++
	d.killed++
	d.last = time.Now()
	return true
}

// roam strikes at any moment, until the context ends.
func (d *death) roam(ctx context.Context) {
	for ctx.Err() == nil {
		d.mu.Lock()
		wait := time.Duration(d.rng.Int64N(int64(300 * time.Millisecond)))
		if !d.paused && d.due > d.killed && (d.taken[atAnyMoment] < d.due/4 || time.Since(d.last) > 2*waitsFor) {
			if s := d.world.slots[d.rng.IntN(processes)]; s.up.Load() {
				d.strike(s, atAnyMoment)
			}
		}
		d.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// begin lets death loose, end calls it off.
func (d *death) begin() { d.pause(false) }
func (d *death) end()   { d.pause(true) }

func (d *death) pause(yes bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.paused, d.last = yes, time.Now()
}

// spent reports whether every kill has been made.
func (d *death) spent() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.due = d.world.kills
	return d.killed >= d.due
}

// report says how many boundaries were reached, and where processes died.
func (d *death) report() (lines []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for boundary, n := range d.taken {
		lines = append(lines, fmt.Sprintf("%-90s %4d of %d", boundary, n, d.seen[boundary]))
	}
	slices.Sort(lines)
	return lines
}
