package site

import (
	"net/http"

	"hearth/internal/account"
)

type signupPage struct {
	page
	Form   signupForm
	Errors map[string]string
}

type signupForm struct {
	Name     string `form:"name"`
	Email    string `form:"email"`
	Password string `form:"password"`
	Next     string `form:"next"`
}

func (s *Server) getSignup(w http.ResponseWriter, r *http.Request) error {
	if signedIn(r) != nil {
		return seeOther(w, r, "/account")
	}
	form := signupForm{Next: localPath(r.URL.Query().Get("next"))}
	return s.render(w, "signup", signupPage{page: s.base(r, "Sign up"), Form: form})
}

// postSignup answers the same whether the address is new or known.
func (s *Server) postSignup(w http.ResponseWriter, r *http.Request) error {
	var form signupForm
	if err := decode(r, &form); err != nil {
		return err
	}
	err := s.Account.SignUp(r.Context(), account.Registration{Name: form.Name, Email: form.Email, Password: form.Password})
	if wrong := formErrors(err); wrong != nil {
		form.Password = ""
		return s.again(w, err, "signup", signupPage{page: s.base(r, "Sign up"), Form: form, Errors: wrong})
	}
	if err != nil {
		return err
	}
	if next := localPath(form.Next); next != "" {
		s.Sessions.Put(r.Context(), returnToKey, next)
	}
	return seeOther(w, r, "/check-inbox")
}

type checkInboxPage struct {
	page
	Outbox bool // development: the mail is on a page of ours
}

func (s *Server) getCheckInbox(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, "check_inbox", checkInboxPage{page: s.base(r, "Check your inbox"), Outbox: s.Outbox != nil})
}
