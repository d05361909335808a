package user

import (
	"context"
	"slices"
	"time"

	"hearth/internal/fault"
	"hearth/internal/postgres"

	"github.com/jackc/pgx/v5"
)

// Grant gives a role by an admin's hand; to give it twice is fine. An admin
// must have proved their address. Who becomes an admin has to log in again.
func Grant(ctx context.Context, tx pgx.Tx, id ID, role string) error {
	u, err := lock(ctx, tx, id)
	switch {
	case err != nil:
		return err
	case role != Owner && role != Admin:
		return fault.Field("role", "There is no such role.")
	case u.Suspended():
		return fault.New(fault.Conflict, "%s is suspended.", u.Name)
	case role == Admin && !u.Verified():
		return fault.New(fault.Conflict, "%s has not proved that the e-mail address is theirs.", u.Name)
	}
	return AddRole(ctx, tx, id, role)
}

// Revoke takes a role away by an admin's hand and ends the person's sessions.
// Nobody takes the role of admin from themselves or from the last admin, and
// who has homes stays an owner.
func Revoke(ctx context.Context, tx pgx.Tx, by, id ID, role string) error {
	if role != Owner && role != Admin {
		return fault.Field("role", "There is no such role.")
	}
	if role == Admin {
		if err := spareAdmin(ctx, tx, by, id); err != nil {
			return err
		}
	}
	if _, err := lock(ctx, tx, id); err != nil {
		return err
	}
	if role == Owner {
		var homes bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM listings WHERE owner_id = $1)`, id).Scan(&homes); err != nil {
			return err
		}
		if homes {
			return fault.New(fault.Conflict, "They have homes. Suspend the homes, or the person, instead.")
		}
	}
	_, err := tx.Exec(ctx, `UPDATE users SET roles = array_remove(roles, $2), session_version = session_version + 1
		WHERE id = $1 AND $2 = ANY (roles)`, id, role)
	return err
}

// SuspendBy keeps a person out by an admin's hand: not themselves, and not the
// last admin.
func SuspendBy(ctx context.Context, tx pgx.Tx, by, id ID, now time.Time) error {
	if err := spareAdmin(ctx, tx, by, id); err != nil {
		return err
	}
	return Suspend(ctx, tx, id, now)
}

// spareAdmin refuses what would leave the platform without an admin who can
// act. All of them are locked, so that two admins cannot remove each other.
func spareAdmin(ctx context.Context, tx pgx.Tx, by, id ID) error {
	if by == id {
		return fault.New(fault.Denied, "You cannot do this to yourself. Another admin can.")
	}
	rows, err := tx.Query(ctx, `SELECT id FROM users WHERE 'admin' = ANY (roles) AND suspended_at IS NULL ORDER BY id FOR UPDATE`)
	if err != nil {
		return err
	}
	admins, err := pgx.CollectRows(rows, pgx.RowTo[ID])
	if err == nil && len(admins) == 1 && slices.Contains(admins, id) {
		return fault.New(fault.Conflict, "This is the last admin.")
	}
	return err
}

func lock(ctx context.Context, tx pgx.Tx, id ID) (User, error) {
	if _, err := ByID(ctx, tx, id); err != nil {
		return User{}, err
	}
	return postgres.One[User](ctx, tx, nobody, `SELECT `+columns+` FROM users WHERE id = $1 FOR UPDATE`, id)
}
