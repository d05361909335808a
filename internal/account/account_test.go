package account_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"hearth/internal/account"
	"hearth/internal/fault"
	"hearth/internal/notify"
	"hearth/internal/postgres"
	"hearth/internal/testkit/pgtest"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

const password = "three brown hens"

type house struct {
	*account.Service
	db    *pgxpool.Pool
	clock time.Time
}

func start(t *testing.T) *house {
	t.Helper()
	h := &house{db: pgtest.Pool(t), clock: time.Date(2027, 5, 1, 12, 0, 0, 0, time.UTC)}
	jobs, err := river.NewClient(riverpgxv5.New(h.db), &river.Config{})
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return h.clock }
	h.Service = &account.Service{DB: h.db, Notify: &notify.Service{Jobs: jobs, Now: now}, Now: now}
	return h
}

func (h *house) signUp(t *testing.T, email string) {
	t.Helper()
	if err := h.SignUp(t.Context(), account.Registration{Name: "Ada Lovelace", Email: email, Password: password}); err != nil {
		t.Fatal(err)
	}
}

func (h *house) token(t *testing.T, email string, purpose user.Purpose) (token string) {
	t.Helper()
	u, err := user.ByEmail(t.Context(), h.db, email)
	if err != nil {
		t.Fatal(err)
	}
	err = postgres.InTx(t.Context(), h.db, func(tx pgx.Tx) error {
		token, err = user.IssueToken(t.Context(), tx, u.ID, purpose, h.clock)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (h *house) mails(t *testing.T) string {
	t.Helper()
	rows, err := h.db.Query(t.Context(), `SELECT template || ' ' || recipient FROM notifications ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, ", ")
}

func TestSigningUpTwiceLooksTheSameAndHarmsNobody(t *testing.T) {
	h := start(t)
	h.signUp(t, "ada@example.com")
	err := h.SignUp(t.Context(), account.Registration{Name: "Mallory", Email: "ADA@example.com", Password: "another long one"})
	if err != nil {
		t.Fatalf("a known address must look like a new one: %v", err)
	}
	if got, want := h.mails(t), "verify_email ada@example.com, already_registered ADA@example.com"; got != want {
		t.Errorf("mails: %s; want %s", got, want)
	}
	u, err := h.LogIn(t.Context(), "Ada@Example.com", password)
	if err != nil || u.Name != "Ada Lovelace" {
		t.Errorf("the account was touched: %+v, %v", u, err)
	}
	if _, err := h.LogIn(t.Context(), "ada@example.com", "another long one"); err == nil {
		t.Error("the second password opens the account")
	}
}

func TestRegistrationSaysEveryMistake(t *testing.T) {
	h := start(t)
	for name, c := range map[string]struct {
		r     account.Registration
		field string
	}{
		"no name":             {account.Registration{" ", "a@b.co", password}, "name"},
		"line break in name":  {account.Registration{"A\nBcc: x", "a@b.co", password}, "name"},
		"no at":               {account.Registration{"A", "ab.co", password}, "email"},
		"name in the address": {account.Registration{"A", "Ada <a@b.co>", password}, "email"},
		"brackets":            {account.Registration{"A", "<a@b.co>", password}, "email"},
		"header in address":   {account.Registration{"A", "a@b.co\r\nBcc: x@y.zz", password}, "email"},
		"no top level":        {account.Registration{"A", "a@localhost", password}, "email"},
		"short password":      {account.Registration{"A", "a@b.co", "ninechars"}, "password"},
		"long password":       {account.Registration{"A", "a@b.co", strings.Repeat("x", 201)}, "password"},
		"address as password": {account.Registration{"A", "someone@b.co", "Someone@b.co"}, "password"},
	} {
		err := h.SignUp(t.Context(), c.r)
		f, ok := fault.Of(err)
		if !ok || f.Kind != fault.Invalid || f.Fields[c.field] == "" || len(f.Fields) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := h.SignUp(t.Context(), account.Registration{}); err == nil {
		t.Error("nothing at all is accepted")
	} else if f, _ := fault.Of(err); len(f.Fields) != 3 {
		t.Errorf("not every mistake is said: %v", f.Fields)
	}
}

// The negative control for the decoy: without it an unknown address answers
// in well under the time of a hash.
func TestLogInTellsNothingAboutTheAddress(t *testing.T) {
	h := start(t)
	h.signUp(t, "ada@example.com")
	h.LogIn(t.Context(), "warm@example.com", password)
	fastest := map[string]time.Duration{}
	said := map[string]string{}
	// A busy machine only ever makes an answer slower, so the fastest of many is
	// the true one: more rounds mend noise, and can never mend a missing hash.
	for round := 1; round <= 5 || round <= 60 && fastest["nobody@example.com"] < fastest["ada@example.com"]/2; round++ {
		for _, email := range []string{"ada@example.com", "nobody@example.com"} {
			began := time.Now()
			_, err := h.LogIn(t.Context(), email, "wrong wrong wrong")
			if took := time.Since(began); fastest[email] == 0 || took < fastest[email] {
				fastest[email] = took
			}
			said[email] = fmt.Sprint(err)
		}
	}
	known, stranger := fastest["ada@example.com"], fastest["nobody@example.com"]
	if said["ada@example.com"] != said["nobody@example.com"] {
		t.Errorf("different words: %q and %q", said["ada@example.com"], said["nobody@example.com"])
	}
	if stranger < known/2 {
		t.Errorf("an unknown address answers in %s, a known one in %s", stranger, known)
	}
}

func TestSuspendedPeopleLearnItOnlyWithTheirPassword(t *testing.T) {
	h := start(t)
	h.signUp(t, "ada@example.com")
	u, _ := user.ByEmail(t.Context(), h.db, "ada@example.com")
	err := postgres.InTx(t.Context(), h.db, func(tx pgx.Tx) error { return user.Suspend(t.Context(), tx, u.ID, h.clock) })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.LogIn(t.Context(), "ada@example.com", password); !fault.Is(err, fault.Denied) {
		t.Errorf("right password: %v, want Denied", err)
	}
	if _, err := h.LogIn(t.Context(), "ada@example.com", "wrong wrong wrong"); !fault.Is(err, fault.Invalid) {
		t.Errorf("wrong password: %v, want Invalid as for everybody", err)
	}
}

func TestVerifyingWorksOnceAndInTime(t *testing.T) {
	h := start(t)
	h.signUp(t, "ada@example.com")
	token := h.token(t, "ada@example.com", user.Verify)
	if _, err := h.Verify(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if u, _ := user.ByEmail(t.Context(), h.db, "ada@example.com"); !u.Verified() {
		t.Error("the address is not verified")
	}
	if _, err := h.Verify(t.Context(), token); !fault.Is(err, fault.NotFound) {
		t.Errorf("a second time: %v", err)
	}
	late := h.token(t, "ada@example.com", user.Verify)
	h.clock = h.clock.Add(48 * time.Hour)
	if _, err := h.Verify(t.Context(), late); !fault.Is(err, fault.NotFound) {
		t.Errorf("after 48 hours: %v", err)
	}
	if _, err := h.Verify(t.Context(), h.token(t, "ada@example.com", user.Reset)); !fault.Is(err, fault.NotFound) {
		t.Errorf("a reset link verifies: %v", err)
	}
}

func TestResetSetsThePasswordAndEndsEverySession(t *testing.T) {
	h := start(t)
	h.signUp(t, "ada@example.com")
	before, _ := user.ByEmail(t.Context(), h.db, "ada@example.com")
	first, second := h.token(t, before.Email, user.Reset), h.token(t, before.Email, user.Reset)
	if err := h.Reset(t.Context(), first, "short"); !fault.Is(err, fault.Invalid) {
		t.Errorf("short password: %v", err)
	}
	if err := h.Reset(t.Context(), first, "ADA@example.com"); !fault.Is(err, fault.Invalid) {
		t.Errorf("address as password: %v", err)
	}
	if err := h.Reset(t.Context(), first, "four brown hens"); err != nil {
		t.Fatalf("a mistyped password must not spend the link: %v", err)
	}
	if err := h.Reset(t.Context(), second, "five brown hens"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an older link still works: %v", err)
	}
	after, err := h.LogIn(t.Context(), before.Email, "four brown hens")
	if err != nil || after.SessionVersion <= before.SessionVersion || !after.Verified() {
		t.Errorf("after the reset: %+v, %v", after, err)
	}
	late := h.token(t, before.Email, user.Reset)
	h.clock = h.clock.Add(time.Hour)
	if err := h.Reset(t.Context(), late, "six brown hens"); !fault.Is(err, fault.NotFound) {
		t.Errorf("after an hour: %v", err)
	}
}

func TestAskingForAResetDoesTheSameForEverybody(t *testing.T) {
	h := start(t)
	h.signUp(t, "ada@example.com")
	for _, email := range []string{"ada@example.com", "nobody@example.com", "ada@example.com"} {
		if err := h.RequestReset(t.Context(), email); err != nil {
			t.Fatal(err)
		}
	}
	want := "verify_email ada@example.com, reset_password ada@example.com, reset_password nobody@example.com"
	if got := h.mails(t); got != want {
		t.Errorf("mails: %s; want %s (one per address and minute)", got, want)
	}
}

func TestChangingThePasswordNeedsTheOldOne(t *testing.T) {
	h := start(t)
	h.signUp(t, "ada@example.com")
	u, _ := user.ByEmail(t.Context(), h.db, "ada@example.com")
	if _, err := h.ChangePassword(t.Context(), u.ID, "not the old one", "four brown hens"); !fault.Is(err, fault.Invalid) {
		t.Errorf("wrong old password: %v", err)
	}
	version, err := h.ChangePassword(t.Context(), u.ID, password, "four brown hens")
	if err != nil || version != u.SessionVersion+1 {
		t.Errorf("version %d, %v", version, err)
	}
	if _, err := h.LogIn(t.Context(), u.Email, "four brown hens"); err != nil {
		t.Error(err)
	}
}

// While every place is taken a log-in waits, and says so if it waits too long.
func TestAStormOfLogInsWaits(t *testing.T) {
	h := start(t)
	h.signUp(t, "ada@example.com")
	var leave func()
	for range account.Places {
		var err error
		if leave, err = h.Occupy(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	impatient, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := h.LogIn(impatient, "ada@example.com", password); !fault.Is(err, fault.Unavailable) {
		t.Errorf("no place: %v, want Unavailable", err)
	}
	waiting := make(chan error)
	go func() {
		_, err := h.LogIn(t.Context(), "ada@example.com", password)
		waiting <- err
	}()
	leave()
	if err := <-waiting; err != nil {
		t.Errorf("a free place is not used: %v", err)
	}
}

func TestCreateAdminIsSafeToRepeat(t *testing.T) {
	h := start(t)
	r := account.Registration{Name: "Grace", Email: "grace@example.com", Password: password}
	first, err := h.CreateAdmin(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	again, err := h.CreateAdmin(t.Context(), r)
	if err != nil || again != first {
		t.Errorf("%s, %v; want %s", again, err, first)
	}
	if u, _ := user.ByID(t.Context(), h.db, first); !u.IsAdmin() || !u.Verified() {
		t.Errorf("not a working admin: %+v", u)
	}
}
