package site

import "net/http"

// Role is who may see a page.
type Role int

// The roles. Each signed-in role is refused to everybody else, whatever the
// handler does.
const (
	Public   Role = iota + 1
	SignedIn      // anybody with an account
	Verified      // whose e-mail address is proved
	Owner         // homeowners
	Admin         // admins
)

// Route is a line of the table.
type Route struct {
	Method, Path string
	Role         Role

	handle func(w http.ResponseWriter, r *http.Request) error
	limit  class
	body   int64
}

// Routes is the table: one line per page and form.
func (s *Server) Routes() []Route {
	routes := []Route{
		get("/signup", Public, s.getSignup),
		post("/signup", Public, s.postSignup).limited(mails),
		get("/check-inbox", Public, s.getCheckInbox),
		get("/verify-email", Public, s.getVerifyEmail),
		post("/verify-email", Public, s.postVerifyEmail),
		get("/login", Public, s.getLogin),
		post("/login", Public, s.postLogin).limited(logIns),
		post("/logout", Public, s.postLogout),
		get("/forgot", Public, s.getForgot),
		post("/forgot", Public, s.postForgot).limited(mails),
		get("/reset", Public, s.getReset),
		post("/reset", Public, s.postReset).limited(logIns),

		get("/account", SignedIn, s.getAccount),
		post("/account", SignedIn, s.postAccount),
		post("/account/password", SignedIn, s.postAccountPassword).limited(logIns),
		post("/account/verification", SignedIn, s.postAccountVerification).limited(mails),
		post("/account/sessions", SignedIn, s.postAccountSessions),

		get("/admin/events", Admin, s.getAdminEvents),
		get("/admin/events/{id}", Admin, s.getAdminEventShow),
		post("/admin/events/{id}/replay", Admin, s.postAdminEventReplay),

		post("/theme", Public, s.postTheme),
		get("/help", Public, s.prose("help", "Help")),
		get("/terms", Public, s.prose("terms", "Terms")),
		get("/privacy", Public, s.prose("privacy", "Privacy")),
		get("/accessibility", Public, s.prose("accessibility", "Accessibility")),
		get("/cancellation", Public, s.getCancellation),
		get("/healthz", Public, s.getHealthz),
		get("/readyz", Public, s.getReadyz),
		get("/robots.txt", Public, s.getRobots),
	}
	routes = append(routes, s.homeRoutes()...)
	routes = append(routes, s.payoutRoutes()...)
	routes = append(routes, s.stayRoutes()...)
	routes = append(routes, s.adminMoneyRoutes()...)
	routes = append(routes, s.adminRoutes()...)
	routes = append(routes, s.adminBooksRoutes()...)
	routes = append(routes, s.adminTaskRoutes()...)
	routes = append(routes, s.adminRequestRoutes()...)
	routes = append(routes, s.adminInvariantRoutes()...)
	routes = append(routes, s.disputeRoutes()...)
	if s.Outbox != nil {
		routes = append(routes,
			get("/dev/outbox", Public, s.getOutbox),
			get("/dev/outbox/{id}", Public, s.getOutboxShow),
			get("/dev/outbox/{id}/html", Public, s.getOutboxHTML),
		)
	}
	return routes
}

func get(path string, role Role, handle func(http.ResponseWriter, *http.Request) error) Route {
	return Route{Method: http.MethodGet, Path: path, Role: role, handle: handle}
}

func post(path string, role Role, handle func(http.ResponseWriter, *http.Request) error) Route {
	return Route{Method: http.MethodPost, Path: path, Role: role, handle: handle}
}

// limited puts the route into a class whose requests are counted per visitor.
func (r Route) limited(c class) Route {
	r.limit = c
	return r
}

// upTo lets a form be larger than the usual megabyte: uploads.
func (r Route) upTo(bytes int64) Route {
	r.body = bytes
	return r
}

const usualBody = 1 << 20

func (r Route) bodyLimit() int64 { return max(r.body, usualBody) }
