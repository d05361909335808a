package listing

import (
	"time"

	"hearth/internal/money"
)

// Policy is what a tenant gets back when they cancel. The rules are data: the
// sentence people read, the preview before the click and the refund itself
// come from the same stages.
type Policy string

// The policies.
const (
	Flexible Policy = "flexible"
	Moderate Policy = "moderate"
	Strict   Policy = "strict"
)

// Policies in the order in which they are offered.
var Policies = []Policy{Flexible, Moderate, Strict}

// Stage is what is kept when a stay is cancelled at least DaysBefore days
// before check-in, at the home's local check-in time. What is kept is counted
// in whole nights or as a share of the nights' price; the cleaning fee is
// always returned before check-in.
type Stage struct {
	DaysBefore int
	KeepNights int
	Keep       money.BasisPoints
}

// Stages in order, the most generous first. After check-in nothing is
// refunded by the policy, whatever it is.
func (p Policy) Stages() []Stage {
	switch p {
	case Flexible:
		return []Stage{{DaysBefore: 1}, {KeepNights: 1}}
	case Moderate:
		return []Stage{{DaysBefore: 5}, {Keep: 5000}}
	case Strict:
		return []Stage{{DaysBefore: 14}, {DaysBefore: 7, Keep: 5000}, {Keep: money.Whole}}
	}
	return []Stage{{Keep: money.Whole}}
}

// Known reports whether the policy is one of ours.
func (p Policy) Known() bool { return p == Flexible || p == Moderate || p == Strict }

// Name is the policy's name on pages.
func (p Policy) Name() string {
	return map[Policy]string{Flexible: "Flexible", Moderate: "Moderate", Strict: "Strict"}[p]
}

// Sentence is what the tenant reads and agrees to; it is stored with the
// booking, word for word.
func (p Policy) Sentence() string {
	const after = " Nothing is refunded after check-in."
	switch p {
	case Flexible:
		return "Full refund until 1 day before check-in. After that the first night is kept and the rest is refunded." + after
	case Moderate:
		return "Full refund until 5 days before check-in. After that half of the nights and the cleaning fee are refunded." + after
	case Strict:
		return "Full refund until 14 days before check-in. Until 7 days before, half of the nights and the cleaning fee are refunded; after that only the cleaning fee." + after
	}
	return ""
}

// CheckInAt is the moment of check-in: a date and a time of day, "15:00", in
// the home's own time zone.
func CheckInAt(date time.Time, timeOfDay, zone string) time.Time {
	location, err := time.LoadLocation(zone)
	if err != nil {
		location = time.UTC
	}
	clock, err := time.Parse("15:04", timeOfDay)
	if err != nil {
		clock = time.Time{}.Add(15 * time.Hour)
	}
	return time.Date(date.Year(), date.Month(), date.Day(), clock.Hour(), clock.Minute(), 0, 0, location)
}
