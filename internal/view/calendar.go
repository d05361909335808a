package view

import (
	"strings"
	"time"
)

// Nights is a run of nights: the first, and the morning after the last.
type Nights struct{ From, To time.Time }

// Calendar is a home's availability: the part "calendar". It is a grid of
// months drawn here, which the script replaces by one that can be clicked;
// the date inputs of the booking form stay the source of truth.
type Calendar struct {
	Months   []Month
	Value    string // the chosen stay as "2027-06-12/2027-06-17", or ""
	Min, Max string // the first and the last day that may be chosen
	Blocked  string // runs of taken nights, first and last: "2027-06-03/2027-06-06 …"
}

// Month is one month's grid. Blank is the number of empty cells before day 1,
// weeks beginning on Monday.
type Month struct {
	First time.Time
	Blank int
	Days  []CalendarDay
}

// CalendarDay is one night of the grid. Href and Note are for pages that put a
// link or a price on each day.
type CalendarDay struct {
	Date                time.Time
	Taken, Past, Chosen bool
	Href, Note          string
}

// NewCalendar draws months from today's month on. Taken nights and the chosen
// stay (may be zero) are days; hours are not looked at.
func NewCalendar(today time.Time, months int, taken []Nights, chosen Nights) Calendar {
	first := time.Date(today.Year(), today.Month(), 1, 0, 0, 0, 0, time.UTC)
	day := isoDay(today)
	c := Calendar{Min: day, Max: isoDay(first.AddDate(0, months, -1)), Blocked: blocked(taken)}
	if !chosen.From.IsZero() && !chosen.To.IsZero() {
		c.Value = isoDay(chosen.From) + "/" + isoDay(chosen.To)
	}
	for i := range months {
		c.Months = append(c.Months, newMonth(first.AddDate(0, i, 0), day, taken, chosen))
	}
	return c
}

func newMonth(first time.Time, today string, taken []Nights, chosen Nights) Month {
	m := Month{First: first, Blank: (int(first.Weekday()) + 6) % 7}
	for d := first; d.Month() == first.Month(); d = d.AddDate(0, 0, 1) {
		night := CalendarDay{Date: d, Past: isoDay(d) < today, Chosen: chosen.has(d)}
		for _, run := range taken {
			night.Taken = night.Taken || run.has(d)
		}
		m.Days = append(m.Days, night)
	}
	return m
}

// Weeks are the month's days in rows of seven; nil is an empty cell.
func (m Month) Weeks() [][]*CalendarDay {
	cells := make([]*CalendarDay, m.Blank, m.Blank+len(m.Days)+6)
	for i := range m.Days {
		cells = append(cells, &m.Days[i])
	}
	for len(cells)%7 != 0 {
		cells = append(cells, nil)
	}
	var weeks [][]*CalendarDay
	for ; len(cells) > 0; cells = cells[7:] {
		weeks = append(weeks, cells[:7])
	}
	return weeks
}

// has compares days as written, so that zones do not shift them.
func (n Nights) has(day time.Time) bool {
	d := isoDay(day)
	return d >= isoDay(n.From) && d < isoDay(n.To)
}

func blocked(taken []Nights) string {
	var runs []string
	for _, run := range taken {
		runs = append(runs, isoDay(run.From)+"/"+isoDay(run.To.AddDate(0, 0, -1)))
	}
	return strings.Join(runs, " ")
}
