package stripesandbox_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"hearth/internal/stripesandbox"
	"hearth/internal/testkit/browser"
)

// Every way to pay, in a browser: what is clicked and typed, what the session
// then says, and that the person comes back to the merchant.
func TestEveryWayToPay(t *testing.T) {
	t.Parallel()
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><html lang=en><title>Shop</title><h1>Back</h1>`))
	}))
	t.Cleanup(shop.Close)
	_, v := hostedSandbox(t, stripesandbox.Options{})
	customer := v.api(http.MethodPost, "/v1/customers", url.Values{"email": {"ada@example.com"}, "payment_method": {"pm_card_visa"}})["id"].(string)
	p := browser.New(t)
	person := map[string]string{"email": "ada@example.com", "name": "Ada Lovelace"}
	for _, c := range []struct {
		way, currency, method string
		fields                map[string]string
		clicks                []string // after the form is filled in
		paid                  string
	}{
		{"card", "usd", "card", map[string]string{"number": "4242424242424242", "expiry": "12 / 34", "cvc": "123", "postal_code": "94103"}, []string{payButton}, "paid"},
		{"3D Secure", "usd", "card", map[string]string{"number": "4000002760003184", "expiry": "12 / 34", "cvc": "123", "postal_code": "94103"}, []string{payButton, "button[value=complete]"}, "paid"},
		{"saved", "usd", "card", nil, []string{payButton}, "paid"},
		{"wallet", "usd", "card", nil, []string{"button[value=google_pay]"}, "paid"},
		{"SEPA", "eur", "sepa_debit", map[string]string{"iban": "AT611904300234573201"}, []string{payButton}, "unpaid"},
		{"ACH", "usd", "us_bank_account", map[string]string{"routing_number": "110000000", "account_number": "000123456789"}, []string{payButton}, "unpaid"},
		{"iDEAL", "eur", "ideal", map[string]string{"bank": "bunq"}, []string{payButton, "button[value=complete]"}, "paid"},
		{"OXXO", "mxn", "oxxo", map[string]string{}, []string{payButton, "a.main"}, "unpaid"},
	} {
		form := url.Values{"line_items[0][price_data][currency]": {c.currency}, "payment_method_types[0]": {c.method}, "success_url": {shop.URL + "/done?way=" + c.method}}
		if c.way == "saved" {
			form.Set("customer", customer)
		}
		id, link := v.session(form)
		p.Goto(link)
		if c.fields != nil {
			for _, fields := range []map[string]string{person, c.fields} {
				for name, value := range fields {
					p.Fill("#pay [name="+name+"]", value)
				}
			}
		}
		for _, click := range c.clicks {
			clickAway(p, click)
		}
		p.WaitURL("/done?way=" + c.method)
		if status, paid := v.status(id); status != "complete" || paid != c.paid {
			t.Errorf("by %s: the session is %s and %s", c.way, status, paid)
		}
	}
}
