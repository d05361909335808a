package invariant_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/invariant"
	"hearth/internal/listing"
	"hearth/internal/postgres"
	"hearth/internal/task"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
)

// lived is a world in which everything has happened, well.
type lived struct {
	*apptest.World
	ids *strings.Replacer // {paid} → the booking's id, {acct} → the owner's account
}

func live(t *testing.T) *lived {
	t.Helper()
	w := apptest.Start(t)
	owner, tenant, admin := w.Owner("Nora"), factory.Person(t, w.DB, "Maya"), factory.Person(t, w.DB, "Ada", user.Admin)
	home, by := factory.Home(t, w.DB, owner.ID, nil), booking.Admin(admin.ID, "192.0.2.9")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	over := w.Confirmed(tenant, home, 1, 2)
	expired := w.Held(tenant, home, 80, 2)
	w.AtStripe("/v1/topups", "", url.Values{"amount": {"500000"}, "currency": {"usd"}, "description": {"A float"}})
	w.Advance(10 * 24 * time.Hour)
	must(w.Checkout.EndHold(t.Context(), expired.ID))
	_, err := w.Payout.ReleaseDue(t.Context(), w.Now())
	must(err)
	_, err = w.Checkout.CompleteStays(t.Context())
	must(err)
	paid, refunded, cancelled, disputed := w.Confirmed(tenant, home, 20, 3), w.Confirmed(tenant, home, 30, 3), w.Confirmed(tenant, home, 40, 3), w.Confirmed(tenant, home, 50, 3)
	_, err = w.Checkout.Refund(t.Context(), by, refunded.ID, refunded.Amount(10000), "Noise")
	must(err)
	must(w.Checkout.Cancel(t.Context(), by, cancelled.ID, cancelled.Total(), "Burst pipe"))
	w.Settle()
	w.Advance(time.Minute)
	w.Control("charges/"+w.Payment(disputed).ChargeID+"/dispute", map[string]any{})
	w.Settle()
	dashboard, lost, won := ended(t, w, by, home, tenant)
	for i, currency := range []string{"jpy", "kwd"} { // no decimals, and three
		w.Confirmed(tenant, factory.Home(t, w.DB, owner.ID, map[string]any{"currency": currency, "nightly_price": 45680}), 60+i, 2)
	}
	held := w.Held(tenant, home, 75, 2)
	asked := w.Requested(tenant, factory.Home(t, w.DB, owner.ID, map[string]any{"booking_mode": "request"}), 76, 2)
	pairs := []string{"{acct}", w.AccountOf(owner.ID).StripeAccountID, "{home}", string(home.ID), "{tenant}", string(tenant.ID), "{admin}", string(admin.ID)}
	for name, b := range map[string]booking.Booking{"over": over, "expired": expired, "paid": paid, "refunded": refunded, "cancelled": cancelled, "disputed": disputed, "held": held, "dashboard": dashboard, "lost": lost, "won": won, "asked": asked} {
		pairs = append(pairs, "{"+name+"}", string(b.ID))
	}
	return &lived{w, strings.NewReplacer(pairs...)}
}

// ended are stays whose money had another way: refunded at Stripe's Dashboard,
// and disputed, lost and won after the owner's part was taken back.
func ended(t *testing.T, w *apptest.World, by booking.Actor, home listing.Listing, tenant user.User) (dashboard, lost, won booking.Booking) {
	t.Helper()
	dashboard = w.Confirmed(tenant, home, 120, 3)
	w.AtStripe("/v1/refunds", "", url.Values{"payment_intent": {w.Payment(dashboard).IntentID()}, "amount": {"5000"}})
	decide := func(inDays int, outcome string) booking.Booking {
		b := w.Confirmed(tenant, home, inDays, 3)
		w.Advance(3 * 24 * time.Hour)
		id := fmt.Sprint(w.Control("charges/"+w.Payment(b).ChargeID+"/dispute", map[string]any{})["id"])
		w.Settle()
		if err := w.Checkout.RecoverDispute(t.Context(), by, id, b.Total(), "Now"); err != nil {
			t.Fatal(err)
		}
		w.Control("disputes/"+id+"/resolve", map[string]any{"outcome": outcome})
		w.Settle()
		w.Advance(6 * time.Minute)
		if _, err := w.Reconcile.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.Settle()
		return b
	}
	return dashboard, decide(130, "lost"), decide(140, "won")
}

func service(w *apptest.World) *invariant.Service {
	return &invariant.Service{DB: w.DB, Now: w.Now, Logger: slog.New(slog.DiscardHandler)}
}

// plants break each invariant, in each of the ways that it knows: exactly that
// one finds it.
var plants = []struct{ name, sql string }{
	{"overlap", `ALTER TABLE occupancies DROP CONSTRAINT occupancies_no_overlap;
		INSERT INTO occupancies (id, listing_id, nights) SELECT gen_random_uuid(), listing_id, nights FROM occupancies WHERE booking_id = '{paid}'`},
	{"overlap", `ALTER TABLE occupancies DROP CONSTRAINT occupancies_no_overlap;
		UPDATE occupancies SET nights = (SELECT nights FROM bookings WHERE id = '{refunded}') WHERE booking_id = '{paid}';
		UPDATE bookings SET nights = (SELECT nights FROM bookings WHERE id = '{refunded}') WHERE id = '{paid}'`},
	{"nights_held", `DELETE FROM occupancies WHERE booking_id = '{paid}'`},
	{"nights_held", `UPDATE occupancies SET nights = '[2020-01-01,2020-01-02)' WHERE booking_id = '{paid}'`},
	{"nights_held", `INSERT INTO occupancies (id, listing_id, nights, booking_id) SELECT gen_random_uuid(), listing_id, nights, id FROM bookings WHERE id = '{expired}'`},
	{"quote_sum", `UPDATE bookings SET nightly_price = nightly_price + 1 WHERE id = '{paid}'`},
	{"quote_sum", `UPDATE bookings SET fee_bps = fee_bps + 100 WHERE id = '{paid}'`},
	{"steps", `INSERT INTO booking_history (listing_id, booking_id, from_status, to_status, actor, reason, at)
		SELECT listing_id, id, 'completed', 'held', 'system', 'planted', now() FROM bookings WHERE id = '{over}'; UPDATE booking_history SET to_status = 'completed' WHERE reason = 'planted'`},
	{"steps", `UPDATE bookings SET status = 'completed' WHERE id = '{paid}'; DELETE FROM occupancies WHERE booking_id = '{paid}'`},
	{"steps", `DELETE FROM booking_history WHERE booking_id = '{held}'`},
	{"steps", `DELETE FROM booking_history WHERE booking_id = '{paid}' AND from_status = ''`},
	{"confirmed_paid", `UPDATE charges SET captured = false WHERE booking_id = '{paid}'`},
	{"success_settled", `UPDATE bookings SET confirmed_at = NULL WHERE id = '{cancelled}'; DELETE FROM refunds WHERE booking_id = '{cancelled}';
		UPDATE payments SET amount_refunded = 0 WHERE booking_id = '{cancelled}'; UPDATE transfers SET amount_reversed = 0 WHERE payment_id = (SELECT id FROM payments WHERE booking_id = '{cancelled}');
		DELETE FROM ledger_transactions WHERE booking_id = '{cancelled}' AND kind IN ('refund', 'reversal', 'fee_refund')`},
	{"as_agreed", `UPDATE bookings SET cleaning_amount = cleaning_amount + 1, total_amount = total_amount + 1 WHERE id = '{held}'`},
	{"as_asked", `UPDATE charges SET currency = 'eur' WHERE booking_id = '{paid}'`},
	{"as_asked", `UPDATE charges SET application_fee = application_fee + 1 WHERE booking_id = '{paid}'`},
	{"as_asked", `UPDATE transfers SET destination = 'acct_another' WHERE payment_id = (SELECT id FROM payments WHERE booking_id = '{paid}')`},
	{"as_asked", `UPDATE payments SET destination = 'acct_another' WHERE booking_id = '{held}'`},
	{"two_live", `DROP INDEX payments_one_live; INSERT INTO payments (id, listing_id, booking_id, livemode, status, currency, amount, fee_amount, destination, created_at)
		SELECT gen_random_uuid(), listing_id, booking_id, livemode, status, currency, amount, fee_amount, destination, created_at FROM payments WHERE booking_id = '{held}'`},
	{"two_live", `DROP INDEX checkout_attempts_one_live; INSERT INTO checkout_attempts (id, payment_id, number, request_id, status, expires_at, created_at)
		SELECT gen_random_uuid(), payment_id, 2, request_id, 'planned', expires_at, created_at FROM checkout_attempts
		WHERE payment_id = (SELECT id FROM payments WHERE booking_id = '{held}')`},
	{"hold_session", `UPDATE checkout_attempts SET status = 'open', expires_at = now() + interval '99 days' WHERE payment_id = (SELECT id FROM payments WHERE booking_id = '{expired}')`},
	{"hold_session", `UPDATE checkout_attempts SET expires_at = expires_at + interval '1 hour' WHERE payment_id = (SELECT id FROM payments WHERE booking_id = '{held}')`},
	{"card_held", `UPDATE payments SET status = 'open' WHERE booking_id = '{asked}'`},
	{"card_held", `UPDATE payments SET status = 'authorized' WHERE booking_id = '{held}'`},
	{"card_held", `UPDATE bookings SET hold_until = now() + interval '99 days' WHERE id = '{asked}'`},
	{"card_held", `UPDATE bookings SET answer = 'accepted' WHERE id = '{asked}'`},
	{"card_held", `UPDATE bookings SET answer = 'lapsed' WHERE id = '{asked}'`},
	{"card_held", `UPDATE bookings SET mode = 'request' WHERE id = '{paid}'`},
	{"card_held", `UPDATE bookings SET mode = 'instant' WHERE id = '{asked}'`},
	{"card_held", `INSERT INTO stripe_requests (id, purpose, path, stripe_account, idempotency_key, params, about, livemode, state, planned_at)
		SELECT gen_random_uuid(), 'capture', '/v1/payment_intents/pi/capture', '', 'planted', 'amount_to_capture=1', 'booking:{asked}', false, 'refused', now()`},
	{"refund_over", `UPDATE payments SET amount_refunded = amount_received + 1 WHERE booking_id = '{refunded}'`},
	{"refund_over", `UPDATE refunds SET fee_refunded = 999999 WHERE booking_id = '{refunded}'`},
	{"reversal_cause", `UPDATE refunds SET reversed_amount = reversed_amount - 1 WHERE booking_id = '{refunded}'`},
	{"paid_out_once", `DROP INDEX payout_releases_one_live; INSERT INTO payouts (id, user_id, stripe_account, amount, currency, status, created_at)
		SELECT gen_random_uuid(), user_id, stripe_account, amount, currency, 'paid', created_at FROM payouts;
		INSERT INTO payout_releases (payout_id, booking_id, amount, created_at) SELECT o.id, '{over}', 1, now() FROM payouts o WHERE o.stripe_id IS NULL`},
	{"paid_out_once", `UPDATE payout_releases SET amount = amount + 1 WHERE booking_id = '{over}'`},
	{"paid_out_once", `UPDATE payouts SET status = 'failed' WHERE id = (SELECT payout_id FROM payout_releases WHERE booking_id = '{over}')`},
	{"event_effect", `UPDATE stripe_events SET state = 'failed' WHERE id = (SELECT min(id) FROM stripe_events)`},
	{"event_effect", `UPDATE stripe_events SET effect = '' WHERE id = (SELECT min(id) FROM stripe_events)`},
	{"effect_twice", `ALTER TABLE ledger_transactions DROP CONSTRAINT ledger_transactions_reference_key;
		UPDATE ledger_transactions SET reference = (SELECT reference FROM ledger_transactions WHERE kind = 'stripe_fee' AND booking_id = '{paid}') WHERE kind = 'stripe_fee'`},
	{"effect_twice", `INSERT INTO ledger_transactions (id, reference, kind, booking_id, object_id, at)
		SELECT '00000000-0000-7000-8000-000000000001', 'fee:again', kind, NULL, object_id, at FROM ledger_transactions WHERE kind = 'fee' AND booking_id = '{paid}';
		INSERT INTO ledger_postings (transaction_id, source, destination, amount, currency) VALUES ('00000000-0000-7000-8000-000000000001', 'a', 'b', 1, 'usd')`},
	{"effect_twice", `UPDATE stripe_requests SET object_id = (SELECT object_id FROM stripe_requests WHERE purpose = 'refund' LIMIT 1) WHERE purpose = 'refund'`},
	{"mail_twice", `INSERT INTO notifications (id, key, template, recipient, user_id, booking_id, data, state, created_at)
		SELECT gen_random_uuid(), key || ':again', template, recipient, user_id, booking_id, data, 'sent', created_at FROM notifications WHERE template = 'booking_confirmed_tenant' AND booking_id = '{paid}'`},
	{"mail_twice", `DELETE FROM river_job WHERE args ->> 'notification_id' = (SELECT max(id::text) FROM notifications WHERE state = 'queued')`},
	{"mail_twice", `ALTER TABLE notifications DROP CONSTRAINT notifications_key; INSERT INTO notifications (id, key, template, recipient, user_id, data, state, created_at)
		SELECT gen_random_uuid(), key, template, recipient, user_id, data, 'sent', created_at FROM notifications WHERE template = 'booking_confirmed_tenant' AND booking_id = '{paid}'`},
	{"whole_transactions", `INSERT INTO ledger_transactions (id, reference, kind, at) VALUES (gen_random_uuid(), 'planted:1', 'planted', now())`},
	{"whole_transactions", `INSERT INTO ledger_postings (transaction_id, source, destination, amount, currency) SELECT id, 'a', 'b', 1, 'eur' FROM ledger_transactions WHERE kind = 'fee' AND booking_id = '{paid}'`},
	{"booked", `DELETE FROM ledger_postings WHERE transaction_id = (SELECT id FROM ledger_transactions WHERE kind = 'payout'); DELETE FROM ledger_transactions WHERE kind = 'payout'`},
	{"booked", `UPDATE ledger_transactions SET reference = 'refund:another' WHERE kind = 'refund' AND booking_id = '{refunded}'`},
	{"escrow_empty", `INSERT INTO ledger_transactions (id, reference, kind, booking_id, at) VALUES ('00000000-0000-7000-8000-000000000001', 'planted:1', 'planted', '{paid}', now());
		INSERT INTO ledger_postings (transaction_id, source, destination, amount, currency) VALUES ('00000000-0000-7000-8000-000000000001', 'escrow', 'revenue', 1, 'usd')`},
	{"escrow_empty", `INSERT INTO ledger_transactions (id, reference, kind, booking_id, at) VALUES ('00000000-0000-7000-8000-000000000001', 'planted:1', 'planted', '{dashboard}', now());
		INSERT INTO ledger_postings (transaction_id, source, destination, amount, currency) VALUES ('00000000-0000-7000-8000-000000000001', 'escrow', 'revenue', 1, 'usd')`},
	{"escrow_empty", `INSERT INTO ledger_transactions (id, reference, kind, booking_id, at) VALUES ('00000000-0000-7000-8000-000000000001', 'planted:1', 'planted', '{lost}', now());
		INSERT INTO ledger_postings (transaction_id, source, destination, amount, currency) VALUES ('00000000-0000-7000-8000-000000000001', 'escrow', 'revenue', 1, 'usd')`},
	{"escrow_empty", `INSERT INTO ledger_transactions (id, reference, kind, booking_id, at) VALUES ('00000000-0000-7000-8000-000000000001', 'planted:1', 'planted', '{won}', now());
		INSERT INTO ledger_postings (transaction_id, source, destination, amount, currency) VALUES ('00000000-0000-7000-8000-000000000001', 'escrow', 'revenue', 1, 'usd')`},
	{"append_only", `ALTER TABLE ledger_postings DISABLE TRIGGER ledger_postings_append_only`},
	{"append_only", `DROP TRIGGER audit_log_append_only ON audit_log`},
	{"append_only", `CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`},
	{"append_only", `GRANT DELETE ON ledger_postings TO hearth_app`},
	{"append_only", `GRANT DELETE ON stripe_events TO hearth_app`},
	{"seals", `UPDATE ledger_postings SET amount = amount + 1 WHERE transaction_id = (SELECT id FROM ledger_transactions WHERE kind = 'stripe_fee' AND booking_id = '{paid}')`},
	{"seals", `UPDATE booking_history SET reason = 'Another' WHERE booking_id = '{paid}'`},
	{"seals", `UPDATE audit_log SET actor_id = '{tenant}'`},
	{"seals", `DELETE FROM audit_log`},
	{"seals", `UPDATE audit_log SET reason = 'Another'; UPDATE sealed_rows r SET digest = sha256(convert_to(w.content, 'UTF8')) FROM written_once w WHERE w.kind = r.kind AND w.row_id = r.row_id`},
	{"seals", `UPDATE seals SET number = number + 1 WHERE number = (SELECT max(number) FROM seals); UPDATE sealed_rows SET seal = (SELECT max(number) FROM seals) WHERE seal = (SELECT max(number) - 1 FROM seals)`},
	{"seals", `DELETE FROM seals WHERE number = (SELECT max(number) FROM seals)`},
	{"late_hold", `UPDATE bookings SET hold_until = now() - interval '1 year' WHERE id = '{held}'; UPDATE checkout_attempts SET status = 'refused' WHERE payment_id = (SELECT id FROM payments WHERE booking_id = '{held}')`},
	{"late_payment", `UPDATE bookings SET status = 'processing' WHERE id = '{held}'; UPDATE payments SET status = 'processing', created_at = now() - interval '31 days' WHERE booking_id = '{held}';
		UPDATE checkout_attempts SET status = 'complete' WHERE payment_id = (SELECT id FROM payments WHERE booking_id = '{held}');
		INSERT INTO booking_history (listing_id, booking_id, from_status, to_status, actor, reason, at) SELECT listing_id, id, 'held', 'processing', 'system', 'planted', now() FROM bookings WHERE id = '{held}'`},
	{"late_session", `UPDATE checkout_attempts SET expires_at = now() - interval '1 year' WHERE payment_id = (SELECT id FROM payments WHERE booking_id = '{held}')`},
	{"late_stay", `UPDATE occupancies SET nights = '[2020-01-01,2020-01-04)' WHERE booking_id = '{paid}'; UPDATE bookings SET nights = '[2020-01-01,2020-01-04)' WHERE id = '{paid}'`},
	{"late_refund", `UPDATE refunds SET status = 'requested', stripe_refund_id = NULL, created_at = now() - interval '2 days' WHERE booking_id = '{refunded}'`},
	{"late_pending", `UPDATE refunds SET status = 'pending', created_at = now() - interval '31 days' WHERE booking_id = '{refunded}'`},
	{"late_request", `UPDATE stripe_requests SET state = 'unknown', planned_at = now() - interval '2 days' WHERE purpose = 'session_expire'`},
	{"late_dispute", `UPDATE disputes SET due_by = now() - interval '3 days'`},
	{"late_payout", `UPDATE payouts SET status = 'in_transit', created_at = now() - interval '15 days'`},
	{"late_event", `UPDATE stripe_events SET state = 'waiting', next_attempt_at = now() - interval '1 day' WHERE id = (SELECT min(id) FROM stripe_events)`},
	{"late_mail", `UPDATE notifications SET created_at = created_at - interval '99 days' WHERE key = (SELECT min(key) FROM notifications WHERE state = 'queued')`},
}

// A world that has lived well breaks nothing; whatever is planted in it is found
// by the invariant that it breaks, and by no other.
func TestEveryInvariantFindsItsPlant(t *testing.T) {
	t.Parallel()
	w := live(t)
	roles(t, w.World)
	exec(t, w.World, `UPDATE notifications SET state = 'sent' WHERE created_at < (SELECT max(created_at) - interval '1 day' FROM notifications)`)
	w.Audit()
	if found := w.plant(t, true, ``); len(found) > 0 {
		t.Fatalf("before anything is planted: %v", found)
	}
	planted := map[string]bool{}
	for i, p := range plants {
		planted[p.name] = true
		found := w.plant(t, p.name == "seals", p.sql)
		for name, rows := range found {
			if name != p.name {
				t.Errorf("plant %d, of %s, is found by %s: %v\n%s", i, p.name, name, rows, p.sql)
			}
		}
		if len(found[p.name]) == 0 {
			t.Errorf("plant %d is not found by %s:\n%s", i, p.name, p.sql)
		}
	}
	for _, i := range invariant.All() {
		if !planted[i.Name] {
			t.Errorf("nobody plants what %s finds: add a line to plants", i.Name)
		}
	}
}

// plant breaks something as the tables' owner would, without their triggers,
// looks, and takes it back. Two seals may have been made before.
func (w *lived) plant(t *testing.T, sealed bool, sql string) map[string][]invariant.Finding {
	t.Helper()
	tx, err := w.DB.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.Background())
	if sealed {
		w.seal(t, tx)
	}
	if _, err := tx.Exec(t.Context(), `SET LOCAL session_replication_role = replica; `+w.ids.Replace(sql)); err != nil {
		t.Errorf("%v\n%s", err, sql)
		return nil
	}
	results, err := invariant.Look(t.Context(), tx, w.Now())
	if err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
	found := map[string][]invariant.Finding{}
	for _, r := range results {
		if r.Rows > 0 {
			found[r.Name] = r.Findings
		}
	}
	return found
}

func (w *lived) seal(t *testing.T, tx pgx.Tx) {
	t.Helper()
	for range 2 {
		if n, _, err := invariant.SealIn(service(w.World), t.Context(), tx); err != nil || n == 0 {
			t.Fatalf("sealed %d, %v", n, err)
		}
		if _, err := tx.Exec(t.Context(), w.ids.Replace(`INSERT INTO audit_log (actor_id, act, target, reason, at) VALUES ('{admin}', 'look', 'nothing', 'For the next seal', now())`)); err != nil {
			t.Fatal(err)
		}
	}
}

// roles sets the database up as production is; roles are the whole server's, so
// that other tests may be at it.
func roles(t *testing.T, w *apptest.World) {
	t.Helper()
	var err error
	for range 20 {
		if _, err = w.DB.Exec(t.Context(), postgres.Roles); err == nil {
			return
		}
	}
	t.Fatal(err)
}

// The audit has the auditor's rights and no others, also when the app runs it.
func TestTheAuditIsTheAuditors(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	w.Confirmed(factory.Person(t, w.DB, "Maya"), factory.Home(t, w.DB, w.Owner("Nora").ID, nil), 20, 3)
	report, err := invariant.Run(t.Context(), w.DB, w.Now())
	if err != nil || report.Role == "hearth_auditor" {
		t.Fatalf("without roles it is %q, %v", report.Role, err)
	}
	roles(t, w)
	for _, as := range []string{"hearth_app", "hearth_auditor"} {
		conn, err := w.DB.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), `SET SESSION AUTHORIZATION `+as); err != nil {
			t.Fatal(err)
		}
		report, err := invariant.Run(t.Context(), conn, w.Now())
		if err != nil || report.Role != "hearth_auditor" || len(report.Broken()) > 0 || len(report.Results) != len(invariant.All()) {
			t.Errorf("as %s: %+v, %v", as, report, err)
		}
		conn.Conn().Close(context.Background())
		conn.Release()
	}
}

// What is broken is kept with the run and becomes a task, once; it closes when
// the cause is gone.
func TestTheHourlyAuditTells(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	b := w.Confirmed(factory.Person(t, w.DB, "Maya"), factory.Home(t, w.DB, w.Owner("Nora").ID, nil), 20, 3)
	s := service(w)
	check := func(broken int, open ...string) {
		t.Helper()
		if _, err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		past, err := invariant.Runs(t.Context(), w.DB, 5)
		if err != nil || past[0].Broken != broken || past[0].FinishedAt == nil || len(past[0].Results) != len(invariant.All()) {
			t.Fatalf("kept %+v, %v", past, err)
		}
		tasks, err := task.List(t.Context(), w.DB, true, 10, 0)
		if err != nil || len(tasks) != len(open) {
			t.Fatalf("tasks %+v, %v", tasks, err)
		}
		for i, name := range open {
			if k := tasks[i]; !strings.Contains(k.Title, name) || !strings.Contains(k.Detail, b.Code) || k.Href != "/admin/invariants" {
				t.Errorf("task %+v", k)
			}
		}
	}
	check(0)
	exec(t, w, `UPDATE bookings SET fee_bps = 1 WHERE id = '`+string(b.ID)+`'`)
	check(1, "quote_sum")
	check(1, "quote_sum") // told once
	tasks, _ := task.List(t.Context(), w.DB, true, 1, 0)
	admin := factory.Person(t, w.DB, "Ada", user.Admin)
	err := postgres.InTx(t.Context(), w.DB, func(tx pgx.Tx) error {
		return task.Done(t.Context(), tx, tasks[0].ID, admin.ID, "Looked away", w.Now())
	})
	if err != nil {
		t.Fatal(err)
	}
	check(1) // not twice in an hour
	w.Advance(time.Hour)
	w.Settle()
	check(1, "quote_sum") // but again when it is still there
	exec(t, w, `UPDATE bookings SET fee_bps = 1200 WHERE id = '`+string(b.ID)+`'`)
	check(0)
}

// Seals do not wait for writers, and miss nobody who commits later.
func TestSealsBesideWriters(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	admin := factory.Person(t, w.DB, "Ada", user.Admin)
	s := service(w)
	write := func(tx pgx.Tx, what string) {
		t.Helper()
		if _, err := tx.Exec(t.Context(), `INSERT INTO audit_log (actor_id, act, target, reason, at) VALUES ($1, $2, 'x', 'y', now())`, admin.ID, what); err != nil {
			t.Fatal(err)
		}
	}
	slow, err := w.DB.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	write(slow, "slow") // the smaller id, committed later
	if err := postgres.InTx(t.Context(), w.DB, func(tx pgx.Tx) error { write(tx, "quick"); return nil }); err != nil {
		t.Fatal(err)
	}
	first, err := s.Seal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := slow.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	second, err := s.Seal(t.Context())
	if err != nil || first == second {
		t.Fatalf("what was committed late is not sealed: %s, %s, %v", first, second, err)
	}
	if third, err := s.Seal(t.Context()); err != nil || third != second {
		t.Errorf("with nothing new the seal is %s, was %s, %v", third, second, err)
	}
	var unsealed int
	if err := w.DB.QueryRow(t.Context(), `SELECT count(*) FROM audit_log a WHERE NOT EXISTS (SELECT FROM sealed_rows r WHERE r.kind = 'admin' AND r.row_id = a.id::text)`).Scan(&unsealed); err != nil || unsealed > 0 {
		t.Errorf("%d acts are not sealed, %v", unsealed, err)
	}
	w.Audit()
}

func TestAReportIsJSON(t *testing.T) {
	t.Parallel()
	r := invariant.Report{Role: "hearth_auditor", Results: []invariant.Result{{Name: "overlap", Why: "No two.", Rows: 1, Findings: []invariant.Finding{{Row: "booking:HX", Wrong: "overlaps"}}}, {Name: "steps"}}}
	text, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(text), `"findings":[{"row":"booking:HX","wrong":"overlaps"}]`) {
		t.Errorf("%s, %v", text, err)
	}
	if broken := r.Broken(); len(broken) != 1 || broken[0].Name != "overlap" {
		t.Errorf("broken: %+v", broken)
	}
	names := []string{}
	for _, i := range invariant.All() {
		names = append(names, i.Name)
	}
	if slices.Sort(names); len(slices.Compact(names)) != len(invariant.All()) {
		t.Error("two invariants have one name")
	}
}

func exec(t *testing.T, w *apptest.World, sql string) {
	t.Helper()
	if _, err := w.DB.Exec(t.Context(), sql); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", sql, err))
	}
}

// Whoever finds a task of the audit finds what to do about it.
func TestOperationsSayWhatToDo(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range invariant.All() {
		if !strings.Contains(string(page), "`"+i.Name+"`") {
			t.Errorf("docs/operations.md does not say what to do when %s is broken", i.Name)
		}
	}
}
