// Package checkout is how a stay is paid for and given back: start, resume,
// settle, expire, cancel, refund. It crosses booking, calendar, payment and
// the one Stripe client, and owns no table.
//
// Every verb has the same shape. A transaction writes what is meant: the step,
// the reserved refund, and the planned request with its key and exact
// parameters, with a job that will send it whatever happens to this process.
// After the commit the request is sent, and only the new object's id is
// written. What Stripe then says arrives through the inbox: [Service.OnPayment]
// looks at the payment as a whole and makes the change that settles it. A
// browser that comes back, a sweep and an admin's replay take the same path.
package checkout

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"hearth/internal/booking"
	"hearth/internal/inbound"
	"hearth/internal/money"
	"hearth/internal/notify"
	"hearth/internal/payment"
	"hearth/internal/stripeapi"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
)

// Service holds the collaborators. Look asks Stripe about one subject now and
// applies the answer, through the inbox.
type Service struct {
	DB       *pgxpool.Pool
	Stripe   *stripeapi.Client
	Jobs     *river.Client[pgx.Tx]
	Notify   *notify.Service
	Look     func(ctx context.Context, source string, subject inbound.Subject) error
	BaseURL  string
	Fee      money.BasisPoints // the platform's default
	Currency money.Currency
	Now      func() time.Time
	Logger   *slog.Logger
}

const (
	// A Checkout Session lives 40 minutes; Stripe's least is 30, and the
	// difference is for a request that has to be sent again.
	sessionLife = 40 * time.Minute
	// The hold outlives its session, so that nobody pays for nights that are
	// already someone else's.
	holdMargin = 5 * time.Minute
	// Sending is tried by a job when the process that planned a request died.
	sendAfter = 30 * time.Second
)

func subjectOf(p payment.Payment) inbound.Subject {
	return inbound.Subject{Kind: inbound.Payment, ID: string(p.ID)}
}

func about(id booking.ID) string { return "booking:" + string(id) }

// plan writes a request and the job that sends it if we die before.
func (s *Service) plan(ctx context.Context, tx pgx.Tx, r stripeapi.Planned) (stripeapi.RequestID, error) {
	id, err := s.Stripe.Plan(ctx, tx, r)
	if err != nil {
		return id, fmt.Errorf("plan %s: %w", r.Purpose, err)
	}
	_, err = s.Jobs.InsertTx(ctx, tx, SendArgs{RequestID: string(id)}, &river.InsertOpts{ScheduledAt: s.Now().Add(sendAfter)})
	return id, err
}

// Mail keys make one mail once.
func mail(template string, b booking.Booking, to user.ID, key string, data map[string]any) notify.Note {
	return notify.Note{Key: fmt.Sprintf("%s:%s:%s", template, b.ID, key), Template: template, To: to, BookingID: string(b.ID), Data: data}
}

func (s *Service) mailBoth(ctx context.Context, tx pgx.Tx, b booking.Booking, template string, data map[string]any) error {
	if err := s.Notify.Enqueue(ctx, tx, mail(template+"_tenant", b, b.TenantID, "", data)); err != nil {
		return err
	}
	return s.Notify.Enqueue(ctx, tx, mail(template+"_owner", b, b.OwnerID, "", data))
}
