package stripesandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"hearth/internal/stripesandbox"
)

// An error's request_log_url leads to the request, which shows what was asked
// and answered, and not what a card's owner types.
func TestRequestLog(t *testing.T) {
	_, v := hostedSandbox(t, stripesandbox.Options{})
	b := &bench{t: t, url: v.base}
	r := b.call(http.MethodPost, "/v1/refunds", "charge=ch_nope", "amount=700", "#key-7")
	link := r.Get("error.request_log_url").String()
	if !strings.HasPrefix(link, v.base+"/inspector/requests/req_") || !strings.HasSuffix(link, r.header.Get("Request-Id")) {
		t.Fatalf("request_log_url %q of %s", link, r.header.Get("Request-Id"))
	}
	page := v.open(strings.TrimPrefix(link, v.base))
	for _, shown := range []string{"POST /v1/refunds", "404", "key-7", "700", "No such charge"} {
		says(t, page, http.StatusOK, "main", shown)
	}

	const pan = "4242424242424242"
	pm := b.post("/v1/payment_methods", "type=card", "card[number]="+pan, "card[exp_month]=12", "card[exp_year]=2034", "card[cvc]=987")
	page = v.open("/inspector/requests/" + pm.header.Get("Request-Id"))
	if text := page.Find("main").Text(); strings.Contains(text, pan) || strings.Contains(text, "987") || !strings.Contains(text, "card[exp_year]") {
		t.Errorf("the log shows %s", text)
	}

	b.steer("/faults", m{"route": "POST /v1/refunds", "kind": "reset_before"})
	cut, _ := http.NewRequest(http.MethodPost, v.base+"/v1/refunds", strings.NewReader("charge=ch_nope"))
	cut.Header = http.Header{"Authorization": {"Bearer sk_test_bench"}, "Content-Type": {"application/x-www-form-urlencoded"}}
	if res, err := http.DefaultClient.Do(cut); err == nil {
		res.Body.Close()
		t.Error("the connection was not cut")
	}
	says(t, v.open("/inspector/requests"), http.StatusOK, "table", "no answer")
	says(t, v.open("/inspector/requests/req_nope"), http.StatusNotFound, "h1", "Nothing here")
}

func TestRequestLogForgets(t *testing.T) {
	_, v := hostedSandbox(t, stripesandbox.Options{})
	b := &bench{t: t, url: v.base}
	first := b.get("/v1/balance").header.Get("Request-Id")
	for range 2000 {
		b.get("/v1/balance")
	}
	says(t, v.open("/inspector/requests/"+first), http.StatusNotFound, "h1", "Nothing here")
	newest := v.open("/inspector/requests")
	rest := v.open(newest.Find(".older a").AttrOr("href", ""))
	if a, b := newest.Find("tbody tr").Length(), rest.Find("tbody tr").Length(); a != 50 || b != 50 {
		t.Errorf("pages of %d and %d", a, b)
	}
}
