package site_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hearth/internal/site"
	"hearth/internal/testkit/htmltest"
	"hearth/internal/user"
)

func TestTheGateKnowsEveryRole(t *testing.T) {
	h := start(t)
	h.Post("/signup", "name", "New", "email", "new@example.com", "password", password)
	visitors := map[string]*htmltest.Browser{
		"stranger": h.Another(), "unverified": h.as(t, user.User{Email: "new@example.com"}), "tenant": h.as(t, h.person(t, "Tess")),
		"owner": h.as(t, h.person(t, "Olga", user.Owner)), "admin": h.as(t, h.person(t, "Grace", user.Admin)),
	}
	for role, lets := range map[site.Role]string{
		site.Public: "stranger unverified tenant owner admin", site.SignedIn: "unverified tenant owner admin",
		site.Verified: "tenant owner admin", site.Owner: "owner", site.Admin: "admin",
		0: "", // a role that was forgotten lets nobody in
	} {
		for name, b := range visitors {
			r := httptest.NewRequest(http.MethodGet, "/somewhere", nil)
			for _, c := range b.Cookies() {
				r.AddCookie(c)
			}
			w := httptest.NewRecorder()
			h.server.Gated(role).ServeHTTP(w, r)
			if in, may := w.Body.String() == "in", strings.Contains(lets, name); in != may {
				t.Errorf("role %d, %s: in %v, want %v (%d)", role, name, in, may, w.Code)
			}
		}
	}
}
