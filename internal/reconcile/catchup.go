package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hearth/internal/connect"
	"hearth/internal/inbound"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"
)

// The keys of [Service.Types].
const (
	PlatformEvents = "platform"
	AccountEvents  = "account"
)

const (
	// Stripe keeps events for 30 days.
	farthest = 30*24*time.Hour - time.Hour
	// Events are read again from a while before the mark.
	overlap = 10 * time.Minute
	// A long time is read in pieces, the oldest first, and the mark follows
	// each: a stopped sweep has lost no work, and no list is longer than memory.
	piece = 24 * time.Hour
)

// catching is how far an account's events have been read.
type catching struct {
	Account  string
	Until    *time.Time `db:"events_until"`
	Expected bool       // a payout that we did not make may be there
}

// catchUp takes in what happened at Stripe and no webhook brought, ours first
// and then the accounts that waited longest, each once in a sweep.
func (w *sweeping) catchUp(ctx context.Context) error {
	all, err := postgres.All[catching](ctx, w.DB, `
		SELECT a.account, r.events_until, a.expected
		FROM (SELECT '' AS account, false AS expected UNION ALL
			SELECT c.stripe_account_id, c.payout_interval NOT IN ('', 'manual') OR EXISTS (SELECT FROM payouts o
				WHERE o.stripe_account = c.stripe_account_id AND o.status IN ('planned', 'pending', 'in_transit'))
			FROM connected_accounts c
			WHERE c.livemode = $1 AND c.stripe_account_id IS NOT NULL AND c.lost_at IS NULL AND c.deauthorized_at IS NULL) a
		LEFT JOIN stripe_reads r ON r.account = a.account
		ORDER BY a.account = '' DESC, a.expected DESC, coalesce(r.swept_at, 'epoch'), a.account LIMIT $2`, w.Livemode, perKind)
	if err != nil {
		return fmt.Errorf("list whose events to read: %w", err)
	}
	var wrong []error
	for _, c := range all {
		if w.Now().Sub(w.began) > sweepWithin || !w.once("events:"+c.Account) {
			continue
		}
		if err := w.catchUpWith(ctx, c); err != nil {
			wrong = append(wrong, fmt.Errorf("read the events of %s: %w", name(c.Account), err))
		}
	}
	return errors.Join(wrong...)
}

func (w *sweeping) catchUpWith(ctx context.Context, c catching) error {
	end := w.before(eventAge)
	from := w.Now().Add(-farthest)
	if c.Until != nil && c.Until.Add(-overlap).After(from) {
		from = c.Until.Add(-overlap)
	}
	if err := w.catchUpPayouts(ctx, c, from); err != nil {
		return err
	}
	types, step := w.Types[PlatformEvents], piece
	if c.Account != "" {
		types, step = w.Types[AccountEvents], farthest // few: one list
	}
	for ; from.Before(end) && w.Now().Sub(w.began) <= sweepWithin; from = from.Add(step) {
		to := from.Add(step)
		if to.After(end) {
			to = end
		}
		listed, err := w.Stripe.Events(ctx, stripeapi.EventQuery{Account: c.Account, Types: types, From: from, To: to})
		if c.Account != "" && connect.Gone(err) {
			w.run.LookedUp++
			return w.lost(ctx, c.Account)
		}
		if err != nil {
			return err
		}
		n, err := w.Missed(ctx, listed)
		if err != nil {
			return err
		}
		w.run.LookedUp += n
		if _, err := w.DB.Exec(ctx, `INSERT INTO stripe_reads (account, events_until, swept_at) VALUES ($1, $2, $3)
			ON CONFLICT (account) DO UPDATE SET events_until = excluded.events_until, swept_at = excluded.swept_at`, c.Account, to, w.Now()); err != nil {
			return fmt.Errorf("move the mark: %w", err)
		}
	}
	return nil
}

// catchUpPayouts asks for an account's payouts by list, where one may be there
// that we did not make or whose answer was lost, and has those looked at that
// we know otherwise.
func (w *sweeping) catchUpPayouts(ctx context.Context, c catching, from time.Time) error {
	if !c.Expected {
		return nil
	}
	made, err := w.Stripe.Payouts(ctx, c.Account, from, time.Time{})
	if connect.Gone(err) {
		return nil // the list of events says so too
	}
	if err != nil {
		return err
	}
	for _, p := range made {
		var known bool
		if err := w.DB.QueryRow(ctx, `SELECT EXISTS (SELECT FROM payouts WHERE stripe_id = $1 AND status = $2)`, p.ID, p.Status).Scan(&known); err != nil {
			return fmt.Errorf("ask for payout %s: %w", p.ID, err)
		}
		subject := inbound.Subject{Kind: inbound.Payout, ID: c.Account + "/" + p.ID}
		if known || !w.once(subject.String()) {
			continue
		}
		if err := w.Nudge(ctx, inbound.SourceSweep, subject); err != nil {
			return err
		}
		w.run.LookedUp++
	}
	return nil
}
