// Package account is how people come in: sign-up, proof of the address,
// log-in, a new password.
//
// Nobody learns here whether an address has an account: signing up, asking for
// a new password and logging in say the same, and do the same work, for known
// and unknown addresses. What differs is only in the mail that arrives.
//
// Passwords are long rather than odd: 10 to 200 characters, not the e-mail
// address, and no rules about what they are made of.
package account

import (
	"context"

	"fmt"
	"strings"
	"time"

	"hearth/internal/fault"
	"hearth/internal/notify"
	"hearth/internal/postgres"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Service is the collaborators of the verbs.
type Service struct {
	DB     *pgxpool.Pool
	Notify *notify.Service
	Now    func() time.Time

	hashing gate
	decoy   decoy
}

// Registration is what a person types to sign up.
type Registration struct{ Name, Email, Password string }

// SignUp opens an account and mails a link that proves the address. If the
// address has an account already, its owner is told so by mail, and the caller
// sees the same as ever.
func (s *Service) SignUp(ctx context.Context, r Registration) error {
	if err := checkRegistration(r); err != nil {
		return err
	}
	hash, err := s.hash(ctx, r.Password)
	if err != nil {
		return err
	}
	now := s.Now()
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		u, err := user.Create(ctx, tx, user.New{Email: r.Email, Name: r.Name, PasswordHash: hash}, now)
		if fault.Is(err, fault.Conflict) {
			// Once an hour: a stranger must not fill somebody's inbox.
			return s.mail(ctx, tx, "already_registered", r.Email, now.Truncate(time.Hour).Format(time.RFC3339))
		}
		if err != nil {
			return err
		}
		return s.Notify.Enqueue(ctx, tx, notify.Note{Key: "verify:" + string(u.ID), Template: "verify_email", To: u.ID})
	})
	if err != nil {
		return fmt.Errorf("sign up: %w", err)
	}
	return nil
}

// mail promises a mail to an address, whoever has it, once per period.
func (s *Service) mail(ctx context.Context, tx pgx.Tx, template, email, period string) error {
	email = strings.TrimSpace(email)
	return s.Notify.Enqueue(ctx, tx, notify.Note{
		Key: template + ":" + strings.ToLower(email) + ":" + period, Template: template, Email: email,
	})
}

// ResendVerification mails a new link, at most once a minute.
func (s *Service) ResendVerification(ctx context.Context, id user.ID) error {
	return postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		u, err := user.ByID(ctx, tx, id)
		if err != nil || u.Verified() {
			return err
		}
		key := "verify:" + string(id) + ":" + s.Now().Truncate(time.Minute).Format(time.RFC3339)
		return s.Notify.Enqueue(ctx, tx, notify.Note{Key: key, Template: "verify_email", To: id})
	})
}

// Verify spends a mailed link: the address is proved. It returns whose.
func (s *Service) Verify(ctx context.Context, token string) (id user.ID, err error) {
	now := s.Now()
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		if id, err = user.UseToken(ctx, tx, token, user.Verify, now); err != nil {
			return err
		}
		return user.MarkVerified(ctx, tx, id, now)
	})
	if err != nil {
		return "", fmt.Errorf("verify an address: %w", err)
	}
	return id, nil
}

// errWrong is the one answer to every log-in that does not work out.
func errWrong() error {
	return fault.Field("password", "This e-mail address and password do not go together.")
}

// LogIn checks address and password. A wrong address and a wrong password are
// the same fault, after the same time.
func (s *Service) LogIn(ctx context.Context, email, password string) (user.User, error) {
	c, err := user.CredentialByEmail(ctx, s.DB, email)
	known := err == nil
	if !known {
		if !fault.Is(err, fault.NotFound) {
			return user.User{}, fmt.Errorf("log in: %w", err)
		}
		c.PasswordHash = s.decoy.hash()
	}
	right, err := s.matches(ctx, c, password)
	switch {
	case err != nil:
		return user.User{}, err
	case !known || !right:
		return user.User{}, errWrong()
	case c.Suspended():
		return user.User{}, fault.New(fault.Denied, "This account is suspended. Write to us if you think that is a mistake.")
	}
	return c.User, nil
}

// RequestReset mails a link for a new password, if the address is somebody's,
// at most once a minute.
func (s *Service) RequestReset(ctx context.Context, email string) error {
	if err := checkEmail(email); err != nil {
		return err
	}
	err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		return s.mail(ctx, tx, "reset_password", email, s.Now().Truncate(time.Minute).Format(time.RFC3339))
	})
	if err != nil {
		return fmt.Errorf("ask for a new password: %w", err)
	}
	return nil
}

// ResetWorks says whether a mailed link can still set a password.
func (s *Service) ResetWorks(ctx context.Context, token string) error {
	return user.TokenWorks(ctx, s.DB, token, user.Reset, s.Now())
}

// Reset spends a mailed link: it sets the password, ends every session and
// proves the address on the way.
func (s *Service) Reset(ctx context.Context, token, password string) error {
	if err := checkPassword("password", password, ""); err != nil {
		return err
	}
	if err := s.ResetWorks(ctx, token); err != nil {
		return err // before the costly hash
	}
	hash, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	now := s.Now()
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		id, err := user.UseToken(ctx, tx, token, user.Reset, now)
		if err != nil {
			return err
		}
		u, err := user.ByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := checkPassword("password", password, u.Email); err != nil {
			return err // rolls back: the link works once more
		}
		if _, err := user.SetPassword(ctx, tx, id, hash, now); err != nil {
			return err
		}
		return user.MarkVerified(ctx, tx, id, now)
	})
	if err != nil {
		return fmt.Errorf("set a new password: %w", err)
	}
	return nil
}

// ChangePassword replaces a password by one who knows it and ends every
// session. It returns the new session version, for the session that may go on.
func (s *Service) ChangePassword(ctx context.Context, id user.ID, current, next string) (version int, err error) {
	c, err := user.CredentialByID(ctx, s.DB, id)
	if err != nil {
		return 0, err
	}
	if err := checkPassword("new_password", next, c.Email); err != nil {
		return 0, err
	}
	right, err := s.matches(ctx, c, current)
	if err != nil {
		return 0, err
	}
	if !right {
		return 0, fault.Field("password", "This is not your password.")
	}
	hash, err := s.hash(ctx, next)
	if err != nil {
		return 0, err
	}
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		version, err = user.SetPassword(ctx, tx, id, hash, s.Now())
		return err
	})
	return version, err
}

// UpdateProfile changes name and phone.
func (s *Service) UpdateProfile(ctx context.Context, id user.ID, name, phone string) error {
	wrong := map[string]string{}
	put(wrong, "name", checkName(name))
	put(wrong, "phone", checkPhone(phone))
	if err := fault.Fields(wrong); err != nil {
		return err
	}
	return postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		return user.UpdateProfile(ctx, tx, id, name, phone)
	})
}

// EndSessions logs a person out everywhere and returns the new session
// version, for the session that may go on.
func (s *Service) EndSessions(ctx context.Context, id user.ID) (version int, err error) {
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		version, err = user.EndSessions(ctx, tx, id)
		return err
	})
	return version, err
}

// CreateAdmin makes the first admin. Who has an account already becomes an
// admin and keeps their password.
func (s *Service) CreateAdmin(ctx context.Context, r Registration) (id user.ID, err error) {
	if err := checkRegistration(r); err != nil {
		return "", err
	}
	hash, err := s.hash(ctx, r.Password)
	if err != nil {
		return "", err
	}
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		u, err := user.Create(ctx, tx, user.New{Email: r.Email, Name: r.Name, PasswordHash: hash, Verified: true}, s.Now())
		if fault.Is(err, fault.Conflict) {
			u, err = user.ByEmail(ctx, tx, r.Email)
		}
		if err != nil {
			return err
		}
		id = u.ID
		return user.AddRole(ctx, tx, id, user.Admin)
	})
	return id, err
}
