package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// refused is what the sandbox does not do.
type refused struct {
	status int
	text   string
}

func (e refused) Error() string { return fmt.Sprintf("the sandbox answers %d: %s", e.status, e.text) }

// control calls one of the sandbox's controls: what payers, banks and owners do
// at Stripe.
func (w *world) control(ctx context.Context, path string, body any) (map[string]any, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.stripe+"/_sandbox/"+path, bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	return w.call(r)
}

// stripeAPI calls Stripe as somebody with the Dashboard would. The faults are
// theirs too: they try again.
func (w *world) stripeAPI(ctx context.Context, method, path string, form url.Values) (out map[string]any, err error) {
	key := rand.Text()
	for try := 1; try <= 20; try++ {
		r, err := http.NewRequestWithContext(ctx, method, w.stripe+path, strings.NewReader(form.Encode()))
		if err != nil {
			return nil, err
		}
		r.SetBasicAuth("sk_test_storm", "")
		if method == http.MethodPost {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Idempotency-Key", key)
		}
		out, err = w.call(r)
		no, answered := err.(refused)
		if err == nil || answered && no.status < 500 && no.status != http.StatusTooManyRequests && no.status != http.StatusConflict {
			return out, err
		}
		if answered && no.status == http.StatusInternalServerError && method == http.MethodPost {
			return nil, err // kept under the key: they look, and find what came of it
		}
		time.Sleep(again)
	}
	return nil, err
}

func (w *world) call(r *http.Request) (out map[string]any, err error) {
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		return nil, refused{answer.StatusCode, string(text[:min(len(text), 300)])}
	}
	return out, json.Unmarshal(text, &out)
}
