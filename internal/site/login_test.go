package site_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"hearth/internal/postgres"
	"hearth/internal/site"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
)

func TestFromSignUpToTheFirstPage(t *testing.T) {
	h := start(t)
	h.Get("/account").WantRedirect("/login?next=%2Faccount")
	signUp := h.Get("/login?next=/account").WantStatus(200).Want("a[href='/signup?next=%2faccount']", "Sign up")
	inbox := h.Get(signUp.Find("a[href^='/signup?next']").AttrOr("href", "")).
		Submit("form[action='/signup']", "name", "Ada Lovelace", "email", "ada@example.com", "password", password).
		WantRedirect("/check-inbox").Follow().Want("h1", "Check your inbox")
	inbox.Want("a[href='/dev/outbox']")

	verify := h.Get(link(t, h.mail(t))).WantStatus(200)
	verify.Submit("form[action='/verify-email']").WantRedirect("/login").Follow().
		Want("[role=status]", "your e-mail address is confirmed").
		Submit("form[action='/login']", "email", "ADA@example.com", "password", password).
		WantRedirect("/account").Follow().
		WantStatus(200).Want(".badge.ok", "Confirmed").Want(".menu-who", "Ada Lovelace", "ada@example.com")
	h.Get("/login").WantRedirect("/")
	verify.Submit("form[action='/verify-email']").WantStatus(http.StatusNotFound).Want("h1", "does not work any more")
}

func TestSignUpShowsMistakesAndKeepsWhatWasTyped(t *testing.T) {
	h := start(t)
	page := h.Get("/signup").Submit("form[action='/signup']", "name", "Ada", "email", "ada", "password", "short").WantStatus(422)
	page.Want("#f-email-error", "does not look like").Want("#f-password-error", "at least 10").Want(".form-errors li")
	page.Want("input[name=name][value=Ada]").Want("input[name=email][value=ada][aria-invalid=true]").WantNone("input[name=password][value]:not([value=''])")
}

func TestAKnownAddressLooksLikeANewOne(t *testing.T) {
	h := start(t)
	ada := h.person(t, "Ada")
	known := h.Post("/signup", "name", "Eve", "email", ada.Email, "password", "something else entirely")
	fresh := h.Post("/signup", "name", "Eve", "email", "eve@example.com", "password", "something else entirely")
	if known.Status != fresh.Status || known.Header.Get("Location") != fresh.Header.Get("Location") || len(h.Cookies()) != 0 {
		t.Errorf("known: %d %v, new: %d %v", known.Status, known.Header, fresh.Status, fresh.Header)
	}
	if a, b := h.Post("/forgot", "email", ada.Email), h.Post("/forgot", "email", "nobody@example.com"); a.Header.Get("Location") != b.Header.Get("Location") {
		t.Error("a forgotten password tells whether the address is known")
	}
	a, b := h.Post("/login", "email", ada.Email, "password", "wrong wrong wrong"), h.Post("/login", "email", "nobody@example.com", "password", "wrong wrong wrong")
	if a.Status != 422 || b.Status != 422 || a.Text("main") != b.Text("main") {
		t.Errorf("log-in tells: %q and %q", a.Text("main"), b.Text("main"))
	}
}

func TestLogInLeadsOnlyToThisSite(t *testing.T) {
	h := start(t)
	ada := h.person(t, "Ada")
	for next, want := range map[string]string{
		"/trips?x=1": "/trips?x=1", "": "/", "https://evil.example": "/", "//evil.example": "/", "///evil.example": "/", `/\evil.example`: "/",
		"javascript:alert(1)": "/", "/\t/evil.example": "/", "trips": "/",
	} {
		b := h.Another()
		b.Get("/login?next="+url.QueryEscape(next)).Submit("form[action='/login']", "email", ada.Email, "password", password).WantRedirect(want)
		b.Another().Post("/login", "email", ada.Email, "password", password, "next", next).WantRedirect(want)
	}
	h.as(t, h.person(t, "Olga", user.Owner)).Get("/login").WantRedirect("/owner")
	h.as(t, h.person(t, "Grace", user.Admin)).Get("/login").WantRedirect("/admin")
}

func TestLogInRenewsTheSession(t *testing.T) {
	h := start(t)
	ada := h.person(t, "Ada")
	h.Post("/signup", "name", "Eve", "email", "eve@example.com", "password", password, "next", "/trips")
	before := h.Cookies()
	if len(before) != 1 || before[0].Name != "hearth" {
		t.Fatalf("cookies %v", before)
	}
	h.Post("/login", "email", ada.Email, "password", password).WantRedirect("/trips")
	after := h.Cookies()
	if len(after) != 1 || after[0].Value == before[0].Value {
		t.Error("the token from before the log-in goes on: a planted session would be logged in")
	}
	var stored bool
	err := h.server.DB.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM sessions WHERE token = $1)`, after[0].Value).Scan(&stored)
	if err != nil || stored {
		t.Errorf("the token itself is in the database: %v, %v", stored, err)
	}
}

func TestCookieOnHTTPS(t *testing.T) {
	h := start(t, func(s *site.Server) {
		s.Config.BaseURL = "https://hearth.test"
		s.Sessions = site.NewSessions(s.DB, s.Config.BaseURL)
	})
	ada := h.person(t, "Ada")
	page := h.Post("/login", "email", ada.Email, "password", password)
	cookie := page.Header.Get("Set-Cookie")
	for _, want := range []string{"__Host-hearth=", "; Secure", "; HttpOnly", "; SameSite=Lax", "Path=/;"} {
		if !strings.Contains(cookie, want) || strings.Contains(cookie, "Domain=") {
			t.Errorf("cookie %q lacks %q", cookie, want)
		}
	}
	if hsts := page.Header.Get("Strict-Transport-Security"); !strings.Contains(hsts, "max-age=31536000") {
		t.Errorf("HSTS %q", hsts)
	}
}

func TestSessionsEnd(t *testing.T) {
	inTx := func(t *testing.T, h *house, fn func(tx pgx.Tx) error) {
		t.Helper()
		if err := postgres.InTx(t.Context(), h.server.DB, fn); err != nil {
			t.Fatal(err)
		}
	}
	for name, end := range map[string]func(t *testing.T, h *house, u user.User){
		"suspended": func(t *testing.T, h *house, u user.User) {
			inTx(t, h, func(tx pgx.Tx) error { return user.Suspend(t.Context(), tx, u.ID, h.now()) })
		},
		"suspended by hand": func(t *testing.T, h *house, u user.User) {
			if _, err := h.server.DB.Exec(t.Context(), `UPDATE users SET suspended_at = now() WHERE id = $1`, u.ID); err != nil {
				t.Fatal(err)
			}
		},
		"made an admin": func(t *testing.T, h *house, u user.User) {
			inTx(t, h, func(tx pgx.Tx) error { return user.AddRole(t.Context(), tx, u.ID, user.Admin) })
		},
		"logged out everywhere from elsewhere": func(t *testing.T, h *house, u user.User) {
			h.as(t, u).Get("/account").Submit("form[action='/account/sessions']").WantRedirect("/account").Follow().WantStatus(200)
		},
		"idle for a week": func(_ *testing.T, h *house, _ user.User) { h.pass(8 * 24 * time.Hour) },
		"reset by mail": func(t *testing.T, h *house, u user.User) {
			h.Post("/forgot", "email", u.Email)
			h.Another().Get(link(t, h.mail(t))).Submit("form[action='/reset']", "password", "four brown hens").WantRedirect("/login").Follow().
				Want("[role=status]", "new password is set").
				Submit("form[action='/login']", "email", u.Email, "password", "four brown hens").WantRedirect("/")
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t)
			ada := h.person(t, "Ada")
			b := h.as(t, ada)
			b.Get("/account").WantStatus(200)
			end(t, h, ada)
			b.Get("/account").WantRedirect("/login?next=%2Faccount")
		})
	}
}

func TestAVisitKeepsTheSessionAlive(t *testing.T) {
	h := start(t)
	b := h.as(t, h.person(t, "Ada"))
	for range 3 {
		h.pass(6 * 24 * time.Hour)
		b.Get("/account").WantStatus(200)
	}
}

func TestLogOut(t *testing.T) {
	h := start(t)
	b := h.as(t, h.person(t, "Ada"))
	page := b.Get("/account")
	if got := page.Header.Get("Cache-Control"); !strings.Contains(got, "no-store") {
		t.Errorf("a private page may be kept: %q", got)
	}
	page.Submit(".menu form[action='/logout']").WantRedirect("/")
	b.Get("/account").WantRedirect("/login?next=%2Faccount")
}

func TestSuspendedPeopleAreToldOnTheForm(t *testing.T) {
	h := start(t)
	ada := h.person(t, "Ada")
	if err := postgres.InTx(t.Context(), h.server.DB, func(tx pgx.Tx) error { return user.Suspend(t.Context(), tx, ada.ID, h.now()) }); err != nil {
		t.Fatal(err)
	}
	h.Post("/login", "email", ada.Email, "password", password).WantStatus(http.StatusForbidden).Want(".form-errors", "suspended")
}

func TestAStaleResetLinkLeadsToANewOne(t *testing.T) {
	h := start(t)
	h.Get("/reset?token=nothing").WantStatus(http.StatusNotFound).Want("a[href='/forgot']", "Get a new link")
	h.Post("/reset", "token", "nothing", "password", "four brown hens").WantStatus(http.StatusNotFound).Want("a[href='/forgot']")
}
