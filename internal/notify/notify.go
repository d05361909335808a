// Package notify sees to it that the right person gets the right mail, once.
//
// A verb calls [Service.Enqueue] in the transaction of what happened. That
// writes a row of notifications under a key that says which mail it is
// ("booked:tenant:<booking>") and, only if the key is new, a job. So a mail is
// promised exactly when its cause is committed, however often the cause is
// told. The job's worker ([SendWorker]) reads the booking and the people as
// they are by then, writes the mail and hands it to a mail.Sender.
//
// States of a notification: queued → sending → sent, or failed. A mail that
// was accepted is never sent again. If the program dies in between, nobody
// knows; such a mail is sent once more under the same Message-ID, and then
// given up.
//
// Links that prove who someone is (verify, reset) are made while the mail is
// written: neither the row nor the job ever holds a token. Addresses and
// contacts are shown only in mails about a confirmed stay.
package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"hearth/internal/user"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
)

// Templates are the mails that exist: web/templates/mail/<name>.html and .txt.
var Templates = []string{
	"verify_email", "already_registered", "reset_password",
	"booking_confirmed_tenant", "booking_confirmed_owner",
	"payment_processing_tenant", "payment_failed_tenant", "booking_unavailable_tenant",
	"booking_cancelled_tenant", "booking_cancelled_owner",
	"refund_tenant", "refund_owner", "refund_failed_admin", "refund_failed_tenant", "payment_mismatch_admin",
	"payout_setup_needed", "account_problem_owner", "account_disconnected_admin", "account_rejected_admin", "payout_failed_owner",
	"dispute_opened_owner", "dispute_opened_admin", "dispute_closed_owner", "dispute_due_admin", "fraud_warning_admin",
	"dispute_recovered_owner", "dispute_returned_owner",
	"request_received_tenant", "request_received_owner", "request_ended_tenant", "request_ended_owner",
}

// Service promises mails. Jobs may be an insert-only client.
type Service struct {
	Jobs *river.Client[pgx.Tx]
	Now  func() time.Time
}

// Note is one mail to be sent. It goes to To, or, where To is empty, to Email,
// whether somebody with that address exists or not.
//
// Data may say what the booking does not: "amount" and "share" (int64 minor
// units), "currency", "reason", "reference" (Stripe's id), "bank_reference"
// (a refund's at the tenant's bank), "outcome", "due_by" (time.Time), "by" (the same in words) and "items" ([]string); see [Letter].
type Note struct {
	Key, Template string
	To            user.ID
	Email         string
	BookingID     string // "" for none
	Data          map[string]any
}

// Enqueue promises a mail in the caller's transaction. A key that was used
// before changes nothing.
func (s *Service) Enqueue(ctx context.Context, tx pgx.Tx, n Note) error {
	if !slices.Contains(Templates, n.Template) {
		return fmt.Errorf("enqueue mail %s: there is no mail %q", n.Key, n.Template)
	}
	data, err := encode(n.Data)
	if err != nil {
		return fmt.Errorf("enqueue mail %s: %w", n.Key, err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	written, err := tx.Exec(ctx, `INSERT INTO notifications (id, key, template, recipient, user_id, booking_id, data, state, created_at)
		SELECT $1, $2, $3, coalesce(u.email, $5), u.id, nullif($6, '')::uuid, $7, 'queued', $8
		FROM (SELECT nullif($4, '')::uuid AS id) wanted LEFT JOIN users u ON u.id = wanted.id
		WHERE wanted.id IS NULL OR u.id IS NOT NULL
		ON CONFLICT (key) DO NOTHING`,
		id, n.Key, n.Template, string(n.To), n.Email, n.BookingID, data, s.Now())
	if err != nil {
		return fmt.Errorf("enqueue mail %s: %w", n.Key, err)
	}
	if written.RowsAffected() == 0 {
		return nil
	}
	if _, err := s.Jobs.InsertTx(ctx, tx, SendArgs{NotificationID: id.String()}, nil); err != nil {
		return fmt.Errorf("enqueue mail %s: %w", n.Key, err)
	}
	return nil
}

// EnqueueAdmins promises the same mail to every admin, each under a key of
// their own.
func (s *Service) EnqueueAdmins(ctx context.Context, tx pgx.Tx, keyPrefix, template, bookingID string, data map[string]any) error {
	admins, err := user.Admins(ctx, tx)
	if err != nil {
		return fmt.Errorf("find the admins for mail %s: %w", keyPrefix, err)
	}
	for _, admin := range admins {
		note := Note{Key: keyPrefix + ":" + string(admin.ID), Template: template, To: admin.ID, BookingID: bookingID, Data: data}
		if err := s.Enqueue(ctx, tx, note); err != nil {
			return err
		}
	}
	return nil
}

// encode proves at once that the worker will be able to read what was given.
func encode(data map[string]any) ([]byte, error) {
	if data == nil {
		return []byte("{}"), nil
	}
	text, err := json.Marshal(data)
	if err != nil {
		return nil, err
	}
	return text, json.Unmarshal(text, &details{})
}
