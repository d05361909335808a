package site_test

import (
	"strings"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/payment"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"
)

// From any object, by any of its names, to the request that made it.
func TestAnyObjectLeadsToItsRequests(t *testing.T) {
	c := newTown(t)
	ada := factory.Person(t, c.DB, "Ada Admin", user.Admin)
	admin := c.logIn(t, ada)
	admin.Get("/admin/requests").WantStatus(200).Want("tbody", "account")
	b := c.Confirmed(c.tenant, c.home, 2, 2)
	_, err := c.Checkout.Refund(t.Context(), booking.Admin(ada.ID, "192.0.2.9"), b.ID, b.Amount(10000), "Noise")
	must(t, err)
	c.Settle()
	c.Advance(10 * 24 * time.Hour)
	_, err = c.Payout.ReleaseDue(t.Context(), c.Now())
	must(t, err)
	c.Settle()
	admin = c.logIn(t, ada) // ten days later
	charges, err := payment.ChargesOf(t.Context(), c.DB, c.Payment(b).ID)
	must(t, err)
	var payout string
	must(t, c.DB.QueryRow(t.Context(), `SELECT stripe_id FROM payouts`).Scan(&payout))
	charge, refund, acct := charges[0], c.Refunds(b)[0], c.Payment(b).Destination
	for id, purpose := range map[string]string{
		c.Session(b): "checkout_session", c.Payment(b).IntentID(): "checkout_session", charge.ID: "checkout_session", charge.TransferID: "checkout_session",
		charge.ApplicationFeeID: "checkout_session", charge.BalanceTransactionID: "checkout_session", refund.StripeID(): "refund", refund.ID: "refund", payout: "payout",
	} {
		page := admin.Get("/admin/requests?q="+id).WantStatus(200).Want("tbody", purpose)
		if n := page.Find("tbody tr").Length(); id == "" || n != 1 {
			t.Errorf("%q leads to %d requests", id, n)
		}
	}
	admin.Get("/admin/requests?q="+acct).Want("tbody", "account", "payout", "for "+acct)
	admin.Get("/admin/requests?q="+strings.ToLower(b.Code)).Want("tbody", "checkout_session", "refund", "payout")

	admin.Get("/admin/requests?purpose=refund&state=succeeded").Want("tbody", refund.StripeID()).Want(".tabs", "Unknown 0", "Refused 0")
	admin.Get("/admin/requests?q=no-such-thing").Want(".empty", "No request fits")

	show := admin.Get("/admin/requests/"+*refund.RequestID).WantStatus(200).Want("h1", "Refund").Want("[aria-labelledby=params] tbody", "amount", "10000", "reverse_transfer", "metadata[refund_id]", refund.ID)
	show.Want("main", refund.Key(), "Asked for the same", "checkout_session", "Events about what it made", refund.StripeID(), "req_").Want("main a[href='/admin/bookings/"+b.Code+"']", b.Code)
	admin.Get("/admin/requests/nothing").WantStatus(404)
	admin.Get("/admin/bookings/" + b.Code).Want("a[href='/admin/requests?q=" + b.Code + "']").Want(".timeline a[href='/admin/requests/" + *refund.RequestID + "']")
}
