package booking_test

import (
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/listing"
)

// An owner has a day, and never longer than until check-in or half of Stripe's
// hold.
func TestAnswerBy(t *testing.T) {
	held := time.Date(2027, 6, 1, 18, 0, 0, 0, time.UTC)
	far, near := held.AddDate(0, 0, 20), time.Date(2027, 6, 2, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		checkIn time.Time
		hold    time.Duration
		want    time.Time
	}{
		"a day":                 {far, 7 * 24 * time.Hour, held.Add(24 * time.Hour)},
		"half of the hold":      {far, 10 * time.Hour, held.Add(5 * time.Hour)},
		"check-in the next day": {near, 7 * 24 * time.Hour, time.Date(2027, 6, 2, 15, 0, 0, 0, time.UTC)},
	} {
		b := booking.Booking{CheckIn: c.checkIn, CheckInFrom: "15:00", TimeZone: "UTC"}
		if got := b.AnswerBy(held, held.Add(c.hold)); !got.Equal(c.want) {
			t.Errorf("%s: answer by %s, want %s", name, got, c.want)
		}
	}
}

// There is no asking when nobody could answer before check-in.
func TestARequestNeedsTimeToBeAnswered(t *testing.T) {
	l := home() // check-in from 15:00
	for hour, want := range map[int]bool{11: true, 13: false} {
		now := time.Date(2027, 6, 1, hour+7, 0, 0, 0, time.UTC) // in California
		l.BookingMode = listing.OnRequest
		if _, err := booking.Price(l, stay(0, 3), 2, 0, now); (err == nil) != want {
			t.Errorf("asked at %d:00 for the same day: %v", hour, err)
		}
		l.BookingMode = listing.Instant
		if _, err := booking.Price(l, stay(0, 3), 2, 0, now); err != nil {
			t.Errorf("booked at %d:00 for the same day: %v", hour, err)
		}
	}
}
