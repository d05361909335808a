package checkout_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/payment"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"
	"hearth/internal/webhook"
)

// What Stripe has must be what we asked for. If it is not, nothing is settled,
// a person reads why in the inbox, and the admins are told once.
func TestAnotherPaymentThanTheOneAskedForIsNotSettled(t *testing.T) {
	t.Parallel()
	for column, other := range map[string]any{"amount": 1, "fee_amount": 1, "destination": "acct_other", "livemode": true} {
		t.Run(column, func(t *testing.T) {
			t.Parallel()
			w := apptest.Start(t) // no scene: the audit at its end finds what is planted here
			owner, tenant := w.Owner("Nora"), factory.Person(t, w.DB, "Maya")
			admin := factory.Person(t, w.DB, "Ada", user.Admin)
			b := w.Held(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 3)
			fee := ""
			if column == "amount" {
				fee = ", fee_amount = 0" // a fee above the amount is no row at all
			}
			if _, err := w.DB.Exec(t.Context(), `UPDATE payments SET `+column+` = $2`+fee+` WHERE booking_id = $1`, b.ID, other); err != nil {
				t.Fatal(err)
			}
			w.Pay(b, apptest.Good)
			w.Settle()
			if b, p := w.Booking(b.ID), w.Payment(b); b.Status != booking.Held || p.Status != payment.Open {
				t.Errorf("booking %s, payment %s", b.Status, p.Status)
			}
			events, err := webhook.List(t.Context(), w.DB, webhook.Filter{State: "waiting", Limit: 50})
			says := func(e webhook.Entry) bool { return strings.Contains(e.LastError, "ours is") }
			if err != nil || !slices.ContainsFunc(events, says) {
				t.Errorf("the inbox does not say why: %+v, %v", events, err)
			}
			w.Advance(5 * time.Minute) // and once more
			w.Settle()
			if n := mails(t, w, "payment_mismatch_admin", admin.ID); n != 1 {
				t.Errorf("the admin gets %d mails about it", n)
			}
		})
	}
}
