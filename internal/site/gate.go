package site

import (
	"cmp"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"hearth/internal/user"

	"github.com/go-chi/httprate"
)

// gate refuses whom the route is not for: strangers are asked to log in and
// come back, others are told that it is not for them.
func (s *Server) gate(role Role, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u := signedIn(r)
		switch {
		case role == Public:
			next.ServeHTTP(w, r)
		case u == nil:
			http.Redirect(w, r, "/login?next="+url.QueryEscape(comeBack(r)), http.StatusSeeOther)
		case role == Verified && !u.Verified():
			s.flash(r, "warn", "Confirm your e-mail address first: we need a way to reach you about your stay.")
			http.Redirect(w, r, "/account", http.StatusSeeOther)
		case !may(role, *u):
			s.fail(w, r, refusal{http.StatusForbidden, ""})
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func may(role Role, u user.User) bool {
	switch role {
	case SignedIn, Verified:
		return true
	case Owner:
		return u.IsOwner()
	case Admin:
		return u.IsAdmin()
	}
	return false
}

// comeBack is the page to return to after the log-in: this one, or the one
// with the form that was sent.
func comeBack(r *http.Request) string {
	if r.Method == http.MethodGet {
		return r.URL.RequestURI()
	}
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host != r.Host {
		return "/"
	}
	return from.RequestURI()
}

// localPath is path if it stays on this site, else "". Browsers read "//x" and
// "/\x" as other sites.
func localPath(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(path, "/") ||
		strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\t\r\n") {
		return ""
	}
	return path
}

// class names requests that are counted together.
type class string

const (
	logIns   class = "logins"   // tries of a password
	mails    class = "mails"    // requests that send a mail to an address as typed
	bookings class = "bookings" // requests that talk to Stripe
)

// Limits is how many requests of a class one address may make a minute; 0 is
// the default. Tries of one account's password are counted as well, from
// wherever they come: twice as many in ten minutes.
type Limits struct{ LogIns, Mails, Bookings int }

func (s *Server) limiters() map[class]func(http.Handler) http.Handler {
	limiter := func(n int, period time.Duration, by httprate.KeyFunc) func(http.Handler) http.Handler {
		return httprate.LimitBy(n, period, by, httprate.WithLimitHandler(func(w http.ResponseWriter, r *http.Request) {
			s.fail(w, r, refusal{http.StatusTooManyRequests, ""})
		}), httprate.WithErrorHandler(s.fail))
	}
	tries := cmp.Or(s.Limits.LogIns, 10)
	fromHere, atAccount := limiter(tries, time.Minute, byAddress), limiter(2*tries, 10*time.Minute, byAccount)
	return map[class]func(http.Handler) http.Handler{
		logIns:   func(next http.Handler) http.Handler { return fromHere(atAccount(next)) },
		mails:    limiter(cmp.Or(s.Limits.Mails, 5), time.Minute, byAddress),
		bookings: limiter(cmp.Or(s.Limits.Bookings, 20), time.Minute, byAddress),
	}
}

// byAccount is whose password is tried: who is logged in, else the address or
// the mailed token that was typed.
func byAccount(r *http.Request) (string, error) {
	if u := signedIn(r); u != nil {
		return "id:" + string(u.ID), nil
	}
	if err := r.ParseForm(); err != nil {
		return "", unreadable(err) // a second look at the form would find it empty, and no error
	}
	return "form:" + strings.ToLower(strings.TrimSpace(r.PostForm.Get("email"))) + r.PostForm.Get("token"), nil
}

func byAddress(r *http.Request) (string, error) { return httprate.CanonicalizeIP(clientIP(r)), nil }

// clientIP is the visitor's address; see [Server.address].
func clientIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// address takes the visitor's address from the proxy in front, if there is one
// that we were told to trust. It is the last that the header names: the
// others are whatever the visitor wrote.
func (s *Server) address(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.Config.TrustProxy {
			list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
			if ip := net.ParseIP(strings.TrimSpace(list[len(list)-1])); ip != nil {
				r.RemoteAddr = net.JoinHostPort(ip.String(), "0")
			}
		}
		next.ServeHTTP(w, r)
	})
}
