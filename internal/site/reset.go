package site

import (
	"net/http"

	"hearth/internal/fault"
)

type resetPage struct {
	page
	Token  string
	Stale  string // why the link does not work
	Errors map[string]string
}

type resetForm struct {
	Token    string `form:"token"`
	Password string `form:"password"`
}

func (s *Server) getReset(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("token")
	if err := s.Account.ResetWorks(r.Context(), token); err != nil {
		return s.staleReset(w, r, err)
	}
	return s.render(w, "reset", resetPage{page: s.base(r, "Set a new password"), Token: token})
}

func (s *Server) postReset(w http.ResponseWriter, r *http.Request) error {
	var form resetForm
	if err := decode(r, &form); err != nil {
		return err
	}
	err := s.Account.Reset(r.Context(), form.Token, form.Password)
	if wrong := formErrors(err); wrong != nil {
		return s.again(w, err, "reset", resetPage{page: s.base(r, "Set a new password"), Token: form.Token, Errors: wrong})
	}
	if err != nil {
		return s.staleReset(w, r, err)
	}
	s.logOut(r.Context())
	s.flash(r, "ok", "Your new password is set. Log in with it.")
	return seeOther(w, r, "/login")
}

// staleReset tells about a link that does not work any more.
func (s *Server) staleReset(w http.ResponseWriter, r *http.Request, err error) error {
	f, ok := fault.Of(err)
	if !ok || f.Kind != fault.NotFound {
		return err
	}
	return s.View.Render(w, http.StatusNotFound, "reset", resetPage{page: s.base(r, "Set a new password"), Stale: f.Message})
}
