package user_test

import (
	"testing"
	"time"

	"hearth/internal/fault"
	"hearth/internal/testkit/pgtest"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
)

var now = time.Date(2027, 5, 1, 12, 0, 0, 0, time.UTC)

func ada(t *testing.T, tx pgx.Tx) user.User {
	t.Helper()
	u, err := user.Create(t.Context(), tx, user.New{Email: " Ada@example.com", Name: "Ada Lovelace", PasswordHash: "x"}, now)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestAnAddressIsOnePersonsWhateverItsCapitals(t *testing.T) {
	tx := pgtest.Tx(t)
	u := ada(t, tx)
	_, err := user.Create(t.Context(), tx, user.New{Email: "ADA@EXAMPLE.COM", Name: "Other", PasswordHash: "x"}, now)
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("a second account: %v", err)
	}
	if found, err := user.ByEmail(t.Context(), tx, "aDa@example.com "); err != nil || found.ID != u.ID {
		t.Errorf("%v, %v", found.ID, err)
	}
	if u.FirstName() != "Ada" || u.Email != "Ada@example.com" || u.Verified() || u.IsAdmin() || u.IsOwner() {
		t.Errorf("%+v", u)
	}
}

func TestNobodyIsNotFound(t *testing.T) {
	tx := pgtest.Tx(t)
	for _, id := range []user.ID{"", "x", "019f0000-0000-7000-8000-000000000000"} {
		if _, err := user.ByID(t.Context(), tx, id); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if err := user.Suspend(t.Context(), tx, "019f0000-0000-7000-8000-000000000000", now); !fault.Is(err, fault.NotFound) {
		t.Errorf("suspend nobody: %v", err)
	}
}

func TestRolesAreGivenOnceAndAdminEndsSessions(t *testing.T) {
	tx := pgtest.Tx(t)
	u := ada(t, tx)
	give := func(role string) user.User {
		t.Helper()
		if err := user.AddRole(t.Context(), tx, u.ID, role); err != nil {
			t.Fatal(err)
		}
		after, _ := user.ByID(t.Context(), tx, u.ID)
		return after
	}
	if after := give(user.Owner); !after.IsOwner() || after.SessionVersion != u.SessionVersion {
		t.Errorf("owner: %+v", after)
	}
	give(user.Admin)
	after := give(user.Admin)
	if !after.IsAdmin() || len(after.Roles) != 3 || after.SessionVersion != u.SessionVersion+1 {
		t.Errorf("admin twice: %+v", after)
	}
}

func TestSuspendingEndsSessionsAndHidesAdmins(t *testing.T) {
	tx := pgtest.Tx(t)
	u := ada(t, tx)
	if err := user.AddRole(t.Context(), tx, u.ID, user.Admin); err != nil {
		t.Fatal(err)
	}
	if admins, err := user.Admins(t.Context(), tx); err != nil || len(admins) != 1 {
		t.Fatalf("%v, %v", admins, err)
	}
	if err := user.Suspend(t.Context(), tx, u.ID, now); err != nil {
		t.Fatal(err)
	}
	after, _ := user.ByID(t.Context(), tx, u.ID)
	if !after.Suspended() || after.SessionVersion != u.SessionVersion+2 {
		t.Errorf("%+v", after)
	}
	if admins, _ := user.Admins(t.Context(), tx); len(admins) != 0 {
		t.Error("a suspended admin gets the admins' mail")
	}
	if err := user.Reinstate(t.Context(), tx, u.ID); err != nil {
		t.Fatal(err)
	}
	if after, _ := user.ByID(t.Context(), tx, u.ID); after.Suspended() {
		t.Error("still suspended")
	}
}

func TestSearchFindsPartsAndCountsAll(t *testing.T) {
	tx := pgtest.Tx(t)
	u := ada(t, tx)
	for _, name := range []string{"Bob 100%", "Bea"} {
		if _, err := user.Create(t.Context(), tx, user.New{Email: name[:3] + "@b.example", Name: name, PasswordHash: "x", Roles: []string{user.Owner}}, now); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		filter user.Filter
		total  int
		page   int
	}{
		{user.Filter{}, 3, 3}, {user.Filter{Limit: 2}, 3, 2}, {user.Filter{Limit: 2, Page: 2}, 3, 1},
		{user.Filter{Query: "LOVE"}, 1, 1}, {user.Filter{Query: "b.example"}, 2, 2}, {user.Filter{Role: user.Owner}, 2, 2},
		{user.Filter{Query: "%"}, 1, 1}, {user.Filter{Query: string(u.ID)}, 1, 1}, {user.Filter{Query: "nobody"}, 0, 0},
	} {
		found, total, err := user.Search(t.Context(), tx, c.filter)
		if err != nil || total != c.total || len(found) != c.page {
			t.Errorf("%+v: %d of %d, %v", c.filter, len(found), total, err)
		}
	}
}

func TestTokensAreKeptAsHashesOnly(t *testing.T) {
	tx := pgtest.Tx(t)
	u := ada(t, tx)
	token, err := user.IssueToken(t.Context(), tx, u.ID, user.Reset, now)
	if err != nil || len(token) < 43 {
		t.Fatalf("%q, %v", token, err)
	}
	var leaked bool
	err = tx.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM user_tokens WHERE hash = $1 OR length(hash) <> 32)`, []byte(token)).Scan(&leaked)
	if err != nil || leaked {
		t.Errorf("the token itself is in the table: %v, %v", leaked, err)
	}
	if err := user.TokenWorks(t.Context(), tx, token, user.Reset, now); err != nil {
		t.Error(err)
	}
	if id, err := user.UseToken(t.Context(), tx, token, user.Reset, now); err != nil || id != u.ID {
		t.Errorf("%v, %v", id, err)
	}
	if err := user.TokenWorks(t.Context(), tx, token, user.Reset, now); !fault.Is(err, fault.NotFound) {
		t.Errorf("after use: %v", err)
	}
}

func TestPasswordsAreHashed(t *testing.T) {
	hash, err := user.HashPassword("three brown hens")
	if err != nil {
		t.Fatal(err)
	}
	c := user.Credential{PasswordHash: hash}
	if !c.Matches("three brown hens") || c.Matches("three brown hen") || (user.Credential{}).Matches("") {
		t.Error("wrong match")
	}
}
