package checkout

import (
	"cmp"
	"context"
	"fmt"

	"hearth/internal/booking"
	"hearth/internal/payment"
	"hearth/internal/task"

	"github.com/jackc/pgx/v5"
)

// tellRefunds mails about refunds that Stripe took on or lost since, for the
// booking as it is now, and opens and closes the tasks about failed ones.
func (s *Service) tellRefunds(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment, before []payment.Refund) ([]string, error) {
	refunds, err := payment.RefundsOf(ctx, tx, p.ID)
	if err != nil {
		return nil, err
	}
	was := map[string]string{}
	for _, r := range before {
		was[r.ID] = r.Status
	}
	var changes []string
	for _, r := range refunds {
		if was[r.ID] == r.Status {
			continue
		}
		changes = append(changes, fmt.Sprintf("refund of %s %s", r.Money().Format(), r.Status))
		switch r.Status {
		case "succeeded", "pending":
			err = s.refundGoes(ctx, tx, b, r)
		case "failed", "canceled":
			err = s.refundReturned(ctx, tx, b, r)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(changes) == 0 {
		return nil, nil
	}
	return changes, s.closeMended(ctx, tx, refunds)
}

func refundMail(r payment.Refund) map[string]any {
	return map[string]any{"amount": r.Amount, "currency": string(r.Currency), "reason": r.Reason, "reference": r.StripeID(),
		"bank_reference": r.Reference, "share": r.ReversedAmount - r.FeeRefunded + r.OwnerDebt}
}

// refundGoes tells both sides, once. Who made it at Stripe's Dashboard is
// nobody whom the tenant knows.
func (s *Service) refundGoes(ctx context.Context, tx pgx.Tx, b booking.Booking, r payment.Refund) error {
	data := refundMail(r)
	if err := s.tellOwner(ctx, tx, b, "refund_owner", r.ID, data); err != nil {
		return err
	}
	data = refundMail(r)
	if r.Cause == "stripe" {
		delete(data, "reason")
	}
	return s.Notify.Enqueue(ctx, tx, mail("refund_tenant", b, b.TenantID, r.ID, data))
}

// refundReturned tells the tenant that their bank did not take the money, and
// the admins to find another way.
func (s *Service) refundReturned(ctx context.Context, tx pgx.Tx, b booking.Booking, r payment.Refund) error {
	data := refundMail(r)
	delete(data, "reason")
	if err := s.Notify.Enqueue(ctx, tx, mail("refund_failed_tenant", b, b.TenantID, r.ID, data)); err != nil {
		return err
	}
	return s.refundFailed(ctx, tx, b, r, r.FailureReason)
}

// refundFailed tells the admins and opens the task. A refund that Stripe
// refused has moved nothing: the owner is not paid out until somebody has
// looked, for the tenant's money is in their balance.
func (s *Service) refundFailed(ctx context.Context, tx pgx.Tx, b booking.Booking, r payment.Refund, why string) error {
	refused := r.StripeID() == ""
	detail := "The tenant's bank returned it (" + cmp.Or(why, "no reason given") + "). Owner and fee stay reversed, and we hold the money. Refund again, or pay the tenant in another way and write down how."
	if refused {
		detail = "Stripe refused it (" + cmp.Or(why, "no reason given") + "). Nothing has moved. Mend the cause and refund again."
	}
	_, err := task.Open(ctx, tx, task.Task{Key: failedKey(r), BookingID: &r.BookingID, ObjectID: r.StripeID(), Freezes: refused,
		Title: "A refund of " + r.Money().Format() + " failed: " + b.Code, Detail: detail, Href: "/admin/bookings/" + b.Code}, s.Now())
	if err != nil {
		return err
	}
	data := refundMail(r)
	data["reason"] = why
	return s.Notify.EnqueueAdmins(ctx, tx, "refund_failed_admin:"+r.ID, "refund_failed_admin", r.BookingID, data)
}

func failedKey(r payment.Refund) string { return "refund_failed:" + r.ID }

// closeMended closes the tasks of failed refunds whose money later refunds have
// brought, the oldest first: what mends one mends no other.
func (s *Service) closeMended(ctx context.Context, tx pgx.Tx, refunds []payment.Refund) error {
	used := make([]int64, len(refunds))
	for i, failed := range refunds {
		if !failed.Dead() {
			continue
		}
		missing, with := failed.Amount, make([]int64, len(refunds))
		for j, later := range refunds {
			if j > i && later.Status == "succeeded" {
				with[j] = min(missing, later.Amount-used[j])
				missing -= with[j]
			}
		}
		if missing > 0 {
			continue
		}
		for j := range used {
			used[j] += with[j]
		}
		if _, err := task.Close(ctx, tx, failedKey(failed), "A later refund brought the money", s.Now()); err != nil {
			return err
		}
	}
	return nil
}
