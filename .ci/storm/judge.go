package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// converges is how soon after the last fault everything must be as Stripe says.
const converges = time.Minute

// unrest is what may be under way during a storm, and not after it.
var unrest = map[string]string{
	"event that waits":               `SELECT id || ' ' || type || ' ' || subject || ': ' || last_error FROM stripe_events WHERE state = 'waiting'`,
	"event given up":                 `SELECT id || ' ' || type || ' ' || subject || ': ' || last_error FROM stripe_events WHERE state = 'failed'`,
	"request without an outcome":     `SELECT purpose || ' ' || about || ' ' || state || ' ' || attempts || ': ' || error_message FROM stripe_requests WHERE state IN ('planned', 'unknown') AND purpose NOT IN ('account_link', 'login_link')`,
	"refund that nobody sent":        `SELECT id::text FROM refunds WHERE status = 'requested'`,
	"refund that Stripe has and not": `SELECT id::text || ' ' || status FROM refunds WHERE status NOT IN ('requested', 'failed') AND stripe_refund_id IS NULL`,
	"booking in between":             `SELECT code || ' ' || status FROM bookings WHERE status IN ('held', 'processing', 'requested')`,
	"payment in between":             `SELECT id::text || ' ' || status FROM payments WHERE status IN ('open', 'processing', 'authorized')`,
	"payout in between":              `SELECT id::text || ' ' || status FROM payouts WHERE status = 'planned'`,
	"mail that has not gone out":     `SELECT key || ' ' || state || ': ' || last_error FROM notifications WHERE state IN ('queued', 'sending')`,
	"mail given up":                  `SELECT key || ': ' || last_error FROM notifications WHERE state = 'failed'`,
}

// never is what may not be, at any time. docs/architecture.md §1.
var never = map[string]string{
	"two successes for one booking":             `SELECT booking_id::text FROM charges WHERE status = 'succeeded' AND captured GROUP BY booking_id HAVING count(*) > 1`,
	"two stays on one night":                    `SELECT a.code || ' ' || b.code FROM bookings a JOIN bookings b ON b.listing_id = a.listing_id AND b.id > a.id AND b.nights && a.nights WHERE a.status IN ('held', 'processing', 'requested', 'confirmed', 'completed') AND b.status IN ('held', 'processing', 'requested', 'confirmed', 'completed')`,
	"a stay without its nights, or the reverse": `SELECT coalesce(b.code, o.id::text) FROM bookings b FULL JOIN occupancies o ON o.booking_id = b.id WHERE (b.status IN ('held', 'processing', 'requested', 'confirmed')) IS DISTINCT FROM (o.id IS NOT NULL)`,
	"money kept for a stay that never was":      `SELECT b.code FROM bookings b JOIN payments p ON p.booking_id = b.id WHERE p.status = 'paid' AND b.confirmed_at IS NULL AND p.amount_refunded < p.amount_received`,
	"a stay that nobody paid":                   `SELECT code FROM bookings b WHERE confirmed_at IS NOT NULL AND NOT EXISTS (SELECT FROM payments p WHERE p.booking_id = b.id AND p.status = 'paid' AND p.amount_received = b.total_amount)`,
	"more given back than was paid":             `SELECT id::text FROM payments WHERE amount_refunded > amount_received`,
	"refunds that Stripe does not have":         `SELECT booking_id::text FROM payments p WHERE amount_refunded <> (SELECT coalesce(sum(amount), 0) FROM refunds r WHERE r.payment_id = p.id AND r.status NOT IN ('failed', 'canceled'))`,
	"two bookings of one form":                  `SELECT form_token FROM bookings GROUP BY tenant_id, form_token HAVING count(*) > 1`,
	"two requests for one thing":                `SELECT idempotency_key FROM stripe_requests GROUP BY idempotency_key HAVING count(*) > 1`,
	"another currency":                          `SELECT code FROM bookings b JOIN payments p ON p.booking_id = b.id WHERE p.currency <> b.currency`,
}

// judge waits until everything is at rest, and holds the books against Stripe's:
// balance by balance here, row by row by hearth reconcile, and everything that
// may never be by hearth audit.
func (w *world) judge(ctx context.Context) error {
	began := time.Now()
	_, hasty := w.hearth(ctx, "reconcile") // asks for everything at once; what is under way may be left
	var rest []string
	err := w.until(ctx, converges-time.Since(began), "it comes to rest", func() (bool, error) {
		var err error
		if rest, err = w.look(ctx, unrest); err != nil || len(rest) > 0 {
			return false, err
		}
		rest, err = w.unequal(ctx)
		return len(rest) == 0, err
	})
	w.books.rested = time.Since(began)
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, some(rest))
	}
	if err == nil {
		_, explained := w.hearth(ctx, "reconcile")
		_, audited := w.hearth(ctx, "audit")
		err = errors.Join(explained, audited)
	} else {
		err = errors.Join(err, hasty)
	}
	wrong, failed := w.look(ctx, never)
	if len(wrong) > 0 {
		err = errors.Join(err, fmt.Errorf("what may never be:\n%s", some(wrong)))
	}
	err = errors.Join(err, failed, w.judgePages())
	if err != nil {
		err = errors.Join(err, w.dump(ctx))
	}
	w.out("%s: at rest after %.1f s; %d stories in %.0f s, %d kills.", w.currency, w.books.rested.Seconds(), sum(w.books.stories), w.books.lived.Seconds(), w.death.killed)
	return errors.Join(err, os.WriteFile(filepath.Join(w.dir, "boundaries.txt"), []byte(strings.Join(w.death.report(), "\n")+"\n"), 0o600))
}

// judgePages is what people and the log must not have seen.
func (w *world) judgePages() error {
	w.books.mu.Lock()
	defer w.books.mu.Unlock()
	var wrong []string
	for _, page := range w.books.pages {
		wrong = append(wrong, "a page broke: "+page)
	}
	if _, _, more := w.post.counts(); more > 0 {
		wrong = append(wrong, fmt.Sprintf("%d mails came three times or more", more))
	}
	if told := sum(w.books.stories); w.books.waits > max(2, told/20) {
		wrong = append(wrong, fmt.Sprintf("in %d of %d stories people stopped waiting", w.books.waits, told))
	}
	if len(wrong) == 0 {
		return nil
	}
	return errors.New(some(wrong))
}

// look asks each question; every row is something wrong.
func (w *world) look(ctx context.Context, questions map[string]string) (found []string, err error) {
	for what, sql := range questions {
		rows, err := w.db.Query(ctx, sql)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		for rows.Next() {
			var which string
			if err := rows.Scan(&which); err != nil {
				return nil, err
			}
			found = append(found, what+": "+which)
		}
		if err := rows.Err(); err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
	}
	slices.Sort(found)
	return found, nil
}

// some is the first of many.
func some(all []string) string {
	const enough = 25
	if len(all) > enough {
		all = append(slices.Clone(all[:enough]), fmt.Sprintf("… and %d more", len(all)-enough))
	}
	return strings.Join(all, "\n")
}

// unequal compares the books with the sandbox's ledger, to the cent: each
// owner's balance, the platform's, and that both sum to nothing.
func (w *world) unequal(ctx context.Context) (found []string, err error) {
	raw, err := w.get(ctx, "ledger")
	if err != nil {
		return nil, err
	}
	text, _ := json.Marshal(raw)
	var theirs struct {
		Balances []struct {
			Account, Currency  string
			Available, Pending int64
		} `json:"balances"`
		Sums map[string]int64 `json:"sums"`
	}
	if err := json.Unmarshal(text, &theirs); err != nil {
		return nil, err
	}
	for currency, sum := range theirs.Sums {
		if sum != 0 {
			found = append(found, fmt.Sprintf("the sandbox's own ledger sums to %d %s", sum, currency))
		}
	}
	ours, sum, err := w.ours(ctx)
	if err != nil {
		return nil, err
	}
	if sum != 0 {
		found = append(found, fmt.Sprintf("the books sum to %d", sum))
	}
	for _, b := range theirs.Balances {
		if strings.HasPrefix(b.Account, "outside:") {
			continue
		}
		name := cmp.Or(b.Account, "platform") + " " + b.Currency
		if at := b.Available + b.Pending; at != ours[name] {
			found = append(found, fmt.Sprintf("%s has %d at Stripe, %d in the books", name, at, ours[name]))
		}
		delete(ours, name)
	}
	for name, minor := range ours {
		if minor != 0 {
			found = append(found, fmt.Sprintf("%s has nothing at Stripe, %d in the books", name, minor))
		}
	}
	return found, nil
}

// ours is what the books say is in each balance at Stripe, and the sum of all accounts.
func (w *world) ours(ctx context.Context) (balances map[string]int64, sum int64, err error) {
	rows, err := w.db.Query(ctx, `
		SELECT account, currency, sum(amount)::bigint FROM (
			SELECT destination AS account, currency, amount FROM ledger_postings
			UNION ALL SELECT source, currency, -amount FROM ledger_postings) x GROUP BY 1, 2`)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	balances = map[string]int64{}
	for rows.Next() {
		var account, currency string
		var minor int64
		if err := rows.Scan(&account, &currency, &minor); err != nil {
			return nil, 0, err
		}
		sum += minor
		switch kind, acct, _ := strings.Cut(account, ":"); kind {
		case "owner":
			balances[acct+" "+currency] += minor
		case "escrow", "revenue", "debt":
			balances["platform "+currency] += minor
		}
	}
	return balances, sum, rows.Err()
}

// dump keeps what the database held, for who looks into a storm that failed.
func (w *world) dump(ctx context.Context) error {
	conn, err := w.db.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	for _, table := range []string{"bookings", "booking_history", "payments", "charges", "transfers", "refunds", "disputes", "payouts", "payout_releases",
		"stripe_requests", "stripe_events", "notifications", "ledger_transactions", "ledger_postings", "river_job"} {
		file, err := os.Create(filepath.Join(w.dir, table+".csv"))
		if err != nil {
			return err
		}
		_, err = conn.Conn().PgConn().CopyTo(ctx, file, "COPY "+table+" TO STDOUT (FORMAT csv, HEADER)")
		if err := errors.Join(err, file.Close()); err != nil {
			return fmt.Errorf("keep %s: %w", table, err)
		}
	}
	return nil
}
