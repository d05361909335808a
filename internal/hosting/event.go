package hosting

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"hearth/internal/connect"
	"hearth/internal/inbound"
	"hearth/internal/notify"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
)

const deauthorized = "account.application.deauthorized"

// OnAccount is the [inbound.Handler] of connected accounts: it fetches the
// account and writes what Stripe shows, or that Stripe shows it to us no more.
func (s *Service) OnAccount(ctx context.Context, subject inbound.Subject, events []inbound.Event) (inbound.Change, error) {
	seen, err := s.Stripe.Account(ctx, subject.ID)
	switch {
	case connect.Gone(err):
		told := slices.ContainsFunc(events, func(ev inbound.Event) bool { return ev.Type == deauthorized })
		return s.disconnected(subject.ID, told), nil
	case err != nil:
		return nil, fmt.Errorf("look at account %s: %w", subject.ID, err)
	}
	now := s.Now()
	return func(ctx context.Context, tx pgx.Tx) (string, error) {
		a, err := connect.ByStripeID(ctx, tx, subject.ID)
		if err != nil {
			return "", err
		}
		before, after, err := connect.Apply(ctx, tx, a.ID, seen, now)
		if err != nil {
			return "", fmt.Errorf("apply account %s: %w", subject.ID, err)
		}
		if err := connect.SeeSchedule(ctx, tx, a.ID, seen.Schedule, now); err != nil {
			return "", err
		}
		if err := s.mind(ctx, tx, after); err != nil {
			return "", err
		}
		if err := s.rejected(ctx, tx, before, after); err != nil {
			return "", err
		}
		return effect(before, after), s.tellOwner(ctx, tx, before, after)
	}, nil
}

func (s *Service) disconnected(acct string, told bool) inbound.Change {
	now := s.Now()
	return func(ctx context.Context, tx pgx.Tx) (string, error) {
		a, err := connect.ByStripeID(ctx, tx, acct)
		if err != nil {
			return "", err
		}
		before, after, err := connect.Disconnect(ctx, tx, a.ID, told, now)
		if err != nil {
			return "", fmt.Errorf("disconnect account %s: %w", acct, err)
		}
		if err := s.mind(ctx, tx, after); err != nil {
			return "", err
		}
		key := fmt.Sprintf("account_disconnected:%s:%d", acct, after.LostSince().Unix()) // once per loss
		data := map[string]any{"reference": acct, "reason": lossReason(after)}
		if err := s.Notify.EnqueueAdmins(ctx, tx, key, "account_disconnected_admin", "", data); err != nil {
			return "", err
		}
		note := notify.Note{Key: key + ":owner", Template: "account_problem_owner", To: after.UserID, Data: data}
		return effect(before, after), s.Notify.Enqueue(ctx, tx, note)
	}
}

func lossReason(a connect.Account) string {
	if a.DeauthorizedAt != nil {
		return "Your payout account was disconnected from Hearth."
	}
	return "Stripe no longer shows us your payout account."
}

// rejected settles our own request to refuse an owner, whose answer may have
// been lost, and mails once that they are refused.
func (s *Service) rejected(ctx context.Context, tx pgx.Tx, before, after connect.Account) error {
	if !after.Rejected() {
		return nil
	}
	asked, err := rejections(ctx, tx, after.StripeAccountID)
	if err != nil {
		return err
	}
	for _, r := range asked {
		if _, err := stripeapi.Found(ctx, tx, r.ID, after.StripeAccountID, s.Now()); err != nil {
			return err
		}
	}
	if before.Rejected() {
		return nil
	}
	return s.Notify.EnqueueAdmins(ctx, tx, "account_rejected:"+after.StripeAccountID+":"+after.DisabledReason, "account_rejected_admin", "",
		map[string]any{"reference": after.StripeAccountID, "reason": after.DisabledReason})
}

// tellOwner mails once per reason when somebody who had finished Stripe's form
// has to act, or can no longer be paid.
func (s *Service) tellOwner(ctx context.Context, tx pgx.Tx, before, after connect.Account) error {
	stopped := before.CanBePaid() && !after.CanBePaid()
	if !after.DetailsSubmitted || !(stopped || after.Rejected() || after.NeedsAction()) {
		return nil
	}
	data := map[string]any{"reference": after.StripeAccountID, "reason": problemReason(after)}
	if items := words(after); len(items) > 0 {
		data["items"] = items
	}
	if after.DueBy != nil {
		data["due_by"] = *after.DueBy
	}
	return s.Notify.Enqueue(ctx, tx, notify.Note{
		Key: "account_problem:" + after.StripeAccountID + ":" + problemKey(after), Template: "account_problem_owner",
		To: after.UserID, Data: data,
	})
}

func problemReason(a connect.Account) string {
	switch {
	case a.Rejected():
		return "Stripe has closed your payout account."
	case !a.CanBePaid():
		return "You cannot be paid at the moment, so your homes are off sale."
	case !a.PayoutsEnabled:
		return "Tenants can book, but Stripe cannot pay out to your bank until this is settled."
	}
	return "Stripe needs something from you to keep paying you."
}

// problemKey is the same for the same reasons, however often they are told.
func problemKey(a connect.Account) string {
	due := slices.Sorted(slices.Values(slices.Concat(a.PastDue, a.CurrentlyDue)))
	reasons := append(due, string(a.State()), a.DisabledReason)
	for _, p := range a.Errors {
		reasons = append(reasons, p.Code)
	}
	sum := sha256.Sum256([]byte(strings.Join(slices.Compact(reasons), "\n")))
	return hex.EncodeToString(sum[:8])
}

func effect(before, after connect.Account) string {
	if before.State() == after.State() {
		return "account " + string(after.State())
	}
	return "account " + string(before.State()) + " → " + string(after.State())
}
