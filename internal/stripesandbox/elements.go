package stripesandbox

import (
	"fmt"
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
	mux.Handle("GET /v3/window/{id}", guard.Handler(http.HandlerFunc(s.windowShow)))
	mux.Handle("POST /v3/window/{id}", guard.Handler(http.HandlerFunc(s.windowAnswer)))
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

// windowShow is what stripe.js shows over the page for an intent that asks.
func (s *Server) windowShow(w http.ResponseWriter, r *http.Request) {
	v, found := s.lookAtChallenge(r)
	if !found {
		s.nothingHere(w)
		return
	}
	win := elements.Window{Merchant: v.page.Merchant, Last4: v.page.Last4, Action: r.URL.Path, Over: !v.waiting}
	if !v.page.Setup {
		win.Amount = v.page.Amount.String()
	}
	s.look(func() {
		if in, ok := s.intents.get(r.PathValue("id")); ok && in.waitsForVoucher() {
			details := in.NextAction["oxxo_display_details"].(map[string]any)
			win.Over = false
			win.Voucher, win.Number = fmt.Sprint(details["hosted_voucher_url"]), fmt.Sprint(details["number"])
			win.Expires = instant(orNumber(0, details["expires_after"])).Format("2 January 2006")
		}
	})
	s.drawWindow(w, win)
}

// windowAnswer takes the answer to the bank; a voucher is only looked at.
func (s *Server) windowAnswer(w http.ResponseWriter, r *http.Request) {
	if outcome := r.PostFormValue("outcome"); outcome == "complete" || outcome == "fail" {
		_, err := s.CompleteChallenge(r.PathValue("id"), outcome == "complete")
		if err != nil && asAPIError(err).Status >= http.StatusInternalServerError {
			s.trouble(w, "3D Secure", err)
			return
		}
	}
	s.drawWindow(w, elements.Window{Over: true})
}

func (s *Server) drawWindow(w http.ResponseWriter, win elements.Window) {
	w.Header().Set("Cache-Control", "no-store")
	frameable(w, framePolicy)
	if err := win.Write(w); err != nil {
		s.log.Error("sandbox page", "error", err)
	}
}
