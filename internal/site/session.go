package site

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"hearth/internal/fault"
	"hearth/internal/user"
	"hearth/internal/view"

	"github.com/alexedwards/scs/pgxstore"
	"github.com/alexedwards/scs/v2"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	sessionLife = 30 * 24 * time.Hour // whatever happens
	sessionIdle = 7 * 24 * time.Hour  // without a visit
	seenEvery   = time.Hour           // how exactly visits are recorded: not a write per page
)

// What a session holds.
const (
	userKey     = "user"     // user.ID
	versionKey  = "version"  // the session version it was made with
	seenKey     = "seen"     // Unix time of about the last visit
	flashKey    = "flash"    // JSON of []view.Flash
	returnToKey = "returnto" // where a sign-up began
)

// NewSessions keeps sessions in PostgreSQL, by a hash of their token. On https
// the cookie cannot be set or read by another host or in plain text.
func NewSessions(db *pgxpool.Pool, baseURL string) *scs.SessionManager {
	m := scs.New()
	m.Store = pgxstore.NewWithCleanupInterval(db, 10*time.Minute)
	m.HashTokenInStore = true
	m.Lifetime = sessionLife
	m.Cookie.Name, m.Cookie.Secure = "hearth", false
	if strings.HasPrefix(baseURL, "https://") {
		m.Cookie.Name, m.Cookie.Secure = "__Host-hearth", true
	}
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode // people come back from Stripe by a link
	return m
}

// visit is who makes a request; user is nil for strangers.
type visit struct{ user *user.User }

// visitor finds out who makes the request. A session that was ended by a new
// password, a suspension or long silence is over.
func (s *Server) visitor(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{}
		r = r.WithContext(context.WithValue(r.Context(), visitorKey, v))
		if id := s.Sessions.GetString(r.Context(), userKey); id != "" {
			u, err := user.ByID(r.Context(), s.DB, user.ID(id))
			if err != nil && !fault.Is(err, fault.NotFound) {
				s.fail(w, r, err)
				return
			}
			if err == nil && s.alive(r.Context(), u) {
				v.user = &u
			} else {
				s.logOut(r.Context())
			}
		}
		next.ServeHTTP(w, r)
	})
}

// alive reports whether the session is still good for the person, and records
// the visit.
func (s *Server) alive(ctx context.Context, u user.User) bool {
	now, seen := s.Now(), time.Unix(s.Sessions.GetInt64(ctx, seenKey), 0)
	if u.Suspended() || s.Sessions.GetInt(ctx, versionKey) != u.SessionVersion || now.Sub(seen) > sessionIdle {
		return false
	}
	if now.Sub(seen) > seenEvery {
		s.Sessions.Put(ctx, seenKey, now.Unix())
	}
	return true
}

// signedIn is who is logged in, or nil.
func signedIn(r *http.Request) *user.User {
	if v, ok := r.Context().Value(visitorKey).(*visit); ok {
		return v.user
	}
	return nil
}

// me is who is logged in. Only for routes that are not Public: the gate has
// seen to it that there is somebody.
func me(r *http.Request) user.User { return *signedIn(r) }

// logIn makes the session somebody's, under a new token: one that a stranger
// planted before is worth nothing.
func (s *Server) logIn(ctx context.Context, u user.User) error {
	if err := s.Sessions.RenewToken(ctx); err != nil {
		return err
	}
	s.Sessions.Put(ctx, userKey, string(u.ID))
	s.Sessions.Put(ctx, seenKey, s.Now().Unix())
	s.keep(ctx, u.SessionVersion)
	return nil
}

// keep lets this session go on when all others end.
func (s *Server) keep(ctx context.Context, version int) { s.Sessions.Put(ctx, versionKey, version) }

// logOut makes the session nobody's.
func (s *Server) logOut(ctx context.Context) {
	for _, key := range []string{userKey, versionKey, seenKey, returnToKey} {
		s.Sessions.Remove(ctx, key)
	}
}

// flash leaves a message for the next page. Kind: "ok", "warn", "bad", "info".
func (s *Server) flash(r *http.Request, kind, text string) {
	waiting := append(s.flashes(r), view.Flash{Kind: kind, Text: text})
	if encoded, err := json.Marshal(waiting); err == nil {
		s.Sessions.Put(r.Context(), flashKey, string(encoded))
	}
}

// flashes takes the messages that wait.
func (s *Server) flashes(r *http.Request) (waiting []view.Flash) {
	if text := s.Sessions.PopString(r.Context(), flashKey); text != "" {
		_ = json.Unmarshal([]byte(text), &waiting) // we wrote it
	}
	return waiting
}
