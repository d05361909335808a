package site_test

import (
	"testing"
	"time"

	"hearth/internal/postgres"
	"hearth/internal/task"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
)

// A task is seen wherever an admin looks, and is gone once it is closed with a
// word about what was done.
func TestATaskIsSeenAndClosed(t *testing.T) {
	c := newTown(t)
	admin := c.logIn(t, factory.Person(t, c.DB, "Ada Admin", user.Admin))
	admin.Get("/admin/tasks").WantStatus(200).Want(".empty", "No tasks here")
	b := c.Confirmed(c.tenant, c.home, 10, 2)
	id, due := string(b.ID), c.Now().Add(30*time.Hour)
	must(t, postgres.InTx(t.Context(), c.DB, func(tx pgx.Tx) error {
		for _, k := range []task.Task{
			{Key: "odd_cent:1", Title: "A cent that nobody can name"},
			{Key: "refund_failed:1", BookingID: &id, Title: "A refund failed", Detail: "The bank returned it", Href: "/admin/refunds", Freezes: true, DueAt: &due},
		} {
			if _, err := task.Open(t.Context(), tx, k, c.Now()); err != nil {
				return err
			}
		}
		return nil
	}))
	page := admin.Get("/admin/tasks").Want(".tabs", "Open 2", "Closed 0").Want("tbody", "A refund failed", "payout held", b.Code, "29 hours left", "Urgent", "A cent that nobody can name")
	if first := page.Find("tbody .key").First().Text(); first != "A refund failed" {
		t.Errorf("the first is %q: the one with a date goes first", first)
	}
	page.Want(".side a[href='/admin/tasks'] .count", "2")
	admin.Get("/admin").Want("[aria-labelledby=todo]", "2 open tasks").Want("[aria-labelledby=todo] a[href='/admin/tasks']")
	admin.Get("/admin/bookings/"+b.Code).Want(".note", "A refund failed", "payout is held")

	href, _ := page.Find("tbody .key").First().Attr("href")
	show := admin.Get(href).WantStatus(200).Want("h1", "A refund failed").Want("main", "The bank returned it", "is not paid out").Want("a[href='/admin/refunds']")
	show.Submit("#done", "reason", " ").WantStatus(422).Want("#f-reason-error", "Say what was done")
	admin.Get("/admin/tasks").Want(".tabs", "Open 2")
	show.Submit("#done", "reason", "Paid by bank transfer").WantStatus(303)
	admin.Get("/admin/tasks?state=closed").Want("tbody", "A refund failed", "Paid by bank transfer", "Ada Admin")
	show.Submit("#done", "reason", "Me too").WantStatus(409).Want(".form-errors", "closed this task already")
	admin.Get("/admin/audit").Want("tbody", "close task", "Paid by bank transfer", "A refund failed").Want("tbody a[href^='/admin/tasks/']")
	admin.Get("/admin/bookings/" + b.Code).WantNone(".note")
	admin.Get("/admin/tasks/no-such-task").WantStatus(404)
}
