package hosting

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"hearth/internal/connect"
	"hearth/internal/fault"
	"hearth/internal/inbound"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
)

// mcc is the merchant category: agents and managers of rentals.
const mcc = "6513"

// about names a person in the column stripe_requests.about.
func about(owner user.ID) string { return "user:" + string(owner) }

// account makes sure that the owner has an account at Stripe. Two tries: when
// Stripe refuses what we know about the person, the second says nothing of it.
func (s *Service) account(ctx context.Context, owner user.ID) (connect.Account, error) {
	a, err := s.Account(ctx, owner)
	if err != nil || a.StripeAccountID != "" {
		return a, err
	}
	if a.ID != "" {
		if a, err = s.recover(ctx, a); err != nil || a.StripeAccountID != "" {
			return a, err
		}
	}
	var outcome stripeapi.Outcome
	for range 2 {
		if a, err = s.claim(ctx, owner); err != nil || a.StripeAccountID != "" {
			return a, err
		}
		if outcome, err = s.send(ctx, a.RequestID); err != nil {
			return a, fmt.Errorf("create connected account of %s: %w", owner, err)
		}
		if !outcome.Refused() {
			return s.attach(ctx, a, outcome.ObjectID)
		}
	}
	return a, fault.Wrap(fmt.Errorf("create connected account of %s: %w", owner, outcome.Err()), fault.Unavailable,
		"Stripe did not open a payout account for you. We have been told and will write to you.")
}

// send waits for a rival who is sending the same request: a double click.
func (s *Service) send(ctx context.Context, id stripeapi.RequestID) (stripeapi.Outcome, error) {
	for wait := 50 * time.Millisecond; ; wait *= 2 {
		outcome, err := s.Stripe.Send(ctx, id)
		if err == nil || outcome.HTTPStatus != http.StatusConflict || wait > 2*time.Second {
			return outcome, err
		}
		select {
		case <-ctx.Done():
			return outcome, ctx.Err()
		case <-time.After(wait):
		}
	}
}

// claim finds the account's row, or plans the account: row and request in one
// transaction.
func (s *Service) claim(ctx context.Context, owner user.ID) (a connect.Account, err error) {
	live := s.Stripe.Livemode()
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		if err := connect.Lock(ctx, tx, owner); err != nil {
			return err
		}
		a, err = connect.ByUser(ctx, tx, owner, live)
		switch {
		case fault.Is(err, fault.NotFound):
			return s.begin(ctx, tx, owner, &a)
		case err != nil || a.StripeAccountID != "":
			return err
		}
		return s.again(ctx, tx, &a)
	})
	return a, err
}

// again replaces a request that Stripe refused; any other stays the only one.
func (s *Service) again(ctx context.Context, tx pgx.Tx, a *connect.Account) error {
	last, err := stripeapi.RequestByID(ctx, tx, a.RequestID)
	if err != nil || last.State != stripeapi.StateRefused {
		return err
	}
	tries, err := accountsTried(ctx, tx, a.UserID, a.Livemode)
	if err != nil {
		return err
	}
	if a.RequestID, err = s.planAccount(ctx, tx, a.UserID, tries+1); err != nil {
		return err
	}
	return connect.Replan(ctx, tx, a.ID, a.RequestID)
}

func (s *Service) begin(ctx context.Context, tx pgx.Tx, owner user.ID, a *connect.Account) error {
	tries, err := accountsTried(ctx, tx, owner, s.Stripe.Livemode()) // of an account that is no longer used
	if err != nil {
		return err
	}
	request, err := s.planAccount(ctx, tx, owner, tries+1)
	if err != nil {
		return err
	}
	if err := user.AddRole(ctx, tx, owner, user.Owner); err != nil {
		return err
	}
	*a, err = connect.Plan(ctx, tx, owner, s.Stripe.Livemode(), request, s.Country, s.Now())
	return err
}

// planAccount writes the request. The first is prefilled with what we know of
// the person, the next say only what cannot be wrong.
func (s *Service) planAccount(ctx context.Context, tx pgx.Tx, owner user.ID, try int) (stripeapi.RequestID, error) {
	u, err := user.ByID(ctx, tx, owner)
	if err != nil {
		return "", err
	}
	params := stripeapi.AccountParams{UserID: string(owner), Country: s.Country, MCC: mcc,
		ProductDescription: "Short stays in the owner's home, booked and paid on Hearth."}
	if try == 1 {
		params.Email, params.Phone = u.Email, phone(u.Phone)
		params.FirstName, params.LastName = names(u.Name)
		if params.URL, err = s.homePage(ctx, tx, owner); err != nil {
			return "", err
		}
	}
	return s.Stripe.Plan(ctx, tx, stripeapi.Planned{
		Purpose: stripeapi.ForAccount, Path: stripeapi.AccountsPath, Key: s.accountKey(owner, try), About: about(owner), Params: params.Values(),
	})
}

// accountKey is the same for every try to send one request. Modes are apart:
// they share a database when a site goes live.
func (s *Service) accountKey(owner user.ID, try int) string {
	key := "owner:" + string(owner) + ":acct"
	if s.Stripe.Livemode() {
		key += ":live"
	}
	if try > 1 {
		key += fmt.Sprintf(":%d", try)
	}
	return key
}

// homePage is the owner's home on our site, where Stripe can see it: not on a
// developer's machine.
func (s *Service) homePage(ctx context.Context, q postgres.Querier, owner user.ID) (string, error) {
	if base, err := url.Parse(s.BaseURL); err != nil || base.Scheme != "https" || !strings.Contains(base.Hostname(), ".") {
		return "", nil
	}
	var slug string
	err := q.QueryRow(ctx, `SELECT coalesce((SELECT slug FROM listings WHERE owner_id = $1 AND status = 'published' ORDER BY id LIMIT 1), '')`, owner).Scan(&slug)
	if err != nil || slug == "" {
		return "", err
	}
	return s.BaseURL + "/homes/" + slug, nil
}

// attach notes the account's id and asks the inbox to look at it; everything
// else about it is written by that look.
func (s *Service) attach(ctx context.Context, a connect.Account, acct string) (connect.Account, error) {
	err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		if err := connect.Lock(ctx, tx, a.UserID); err != nil {
			return err
		}
		if err := connect.Attach(ctx, tx, a.ID, acct); err != nil {
			return err
		}
		if _, err := stripeapi.Found(ctx, tx, a.RequestID, acct, s.Now()); err != nil {
			return err
		}
		return s.Inbox.Nudge(ctx, tx, inbound.SourceOwn, inbound.Subject{Kind: inbound.Account, ID: acct}, acct)
	})
	if err != nil {
		return a, fmt.Errorf("attach %s: %w", acct, err)
	}
	return connect.ByUser(ctx, s.DB, a.UserID, a.Livemode)
}

// recover settles an earlier request whose answer we never heard: accounts
// carry our person's id, so a list at Stripe finds one that was made. When none
// was, and the same request can no longer make one (it ended in a 500, which its
// key repeats for a day, or its key is forgotten), it is given up. After a 502,
// 503 or 504 it may still be under way, and goes out again as it was.
func (s *Service) recover(ctx context.Context, a connect.Account) (connect.Account, error) {
	last, err := stripeapi.RequestByID(ctx, s.DB, a.RequestID)
	if err != nil || last.State != stripeapi.StateUnknown {
		return a, err
	}
	now := s.Now()
	found, err := s.Stripe.AccountsByUser(ctx, string(a.UserID), a.CreatedAt.Add(-clockSkew), now.Add(clockSkew))
	if err != nil {
		return a, fmt.Errorf("look for the account of %s: %w", a.UserID, err)
	}
	for _, made := range slices.Backward(found) {
		if _, err := connect.ByStripeID(ctx, s.DB, made.ID); fault.Is(err, fault.NotFound) {
			return s.attach(ctx, a, made.ID)
		} else if err != nil {
			return a, err
		}
	}
	ended := last.HTTPStatus != nil && *last.HTTPStatus == http.StatusInternalServerError
	if !ended && now.Sub(last.PlannedAt) < keysLive {
		return a, nil
	}
	return a, postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		_, err := stripeapi.Abandon(ctx, tx, a.RequestID, "no such account at Stripe", now)
		return err
	})
}

const (
	// clockSkew is how far Stripe's clock and ours may be apart.
	clockSkew = time.Hour
	// keysLive is how long Stripe remembers an idempotency key, at least.
	keysLive = 24 * time.Hour
)

// accountsTried counts the requests to make this person's account.
func accountsTried(ctx context.Context, q postgres.Querier, owner user.ID, livemode bool) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM stripe_requests WHERE about = $1 AND purpose = $2 AND livemode = $3`,
		about(owner), stripeapi.ForAccount, livemode).Scan(&n)
	return n, err
}

// names splits a name at its first space; Stripe asks for what is missing.
func names(full string) (first, last string) {
	first, last, _ = strings.Cut(strings.TrimSpace(full), " ")
	return first, strings.TrimSpace(last)
}

var international = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// phone is a number as Stripe takes it, or nothing.
func phone(typed string) string {
	digits := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "").Replace(typed)
	if !international.MatchString(digits) {
		return ""
	}
	return digits
}
