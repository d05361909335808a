package site_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"hearth/internal/booking"
	"hearth/internal/ledger"
	"hearth/internal/testkit/factory"
	"hearth/internal/testkit/htmltest"
	"hearth/internal/user"
)

func (c *town) admin(t *testing.T) *htmltest.Browser {
	t.Helper()
	return c.logIn(t, factory.Person(t, c.DB, "Ada Brandt", user.Admin))
}

func TestAdminFindsABookingByWhateverNamesIt(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	b := c.Confirmed(c.tenant, c.home, 30, 5)
	c.Confirmed(c.tenant, factory.Home(t, c.DB, c.owner.ID, map[string]any{"title": "Another place", "nightly_price": 1000}), 30, 3)
	p := c.Payment(b)
	admin := c.admin(t)
	for _, query := range []string{b.Code, strings.ToLower(b.Code), "lakeside a-frame", "$1,080.00", "1080", p.IntentID(), p.ChargeID, c.Session(b)} {
		page := admin.Get("/admin/bookings?q=" + strings.ReplaceAll(strings.ReplaceAll(query, " ", "+"), "$", "%24")).WantStatus(200)
		if rows := page.Find("tbody tr").Length(); rows != 1 {
			t.Errorf("%q finds %d bookings", query, rows)
		}
		page.Want("tbody a.key", b.Code)
	}
	for _, query := range []string{c.tenant.Email, "4242", p.Destination, ""} {
		if rows := admin.Get("/admin/bookings?q=" + query).Find("tbody tr").Length(); rows != 2 {
			t.Errorf("%q finds %d bookings", query, rows)
		}
	}
	admin.Get("/admin/bookings?q=nothing-of-the-kind").WantStatus(200).Want(".empty", "No booking fits.")
	admin.Get("/admin/bookings?status=cancelled&sort=;drop&page=x&size=7&from=soon").WantStatus(200)
	if first := admin.Get("/admin/bookings?sort=total&up=1").Find("tbody a.key").First().Text(); first == b.Code {
		t.Error("sorted by total, the dearest comes first")
	}
	admin.Get("/admin/bookings?sort=total&up=1").Want("th[aria-sort=ascending]", "Total")
}

func TestAdminBookingsCSV(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	if _, err := c.DB.Exec(t.Context(), `UPDATE users SET name = '=HYPERLINK("http://evil.test")' WHERE id = $1`, c.tenant.ID); err != nil {
		t.Fatal(err)
	}
	b := c.Confirmed(c.tenant, c.home, 30, 5)
	page := c.admin(t).Get("/admin/bookings.csv?q=" + b.Code).WantStatus(200)
	lines, err := csv.NewReader(strings.NewReader(page.Body)).ReadAll()
	if err != nil || len(lines) != 2 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	if lines[1][0] != b.Code || lines[1][12] != "1080.00" || lines[1][13] != "129.60" || !strings.HasPrefix(lines[1][8], "'=") {
		t.Errorf("%q", lines[1])
	}
}

// The preview's figures are what then happens; the same form sent twice refunds once.
func TestAdminRefundsWithAPreview(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	b := c.Confirmed(c.tenant, c.home, 30, 5)
	admin := c.admin(t)
	path := "/admin/bookings/" + b.Code
	admin.Get(path).WantStatus(200).Want("h1", b.Code)
	admin.Get(path+"/refund").Submit("#ask", "amount", "9999", "reason", "Heating").WantStatus(422).Want("#f-amount-error")
	admin.Get(path+"/refund").Submit("#ask", "amount", "400", "reason", "").WantStatus(422).Want("#f-reason-error")
	preview := admin.Get(path+"/refund").Submit("#ask", "amount", "400.00", "reason", "Heating broke").WantStatus(200)
	preview.Want("#refund dd", "-$352.00").Want("#refund dd", "-$48.00").Want("#refund button", "Refund $400.00")
	preview.Submit("#refund").WantRedirect(path)
	preview.Submit("#refund").WantStatus(409)
	c.Settle()
	balances, err := ledger.BookingBalances(t.Context(), c.DB, string(b.ID))
	if err != nil || balances[ledger.Tenant] != -68000 || balances[ledger.Owner(c.Payment(b).Destination)] != 95040-35200 {
		t.Errorf("after the refund: %v, %v", balances, err)
	}
	var acts int
	if err := c.DB.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE act = 'refund' AND target = $1 AND reason = 'Heating broke'`, "booking:"+b.Code).Scan(&acts); err != nil || acts != 1 {
		t.Errorf("%d acts in the audit log, %v", acts, err)
	}
	page := admin.Get(path)
	for _, happened := range []string{"held → confirmed", "Asked Stripe: refund", "Mail: booking confirmed tenant", "checkout.session.completed", "Refund of $400.00"} {
		page.Want(".timeline b", happened)
	}
	page.Want(".kv .sum dd", "$0.00")
	admin.Get("/admin/refunds").WantStatus(200).Want("tbody a.key", b.Code)
}

func TestAdminCancelsAStay(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	b := c.Confirmed(c.tenant, c.home, 2, 5) // too late for the tenant's own full refund
	admin := c.admin(t)
	path := "/admin/bookings/" + b.Code
	admin.Get(path+"/cancel").Want("#cancel", "$1,080.00").Submit("#cancel", "reason", "").WantStatus(422)
	admin.Get(path+"/cancel").Submit("#cancel", "reason", "The roof leaks").WantRedirect(path)
	c.Settle()
	if got := c.Booking(b.ID).Status; got != booking.Cancelled || c.Payment(b).AmountRefunded != 108000 {
		t.Errorf("booking %s, refunded %d", got, c.Payment(b).AmountRefunded)
	}
	admin.Get(path + "/cancel").WantStatus(409)
}

func TestAdminRefundsSeveralAtOnce(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	one, two := c.Confirmed(c.tenant, c.home, 30, 5), c.Confirmed(c.tenant, c.home, 60, 3)
	admin := c.admin(t)
	admin.Get("/admin/refunds/bulk").WantStatus(422)
	ask := admin.Get("/admin/refunds/bulk?code="+one.Code+"&code="+two.Code).WantStatus(200).Want("button.btn-danger", "Refund $1,760.00")
	ask.Submit("form.stack", "reason", "").WantStatus(422)
	// One of them is refunded by somebody else in between.
	if _, err := c.Checkout.Refund(t.Context(), booking.Owner(c.owner.ID), two.ID, two.Amount(100), "Towels"); err != nil {
		t.Fatal(err)
	}
	done := ask.Submit("form.stack", "reason", "Wildfire").WantStatus(200)
	done.Want("tbody .badge", "Under way").Want("tbody .badge", "Not refunded")
	again := ask.Submit("form.stack", "reason", "Wildfire").WantStatus(200)
	again.WantNone("tbody .badge.ok")
	c.Settle()
	if c.Payment(one).AmountRefunded != 108000 || c.Payment(two).AmountRefunded != 100 {
		t.Errorf("refunded %d and %d", c.Payment(one).AmountRefunded, c.Payment(two).AmountRefunded)
	}
}
