package checkout_test

import (
	"cmp"
	"flag"
	"os"
	"testing"
	"time"

	"hearth/internal/money"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"
)

// HEARTH_HISTORIES is how many histories are lived through in each currency; a
// few by default.
const histories = "HEARTH_HISTORIES"

// TestWhateverOrder lives through made-up histories twice. In the calm world
// every webhook comes at once. In the other they come late, shuffled, twice or
// never, some before the next click and some after the end, and only the sweep
// mends it. Both end in the same state, hash for hash ([twin.outcome]).
//
// What Hearth does by itself with an owner's balance depends on when it does
// it: a refund is taken back from the owner while there is something to take.
// So from the first payout on both worlds are swept before each act, and what
// is shuffled, doubled and lost are the events between two of them.
func TestWhateverOrder(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{"rapid.checks": cmp.Or(os.Getenv(histories), "2"), "rapid.seed": cmp.Or(os.Getenv("HEARTH_SEED"), "1"), "rapid.nofailfile": "true", "rapid.shrinktime": "20s"} {
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	for _, currency := range []money.Currency{"usd", "jpy", "kwd"} {
		t.Run(string(currency), func(t *testing.T) {
			t.Parallel()
			calm, wild := newTwin(t, currency), newTwin(t, currency)
			rapid.Check(t, func(rt *rapid.T) {
				defer func() {
					if rt.Failed() { // its rows would fail the next history, too
						calm, wild = newTwin(t, currency), newTwin(t, currency)
					}
				}()
				liveThrough(rt, calm, wild)
			})
		})
	}
}

func liveThrough(rt *rapid.T, calm, wild *twin) {
	calm.begin("deliver")
	wild.begin("drop")
	h := history{debits: calm.currency == "usd"}
	sweeps := 4 // more would end the holds
	for range rapid.IntRange(6, 14).Draw(rt, "steps") {
		m := h.next(rt)
		rt.Logf("%+v", m)
		if h.paidOut {
			calm.sweepNow()
			wild.sweepNow()
		}
		calm.do(m)
		calm.Settle()
		if m.knows {
			wild.look(m.booking) // the person who acts has seen the page
		}
		wild.do(m)
		switch rapid.SampledFrom([]string{"", "", "deliver", "sweep"}).Draw(rt, "then") {
		case "deliver":
			wild.deliver(rt)
		case "sweep":
			if sweeps--; sweeps >= 0 {
				sweep(wild.T.(*testing.T), wild.World)
				calm.Advance(6 * time.Minute)
			}
		}
	}
	wild.deliver(rt)
	calm.comeToEnd()
	wild.comeToEnd()
	want, got := calm.outcome(calm.DB), wild.outcome(wild.DB)
	same(rt, "in order", want, "out of order", got)
	wild.deliver(rt) // old news
	same(rt, "before the old news", got, "after it", wild.outcome(wild.DB))
	calm.comeToRest()
	wild.comeToRest()
	calm.check(rt, h)
	wild.check(rt, h)
}

// same holds two worlds' ends against each other by their hashes, and shows
// both where they differ.
func same(t interface{ Errorf(string, ...any) }, what, one, other, two string) {
	if hash(one) != hash(two) {
		t.Errorf("%s (%s):\n%s\n%s (%s):\n%s", what, hash(one), one, other, hash(two), two)
	}
}

// What is compared notices: worlds that are not mended part, and each defect
// planted in one of two that are alike makes another hash.
func TestTheHashNotices(t *testing.T) {
	t.Parallel()
	calm, wild := newTwin(t, "usd"), newTwin(t, "usd")
	calm.begin("deliver")
	wild.begin("drop")
	both := func(acts ...string) {
		t.Helper()
		for _, act := range acts {
			m := move{act: act, amount: 5000}
			calm.do(m)
			calm.Settle()
			wild.do(m)
		}
	}
	both("book", "pay")
	if hash(calm.outcome(calm.DB)) == hash(wild.outcome(wild.DB)) {
		t.Error("a lost event makes no difference")
	}
	calm.sweepNow()
	wild.sweepNow()
	same(t, "in order", calm.outcome(calm.DB), "mended", wild.outcome(wild.DB))
	both("refund", "payout", "dispute")
	calm.comeToEnd()
	wild.comeToEnd()
	want := calm.outcome(calm.DB)
	same(t, "in order", want, "mended", wild.outcome(wild.DB))
	for _, defect := range []string{
		`UPDATE bookings SET status = 'cancelled' WHERE id = $1`,
		`INSERT INTO occupancies (id, listing_id, nights, booking_id) SELECT gen_random_uuid(), listing_id, nights, id FROM bookings WHERE id = $1`,
		`UPDATE payments SET amount_refunded = amount_refunded + 1 WHERE booking_id = $1`,
		`UPDATE refunds SET status = 'failed' WHERE booking_id = $1`,
		`UPDATE refunds SET owner_debt = 1 WHERE booking_id = $1`,
		`UPDATE disputes SET status = 'won' WHERE booking_id = $1`,
		`UPDATE payouts SET status = 'failed' WHERE id IN (SELECT payout_id FROM payout_releases WHERE booking_id = $1)`,
		`UPDATE payout_releases SET returned_at = now() WHERE booking_id = $1`,
		`UPDATE connected_accounts SET payouts_enabled = NOT payouts_enabled WHERE user_id = (SELECT owner_id FROM bookings WHERE id = $1)`,
		`INSERT INTO ledger_postings (transaction_id, source, destination, amount, currency)
			SELECT id, 'escrow', 'revenue', 1, 'usd' FROM ledger_transactions WHERE booking_id = $1 AND kind = 'charge'`,
	} {
		wild.undone(func(tx pgx.Tx) {
			tag, err := tx.Exec(t.Context(), defect, wild.bookings[0].ID)
			if err != nil || tag.RowsAffected() == 0 {
				t.Errorf("%s: %d rows, %v", defect, tag.RowsAffected(), err)
			} else if hash(wild.outcome(tx)) == hash(want) {
				t.Errorf("nobody notices %s", defect)
			}
		})
	}
}

// undone takes back what was done.
func (w *twin) undone(do func(tx pgx.Tx)) {
	w.T.Helper()
	tx, err := w.DB.Begin(w.T.Context())
	w.must(err)
	defer func() { w.must(tx.Rollback(w.T.Context())) }()
	do(tx)
}
