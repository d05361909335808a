package site

import (
	"fmt"
	"net/http"
	"time"

	"hearth/internal/money"
	"hearth/internal/payment"
	"hearth/internal/view"
)

// adminDisputesPage is every dispute, the one that wants an answer first.
type adminDisputesPage struct {
	page
	Disputes []disputeRow
	Tabs     []view.Tab
	Pager    view.Pager
}

// disputeRow is a dispute with the time that is left to answer it.
type disputeRow struct {
	payment.ListedDispute
	Href string // where Stripe shows it
	now  time.Time
}

// Why is the bank's reason in words.
func (d disputeRow) Why() string {
	if d.Reason == "" {
		return "No reason given"
	}
	return titled(view.Spoken(d.Reason))
}

// Taken is what the bank has taken from our balance, its fee aside.
func (d disputeRow) Taken() money.Amount { return money.New(d.Withdrawn, d.Currency) }

// Cost is Stripe's fee for the dispute.
func (d disputeRow) Cost() money.Amount { return money.New(d.Fee, d.Currency) }

// Left is the time that is left in words; "" when no answer is wanted.
func (d disputeRow) Left() string {
	if !d.Answerable() || d.DueBy == nil {
		return ""
	}
	return countdown(d.now, *d.DueBy)
}

// Urgent reports that less than three days are left.
func (d disputeRow) Urgent() bool {
	return d.Answerable() && d.DueBy != nil && d.DueBy.Sub(d.now) < 72*time.Hour
}

// countdown says how much time is left, rounded down.
func countdown(now, due time.Time) string {
	switch left := due.Sub(now); {
	case left <= 0:
		return "The time is over"
	case left < time.Hour:
		return view.Plural(int(left/time.Minute), "minute", "minutes") + " left"
	case left < 48*time.Hour:
		return view.Plural(int(left/time.Hour), "hour", "hours") + " left"
	default:
		return view.Plural(int(left/(24*time.Hour)), "day", "days") + " left"
	}
}

const disputesPerPage = 50

var disputeGroups = []struct {
	key  payment.DisputeGroup
	name string
}{{"", "All"}, {payment.DisputesToAnswer, "To answer"}, {payment.DisputesWaiting, "With the bank"}, {payment.DisputesClosed, "Closed"}}

func (s *Server) getAdminDisputes(w http.ResponseWriter, r *http.Request) error {
	counts, err := payment.CountDisputes(r.Context(), s.DB)
	if err != nil {
		return err
	}
	p := adminDisputesPage{page: s.base(r, "Disputes")}
	p.Nav = "admin:disputes"
	group := payment.DisputeGroup(r.URL.Query().Get("group"))
	if _, known := counts[group]; !known {
		group = ""
	}
	for _, g := range disputeGroups {
		p.Tabs = append(p.Tabs, view.Tab{Name: g.name, Href: listAt("/admin/disputes", "group", string(g.key)), N: counts[g.key], Current: g.key == group})
	}
	p.Pager = view.NewPager(r.URL, pageNumber(r), disputesPerPage, counts[group])
	if p.Disputes, err = s.disputes(r, group, disputesPerPage, p.Pager.From-1); err != nil {
		return err
	}
	return s.render(w, "admin_disputes", p)
}

func (s *Server) disputes(r *http.Request, group payment.DisputeGroup, limit, offset int) ([]disputeRow, error) {
	found, err := payment.ListDisputes(r.Context(), s.DB, group, limit, offset)
	if err != nil {
		return nil, fmt.Errorf("list disputes: %w", err)
	}
	rows := make([]disputeRow, len(found))
	for i, d := range found {
		rows[i] = disputeRow{d, s.atStripe("disputes", d.ID), s.Now()}
	}
	return rows, nil
}
