package stripesandbox_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"hearth/internal/stripesandbox"
)

// paid makes a paid session and returns its intent.
func (p *visitor) paid(number string, more url.Values) (intent string) {
	p.t.Helper()
	id, link := p.session(more)
	if v := p.press(p.open(link), payButton, card(number)); v.code != http.StatusSeeOther {
		p.t.Fatalf("paying answered %d: %s", v.code, v.Find("main").Text())
	}
	return p.api(http.MethodGet, "/v1/checkout/sessions/"+id, nil)["payment_intent"].(string)
}

func TestInspectorShowsEveryKind(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	owner := p.account(nil)
	p.onboard(owner, map[string]string{"dob": "1902-01-01"})
	intent := p.paid("4242424242424242", url.Values{"payment_intent_data[transfer_data][destination]": {owner}, "payment_intent_data[application_fee_amount]": {"14400"}})
	p.api(http.MethodPost, "/v1/refunds", url.Values{"payment_intent": {intent}, "amount": {"40000"}})

	first := p.open("/")
	says(t, first, http.StatusOK, ".events", "checkout.session.completed")
	seen := 0
	first.Find("nav.tabs a").Each(func(_ int, tab *goquery.Selection) {
		seen++
		v := p.open(tab.AttrOr("href", ""))
		says(t, v, http.StatusOK, "nav.tabs [aria-current]", strings.Fields(tab.Text())[0])
		v.Find("table.list a.mono").Each(func(_ int, a *goquery.Selection) {
			object := p.open(a.AttrOr("href", ""))
			says(t, object, http.StatusOK, "main", a.Text())
			if strings.Contains(object.Find("pre").Text(), `"_`) {
				t.Errorf("%s shows the sandbox's own memory", object.url)
			}
		})
	})
	for _, kind := range []string{"Checkout sessions", "Balance transactions", "Application fees", "Persons", "External accounts", "Payment methods"} {
		if first.Find("nav.tabs a:contains('"+kind+"')").Length() != 1 {
			t.Errorf("no tab of %s among the %d", kind, seen)
		}
	}
	if first.Find("nav.tabs a:contains('Disputes')").Length() != 0 {
		t.Error("a tab of what is not there")
	}
	says(t, p.open("/inspector/disputes"), http.StatusOK, ".empty", "Nothing here yet")
	says(t, p.open("/inspector/charges"), http.StatusOK, "table", "partly refunded")
	says(t, p.open("/inspector/nothing"), http.StatusNotFound, "h1", "Nothing here")
	says(t, p.open("/inspector/objects/ch_nothing"), http.StatusNotFound, "h1", "Nothing here")
	says(t, p.open("/no/such/page"), http.StatusNotFound, "h1", "Nothing here")
}

// Ids lead to each other, and the search finds them, or what says a word.
func TestInspectorFindsThings(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	intent := p.paid("4242424242424242", nil)
	object := p.open("/inspector/objects/" + intent)
	charge := object.Find("pre a[href*=ch_]").First()
	says(t, p.open(charge.AttrOr("href", "")), http.StatusOK, "h2", charge.Text())
	says(t, object, http.StatusOK, "section", "payment_intent.succeeded")

	search := func(q string) visited { return p.open("/inspector/search?q=" + url.QueryEscape(q)) }
	if v := search(intent); v.location != "/inspector/objects/"+intent {
		t.Errorf("an id leads to %q", v.location)
	}
	if v := search(p.open("/inspector/requests").Find("table a.mono").First().Text()); !strings.HasPrefix(v.location, "/inspector/requests/req_") {
		t.Errorf("a request leads to %q", v.location)
	}
	found := search("ADA@example.com")
	says(t, found, http.StatusOK, "table", "Checkout sessions")
	if found.Find("#q").AttrOr("value", "") != "ADA@example.com" {
		t.Error("the search forgets what was asked")
	}
	says(t, search("horses"), http.StatusOK, ".empty", "Nothing here yet")
}

// A person orders trouble as the controls do.
func TestInspectorOrdersTrouble(t *testing.T) {
	s, p := hostedSandbox(t, stripesandbox.Options{WebhookURL: "http://127.0.0.1:9/"})
	set := p.follow(p.press(p.open("/inspector/controls"), ".controls button:contains(Set)", map[string]string{"mode": "hold", "duplicate": "3", "delay": "2s", "types": "charge.*, payout.paid"}))
	says(t, set, http.StatusOK, "[role=status]", "hold")
	again := p.open("/inspector/controls")
	if again.Find("[name=duplicate]").AttrOr("value", "") != "3" || again.Find("[name=mode] option[selected]").Text() != "hold" || again.Find("[name=types]").AttrOr("value", "") != "charge.*, payout.paid" {
		t.Error("the knobs do not show what was set")
	}
	ordered := p.follow(p.press(again, ".controls button:contains(Order)", map[string]string{"route": "POST /v1/customers", "kind": "503", "count": "2"}))
	says(t, ordered, http.StatusOK, "table", "none of 0")
	r, err := http.NewRequest(http.MethodPost, p.base+"/v1/customers", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer sk_test_x")
	if v := p.send(r); v.code != http.StatusServiceUnavailable {
		t.Errorf("the fault did not come: %d", v.code)
	}
	spoilt := p.open("/inspector/controls")
	says(t, spoilt, http.StatusOK, "table", "1 503 of 1")
	says(t, p.open(spoilt.Find(".links a").AttrOr("href", "")), http.StatusOK, "h2", "POST /v1/customers")
	says(t, p.follow(p.press(spoilt, "button:contains('No more')", nil)), http.StatusOK, ".empty", "No faults are ordered")
	for field, bad := range map[string]string{"share": "much", "count": "x", "delay": "late", "route": ""} {
		if v := p.press(spoilt, ".controls button:contains(Order)", map[string]string{field: bad}); v.code != http.StatusBadRequest {
			t.Errorf("%s=%q answered %d", field, bad, v.code)
		}
	}
	p.session(nil)
	p.follow(p.press(p.open("/inspector/controls"), "button.danger", nil))
	if p.open("/").Find("nav.tabs a:contains('Checkout sessions')").Length() != 0 || s.Secret("http://127.0.0.1:9/") == "" {
		t.Error("not forgotten, or the endpoint too")
	}
}

func TestInspectorPagesThroughWhatIsOld(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	for range 53 {
		p.session(nil)
	}
	newest := p.open("/inspector/sessions")
	rest := p.open(newest.Find(".older a").AttrOr("href", ""))
	if a, b := newest.Find("tbody tr").Length(), rest.Find("tbody tr").Length(); a != 50 || b != 3 {
		t.Errorf("53 sessions are shown as %d and %d", a, b)
	}
	if rest.Find(".older").Length() != 0 {
		t.Error("the last page leads on")
	}
}

func TestInspectorDecidesDisputes(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	for outcome, button := range map[string]string{"won": "button:contains(Win)", "lost": "button:contains(Lose)"} {
		intent := p.paid("4000000000000259", nil)
		p.post("/inspector/clock", url.Values{"advance": {"1m"}})
		v := p.follow(p.press(p.open("/inspector/disputes"), button, nil))
		says(t, v, http.StatusOK, "[role=status]", outcome)
		d := p.api(http.MethodGet, "/v1/disputes?payment_intent="+intent, nil)["data"].([]any)[0].(map[string]any)
		if d["status"] != outcome {
			t.Errorf("the dispute is %v, want %s", d["status"], outcome)
		}
	}
	if n := p.open("/inspector/disputes").Find("td button").Length(); n != 0 {
		t.Errorf("%d buttons on decided disputes", n)
	}
}

func TestInspectorResendsAndHoldsBack(t *testing.T) {
	var mu sync.Mutex
	times := map[string]int{}
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.Header.Get("Stripe-Signature") != "" {
			times["signed"]++
		}
	}))
	defer hook.Close()
	s, p := hostedSandbox(t, stripesandbox.Options{WebhookURL: hook.URL})
	heard := func() int {
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		defer mu.Unlock()
		return times["signed"]
	}
	p.paid("4242424242424242", nil)
	before := heard()
	log := p.open("/inspector/deliveries")
	says(t, log, http.StatusOK, "table", "200 OK")
	says(t, p.follow(p.press(log, ".acts button", nil)), http.StatusOK, "[role=status]", "on its way again")
	if after := heard(); after != before+1 {
		t.Errorf("a resend made %d deliveries", after-before)
	}
	held := p.follow(p.press(log, ".modes button:contains(Hold)", nil))
	says(t, held, http.StatusOK, ".modes", "hold")
}

func TestInspectorClockNeverGoesBack(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	v := p.follow(p.press(p.open("/"), "button[value='72h']", nil))
	says(t, v, http.StatusOK, ".clock", "72h ahead")
	for _, bad := range []string{"-1h", "soon", ""} {
		if v := p.post("/inspector/clock", url.Values{"advance": {bad}}); v.code != http.StatusBadRequest {
			t.Errorf("advancing by %q answered %d", bad, v.code)
		}
	}
}

func TestChallengeOfAnIntentMadeByTheAPI(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	for button, want := range map[string]string{"complete": "succeeded", "fail": "failed"} {
		in := p.api(http.MethodPost, "/v1/payment_intents", url.Values{"amount": {"120000"}, "currency": {"usd"}, "confirm": {"true"},
			"payment_method": {"pm_card_authenticationRequired"}, "payment_method_types[0]": {"card"}, "return_url": {"http://127.0.0.1:9/back?x=1"}})
		link := in["next_action"].(map[string]any)["redirect_to_url"].(map[string]any)["url"].(string)
		done := p.press(p.open(link), "button[value="+button+"]", nil)
		u, err := url.Parse(done.location)
		if err != nil || u.Query().Get("redirect_status") != want || u.Query().Get("payment_intent") != in["id"] || u.Query().Get("x") != "1" {
			t.Errorf("%s leads to %q", button, done.location)
		}
	}
}

func TestReceiptOfACharge(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	intent := p.paid("4242424242424242", nil)
	p.api(http.MethodPost, "/v1/refunds", url.Values{"payment_intent": {intent}, "amount": {"40000"}})
	ch := p.api(http.MethodGet, "/v1/charges?payment_intent="+intent, nil)["data"].([]any)[0].(map[string]any)
	receipt := p.open(ch["receipt_url"].(string))
	says(t, receipt, http.StatusOK, "h1", "$1,200.00")
	says(t, receipt, http.StatusOK, "dl", "visa •••• 4242")
	says(t, receipt, http.StatusOK, "dl", "$400.00")
	says(t, p.open("/receipts/ch_nothing"), http.StatusNotFound, "h1", "Nothing here")
}
