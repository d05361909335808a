package site

import (
	"context"
	"net/http"
	"strings"
	"time"

	"hearth/internal/booking"
	"hearth/internal/connect"
	"hearth/internal/invariant"
	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/payment"
	"hearth/internal/reconcile"
	"hearth/internal/task"
	"hearth/internal/view"
	"hearth/internal/webhook"
)

// adminOverviewPage is the platform's month, and what wants somebody's eye.
type adminOverviewPage struct {
	page
	Figures  []figure
	Todo     []alert
	Disputes []disputeRow
	Latest   []booking.Row
	Sweep    string
	Inbox    string
}

// alert is something that somebody should look at.
type alert struct{ Icon, Tone, Title, Text, Href string }

const month = 30 * 24 * time.Hour

func (s *Server) getAdminOverview(w http.ResponseWriter, r *http.Request) error {
	ctx, now := r.Context(), s.Now()
	p := adminOverviewPage{page: s.base(r, "Overview")}
	p.Nav = "admin:overview"
	var err error
	if p.Figures, err = s.monthFigures(ctx, now); err != nil {
		return err
	}
	if p.Disputes, err = s.disputes(r, payment.DisputesToAnswer, latest, 0); err != nil {
		return err
	}
	if p.Latest, err = booking.Find(ctx, s.DB, booking.Search{Size: latest}, s.Config.Currency()); err != nil {
		return err
	}
	if p.Todo, err = s.attention(ctx, p.Counts); err != nil {
		return err
	}
	if err := s.health(ctx, &p, now); err != nil {
		return err
	}
	return s.render(w, "admin_overview", p)
}

// monthFigures are the last 30 days beside the 30 before.
func (s *Server) monthFigures(ctx context.Context, now time.Time) ([]figure, error) {
	this, err := ledger.FlowOf(ctx, s.DB, now.Add(-month), now.Add(time.Minute), s.Config.Currency())
	if err != nil {
		return nil, err
	}
	last, err := ledger.FlowOf(ctx, s.DB, now.Add(-2*month), now.Add(-month), s.Config.Currency())
	if err != nil {
		return nil, err
	}
	before := func(a money.Amount) string { return a.Format() + " in the 30 days before" }
	return []figure{
		{"Tenants paid", view.Plural(this.Payments, "payment", "payments") + ", " + before(last.Taken), this.Taken},
		{"Given back", before(last.Refunded), this.Refunded},
		{"Our fees", before(last.Fees), this.Fees},
		{"Stripe’s fees", "Paid out of ours", this.StripeFees},
	}, nil
}

// attention is what somebody should do, the money of tenants first.
func (s *Server) attention(ctx context.Context, counts map[string]int) (todo []alert, err error) {
	add := func(n int, icon, tone, one, many, text, href string) {
		if n > 0 {
			todo = append(todo, alert{icon, tone, view.Plural(n, one, many), text, href})
		}
	}
	accounts, err := connect.List(ctx, s.DB, s.Config.Live())
	if err != nil {
		return nil, err
	}
	groups := map[connect.Group]int{}
	for _, a := range accounts {
		groups[a.Group()]++
	}
	add(counts["admin:refunds"], "undo-2", "bad", "failed refund", "failed refunds", "The tenant does not have the money. Refund again, or pay them another way.", "/admin/refunds?status=failed")
	add(counts["admin:disputes"], "scale", "bad", "open dispute", "open disputes", "Those that want an answer are listed below.", "/admin/disputes")
	add(counts["admin:events"], "webhook", "bad", "webhook event given up", "webhook events given up", "They could not be applied. Look at the error, then replay them.", "/admin/events?state="+webhook.Failed)
	add(counts["admin:books"], "book-open", "bad", "remainder in the books", "remainders in the books", "Stripe and the ledger moved different amounts. Each has its likely cause.", "/admin/books")
	add(counts["admin:tasks"], "list-checks", "bad", "open task", "open tasks", "Somebody has to look at each, the nearest due date first.", "/admin/tasks")
	add(groups[connect.GroupRestricted], "store", "", "restricted account", "restricted accounts", "These homes are off sale until their owner acts.", "/admin/accounts?group="+string(connect.GroupRestricted))
	add(groups[connect.GroupRestrictedSoon], "clock", "", "account restricted soon", "accounts restricted soon", "Stripe needs something from their owner before a date.", "/admin/accounts?group="+string(connect.GroupRestrictedSoon))
	return todo, nil
}

// health says how the machinery does, and adds to the list what stands still.
func (s *Server) health(ctx context.Context, p *adminOverviewPage, now time.Time) error {
	swept, err := reconcile.Latest(ctx, s.DB)
	if err != nil {
		return err
	}
	p.Sweep = "never"
	if swept.Unix() > 0 {
		p.Sweep = view.Ago(now, swept)
	}
	if now.Sub(swept) > 3*reconcile.Every {
		p.Todo = append(p.Todo, alert{Icon: "refresh-cw", Tone: "bad", Title: "The sweep stands still",
			Text: "It should run every " + view.Plural(int(reconcile.Every/time.Minute), "minute", "minutes") + ". Last time: " + p.Sweep + ". Look at the server’s log."})
	}
	audited, err := invariant.Latest(ctx, s.DB)
	if err != nil {
		return err
	}
	if !audited.IsZero() && now.Sub(audited) > 3*invariant.Every {
		p.Todo = append(p.Todo, alert{Icon: "shield-check", Tone: "bad", Title: "The audit stands still",
			Text: "It should run every hour. Last time: " + view.Ago(now, audited) + ". Look at the server’s log.", Href: "/admin/invariants"})
	}
	inbox, err := webhook.HealthOf(ctx, s.DB)
	if err != nil {
		return err
	}
	p.Inbox = "none has come"
	if inbox.Newest != nil {
		p.Inbox = view.Ago(now, *inbox.Newest)
	}
	return nil
}

// troubles are the numbers in the navigation of admin pages.
func (s *Server) troubles(r *http.Request) map[string]int {
	ctx := r.Context()
	money, err := payment.CountTroubles(ctx, s.DB)
	if err != nil {
		s.Logger.Error("count troubles", "error", err, "request", requestIDOf(r))
	}
	events, err := webhook.GivenUp(ctx, s.DB)
	if err != nil {
		s.Logger.Error("count troubles", "error", err, "request", requestIDOf(r))
	}
	tasks, err := task.CountOpen(ctx, s.DB)
	if err != nil {
		s.Logger.Error("count troubles", "error", err, "request", requestIDOf(r))
	}
	books, err := reconcile.CountOpen(ctx, s.DB)
	if err != nil {
		s.Logger.Error("count troubles", "error", err, "request", requestIDOf(r))
	}
	return map[string]int{"admin:books": books, "admin:refunds": money.Refunds, "admin:disputes": money.Disputes, "admin:events": events, "admin:tasks": tasks}
}

// isAdminPath reports a page of the admins.
func isAdminPath(path string) bool { return path == "/admin" || strings.HasPrefix(path, "/admin/") }
