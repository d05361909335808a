package stripesandbox

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"hearth/internal/stripesandbox/hosted"
)

// inspectRequests lists the last requests to the API.
func (s *Server) inspectRequests(w http.ResponseWriter, r *http.Request) {
	logged, next := s.requests.page(r.URL.Query().Get("after"), inspectorPage)
	p := hosted.ObjectsPage{Kind: "Requests", Columns: heads("Request", "Answer", "What", "Acting for", "When", "$Took")}
	for _, q := range logged {
		p.Rows = append(p.Rows, hosted.ObjectRow{Cells: []hosted.Cell{
			{Text: q.ID, Href: "/inspector/requests/" + q.ID, Mono: true}, {Badge: answered(q)}, {Text: q.Method + " " + q.Path, Mono: true},
			scopeCell(q.Account), {Text: q.At.UTC().Format("15:04:05")}, {Text: took(q), Money: true},
		}})
	}
	s.look(func() { p.Frame = s.frame(r, "requests", olderLink("/inspector/requests", next)) })
	s.replyUnder(hosted.InspectorPolicy(), w, http.StatusOK, func(w io.Writer) error { return hosted.Objects(w, p) })
}

// inspectRequest shows one request and its answer.
func (s *Server) inspectRequest(w http.ResponseWriter, r *http.Request) {
	q, ok := s.requests.get(r.PathValue("id"))
	if !ok {
		s.nothingHere(w)
		return
	}
	p := hosted.RequestPage{ID: q.ID, Line: q.Method + " " + q.Path, Status: answered(q), Answer: string(q.Body)}
	fact := func(name, value string) {
		if value != "" {
			p.Facts = append(p.Facts, hosted.Fact{Name: name, Value: value})
		}
	}
	fact("Request", q.ID)
	fact("Came", q.At.UTC().Format("2 Jan 2006, 15:04:05.000")+", by the real clock")
	fact("Took", took(q))
	fact("Acting for", q.Account)
	fact("Idempotency key", q.Key)
	if q.Public {
		fact("Key", "publishable")
	}
	if q.Replayed {
		fact("Replayed", "the first answer to this key")
	}
	fact("Did nothing", strings.Join(q.Ignored, ", "))
	for _, param := range q.Params {
		p.Params = append(p.Params, hosted.Fact{Name: param.Name, Value: param.Value})
	}
	s.look(func() { p.Frame = s.frame(r, "requests", "") })
	s.replyUnder(hosted.InspectorPolicy(), w, http.StatusOK, func(w io.Writer) error { return hosted.Request(w, p) })
}

func answered(q loggedRequest) hosted.Badge {
	switch {
	case q.Status == 0:
		return hosted.Badge{Label: "no answer", Tone: "warn"}
	case q.Status < 400:
		return hosted.Badge{Label: strconv.Itoa(q.Status), Tone: "ok"}
	}
	return hosted.Badge{Label: strconv.Itoa(q.Status), Tone: "bad"}
}

func took(q loggedRequest) string {
	return fmt.Sprintf("%.1f ms", float64(q.Took)/float64(time.Millisecond))
}
