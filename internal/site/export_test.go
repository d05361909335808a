package site

import (
	"io"
	"net/http"
)

// Gated is a page that says "in", for whom the role lets in.
func (s *Server) Gated(role Role) http.Handler {
	in := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "in") })
	return s.Sessions.LoadAndSave(s.visitor(s.gate(role, in)))
}
