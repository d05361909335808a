package site

import (
	"net/http"
	"net/url"
	"strings"

	"hearth/internal/connect"
	"hearth/internal/view"
)

// adminAccountsPage is every homeowner's account: what is wrong, and what each
// still owes Stripe.
type adminAccountsPage struct {
	page
	Filter   accountsFilter
	Tabs     []view.Tab
	Toolbar  view.Toolbar
	Accounts []adminAccountRow
	Pager    view.Pager
}

type accountsFilter struct {
	Group string `form:"group"`
	Query string `form:"q"`
	Page  int    `form:"page"`
}

type adminAccountRow struct{ connect.Listed }

// Badge is the account's state.
func (a adminAccountRow) Badge() view.Badge { return accountBadge(a.Account) }

var accountGroups = []struct {
	key  connect.Group
	name string
}{
	{connect.GroupRestricted, "Restricted"}, {connect.GroupRestrictedSoon, "Restricted soon"},
	{connect.GroupPending, "Pending"}, {connect.GroupEnabled, "Enabled"},
}

const accountsPerPage = 50

func (s *Server) getAdminAccounts(w http.ResponseWriter, r *http.Request) error {
	p := adminAccountsPage{page: s.base(r, "Accounts")}
	p.Nav = "admin:accounts"
	if err := decodeQuery(r, &p.Filter); err != nil {
		return err
	}
	all, err := connect.List(r.Context(), s.DB, s.Config.Live())
	if err != nil {
		return err
	}
	p.sort(all)
	p.Toolbar = view.Toolbar{Action: "/admin/accounts", Label: "Find an account", Placeholder: "Name, e-mail or acct_…", Query: p.Filter.Query}
	if p.Filter.Group != "" {
		p.Toolbar.Hidden = []view.Option{{Value: "group", Label: p.Filter.Group}}
	}
	p.Pager = view.NewPager(r.URL, p.Filter.Page, accountsPerPage, len(p.Accounts))
	p.Accounts = p.Accounts[min(len(p.Accounts), max(0, p.Pager.From-1)):min(len(p.Accounts), p.Pager.To)]
	return s.render(w, "admin_accounts", p)
}

// sort fills the tabs and keeps the rows of the current one.
func (p *adminAccountsPage) sort(all []connect.Listed) {
	count := map[connect.Group]int{}
	for _, a := range all {
		if !p.Filter.finds(a) {
			continue
		}
		count[a.Group()]++
		if p.Filter.Group == "" || p.Filter.Group == string(a.Group()) {
			p.Accounts = append(p.Accounts, adminAccountRow{a})
		}
	}
	total := 0
	for _, n := range count {
		total += n
	}
	p.Tabs = []view.Tab{{Name: "All", Href: p.Filter.at(""), N: total, Current: p.Filter.Group == ""}}
	for _, g := range accountGroups {
		p.Tabs = append(p.Tabs, view.Tab{Name: g.name, Href: p.Filter.at(g.key), N: count[g.key], Current: p.Filter.Group == string(g.key)})
	}
}

func (f accountsFilter) finds(a connect.Listed) bool {
	text := strings.ToLower(a.Name + "\n" + a.Email + "\n" + a.StripeAccountID)
	return strings.Contains(text, strings.ToLower(strings.TrimSpace(f.Query)))
}

func (f accountsFilter) at(g connect.Group) string {
	query := url.Values{}
	if g != "" {
		query.Set("group", string(g))
	}
	if f.Query != "" {
		query.Set("q", f.Query)
	}
	return (&url.URL{Path: "/admin/accounts", RawQuery: query.Encode()}).String()
}

type remindForm struct {
	Reason string `form:"reason"`
}

func (s *Server) postAdminAccountRemind(w http.ResponseWriter, r *http.Request) error {
	var form remindForm
	if err := decode(r, &form); err != nil {
		return err
	}
	err := s.Hosting.Remind(r.Context(), me(r).ID, r.PathValue("acct"), reasonOf(form.Reason), clientIP(r))
	switch wrong := formErrors(err); {
	case wrong != nil:
		for _, message := range wrong {
			s.flash(r, "warn", message)
		}
	case err != nil:
		return err
	default:
		s.flash(r, "ok", "The owner is reminded. The mail leads to their payouts page.")
	}
	return seeOther(w, r, "/admin/accounts")
}
