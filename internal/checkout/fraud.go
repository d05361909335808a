package checkout

import (
	"context"
	"slices"
	"time"

	"hearth/internal/booking"
	"hearth/internal/payment"
	"hearth/internal/stripeapi"
	"hearth/internal/task"

	"github.com/jackc/pgx/v5"
)

const (
	fraudWarning = "fraud_warning"
	// warningDue is how soon somebody should look: the sooner the money goes
	// back, the likelier no dispute follows.
	warningDue = 48 * time.Hour
)

// onFraudWarning notes a card issuer's word that the payment is likely fraud.
// Somebody has to look, and until then nothing of it is paid out: the money for
// the refund is still there. A warning that needs nothing any more ends its
// task; one that never needed anything begins none.
func (s *Service) onFraudWarning(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment, w stripeapi.EarlyFraudWarning) error {
	first, err := payment.SaveFraudWarning(ctx, tx, p, w)
	if err != nil {
		return err
	}
	if !w.Actionable {
		_, err := task.Close(ctx, tx, fraudWarning+":"+w.ID, "Stripe says that nothing can be done about it any more.", s.Now())
		return err
	}
	if !first {
		return nil
	}
	id, due := string(b.ID), s.Now().Add(warningDue)
	_, err = task.Open(ctx, tx, task.Task{Key: fraudWarning + ":" + w.ID, BookingID: &id, Account: p.Destination, ObjectID: w.ID, Freezes: true, DueAt: &due,
		Title: "The card issuer suspects fraud: " + b.Code, Href: "/admin/bookings/" + b.Code + "/refund",
		Detail: "Reported as " + spoken(w.Type) + ", " + p.Money(p.AmountReceived).Format() + ". A full refund now usually prevents a dispute and its fee. " +
			"The owner’s payout for this stay waits until you refund it, or close this with a note."}, s.Now())
	if err != nil {
		return err
	}
	return s.Notify.EnqueueAdmins(ctx, tx, "fraud_warning_admin:"+w.ID, "fraud_warning_admin", string(b.ID),
		map[string]any{"amount": p.AmountReceived, "currency": string(p.Currency), "reason": w.Type, "reference": w.ID})
}

// endWarnings closes a booking's warnings when they have become true or
// pointless: everything was refunded, or the bank has decided a dispute.
func (s *Service) endWarnings(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment) error {
	tasks, err := task.OfBooking(ctx, tx, string(b.ID))
	if err != nil {
		return err
	}
	tasks = slices.DeleteFunc(tasks, func(t task.Task) bool { return t.Kind != fraudWarning || !t.Open() })
	if len(tasks) == 0 {
		return nil
	}
	why, err := warningOver(ctx, tx, p)
	if err != nil || why == "" {
		return err
	}
	for _, t := range tasks {
		if _, err := task.Close(ctx, tx, t.Key, why, s.Now()); err != nil {
			return err
		}
	}
	return nil
}

// warningOver says why nobody has to look at a payment's warnings any more; ""
// while somebody has.
func warningOver(ctx context.Context, tx pgx.Tx, p payment.Payment) (string, error) {
	if p.AmountReceived > 0 && p.AmountRefunded >= p.AmountReceived {
		return "The payment was refunded in full.", nil
	}
	disputes, err := payment.DisputesOf(ctx, tx, p.ID)
	if err != nil || len(disputes) == 0 || slices.ContainsFunc(disputes, payment.Dispute.Open) {
		return "", err
	}
	return "The bank has decided the dispute.", nil
}
