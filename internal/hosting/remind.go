package hosting

import (
	"context"
	"fmt"
	"time"

	"hearth/internal/audit"
	"hearth/internal/connect"
	"hearth/internal/fault"
	"hearth/internal/notify"
	"hearth/internal/postgres"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
)

// Remind mails an owner what Stripe still needs, for an admin who gives a
// reason. The mail leads to our own page, never into Stripe: links are for the
// owner who is logged in. Once a day is enough; the second is Conflict.
func (s *Service) Remind(ctx context.Context, admin user.ID, acct, reason, ip string) error {
	now := s.Now()
	return postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		a, err := connect.ByStripeID(ctx, tx, acct)
		if err != nil {
			return err
		}
		if !a.NeedsAction() {
			return fault.New(fault.Conflict, "Stripe needs nothing from this owner.")
		}
		key := "payout_setup:" + acct + ":" + now.Format(time.DateOnly)
		if again, err := promised(ctx, tx, key); err != nil || again {
			return orConflict(err, "This owner has been reminded today.")
		}
		if err := s.Notify.Enqueue(ctx, tx, notify.Note{Key: key, Template: "payout_setup_needed", To: a.UserID, Data: map[string]any{"items": words(a)}}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{ActorID: admin, Act: "remind", Target: about(a.UserID), Reason: reason, IP: ip, Detail: map[string]any{"account": acct}}, now)
	})
}

func promised(ctx context.Context, tx pgx.Tx, key string) (yes bool, err error) {
	if err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM notifications WHERE key = $1)`, key).Scan(&yes); err != nil {
		return false, fmt.Errorf("look for mail %s: %w", key, err)
	}
	return yes, nil
}

func orConflict(err error, message string) error {
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "%s", message)
}

// words is what is due, in plain words.
func words(a connect.Account) []string {
	items := []string{}
	for _, r := range a.Due() {
		items = append(items, r.Words)
	}
	return items
}
