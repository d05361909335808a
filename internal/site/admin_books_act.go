package site

import (
	"context"
	"fmt"
	"net/http"

	"hearth/internal/reconcile"
	"hearth/internal/view"

	"github.com/jackc/pgx/v5"
)

// getAdminBookRemainder leads to a remainder where the page shows it.
func (s *Server) getAdminBookRemainder(w http.ResponseWriter, r *http.Request) error {
	d, err := reconcile.DiscrepancyByID(r.Context(), s.DB, r.PathValue("id"))
	if err != nil {
		return err
	}
	return seeOther(w, r, "/admin/books#"+d.ID)
}

// bookActs are what an admin may do about a remainder: book it, when they know
// what it was.
func (s *Server) bookActs(d reconcile.Discrepancy) (acts []act) {
	if !d.Bookable() {
		return nil
	}
	return []act{{
		Key: "book", Offer: "Book it", Title: "Book " + d.What, Button: "Book " + d.Money().Format(), Done: "It is booked. The next comparison proves it.",
		Text: fmt.Sprintf("%s Stripe moved %s, the ledger %s. Booking it writes %s into the ledger, as money that moved without Hearth. Nothing moves at Stripe, and what is booked stays. Do it only when you know what it was.",
			d.Cause, d.In(d.Theirs).Format(), d.In(d.Ours).Format(), d.Money().Format()),
		do: func(ctx context.Context, tx pgx.Tx, form actForm) (any, error) {
			booked, err := reconcile.Explain(ctx, tx, d.ID, form.Reason, s.Now())
			return map[string]any{"reference": booked.Reference, "amount": booked.Money().Format(), "account": booked.Account}, err
		},
	}}
}

func onRemainder(d reconcile.Discrepancy) actOn {
	return actOn{Target: "discrepancy:" + d.ID, Name: d.What, Path: "/admin/books/" + d.ID, Nav: "admin:books", Up: view.Link{Text: "Books", Href: "/admin/books"}}
}

func (s *Server) getAdminBookAct(w http.ResponseWriter, r *http.Request) error {
	d, err := reconcile.DiscrepancyByID(r.Context(), s.DB, r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.askAct(w, r, s.bookActs(d), onRemainder(d))
}

func (s *Server) postAdminBookAct(w http.ResponseWriter, r *http.Request) error {
	d, err := reconcile.DiscrepancyByID(r.Context(), s.DB, r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.doAct(w, r, s.bookActs(d), onRemainder(d))
}
