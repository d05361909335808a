package payout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"hearth/internal/audit"
	"hearth/internal/booking"
	"hearth/internal/connect"
	"hearth/internal/fault"
	"hearth/internal/inbound"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"
	"hearth/internal/user"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Intervals are the schedules that can be chosen.
var Intervals = []string{"manual", "daily", "weekly", "monthly"}

// Weekdays are the anchors of a weekly schedule, as Stripe names them.
var Weekdays = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

// MinimumDelay asks for the shortest delay that Stripe allows the account.
const MinimumDelay = "minimum"

// Wish is a schedule that somebody asks for.
type Wish struct {
	Interval string // one of Intervals
	Anchor   string // of weekly one of Weekdays, of monthly 1 to 31; else ""
	Delay    string // days from a charge to its payout, or MinimumDelay; "" leaves it
}

func (w Wish) check() error {
	if !slices.Contains(Intervals, w.Interval) {
		return fault.Field("interval", "Choose manual, daily, weekly or monthly.")
	}
	wrong := map[string]string{}
	day, err := strconv.Atoi(w.Anchor)
	switch {
	case w.Interval == "weekly" && !slices.Contains(Weekdays, w.Anchor):
		wrong["weekday"] = "Choose a day of the week."
	case w.Interval == "monthly" && (err != nil || day < 1 || day > 31):
		wrong["day"] = "Choose a day of the month, 1 to 31."
	}
	if days, err := strconv.Atoi(w.Delay); w.Delay != "" && w.Delay != MinimumDelay && (err != nil || days < 0 || days > 31) {
		wrong["delay"] = "Enter a number of days up to 31, or leave it empty."
	}
	return fault.Fields(wrong)
}

func (w Wish) schedule() connect.Schedule {
	s := connect.Schedule{Interval: w.Interval, Anchor: w.Anchor}
	switch days, err := strconv.Atoi(w.Delay); {
	case w.Delay == MinimumDelay:
		s.DelayDays = new(int)
	case err == nil:
		s.DelayDays = &days
	}
	return s
}

// Change is a row of payout_schedules: a schedule that was asked of Stripe.
type Change struct {
	ID            string
	StripeAccount string
	UserID        user.ID
	Interval      string
	Anchor        string
	Delay         string
	Actor         string
	Status        string // planned, set, refused
	Failure       string
	RequestID     stripeapi.RequestID
	CreatedAt     time.Time
	FinishedAt    *time.Time
}

func (c Change) wish() Wish { return Wish{c.Interval, c.Anchor, c.Delay} }

const changeColumns = `s.id::text, s.stripe_account, s.user_id, s.interval, s.anchor, s.delay, s.actor, s.status, s.failure,
	s.request_id, s.created_at, s.finished_at`

// LastChange is the newest change of an account's schedule that was asked for;
// NotFound when there is none.
func LastChange(ctx context.Context, q postgres.Querier, acct string) (Change, error) {
	return postgres.One[Change](ctx, q, "Nobody has changed this schedule.", `SELECT `+changeColumns+` FROM payout_schedules s
		WHERE s.stripe_account = $1 ORDER BY s.created_at DESC, s.id DESC LIMIT 1`, acct)
}

// SetSchedule asks Stripe to pay an account out by another schedule. Owners may
// where the operator lets them (OwnersChoose), for their own account; an
// admin's reason is kept in the audit log. A change that Stripe has not
// answered yet is a Conflict; one that Stripe refuses is Invalid, with its
// words. When Stripe does not answer, the change stands as planned and the next
// run of the job goes on.
func (s *Service) SetSchedule(ctx context.Context, by booking.Actor, acct string, w Wish, reason string) error {
	if err := w.check(); err != nil {
		return err
	}
	a, err := connect.ByStripeID(ctx, s.DB, acct)
	if err != nil {
		return err
	}
	if err := s.maySchedule(by, a); err != nil {
		return err
	}
	var change Change
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		if err := connect.Lock(ctx, tx, a.UserID); err != nil {
			return err
		}
		if by.Kind == "admin" {
			entry := audit.Entry{ActorID: *by.ID, Act: "schedule", Target: "user:" + string(a.UserID), Reason: reason, IP: by.IP, Detail: w}
			if err := audit.Record(ctx, tx, entry, s.Now()); err != nil {
				return err
			}
		}
		change, err = s.planSchedule(ctx, tx, by, a, w)
		return err
	})
	if err != nil {
		return err
	}
	err = s.sendSchedule(ctx, change)
	if fault.Is(err, fault.Unavailable) {
		return nil // the job sends it
	}
	return err
}

func (s *Service) maySchedule(by booking.Actor, a connect.Account) error {
	switch {
	case by.ID == nil || (by.Kind != "owner" && by.Kind != "admin"), by.Kind == "owner" && *by.ID != a.UserID:
		return fault.New(fault.NotFound, "There is no such account.")
	case by.Kind == "owner" && !s.OwnersChoose:
		return fault.New(fault.Denied, "How payouts are scheduled is decided by the people who run this site. Write to us.")
	case a.Lost() || a.Rejected():
		return fault.New(fault.Conflict, "This account is closed: nothing can be scheduled.")
	}
	return nil
}

func (s *Service) planSchedule(ctx context.Context, tx pgx.Tx, by booking.Actor, a connect.Account, w Wish) (Change, error) {
	last, err := LastChange(ctx, tx, a.StripeAccountID)
	switch {
	case err == nil && last.Status == "planned":
		return last, fault.New(fault.Conflict, "The last change has not reached Stripe yet. Try again in a few minutes.")
	case err != nil && !fault.Is(err, fault.NotFound):
		return last, err
	}
	c := Change{ID: uuid.Must(uuid.NewV7()).String(), StripeAccount: a.StripeAccountID, UserID: a.UserID,
		Interval: w.Interval, Anchor: w.Anchor, Delay: w.Delay, Actor: by.Kind, Status: "planned"}
	c.RequestID, err = s.Stripe.Plan(ctx, tx, stripeapi.Planned{Purpose: stripeapi.ForSchedule, Path: stripeapi.AccountPath(a.StripeAccountID),
		Key: "schedule:" + c.ID, About: "user:" + string(a.UserID), Params: stripeapi.ScheduleParams(w).Values()})
	if err != nil {
		return c, err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO payout_schedules (id, stripe_account, user_id, interval, anchor, delay, actor, actor_id, status, request_id, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'planned', $9, $10)`,
		c.ID, c.StripeAccount, c.UserID, c.Interval, c.Anchor, c.Delay, c.Actor, by.ID, c.RequestID, s.Now())
	if err != nil {
		return c, fmt.Errorf("plan the payout schedule of %s: %w", c.StripeAccount, err)
	}
	return c, nil
}

// sendSchedule sends a planned change and keeps how it ended. What Stripe then
// shows, if it shows it at all, comes with the look at the account.
func (s *Service) sendSchedule(ctx context.Context, c Change) error {
	outcome, err := s.Stripe.Send(ctx, c.RequestID)
	if stripeapi.Over(err) { // it may have been set or not: asking once more is harmless
		return s.endSchedule(ctx, c, "refused", "Stripe did not answer in time. Set it again.", true)
	}
	if err != nil {
		return fmt.Errorf("send the payout schedule of %s: %w", c.StripeAccount, err)
	}
	if outcome.Refused() {
		if err := s.endSchedule(ctx, c, "refused", outcome.Message, false); err != nil {
			return err
		}
		return fault.Field("", "Stripe did not take this schedule: %s", outcome.Message)
	}
	return s.endSchedule(ctx, c, "set", "", false)
}

func (s *Service) endSchedule(ctx context.Context, c Change, status, failure string, abandon bool) error {
	now := s.Now()
	return postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE payout_schedules SET status = $2, failure = $3, finished_at = $4 WHERE id = $1 AND status = 'planned'`,
			c.ID, status, failure, now)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		if abandon {
			if _, err := stripeapi.Abandon(ctx, tx, c.RequestID, failure, now); err != nil {
				return err
			}
		}
		if status == "set" {
			if err := connect.ScheduleSet(ctx, tx, c.StripeAccount, c.wish().schedule(), now); err != nil {
				return err
			}
		}
		return s.Inbox.Nudge(ctx, tx, inbound.SourceOwn, inbound.Subject{Kind: inbound.Account, ID: c.StripeAccount}, c.ID)
	})
}

// resumeSchedules sends the changes whose answer nobody heard.
func (s *Service) resumeSchedules(ctx context.Context, run *Run) error {
	all, err := postgres.All[Change](ctx, s.DB, `SELECT `+changeColumns+` FROM payout_schedules s JOIN stripe_requests r ON r.id = s.request_id
		WHERE s.status = 'planned' AND r.livemode = $1 ORDER BY s.id`, s.Stripe.Livemode())
	if err != nil {
		return fmt.Errorf("find open payout schedules: %w", err)
	}
	var troubles []error
	for _, c := range all {
		run.Resumed++
		if err := s.sendSchedule(ctx, c); err != nil && !fault.Is(err, fault.Invalid) {
			troubles = append(troubles, err)
		}
	}
	return errors.Join(troubles...)
}
