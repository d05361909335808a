package checkout_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"hearth/internal/booking"
	"hearth/internal/ledger"
	"hearth/internal/payment"
	"hearth/internal/postgres"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"
)

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// outcome is everything that must not depend on the order, in words: each
// booking with its nights, payment, refunds, disputes, payouts and books, and
// the owner's account and balances. Names of objects differ between worlds and
// are left out.
func (w *twin) outcome(q postgres.Querier) string {
	w.T.Helper()
	var out strings.Builder
	for i, b := range w.bookings {
		if b.ID == "" {
			continue
		}
		fmt.Fprintf(&out, "%d: %s\n", i, strings.Join(w.facts(q, `
			SELECT format('%s, confirmed %s, nights taken %s', b.status, b.confirmed_at IS NOT NULL, (SELECT count(*) FROM occupancies o WHERE o.booking_id = b.id))
			FROM bookings b WHERE b.id = $1`, b.ID), ""))
		for _, sql := range aboutBooking {
			for _, fact := range w.facts(q, sql, b.ID) {
				fmt.Fprintf(&out, "   %s\n", strings.ReplaceAll(fact, w.acct, "acct"))
			}
		}
	}
	for _, sql := range aboutOwner {
		for _, fact := range w.facts(q, sql, w.acct) {
			fmt.Fprintln(&out, strings.ReplaceAll(fact, w.acct, "acct"))
		}
	}
	return out.String()
}

var aboutBooking = []string{
	`SELECT format('payment %s: received %s, refunded %s, disputed %s', status, amount_received, amount_refunded, disputed) FROM payments WHERE booking_id = $1`,
	`SELECT format('refund %s %s for %s: reversed %s, fee %s, debt %s', amount, status, cause, reversed_amount, fee_refunded, owner_debt) FROM refunds WHERE booking_id = $1`,
	`SELECT format('dispute %s: %s withdrawn, fee %s', status, withdrawn, fee) FROM disputes WHERE booking_id = $1`,
	`SELECT format('recovery %s: %s reversed, fee %s, debt %s', state, reversed_amount, fee_returned, owner_debt) FROM dispute_recoveries WHERE booking_id = $1`,
	`SELECT format('payout of %s in one of %s, %s, returned %s', r.amount, o.amount, o.status, r.returned_at IS NOT NULL)
		FROM payout_releases r JOIN payouts o ON o.id = r.payout_id WHERE r.booking_id = $1`,
	`SELECT format('task %s, closed %s', kind, closed_at IS NOT NULL) FROM tasks WHERE booking_id = $1`,
	`SELECT format('books: %s %s → %s %s %s', t.kind, p.source, p.destination, p.amount, p.currency)
		FROM ledger_transactions t JOIN ledger_postings p ON p.transaction_id = t.id WHERE t.booking_id = $1`,
}

var aboutOwner = []string{
	`SELECT format('account: charges %s, payouts %s, transfers %s, lost %s', charges_enabled, payouts_enabled, transfers, deauthorized_at IS NOT NULL OR lost_at IS NOT NULL)
		FROM connected_accounts WHERE stripe_account_id = $1`,
	`SELECT format('payout of %s %s %s: %s', amount, currency, status, failure_code) FROM payouts WHERE stripe_account = $1`,
	`SELECT format('%s has %s %s', account, sum(amount), currency) FROM (
			SELECT destination AS account, amount, currency FROM ledger_postings UNION ALL SELECT source, -amount, currency FROM ledger_postings) p
		WHERE account LIKE '%:' || $1 GROUP BY account, currency`,
}

// facts are the lines of a query, sorted: what has no order has none here.
func (w *twin) facts(q postgres.Querier, sql string, arg any) []string {
	w.T.Helper()
	rows, err := q.Query(w.T.Context(), sql, arg)
	w.must(err)
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	w.must(err)
	slices.Sort(all)
	return all
}

// check holds a world to what must have come of the history, and to what may
// never happen (docs/architecture.md §1).
func (w *twin) check(rt *rapid.T, h history) {
	w.T.Helper()
	for i, m := range h.bookings {
		if m.state == "" {
			continue
		}
		b := w.Booking(w.bookings[i].ID)
		status := b.Status
		if status == booking.Completed {
			status = booking.Confirmed
		}
		if p := w.Payment(b); status != m.end || p.AmountReceived-p.AmountRefunded != m.left {
			rt.Errorf("booking %d is %s with %d left, want %s with %d", i, b.Status, p.AmountReceived-p.AmountRefunded, m.end, m.left)
		}
	}
	for what, sql := range never {
		var n int64
		w.must(w.DB.QueryRow(w.T.Context(), sql).Scan(&n))
		if n != 0 {
			rt.Errorf("%s: %d", what, n)
		}
	}
	w.checkBooks(rt)
}

var never = map[string]string{
	"an event is not applied":                   `SELECT count(*) FROM stripe_events WHERE state IN ('failed', 'waiting')`,
	"two successes for one booking":             `SELECT count(*) FROM (SELECT FROM charges WHERE status = 'succeeded' AND captured GROUP BY booking_id HAVING count(*) > 1) x`,
	"two stays on one night":                    `SELECT count(*) FROM bookings a JOIN bookings b ON b.listing_id = a.listing_id AND b.id > a.id AND b.nights && a.nights WHERE a.status IN ('held', 'processing', 'requested', 'confirmed') AND b.status IN ('held', 'processing', 'requested', 'confirmed')`,
	"a stay without its nights, or the reverse": `SELECT count(*) FROM bookings b FULL JOIN occupancies o ON o.booking_id = b.id WHERE (b.status IN ('held', 'processing', 'requested', 'confirmed')) IS DISTINCT FROM (o.id IS NOT NULL)`,
	"money kept for a stay that never was":      `SELECT count(*) FROM bookings b JOIN payments p ON p.booking_id = b.id WHERE p.status = 'paid' AND b.confirmed_at IS NULL AND p.amount_refunded < p.amount_received`,
	"a stay that nobody paid":                   `SELECT count(*) FROM bookings b WHERE b.status IN ('confirmed', 'completed') AND NOT EXISTS (SELECT FROM payments p WHERE p.booking_id = b.id AND p.status = 'paid')`,
	"a card held for nobody, or the reverse":    `SELECT count(*) FROM bookings b JOIN payments p ON p.booking_id = b.id WHERE (b.status = 'requested') <> (p.status = 'authorized')`,
	"a loss that nobody settled with the owner": `SELECT count(*) FROM payments p WHERE ` + payment.LostSQL + ` > 0`,
	"a refund that nobody finished":             `SELECT count(*) FROM refunds WHERE status = 'requested' OR stripe_refund_id IS NULL`,
	"refunds that Stripe does not have":         `SELECT count(*) FROM payments p WHERE amount_refunded <> (SELECT coalesce(sum(amount), 0) FROM refunds r WHERE r.payment_id = p.id AND r.status NOT IN ('failed', 'canceled'))`,
	"a request without an outcome":              `SELECT count(*) FROM stripe_requests WHERE state IN ('planned', 'unknown') AND purpose <> 'account_link'`,
}

// checkBooks holds the books against Stripe's own, which show accounts that we
// may not ask for any more, too.
func (w *twin) checkBooks(rt *rapid.T) {
	w.T.Helper()
	answer, err := http.Get(w.Sandbox + "/_sandbox/ledger")
	w.must(err)
	defer answer.Body.Close()
	var stripe struct {
		Balances []struct {
			Account, Currency  string
			Available, Pending int64
		}
	}
	w.must(json.NewDecoder(answer.Body).Decode(&stripe))
	held := map[string]int64{}
	for _, b := range stripe.Balances {
		if b.Currency == string(w.currency) {
			held[b.Account] += b.Available + b.Pending
		}
	}
	var sum, ours int64
	w.must(w.DB.QueryRow(w.T.Context(), `SELECT coalesce(sum(amount), 0)::bigint, coalesce(sum(amount) FILTER (WHERE account IN ('escrow', 'revenue') OR account LIKE 'debt:%'), 0)::bigint
		FROM (SELECT destination AS account, amount FROM ledger_postings UNION ALL SELECT source, -amount FROM ledger_postings) p`).Scan(&sum, &ours))
	owner, err := ledger.Balance(w.T.Context(), w.DB, ledger.Owner(w.acct), w.currency)
	w.must(err)
	if sum != 0 {
		rt.Errorf("the books sum to %d", sum)
	}
	if theirs := held[w.acct]; owner.Minor != theirs {
		rt.Errorf("the owner has %d in the books, %d at Stripe", owner.Minor, theirs)
	}
	s := stage{World: w.World, currency: w.currency}
	if theirs := s.atStripe(""); ours != theirs {
		rt.Errorf("we have %d in the books, %d at Stripe", ours, theirs)
	}
}
