package site

import (
	"net/http"
	"time"

	"hearth/internal/view"
)

// page is what every page's struct embeds.
type page = view.Base

const themeCookie = "theme"

// base fills what every page shows around its own content. It takes the
// waiting messages, so call it for the page that is rendered.
func (s *Server) base(r *http.Request, title string) page {
	now := s.Now()
	b := page{
		Title: title, Path: r.URL.Path, RequestID: requestIDOf(r), Now: now, Year: now.Year(),
		Sandbox: s.Config.Sandbox(), Search: view.SearchBox{Min: now.Format(time.DateOnly)},
	}
	if r.Method == http.MethodGet {
		b.Path = r.URL.RequestURI()
	}
	if c, err := r.Cookie(themeCookie); err == nil && (c.Value == "light" || c.Value == "dark") {
		b.Theme = c.Value
	}
	if r.Context().Value(visitorKey) == nil {
		return b // an error before the session was read
	}
	b.Flash = s.flashes(r)
	if u := signedIn(r); u != nil {
		b.User = &view.UserInfo{
			ID: string(u.ID), Name: u.Name, Email: u.Email, IsOwner: u.IsOwner(), IsAdmin: u.IsAdmin(),
			Initial: view.Initial(u.Name), AvatarColor: view.AvatarColor(string(u.ID)),
		}
		if u.IsAdmin() && isAdminPath(r.URL.Path) {
			b.Counts = s.troubles(r)
		}
	}
	return b
}
