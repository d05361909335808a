package user_test

import (
	"context"
	"testing"
	"time"

	"hearth/internal/fault"
	"hearth/internal/postgres"
	"hearth/internal/testkit/factory"
	"hearth/internal/testkit/pgtest"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
)

func TestRolesAreGivenToWhoMayHaveThem(t *testing.T) {
	tx := pgtest.Tx(t)
	fresh := ada(t, tx) // has not proved the address
	if err := user.Grant(t.Context(), tx, fresh.ID, user.Admin); !fault.Is(err, fault.Conflict) {
		t.Errorf("an unproved address becomes admin: %v", err)
	}
	if err := user.Grant(t.Context(), tx, fresh.ID, user.Owner); err != nil {
		t.Errorf("owner: %v", err)
	}
	if err := user.Grant(t.Context(), tx, fresh.ID, "king"); !fault.Is(err, fault.Invalid) {
		t.Errorf("a role that is none: %v", err)
	}
	if err := user.Suspend(t.Context(), tx, fresh.ID, now); err != nil {
		t.Fatal(err)
	}
	if err := user.Grant(t.Context(), tx, fresh.ID, user.Owner); !fault.Is(err, fault.Conflict) {
		t.Errorf("a suspended person is given a role: %v", err)
	}
}

func TestRevokingEndsSessionsAndKeepsOwnersOfHomes(t *testing.T) {
	tx := pgtest.Tx(t)
	grace, bob := factory.Person(t, tx, "Grace", user.Admin), factory.Person(t, tx, "Bob", user.Admin, user.Owner)
	if err := user.Revoke(t.Context(), tx, grace.ID, bob.ID, user.Admin); err != nil {
		t.Fatal(err)
	}
	after, _ := user.ByID(t.Context(), tx, bob.ID)
	if after.IsAdmin() || !after.IsOwner() || after.SessionVersion != bob.SessionVersion+1 {
		t.Errorf("%+v", after)
	}
	home := factory.Home(t, tx, bob.ID, nil)
	if err := user.Revoke(t.Context(), tx, grace.ID, bob.ID, user.Owner); !fault.Is(err, fault.Conflict) {
		t.Errorf("the owner of %s is none any more: %v", home.ID, err)
	}
	if err := user.Revoke(t.Context(), tx, grace.ID, bob.ID, user.Tenant); !fault.Is(err, fault.Invalid) {
		t.Errorf("everybody is a tenant: %v", err)
	}
}

func TestThereIsAlwaysAnAdmin(t *testing.T) {
	acts := map[string]func(context.Context, pgx.Tx, user.ID, user.ID) error{
		"revoke": func(ctx context.Context, tx pgx.Tx, by, id user.ID) error {
			return user.Revoke(ctx, tx, by, id, user.Admin)
		},
		"suspend": func(ctx context.Context, tx pgx.Tx, by, id user.ID) error {
			return user.SuspendBy(ctx, tx, by, id, now)
		},
	}
	for name, act := range acts {
		t.Run(name, func(t *testing.T) {
			tx := pgtest.Tx(t)
			grace, tess := factory.Person(t, tx, "Grace", user.Admin), factory.Person(t, tx, "Tess")
			if err := act(t.Context(), tx, grace.ID, grace.ID); !fault.Is(err, fault.Denied) {
				t.Errorf("to herself: %v", err)
			}
			if err := act(t.Context(), tx, tess.ID, grace.ID); !fault.Is(err, fault.Conflict) {
				t.Errorf("to the last admin: %v", err)
			}
			away := factory.Person(t, tx, "Away", user.Admin)
			if err := user.Suspend(t.Context(), tx, away.ID, now); err != nil {
				t.Fatal(err)
			}
			if err := act(t.Context(), tx, tess.ID, grace.ID); !fault.Is(err, fault.Conflict) {
				t.Errorf("a suspended admin counts as one: %v", err)
			}
		})
	}
}

// Two admins who remove each other at the same moment: one of them stays. The
// second has to wait until the first is done, and then sees it.
func TestAdminsCannotRemoveEachOther(t *testing.T) {
	db := pgtest.Pool(t)
	grace, ada := factory.Person(t, db, "Grace", user.Admin), factory.Person(t, db, "Ada", user.Admin)
	first, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer first.Rollback(t.Context())
	if err := user.Revoke(t.Context(), first, grace.ID, ada.ID, user.Admin); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	outcome := make(chan error, 1)
	go func() {
		outcome <- postgres.InTx(t.Context(), db, func(tx pgx.Tx) error { return user.Revoke(t.Context(), tx, ada.ID, grace.ID, user.Admin) })
	}()
	for waits := false; !waits; {
		select {
		case err := <-outcome:
			t.Fatalf("the second did not wait for the first: %v", err)
		case <-ctx.Done():
			t.Fatal("the second neither waits nor ends")
		default:
		}
		if err := db.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&waits); err != nil {
			t.Fatal(err)
		}
	}
	if err := first.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-outcome; !fault.Is(err, fault.Conflict) {
		t.Errorf("the second: %v", err)
	}
	if left, err := user.Admins(t.Context(), db); err != nil || len(left) != 1 {
		t.Errorf("%d admins are left, %v", len(left), err)
	}
}

func TestTheListOfPeopleCountsHomesAndSorts(t *testing.T) {
	tx := pgtest.Tx(t)
	bob := factory.Person(t, tx, "Bob", user.Owner)
	factory.Home(t, tx, bob.ID, nil)
	factory.Person(t, tx, "Grace", user.Admin)
	gone := factory.Person(t, tx, "Gone")
	if err := user.Suspend(t.Context(), tx, gone.ID, now); err != nil {
		t.Fatal(err)
	}
	counts, err := user.Count(t.Context(), tx, "people.test")
	if err != nil || counts != (user.Counts{All: 3, Owners: 1, Admins: 1, Suspended: 1}) {
		t.Errorf("%+v, %v", counts, err)
	}
	owners, _, err := user.Search(t.Context(), tx, user.Filter{Role: user.Owner})
	if err != nil || len(owners) != 1 || owners[0].Homes != 1 || owners[0].Stays != 0 {
		t.Errorf("%+v, %v", owners, err)
	}
	if out, total, err := user.Search(t.Context(), tx, user.Filter{Suspended: true}); err != nil || total != 1 || out[0].ID != gone.ID {
		t.Errorf("%v, %d, %v", out, total, err)
	}
}
