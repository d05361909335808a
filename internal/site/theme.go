package site

import "net/http"

type themeForm struct {
	Theme string `form:"theme"`
	Back  string `form:"back"`
}

// postTheme remembers light or dark colours; anything else follows the system.
func (s *Server) postTheme(w http.ResponseWriter, r *http.Request) error {
	var form themeForm
	if err := decode(r, &form); err != nil {
		return err
	}
	cookie := &http.Cookie{
		Name: themeCookie, Value: form.Theme, Path: "/", MaxAge: 365 * 24 * 60 * 60,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.Config.Secure(),
	}
	if form.Theme != "light" && form.Theme != "dark" {
		cookie.Value, cookie.MaxAge = "", -1
	}
	http.SetCookie(w, cookie)
	back := localPath(form.Back)
	if back == "" {
		back = "/"
	}
	return seeOther(w, r, back)
}
