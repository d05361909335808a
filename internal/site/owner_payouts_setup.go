package site

import (
	"context"
	"net/http"

	"hearth/internal/user"
)

// postOwnerPayoutsSetup leads into Stripe's form. Its address is made for the
// owner who is here, and for nobody else.
func (s *Server) postOwnerPayoutsSetup(w http.ResponseWriter, r *http.Request) error {
	return s.toStripe(w, r, s.Hosting.StartOnboarding)
}

// getOwnerPayoutsRefresh is where Stripe sends an owner whose link is spent:
// the usual way, not an error.
func (s *Server) getOwnerPayoutsRefresh(w http.ResponseWriter, r *http.Request) error {
	return s.toStripe(w, r, s.Hosting.Refresh)
}

func (s *Server) postOwnerPayoutsDashboard(w http.ResponseWriter, r *http.Request) error {
	return s.toStripe(w, r, s.Hosting.DashboardLink)
}

// toStripe redirects to a link that was just made. When there is none to be
// had, the page says why; it never sends the owner round in circles.
func (s *Server) toStripe(w http.ResponseWriter, r *http.Request, link func(context.Context, user.ID) (string, error)) error {
	url, err := link(r.Context(), me(r).ID)
	if err == nil {
		return seeOther(w, r, url)
	}
	wrong := formErrors(err)
	if wrong == nil {
		return err
	}
	account, failed := s.Hosting.Account(r.Context(), me(r).ID)
	if failed != nil {
		return failed
	}
	p, failed := s.ownerPayoutsPage(r, account)
	if failed != nil {
		return failed
	}
	p.Errors = wrong
	return s.again(w, err, "owner_payouts", p)
}

// getOwnerPayoutsReturn is where Stripe sends an owner who leaves its form,
// finished or not: the page shows what Stripe says now.
func (s *Server) getOwnerPayoutsReturn(w http.ResponseWriter, r *http.Request) error {
	account, err := s.Hosting.Return(r.Context(), me(r).ID)
	if formErrors(err) != nil {
		return seeOther(w, r, "/owner/payouts")
	}
	if err != nil {
		return err
	}
	p, err := s.ownerPayoutsPage(r, account)
	if err != nil {
		return err
	}
	return s.render(w, "owner_payouts", p)
}
