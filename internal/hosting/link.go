package hosting

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"hearth/internal/connect"
	"hearth/internal/fault"
	"hearth/internal/inbound"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"
	"hearth/internal/user"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Stripe sends an owner whose link is spent to our refresh page, which sends
// them back with a new one. An owner who comes round more often than this is
// in a loop, and gets a page instead.
const (
	refreshesAllowed = 5
	refreshWindow    = 2 * time.Minute
)

// StartOnboarding makes the owner's account if there is none yet and returns
// where to redirect them: into Stripe's form, or to our page when Stripe needs
// nothing. A rejected or lost account is explained (Denied).
func (s *Service) StartOnboarding(ctx context.Context, owner user.ID) (string, error) {
	a, err := s.account(ctx, owner)
	if err != nil {
		return "", err
	}
	return s.door(ctx, a)
}

// Refresh returns where to redirect an owner whose link was spent.
func (s *Service) Refresh(ctx context.Context, owner user.ID) (string, error) {
	n, err := linksSince(ctx, s.DB, owner, s.Now().Add(-refreshWindow))
	if err != nil {
		return "", err
	}
	if n >= refreshesAllowed {
		return "", fault.New(fault.Conflict, "Stripe’s form sent you back several times in a row. Wait a few minutes, then press “Continue at Stripe” once more; if it happens again, write to us.")
	}
	a, err := s.known(ctx, owner)
	if err != nil {
		return "", err
	}
	return s.door(ctx, a)
}

// Return looks at the account when the owner comes back from Stripe. Coming
// back proves nothing: what it returns is what Stripe said just now. It writes
// nothing itself; the inbox is asked to look as well.
func (s *Service) Return(ctx context.Context, owner user.ID) (connect.Account, error) {
	a, err := s.known(ctx, owner)
	if err != nil {
		return a, err
	}
	if a, err = s.look(ctx, a); err != nil {
		return a, err
	}
	return a, s.nudge(ctx, a)
}

// DashboardLink returns a link that logs the owner in to their Express
// Dashboard, once.
func (s *Service) DashboardLink(ctx context.Context, owner user.ID) (string, error) {
	a, err := s.known(ctx, owner)
	if err != nil {
		return "", err
	}
	if a, err = s.look(ctx, a); err != nil {
		return "", err
	}
	if a.Lost() {
		return "", Explain(a)
	}
	if !a.DetailsSubmitted {
		return "", fault.New(fault.Conflict, "Your Stripe dashboard opens once you have finished Stripe’s form.")
	}
	return s.mint(ctx, a, stripeapi.Planned{Purpose: stripeapi.ForLoginLink, Path: stripeapi.LoginLinksPath(a.StripeAccountID)})
}

// door decides where an owner goes next, by a fresh look.
func (s *Service) door(ctx context.Context, a connect.Account) (string, error) {
	a, err := s.look(ctx, a)
	if err != nil {
		return "", err
	}
	if err := Explain(a); err != nil {
		return "", err
	}
	if !a.NeedsAction() {
		return s.BaseURL + "/owner/payouts", nil
	}
	params := stripeapi.AccountLinkParams{Account: a.StripeAccountID, RefreshURL: s.BaseURL + refreshPage, ReturnURL: s.BaseURL + returnPage}
	return s.mint(ctx, a, stripeapi.Planned{Purpose: stripeapi.ForAccountLink, Path: stripeapi.AccountLinksPath, Params: params.Values()})
}

// look is the account as Stripe shows it now, in memory only. Losing it is a
// fact, not an error.
func (s *Service) look(ctx context.Context, a connect.Account) (connect.Account, error) {
	seen, err := s.Stripe.Account(ctx, a.StripeAccountID)
	switch {
	case connect.Gone(err):
		now := s.Now()
		a.LostAt = &now
		return a, s.nudge(ctx, a)
	case err != nil:
		return a, fmt.Errorf("look at account %s: %w", a.StripeAccountID, err)
	}
	return a.With(seen, s.Now()), nil
}

// known is the owner's account at Stripe; Conflict while there is none.
func (s *Service) known(ctx context.Context, owner user.ID) (connect.Account, error) {
	a, err := s.Account(ctx, owner)
	if err == nil && a.StripeAccountID == "" {
		err = fault.New(fault.Conflict, "You have not set up payouts yet.")
	}
	return a, err
}

// nudge asks the inbox to look, once a minute for the same sight.
func (s *Service) nudge(ctx context.Context, a connect.Account) error {
	return s.Inbox.Nudge(ctx, s.DB, inbound.SourceReturn, inbound.Subject{Kind: inbound.Account, ID: a.StripeAccountID}, problemKey(a))
}

// mint asks Stripe for a link. Every link is a request of its own: one that
// was lost on the way is never looked for.
func (s *Service) mint(ctx context.Context, a connect.Account, planned stripeapi.Planned) (string, error) {
	planned.Key, planned.About = planned.Purpose+":"+uuid.NewString(), about(a.UserID)
	if planned.Params == nil {
		planned.Params = url.Values{}
	}
	var id stripeapi.RequestID
	err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) (err error) {
		id, err = s.Stripe.Plan(ctx, tx, planned)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("plan %s: %w", planned.Purpose, err)
	}
	outcome, err := s.Stripe.Send(ctx, id)
	if err != nil {
		return "", fmt.Errorf("make %s: %w", planned.Purpose, err)
	}
	if outcome.Refused() {
		return "", fault.Wrap(fmt.Errorf("make %s: %w", planned.Purpose, outcome.Err()), fault.Unavailable,
			"Stripe did not open its page for you just now. Please try again in a few minutes.")
	}
	return outcome.URL()
}

// linksSince counts the account links made for a person.
func linksSince(ctx context.Context, q postgres.Querier, owner user.ID, since time.Time) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM stripe_requests WHERE about = $1 AND purpose = $2 AND planned_at > $3`,
		about(owner), stripeapi.ForAccountLink, since).Scan(&n)
	return n, err
}
