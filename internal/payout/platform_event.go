package payout

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hearth/internal/inbound"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"
	"hearth/internal/task"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// moveSubject names a move of our own money: a payout of no account, a top-up.
func moveSubject(kind MoveKind, stripeID string) inbound.Subject {
	if kind == TopUp {
		return inbound.Subject{Kind: inbound.Topup, ID: stripeID}
	}
	return subjectOf("", stripeID)
}

// TopupOf says which top-up an event is about. Connected accounts have none
// that concern us.
func TopupOf(_ context.Context, _ postgres.Querier, ev inbound.Event) (inbound.Subject, error) {
	if ev.Account != "" || !strings.HasPrefix(ev.ObjectID, "tu_") {
		return inbound.Subject{}, nil
	}
	return moveSubject(TopUp, ev.ObjectID), nil
}

// OnTopup is the [inbound.Handler] of top-ups.
func (s *Service) OnTopup(ctx context.Context, subject inbound.Subject, _ []inbound.Event) (inbound.Change, error) {
	return s.onMove(ctx, TopUp, subject.ID)
}

// sight is a move as Stripe shows it.
type sight struct {
	stripeapi.Payout // or a top-up, in the same words
	kind             MoveKind
}

func (s *Service) seeMove(ctx context.Context, kind MoveKind, id string) (sight, error) {
	if kind == ToBank {
		seen, err := s.Stripe.Payout(ctx, "", id)
		return sight{seen, kind}, err
	}
	t, err := s.Stripe.Topup(ctx, id)
	return sight{stripeapi.Payout{ID: t.ID, Amount: t.Amount, Currency: t.Currency, Status: t.Status, ArrivalDate: t.ExpectedOn,
		FailureCode: t.FailureCode, FailureMessage: t.FailureMessage, Created: t.Created, Metadata: t.Metadata}, kind}, err
}

func (s *Service) onMove(ctx context.Context, kind MoveKind, id string) (inbound.Change, error) {
	seen, err := s.seeMove(ctx, kind, id)
	if err != nil {
		return nil, fmt.Errorf("look at our %s %s: %w", kind, id, err)
	}
	now := s.Now()
	return func(ctx context.Context, tx pgx.Tx) (string, error) { return s.applyMove(ctx, tx, seen, now) }, nil
}

// applyMove mirrors a move, ours or one that we did not ask for. The books learn
// of it from our balance transactions.
func (s *Service) applyMove(ctx context.Context, tx pgx.Tx, seen sight, now time.Time) (string, error) {
	if ours := seen.Metadata[stripeapi.MetaMove]; uuid.Validate(ours) == nil {
		if _, err := tx.Exec(ctx, `UPDATE platform_moves SET stripe_id = $2 WHERE id = $1 AND stripe_id IS NULL AND kind = $3`, ours, seen.ID, seen.kind); err != nil {
			return "", fmt.Errorf("find move %s: %w", seen.ID, err)
		}
	}
	_, err := tx.Exec(ctx, `INSERT INTO platform_moves (id, kind, livemode, stripe_id, amount, currency, status, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, 'pending', $7) ON CONFLICT ON CONSTRAINT platform_moves_stripe_key DO NOTHING`,
		uuid.Must(uuid.NewV7()), seen.kind, s.Stripe.Livemode(), seen.ID, seen.Amount, seen.Currency, seen.Created)
	if err != nil {
		return "", fmt.Errorf("note move %s: %w", seen.ID, err)
	}
	m, err := postgres.One[Move](ctx, tx, noMove, `
		UPDATE platform_moves m SET status = $2, arrival_date = $3, failure_code = $4, failure_message = $5, fetched_at = $6
		WHERE m.stripe_id = $1 RETURNING `+moveColumns, seen.ID, seen.Status, day(seen.ArrivalDate), seen.FailureCode, seen.FailureMessage, now)
	if err != nil {
		return "", fmt.Errorf("mirror move %s: %w", seen.ID, err)
	}
	if m.RequestID != nil { // its answer may have been lost
		if _, err := stripeapi.Found(ctx, tx, *m.RequestID, seen.ID, now); err != nil {
			return "", err
		}
	}
	return "our " + string(m.Kind) + " " + string(m.Status), moveFailed(ctx, tx, m, now)
}

// moveFailed tells admins of money that did not arrive.
func moveFailed(ctx context.Context, tx pgx.Tx, m Move, now time.Time) error {
	if m.Status != Failed && m.Status != Reversed {
		return nil
	}
	what := map[MoveKind]string{ToBank: "Our payout came back", TopUp: "Our top-up failed"}[m.Kind]
	_, err := task.Open(ctx, tx, task.Task{Key: "own_money:" + *m.StripeID + ":" + string(m.Status), ObjectID: *m.StripeID, Href: "/admin/money",
		Title: what + ": " + m.Money().Format(), Detail: m.Why() + " Mend the bank account at Stripe’s Dashboard, then try again."}, now)
	return err
}
