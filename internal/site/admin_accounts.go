package site

import (
	"net/http"
	"net/url"
	"strings"

	"hearth/internal/connect"
	"hearth/internal/ledger"
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

type adminAccountRow struct {
	connect.Listed
	Books []ledger.Standing // by the books, where something is below zero
}

// Badge is the account's state.
func (a adminAccountRow) Badge() view.Badge { return accountBadge(a.Account) }

var accountGroups = []struct {
	key  connect.Group
	name string
}{
	{connect.GroupRestricted, "Restricted"}, {connect.GroupRestrictedSoon, "Restricted soon"},
	{connect.GroupPending, "Pending"}, {connect.GroupEnabled, "Enabled"}, {below, "Below zero"}, {connect.GroupRetired, "No longer used"},
}

// below is not a state: it is every account whose balance is below zero, or
// whose owner owes us, by the books.
const below connect.Group = "below"

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
	books, err := ledger.Standings(r.Context(), s.DB, "")
	if err != nil {
		return err
	}
	p.sort(all, books)
	p.Toolbar = view.Toolbar{Action: "/admin/accounts", Label: "Find an account", Placeholder: "Name, e-mail or acct_…", Query: p.Filter.Query}
	if p.Filter.Group != "" {
		p.Toolbar.Hidden = []view.Option{{Value: "group", Label: p.Filter.Group}}
	}
	p.Pager = view.NewPager(r.URL, p.Filter.Page, accountsPerPage, len(p.Accounts))
	p.Accounts = p.Accounts[min(len(p.Accounts), max(0, p.Pager.From-1)):min(len(p.Accounts), p.Pager.To)]
	return s.render(w, "admin_accounts", p)
}

// sort fills the tabs and keeps the rows of the current one.
func (p *adminAccountsPage) sort(all []connect.Listed, books []ledger.Standing) {
	owing := map[string][]ledger.Standing{}
	for _, b := range books {
		if b.Below() {
			owing[b.Account] = append(owing[b.Account], b)
		}
	}
	count := map[connect.Group]int{}
	total := 0
	for _, a := range all {
		if !p.Filter.finds(a) {
			continue
		}
		row := adminAccountRow{a, owing[a.StripeAccountID]}
		total++
		count[a.Group()]++
		if len(row.Books) > 0 {
			count[below]++
		}
		if g := connect.Group(p.Filter.Group); g == "" || g == a.Group() || (g == below && len(row.Books) > 0) {
			p.Accounts = append(p.Accounts, row)
		}
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
