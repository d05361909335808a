// Package demo fills an empty Hearth with people and homes to try it on: two
// homeowners, a tenant, an admin, and ten homes in California whose pictures
// are our own renders. Everybody's password is [Password]; the addresses end
// in .test, which no mail ever reaches.
//
// The owners' Stripe accounts are not made here: until they have one ([Owners])
// their homes are published, but not on sale.
package demo

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"hearth/internal/calendar"
	"hearth/internal/fault"
	"hearth/internal/listing"
	"hearth/internal/postgres"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"
)

// Password opens every demo account.
const Password = "hearth-demo-2027" // #nosec G101 -- printed for everybody

// The people's addresses.
const (
	Owner       = "nora@hearth.test"
	SecondOwner = "omar@hearth.test"
	Tenant      = "maya@hearth.test"
	Admin       = "ada@hearth.test"
)

var people = []user.New{
	{Email: Owner, Name: "Nora Lindqvist", Phone: "+1 530 555 0101", Roles: []string{user.Owner}},
	{Email: SecondOwner, Name: "Omar Haddad", Phone: "+1 760 555 0102", Roles: []string{user.Owner}},
	{Email: Tenant, Name: "Maya Okafor", Phone: "+1 415 555 0103"},
	{Email: Admin, Name: "Ada Brandt", Phone: "+1 415 555 0104", Roles: []string{user.Admin}},
}

// platform is where the demo homes are; they are only for a platform in the
// US that counts in dollars.
var platform = listing.Platform{Country: "US", Currency: "usd"}

// Load writes it all in one transaction, the first time; where the demo
// tenant exists it does nothing. Photos holds <name>.jpg.
func Load(ctx context.Context, db *pgxpool.Pool, photos fs.FS, now time.Time) error {
	if there, err := loaded(ctx, db); err != nil || there {
		return err
	}
	processed, err := develop(photos)
	if err != nil {
		return err
	}
	return postgres.InTx(ctx, db, func(tx pgx.Tx) error {
		// Two starts at once: the second waits and then finds it done.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('hearth demo'))`); err != nil {
			return err
		}
		if there, err := loaded(ctx, tx); err != nil || there {
			return err
		}
		return load(ctx, tx, processed, now)
	})
}

// Owners are the demo homeowners: whoever starts the sandbox gives each a
// connected account.
func Owners(ctx context.Context, q postgres.Querier) ([]user.User, error) {
	var owners []user.User
	for _, email := range []string{Owner, SecondOwner} {
		u, err := user.ByEmail(ctx, q, email)
		if err != nil {
			return nil, err
		}
		owners = append(owners, u)
	}
	return owners, nil
}

func loaded(ctx context.Context, q postgres.Querier) (bool, error) {
	_, err := user.ByEmail(ctx, q, Tenant)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}

func load(ctx context.Context, tx pgx.Tx, photos map[string]listing.Processed, now time.Time) error {
	ids := map[string]user.ID{}
	for _, p := range people {
		hash, err := user.HashPassword(Password)
		if err != nil {
			return err
		}
		p.PasswordHash, p.Verified = hash, true
		u, err := user.Create(ctx, tx, p, now)
		if err != nil {
			return fmt.Errorf("create demo person %s: %w", p.Email, err)
		}
		ids[p.Email] = u.ID
	}
	for i, h := range slices.Backward(homes) { // the newest is found first
		if err := h.create(ctx, tx, ids[h.owner], photos, now.Add(time.Duration(-i)*time.Hour)); err != nil {
			return fmt.Errorf("create demo home %q: %w", h.title, err)
		}
	}
	return nil
}

func (h home) create(ctx context.Context, tx pgx.Tx, owner user.ID, photos map[string]listing.Processed, now time.Time) error {
	l, err := listing.Create(ctx, tx, owner, listing.New{Title: h.title, Kind: h.kind, City: h.city, Region: "California",
		TimeZone: "America/Los_Angeles"}, platform, now)
	if err != nil {
		return err
	}
	if _, err = listing.Update(ctx, tx, l.ID, platform, now, h.describe); err != nil {
		return err
	}
	for _, name := range h.photos {
		photo, there := photos[name]
		if !there {
			return fmt.Errorf("there is no %s.jpg", name)
		}
		if _, err := listing.AddPhoto(ctx, tx, l.ID, photo, h.alt(name), now); err != nil {
			return err
		}
	}
	for _, b := range h.blocks {
		today := calendar.Today(l.TimeZone, now)
		stay := calendar.Stay{CheckIn: today.AddDate(0, 0, b.in), CheckOut: today.AddDate(0, 0, b.in+b.nights)}
		if err := calendar.Block(ctx, tx, l.ID, stay); err != nil {
			return err
		}
	}
	return listing.Publish(ctx, tx, l.ID, now)
}

// develop processes each picture once, two at a time.
func develop(photos fs.FS) (map[string]listing.Processed, error) {
	names, err := fs.Glob(photos, "*.jpg")
	if err != nil {
		return nil, err
	}
	processed := make([]listing.Processed, len(names))
	var group errgroup.Group
	group.SetLimit(2)
	for i, name := range names {
		group.Go(func() error {
			file, err := photos.Open(name)
			if err != nil {
				return err
			}
			defer file.Close()
			if processed[i], err = listing.ProcessPhoto(file); err != nil {
				return fmt.Errorf("process %s: %w", name, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	byName := map[string]listing.Processed{}
	for i, name := range names {
		byName[strings.TrimSuffix(name, ".jpg")] = processed[i]
	}
	return byName, nil
}
