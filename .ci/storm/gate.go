package main

import (
	"bytes"
	"net/http"
	"regexp"
)

// gate is a process' way to Stripe, with three places to die at each POST: before
// it has an effect, after it, and after its answer; and one at each GET, which
// has no effect. What else goes wrong is the sandbox's doing.
func (s *slot) gate() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := step(r)
		post := r.Method == http.MethodPost
		if post && s.world.death.at(s, call+", before it has an effect") {
			panic(http.ErrAbortHandler)
		}
		var answer recorder
		s.world.sandbox.ServeHTTP(&answer, r) // panics with ErrAbortHandler for a cut connection
		when := ", after its effect"
		if !post {
			when = whileLooking
		}
		if s.world.death.at(s, call+when) {
			panic(http.ErrAbortHandler)
		}
		answer.send(w)
		if post {
			s.world.death.at(s, call+", after its answer")
		}
	})
}

var id = regexp.MustCompile(`/[a-z]+_[A-Za-z0-9_]{6,}`)

// step names a call by what it is for.
func step(r *http.Request) string { return r.Method + " " + id.ReplaceAllString(r.URL.Path, "/…") }

// recorder holds an answer back.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header {
	if r.header == nil {
		r.header = http.Header{}
	}
	return r.header
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(b)
}

func (r *recorder) send(w http.ResponseWriter) {
	for name, values := range r.Header() {
		w.Header()[name] = values
	}
	r.WriteHeader(http.StatusOK)
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body.Bytes())
	_ = http.NewResponseController(w).Flush()
}
