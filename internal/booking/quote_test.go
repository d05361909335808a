package booking_test

import (
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/calendar"
	"hearth/internal/fault"
	"hearth/internal/listing"
	"hearth/internal/money"

	"pgregory.net/rapid"
)

var june = time.Date(2027, 6, 1, 18, 0, 0, 0, time.UTC)

func home() listing.Listing {
	return listing.Listing{ID: "home", OwnerID: "owner", Status: listing.Published, TimeZone: "America/Los_Angeles", Guests: 4, Currency: "usd",
		NightlyPrice: 20000, CleaningFee: 8000, WeeklyDiscountBPS: 1000, MonthlyDiscountBPS: 2500, MinNights: 2, MaxNights: 40,
		CheckInFrom: "15:00", CheckOutBy: "11:00", CancellationPolicy: listing.Moderate}
}

func stay(in, nights int) calendar.Stay {
	start := time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, in)
	return calendar.Stay{CheckIn: start, CheckOut: start.AddDate(0, 0, nights)}
}

func TestPrice(t *testing.T) {
	for name, c := range map[string]struct {
		nights                     int
		discount, total, feeAmount int64
	}{
		"plain":   {5, 0, 108000, 12960},
		"weekly":  {7, 14000, 134000, 16080},
		"monthly": {28, 140000, 428000, 51360},
	} {
		q, err := booking.Price(home(), stay(10, c.nights), 2, 1200, june)
		if err != nil {
			t.Fatal(err)
		}
		if q.DiscountAmount != c.discount || q.TotalAmount != c.total || q.FeeAmount != c.feeAmount || (q.DiscountName == "") != (c.discount == 0) {
			t.Errorf("%s: %+v", name, q)
		}
	}
}

func TestPriceSaysWhichFieldIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		stay   calendar.Stay
		guests int
		field  string
	}{
		"no dates":       {calendar.Stay{}, 2, "check_in"},
		"backwards":      {calendar.Stay{CheckIn: stay(5, 1).CheckOut, CheckOut: stay(5, 1).CheckIn}, 2, "check_out"},
		"past":           {stay(-1, 3), 2, "check_in"},
		"too short":      {stay(5, 1), 2, "check_out"},
		"too long":       {stay(5, 41), 2, "check_out"},
		"too far":        {stay(530, 20), 2, "check_out"},
		"nobody":         {stay(5, 3), 0, "guests"},
		"too many guest": {stay(5, 3), 5, "guests"},
	} {
		_, err := booking.Price(home(), c.stay, c.guests, 1200, june)
		f, ok := fault.Of(err)
		if !ok || f.Kind != fault.Invalid || f.Fields[c.field] == "" {
			t.Errorf("%s: %v, want a message for %s", name, err, c.field)
		}
	}
}

// The day is the home's: at 18:00 UTC it is still June 1 in California and
// already June 2 in Auckland.
func TestPastIsJudgedInTheHomesZone(t *testing.T) {
	if _, err := booking.Price(home(), stay(0, 3), 2, 0, june); err != nil {
		t.Errorf("today in California: %v", err)
	}
	l := home()
	l.TimeZone = "Pacific/Auckland"
	if _, err := booking.Price(l, stay(0, 3), 2, 0, june); err == nil {
		t.Error("yesterday in Auckland can be booked")
	}
}

func TestPartsSumToTheTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := home()
		l.NightlyPrice = rapid.Int64Range(1, 1e9).Draw(t, "nightly")
		l.CleaningFee = rapid.Int64Range(0, 1e8).Draw(t, "cleaning")
		l.WeeklyDiscountBPS = money.BasisPoints(rapid.Int64Range(0, 9000).Draw(t, "weekly"))
		fee := money.BasisPoints(rapid.Int64Range(0, 10_000).Draw(t, "fee"))
		q, err := booking.Price(l, stay(3, rapid.IntRange(2, 40).Draw(t, "nights")), 1, fee, june)
		if err != nil {
			t.Fatal(err)
		}
		if q.TotalAmount != q.StayAmount-q.DiscountAmount+q.CleaningAmount || q.FeeAmount < 0 || q.FeeAmount > q.TotalAmount {
			t.Fatalf("%+v", q)
		}
		b := booked(q)
		if b.OwnerAmount().Add(b.Fee()) != b.Total() {
			t.Fatalf("owner %v and fee %v are not %v", b.OwnerAmount(), b.Fee(), b.Total())
		}
	})
}

func booked(q booking.Quote) booking.Booking {
	return booking.Booking{CheckIn: q.Stay.CheckIn, CheckOut: q.Stay.CheckOut, Currency: q.Currency, StayAmount: q.StayAmount,
		DiscountAmount: q.DiscountAmount, CleaningAmount: q.CleaningAmount, TotalAmount: q.TotalAmount, FeeAmount: q.FeeAmount,
		Policy: q.Policy, TimeZone: "America/Los_Angeles", CheckInFrom: "15:00", CheckOutBy: "11:00"}
}

func TestRefundsFollowThePolicy(t *testing.T) {
	const total, nights, cleaning = 108000, 100000, 8000
	for _, c := range []struct {
		policy listing.Policy
		before time.Duration // check-in
		want   int64
	}{
		{listing.Flexible, 25 * time.Hour, total},
		{listing.Flexible, 23 * time.Hour, total - 20000},
		{listing.Flexible, time.Minute, total - 20000},
		{listing.Moderate, 121 * time.Hour, total},
		{listing.Moderate, 119 * time.Hour, nights/2 + cleaning},
		{listing.Strict, 15 * 24 * time.Hour, total},
		{listing.Strict, 13 * 24 * time.Hour, nights/2 + cleaning},
		{listing.Strict, 6 * 24 * time.Hour, cleaning},
		{listing.Strict, -time.Minute, 0},
		{listing.Flexible, 0, 0},
	} {
		q, err := booking.Price(home(), stay(60, 5), 2, 1200, june)
		if err != nil {
			t.Fatal(err)
		}
		b := booked(q)
		b.Policy = c.policy
		got := booking.RefundFor(b, b.CheckInAt().Add(-c.before))
		if got.Amount.Minor != c.want || got.Amount.Add(got.Kept) != b.Total() {
			t.Errorf("%s, %v before check-in: %+v, want %d", c.policy, c.before, got, c.want)
		}
		if name := got.Deadline.Location().String(); !got.Deadline.IsZero() && name != "America/Los_Angeles" {
			t.Errorf("the deadline is told in %s", name)
		}
	}
}

// A deadline is a wall-clock time: five days before 15:00 is 15:00, also over
// the night when the clocks change.
func TestDeadlinesKeepTheWallClock(t *testing.T) {
	b := booked(booking.Quote{Stay: calendar.Stay{CheckIn: time.Date(2027, 3, 16, 0, 0, 0, 0, time.UTC), CheckOut: time.Date(2027, 3, 18, 0, 0, 0, 0, time.UTC)},
		Currency: "usd", StayAmount: 40000, TotalAmount: 40000, Policy: listing.Moderate})
	deadline := booking.RefundFor(b, time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)).Deadline
	if got := deadline.Format("Jan 2 15:04 MST"); got != "Mar 11 15:00 PST" {
		t.Errorf("the deadline is %s", got)
	}
}

// Waiting never pays: what the policy returns only falls with time.
func TestRefundsFallWithTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, err := booking.Price(home(), stay(60, rapid.IntRange(2, 40).Draw(t, "nights")), 2, 1200, june)
		if err != nil {
			t.Fatal(err)
		}
		b := booked(q)
		b.Policy = rapid.SampledFrom(listing.Policies).Draw(t, "policy")
		hours := rapid.IntRange(-100, 1000)
		one, two := hours.Draw(t, "one"), hours.Draw(t, "two")
		early, late := max(one, two), min(one, two)
		at := func(h int) int64 {
			return booking.RefundFor(b, b.CheckInAt().Add(-time.Duration(h)*time.Hour)).Amount.Minor
		}
		if at(early) < at(late) {
			t.Fatalf("%d hours before: %d, %d hours before: %d", early, at(early), late, at(late))
		}
	})
}
