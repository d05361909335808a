package app_test

import (
	"testing"
	"time"

	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
)

// A process died with a mail in its hands: another sends it, now and not after
// the queue's quarter of an hour. What an older version's process holds, which
// says of itself nothing, is left to that.
func TestJobsOfADeadProcessGoOn(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	for n, by := range []string{"hearth-4711", "some-host_2026"} {
		person := factory.Person(t, w.DB, "Tess")
		if _, err := w.DB.Exec(t.Context(), `WITH mail AS (
				INSERT INTO notifications (id, key, template, recipient, user_id, data, state, created_at)
				VALUES (gen_random_uuid(), $1, 'already_registered', $2, $3, '{}', 'queued', now()) RETURNING id)
			INSERT INTO river_job (kind, args, state, attempt, max_attempts, attempted_at, attempted_by, queue, priority)
			SELECT 'send_notification', jsonb_build_object('notification_id', id), 'running', 1, 12, now() - interval '1 minute', ARRAY[$4], 'default', 1 FROM mail`,
			"test:"+by, person.Email, person.ID, by); err != nil {
			t.Fatal(n, err)
		}
	}
	w.Work()
	state := func(by string) (state string) {
		if err := w.DB.QueryRow(t.Context(), `SELECT state FROM notifications WHERE key = $1`, "test:"+by).Scan(&state); err != nil {
			t.Fatal(err)
		}
		return state
	}
	for end := time.Now().Add(30 * time.Second); state("hearth-4711") != "sent"; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the mail is %s", state("hearth-4711"))
		}
	}
	if got := state("some-host_2026"); got != "queued" {
		t.Errorf("the other is %s", got)
	}
}
