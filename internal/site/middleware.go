package site

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/klauspost/compress/gzhttp"
	"github.com/unrolled/secure"
)

type contextKey int

const (
	requestIDKey contextKey = iota
	visitorKey
)

// requestID names the request in the log, in the answer and on error pages.
func requestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()[:12]
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestIDKey, id)))
	})
}

func requestIDOf(r *http.Request) string {
	id, _ := r.Context().Value(requestIDKey).(string)
	return id
}

// accessLog writes a line per request. It leaves the query out, which may
// carry a mailed token or what somebody searched for.
func (s *Server) accessLog(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := s.Now()
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() {
			level := slog.LevelInfo
			if strings.HasPrefix(r.URL.Path, "/static/") || r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
				level = slog.LevelDebug
			}
			s.Logger.Log(r.Context(), level, "request", "method", r.Method, "path", r.URL.Path, "status", ww.Status(),
				"bytes", ww.BytesWritten(), "ms", s.Now().Sub(began).Milliseconds(), "ip", clientIP(r), "request", requestIDOf(r))
		}()
		next.ServeHTTP(ww, r)
	})
}

// recoverer turns a panic into an error page and a line in the log.
func (s *Server) recoverer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler:
				panic(p)
			default:
				s.fail(w, r, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// headers tells browsers what pages may do. Forms may lead to Stripe's pages,
// since browsers apply form-action to redirects as well.
func (s *Server) headers() func(http.Handler) http.Handler {
	forms := "'self' https://checkout.stripe.com https://connect.stripe.com https://billing.stripe.com https://dashboard.stripe.com"
	if s.Config.Sandbox() { // its API and its pages may be reached by different names
		for _, address := range []string{s.Config.StripeAPIBase, s.Config.SandboxURL} {
			if stand, err := url.Parse(address); err == nil && stand.Host != "" {
				forms += " " + stand.Scheme + "://" + stand.Host
			}
		}
	}
	csp := "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action " + forms
	options := secure.Options{
		ContentSecurityPolicy: csp, ContentTypeNosniff: true, FrameDeny: true, ReferrerPolicy: "same-origin",
		PermissionsPolicy: "camera=(), microphone=(), geolocation=(), payment=()", CrossOriginOpenerPolicy: "same-origin",
	}
	if s.Config.Secure() {
		options.STSSeconds, options.ForceSTSHeader = 365*24*60*60, true
	}
	return secure.New(options).Handler
}

// compressor compresses text. Streams of events stay as they are, so that
// each event leaves at once.
func compressor() func(http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.CompressionLevel(1), gzhttp.ContentTypes([]string{
		"text/html", "text/css", "text/plain", "text/csv", "text/javascript", "application/json", "image/svg+xml"}))
	if err != nil {
		panic(err) // the options above are wrong: found by the first test
	}
	return func(next http.Handler) http.Handler { return wrap(next) }
}

// sameSite refuses forms that other sites send. The browser says where a
// request comes from.
func (s *Server) sameSite(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	if err := protection.AddTrustedOrigin(strings.TrimSuffix(s.Config.BaseURL, "/")); err != nil {
		s.Logger.Warn("the base URL is no origin", "base_url", s.Config.BaseURL, "error", err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := protection.Check(r); err != nil {
			s.fail(w, r, refusal{http.StatusForbidden, "This form was sent from another site, so nothing was done."})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// limitBody lets nobody make us read more than a number of bytes.
func limitBody(limit int64, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		next.ServeHTTP(w, r)
	})
}
