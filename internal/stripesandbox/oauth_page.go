package stripesandbox

import (
	"errors"
	"io"
	"net/http"
	"net/url"

	"hearth/internal/stripesandbox/hosted"
)

// consentShow is the authorize page. A request that names no place to go back
// to is explained here; any other mistake is sent back there.
func (s *Server) consentShow(w http.ResponseWriter, r *http.Request) {
	c, err := s.consentFrom(r.URL.Query())
	if err != nil {
		s.consentRefused(w, c, err)
		return
	}
	p := hosted.ConsentPage{Platform: s.name, Write: c.Scope == "read_write", Action: r.URL.Path, Fields: map[string]string{
		"client_id": c.ClientID, "scope": c.Scope, "state": c.State, "redirect_uri": c.RedirectURI, "response_type": "code"}}
	s.reply(w, http.StatusOK, func(w io.Writer) error { return hosted.Consent(w, p) }, c.RedirectURI)
}

func (s *Server) consentAnswer(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	_ = r.ParseForm()
	c, err := s.consentFrom(r.PostForm)
	if err != nil {
		s.consentRefused(w, c, err)
		return
	}
	back := c.back(url.Values{"error": {"access_denied"}, "error_description": {"The user denied your request"}})
	if r.PostForm.Get("answer") == "connect" {
		if back, err = s.consent(c, r.PostForm.Get("account")); err != nil {
			s.trouble(w, "Connect", err)
			return
		}
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}

func (s *Server) consentRefused(w http.ResponseWriter, c ConsentRequest, err error) {
	e, ok := errors.AsType[*oauthError](err)
	if ok && e.Kind != "invalid_client" && e.Kind != "invalid_redirect_uri" {
		w.Header().Set("Location", c.back(url.Values{"error": {e.Kind}, "error_description": {e.Description}}))
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	s.notice(w, http.StatusBadRequest, hosted.NoticePage{Surface: "Connect", Title: "This request cannot be shown", Text: err.Error()})
}
