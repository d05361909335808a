package hosting

import (
	"context"

	"hearth/internal/fault"
	"hearth/internal/listing"
	"hearth/internal/postgres"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
)

// Publish offers an owner's own home to tenants. It needs a proved e-mail
// address and a complete listing; it does not need payouts to be set up: until
// they are, nobody finds or books the home.
func (s *Service) Publish(ctx context.Context, owner user.ID, home listing.ID) error {
	return postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		l, err := listing.Lock(ctx, tx, home)
		if err != nil {
			return err
		}
		u, err := user.ByID(ctx, tx, owner)
		if err != nil {
			return err
		}
		switch {
		case l.OwnerID != owner:
			return fault.New(fault.NotFound, "We could not find that home.")
		case !u.Verified():
			return fault.New(fault.Conflict, "Open the link in the e-mail we sent you first: tenants must be able to reach you.")
		}
		return listing.Publish(ctx, tx, home, s.Now())
	})
}
