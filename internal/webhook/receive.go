package webhook

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"hearth/internal/stripeapi"
)

const (
	maxBody      = 1 << 20
	answerWithin = 8 * time.Second // Stripe's page waits up to ten for us
)

// Receive is the endpoint for one kind of events: inbound.SourceAccount or
// inbound.SourceConnect, each with its own signing secrets (two while one is
// rolled). It answers 200 once the event is stored, 400 to what is not signed
// or no event, 413 above 1 MiB, 500 when storing failed: Stripe comes again.
func (in *Inbox) Receive(source string, secrets []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "POST only", http.StatusMethodNotAllowed)
			return
		}
		payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			refuseBody(w, err)
			return
		}
		ev, err := stripeapi.ParseEvent(payload, r.Header.Get("Stripe-Signature"), secrets, in.Now())
		if err != nil {
			in.log().WarnContext(r.Context(), "webhook refused", "source", source, "error", err)
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		ev.Source, ev.ReceivedAt = source, in.Now()
		ctx, cancel := context.WithTimeout(r.Context(), answerWithin)
		defer cancel()
		if err := in.writers.store(ctx, in.DB, in.entry(ev, payload)); err != nil {
			in.log().ErrorContext(r.Context(), "webhook not stored", "event", ev.ID, "error", err)
			http.Error(w, "not stored: please send it again", http.StatusInternalServerError)
			return
		}
		in.Wake()
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"received":true}`)
	})
}

func refuseBody(w http.ResponseWriter, err error) {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		http.Error(w, "the body is too large", http.StatusRequestEntityTooLarge)
		return
	}
	http.Error(w, "the body cannot be read", http.StatusBadRequest)
}
