package payment

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"hearth/internal/fault"
	"hearth/internal/postgres"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Answer is a row of dispute_answers: evidence on its way to Stripe. Its papers
// are uploaded first; then one request stages it, or hands it to the bank.
type Answer struct {
	ID            string
	DisputeID     string
	Number        int
	Submit        bool
	Fields        map[string]string
	State         string // uploading, sending, done, refused
	Attempt       int
	RequestID     *string
	Submissions   int // how many Stripe counted before
	FailureReason string
	ActorID       string
	ActorName     string
	CreatedAt     time.Time
	FinishedAt    *time.Time
}

// Live reports whether Stripe has not answered yet.
func (a Answer) Live() bool { return a.State == "uploading" || a.State == "sending" }

// Key is the idempotency key of the answer's current attempt.
func (a Answer) Key() string {
	return fmt.Sprintf("dispute:%s:evidence:%d:%d", a.DisputeID, a.Number, a.Attempt)
}

// Paper is a row of dispute_files: a document, byte for byte as it is uploaded.
type Paper struct {
	ID        string
	AnswerID  string
	Field     string // Stripe's name for what it shows
	Filename  string
	Content   []byte
	Attempt   int
	RequestID *string
	FileID    string // file_…; "" until Stripe has it
}

// Key is the idempotency key of the paper's current upload.
func (f Paper) Key(dispute string) string {
	return fmt.Sprintf("dispute:%s:file:%s:%d", dispute, f.ID, f.Attempt)
}

const (
	answerColumns = `a.id, a.dispute_id, a.number, a.submit, a.fields, a.state, a.attempt, a.request_id, a.submissions, a.failure_reason,
	a.actor_id::text, (SELECT u.name FROM users u WHERE u.id = a.actor_id) AS actor_name, a.created_at, a.finished_at`
	paperColumns = `f.id, f.answer_id, f.field, f.filename, f.content, f.attempt, f.request_id, f.file_id`
	noAnswer     = "There is no such evidence."
)

// AnswersOf lists what was sent for a dispute, the oldest first.
func AnswersOf(ctx context.Context, q postgres.Querier, dispute string) ([]Answer, error) {
	return postgres.All[Answer](ctx, q, `SELECT `+answerColumns+` FROM dispute_answers a WHERE a.dispute_id = $1 ORDER BY a.number`, dispute)
}

// AnswerByID reads one answer.
func AnswerByID(ctx context.Context, q postgres.Querier, id string) (Answer, error) {
	return postgres.One[Answer](ctx, q, noAnswer, `SELECT `+answerColumns+` FROM dispute_answers a WHERE a.id = $1`, id)
}

// AnswerByRequest finds the answer that a request was planned for.
func AnswerByRequest(ctx context.Context, q postgres.Querier, requestID string) (Answer, error) {
	return postgres.One[Answer](ctx, q, noAnswer, `SELECT `+answerColumns+` FROM dispute_answers a WHERE a.request_id = $1`, requestID)
}

// PapersOf lists an answer's papers with their bytes.
func PapersOf(ctx context.Context, q postgres.Querier, answer string) ([]Paper, error) {
	return postgres.All[Paper](ctx, q, `SELECT `+paperColumns+` FROM dispute_files f WHERE f.answer_id = $1 ORDER BY f.field`, answer)
}

// PaperByRequest finds the paper that an upload was planned for.
func PaperByRequest(ctx context.Context, q postgres.Querier, requestID string) (Paper, error) {
	return postgres.One[Paper](ctx, q, noAnswer, `SELECT `+paperColumns+` FROM dispute_files f WHERE f.request_id = $1`, requestID)
}

// AddAnswer writes evidence before Stripe is asked. Seen is the number of the
// last answer that the person knew of: the same form sent twice, or by two
// people, is one answer and a Conflict. So is one while another is under way.
func AddAnswer(ctx context.Context, tx pgx.Tx, a Answer, seen int, papers []Paper, now time.Time) (Answer, error) {
	id := uuid.Must(uuid.NewV7()).String()
	fields, err := json.Marshal(a.Fields)
	if err != nil {
		return a, err
	}
	tag, err := tx.Exec(ctx, `
		INSERT INTO dispute_answers (id, dispute_id, number, submit, fields, state, submissions, actor_id, created_at)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9
		WHERE $10 = (SELECT coalesce(max(number), 0) FROM dispute_answers WHERE dispute_id = $2)
		ON CONFLICT DO NOTHING`,
		id, a.DisputeID, seen+1, a.Submit, fields, a.State, a.Submissions, a.ActorID, now, seen)
	if err != nil {
		return a, fmt.Errorf("keep evidence for dispute %s: %w", a.DisputeID, err)
	}
	if tag.RowsAffected() == 0 {
		return a, fault.New(fault.Conflict, "Evidence was sent since you opened this page, or is being sent. Look it over and try again.")
	}
	for _, f := range papers {
		if _, err := tx.Exec(ctx, `INSERT INTO dispute_files (id, answer_id, field, filename, content) VALUES ($1, $2, $3, $4, $5)`,
			f.ID, id, f.Field, f.Filename, f.Content); err != nil {
			return a, fmt.Errorf("keep paper %s: %w", f.Filename, err)
		}
	}
	return AnswerByID(ctx, tx, id)
}

// AnswerSending notes the request that an answer's attempt was planned as.
func AnswerSending(ctx context.Context, tx pgx.Tx, a Answer, requestID string) error {
	return answerStep(ctx, tx, a, `state = 'sending', attempt = $2, request_id = $3`, a.Attempt, requestID)
}

// AnswerDone notes that Stripe has it.
func AnswerDone(ctx context.Context, tx pgx.Tx, a Answer, now time.Time) error {
	return answerStep(ctx, tx, a, `state = 'done', finished_at = $2`, now)
}

// AnswerRefused notes why Stripe did not take it.
func AnswerRefused(ctx context.Context, tx pgx.Tx, a Answer, why string, now time.Time) error {
	return answerStep(ctx, tx, a, `state = 'refused', failure_reason = $2, finished_at = $3`, why, now)
}

// answerStep changes an answer that is still in the state in which it was read.
func answerStep(ctx context.Context, tx pgx.Tx, a Answer, set string, args ...any) error {
	tag, err := tx.Exec(ctx, fmt.Sprintf(`UPDATE dispute_answers SET %s WHERE id = $1 AND state = $%d`, set, len(args)+2),
		append(append([]any{a.ID}, args...), a.State)...)
	if err != nil {
		return fmt.Errorf("change answer %d of dispute %s: %w", a.Number, a.DisputeID, err)
	}
	if tag.RowsAffected() == 0 {
		return fault.New(fault.Conflict, "This evidence has just changed.")
	}
	return nil
}

// PaperSending notes the request that an upload was planned as.
func PaperSending(ctx context.Context, tx pgx.Tx, f Paper, requestID string) error {
	_, err := tx.Exec(ctx, `UPDATE dispute_files SET request_id = $2, attempt = $3 WHERE id = $1 AND file_id = ''`, f.ID, requestID, f.Attempt)
	return err
}

// PaperSent notes Stripe's id; the first stays.
func PaperSent(ctx context.Context, tx pgx.Tx, f Paper, fileID string) error {
	_, err := tx.Exec(ctx, `UPDATE dispute_files SET file_id = $2 WHERE id = $1 AND file_id = ''`, f.ID, fileID)
	return err
}

// strandedDisputes are the requests about disputes whose outcome is not written
// yet where it belongs.
const strandedDisputes = `SELECT request_id FROM dispute_recoveries WHERE state = 'planned' AND reversal_id = ''
	UNION ALL SELECT return_request_id FROM dispute_recoveries WHERE state = 'returning' AND return_id = '' AND failure_reason = ''
	UNION ALL SELECT request_id FROM dispute_answers WHERE state = 'sending'
	UNION ALL SELECT f.request_id FROM dispute_files f JOIN dispute_answers a ON a.id = f.answer_id WHERE a.state = 'uploading'`

// PaperOf reads one paper of a dispute.
func PaperOf(ctx context.Context, q postgres.Querier, dispute, id string) (Paper, error) {
	return postgres.One[Paper](ctx, q, "There is no such paper.", `SELECT `+paperColumns+` FROM dispute_files f JOIN dispute_answers a ON a.id = f.answer_id
		WHERE a.dispute_id = $1 AND f.id::text = $2`, dispute, id)
}
