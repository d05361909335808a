package site_test

import (
	"testing"

	"hearth/internal/testkit/factory"
	"hearth/internal/user"
)

func TestInvariantsSayWhatBreaksThem(t *testing.T) {
	c := newTown(t)
	admin := c.logIn(t, factory.Person(t, c.DB, "Ada Admin", user.Admin))
	page := admin.Get("/admin/invariants").WantStatus(200).Want(".page-head", "None has run yet").Want("#overlap", "Not seen yet")
	page.Submit("#audit").WantStatus(303)
	admin.Get("/admin/invariants").Want(".page-head", "just now").Want("#overlap", "Holds").Want("[aria-labelledby=runs]", "Everything holds")
	b := c.Confirmed(c.tenant, c.home, 10, 2)
	if _, err := c.DB.Exec(t.Context(), `UPDATE bookings SET fee_bps = 1 WHERE id = $1`, b.ID); err != nil {
		t.Fatal(err)
	}
	page.Submit("#audit").WantStatus(303)
	page = admin.Get("/admin/invariants").Want("#quote_sum", "1 row", b.Code, "fee 5 of 1 bps").Want("#quote_sum a[href='/admin/bookings/"+b.Code+"']").Want("#overlap", "Holds")
	page.Want("[aria-labelledby=runs] tbody", "1 invariant broken", "Everything holds")
	admin.Get("/admin/tasks").Want("tbody", "quote_sum")
	admin.Get("/admin/audit").Want("tbody", "audit")
	admin.Get("/admin").WantNone("a[href='/admin/invariants'].btn")
	c.Advance(4 * 60 * 60 * 1e9)
	admin.Get("/admin").Want("[aria-labelledby=todo]", "The audit stands still")
}
