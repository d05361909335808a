package stripeapi

import "net/url"

// ForSchedule is what requests that set a payout schedule are for.
const ForSchedule = "account_schedule"

// AccountPath changes an account.
func AccountPath(account string) string { return at(AccountsPath, account) }

// Schedule is when Stripe pays an account out. Express accounts show theirs
// only until the first account link was made: "" and 0 are not shown.
type Schedule struct {
	Interval  string // manual, daily, weekly, monthly
	Anchor    string // of weekly a weekday, of monthly a day of the month
	DelayDays int    // how long a charge's money is pending
}

// ScheduleParams ask for another schedule.
type ScheduleParams struct {
	Interval string
	Anchor   string // "" leaves it to Stripe
	Delay    string // a number of days, or minimum; "" leaves it
}

// Values are the parameters as they are sent. Only the anchor of the interval
// may be named.
func (p ScheduleParams) Values() url.Values {
	const key = "settings[payouts][schedule]"
	v := url.Values{key + "[interval]": {p.Interval}}
	switch p.Interval {
	case "weekly":
		set(v, key+"[weekly_anchor]", p.Anchor)
	case "monthly":
		set(v, key+"[monthly_anchor]", p.Anchor)
	}
	set(v, key+"[delay_days]", p.Delay)
	return v
}

// scheduleJSON is settings.payouts.schedule.
type scheduleJSON struct {
	Interval      string `json:"interval"`
	DelayDays     int    `json:"delay_days"`
	WeeklyAnchor  string `json:"weekly_anchor"`
	MonthlyAnchor int64  `json:"monthly_anchor"`
}

func schedule(s scheduleJSON) Schedule {
	out := Schedule{Interval: s.Interval, Anchor: s.WeeklyAnchor, DelayDays: s.DelayDays}
	if s.MonthlyAnchor > 0 {
		out.Anchor = digits(s.MonthlyAnchor)
	}
	return out
}
