// Package site is every page and form. It decides who may see a page and what
// it looks like, and nothing else: rules, prices and states belong to the
// rooms that it calls.
//
// A page is a line in routes.go with the role it needs, a file with the
// handlers and the page's struct, a template and a row in a test, all of the
// same stem:
//
//	routes.go                                  get("/forgot", Public, s.getForgot)
//	forgot.go                                  type forgotPage struct { page; … }
//	web/templates/pages/forgot.html
//	forgot_test.go
//
// A handler returns an error and does five acts: decode, authorise, call one
// thing, choose the page, render. What it returns is answered in one place
// ([Server.fail]): a fault becomes its status and a page with its message,
// everything else becomes an apology with the request id, and is logged.
//
// Forms render themselves again with what was typed and a message per field
// (422), and answer 303 when it worked. They need no script. Requests from
// other sites are refused by what the browser says about them, so forms carry
// no token.
package site

import (
	"log/slog"
	"net/http"
	"sync"
	"time"

	"hearth/internal/account"
	"hearth/internal/basemap"
	"hearth/internal/checkout"
	"hearth/internal/config"
	"hearth/internal/hosting"
	"hearth/internal/invariant"
	"hearth/internal/mail"
	"hearth/internal/payout"
	"hearth/internal/reconcile"
	"hearth/internal/view"
	"hearth/internal/webhook"

	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Server is the collaborators of the pages.
type Server struct {
	Config    config.Config
	DB        *pgxpool.Pool
	View      *view.Engine
	Sessions  *scs.SessionManager // see NewSessions
	Account   *account.Service
	Hosting   *hosting.Service
	Checkout  *checkout.Service
	Payout    *payout.Service
	Reconcile *reconcile.Service
	Inbox     *webhook.Inbox
	Audit     *invariant.Service
	Outbox    *mail.Outbox            // nil unless in development
	Raw       map[string]http.Handler // path → handler without session, cross-origin check or body limit: the webhooks
	Limits    Limits
	Logger    *slog.Logger
	Now       func() time.Time

	darkroom sync.Mutex // one uploaded photo is developed at a time
	mapOnce  sync.Once
	atlas    *basemap.Map // nil until the first map
}

// Handler is the whole site.
func (s *Server) Handler() http.Handler {
	root := chi.NewRouter()
	root.Use(s.address, requestID, s.accessLog, s.headers(), compressor(), s.recoverer)
	root.Handle("/static/*", s.View.Static())
	for path, handler := range s.Raw {
		root.Handle(path, handler)
	}
	root.Mount("/", s.pages())
	return root
}

// pages are the routes, behind what every page needs.
func (s *Server) pages() http.Handler {
	s.Sessions.ErrorFunc = s.fail
	r := chi.NewRouter()
	r.Use(s.Sessions.LoadAndSave, s.visitor, s.sameSite)
	r.NotFound(s.adapt(func(http.ResponseWriter, *http.Request) error { return refusal{http.StatusNotFound, ""} }))
	r.MethodNotAllowed(s.adapt(func(http.ResponseWriter, *http.Request) error {
		return refusal{http.StatusMethodNotAllowed, "This address does not take what was sent to it."}
	}))
	limiters := s.limiters()
	for _, route := range s.Routes() {
		var handler http.Handler = s.adapt(route.handle)
		if route.limit != "" {
			handler = limiters[route.limit](handler)
		}
		handler = s.gate(route.Role, limitBody(route.bodyLimit(), handler))
		r.Method(route.Method, route.Path, handler)
		if route.Method == http.MethodGet {
			r.Method(http.MethodHead, route.Path, handler)
		}
	}
	return r
}
