package demo_test

import (
	"context"
	"io/fs"
	"testing"
	"time"

	"hearth/internal/demo"
	"hearth/internal/listing"
	"hearth/internal/testkit/pgtest"
	"hearth/internal/user"
	"hearth/web"

	"golang.org/x/sync/errgroup"
)

// Loading twice, and twice at once, makes one set of people who can log in
// and homes that lack nothing.
func TestDemoLoadsOnce(t *testing.T) {
	ctx, db, now := context.Background(), pgtest.Pool(t), time.Date(2027, 5, 1, 12, 0, 0, 0, time.UTC)
	pictures, err := fs.Sub(web.Demo, "demo")
	if err != nil {
		t.Fatal(err)
	}
	if err := demo.Load(ctx, db, web.Demo, now); err == nil {
		t.Error("homes without their pictures were loaded")
	}
	var group errgroup.Group
	for range 2 {
		group.Go(func() error { return demo.Load(ctx, db, pictures, now) })
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := demo.Load(ctx, db, pictures, now); err != nil {
		t.Fatal(err)
	}
	for _, email := range []string{demo.Owner, demo.SecondOwner, demo.Tenant, demo.Admin} {
		c, err := user.CredentialByEmail(ctx, db, email)
		if err != nil || !c.Verified() || !c.Matches(demo.Password) {
			t.Errorf("%s: %v", email, err)
		}
		if c.IsAdmin() != (email == demo.Admin) {
			t.Errorf("%s has the roles %v", email, c.Roles)
		}
	}
	owners, err := demo.Owners(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	all := 0
	for _, owner := range owners {
		homes, err := listing.ByOwner(ctx, db, owner.ID)
		if err != nil {
			t.Fatal(err)
		}
		all += len(homes)
		for _, home := range homes {
			photos, err := listing.Photos(ctx, db, home.ID)
			if err != nil || home.Status != listing.Published || len(photos) < 4 || len(listing.Missing(home, photos)) > 0 {
				t.Errorf("%s is %s with %d photos, %v", home.Title, home.Status, len(photos), err)
			}
			for _, p := range photos {
				if p.Alt == "" || p.Width < 1200 {
					t.Errorf("%s: photo %+v", home.Title, p)
				}
				if file, err := listing.PhotoJPEG(ctx, db, p.ID, 640); err != nil || len(file) > 120_000 || len(file) < 10_000 {
					t.Errorf("%s: a file of %d bytes, %v", home.Title, len(file), err)
				}
			}
		}
	}
	if all != 10 {
		t.Errorf("%d homes", all)
	}
}
