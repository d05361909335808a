package stripesandbox_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tidwall/gjson"

	"hearth/internal/stripesandbox"
)

// client speaks to a sandbox without the comforts of the tests, which cost time.
type client struct {
	url  string
	http *http.Client
}

func (c client) post(path string, form url.Values) (gjson.Result, error) {
	return c.send("POST", path, "application/x-www-form-urlencoded", form.Encode())
}

func (c client) send(method, path, kind, body string) (gjson.Result, error) {
	req, err := http.NewRequest(method, c.url+path, strings.NewReader(body))
	if err != nil {
		return gjson.Result{}, err
	}
	req.Header.Set("Authorization", "Bearer sk_test_bench")
	req.Header.Set("Content-Type", kind)
	res, err := c.http.Do(req)
	if err != nil {
		return gjson.Result{}, err
	}
	defer res.Body.Close()
	var buf bytes.Buffer
	_, err = io.Copy(&buf, res.Body)
	return gjson.ParseBytes(buf.Bytes()), err
}

// A booking's requests: a session, the payment, two looks, a refund.
func BenchmarkBookings(b *testing.B) {
	s, err := stripesandbox.Open(stripesandbox.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	srv := httptest.NewServer(s)
	defer srv.Close()
	s.SetBaseURL(srv.URL)
	c := client{srv.URL, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	owner, err := c.post("/v1/accounts", url.Values{"type": {"express"}, "country": {"US"}, "capabilities[transfers][requested]": {"true"}})
	if err != nil {
		b.Fatal(err)
	}
	account := owner.Get("id").String()
	if _, err := c.send("POST", "/_sandbox/accounts/"+account+"/onboard", "application/json", `{"outcome":"active"}`); err != nil {
		b.Fatal(err)
	}
	session := url.Values{"mode": {"payment"}, "success_url": {"https://h.test/ok"}, "line_items[0][quantity]": {"1"},
		"line_items[0][price_data][currency]": {"usd"}, "line_items[0][price_data][unit_amount]": {"120000"}, "line_items[0][price_data][product_data][name]": {"A stay"},
		"payment_intent_data[transfer_data][destination]": {account}, "payment_intent_data[application_fee_amount]": {"14400"}}
	var requests atomic.Int64
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			cs, err := c.post("/v1/checkout/sessions", session)
			if err != nil {
				b.Error(err)
				return
			}
			id := cs.Get("id").String()
			paid, _ := c.send("POST", "/_sandbox/checkout/"+id+"/pay", "application/json", `{"card":"4242424242424242","email":"a@example.com"}`)
			intent := paid.Get("payment_intent").String()
			c.send("GET", "/v1/checkout/sessions/"+id, "", "")
			c.send("GET", "/v1/payment_intents/"+intent, "", "")
			re, err := c.post("/v1/refunds", url.Values{"payment_intent": {intent}, "reverse_transfer": {"true"}, "refund_application_fee": {"true"}})
			if err != nil || re.Get("status").String() != "succeeded" {
				b.Error(err, re.Raw)
				return
			}
			requests.Add(5)
		}
	})
	b.ReportMetric(float64(requests.Load())/b.Elapsed().Seconds(), "requests/s")
}
