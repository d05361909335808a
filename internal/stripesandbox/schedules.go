package stripesandbox

import "time"

// minimumDelay is how many business days a payer's money stays pending at least.
const minimumDelay = 2

// settles is when money taken now becomes available to the account that
// settles it: so many business days later as its schedule delays.
func (s *Server) settles(scope string) int64 {
	return businessDays(s.now, int(s.schedule(scope).DelayDays))
}

// schedule is when an account is paid out.
func (s *Server) schedule(scope string) Schedule {
	if a, ok := s.accounts.get(scope); ok {
		return a.Settings.Payouts.Schedule
	}
	return s.config().PlatformSchedule
}

// readSchedule reads settings[payouts][schedule] over what there is.
func (c *call) readSchedule(old Schedule) Schedule {
	const key = "settings[payouts][schedule]"
	sc := Schedule{Interval: orElse(c.str(key+"[interval]"), old.Interval), DelayDays: old.DelayDays}
	switch v := c.str(key + "[delay_days]"); v {
	case "":
	case "minimum":
		sc.DelayDays = minimumDelay
	default:
		sc.DelayDays = c.int(key + "[delay_days]")
		if sc.DelayDays < minimumDelay || sc.DelayDays > 31 {
			c.fail(invalid("", key+"[delay_days]", "Invalid delay_days: must be between %d and 31.", minimumDelay))
		}
	}
	weekly, monthly := c.str(key+"[weekly_anchor]"), c.int(key+"[monthly_anchor]")
	switch sc.Interval {
	case "weekly":
		sc.WeeklyAnchor = orElse(weekly, orElse(old.WeeklyAnchor, "monday"))
	case "monthly":
		sc.MonthlyAnchor = monthly
		if monthly == 0 {
			sc.MonthlyAnchor = max(old.MonthlyAnchor, 1)
		}
		if monthly < 0 || monthly > 31 {
			c.fail(invalid("", key+"[monthly_anchor]", "Invalid monthly_anchor: must be between 1 and 31."))
		}
	}
	if weekly != "" && sc.Interval != "weekly" {
		c.fail(invalid("", key+"[weekly_anchor]", "You cannot set weekly_anchor unless the interval is weekly."))
	}
	if monthly != 0 && sc.Interval != "monthly" {
		c.fail(invalid("", key+"[monthly_anchor]", "You cannot set monthly_anchor unless the interval is monthly."))
	}
	return sc
}

// scheduleAutoPayout sets the next automatic payout of an account, or moves it
// when the schedule is another one now.
func (s *Server) scheduleAutoPayout(scope string) {
	if scope != "" && s.accounts.byID[scope] == nil {
		return // an outside
	}
	when := nextPayout(s.schedule(scope), s.now)
	t, ok := s.timers.get(timerAutoPayout + ":" + scope)
	switch {
	case when == 0:
		s.stop(timerAutoPayout, scope)
	case !ok || t.At > s.now && t.At != when: // one that is due now goes first
		s.at(when, timerAutoPayout, scope)
	}
}

// nextPayout is the next midnight UTC a schedule names; 0 for manual.
func nextPayout(sc Schedule, now int64) int64 {
	if sc.Interval == "manual" {
		return 0
	}
	for at := midnight(now) + day; ; at += day {
		t := time.Unix(at, 0).UTC()
		weekend := t.Weekday() == time.Saturday || t.Weekday() == time.Sunday
		switch {
		case sc.Interval == "daily" && !weekend,
			sc.Interval == "weekly" && weekdays[t.Weekday()] == orElse(sc.WeeklyAnchor, "monday"),
			sc.Interval == "monthly" && monthlyOn(t, sc.MonthlyAnchor):
			return at
		}
	}
}

var weekdays = [...]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// monthlyOn says whether t is the anchor day, or the last of a month too short for it.
func monthlyOn(t time.Time, anchor int64) bool {
	last := t.AddDate(0, 0, 1).Month() != t.Month()
	return int64(t.Day()) == max(anchor, 1) || last && int64(t.Day()) < anchor
}

// autoPayout pays out what is available, or debits the bank for what is
// missing, and comes back as long as there is a balance.
func (s *Server) autoPayout(scope string) error {
	a := s.accounts.byID[scope]
	if a != nil && (!a.PayoutsEnabled || a.PayoutsOff || a.Disconnected) {
		return nil // what switches payouts on again asks again
	}
	again := false
	for _, id := range s.balances.order {
		b := s.balances.byID[id]
		if b == nil || b.Scope != scope || b.ID != scope+"|"+b.Currency {
			continue
		}
		if b.Available > 0 || b.Available < 0 && (a == nil || a.Settings.Payouts.DebitNegative) {
			ba, err := s.payoutBank(scope, "", b.Currency)
			if err != nil {
				return nil // a new bank account asks again
			}
			s.startPayout(scope, &Payout{Amount: b.Available, Currency: b.Currency, Automatic: true, Description: "STRIPE PAYOUT"}, ba)
		}
		again = again || b.Pending != 0
	}
	if again {
		s.scheduleAutoPayout(scope)
	}
	return nil
}

// watchDebt starts the wait for a platform to pay what its owner owes, and ends
// it when the owner no longer does.
func (s *Server) watchDebt(b *Balance) {
	a, ok := s.accounts.get(b.Scope)
	owes := ok && a.Type != "standard" && b.Available+b.Pending < 0
	switch waits := s.waiting(timerCollect, b.ID); {
	case owes && !waits:
		s.at(s.now+collectAfter, timerCollect, b.ID)
	case !owes && waits:
		s.stop(timerCollect, b.ID)
	}
}

// collectAfter is how long an account that the platform answers for may be below zero.
const collectAfter = 180 * day

// collect lets the platform pay what one of its accounts has owed for too long.
func (s *Server) collect(id string) error {
	b, ok := s.balances.get(id)
	if !ok || b.Available+b.Pending >= 0 {
		return nil
	}
	owed := -(b.Available + b.Pending)
	const kind, what = "connect_collection_transfer", "Connect collection transfer"
	s.post("", entry{kind: kind, category: kind, amount: -owed, currency: b.Currency, description: what + " to " + b.Scope})
	s.post(b.Scope, entry{kind: kind, category: kind, amount: owed, currency: b.Currency, description: what})
	return nil
}
