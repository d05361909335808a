package checkout_test

import (
	"strings"
	"testing"
	"time"

	"hearth/internal/postgres"
	"hearth/internal/task"

	"github.com/jackc/pgx/v5"
)

// remind runs the hourly job, as often as asked.
func (c *court) remind(times int) {
	c.T.Helper()
	for range times {
		if err := c.Checkout.RemindDisputes(c.T.Context()); err != nil {
			c.T.Fatal(err)
		}
	}
}

// keep keeps evidence at Stripe, and submit hands it to the bank.
func (c *court) keep() {
	c.T.Helper()
	if err := c.Checkout.StageEvidence(c.T.Context(), c.by, c.dispute, map[string]string{"uncategorized_text": "We let them in."}, 0, "Kept"); err != nil {
		c.T.Fatal(err)
	}
}

func (c *court) submit() {
	c.T.Helper()
	if err := c.Checkout.SubmitEvidence(c.T.Context(), c.by, c.dispute, 1, "Go"); err != nil {
		c.T.Fatal(err)
	}
	c.Settle()
}

// left lets time pass until so much is left to answer.
func (c *court) left(d time.Duration) {
	c.T.Helper()
	c.Advance(c.now().DueBy.Add(-d).Sub(c.Now()))
}

// reminded wants so many reminders, so many of them open and so many mails, and
// returns the latest.
func (c *court) reminded(all, open, mailed int) (last task.Task) {
	c.T.Helper()
	tasks, err := task.OfBooking(c.T.Context(), c.DB, string(c.b.ID))
	if err != nil {
		c.T.Fatal(err)
	}
	gotAll, gotOpen := 0, 0
	for _, k := range tasks {
		if k.Kind == "dispute_due" {
			last = k
			gotAll++
			if k.Open() {
				gotOpen++
			}
		}
	}
	if n := mails(c.T, c.World, "dispute_due_admin", c.admin.ID); gotAll != all || gotOpen != open || n != mailed {
		c.T.Errorf("%d reminders, %d of them open, %d mails; want %d, %d, %d", gotAll, gotOpen, n, all, open, mailed)
	}
	return last
}

// Admins are reminded three days before the bank's date and on the last day,
// once each however often the job runs; the answer ends it.
func TestAdminsAreRemindedOfADispute(t *testing.T) {
	t.Parallel()
	c := newCourt(t, map[string]any{"reason": "product_not_received"})
	c.left(72*time.Hour + time.Second)
	c.remind(2)
	c.reminded(0, 0, 0)
	c.left(72 * time.Hour)
	c.remind(3)
	first := c.reminded(1, 1, 1)
	if first.Freezes || !first.DueAt.Equal(*c.now().DueBy) || first.Href != "/admin/disputes/"+c.dispute || !strings.Contains(first.Detail, "product not received, $1,200.00") {
		t.Errorf("%+v", first)
	}
	c.left(24*time.Hour + time.Second)
	c.remind(1)
	c.reminded(1, 1, 1)
	c.left(24 * time.Hour)
	c.remind(2)
	if last := c.reminded(2, 1, 2); last.Key == first.Key || !last.Open() {
		t.Errorf("%+v", last)
	}
	c.keep()
	c.remind(1)
	c.reminded(2, 1, 2) // kept at Stripe is not answered
	c.submit()
	if last := c.reminded(2, 0, 2); !strings.Contains(last.Outcome, "waits for no answer") {
		t.Errorf("%+v", last)
	}
	c.remind(2)
	c.reminded(2, 0, 2)
}

// A job that slept through the first reminder gives the last one only; who
// closed theirs hears again on the last day; and after the bank's date there is
// nothing to answer.
func TestLateRemindersOfADispute(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	c.left(5 * time.Hour)
	c.remind(1)
	c.reminded(1, 1, 1)
	c.left(-time.Second)
	c.remind(2)
	if k := c.reminded(1, 0, 1); !strings.Contains(k.Outcome, "time to answer is over") {
		t.Errorf("%+v", k)
	}

	c = newCourt(t, map[string]any{"inquiry": true})
	c.left(50 * time.Hour)
	c.remind(1)
	first := c.reminded(1, 1, 1)
	if err := postgres.InTx(t.Context(), c.DB, func(tx pgx.Tx) error { return task.Done(t.Context(), tx, first.ID, c.admin.ID, "I will", c.Now()) }); err != nil {
		t.Fatal(err)
	}
	c.remind(1)
	c.reminded(1, 0, 1)
	c.left(time.Hour)
	c.remind(1)
	c.reminded(2, 1, 2)
	if _, err := c.DB.Exec(t.Context(), `UPDATE disputes SET due_by = due_by + interval '10 days' WHERE id = $1`, c.dispute); err != nil {
		t.Fatal(err)
	}
	c.remind(1)
	if k := c.reminded(2, 0, 2); !strings.Contains(k.Outcome, "more time") {
		t.Errorf("%+v", k)
	}
}

// A dispute that never was near its end is never reminded of.
func TestAnAnsweredDisputeIsNotRemindedOf(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	due := *c.now().DueBy
	c.keep()
	c.submit()
	c.Advance(due.Add(-2 * time.Hour).Sub(c.Now()))
	c.remind(1)
	c.reminded(0, 0, 0)
}
