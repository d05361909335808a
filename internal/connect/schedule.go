package connect

import (
	"context"
	"fmt"
	"time"

	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
)

// Manual is the interval of an account that is paid out only when asked.
// Accounts are made so.
const Manual = "manual"

// Automatic reports whether Stripe pays the account out by itself.
func (a Account) Automatic() bool { return a.PayoutInterval != "" && a.PayoutInterval != Manual }

// Schedule is when an account is paid out. Express accounts show theirs only
// until the first account link was made: from then on it is what Stripe last
// accepted from us.
type Schedule struct {
	Interval  string // manual, daily, weekly, monthly
	Anchor    string // of weekly a weekday, of monthly a day of the month
	DelayDays *int
	ShownAt   *time.Time // when Stripe last showed it
	SetAt     *time.Time // when Stripe last accepted one from us
}

// Automatic reports whether Stripe pays out by itself.
func (s Schedule) Automatic() bool { return s.Interval != Manual }

// Shown reports whether it is Stripe's own present word, and not only what it
// accepted.
func (s Schedule) Shown() bool {
	return s.ShownAt != nil && (s.SetAt == nil || !s.ShownAt.Before(*s.SetAt))
}

// ScheduleOf reads an account's schedule.
func ScheduleOf(ctx context.Context, q postgres.Querier, acct string) (Schedule, error) {
	return postgres.One[Schedule](ctx, q, missing, `
		SELECT coalesce(nullif(payout_interval, ''), 'manual') AS interval, payout_anchor AS anchor, payout_delay_days AS delay_days,
			schedule_shown_at AS shown_at, schedule_set_at AS set_at
		FROM connected_accounts WHERE stripe_account_id = $1`, acct)
}

// SeeSchedule writes what a look at the account showed of its schedule, if it
// did. It comes after [Apply].
func SeeSchedule(ctx context.Context, tx pgx.Tx, id ID, seen stripeapi.Schedule, now time.Time) error {
	if seen.Interval == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE connected_accounts SET payout_interval = $2, payout_anchor = $3,
		payout_delay_days = nullif($4, 0), schedule_shown_at = $5 WHERE id = $1`, id, seen.Interval, seen.Anchor, seen.DelayDays, now)
	if err != nil {
		return fmt.Errorf("see the payout schedule of account %s: %w", id, err)
	}
	return nil
}

// ScheduleSet writes a schedule that Stripe has accepted from us. DelayDays nil
// leaves what is known of the delay, 0 is Stripe's least.
func ScheduleSet(ctx context.Context, tx pgx.Tx, acct string, s Schedule, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE connected_accounts SET payout_interval = $2, payout_anchor = $3,
		payout_delay_days = CASE WHEN $4::int IS NULL THEN payout_delay_days ELSE nullif($4::int, 0) END, schedule_set_at = $5 WHERE stripe_account_id = $1`,
		acct, s.Interval, s.Anchor, s.DelayDays, now)
	if err != nil {
		return fmt.Errorf("set the payout schedule of %s: %w", acct, err)
	}
	return nil
}
