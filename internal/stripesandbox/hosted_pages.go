package stripesandbox

import (
	"bytes"
	"io"
	"net/http"
	"time"

	"hearth/internal/stripesandbox/hosted"
)

// hostedRoutes adds the pages that people see. Their forms are refused from
// other sites: the sandbox has no log-in, and any page could post to loopback.
func (s *Server) hostedRoutes(mux *http.ServeMux) {
	guard := http.NewCrossOriginProtection()
	page := func(pattern string, h http.HandlerFunc) { mux.Handle(pattern, guard.Handler(h)) }
	mux.HandleFunc("GET "+hosted.StylesheetPath, static("text/css; charset=utf-8", hosted.Stylesheet()))
	mux.HandleFunc("GET "+hosted.ScriptPath, static("text/javascript; charset=utf-8", hosted.Script()))
	mux.HandleFunc("GET "+hosted.InspectorScriptPath, static("text/javascript; charset=utf-8", hosted.InspectorScript()))
	s.elementRoutes(mux)

	page("GET /c/pay/{id}", s.checkoutShow)
	page("POST /c/pay/{id}", s.checkoutPay)
	page("POST /c/pay/{id}/challenge", s.checkoutChallenge)
	page("GET /c/embed/{id}", s.checkoutShow)
	page("POST /c/embed/{id}", s.checkoutPay)
	page("POST /c/embed/{id}/challenge", s.checkoutChallenge)

	page("GET /c/recover/{id}", s.checkoutRecover)

	page("GET /3ds/{id}", s.challengeShow)
	page("POST /3ds/{id}", s.challengeAnswer)
	page("GET /vouchers/{id}", s.voucherShow)
	page("GET /receipts/{id}", s.receipt)
	page("GET /i/{id}", s.invoiceShow)
	page("POST /i/{id}", s.invoicePay)

	for _, kind := range []string{"express", "standard", "custom"} {
		letter := s.setupLetter(kind)
		page("GET /setup/"+letter+"/{account}/{token}", s.onboardingOpen)
		page("GET /setup/"+letter+"/{account}/{token}/{step}", s.onboardingShow)
		page("POST /setup/"+letter+"/{account}/{token}/{step}", s.onboardingSave)
	}

	page("GET /express/{account}/{token}", s.dashboardOpen)
	page("GET /express/{account}/{token}/home", s.dashboardShow)
	page("POST /express/{account}/{token}/bank", s.dashboardBank)
	page("POST /express/{account}/{token}/schedule", s.dashboardSchedule)
	page("POST /express/{account}/{token}/continue", s.dashboardContinue)

	page("GET /{$}", s.inspectEvents)
	page("GET /inspector/deliveries", s.inspectDeliveries)
	page("GET /inspector/requests", s.inspectRequests)
	page("GET /inspector/requests/{id}", s.inspectRequest)
	page("GET /inspector/search", s.inspectSearch)
	page("GET /inspector/controls", s.inspectControls)
	page("GET /inspector/{kind}", s.inspectKind)
	page("GET /inspector/objects/{id}", s.inspectObject)
	page("POST /inspector/clock", s.inspectorClock)
	page("POST /inspector/webhooks", s.inspectorWebhooks)
	page("POST /inspector/faults", s.inspectorFaults)
	page("POST /inspector/reset", s.inspectorReset)
	page("POST /inspector/resend", s.inspectorResend)
	page("POST /inspector/disputes", s.inspectorDispute)
	page("POST /inspector/intents", s.inspectorIntent)
	page("POST /inspector/refunds", s.inspectorRefund)
	page("/", func(w http.ResponseWriter, r *http.Request) { s.nothingHere(w) })
}

func static(kind string, content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "max-age=3600")
		w.Write(content)
	}
}

// reply sends a page. leadsTo are the URLs its forms may end at.
func (s *Server) reply(w http.ResponseWriter, status int, draw func(io.Writer) error, leadsTo ...string) {
	s.replyUnder(hosted.Policy(leadsTo...), w, status, draw)
}

func (s *Server) replyUnder(policy string, w http.ResponseWriter, status int, draw func(io.Writer) error) {
	var buf bytes.Buffer
	if err := draw(&buf); err != nil {
		s.log.Error("sandbox page", "error", err)
		http.Error(w, "The sandbox could not draw this page.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(buf.Bytes())
}

func (s *Server) notice(w http.ResponseWriter, status int, p hosted.NoticePage) {
	s.reply(w, status, func(w io.Writer) error { return hosted.Notice(w, p) })
}

// trouble shows an error of the engine in words.
func (s *Server) trouble(w http.ResponseWriter, surface string, err error) {
	e := asAPIError(err)
	s.notice(w, e.Status, hosted.NoticePage{Surface: surface, Title: "That did not work", Text: e.Message})
}

func money(minor int64, currency string) hosted.Money {
	return hosted.Money{Minor: minor, Currency: currency}
}

func instant(unix int64) time.Time { return time.Unix(unix, 0).UTC() }
