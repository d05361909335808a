// Package calendar knows which nights of a home are taken.
//
// A row of occupancies means taken: by a booking, or by the owner, who keeps
// nights for themselves (booking_id null). There is no status to read along;
// releasing is deleting, in the transaction of what released it. That two
// stays never share a night is the constraint occupancies_no_overlap's word
// alone: [Take] asks it by inserting. Nights are dates, not times: the night
// of June 12 ends on the day of June 13, which may be the next arrival's.
//
// Tables: occupancies.
package calendar

import (
	"time"

	"hearth/internal/fault"
)

// MaxNights is the longest stay that is understood at all.
const MaxNights = 365

// Stay is the nights from CheckIn up to, but not including, CheckOut. Both are
// midnights UTC that stand for dates in the home's own zone.
type Stay struct{ CheckIn, CheckOut time.Time }

// Nights counts the nights.
func (s Stay) Nights() int { return int(s.CheckOut.Sub(s.CheckIn) / day) }

// IsZero reports whether there are no dates.
func (s Stay) IsZero() bool { return s.CheckIn.IsZero() && s.CheckOut.IsZero() }

// Overlaps reports whether the two share a night.
func (s Stay) Overlaps(other Stay) bool {
	return s.CheckIn.Before(other.CheckOut) && other.CheckIn.Before(s.CheckOut)
}

const day = 24 * time.Hour

// ParseStay reads two ISO dates. Invalid with the fields check_in and
// check_out when they are no dates, or not in order, or absurdly far apart.
func ParseStay(in, out string) (Stay, error) {
	wrong := map[string]string{}
	checkIn, err := time.Parse(time.DateOnly, in)
	if err != nil {
		wrong["check_in"] = "Choose the day you arrive."
	}
	checkOut, err := time.Parse(time.DateOnly, out)
	if err != nil {
		wrong["check_out"] = "Choose the day you leave."
	}
	stay := Stay{checkIn, checkOut}
	if len(wrong) == 0 {
		if err := stay.check(); err != nil {
			return Stay{}, err
		}
		return stay, nil
	}
	return Stay{}, fault.Fields(wrong)
}

func (s Stay) check() error {
	switch {
	case !s.CheckOut.After(s.CheckIn):
		return fault.Field("check_out", "Choose a day after check-in.")
	case s.Nights() > MaxNights:
		return fault.Field("check_out", "A stay has at most %d nights.", MaxNights)
	}
	return nil
}

// Today is the date in a home's zone, as a midnight UTC. A zone that the
// machine does not know counts as UTC.
func Today(timeZone string, now time.Time) time.Time {
	zone, err := time.LoadLocation(timeZone)
	if err != nil {
		zone = time.UTC
	}
	year, month, date := now.In(zone).Date()
	return time.Date(year, month, date, 0, 0, 0, 0, time.UTC)
}
