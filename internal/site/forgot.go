package site

import "net/http"

type forgotPage struct {
	page
	Form   forgotForm
	Errors map[string]string
	Sent   bool
	Outbox bool // development: the mail is on a page of ours
}

type forgotForm struct {
	Email string `form:"email"`
}

func (s *Server) getForgot(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, "forgot", forgotPage{page: s.base(r, "Set a new password"), Sent: r.URL.Query().Has("sent"), Outbox: s.Outbox != nil})
}

// postForgot answers the same whether the address is somebody's or not.
func (s *Server) postForgot(w http.ResponseWriter, r *http.Request) error {
	var form forgotForm
	if err := decode(r, &form); err != nil {
		return err
	}
	err := s.Account.RequestReset(r.Context(), form.Email)
	if wrong := formErrors(err); wrong != nil {
		return s.again(w, err, "forgot", forgotPage{page: s.base(r, "Set a new password"), Form: form, Errors: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/forgot?sent")
}
