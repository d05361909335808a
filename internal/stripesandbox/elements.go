package stripesandbox

import (
	"net/http"
	"strings"

	"hearth/internal/stripesandbox/elements"
)

// framePolicy is the Content-Security-Policy of what any merchant's page may
// show in a frame.
const framePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'self'"

// elementRoutes adds what browsers load from js.stripe.com.
func (s *Server) elementRoutes(mux *http.ServeMux) {
	guard := http.NewCrossOriginProtection()
	for _, path := range []string{"/v3", "/v3/{$}"} {
		mux.HandleFunc("GET "+path, s.stripeJS)
	}
	mux.HandleFunc("GET /v3/frame", elementPage("frame/frame.html", framePolicy))
	mux.HandleFunc("GET /demo/elements", elementPage("demo/elements.html", framePolicy+"; frame-src 'self'; frame-ancestors 'none'"))
	mux.HandleFunc("GET /v3/assets/{dir}/{file}", elementFile)
	mux.Handle("GET /v3/challenge/{id}", guard.Handler(http.HandlerFunc(s.framedChallenge)))
	mux.Handle("POST /v3/challenge/{id}", guard.Handler(http.HandlerFunc(s.framedChallengeAnswer)))
}

// stripeJS may be loaded by a page of any site.
func (s *Server) stripeJS(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Timing-Allow-Origin", "*")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	s.mu.Lock()
	base := orElse(s.baseURL, "http://"+r.Host)
	s.mu.Unlock()
	_, _ = w.Write(elements.Script(base))
}

// elementPage is a page that never changes.
func elementPage(name, policy string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		frameable(w, policy)
		_, _ = w.Write(elements.File(name))
	}
}

// frameable are the headers of a page that other sites may show in a frame.
func frameable(w http.ResponseWriter, policy string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}

// elementFile is a script or style sheet of the frames.
func elementFile(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("dir") + "/" + r.PathValue("file")
	if !strings.HasSuffix(name, ".js") && !strings.HasSuffix(name, ".css") {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.ServeFileFS(w, r, elements.Files(), name)
}

// framedChallenge is the bank's question in the window of stripe.js.
func (s *Server) framedChallenge(w http.ResponseWriter, r *http.Request) {
	v, found := s.lookAtChallenge(r)
	if !found {
		s.nothingHere(w)
		return
	}
	s.drawChallenge(w, elements.Challenge{Merchant: v.page.Merchant, Amount: v.page.Amount.String(), Last4: v.page.Last4, Action: r.URL.Path, Over: !v.waiting})
}

func (s *Server) framedChallengeAnswer(w http.ResponseWriter, r *http.Request) {
	_, err := s.CompleteChallenge(r.PathValue("id"), r.PostFormValue("outcome") == "complete")
	if err != nil && asAPIError(err).Status >= http.StatusInternalServerError {
		s.trouble(w, "3D Secure", err)
		return
	}
	s.drawChallenge(w, elements.Challenge{Over: true})
}

func (s *Server) drawChallenge(w http.ResponseWriter, c elements.Challenge) {
	w.Header().Set("Cache-Control", "no-store")
	frameable(w, framePolicy)
	if err := c.Write(w); err != nil {
		s.log.Error("sandbox page", "error", err)
	}
}
