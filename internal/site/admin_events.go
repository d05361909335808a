package site

import (
	"net/http"
	"net/url"

	"hearth/internal/view"
	"hearth/internal/webhook"
)

// adminEventsPage is the inbox: what came, and what became of it.
type adminEventsPage struct {
	page
	Filter eventsFilter
	Events []webhook.Entry
	Types  []string
	Tabs   []view.Tab
	Chips  []view.Chip
	Clear  string // the list without type, account and id
	Newest string // the first page's address, on later pages
	Older  string
	Health webhook.Health
}

type eventsFilter struct {
	State   string `form:"state"`
	Type    string `form:"type"`
	Account string `form:"account"`
	About   string `form:"q"`
	Before  string `form:"before"`
}

const eventsPerPage = 50

func (s *Server) getAdminEvents(w http.ResponseWriter, r *http.Request) error {
	p := adminEventsPage{page: s.base(r, "Webhook events")}
	p.Nav = "admin:events"
	if err := decodeQuery(r, &p.Filter); err != nil {
		return err
	}
	f := p.Filter
	var err error
	p.Events, err = webhook.List(r.Context(), s.DB, webhook.Filter{
		State: f.State, Type: f.Type, Account: f.Account, About: f.About, Before: f.Before, Limit: eventsPerPage + 1})
	if err != nil {
		return err
	}
	if p.Health, err = webhook.HealthOf(r.Context(), s.DB); err != nil {
		return err
	}
	if p.Types, err = webhook.Types(r.Context(), s.DB); err != nil {
		return err
	}
	p.turn()
	p.Tabs = p.tabs()
	p.Chips, p.Clear = f.chips()
	return s.render(w, "admin_events", p)
}

// turn cuts the list at the page's end and finds its neighbours.
func (p *adminEventsPage) turn() {
	if len(p.Events) > eventsPerPage {
		p.Events = p.Events[:eventsPerPage]
		older := p.Filter
		older.Before = p.Events[eventsPerPage-1].ID
		p.Older = older.href()
	}
	if p.Filter.Before != "" {
		p.Newest = p.Filter.on("before", "")
	}
}

func (p *adminEventsPage) tabs() []view.Tab {
	tab := func(name, state string, n int) view.Tab {
		return view.Tab{Name: name, Href: p.Filter.on("state", state), N: n, Current: p.Filter.State == state}
	}
	return []view.Tab{
		tab("All", "", -1), tab("Waiting", webhook.Waiting, p.Health.Waiting), tab("Given up", webhook.Failed, p.Health.Failed),
		tab("Applied", webhook.Applied, -1), tab("Ignored", webhook.Ignored, -1),
	}
}

// chips are the active filters that can be taken away; the tabs show the state.
func (f eventsFilter) chips() (chips []view.Chip, all string) {
	for _, c := range []struct{ name, value string }{{"type", f.Type}, {"account", f.Account}} {
		if c.value != "" {
			chips = append(chips, view.Chip{Text: c.value, Href: f.on(c.name, "")})
		}
	}
	if len(chips) > 0 || f.About != "" {
		all = eventsFilter{State: f.State}.href()
	}
	return chips, all
}

// on is the list's first page with one filter set to a value.
func (f eventsFilter) on(name, value string) string {
	f.Before = ""
	switch name {
	case "state":
		f.State = value
	case "type":
		f.Type = value
	case "account":
		f.Account = value
	}
	return f.href()
}

func (f eventsFilter) href() string {
	query := url.Values{}
	for name, value := range map[string]string{"state": f.State, "type": f.Type, "account": f.Account, "q": f.About, "before": f.Before} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return (&url.URL{Path: "/admin/events", RawQuery: query.Encode()}).String()
}
