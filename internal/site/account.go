package site

import (
	"net/http"

	"hearth/internal/user"
)

// accountPage has three forms; each shows its own errors.
type accountPage struct {
	page
	Me             user.User
	Form           profileForm
	Errors         map[string]string
	PasswordErrors map[string]string
}

type profileForm struct {
	Name  string `form:"name"`
	Phone string `form:"phone"`
}

type passwordForm struct {
	Current string `form:"password"`
	New     string `form:"new_password"`
}

func (s *Server) accountPage(r *http.Request) accountPage {
	u := me(r)
	p := accountPage{page: s.base(r, "Your account"), Me: u, Form: profileForm{u.Name, u.Phone}}
	p.Nav = "account"
	return p
}

func (s *Server) getAccount(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, "account", s.accountPage(r))
}

func (s *Server) postAccount(w http.ResponseWriter, r *http.Request) error {
	var form profileForm
	if err := decode(r, &form); err != nil {
		return err
	}
	err := s.Account.UpdateProfile(r.Context(), me(r).ID, form.Name, form.Phone)
	if wrong := formErrors(err); wrong != nil {
		p := s.accountPage(r)
		p.Form, p.Errors = form, wrong
		return s.again(w, err, "account", p)
	}
	if err != nil {
		return err
	}
	s.flash(r, "ok", "Your profile is saved.")
	return seeOther(w, r, "/account")
}

func (s *Server) postAccountPassword(w http.ResponseWriter, r *http.Request) error {
	var form passwordForm
	if err := decode(r, &form); err != nil {
		return err
	}
	version, err := s.Account.ChangePassword(r.Context(), me(r).ID, form.Current, form.New)
	if wrong := formErrors(err); wrong != nil {
		p := s.accountPage(r)
		p.PasswordErrors = wrong
		return s.again(w, err, "account", p)
	}
	if err != nil {
		return err
	}
	return s.goOnAlone(w, r, version, "Your password is changed. You are logged out everywhere else.")
}

func (s *Server) postAccountSessions(w http.ResponseWriter, r *http.Request) error {
	version, err := s.Account.EndSessions(r.Context(), me(r).ID)
	if err != nil {
		return err
	}
	return s.goOnAlone(w, r, version, "You are logged out everywhere else.")
}

// goOnAlone keeps this session, under a new token, when all others have ended.
func (s *Server) goOnAlone(w http.ResponseWriter, r *http.Request, version int, done string) error {
	if err := s.Sessions.RenewToken(r.Context()); err != nil {
		return err
	}
	s.keep(r.Context(), version)
	s.flash(r, "ok", done)
	return seeOther(w, r, "/account")
}

func (s *Server) postAccountVerification(w http.ResponseWriter, r *http.Request) error {
	if err := s.Account.ResendVerification(r.Context(), me(r).ID); err != nil {
		return err
	}
	s.flash(r, "ok", "A new link is on its way to "+me(r).Email+".")
	return seeOther(w, r, "/account")
}
