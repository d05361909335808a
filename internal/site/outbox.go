package site

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"regexp"

	"hearth/internal/fault"
	"hearth/internal/mail"
)

type outboxPage struct {
	page
	Mails []mail.Kept
}

func (s *Server) getOutbox(w http.ResponseWriter, r *http.Request) error {
	mails, err := s.Outbox.List()
	if err != nil {
		return err
	}
	return s.render(w, "outbox", outboxPage{s.base(r, "Outbox"), mails})
}

type outboxShowPage struct {
	page
	Mail  mail.Kept
	Links []string
}

var addresses = regexp.MustCompile(`https?://\S+`)

func (s *Server) getOutboxShow(w http.ResponseWriter, r *http.Request) error {
	kept, err := s.kept(r)
	if err != nil {
		return err
	}
	return s.render(w, "outbox_show", outboxShowPage{s.base(r, kept.Subject), kept, addresses.FindAllString(kept.Text, -1)})
}

// getOutboxHTML shows a mail as a mail reader would. Mails have inline styles,
// which our pages may not, hence a policy of its own.
func (s *Server) getOutboxHTML(w http.ResponseWriter, r *http.Request) error {
	kept, err := s.kept(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err = io.WriteString(w, kept.HTML)
	return err
}

func (s *Server) kept(r *http.Request) (mail.Kept, error) {
	kept, err := s.Outbox.Read(r.PathValue("id"))
	if errors.Is(err, fs.ErrNotExist) {
		return kept, fault.Wrap(err, fault.NotFound, "There is no such mail.")
	}
	return kept, err
}
