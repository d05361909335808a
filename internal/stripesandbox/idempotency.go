package stripesandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"sync"
)

// inFlight are the keys whose first request still runs.
type inFlight struct {
	mu   sync.Mutex
	keys map[string]bool
}

func (f *inFlight) enter(key string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.keys[key] {
		return false
	}
	f.keys[key] = true
	return true
}

func (f *inFlight) leave(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.keys, key)
}

func idempotencyKey(r *http.Request) string {
	if r.Method != http.MethodPost {
		return ""
	}
	return r.Header.Get("Idempotency-Key")
}

// once answers a request, or repeats what its key was answered before. Answers
// are kept for 24 hours, good or bad, 500 too; not kept are refusals that came
// before any work began. fail takes the answer's place: before the work, or
// after it when it says keep. before runs while the key is in use.
func (s *Server) once(r *http.Request, req string, form url.Values, op operation, fail *apiError, before func()) answer {
	key := idempotencyKey(r)
	if key == "" {
		before()
		return s.outcome(r, req, form, op, fail, func(answer) {})
	}
	id := "|" + key
	if s.assumes(assumeKeyScope) == "account" {
		id = r.Header.Get("Stripe-Account") + id
	}
	if !s.flight.enter(id) {
		a := s.failure(r, &apiError{Status: http.StatusConflict, Type: "invalid_request_error", Code: "idempotency_key_in_use",
			Message: "There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): " + key + ". Please try again later."})
		a.original = req
		return a
	}
	defer s.flight.leave(id)
	before()

	print := fingerprint(r, form)
	var old *Answer
	s.look(func() {
		if a, ok := s.answers.get(id); ok && a.Created > s.now-keepAnswers {
			old = a
		}
	})
	if old != nil {
		return s.replay(r, old, print, key, req)
	}
	a := s.outcome(r, req, form, op, fail, func(a answer) {
		s.answers.add(&Answer{header: header{ID: id, Created: s.now}, Fingerprint: print, Status: a.status, Body: a.body, Request: req, Retry: a.retry})
		s.pruneLater(pruneAnswers, keepAnswers)
	})
	a.original = req
	return a
}

func (s *Server) outcome(r *http.Request, req string, form url.Values, op operation, fail *apiError, remember func(answer)) answer {
	if fail == nil || fail.keep {
		return s.run(r, req, form, op, fail, remember)
	}
	a := s.failure(r, fail)
	_ = s.do(func() error { remember(a); return nil })
	return a
}

func (s *Server) replay(r *http.Request, old *Answer, print, key, req string) answer {
	if old.Fingerprint != print {
		a := s.failure(r, &apiError{Status: http.StatusBadRequest, Type: "idempotency_error",
			Message: "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '" + key + "' if you meant to execute a different request."})
		a.original = req
		return a
	}
	return answer{status: old.Status, body: old.Body, retry: old.Retry, original: old.Request, replayed: true}
}

// fingerprint tells two requests apart: method, path and parameters.
func fingerprint(r *http.Request, form url.Values) string {
	sum := sha256.Sum256([]byte(r.Method + " " + r.URL.Path + "?" + form.Encode()))
	return hex.EncodeToString(sum[:])
}
