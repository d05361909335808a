package user

import (
	"context"
	"strings"
	"time"

	"hearth/internal/postgres"

	"github.com/alexedwards/argon2id"
	"github.com/jackc/pgx/v5"
)

// cost is OWASP's choice for argon2id: 19 MiB, two passes, one lane; about
// 30 ms of one core.
var cost = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// HashPassword makes what is kept of a password. It takes time and 19 MiB on
// purpose: callers who serve strangers bound how many run at once.
func HashPassword(password string) (string, error) { return argon2id.CreateHash(password, cost) }

// Credential is a person with what proves a password.
type Credential struct {
	User
	PasswordHash string `db:"password_hash"`
}

// Matches reports whether it is the password. It takes the same time for every
// password.
func (c Credential) Matches(password string) bool {
	ok, err := argon2id.ComparePasswordAndHash(password, c.PasswordHash)
	return ok && err == nil
}

// CredentialByEmail finds what a log-in needs; NotFound when nobody has the address.
func CredentialByEmail(ctx context.Context, q postgres.Querier, email string) (Credential, error) {
	return postgres.One[Credential](ctx, q, nobody,
		`SELECT `+columns+`, password_hash FROM users WHERE lower(email) = lower($1)`, strings.TrimSpace(email))
}

// CredentialByID finds what a change of password needs.
func CredentialByID(ctx context.Context, q postgres.Querier, id ID) (Credential, error) {
	return postgres.One[Credential](ctx, q, nobody, `SELECT `+columns+`, password_hash FROM users WHERE id = $1`, id)
}

// SetPassword replaces the password's hash, ends every session and makes
// every mailed reset link useless. It returns the new session version.
func SetPassword(ctx context.Context, tx pgx.Tx, id ID, hash string, now time.Time) (version int, err error) {
	err = tx.QueryRow(ctx, `UPDATE users SET password_hash = $2, session_version = session_version + 1
		WHERE id = $1 RETURNING session_version`, id, hash).Scan(&version)
	if err != nil {
		return 0, postgres.NotFound(err, nobody)
	}
	_, err = tx.Exec(ctx, `UPDATE user_tokens SET used_at = $2 WHERE user_id = $1 AND purpose = 'reset' AND used_at IS NULL`, id, now)
	return version, err
}

// EndSessions ends every session of a person and returns the new version, for
// the one that may go on.
func EndSessions(ctx context.Context, tx pgx.Tx, id ID) (version int, err error) {
	err = tx.QueryRow(ctx, `UPDATE users SET session_version = session_version + 1 WHERE id = $1 RETURNING session_version`, id).Scan(&version)
	return version, postgres.NotFound(err, nobody)
}

// MarkVerified records that the address is theirs; the first time counts.
func MarkVerified(ctx context.Context, tx pgx.Tx, id ID, now time.Time) error {
	return change(ctx, tx, `UPDATE users SET email_verified_at = coalesce(email_verified_at, $2) WHERE id = $1`, id, now)
}
