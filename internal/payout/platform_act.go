package payout

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hearth/internal/fault"
	"hearth/internal/inbound"
	"hearth/internal/money"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// OwnPurposes are the requests that [Service.FinishOwn] knows how to finish.
var OwnPurposes = []string{stripeapi.ForOwnPayout, stripeapi.ForTopup, stripeapi.ForOwnCancel}

// testBank is the bank account that Stripe's test mode tops up from.
const testBank = "btok_us_verified"

// PlanTopUp writes down that money is to come from our bank. The same form
// again is a Conflict.
func (s *Service) PlanTopUp(ctx context.Context, tx pgx.Tx, form string, amount money.Amount) (stripeapi.RequestID, error) {
	id := uuid.Must(uuid.NewV7()).String()
	params := stripeapi.TopupParams{Amount: amount.Minor, Currency: amount.Currency, Description: "Hearth top-up", Metadata: map[string]string{stripeapi.MetaMove: id}}
	if !s.Stripe.Livemode() {
		params.Source = testBank
	}
	return s.planMove(ctx, tx, Move{ID: id, Kind: TopUp, Amount: amount.Minor, Currency: amount.Currency}, form, stripeapi.Planned{
		Purpose: stripeapi.ForTopup, Path: stripeapi.TopupsPath, Params: params.Values()})
}

// PlanToBank writes down that what is ours is to go to our bank: never more
// than is free of what was seen at an instant, less what was planned since. The
// same form again is a Conflict.
func (s *Service) PlanToBank(ctx context.Context, tx pgx.Tx, form string, amount money.Amount, seen []Own, at time.Time) (stripeapi.RequestID, error) {
	if err := lockMoves(ctx, tx); err != nil {
		return "", err
	}
	free, err := s.free(ctx, tx, amount.Currency, seen, at)
	if err != nil {
		return "", err
	}
	if amount.Minor > free {
		return "", fault.Field("amount", "At most %s can go to the bank now: the rest is tenants’ money, needed for refunds under way, or not available yet.", money.New(free, amount.Currency).Format())
	}
	id := uuid.Must(uuid.NewV7()).String()
	params := stripeapi.PayoutParams{Amount: amount.Minor, Currency: amount.Currency, Description: "Hearth revenue", Metadata: map[string]string{stripeapi.MetaMove: id}}
	return s.planMove(ctx, tx, Move{ID: id, Kind: ToBank, Amount: amount.Minor, Currency: amount.Currency}, form, stripeapi.Planned{
		Purpose: stripeapi.ForOwnPayout, Path: stripeapi.PayoutsPath, Params: params.Values()})
}

// free is what may go to the bank: by what Stripe showed then, and what the
// books and our own plans say now.
func (s *Service) free(ctx context.Context, tx pgx.Tx, c money.Currency, seen []Own, at time.Time) (int64, error) {
	now, err := s.ownBooks(ctx, tx)
	if err != nil {
		return 0, err
	}
	own := Own{Currency: c}
	for _, o := range now {
		if o.Currency == c {
			own = o
		}
	}
	for _, o := range seen {
		if o.Currency == c {
			own.Available = o.Available
		}
	}
	var planned int64
	err = tx.QueryRow(ctx, `SELECT coalesce(sum(amount), 0)::bigint FROM platform_moves
		WHERE kind = 'payout' AND livemode = $1 AND currency = $2 AND (status = 'planned' OR (created_at >= $3 AND status NOT IN ('refused', 'failed', 'canceled')))`,
		s.Stripe.Livemode(), c, at).Scan(&planned)
	if err != nil {
		return 0, fmt.Errorf("sum up our planned payouts: %w", err)
	}
	return max(0, own.Free()-planned), nil
}

func lockMoves(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('moves of our own money', 0))`)
	return err
}

func (s *Service) planMove(ctx context.Context, tx pgx.Tx, m Move, form string, p stripeapi.Planned) (stripeapi.RequestID, error) {
	if form == "" {
		return "", fault.New(fault.Invalid, "Open the form again: it has expired.")
	}
	p.Key, p.About = "move:"+m.ID, aboutMove(m.ID)
	request, err := s.Stripe.Plan(ctx, tx, p)
	if err != nil {
		return "", err
	}
	tag, err := tx.Exec(ctx, `INSERT INTO platform_moves (id, kind, livemode, form, request_id, amount, currency, status, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 'planned', $8) ON CONFLICT ON CONSTRAINT platform_moves_form_key DO NOTHING`,
		m.ID, m.Kind, s.Stripe.Livemode(), form, request, m.Amount, m.Currency, s.Now())
	if err != nil {
		return "", fmt.Errorf("plan a move of our own money: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return "", fault.New(fault.Conflict, "This form has been sent already. Look at the list below it.")
	}
	return request, nil
}

func aboutMove(id string) string { return "move:" + id }

// PlanCancel writes down that a pending move is to be stopped. One that was
// asked for and came to nothing can be asked for again, under another key.
func (s *Service) PlanCancel(ctx context.Context, tx pgx.Tx, id string) (stripeapi.RequestID, error) {
	if err := lockMoves(ctx, tx); err != nil {
		return "", err
	}
	m, err := s.Move(ctx, tx, id)
	if err != nil {
		return "", err
	}
	if !m.Cancellable() {
		return "", fault.New(fault.Conflict, "It is not pending any more, so it cannot be stopped.")
	}
	var refused int
	err = tx.QueryRow(ctx, `SELECT count(*) FROM stripe_requests WHERE about = $1 AND purpose = $2 AND state = $3`,
		aboutMove(m.ID), stripeapi.ForOwnCancel, stripeapi.StateRefused).Scan(&refused)
	if err != nil {
		return "", fmt.Errorf("ask how often move %s was to be stopped: %w", m.ID, err)
	}
	return s.Stripe.Plan(ctx, tx, stripeapi.Planned{Purpose: stripeapi.ForOwnCancel, Path: stripeapi.CancelMovePath(m.Kind.path(), *m.StripeID),
		Key: fmt.Sprintf("move:%s:cancel:%d", m.ID, refused+1), About: aboutMove(m.ID)})
}

// FinishOwn sends a planned request about our own money, or reads what came of
// it, and has the move looked at. It may run any number of times, and at once.
// Stripe's refusal is a Conflict.
func (s *Service) FinishOwn(ctx context.Context, id stripeapi.RequestID) error {
	r, err := stripeapi.RequestByID(ctx, s.DB, id)
	if err != nil {
		return err
	}
	m, err := s.Move(ctx, s.DB, strings.TrimPrefix(r.About, aboutMove("")))
	if err != nil {
		return err
	}
	outcome, err := s.Stripe.Send(ctx, id)
	if stripeapi.Over(err) {
		return s.findMove(ctx, r, m)
	}
	if err != nil {
		return fmt.Errorf("send %s %s: %w", r.Purpose, m.ID, err)
	}
	if outcome.Refused() {
		if r.Purpose != stripeapi.ForOwnCancel {
			if err := s.moveRefused(ctx, m, outcome.Code, outcome.Message); err != nil {
				return err
			}
		}
		return fault.New(fault.Conflict, "Stripe did not do it: %s", outcome.Message)
	}
	return s.moveMade(ctx, m, outcome.ObjectID)
}

// moveMade notes Stripe's id, and looks: everything else is Stripe's word.
func (s *Service) moveMade(ctx context.Context, m Move, stripeID string) error {
	_, err := s.DB.Exec(ctx, `UPDATE platform_moves SET stripe_id = $2, status = 'pending' WHERE id = $1 AND status = 'planned' AND stripe_id IS NULL`, m.ID, stripeID)
	if err != nil {
		return fmt.Errorf("attach %s to move %s: %w", stripeID, m.ID, err)
	}
	return s.Inbox.LookNow(ctx, inbound.SourceOwn, moveSubject(m.Kind, stripeID))
}

func (s *Service) moveRefused(ctx context.Context, m Move, code, message string) error {
	_, err := s.DB.Exec(ctx, `UPDATE platform_moves SET status = 'refused', failure_code = $2, failure_message = $3 WHERE id = $1 AND status = 'planned'`, m.ID, code, message)
	if err != nil {
		return fmt.Errorf("note that Stripe refused move %s: %w", m.ID, err)
	}
	return nil
}

// findMove settles a request that can tell nothing new: by Stripe's list, or, for
// one that was to be stopped, by a look that shows whether it was.
func (s *Service) findMove(ctx context.Context, r stripeapi.Request, m Move) error {
	stripeID, err := s.listed(ctx, r, m)
	if err != nil {
		return fmt.Errorf("look for %s %s: %w", r.Purpose, m.ID, err)
	}
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) (err error) {
		if stripeID != "" {
			_, err = stripeapi.Found(ctx, tx, r.ID, stripeID, s.Now())
			return err
		}
		_, err = stripeapi.Abandon(ctx, tx, r.ID, "Stripe does not show that it was done", s.Now())
		return err
	})
	switch {
	case err != nil:
		return err
	case stripeID != "":
		return s.moveMade(ctx, m, stripeID)
	case r.Purpose == stripeapi.ForOwnCancel:
		return nil
	}
	return s.moveRefused(ctx, m, "abandoned", "Stripe never made it.")
}

// listed is the id of what a request did at Stripe; "" when it did nothing.
func (s *Service) listed(ctx context.Context, r stripeapi.Request, m Move) (string, error) {
	from := r.PlannedAt.Add(-time.Hour)
	switch {
	case r.Purpose == stripeapi.ForOwnCancel:
		seen, err := s.seeMove(ctx, m.Kind, *m.StripeID)
		if err != nil || seen.Status != string(Canceled) {
			return "", err
		}
		return seen.ID, nil
	case m.Kind == TopUp:
		made, err := s.Stripe.Topups(ctx, from)
		for _, t := range made {
			if t.Metadata[stripeapi.MetaMove] == m.ID {
				return t.ID, nil
			}
		}
		return "", err
	}
	made, err := s.Stripe.Payouts(ctx, "", from, time.Time{})
	for _, p := range made {
		if p.Metadata[stripeapi.MetaMove] == m.ID {
			return p.ID, nil
		}
	}
	return "", err
}
