package site

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"hearth/internal/booking"
	"hearth/internal/fault"
	"hearth/internal/stripeapi"
	"hearth/internal/user"
	"hearth/internal/view"
	"hearth/internal/webhook"

	"github.com/google/uuid"
)

// adminRequestRoutes are what we asked of Stripe.
func (s *Server) adminRequestRoutes() []Route {
	return []Route{
		get("/admin/requests", Admin, s.getAdminRequests),
		get("/admin/requests/{id}", Admin, s.getAdminRequestShow),
	}
}

// adminRequestsPage is every POST to Stripe: what was asked, and what came of it.
type adminRequestsPage struct {
	page
	Filter   requestsFilter
	Requests []stripeapi.Request
	Purposes []string
	Tabs     []view.Tab
	Clear    string // the list without purpose and id
	Newest   string // the first page's address, on later pages
	Older    string
}

type requestsFilter struct {
	State   string `form:"state"`
	Purpose string `form:"purpose"`
	About   string `form:"q"`
	Before  string `form:"before"`
}

func (f requestsFilter) href() string {
	return listAt("/admin/requests", "state", f.State, "purpose", f.Purpose, "q", f.About, "before", f.Before)
}

const requestsPerPage = 50

func (s *Server) getAdminRequests(w http.ResponseWriter, r *http.Request) error {
	p := adminRequestsPage{page: s.base(r, "Requests to Stripe")}
	p.Nav = "admin:requests"
	if err := decodeQuery(r, &p.Filter); err != nil {
		return err
	}
	p.Filter.About = strings.TrimSpace(p.Filter.About)
	f := p.Filter
	var err error
	p.Requests, err = stripeapi.FindRequests(r.Context(), s.DB, stripeapi.RequestFilter{
		State: stripeapi.State(f.State), Purpose: f.Purpose, About: f.About, Before: f.Before, Limit: requestsPerPage + 1})
	if err != nil {
		return err
	}
	if p.Purposes, err = stripeapi.PurposesSeen(r.Context(), s.DB); err != nil {
		return err
	}
	counts, err := stripeapi.CountRequests(r.Context(), s.DB)
	if err != nil {
		return err
	}
	p.turn()
	p.tabs(counts)
	return s.render(w, "admin_requests", p)
}

// turn cuts the list at the page's end and finds its neighbours.
func (p *adminRequestsPage) turn() {
	first := p.Filter
	first.Before = ""
	if len(p.Requests) > requestsPerPage {
		p.Requests = p.Requests[:requestsPerPage]
		older := first
		older.Before = string(p.Requests[requestsPerPage-1].ID)
		p.Older = older.href()
	}
	if p.Filter.Before != "" {
		p.Newest = first.href()
	}
	if first.Purpose != "" || first.About != "" {
		p.Clear = requestsFilter{State: first.State}.href()
	}
}

func (p *adminRequestsPage) tabs(counts map[stripeapi.State]int) {
	tab := func(name string, state stripeapi.State, n int) {
		f := requestsFilter{State: string(state), Purpose: p.Filter.Purpose, About: p.Filter.About}
		p.Tabs = append(p.Tabs, view.Tab{Name: name, Href: f.href(), N: n, Current: p.Filter.State == string(state)})
	}
	tab("All", "", -1)
	tab("Not sent", stripeapi.StatePlanned, counts[stripeapi.StatePlanned])
	tab("Unknown", stripeapi.StateUnknown, counts[stripeapi.StateUnknown])
	tab("Refused", stripeapi.StateRefused, counts[stripeapi.StateRefused])
	tab("Done", stripeapi.StateSucceeded, -1)
}

// adminRequestShowPage is one request, with what it made and what else was
// asked for the same thing.
type adminRequestShowPage struct {
	page
	Request stripeapi.Request
	About   view.Link // what it is for; without Href when there is no page of it
	Object  *stripeObject
	Facts   []view.Line
	Params  []view.Line
	Others  []stripeapi.Request
	Events  []webhook.Entry // about the object
}

const besides = 20

func (s *Server) getAdminRequestShow(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if uuid.Validate(r.PathValue("id")) != nil {
		return fault.New(fault.NotFound, "There is no such request.")
	}
	q, err := stripeapi.RequestByID(ctx, s.DB, stripeapi.RequestID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := adminRequestShowPage{page: s.base(r, spoken(q.Purpose)), Request: q, Facts: requestFacts(q), Params: params(q.Params)}
	p.Nav = "admin:requests"
	if p.About, err = s.aboutLink(ctx, q.About); err != nil {
		return err
	}
	if p.Others, err = stripeapi.FindRequests(ctx, s.DB, stripeapi.RequestFilter{About: q.About, Limit: besides}); err != nil {
		return err
	}
	p.Others = slices.DeleteFunc(p.Others, func(o stripeapi.Request) bool { return o.ID == q.ID })
	if q.ObjectID != "" {
		p.Object = &stripeObject{spoken(q.Purpose), q.ObjectID, s.atStripe(kindOf(q.ObjectID), q.ObjectID)}
		if p.Events, err = webhook.List(ctx, s.DB, webhook.Filter{About: q.ObjectID, Limit: besides}); err != nil {
			return err
		}
	}
	return s.render(w, "admin_request_show", p)
}

func requestFacts(q stripeapi.Request) (facts []view.Line) {
	add := func(label, value string) {
		if value != "" {
			facts = append(facts, view.Line{Label: label, Value: value})
		}
	}
	add("Request", "POST "+q.Path)
	add("For the account", orElse(q.Account, "ours"))
	add("Mode", map[bool]string{true: "live", false: "test"}[q.Livemode])
	add("Planned", view.MomentZone(q.PlannedAt))
	if q.FirstSentAt != nil {
		add("First sent", view.MomentZone(*q.FirstSentAt))
	}
	if q.FinishedAt != nil {
		add("Finished", view.MomentZone(*q.FinishedAt))
	}
	add("Attempts", strconv.Itoa(q.Attempts))
	if q.HTTPStatus != nil {
		add("Answer", strconv.Itoa(*q.HTTPStatus))
	}
	add("Code", strings.Trim(q.Code+", "+q.DeclineCode, ", "))
	add("Parameter", q.Param)
	return facts
}

// params are the exact parameters, decoded, by name.
func params(body string) (all []view.Line) {
	values, err := url.ParseQuery(body)
	if err != nil {
		return []view.Line{{Label: "Unreadable", Value: body}}
	}
	for name, texts := range values {
		for _, text := range texts {
			all = append(all, view.Line{Label: name, Value: text})
		}
	}
	slices.SortStableFunc(all, func(a, b view.Line) int { return strings.Compare(a.Label, b.Label) })
	return all
}

// aboutLink is the page of what a request is for.
func (s *Server) aboutLink(ctx context.Context, about string) (view.Link, error) {
	kind, id, _ := strings.Cut(about, ":")
	switch {
	case uuid.Validate(id) != nil:
	case kind == "booking":
		b, err := booking.ByID(ctx, s.DB, booking.ID(id))
		if !fault.Is(err, fault.NotFound) {
			return view.Link{Text: "Booking " + b.Code, Href: "/admin/bookings/" + b.Code}, err
		}
	case kind == "user":
		u, err := user.ByID(ctx, s.DB, user.ID(id))
		if !fault.Is(err, fault.NotFound) {
			return view.Link{Text: u.Name, Href: "/admin/people/" + id}, err
		}
	}
	return view.Link{Text: orElse(about, "nothing in particular")}, nil
}

// kindOf is the part of Stripe's Dashboard that shows an object.
func kindOf(id string) string {
	prefix, _, _ := strings.Cut(id, "_")
	kinds := map[string]string{"cs": "checkout/sessions", "re": "refunds", "pyr": "refunds", "acct": "connect/accounts", "po": "payouts", "tr": "connect/transfers",
		"trr": "connect/transfers", "dp": "disputes", "du": "disputes", "tu": "topups"}
	return orElse(kinds[prefix], "payments")
}
