package site

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"hearth/internal/audit"
	"hearth/internal/view"
)

// adminAuditPage is what admins did, and why.
type adminAuditPage struct {
	page
	Lines   []auditLine
	Toolbar view.Toolbar
	Newest  string // the first page, on later ones
	Older   string
}

// auditLine is an act with the page of what it was done to.
type auditLine struct{ audit.Line }

// What is the act in words.
func (l auditLine) What() string { return strings.ReplaceAll(l.Act, "-", " ") }

// Href is the page of what the act was done to, "" when it has none.
func (l auditLine) Href() string {
	kind, id, _ := strings.Cut(l.Target, ":")
	paths := map[string]string{"booking": "/admin/bookings/", "user": "/admin/people/", "home": "/admin/homes/", "event": "/admin/events/", "task": "/admin/tasks/"}
	if paths[kind] == "" || id == "" {
		return ""
	}
	return paths[kind] + id
}

// Name is what the act was done to, in as few words as say it.
func (l auditLine) Name() string {
	if l.About != "" {
		return l.About
	}
	kind, id, _ := strings.Cut(l.Target, ":")
	return kind + " " + id
}

// More is the detail in words: "from none, to 900".
func (l auditLine) More() string {
	var detail map[string]any
	if json.Unmarshal(l.Detail, &detail) != nil {
		return ""
	}
	var words []string
	for _, name := range slices.Sorted(maps.Keys(detail)) {
		value := fmt.Sprint(detail[name])
		if detail[name] == nil {
			value = "none"
		}
		words = append(words, view.Spoken(name)+" "+value)
	}
	return strings.Join(words, ", ")
}

const auditPerPage = 50

func (s *Server) getAdminAudit(w http.ResponseWriter, r *http.Request) error {
	query, target := question(r, "q"), question(r, "target")
	before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64) // what is no number is the first page
	p := adminAuditPage{page: s.base(r, "Audit log")}
	p.Nav = "admin:audit"
	var err error
	if p.Lines, err = s.logOf(r.Context(), audit.Filter{Query: query, Target: target, Before: before, Limit: auditPerPage + 1}); err != nil {
		return err
	}
	if len(p.Lines) > auditPerPage {
		p.Lines = p.Lines[:auditPerPage]
		p.Older = listAt("/admin/audit", "q", query, "target", target, "before", strconv.FormatInt(p.Lines[auditPerPage-1].ID, 10))
	}
	if before != 0 {
		p.Newest = listAt("/admin/audit", "q", query, "target", target)
	}
	p.Toolbar = toolbarOf("/admin/audit", "Search the log", "Act, reason, admin, booking:… or user:…", query, "target", target)
	if target != "" {
		p.Toolbar.Chips = []view.Chip{{Text: target, Href: listAt("/admin/audit", "q", query)}}
	}
	return s.render(w, "admin_audit", p)
}

func (s *Server) logOf(ctx context.Context, f audit.Filter) ([]auditLine, error) {
	lines, err := audit.Search(ctx, s.DB, f)
	all := make([]auditLine, len(lines))
	for i, l := range lines {
		all[i] = auditLine{l}
	}
	return all, err
}
