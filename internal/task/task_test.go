package task_test

import (
	"testing"
	"time"

	"hearth/internal/fault"
	"hearth/internal/task"
	"hearth/internal/testkit/factory"
	"hearth/internal/testkit/pgtest"
	"hearth/internal/user"
)

var now = time.Date(2027, 5, 1, 12, 0, 0, 0, time.UTC)

func TestATaskIsOpenedOnceAndClosedOnce(t *testing.T) {
	tx := pgtest.Tx(t)
	admin := factory.Person(t, tx, "Ada", user.Admin)
	key := "refund_failed:" + string(admin.ID)
	for i := range 2 {
		if opened, err := task.Open(t.Context(), tx, task.Task{Key: key, Title: "A refund failed"}, now); err != nil || opened != (i == 0) {
			t.Fatalf("open %d: %v, %v", i+1, opened, err)
		}
	}
	var mine task.Listed
	open, err := task.List(t.Context(), tx, true, 1000, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range open {
		if k.Key == key {
			mine = k
		}
	}
	if mine.Kind != "refund_failed" || !mine.Open() {
		t.Fatalf("%+v", mine)
	}
	if err := task.Done(t.Context(), tx, mine.ID, admin.ID, " ", now); !fault.Is(err, fault.Invalid) {
		t.Errorf("closed without a word: %v", err)
	}
	if err := task.Done(t.Context(), tx, mine.ID, admin.ID, "Paid by bank transfer", now); err != nil {
		t.Fatal(err)
	}
	if err := task.Done(t.Context(), tx, mine.ID, admin.ID, "Again", now); !fault.Is(err, fault.Conflict) {
		t.Errorf("closed twice: %v", err)
	}
	if opened, err := task.Open(t.Context(), tx, task.Task{Key: key, Title: "Old news"}, now); err != nil || opened {
		t.Errorf("the same cause opened it again: %v, %v", opened, err)
	}
	if got, err := task.ByID(t.Context(), tx, mine.ID); err != nil || got.Open() || got.Outcome != "Paid by bank transfer" || *got.ClosedBy != admin.ID {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestACauseThatGoesAwayClosesItsTask(t *testing.T) {
	tx := pgtest.Tx(t)
	if _, err := task.Open(t.Context(), tx, task.Task{Key: "x:1", Title: "Look"}, now); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if closed, err := task.Close(t.Context(), tx, "x:1", "It went away", now); err != nil || closed != (i == 0) {
			t.Errorf("close %d: %v, %v", i+1, closed, err)
		}
	}
}
