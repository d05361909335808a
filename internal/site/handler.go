package site

import (
	"context"
	"errors"
	"net/http"

	"hearth/internal/fault"
	"hearth/internal/view"
)

// adapt answers what a handler returns.
func (s *Server) adapt(handle func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		cache := "private, no-cache"
		if signedIn(r) != nil {
			cache = "no-store" // after the log-out, "back" shows nothing
		}
		w.Header().Set("Cache-Control", cache)
		if err := handle(w, r); err != nil {
			s.fail(w, r, err)
		}
	}
}

// refusal is a no of the site itself, which no fault can say. An empty message
// leaves the words to the error page.
type refusal struct {
	status  int
	message string
}

func (e refusal) Error() string { return http.StatusText(e.status) + ": " + e.message }

// fail is the one place where an error meets a person.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, message := statusOf(err)
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		s.Logger.Info("the browser went away", "path", r.URL.Path, "request", requestIDOf(r))
		return
	}
	if status >= http.StatusInternalServerError {
		s.Logger.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err, "request", requestIDOf(r))
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "60")
	}
	base := s.base(r, titles[status])
	if base.Title == "" {
		base.Title = "Something went wrong"
	}
	data := view.ErrorPage{Base: base, Status: status, Message: message}
	if err := s.View.Render(w, status, "error", data); err != nil {
		s.Logger.Error("the error page failed", "error", err, "request", requestIDOf(r))
		http.Error(w, "Something broke on our side. If you write to us, name this: "+requestIDOf(r), http.StatusInternalServerError)
	}
}

var titles = map[int]string{
	http.StatusNotFound: "Not found", http.StatusForbidden: "Not open to you", http.StatusConflict: "Someone was first",
	http.StatusTooManyRequests: "A little slower, please", http.StatusServiceUnavailable: "Not just now",
	http.StatusRequestEntityTooLarge: "Too large", http.StatusUnprocessableEntity: "Not quite right",
}

// statusOf is an error's status and what a person may read of it.
func statusOf(err error) (status int, message string) {
	var no refusal
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &no):
		return no.status, no.message
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge, "What you sent is larger than we can take."
	}
	f, ok := fault.Of(err)
	if !ok {
		return http.StatusInternalServerError, ""
	}
	switch f.Kind {
	case fault.NotFound:
		return http.StatusNotFound, f.Message
	case fault.Invalid:
		return http.StatusUnprocessableEntity, f.Message
	case fault.Conflict:
		return http.StatusConflict, f.Message
	case fault.Denied:
		return http.StatusForbidden, f.Message
	case fault.Unavailable:
		return http.StatusServiceUnavailable, f.Message
	}
	return http.StatusInternalServerError, ""
}

// render writes a page with status 200.
func (s *Server) render(w http.ResponseWriter, name string, data any) error {
	return s.View.Render(w, http.StatusOK, name, data)
}

// again writes a form's page once more, with the status of what was wrong.
// The page has been given [formErrors] of the same error.
func (s *Server) again(w http.ResponseWriter, cause error, name string, data any) error {
	status, _ := statusOf(cause)
	return s.View.Render(w, status, name, data)
}

// seeOther leads on after a form that worked.
func seeOther(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}
