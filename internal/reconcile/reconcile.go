// Package reconcile heals what webhooks missed. Every five minutes the sweep
// asks Stripe again about everything that is not settled: open payments,
// pending refunds, open disputes, accounts not seen for a while, payouts on
// their way, and events that could not be applied. What nobody waits for, a
// dispute or a refund made at Stripe's Dashboard, it finds in Stripe's list of
// events: those that no webhook brought. It sends the requests whose process
// died, and ends holds whose time is over. It applies nothing itself: it puts
// look-ups and events into the inbox, where they take the path of every event.
// So with all webhooks of our own account lost the books still come true, one
// sweep later.
//
// Tables: reconcile_runs, a row per sweep.
package reconcile

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"hearth/internal/booking"
	"hearth/internal/connect"
	"hearth/internal/inbound"
	"hearth/internal/payment"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Service holds the collaborators; the verbs beside this one come as functions.
type Service struct {
	DB       *pgxpool.Pool
	Livemode bool
	Nudge    func(ctx context.Context, source string, subject inbound.Subject) error
	CatchUp  func(ctx context.Context, from time.Time) (int, error)      // takes in the events that no webhook brought
	Finish   map[string]func(context.Context, stripeapi.RequestID) error // by purpose
	EndHold  func(context.Context, booking.ID) error
	Now      func() time.Time
	Logger   *slog.Logger
}

const (
	// Younger ones are somebody's who is still at work.
	requestAge = 2 * time.Minute
	lookAge    = 4 * time.Minute
	accountAge = 6 * time.Hour // account.updated may be lost; a booking asks anyway
	perKind    = 200
	// Events are read again from a while before the last sweep that read them,
	// and at first from a few days back.
	overlap  = 10 * time.Minute
	farthest = 72 * time.Hour
)

// Run is one sweep.
type Run struct {
	LookedUp int // look-ups and missed events put into the inbox
	Resumed  int // requests sent again, holds ended
}

// Sweep runs once. One thing that fails does not stop the rest; all errors come
// back together.
func (s *Service) Sweep(ctx context.Context) (Run, error) {
	var run Run
	id := uuid.Must(uuid.NewV7())
	if _, err := s.DB.Exec(ctx, `INSERT INTO reconcile_runs (id, started_at) VALUES ($1, $2)`, id, s.Now()); err != nil {
		return run, fmt.Errorf("begin sweep: %w", err)
	}
	err := errors.Join(s.resume(ctx, &run), s.endHolds(ctx, &run), s.lookUp(ctx, &run), s.catchUp(ctx, id, &run))
	text := ""
	if err != nil {
		text = err.Error()
	}
	_, saved := s.DB.Exec(context.WithoutCancel(ctx), `UPDATE reconcile_runs SET finished_at = $2, looked_up = $3, resumed = $4, error = $5 WHERE id = $1`,
		id, s.Now(), run.LookedUp, run.Resumed, text)
	return run, errors.Join(err, saved)
}

// resume sends the requests whose outcome is not known, and finishes refunds
// whose outcome nobody acted upon.
func (s *Service) resume(ctx context.Context, run *Run) error {
	before := s.Now().Add(-requestAge)
	open, err := stripeapi.Unfinished(ctx, s.DB, s.Livemode, slices.Collect(maps.Keys(s.Finish)), before, perKind)
	if err != nil {
		return fmt.Errorf("list unfinished requests: %w", err)
	}
	stranded, err := payment.Stranded(ctx, s.DB, before, perKind)
	if err != nil {
		return fmt.Errorf("list stranded refunds: %w", err)
	}
	for _, id := range stranded {
		open = append(open, stripeapi.Request{ID: stripeapi.RequestID(id), Purpose: stripeapi.ForRefund, About: "a stranded refund"})
	}
	unattached, err := connect.Unattached(ctx, s.DB, before, perKind)
	if err != nil {
		return fmt.Errorf("list accounts that nobody noted: %w", err)
	}
	for _, id := range unattached {
		open = append(open, stripeapi.Request{ID: id, Purpose: stripeapi.ForAccount, About: "an account that nobody noted"})
	}
	var wrong []error
	for _, r := range open {
		if err := s.Finish[r.Purpose](ctx, r.ID); err != nil && !errors.Is(err, stripeapi.ErrTooOld) {
			wrong = append(wrong, fmt.Errorf("resume %s for %s: %w", r.Purpose, r.About, err))
			continue
		}
		run.Resumed++
	}
	return errors.Join(wrong...)
}

// catchUp takes in what happened at Stripe since the last sweep that could ask.
func (s *Service) catchUp(ctx context.Context, id uuid.UUID, run *Run) error {
	now := s.Now()
	var from time.Time
	if err := s.DB.QueryRow(ctx, `SELECT coalesce(max(events_until), $1) FROM reconcile_runs`, now.Add(-farthest)).Scan(&from); err != nil {
		return fmt.Errorf("ask until when events were read: %w", err)
	}
	missed, err := s.CatchUp(ctx, from.Add(-overlap))
	if err != nil {
		return fmt.Errorf("read the events since %s: %w", from.Format(time.RFC3339), err)
	}
	run.LookedUp += missed
	_, err = s.DB.Exec(ctx, `UPDATE reconcile_runs SET events_until = $2 WHERE id = $1`, id, now)
	return err
}

func (s *Service) endHolds(ctx context.Context, run *Run) error {
	holds, err := booking.OverdueHolds(ctx, s.DB, s.Now(), perKind)
	if err != nil {
		return fmt.Errorf("list overdue holds: %w", err)
	}
	var wrong []error
	for _, b := range holds {
		if err := s.EndHold(ctx, b.ID); err != nil {
			wrong = append(wrong, fmt.Errorf("end the hold of %s: %w", b.Code, err))
			continue
		}
		run.Resumed++
	}
	return errors.Join(wrong...)
}

func (s *Service) lookUp(ctx context.Context, run *Run) error {
	subjects, err := s.unsettled(ctx)
	if err != nil {
		return err
	}
	var wrong []error
	for _, subject := range subjects {
		if err := s.Nudge(ctx, inbound.SourceSweep, subject); err != nil {
			wrong = append(wrong, fmt.Errorf("look %s up: %w", subject, err))
			continue
		}
		run.LookedUp++
	}
	return errors.Join(wrong...)
}

// unsettled is everything that Stripe may know more about than we do.
func (s *Service) unsettled(ctx context.Context) ([]inbound.Subject, error) {
	var all []inbound.Subject
	before := s.Now().Add(-lookAge)
	payments, err := payment.Unsettled(ctx, s.DB, before, perKind)
	if err != nil {
		return nil, fmt.Errorf("list unsettled payments: %w", err)
	}
	for _, id := range payments {
		all = append(all, inbound.Subject{Kind: inbound.Payment, ID: string(id)})
	}
	disputes, err := payment.OpenDisputes(ctx, s.DB, before, perKind)
	if err != nil {
		return nil, fmt.Errorf("list open disputes: %w", err)
	}
	for _, id := range disputes {
		all = append(all, inbound.Subject{Kind: inbound.Dispute, ID: id})
	}
	accounts, err := connect.Stale(ctx, s.DB, s.Livemode, s.Now().Add(-accountAge), perKind)
	if err != nil {
		return nil, fmt.Errorf("list accounts not seen for a while: %w", err)
	}
	for _, a := range accounts {
		all = append(all, inbound.Subject{Kind: inbound.Account, ID: a.StripeAccountID})
	}
	rest, err := s.stuck(ctx, before)
	return append(all, rest...), err
}

// stuck are payouts on their way and the subjects of events that were given up.
func (s *Service) stuck(ctx context.Context, before time.Time) ([]inbound.Subject, error) {
	rows, err := s.DB.Query(ctx, `
		(SELECT $3::text AS kind, stripe_account || '/' || stripe_id AS id FROM payouts
		 WHERE stripe_id IS NOT NULL AND status IN ('pending', 'in_transit') AND coalesce(fetched_at, created_at) < $1 LIMIT $2)
		UNION
		(SELECT split_part(subject, ':', 1), substr(subject, strpos(subject, ':') + 1) FROM stripe_events
		 WHERE state = 'failed' AND subject <> '' AND received_at > $4 LIMIT $2)`,
		before, perKind, inbound.Payout, s.Now().Add(-72*time.Hour))
	if err != nil {
		return nil, fmt.Errorf("list payouts and stuck events: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[inbound.Subject])
}

// Latest is the newest sweep that ended, for the admin's overview and readiness.
func Latest(ctx context.Context, q postgres.Querier) (at time.Time, err error) {
	err = q.QueryRow(ctx, `SELECT coalesce(max(finished_at), 'epoch') FROM reconcile_runs`).Scan(&at)
	return at, err
}
