package payout_test

import (
	"testing"
	"time"

	"hearth/internal/payout"
)

func TestStandings(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 6, 14, 12, 0, 0, 0, time.UTC)
	past, future := now.Add(-day), now.Add(day)
	id := payout.ID("x")
	for name, c := range map[string]struct {
		change func(*payout.Stay)
		want   payout.Standing
	}{
		"due":                              {func(*payout.Stay) {}, payout.Due},
		"released":                         {func(s *payout.Stay) { s.PayoutID, s.Disputed, s.CarriedAmount = &id, true, s.ShareAmount }, payout.Released},
		"more came to it later":            {func(s *payout.Stay) { s.PayoutID, s.CarriedAmount = &id, s.ShareAmount-100 }, payout.Due},
		"a debt is being netted":           {func(s *payout.Stay) { s.Collecting = true }, payout.Collecting},
		"disputed":                         {func(s *payout.Stay) { s.Disputed = true }, payout.Frozen},
		"being refunded":                   {func(s *payout.Stay) { s.Refunding = true }, payout.Refunding},
		"all refunded":                     {func(s *payout.Stay) { s.ShareAmount = 0 }, payout.Nothing},
		"the bank kept all":                {func(s *payout.Stay) { s.LostAmount = 10000 }, payout.Nothing},
		"the bank kept half":               {func(s *payout.Stay) { s.LostAmount = 5000 }, payout.Due},
		"before check-in":                  {func(s *payout.Stay) { s.CheckIn = now.AddDate(0, 0, 3) }, payout.Waiting},
		"check-in far away, paid long ago": {func(s *payout.Stay) { s.CheckIn, s.ChargedAt = now.AddDate(0, 0, 90), now.Add(-86*day) }, payout.Due},
		"not available yet":                {func(s *payout.Stay) { s.AvailableOn = &future }, payout.Settling},
		"availability unknown":             {func(s *payout.Stay) { s.AvailableOn = nil }, payout.Settling},
		"just came back":                   {func(s *payout.Stay) { at := now.Add(-time.Hour); s.ReturnedAt = &at }, payout.Returned},
		"came back yesterday":              {func(s *payout.Stay) { s.ReturnedAt = &past }, payout.Due},
		"no such zone":                     {func(s *payout.Stay) { s.TimeZone = "Moon/Tycho" }, payout.Due},
	} {
		s := payout.Stay{CheckIn: now.AddDate(0, 0, -2), TimeZone: "America/Los_Angeles", ChargedAt: now.Add(-9 * day), AvailableOn: &past,
			TotalAmount: 10000, FeeAmount: 1200, ShareAmount: 8800}
		c.change(&s)
		if got := s.Standing(now, 1); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	half := payout.Stay{TotalAmount: 10000, FeeAmount: 1200, ShareAmount: 8800, LostAmount: 5000, Currency: "usd"}
	if half.Share().Minor != 4400 {
		t.Errorf("the owner's half is %s", half.Share().Format())
	}
}

func TestTheDayOfReleaseIsTheHomesOwn(t *testing.T) {
	t.Parallel()
	s := payout.Stay{CheckIn: time.Date(2027, 3, 13, 0, 0, 0, 0, time.UTC), ChargedAt: time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)}
	for zone, want := range map[string]string{"America/Los_Angeles": "2027-03-14T08:00:00Z", "Pacific/Kiritimati": "2027-03-13T10:00:00Z", "UTC": "2027-03-14T00:00:00Z"} {
		s.TimeZone = zone
		if got := s.DueAt(1).UTC().Format(time.RFC3339); got != want {
			t.Errorf("%s: %s, want %s", zone, got, want)
		}
	}
}
