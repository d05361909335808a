// Package user is people: who they are, what they may do, and how they prove
// it.
//
// Everybody is a tenant; who lists a home is an owner as well; admins are made
// by other admins or on the command line. An address belongs to one person,
// whatever its capitals. It is believed to be theirs once they opened a mailed
// link ([User.Verified]).
//
// A [User] never carries the password's hash: that is a [Credential], which
// only the log-in asks for. Mailed tokens are 32 random bytes of which the
// table user_tokens keeps a SHA-256; each works once.
//
// Sessions remember the session version they were made with. A new password,
// a new admin role, a suspension and "log out everywhere" raise the version,
// which ends every session before it.
//
// Tables: users, user_tokens (sessions is written by the session store).
package user

import (
	"context"
	"slices"
	"strings"
	"time"

	"hearth/internal/fault"
	"hearth/internal/postgres"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// ID is a person's UUIDv7.
type ID string

// The roles.
const (
	Tenant = "tenant"
	Owner  = "owner"
	Admin  = "admin"
)

// User is a person, without any secret.
type User struct {
	ID              ID         `db:"id"`
	Email           string     `db:"email"`
	Name            string     `db:"name"`
	Phone           string     `db:"phone"`
	Roles           []string   `db:"roles"`
	FeeBPS          *int64     `db:"fee_bps"` // this owner's own fee in basis points; nil: the platform's
	SessionVersion  int        `db:"session_version"`
	EmailVerifiedAt *time.Time `db:"email_verified_at"`
	SuspendedAt     *time.Time `db:"suspended_at"`
	CreatedAt       time.Time  `db:"created_at"`
}

// IsAdmin reports the role admin.
func (u User) IsAdmin() bool { return slices.Contains(u.Roles, Admin) }

// IsOwner reports the role owner.
func (u User) IsOwner() bool { return slices.Contains(u.Roles, Owner) }

// Verified reports that the address was proved to be theirs.
func (u User) Verified() bool { return u.EmailVerifiedAt != nil }

// Suspended reports that they may not log in.
func (u User) Suspended() bool { return u.SuspendedAt != nil }

// FirstName is how a mail greets them.
func (u User) FirstName() string {
	first, _, _ := strings.Cut(strings.TrimSpace(u.Name), " ")
	return first
}

const columns = `id, email, name, phone, roles, fee_bps, session_version, email_verified_at, suspended_at, created_at`

const nobody = "There is no such person."

// ByID finds a person; NotFound when there is none.
func ByID(ctx context.Context, q postgres.Querier, id ID) (User, error) {
	if uuid.Validate(string(id)) != nil {
		return User{}, fault.New(fault.NotFound, nobody)
	}
	return postgres.One[User](ctx, q, nobody, `SELECT `+columns+` FROM users WHERE id = $1`, id)
}

// ByEmail finds a person by address, whatever its capitals; NotFound when
// there is none.
func ByEmail(ctx context.Context, q postgres.Querier, email string) (User, error) {
	return postgres.One[User](ctx, q, nobody, `SELECT `+columns+` FROM users WHERE lower(email) = lower($1)`, strings.TrimSpace(email))
}

// Admins lists the admins who can act: not suspended.
func Admins(ctx context.Context, q postgres.Querier) ([]User, error) {
	return postgres.All[User](ctx, q, `SELECT `+columns+` FROM users WHERE 'admin' = ANY (roles) AND suspended_at IS NULL ORDER BY id`)
}

// New is what makes a person. Roles besides tenant may be given.
type New struct {
	Email, Name, Phone string
	PasswordHash       string // see HashPassword
	Roles              []string
	Verified           bool // the address needs no proof: demo data, the first admin
}

// Create adds a person. An address that is taken is Conflict, and the
// transaction goes on unharmed.
func Create(ctx context.Context, tx pgx.Tx, n New, now time.Time) (User, error) {
	roles := []string{Tenant}
	for _, role := range n.Roles {
		if !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	var verified *time.Time
	if n.Verified {
		verified = &now
	}
	id, err := uuid.NewV7()
	if err != nil {
		return User{}, err
	}
	created, err := postgres.All[User](ctx, tx, `INSERT INTO users (id, email, name, phone, password_hash, roles, email_verified_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (lower(email)) DO NOTHING RETURNING `+columns,
		id, strings.TrimSpace(n.Email), strings.TrimSpace(n.Name), strings.TrimSpace(n.Phone), n.PasswordHash, roles, verified, now)
	if err != nil {
		return User{}, err
	}
	if len(created) == 0 {
		return User{}, fault.New(fault.Conflict, "There is already an account with this e-mail address.")
	}
	return created[0], nil
}

// UpdateProfile changes name and phone.
func UpdateProfile(ctx context.Context, tx pgx.Tx, id ID, name, phone string) error {
	return change(ctx, tx, `UPDATE users SET name = $2, phone = $3 WHERE id = $1`, id, strings.TrimSpace(name), strings.TrimSpace(phone))
}

// AddRole gives a role; to give it twice is fine. Who becomes an admin has to
// log in again.
func AddRole(ctx context.Context, tx pgx.Tx, id ID, role string) error {
	_, err := tx.Exec(ctx, `UPDATE users SET roles = array_append(roles, $2),
		session_version = session_version + CASE WHEN $2 = 'admin' THEN 1 ELSE 0 END
		WHERE id = $1 AND NOT $2 = ANY (roles)`, id, role)
	return err
}

// Suspend keeps a person out, from this moment on. Admins do it to each other
// by [SuspendBy].
func Suspend(ctx context.Context, tx pgx.Tx, id ID, now time.Time) error {
	return change(ctx, tx, `UPDATE users SET suspended_at = coalesce(suspended_at, $2), session_version = session_version + 1 WHERE id = $1`, id, now)
}

// Reinstate lets a suspended person in again.
func Reinstate(ctx context.Context, tx pgx.Tx, id ID) error {
	return change(ctx, tx, `UPDATE users SET suspended_at = NULL WHERE id = $1`, id)
}

const maxFee = 10_000 // basis points: all of it

// SetFee gives an owner a fee of their own in basis points; nil: the platform's.
func SetFee(ctx context.Context, tx pgx.Tx, id ID, bps *int64) error {
	if bps != nil && (*bps < 0 || *bps > maxFee) {
		return fault.Field("fee", "A fee is between 0 and %d basis points.", maxFee)
	}
	return change(ctx, tx, `UPDATE users SET fee_bps = $2 WHERE id = $1`, id, bps)
}

// change runs an update that must meet a person.
func change(ctx context.Context, tx pgx.Tx, sql string, args ...any) error {
	done, err := tx.Exec(ctx, sql, args...)
	if err == nil && done.RowsAffected() == 0 {
		return fault.New(fault.NotFound, nobody)
	}
	return err
}
