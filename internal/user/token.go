package user

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"hearth/internal/fault"
	"hearth/internal/postgres"

	"github.com/jackc/pgx/v5"
)

// Purpose is what a mailed token is good for.
type Purpose string

// The purposes, with how long a token lives.
const (
	Verify Purpose = "verify" // 48 hours
	Reset  Purpose = "reset"  // one hour
)

// Lifetime is how long a token of the purpose works.
func (p Purpose) Lifetime() time.Duration {
	if p == Verify {
		return 48 * time.Hour
	}
	return time.Hour
}

// IssueToken makes a token for a link in a mail. Only its hash is kept, so the
// token exists nowhere but in that mail.
func IssueToken(ctx context.Context, tx pgx.Tx, id ID, purpose Purpose, now time.Time) (string, error) {
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return "", err
	}
	token := base64.RawURLEncoding.EncodeToString(secret)
	_, err := tx.Exec(ctx, `INSERT INTO user_tokens (hash, user_id, purpose, expires_at, created_at) VALUES ($1, $2, $3, $4, $5)`,
		hashToken(token), id, purpose, now.Add(purpose.Lifetime()), now)
	return token, err
}

// UseToken spends a token and says whose it is. A token that is unknown, used,
// too old or for something else is NotFound.
func UseToken(ctx context.Context, tx pgx.Tx, token string, purpose Purpose, now time.Time) (ID, error) {
	var id ID
	err := tx.QueryRow(ctx, `UPDATE user_tokens SET used_at = $3
		WHERE hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3 RETURNING user_id`,
		hashToken(token), purpose, now).Scan(&id)
	return id, postgres.NotFound(err, staleLink)
}

// TokenWorks says whether UseToken would take the token, without spending it.
func TokenWorks(ctx context.Context, q postgres.Querier, token string, purpose Purpose, now time.Time) error {
	var works bool
	err := q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM user_tokens
		WHERE hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3)`, hashToken(token), purpose, now).Scan(&works)
	if err == nil && !works {
		return fault.New(fault.NotFound, staleLink)
	}
	return err
}

const staleLink = "This link was used already or is too old. Ask for a new one."

func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
