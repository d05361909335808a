package site

import (
	"net/http"
	"strings"

	"hearth/internal/audit"
	"hearth/internal/postgres"
	"hearth/internal/reconcile"
	"hearth/internal/view"

	"github.com/jackc/pgx/v5"
)

// adminBooksRoutes are the books beside Stripe's.
func (s *Server) adminBooksRoutes() []Route {
	return []Route{
		get("/admin/books", Admin, s.getAdminBooks),
		post("/admin/books/reconcile", Admin, s.postAdminBooksReconcile),
		get("/admin/books/{id}", Admin, s.getAdminBookRemainder),
		get("/admin/books/{id}/{act}", Admin, s.getAdminBookAct),
		post("/admin/books/{id}/{act}", Admin, s.postAdminBookAct),
	}
}

// adminBooksPage is the ledger beside Stripe: every balance, every remainder
// with its likely cause, and what sweeps healed.
type adminBooksPage struct {
	page
	Standing reconcile.Standing
	Balances []bookBalance
	Open     []bookRemainder
	Resolved []bookRemainder
	Healed   []reconcile.Healed
	Runs     []bookRun
	Pager    view.Pager
	Form     reconcileForm
	Errors   map[string]string
}

// Agrees reports that every balance is equal and nothing is left.
func (p adminBooksPage) Agrees() bool { return p.Standing.Differ == 0 && p.Standing.Open == 0 }

// bookBalance is an account's money with its state.
type bookBalance struct {
	reconcile.ListedBalance
	Href string // the account at Stripe
}

// State is the balance's in a word.
func (b bookBalance) State() view.Badge {
	switch {
	case b.Gone:
		return view.Badge{Tone: "", Icon: "plug", Text: "Not shown to us"}
	case b.Error != "":
		return view.Badge{Tone: "warn", Icon: "triangle-alert", Text: "Not read"}
	case !b.Difference().IsZero():
		return view.Badge{Tone: "bad", Icon: "circle-alert", Text: "Differs"}
	case b.Open > 0:
		return view.Badge{Tone: "warn", Icon: "triangle-alert", Text: "Equal, with remainders"}
	}
	return view.Badge{Tone: "ok", Icon: "check", Text: "Agrees"}
}

// bookRemainder is a remainder with where Stripe shows it.
type bookRemainder struct {
	reconcile.Discrepancy
	Href string
}

// Whose is the account in words.
func (d bookRemainder) Whose() string {
	if d.Account == "" {
		return "Our account"
	}
	return d.Account
}

// bookRun is a run in the page's list.
type bookRun struct{ reconcile.RunRow }

// Name is what ran.
func (r bookRun) Name() string {
	if r.Kind == "books" {
		return "Books"
	}
	return "Sweep"
}

// Did says what it came to.
func (r bookRun) Did() string {
	if r.FinishedAt == nil {
		return "not finished: it runs, or it was stopped"
	}
	said := []string{view.Plural(r.LookedUp, "look-up", "look-ups")}
	if r.Kind == "books" {
		said = append(said, view.Plural(r.Open, "remainder", "remainders")+" left")
	} else {
		said = append(said, view.Plural(r.Resumed, "request or hold", "requests and holds")+" finished")
	}
	return strings.Join(append(said, view.Plural(r.Healed, "thing", "things")+" healed"), ", ")
}

const (
	balancesPerPage = 50
	remaindersShown = 200
	healedShown     = 30
	runsShown       = 4
)

type reconcileForm struct {
	Reason string `form:"reason"`
}

func (s *Server) getAdminBooks(w http.ResponseWriter, r *http.Request) error {
	return s.adminBooksPage(w, r, reconcileForm{}, nil)
}

func (s *Server) adminBooksPage(w http.ResponseWriter, r *http.Request, form reconcileForm, wrong error) error {
	ctx := r.Context()
	p := adminBooksPage{page: s.base(r, "Books"), Form: form, Errors: formErrors(wrong)}
	p.Nav = "admin:books"
	var err error
	if p.Standing, err = reconcile.StandingOf(ctx, s.DB); err != nil {
		return err
	}
	p.Pager = view.NewPager(r.URL, pageNumber(r), balancesPerPage, p.Standing.Balances)
	balances, err := reconcile.ListBalances(ctx, s.DB, balancesPerPage, max(p.Pager.From-1, 0))
	if err != nil {
		return err
	}
	for _, b := range balances {
		p.Balances = append(p.Balances, bookBalance{b, s.atStripe("connect/accounts", b.Account)})
	}
	if err := s.remainders(r, &p); err != nil {
		return err
	}
	if p.Healed, err = reconcile.ListHealed(ctx, s.DB, healedShown); err != nil {
		return err
	}
	for _, kind := range []string{"books", "sweep"} {
		runs, err := reconcile.Runs(ctx, s.DB, kind, runsShown)
		if err != nil {
			return err
		}
		for _, run := range runs {
			p.Runs = append(p.Runs, bookRun{run})
		}
	}
	if wrong != nil {
		return s.again(w, wrong, "admin_books", p)
	}
	return s.render(w, "admin_books", p)
}

func (s *Server) remainders(r *http.Request, p *adminBooksPage) error {
	open, err := reconcile.Open(r.Context(), s.DB, remaindersShown)
	if err != nil {
		return err
	}
	resolved, err := reconcile.Resolved(r.Context(), s.DB, runsShown)
	if err != nil {
		return err
	}
	for _, d := range open {
		p.Open = append(p.Open, s.remainder(d))
	}
	for _, d := range resolved {
		p.Resolved = append(p.Resolved, s.remainder(d))
	}
	return nil
}

// dashboards are the parts of Stripe's Dashboard by what an id begins with.
var dashboards = map[string]string{"ch": "payments", "py": "payments", "re": "refunds", "pyr": "refunds", "tr": "connect/transfers",
	"fee": "connect/application_fees", "dp": "disputes", "du": "disputes", "po": "payouts", "tu": "topups"}

func (s *Server) remainder(d reconcile.Discrepancy) bookRemainder {
	prefix, _, _ := strings.Cut(d.ObjectID, "_")
	if part := dashboards[prefix]; part != "" {
		return bookRemainder{d, s.atStripe(part, d.ObjectID)}
	}
	return bookRemainder{d, ""}
}

// postAdminBooksReconcile asks for a sweep and the books: a job does them, as
// reading every account takes its time.
func (s *Server) postAdminBooksReconcile(w http.ResponseWriter, r *http.Request) error {
	var form reconcileForm
	if err := decode(r, &form); err != nil {
		return err
	}
	form.Reason = reasonOf(form.Reason)
	err := postgres.InTx(r.Context(), s.DB, func(tx pgx.Tx) error {
		if err := s.Reconcile.Ask(r.Context(), tx); err != nil {
			return err
		}
		return audit.Record(r.Context(), tx, audit.Entry{ActorID: me(r).ID, Act: "reconcile", Target: "books", Reason: form.Reason, IP: clientIP(r)}, s.Now())
	})
	if formErrors(err) != nil {
		return s.adminBooksPage(w, r, form, err)
	}
	if err != nil {
		return err
	}
	s.flash(r, "ok", "Stripe is being asked about everything. Load this page again in a moment.")
	return seeOther(w, r, "/admin/books")
}
