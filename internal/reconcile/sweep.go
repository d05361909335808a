package reconcile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"hearth/internal/booking"
	"hearth/internal/connect"
	"hearth/internal/inbound"
	"hearth/internal/payment"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
)

const (
	// Younger ones are somebody's who is still at work.
	requestAge = 2 * time.Minute
	lookAge    = 4 * time.Minute
	eventAge   = time.Minute   // its webhook may be on the way
	accountAge = 6 * time.Hour // account.updated may be lost; a booking asks anyway
	stuckFor   = 30 * 24 * time.Hour
	perKind    = 200
	// A sweep goes round again while something new comes, as what one look
	// brought may ask for another; and no longer than its job may last.
	rounds      = 5
	sweepWithin = 4 * time.Minute
)

// Run is one sweep.
type Run struct {
	LookedUp int // look-ups and missed events put into the inbox
	Resumed  int // requests sent again, holds ended
}

// Sweep runs once. One thing that fails does not stop the rest; all errors come
// back together.
func (s *Service) Sweep(ctx context.Context) (Run, error) { return s.sweep(ctx, true) }

// SweepAll is Sweep for an operator who will not wait: nothing is too young to
// be asked about, and no work is left to somebody who may still be at it.
func (s *Service) SweepAll(ctx context.Context) (Run, error) { return s.sweep(ctx, false) }

func (s *Service) sweep(ctx context.Context, patient bool) (Run, error) {
	id, err := s.begin(ctx, "sweep")
	if err != nil {
		return Run{}, err
	}
	w := &sweeping{Service: s, patient: patient, began: s.Now(), asked: map[string]bool{}}
	for w.rounds = range rounds {
		before := w.run
		w.wrong = nil // the last round tells what is still wrong
		w.round(ctx)
		if w.run == before || ctx.Err() != nil || s.Now().Sub(w.began) > sweepWithin {
			break
		}
	}
	err = errors.Join(w.wrong...)
	return w.run, errors.Join(err, s.finish(ctx, id, w.run, 0, err))
}

// sweeping is a sweep under way.
type sweeping struct {
	*Service
	patient bool
	rounds  int // gone round so far
	began   time.Time
	asked   map[string]bool // what this sweep has done: once is enough
	run     Run
	wrong   []error
}

// round asks before it ends holds: one that was paid, or has ended at Stripe,
// needs no request of ours.
func (w *sweeping) round(ctx context.Context) {
	for _, step := range []func(context.Context) error{w.resume, w.lookUp, w.catchUp, w.Drain, w.endHolds} {
		if err := step(ctx); err != nil {
			w.wrong = append(w.wrong, err)
		}
	}
}

// before is the instant that is as old as something must be for this sweep.
func (w *sweeping) before(age time.Duration) time.Time {
	if !w.patient {
		return w.Now().Add(skew)
	}
	return w.Now().Add(-age)
}

// once reports whether this sweep comes to something for the first time.
func (w *sweeping) once(what string) bool {
	first := !w.asked[what]
	w.asked[what] = true
	return first
}

// resume sends the requests whose outcome is not known, and finishes refunds
// whose outcome nobody acted upon, and payouts.
func (w *sweeping) resume(ctx context.Context) error {
	before := w.before(requestAge)
	if w.rounds > 0 { // what this sweep saw has planned more; to send a request that a rival sends does no harm
		before = w.Now().Add(skew)
	}
	open, err := stripeapi.Unfinished(ctx, w.DB, w.Livemode, slices.Collect(maps.Keys(w.Finish)), before, perKind)
	if err != nil {
		return fmt.Errorf("list unfinished requests: %w", err)
	}
	stranded, err := payment.Stranded(ctx, w.DB, before, perKind)
	if err != nil {
		return fmt.Errorf("list stranded refunds: %w", err)
	}
	for _, id := range stranded {
		open = append(open, stripeapi.Request{ID: stripeapi.RequestID(id), Purpose: stripeapi.ForRefund, About: "a stranded refund"})
	}
	unattached, err := connect.Unattached(ctx, w.DB, before, perKind)
	if err != nil {
		return fmt.Errorf("list accounts that nobody noted: %w", err)
	}
	for _, id := range unattached {
		open = append(open, stripeapi.Request{ID: id, Purpose: stripeapi.ForAccount, About: "an account that nobody noted"})
	}
	var wrong []error
	for _, r := range open {
		if !w.once("request:" + string(r.ID)) {
			continue
		}
		if err := w.Finish[r.Purpose](ctx, r.ID); err != nil && !stripeapi.Over(err) {
			wrong = append(wrong, fmt.Errorf("resume %s for %s: %w", r.Purpose, r.About, err))
			continue
		}
		w.run.Resumed++
	}
	if w.once("payouts") {
		wrong = append(wrong, w.Payouts(ctx))
	}
	return errors.Join(wrong...)
}

func (w *sweeping) endHolds(ctx context.Context) error {
	holds, err := booking.OverdueHolds(ctx, w.DB, w.Now(), perKind)
	if err != nil {
		return fmt.Errorf("list overdue holds: %w", err)
	}
	var wrong []error
	for _, b := range holds {
		if !w.once("hold:" + string(b.ID)) {
			continue
		}
		if err := w.EndHold(ctx, b.ID); err != nil {
			wrong = append(wrong, fmt.Errorf("end the hold of %s: %w", b.Code, err))
			continue
		}
		w.run.Resumed++
	}
	return errors.Join(wrong...)
}

func (w *sweeping) lookUp(ctx context.Context) error {
	subjects, err := w.unsettled(ctx)
	if err != nil {
		return err
	}
	var wrong []error
	for _, subject := range subjects {
		if !w.once(subject.String()) {
			continue
		}
		if err := w.Nudge(ctx, inbound.SourceSweep, subject); err != nil {
			wrong = append(wrong, fmt.Errorf("look %s up: %w", subject, err))
			continue
		}
		w.run.LookedUp++
	}
	return errors.Join(wrong...)
}

// unsettled is everything that Stripe may know more about than we do.
func (w *sweeping) unsettled(ctx context.Context) ([]inbound.Subject, error) {
	var all []inbound.Subject
	before := w.before(lookAge)
	payments, err := payment.Unsettled(ctx, w.DB, before, perKind)
	if err != nil {
		return nil, fmt.Errorf("list unsettled payments: %w", err)
	}
	for _, id := range payments {
		all = append(all, inbound.Subject{Kind: inbound.Payment, ID: string(id)})
	}
	disputes, err := payment.OpenDisputes(ctx, w.DB, before, perKind)
	if err != nil {
		return nil, fmt.Errorf("list open disputes: %w", err)
	}
	for _, id := range disputes {
		all = append(all, inbound.Subject{Kind: inbound.Dispute, ID: id})
	}
	accounts, err := connect.Stale(ctx, w.DB, w.Livemode, w.before(accountAge), perKind)
	if err != nil {
		return nil, fmt.Errorf("list accounts not seen for a while: %w", err)
	}
	for _, a := range accounts {
		all = append(all, inbound.Subject{Kind: inbound.Account, ID: a.StripeAccountID})
	}
	rest, err := w.stuck(ctx, before)
	return append(all, rest...), err
}

// stuck are payouts on their way, and the subjects of events that were given
// up or wait for another attempt: a look settles them all.
func (w *sweeping) stuck(ctx context.Context, before time.Time) ([]inbound.Subject, error) {
	rows, err := w.DB.Query(ctx, `
		(SELECT $3::text AS kind, stripe_account || '/' || stripe_id AS id FROM payouts
		 WHERE stripe_id IS NOT NULL AND status IN ('pending', 'in_transit') AND coalesce(fetched_at, created_at) < $1
		   AND NOT EXISTS (SELECT FROM connected_accounts c WHERE c.stripe_account_id = stripe_account AND coalesce(c.lost_at, c.deauthorized_at) IS NOT NULL)
		 ORDER BY coalesce(fetched_at, created_at) LIMIT $2)
		UNION
		(SELECT CASE kind WHEN 'payout' THEN 'payout' ELSE 'topup' END, CASE kind WHEN 'payout' THEN '/' ELSE '' END || stripe_id FROM platform_moves
		 WHERE stripe_id IS NOT NULL AND status IN ('pending', 'in_transit') AND coalesce(fetched_at, created_at) < $1
		 ORDER BY coalesce(fetched_at, created_at) LIMIT $2)
		UNION
		(SELECT split_part(subject, ':', 1), substr(subject, strpos(subject, ':') + 1) FROM stripe_events
		 WHERE state = 'failed' AND subject <> '' AND received_at > $4 ORDER BY received_at DESC LIMIT $2)
		UNION
		(SELECT split_part(subject, ':', 1), substr(subject, strpos(subject, ':') + 1) FROM stripe_events
		 WHERE state = 'waiting' AND subject <> '' AND attempts > 0 AND received_at < $1 ORDER BY received_at LIMIT $2)`,
		before, perKind, inbound.Payout, w.Now().Add(-stuckFor))
	if err != nil {
		return nil, fmt.Errorf("list payouts and stuck events: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[inbound.Subject])
}
