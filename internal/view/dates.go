package view

import (
	"fmt"
	"strconv"
	"time"
)

// Day is "Jun 12", in the time's own zone as all of these.
func Day(t time.Time) string { return t.Format("Jan 2") }

// DayYear is "Jun 12, 2027".
func DayYear(t time.Time) string { return t.Format("Jan 2, 2006") }

// DayLong is "Sat, Jun 12, 2027".
func DayLong(t time.Time) string { return t.Format("Mon, Jan 2, 2006") }

// Moment is "Jun 12, 2027, 14:05".
func Moment(t time.Time) string { return t.Format("Jan 2, 2006, 15:04") }

// MomentZone is "Jun 12, 2027, 14:05 PDT": for deadlines in a home's own zone.
func MomentZone(t time.Time) string { return t.Format("Jan 2, 2006, 15:04 MST") }

// Stay is "Jun 12 – 17", "Jun 28 – Jul 2" or, over New Year,
// "Dec 29, 2026 – Jan 2, 2027".
func Stay(in, out time.Time) string {
	switch {
	case in.Year() != out.Year():
		return DayYear(in) + " – " + DayYear(out)
	case in.Month() != out.Month():
		return Day(in) + " – " + Day(out)
	}
	return Day(in) + " – " + strconv.Itoa(out.Day())
}

// StayYear is Stay with the year: "Jun 12 – 17, 2027".
func StayYear(in, out time.Time) string {
	if in.Year() != out.Year() {
		return Stay(in, out)
	}
	return Stay(in, out) + ", " + strconv.Itoa(out.Year())
}

// Ago is "just now", "5 minutes ago", "yesterday" or "in 3 hours"; beyond a
// week it is the day.
func Ago(now, t time.Time) string {
	d := now.Sub(t)
	future := d < 0
	if future {
		d = -d
	}
	var text string
	switch {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		text = Plural(int(d/time.Minute), "minute", "minutes")
	case d < 24*time.Hour:
		text = Plural(int(d/time.Hour), "hour", "hours")
	case d < 7*24*time.Hour:
		text = Plural(int(d/(24*time.Hour)), "day", "days")
	case t.Year() == now.Year():
		return Day(t)
	default:
		return DayYear(t)
	}
	if future {
		return "in " + text
	}
	return text + " ago"
}

// Plural is "1 night" or "5 nights".
func Plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%s %s", Count(n), many)
}

// Count is "1,284".
func Count(n int) string {
	digits := strconv.Itoa(n)
	start := 1 // never a comma before the first digit
	if n < 0 {
		start = 2
	}
	for i := len(digits) - 3; i >= start; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
