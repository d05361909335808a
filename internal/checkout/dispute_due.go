package checkout

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"hearth/internal/booking"
	"hearth/internal/payment"
	"hearth/internal/task"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
)

const (
	disputeDue = "dispute_due"
	day        = 24 * time.Hour
)

// reminders are how many days before the bank's date somebody is reminded, the
// last one first.
var reminders = []int{1, 3}

// RemindDisputes opens a task, and mails the admins, three days before a
// dispute's time to answer ends and again on its last day, while the bank waits
// for an answer; and it closes those that are over. Whoever comes late reminds
// of what is next.
func (s *Service) RemindDisputes(ctx context.Context) error {
	ids, err := payment.DisputesDue(ctx, s.DB, s.Now().Add(time.Duration(reminders[len(reminders)-1])*day), disputeDue)
	if err != nil {
		return err
	}
	var failed []error
	for _, id := range ids {
		err := s.onDispute(ctx, id, func(tx pgx.Tx, b booking.Booking, _ payment.Payment, d payment.Dispute) error {
			return s.remind(ctx, tx, b, d)
		})
		if err != nil {
			failed = append(failed, fmt.Errorf("remind of dispute %s: %w", id, err))
		}
	}
	return errors.Join(failed...)
}

// remind leaves the one reminder open whose time it is, if any is.
func (s *Service) remind(ctx context.Context, tx pgx.Tx, b booking.Booking, d payment.Dispute) error {
	key, over := s.reminder(d)
	tasks, err := task.OfBooking(ctx, tx, string(b.ID))
	if err != nil {
		return err
	}
	for _, t := range tasks {
		if t.Kind != disputeDue || t.ObjectID != d.ID || t.Key == key || !t.Open() {
			continue
		}
		if _, err := task.Close(ctx, tx, t.Key, over, s.Now()); err != nil {
			return err
		}
	}
	if key == "" {
		return nil
	}
	id := string(b.ID)
	opened, err := task.Open(ctx, tx, task.Task{Key: key, BookingID: &id, ObjectID: d.ID, DueAt: d.DueBy, Href: "/admin/disputes/" + d.ID,
		Title: "A dispute waits for an answer: " + b.Code, Detail: dueDetail(d)}, s.Now())
	if err != nil || !opened {
		return err
	}
	return s.Notify.EnqueueAdmins(ctx, tx, "dispute_due_admin:"+key, "dispute_due_admin", id,
		map[string]any{"amount": d.Amount, "currency": string(d.Currency), "reason": spoken(d.Reason), "reference": d.ID, "due_by": *d.DueBy})
}

// reminder is the key of the reminder whose time it is; "" when there is none,
// or none any more. Over says what has become of earlier ones. Only the bank's
// state counts: an inquiry that was answered and then became a chargeback wants
// an answer again. A new date begins anew.
func (s *Service) reminder(d payment.Dispute) (key, over string) {
	switch {
	case !d.Answerable():
		return "", "The bank waits for no answer any more: the dispute is " + spoken(d.Status) + "."
	case d.DueBy == nil:
		return "", "The bank has set no date."
	case !s.Now().Before(*d.DueBy):
		return "", "The time to answer is over."
	}
	for _, days := range reminders {
		if !s.Now().Before(d.DueBy.Add(-time.Duration(days) * day)) {
			return fmt.Sprintf("%s:%s:%s:%d", disputeDue, d.ID, d.DueBy.UTC().Format(time.DateOnly), days), "A later reminder has taken its place."
		}
	}
	return "", "The bank has given more time."
}

func dueDetail(d payment.Dispute) string {
	text := fmt.Sprintf("%s, %s. The bank wants the evidence by %s.", spoken(d.Reason), d.Money().Format(), evidenceTime(*d.DueBy))
	if d.HasEvidence {
		text += " Evidence is kept at Stripe, but the bank gets it only when you submit it."
	}
	if d.Inquiry() {
		return text + " Without an answer it may become a chargeback."
	}
	return text + " What is not answered by then is lost."
}

// spoken is one of Stripe's words as people write it.
func spoken(word string) string { return strings.ReplaceAll(word, "_", " ") }

// RemindArgs is the periodic job that reminds of disputes.
type RemindArgs struct{}

// Kind names the job.
func (RemindArgs) Kind() string { return "remind_disputes" }

// RemindWorker runs [Service.RemindDisputes].
type RemindWorker struct {
	river.WorkerDefaults[RemindArgs]
	Checkout *Service
}

// Work runs once an hour.
func (w *RemindWorker) Work(ctx context.Context, _ *river.Job[RemindArgs]) error {
	return w.Checkout.RemindDisputes(ctx)
}
