package site

import (
	"net/http"
	"strings"

	"hearth/internal/audit"
	"hearth/internal/invariant"
	"hearth/internal/postgres"
	"hearth/internal/view"

	"github.com/jackc/pgx/v5"
)

// adminInvariantRoutes are what the hourly audit found.
func (s *Server) adminInvariantRoutes() []Route {
	return []Route{
		get("/admin/invariants", Admin, s.getAdminInvariants),
		post("/admin/invariants", Admin, s.postAdminInvariants),
	}
}

// adminInvariantsPage is everything that is always so, and whether it is.
type adminInvariantsPage struct {
	page
	Latest  *invariant.Past // the newest that could look
	Results []invariantRow
	Runs    []invariant.Past
}

// invariantRow is an invariant with the rows that broke it.
type invariantRow struct {
	invariant.Result
	Unseen bool // it is newer than the last audit
}

// Rest is how many rows are not shown.
func (r invariantRow) Rest() int { return r.Rows - len(r.Findings) }

// Links are the findings with the page of each row.
func (r invariantRow) Links() (all []findingLink) {
	for _, f := range r.Findings {
		all = append(all, findingLink{f, rowHref(f.Row)})
	}
	return all
}

type findingLink struct {
	invariant.Finding
	Href string
}

// rowHref is the page that shows a row best; "" when there is none.
func rowHref(row string) string {
	kind, id, _ := strings.Cut(row, ":")
	switch kind {
	case "request":
		return "/admin/requests/" + id
	case "booking", "event":
		return "/admin/" + kind + "s/" + id
	case "payment":
		return listAt("/admin/events", "q", row)
	case "object", "refund", "payout", "dispute":
		return listAt("/admin/requests", "q", id)
	}
	return ""
}

const auditsShown = 20

func (s *Server) getAdminInvariants(w http.ResponseWriter, r *http.Request) error {
	p := adminInvariantsPage{page: s.base(r, "Invariants")}
	p.Nav = "admin:invariants"
	var err error
	if p.Runs, err = invariant.Runs(r.Context(), s.DB, auditsShown); err != nil {
		return err
	}
	found := map[string]invariant.Result{}
	for i, run := range p.Runs {
		if len(run.Results) > 0 {
			p.Latest = &p.Runs[i]
		}
		for _, result := range run.Results {
			found[result.Name] = result
		}
	}
	for _, i := range invariant.All() {
		result, seen := found[i.Name]
		result.Name, result.Why = i.Name, i.Why
		p.Results = append(p.Results, invariantRow{result, !seen})
	}
	return s.render(w, "admin_invariants", p)
}

// postAdminInvariants audits now: nobody has to wait for the hour after having
// mended something.
func (s *Server) postAdminInvariants(w http.ResponseWriter, r *http.Request) error {
	err := postgres.InTx(r.Context(), s.DB, func(tx pgx.Tx) error {
		return audit.Record(r.Context(), tx, audit.Entry{ActorID: me(r).ID, Act: "audit", Target: "invariants", Reason: "Asked for on the page", IP: clientIP(r)}, s.Now())
	})
	if err != nil {
		return err
	}
	report, err := s.Audit.Check(r.Context())
	if err != nil {
		return err
	}
	if n := len(report.Broken()); n > 0 {
		s.flash(r, "warn", view.Plural(n, "invariant is", "invariants are")+" broken.")
	} else {
		s.flash(r, "ok", "Everything holds.")
	}
	return seeOther(w, r, "/admin/invariants")
}
