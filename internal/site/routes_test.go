package site_test

import (
	"net/http"
	"strings"
	"testing"

	"hearth/internal/site"
	"hearth/internal/testkit/htmltest"
	"hearth/internal/user"
)

// Every line of the table refuses whom it is not for, before its handler runs.
func TestEveryRouteRefusesTheWrongRole(t *testing.T) {
	h := start(t)
	visitors := map[string]*htmltest.Browser{
		"stranger": h.Another(), "tenant": h.as(t, h.person(t, "Tess")),
		"owner": h.as(t, h.person(t, "Olga", user.Owner)), "admin": h.as(t, h.person(t, "Grace", user.Admin)),
	}
	wrong := map[site.Role][]string{
		site.Public: nil, site.SignedIn: {"stranger"}, site.Verified: {"stranger"},
		site.Owner: {"stranger", "tenant", "admin"}, site.Admin: {"stranger", "tenant", "owner"},
	}
	for _, route := range h.server.Routes() {
		names, known := wrong[route.Role]
		if !known {
			t.Errorf("%s %s says no role", route.Method, route.Path)
		}
		path := strings.NewReplacer("{", "", "}", "").Replace(route.Path)
		for _, name := range names {
			page := visitors[name].Do(route.Method, path, "", nil)
			asked := page.Status == http.StatusSeeOther && strings.HasPrefix(page.Header.Get("Location"), "/login?next=")
			if refused := page.Status == http.StatusForbidden; (name == "stranger" && !asked) || (name != "stranger" && !refused) {
				t.Errorf("%s %s lets a %s in: %d", route.Method, route.Path, name, page.Status)
			}
		}
	}
}

// What a role protects is told by the path, so that a forgotten role is found.
func TestPathsTellTheirRole(t *testing.T) {
	h := start(t)
	for _, route := range h.server.Routes() {
		switch {
		case strings.HasPrefix(route.Path, "/admin") && route.Role != site.Admin,
			strings.HasPrefix(route.Path, "/owner") && route.Role != site.Owner && route.Role != site.SignedIn && route.Role != site.Verified,
			(strings.HasPrefix(route.Path, "/trips") || strings.HasPrefix(route.Path, "/account")) && route.Role == site.Public:
			t.Errorf("%s %s has role %d", route.Method, route.Path, route.Role)
		}
	}
}

func TestEveryPublicPageRenders(t *testing.T) {
	h := start(t)
	for _, route := range h.server.Routes() {
		if route.Method != http.MethodGet || route.Role != site.Public || strings.Contains(route.Path, "{") {
			continue
		}
		page := h.Get(route.Path)
		if page.Status != http.StatusOK && (route.Path != "/reset" || page.Status != http.StatusNotFound) {
			t.Errorf("%s: %d", route.Path, page.Status)
		}
		if strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") {
			page.Want("h1").Want("title")
			if page.Find("[style], style, script:not([src])").Length() > 0 {
				t.Errorf("%s has inline styles or scripts, which the policy blocks", route.Path)
			}
		}
	}
}

func TestOutboxIsForDevelopmentOnly(t *testing.T) {
	h := start(t, func(s *site.Server) { s.Outbox = nil })
	h.Get("/dev/outbox").WantStatus(http.StatusNotFound)
}
