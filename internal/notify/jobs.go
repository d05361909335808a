package notify

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"hearth/internal/mail"
	"hearth/internal/postgres"
	"hearth/internal/user"
	"hearth/internal/view"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
)

// SendArgs is the job of one notification.
type SendArgs struct {
	NotificationID string `json:"notification_id"`
}

// Kind implements river.JobArgs.
func (SendArgs) Kind() string { return "send_notification" }

// InsertOpts implements river.JobArgsWithInsertOpts: twelve tries are about
// half a day of a mail server that does not answer.
func (SendArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 12} }

// SendWorker writes and sends mails.
type SendWorker struct {
	river.WorkerDefaults[SendArgs]
	DB      *pgxpool.Pool
	View    *view.Engine
	Sender  mail.Sender
	BaseURL string // "https://homes.example", without a slash at the end
	Now     func() time.Time
}

// Timeout implements river.Worker.
func (w *SendWorker) Timeout(*river.Job[SendArgs]) time.Duration { return 40 * time.Second }

// Work sends one mail, or records why not.
func (w *SendWorker) Work(ctx context.Context, job *river.Job[SendArgs]) error {
	n, err := load(ctx, w.DB, job.Args.NotificationID)
	if err != nil {
		return err
	}
	if n.State == "sent" || n.State == "failed" {
		return nil
	}
	last := job.Attempt >= job.MaxAttempts
	message, err := w.write(ctx, n)
	switch {
	case errors.Is(err, errNobody):
		return w.record(ctx, n, "failed", err.Error())
	case err != nil:
		return w.again(ctx, n, err, last)
	}
	mine, err := w.claim(ctx, n, message.Subject)
	if err != nil || !mine {
		return err
	}
	err = w.Sender.Send(ctx, message)
	switch {
	case err == nil:
		return w.record(ctx, n, "sent", "")
	case errors.Is(err, mail.ErrRefused):
		return w.record(ctx, n, "failed", err.Error())
	case errors.Is(err, mail.ErrUnknown) && !last:
		return err // stays "sending": the next try takes it for what it is
	}
	return w.again(ctx, n, err, last)
}

const unknown = "unknown: it may have been sent before"

// claim marks the mail as being sent. A mail that was being sent already is
// one whose fate nobody knows: it is claimed once more, then given up.
func (w *SendWorker) claim(ctx context.Context, n notification, subject string) (bool, error) {
	done, err := w.DB.Exec(ctx, `UPDATE notifications
		SET last_error = CASE state WHEN 'sending' THEN $3 ELSE '' END, state = 'sending', attempts = attempts + 1, subject = $2
		WHERE id = $1 AND (state = 'queued' OR (state = 'sending' AND last_error <> $3))`, n.ID, subject, unknown)
	if err != nil {
		return false, fmt.Errorf("claim mail %s: %w", n.Key, err)
	}
	if done.RowsAffected() > 0 {
		return true, nil
	}
	_, err = w.DB.Exec(ctx, `UPDATE notifications SET state = 'failed' WHERE id = $1 AND state = 'sending'`, n.ID)
	return false, err
}

// record writes the outcome down. What is known must not be lost because the
// job was cancelled in the meantime.
func (w *SendWorker) record(ctx context.Context, n notification, state, problem string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	_, err := w.DB.Exec(ctx, `UPDATE notifications SET state = $2, last_error = $3,
		sent_at = CASE $2 WHEN 'sent' THEN $4::timestamptz END WHERE id = $1`, n.ID, state, problem, w.Now())
	if err != nil {
		return fmt.Errorf("record that mail %s is %s: %w", n.Key, state, err)
	}
	return nil
}

// again puts a mail back that nobody took, and lets the job be tried later.
func (w *SendWorker) again(ctx context.Context, n notification, cause error, last bool) error {
	state := "queued"
	if last {
		state = "failed"
	}
	return errors.Join(fmt.Errorf("send mail %s: %w", n.Key, cause), w.record(ctx, n, state, cause.Error()))
}

// errNobody says that a mail was asked for at an address that is nobody's.
var errNobody = errors.New("nobody has this address")

// write renders the mail of a notification for the person as they are now.
func (w *SendWorker) write(ctx context.Context, n notification) (mail.Message, error) {
	letter, err := w.letter(ctx, n)
	if err != nil {
		return mail.Message{}, err
	}
	if letter.Link, err = w.link(ctx, n, letter); err != nil {
		return mail.Message{}, err
	}
	subject, html, text, err := w.View.Mail(n.Template, letter)
	text = gaps.ReplaceAllString(text, "\n\n")
	return mail.Message{ID: n.ID, To: letter.User.Email, Subject: subject, HTML: html, Text: text}, err
}

// gaps are what paragraphs leave that were not written.
var gaps = regexp.MustCompile(`\n{3,}`)

// link is where the mail's one button leads.
func (w *SendWorker) link(ctx context.Context, n notification, l Letter) (string, error) {
	var path string
	switch {
	case n.Template == "verify_email":
		return w.tokenLink(ctx, l.User.ID, user.Verify, "/verify-email")
	case n.Template == "reset_password":
		return w.tokenLink(ctx, l.User.ID, user.Reset, "/reset")
	case n.Template == "already_registered":
		path = "/login"
	case n.Template == "account_disconnected_admin", n.Template == "account_rejected_admin":
		path = "/admin/accounts/" + l.Reference
	case n.Template == "payout_setup_needed", n.Template == "account_problem_owner", n.Template == "payout_failed_owner":
		path = "/owner/payouts"
	case l.Booking == nil:
		path = "/"
	case strings.HasSuffix(n.Template, "_admin"):
		path = "/admin/bookings/" + l.Booking.Code
	case strings.HasSuffix(n.Template, "_owner"):
		path = "/owner/stays/" + l.Booking.Code
	default:
		path = "/trips/" + l.Booking.Code
	}
	return w.BaseURL + path, nil
}

func (w *SendWorker) tokenLink(ctx context.Context, id user.ID, purpose user.Purpose, path string) (link string, err error) {
	err = postgres.InTx(ctx, w.DB, func(tx pgx.Tx) error {
		token, err := user.IssueToken(ctx, tx, id, purpose, w.Now())
		link = w.BaseURL + path + "?token=" + token
		return err
	})
	return link, err
}
