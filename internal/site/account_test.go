package site_test

import (
	"testing"
	"time"

	"hearth/internal/user"
)

func TestProfile(t *testing.T) {
	h := start(t)
	b := h.as(t, h.person(t, "Ada"))
	b.Get("/account").Submit("#profile", "name", "Ada King", "phone", "+44 20 7946 0000").WantRedirect("/account").Follow().
		Want("[role=status]", "saved").Want("input[name=name][value='Ada King']").Want("input[name=phone][value='+44 20 7946 0000']")
	b.Get("/account").WantNone("[role=status]") // a message is shown once
	b.Get("/account").Submit("#profile", "name", " ", "phone", "call me").WantStatus(422).
		Want("#f-name-error").Want("#f-phone-error").Want("input[name=phone][value='call me']")
}

func TestChangingThePasswordKeepsOnlyThisSession(t *testing.T) {
	h := start(t)
	ada := h.person(t, "Ada")
	here, there := h.as(t, ada), h.as(t, ada)
	here.Get("/account").Submit("#password", "password", "wrong wrong wrong", "new_password", "four brown hens").WantStatus(422).Want("#f-password-error")
	here.Get("/account").Submit("#password", "password", password, "new_password", "short").WantStatus(422).Want("#f-new_password-error")
	here.Get("/account").Submit("#password", "password", password, "new_password", "four brown hens").WantRedirect("/account").Follow().WantStatus(200)
	there.Get("/account").WantRedirect("/login?next=%2Faccount")
	h.Another().Post("/login", "email", ada.Email, "password", password).WantStatus(422)
}

func TestANewVerificationLinkCanBeAskedFor(t *testing.T) {
	h := start(t)
	h.Post("/signup", "name", "Ada", "email", "ada@example.com", "password", password)
	first := link(t, h.mail(t))
	b := h.as(t, user.User{Email: "ada@example.com"})
	h.pass(time.Minute)
	b.Get("/account").Want(".badge.warn", "Not confirmed").Submit("form[action='/account/verification']").WantRedirect("/account").
		Follow().Want("[role=status]", "ada@example.com")
	second := link(t, h.mail(t))
	if second == first {
		t.Fatal("no new mail")
	}
	b.Get(second).Submit("form[action='/verify-email']").WantRedirect("/")
	b.Get("/account").Want(".badge.ok", "Confirmed").WantNone("form[action='/account/verification']")
}
