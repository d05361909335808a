package stripesandbox

import (
	"fmt"
	"time"
)

// words is "month" or "every 3 months".
func (r *Recurring) words() string {
	if r.Count == 1 {
		return r.Interval
	}
	return fmt.Sprintf("every %d %ss", r.Count, r.Interval)
}

// next is the first boundary after an instant of the cycle that goes through the anchor.
func (r *Recurring) next(anchor, after int64) int64 {
	lengths := map[string]int64{"day": day, "week": 7 * day, "month": 31 * day, "year": 366 * day}
	n := (after - anchor) / (lengths[r.Interval] * r.Count) // never too late, since no month is longer
	if after < anchor {
		n -= 2
	}
	for ; ; n++ {
		if at := r.boundary(anchor, n); at > after {
			return at
		}
	}
}

// boundary is the n-th one from the anchor: on the same day of the month, or on its last.
func (r *Recurring) boundary(anchor, n int64) int64 {
	t := time.Unix(anchor, 0).UTC()
	step := int(n * r.Count)
	switch r.Interval {
	case "day":
		return t.AddDate(0, 0, step).Unix()
	case "week":
		return t.AddDate(0, 0, 7*step).Unix()
	case "year":
		step *= 12
	}
	first := time.Date(t.Year(), t.Month()+time.Month(step), 1, t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
	return first.AddDate(0, 0, min(t.Day(), first.AddDate(0, 1, -1).Day())-1).Unix()
}
