package site

import (
	"net/http"

	"hearth/internal/user"
)

type loginPage struct {
	page
	Form   loginForm
	Errors map[string]string
}

type loginForm struct {
	Email    string `form:"email"`
	Password string `form:"password"`
	Next     string `form:"next"`
}

func (s *Server) getLogin(w http.ResponseWriter, r *http.Request) error {
	next := localPath(r.URL.Query().Get("next"))
	if u := signedIn(r); u != nil {
		return seeOther(w, r, s.afterLogIn(r, *u, next))
	}
	return s.render(w, "login", loginPage{page: s.base(r, "Log in"), Form: loginForm{Next: next}})
}

func (s *Server) postLogin(w http.ResponseWriter, r *http.Request) error {
	var form loginForm
	if err := decode(r, &form); err != nil {
		return err
	}
	u, err := s.Account.LogIn(r.Context(), form.Email, form.Password)
	if wrong := formErrors(err); wrong != nil {
		form.Password = ""
		return s.again(w, err, "login", loginPage{page: s.base(r, "Log in"), Form: form, Errors: wrong})
	}
	if err != nil {
		return err
	}
	if err := s.logIn(r.Context(), u); err != nil {
		return err
	}
	return seeOther(w, r, s.afterLogIn(r, u, localPath(form.Next)))
}

// afterLogIn is where somebody wanted to go, or else where they belong.
func (s *Server) afterLogIn(r *http.Request, u user.User, next string) string {
	began := s.Sessions.PopString(r.Context(), returnToKey)
	switch {
	case next != "":
		return next
	case began != "":
		return began
	case u.IsAdmin():
		return "/admin"
	case u.IsOwner():
		return "/owner"
	}
	return "/"
}

func (s *Server) postLogout(w http.ResponseWriter, r *http.Request) error {
	if err := s.Sessions.Destroy(r.Context()); err != nil {
		return err
	}
	return seeOther(w, r, "/")
}
