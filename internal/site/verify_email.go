package site

import (
	"net/http"

	"hearth/internal/fault"
)

// verifyEmailPage asks for a click: programs that open the links of mails must
// not spend them.
type verifyEmailPage struct {
	page
	Token string
	Stale string // why the link does not work
}

type tokenForm struct {
	Token string `form:"token"`
}

func (s *Server) getVerifyEmail(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("token")
	return s.render(w, "verify_email", verifyEmailPage{page: s.base(r, "Confirm your e-mail address"), Token: token})
}

func (s *Server) postVerifyEmail(w http.ResponseWriter, r *http.Request) error {
	var form tokenForm
	if err := decode(r, &form); err != nil {
		return err
	}
	id, err := s.Account.Verify(r.Context(), form.Token)
	if f, ok := fault.Of(err); ok && f.Kind == fault.NotFound {
		data := verifyEmailPage{page: s.base(r, "Confirm your e-mail address"), Stale: f.Message}
		return s.View.Render(w, http.StatusNotFound, "verify_email", data)
	}
	if err != nil {
		return err
	}
	s.flash(r, "ok", "Thank you, your e-mail address is confirmed.")
	if u := signedIn(r); u != nil && u.ID == id {
		return seeOther(w, r, s.afterLogIn(r, *u, ""))
	}
	return seeOther(w, r, "/login")
}
