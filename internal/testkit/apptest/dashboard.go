package apptest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// AtStripe posts as somebody at Stripe's Dashboard, or another program with our
// key: what Hearth did not ask for. Account "" is ours.
func (w *World) AtStripe(path, account string, form url.Values) map[string]any {
	w.T.Helper()
	status, out := w.TryAtStripe(http.MethodPost, path, account, form)
	if status != http.StatusOK {
		w.T.Fatalf("POST %s: %d %v", path, status, out)
	}
	return out
}

// TryAtStripe is AtStripe by any method, for what may be refused.
func (w *World) TryAtStripe(method, path, account string, form url.Values) (int, map[string]any) {
	w.T.Helper()
	target, body := w.Sandbox+path, form.Encode()
	if method == http.MethodGet {
		target, body = target+"?"+body, ""
	}
	request, err := http.NewRequestWithContext(w.T.Context(), method, target, strings.NewReader(body))
	if err != nil {
		w.T.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer sk_test_dashboard")
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if account != "" {
		request.Header.Set("Stripe-Account", account)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		w.T.Fatal(err)
	}
	defer answer.Body.Close()
	out := map[string]any{}
	if err := json.NewDecoder(answer.Body).Decode(&out); err != nil {
		w.T.Fatal(err)
	}
	return answer.StatusCode, out
}
