package site

import (
	"net/http"
	"net/url"
	"strconv"

	"hearth/internal/user"
	"hearth/internal/view"
)

// adminPeoplePage is everybody with an account.
type adminPeoplePage struct {
	page
	People  []user.Listed
	Tabs    []view.Tab
	Toolbar view.Toolbar
	Pager   view.Pager
}

const peoplePerPage = 50

func (s *Server) getAdminPeople(w http.ResponseWriter, r *http.Request) error {
	group, query := r.URL.Query().Get("group"), question(r, "q")
	counts, err := user.Count(r.Context(), s.DB, query)
	if err != nil {
		return err
	}
	p := adminPeoplePage{page: s.base(r, "People")}
	p.Nav = "admin:people"
	f, total := user.Filter{Query: query, Limit: peoplePerPage}, counts.All
	for _, g := range []struct {
		key, name, role string
		suspended       bool
		n               int
	}{{"", "All", "", false, counts.All}, {"owners", "Owners", user.Owner, false, counts.Owners},
		{"admins", "Admins", user.Admin, false, counts.Admins}, {"suspended", "Suspended", "", true, counts.Suspended}} {
		if g.key == group {
			f.Role, f.Suspended, total = g.role, g.suspended, g.n
		}
		p.Tabs = append(p.Tabs, view.Tab{Name: g.name, Href: listAt("/admin/people", "group", g.key, "q", query), N: g.n, Current: g.key == group})
	}
	p.Toolbar = toolbarOf("/admin/people", "Find people", "Name, e-mail or id", query, "group", group)
	p.Pager = view.NewPager(r.URL, pageNumber(r), peoplePerPage, total)
	f.Page = (p.Pager.From-1)/peoplePerPage + 1
	if p.People, _, err = user.Search(r.Context(), s.DB, f); err != nil {
		return err
	}
	return s.render(w, "admin_people", p)
}

// question is what was typed into a list's address, as far as the database
// takes it.
func question(r *http.Request, name string) string { return reasonOf(r.URL.Query().Get(name)) }

// pageNumber is the address's page; what is no number is the first.
func pageNumber(r *http.Request) int {
	n, _ := strconv.Atoi(r.URL.Query().Get("page"))
	return n
}

// listAt is a list's address with names and values in turn, without empty ones.
func listAt(path string, pairs ...string) string {
	query := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	return (&url.URL{Path: path, RawQuery: query.Encode()}).String()
}

// toolbarOf is a search box that keeps the list's tab.
func toolbarOf(path, label, placeholder, query, tab, current string) view.Toolbar {
	bar := view.Toolbar{Action: path, Label: label, Placeholder: placeholder, Query: query}
	if current != "" {
		bar.Hidden = []view.Option{{Value: tab, Label: current}}
	}
	if query != "" {
		bar.ClearHref = listAt(path, tab, current)
	}
	return bar
}
