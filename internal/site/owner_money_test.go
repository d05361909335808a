package site_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/payout"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"
)

// release lets the job run, and what it made settle.
func (c *town) release(t *testing.T) {
	t.Helper()
	_, err := c.Payout.ReleaseDue(t.Context(), c.Now())
	must(t, err)
	c.Settle()
	c.ownerB = c.logIn(t, c.owner)
}

// indebted is an owner who was paid out and then owes a refund, in part netted.
func (c *town) indebted(t *testing.T) (refunded, netted booking.Booking) {
	t.Helper()
	c.Confirmed(c.tenant, factory.Home(t, c.DB, c.Owner("Ossi").ID, map[string]any{"nightly_price": 100000}), 90, 20) // the platform's own money
	refunded = c.Confirmed(c.tenant, c.home, 2, 2)
	c.Advance(5 * 24 * time.Hour)
	c.release(t)
	_, err := c.Checkout.Refund(t.Context(), booking.Owner(c.owner.ID), refunded.ID, refunded.Total(), "The roof leaks")
	must(t, err)
	c.Settle()
	small := factory.Home(t, c.DB, c.owner.ID, map[string]any{"nightly_price": 10000, "cleaning_fee": 0})
	netted = c.Confirmed(c.tenant, small, 3, 2)
	c.Advance(6 * 24 * time.Hour)
	c.release(t)
	return refunded, netted
}

func TestWhereMyMoneyIs(t *testing.T) {
	c := newTown(t)
	stay := c.Confirmed(c.tenant, c.home, 3, 2)
	at := "/owner/payouts/stays/" + stay.Code
	c.ownerB.Get(at).WantStatus(200).Want(".timeline", "The tenant paid $480.00", "$480.00 transferred to you", "Our fee of $57.60").Want("#next", "Sent on", "Available at Stripe on").
		Want("#sum", "$422.40", "Still to come")
	c.Advance(6 * 24 * time.Hour)
	c.release(t)
	c.ownerB.Get("/owner/payouts").Want("a[href='"+at+"']", stay.Code).Want("[aria-labelledby=stays]", "po_")
	c.ownerB.Get(at).Want(".timeline", "Available", "$422.40 sent to your bank", "po_", "Expected at your bank").Want("#next", "Arrives about")
	c.Control("payouts/"+c.payoutID(t)+"/fail", map[string]any{"reason": "account_closed"})
	c.Settle()
	c.ownerB.Get("/owner/payouts").Want("#mend", "did not reach your bank", "has been closed", "Enter another bank account").Want("#mend form[action='/owner/payouts/dashboard']", "Mend it at Stripe").Want("#account", "paused")
	c.ownerB.Get(at).Want(".timeline", "The payout came back", "The bank account has been closed.").Want("#next", "Sent once your bank account works again")
	c.logIn(t, c.Owner("Ossi")).Get(at).WantStatus(404)
	c.tenantB.Get(at).WantStatus(403)
}

func (c *town) payoutID(t *testing.T) string {
	t.Helper()
	all, err := payout.Of(t.Context(), c.DB, c.owner.ID, 1)
	must(t, err)
	return *all[0].StripeID
}

func TestAnOwnerSetsTheSchedule(t *testing.T) {
	c := newTown(t)
	set := "form[action='/owner/payouts/schedule']"
	c.ownerB.Get("/owner/payouts").Want("#schedule", "Each stay after check-in, by Hearth")
	c.ownerB.Post("/owner/payouts/schedule", "interval", "weekly", "weekday", "friday", "day", "1", "delay", "7").WantRedirect("/owner/payouts#schedule")
	c.ownerB.Get("/owner/payouts").Want("#schedule", "Every Friday, by Stripe", "7 business days", "As we last set it", "you owe the refund").WantNone("form[action='/owner/payouts/now']")
	c.Settle()
	c.ownerB.Get("/owner/payouts").Want("#schedule", "As Stripe showed it")
	c.ownerB.Post("/owner/payouts/schedule", "interval", "monthly", "weekday", "friday", "day", "40", "delay", "").WantStatus(422).Want(".form-errors", "1 to 31").Want(set+" [name=day][value='40']", "")
	c.ownerB.Post("/owner/payouts/schedule", "interval", "daily", "weekday", "friday", "day", "1", "delay", "1").WantStatus(422).Want(".form-errors", "Stripe did not take this schedule")
	c.ownerB.Post("/owner/payouts/now").WantStatus(409).Want(".form-errors", "on its schedule")
	c.Payout.OwnersChoose = false
	c.ownerB.Get("/owner/payouts").Want("#schedule", "Every Friday").WantNone(set)
	c.ownerB.Post("/owner/payouts/schedule", "interval", "manual", "weekday", "friday", "day", "1", "delay", "").WantStatus(403)
}

func TestAnOwnerIsPaidOutNow(t *testing.T) {
	c := newTown(t)
	c.Confirmed(c.tenant, c.home, 3, 2)
	now := "form[action='/owner/payouts/now']"
	c.ownerB.Get("/owner/payouts").WantNone(now)
	c.ownerB.Post("/owner/payouts/now").WantStatus(409).Want(".form-errors", "Nothing is due yet", "$422.40")
	c.Advance(6 * 24 * time.Hour)
	c.ownerB = c.logIn(t, c.owner)
	c.ownerB.Get("/owner/payouts").Submit(now).WantRedirect("/owner/payouts")
	c.ownerB.Get("/owner/payouts").Want("main", "$422.40 is on its way to your bank").WantNone(now)
}

func TestDebtsAreSeen(t *testing.T) {
	c := newTown(t)
	refunded, netted := c.indebted(t)
	c.ownerB.Get("/owner/payouts").Want("#debt", "You owe $246.40", "Refunded while", refunded.Code, "Taken out of", netted.Code, "$176.00 is netted so far").
		Want("[aria-labelledby=stays]", "Netted", "$176.00 netted off what you owed")
	c.ownerB.Get("/owner/payouts/stays/"+netted.Code).Want(".timeline", "$176.00 netted off what you owed").Want("#sum", "Netted off what you owed", "-$176.00")
	c.ownerB.Get("/owner/payouts/stays/"+refunded.Code).Want(".timeline", "You owe $422.40")
	admin := c.logIn(t, factory.Person(t, c.DB, "Ada", user.Admin))
	admin.Get("/admin/debts").WantStatus(200).Want("main", "Owed in USD", "$246.40", c.owner.Name, refunded.Code, "since")
	body := admin.Get("/admin/debts.csv").WantStatus(200).Body
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][7] != "422.40" || rows[2][7] != "-176.00" || rows[1][8] != "246.40" {
		t.Errorf("the table: %v, %v", rows, err)
	}
	c.ownerB.Get("/admin/debts").WantStatus(403)
}

func TestStatementsAreTheirOwners(t *testing.T) {
	c := newTown(t)
	c.ownerB.Get("/owner/statements").WantStatus(200).Want("main", "No statement yet")
	stay := c.Confirmed(c.tenant, c.home, 3, 2)
	month := c.Now().UTC().Format("2006-01")
	c.ownerB.Get("/owner/statements").Want("main", "so far").Want("a[href='/owner/statements/"+month+".pdf']", "PDF")
	if body := c.ownerB.Get("/owner/statements/" + month + ".csv").WantStatus(200).Body; !strings.Contains(body, stay.Code) || !strings.Contains(body, "closing balance") {
		t.Errorf("the table: %s", body)
	}
	if body := c.ownerB.Get("/owner/statements/" + month + ".pdf").WantStatus(200).Body; !bytes.HasPrefix([]byte(body), []byte("%PDF-")) {
		t.Errorf("the document: %.20q", body)
	}
	if body := c.otherB.Get("/owner/statements/" + month + ".csv").Body; strings.Contains(body, stay.Code) {
		t.Error("another owner reads it")
	}
	for _, odd := range []string{"2027-13", "nonsense", c.Now().AddDate(0, 2, 0).Format("2006-01")} {
		c.ownerB.Get("/owner/statements/" + odd + ".csv").WantStatus(404)
	}
	acct := c.AccountOf(c.owner.ID).StripeAccountID
	c.ownerB.Get("/admin/accounts/" + acct + "/statements").WantStatus(403)
	admin := c.logIn(t, factory.Person(t, c.DB, "Ada", user.Admin))
	admin.Get("/admin/accounts/"+acct+"/statements").WantStatus(200).Want("h1", "Statements of "+c.owner.Name)
	if body := admin.Get("/admin/accounts/" + acct + "/statements/" + month + ".csv").WantStatus(200).Body; !strings.Contains(body, stay.Code) {
		t.Errorf("an admin reads: %s", body)
	}
}
