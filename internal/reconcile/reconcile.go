// Package reconcile heals what webhooks missed, and proves the books.
//
// Every five minutes the sweep ([Service.Sweep]) asks Stripe again about
// everything that is not settled: open payments, pending refunds, open
// disputes, accounts not seen for a while, payouts on their way, and events that
// could not be applied. What nobody waits for, a dispute or a refund made at
// Stripe's Dashboard, a payout that an account's schedule made, it finds in
// Stripe's lists of events: those of up to 30 days, ours and every account's,
// that no webhook brought. It sends the requests whose process died, and ends
// holds whose time is over. It applies nothing itself: it puts look-ups and
// events into the inbox, where they take the path of every event, works the
// inbox off and asks again until nothing new comes. So without a single webhook
// the state is true after one sweep.
//
// Every hour the books ([Service.Books]) are held against Stripe's balance
// transactions, ours and every connected account's. Each row there names the
// ledger's references that have to move its net ([legsOf]); what is left over on
// either side is a discrepancy, by name and with its likely cause. Rows that
// belong to no payment, our own payouts and top-ups and fees, are booked here.
//
// The invariant: an account's balance at Stripe, available and pending, is for
// us escrow + revenue + all debts, and for an owner their account in the ledger.
//
// Tables: reconcile_runs, stripe_reads, balance_transactions, book_balances,
// discrepancies.
package reconcile

import (
	"context"
	"log/slog"
	"time"

	"hearth/internal/booking"
	"hearth/internal/inbound"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
)

// Service holds the collaborators; the verbs beside this one come as functions.
type Service struct {
	DB       *pgxpool.Pool
	Stripe   *stripeapi.Client
	Jobs     *river.Client[pgx.Tx] // insert-only
	Livemode bool
	Nudge    func(ctx context.Context, source string, subject inbound.Subject) error
	Missed   func(ctx context.Context, listed []stripeapi.ListedEvent) (int, error) // takes in the events that no webhook brought
	Drain    func(ctx context.Context) error                                        // works the inbox off
	Types    map[string][]string                                                    // the events worth catching up with: PlatformEvents, AccountEvents
	Finish   map[string]func(context.Context, stripeapi.RequestID) error            // by purpose
	Payouts  func(ctx context.Context) error                                        // finishes payouts whose process died
	EndHold  func(context.Context, booking.ID) error
	Now      func() time.Time
	Logger   *slog.Logger
}

// Latest is the newest sweep that ended, for the admin's overview and readiness.
func Latest(ctx context.Context, q postgres.Querier) (at time.Time, err error) {
	err = q.QueryRow(ctx, `SELECT coalesce(max(finished_at), 'epoch') FROM reconcile_runs WHERE kind = 'sweep'`).Scan(&at)
	return at, err
}
