package site

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"hearth/internal/fault"
	"hearth/internal/listing"
)

type prosePage struct{ page }

// prose is a page of text alone.
func (s *Server) prose(name, title string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		return s.render(w, name, prosePage{s.base(r, title)})
	}
}

type cancellationPage struct {
	page
	Policies []listing.Policy
}

func (s *Server) getCancellation(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, "cancellation", cancellationPage{s.base(r, "Cancellation options"), listing.Policies})
}

// getHealthz says that the process answers.
func (s *Server) getHealthz(w http.ResponseWriter, _ *http.Request) error {
	_, err := io.WriteString(w, "ok\n")
	return err
}

// getReadyz says that it can do its work: the database answers.
func (s *Server) getReadyz(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := s.DB.Ping(ctx); err != nil {
		return fault.Wrap(err, fault.Unavailable, "The database does not answer.")
	}
	_, err := io.WriteString(w, "ready\n")
	return err
}

func (s *Server) getRobots(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := fmt.Fprint(w, "User-agent: *\nDisallow: /account\nDisallow: /admin\nDisallow: /login\nDisallow: /owner\nDisallow: /reset\nDisallow: /signup\nDisallow: /trips\nDisallow: /verify-email\n")
	return err
}
