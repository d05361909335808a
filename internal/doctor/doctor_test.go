package doctor_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hearth/internal/app"
	"hearth/internal/doctor"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
)

// ward is an installation in which all is well.
type ward struct {
	*apptest.World
	doctor.Doctor
}

func well(t *testing.T) *ward {
	t.Helper()
	w := apptest.Start(t)
	w.Confirmed(factory.Person(t, w.DB, "Maya"), factory.Home(t, w.DB, w.Owner("Nora").ID, nil), 20, 3)
	var err error
	for range 20 { // roles are the whole server's: other tests may be at it
		if _, err = w.DB.Exec(t.Context(), postgres.Roles+`; ALTER DATABASE `+w.DB.Config().ConnConfig.Database+` SET role = 'hearth_app'`); err == nil {
			break
		}
	}
	must(t, err)
	w.DB.Reset()
	_, err = w.Reconcile.Sweep(t.Context())
	must(t, err)
	w.Settle()
	_, err = w.Audits.Check(t.Context())
	must(t, err)
	d := doctor.Doctor{Config: w.Config, DB: w.DB, Stripe: w.Stripe, Now: w.Now}
	d.Config.BaseURL = strings.Replace(w.SiteURL, "http://127.0.0.1", "https://localhost", 1)
	d.Config.LogFormat = "json"
	for name := range app.Types() {
		d.Types = append(d.Types, name)
	}
	slices.Sort(d.Types)
	return &ward{w, d}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// as runs SQL as the server's administrator.
func (w *ward) admin(t *testing.T, sql string) {
	t.Helper()
	_, err := w.World.DB.Exec(t.Context(), `SET ROLE NONE; `+sql+`; SET ROLE hearth_app`)
	must(t, err)
}

// between is a Stripe whose answers to one path are changed on the way.
func (w *ward) between(t *testing.T, path string, status int, change func(answer map[string]any)) *stripeapi.Client {
	t.Helper()
	to, err := url.Parse(w.Sandbox)
	must(t, err)
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ModifyResponse = func(r *http.Response) error {
		if r.Request.URL.Path != path {
			return nil
		}
		var answer map[string]any
		if err := json.NewDecoder(r.Body).Decode(&answer); err != nil {
			return err
		}
		if change != nil {
			change(answer)
		}
		if status != http.StatusOK {
			answer = map[string]any{"error": map[string]any{"type": "invalid_request_error", "message": "The key does not have the required permissions"}}
		}
		body, err := json.Marshal(answer)
		r.StatusCode, r.Body, r.ContentLength = status, io.NopCloser(bytes.NewReader(body)), int64(len(body))
		r.Header.Set("Content-Length", strconv.Itoa(len(body)))
		return err
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	client, err := stripeapi.New(stripeapi.Config{Key: "sk_test_doctor", APIBase: server.URL, DB: w.World.DB, Now: w.Now, Rate: 1000})
	must(t, err)
	return client
}

// endpoint is the id at Stripe of the endpoint that ends with a path.
func (w *ward) endpoint(t *testing.T, path string) string {
	t.Helper()
	all, err := w.World.Stripe.Endpoints(t.Context())
	must(t, err)
	for _, e := range all {
		if strings.HasSuffix(e.URL, path) {
			return e.ID
		}
	}
	t.Fatalf("no endpoint for %s", path)
	return ""
}

// dashboard does what an operator would, at Stripe.
func (w *ward) dashboard(t *testing.T, method, path string, form url.Values) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, w.Sandbox+path, strings.NewReader(form.Encode()))
	must(t, err)
	request.Header.Set("Authorization", "Bearer sk_test_operator")
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(request)
	must(t, err)
	text, _ := io.ReadAll(answer.Body)
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s", method, path, text)
	}
}

// ailments are what can be wrong, each brought about: the check that must see
// it, and a word of what it says.
var ailments = []struct {
	check, says string
	bring       func(t *testing.T, w *ward)
}{
	{"settings", "HEARTH_FEE_BPS", func(_ *testing.T, w *ward) { w.Config.FeeBPS = -1 }},
	{"https", "http://", func(_ *testing.T, w *ward) { w.Config.BaseURL = "http://homes.example" }},
	{"key", "401", func(t *testing.T, w *ward) { w.Doctor.Stripe = w.between(t, "/v1/account", 401, nil) }},
	{"key", "no client", func(_ *testing.T, w *ward) { w.Doctor.Stripe, w.StripeErr = nil, errors.New("none") }},
	{"clock", "behind", func(_ *testing.T, w *ward) {
		now := w.Doctor.Now
		w.Doctor.Now = func() time.Time { return now().Add(2 * time.Minute) }
	}},
	{"platform", "payouts false", func(t *testing.T, w *ward) {
		w.Doctor.Stripe = w.between(t, "/v1/account", 200, func(a map[string]any) { a["payouts_enabled"] = false })
	}},
	{"capabilities", "transfers", func(t *testing.T, w *ward) {
		w.Doctor.Stripe = w.between(t, "/v1/account", 200, func(a map[string]any) {
			a["capabilities"] = map[string]any{"card_payments": "active", "transfers": "inactive"}
		})
	}},
	{"country", "FR", func(_ *testing.T, w *ward) { w.Config.Region = "FR" }},
	{"balance", "-5 usd", func(t *testing.T, w *ward) {
		w.Doctor.Stripe = w.between(t, "/v1/balance", 200, func(a map[string]any) {
			a["available"] = []any{map[string]any{"amount": -5, "currency": "usd"}}
		})
	}},
	{"rights", "/v1/disputes", func(t *testing.T, w *ward) { w.Doctor.Stripe = w.between(t, "/v1/disputes", 403, nil) }},
	{"endpoint", "payment_intent.succeeded", func(t *testing.T, w *ward) {
		w.dashboard(t, "POST", "/v1/webhook_endpoints/"+w.endpoint(t, "/webhooks/stripe"), url.Values{"enabled_events[]": {"charge.refunded"}})
	}},
	{"endpoint", "disabled", func(t *testing.T, w *ward) {
		w.dashboard(t, "POST", "/v1/webhook_endpoints/"+w.endpoint(t, "/webhooks/stripe"), url.Values{"enabled_events[]": {"*"}, "disabled": {"true"}})
	}},
	{"endpoint", "2020-08-27", func(t *testing.T, w *ward) {
		w.dashboard(t, "POST", "/v1/webhook_endpoints/"+w.endpoint(t, "/webhooks/stripe"), url.Values{"disabled": {"false"}})
		w.Doctor.Stripe = w.between(t, "/v1/webhook_endpoints", 200, func(a map[string]any) {
			for _, e := range a["data"].([]any) {
				e.(map[string]any)["api_version"] = "2020-08-27"
			}
		})
	}},
	{"endpoint", "2 endpoints", func(t *testing.T, w *ward) {
		w.dashboard(t, "POST", "/v1/webhook_endpoints", url.Values{"enabled_events[]": {"*"}, "url": {w.SiteURL + "/webhooks/stripe"}, "api_version": {stripeapi.Version}})
	}},
	{"connect_endpoint", "does not list", func(t *testing.T, w *ward) { w.Doctor.Stripe = w.between(t, "/v1/webhook_endpoints", 403, nil) }},
	{"connect_endpoint", "no endpoint", func(t *testing.T, w *ward) {
		w.dashboard(t, "DELETE", "/v1/webhook_endpoints/"+w.endpoint(t, "/webhooks/stripe/connect"), nil)
	}},
	{"secret", "no delivery", func(t *testing.T, w *ward) {
		w.admin(t, `UPDATE stripe_events SET source = 'own' WHERE source = 'account'`)
	}},
	{"connect_secret", "no delivery", func(t *testing.T, w *ward) {
		w.admin(t, `UPDATE stripe_events SET source = 'own' WHERE source = 'connect'`)
	}},
	{"database", "cannot be reached", func(_ *testing.T, w *ward) { w.Doctor.DB, w.DBError = nil, errors.New("refused") }},
	{"database_clock", "behind", func(_ *testing.T, w *ward) {
		now := w.Doctor.Now
		w.Doctor.Now = func() time.Time { return now().Add(2 * time.Minute) }
	}},
	{"role", "may do anything", func(t *testing.T, w *ward) {
		pool, err := postgres.Open(t.Context(), with(t, w.Config.DatabaseURL, "options", "-crole=none"))
		must(t, err)
		t.Cleanup(pool.Close)
		w.Doctor.DB = pool
	}},
	{"privileges", "DELETE on ledger_postings", func(t *testing.T, w *ward) { w.admin(t, `GRANT DELETE ON ledger_postings TO hearth_app`) }},
	{"auditor", "false", func(t *testing.T, w *ward) { w.admin(t, `REVOKE SELECT ON ledger_postings FROM hearth_auditor`) }},
	{"sweep", "hours", nil}, {"audit", "hours", nil}, {"inbox", "should have had its turn", nil}, {"queue", "should have had its turn", nil},
	{"mail", "false", func(_ *testing.T, w *ward) { w.Config.SMTPHost, w.Config.SMTPPort = "127.0.0.1", 1 }},
	{"mail", "no mail server", func(_ *testing.T, w *ward) { w.Config.Dev = false }},
	{"disk", "cannot be looked at", func(_ *testing.T, w *ward) { w.Config.DataDir = "/no/such/place" }},
	{"extensions", "pg_trgm", func(t *testing.T, w *ward) { w.admin(t, `DROP EXTENSION pg_trgm CASCADE`) }},
	{"schema", "this binary brings", func(t *testing.T, w *ward) {
		w.admin(t, `DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)`)
	}},
	{"undelivered", "did not reach us", func(t *testing.T, w *ward) {
		w.Control("webhooks", map[string]any{"mode": "drop"})
		w.Pay(w.Held(factory.Person(t, w.World.DB, "Rival"), factory.Home(t, w.World.DB, w.Owner("Ossi").ID, nil), 30, 2), apptest.Good)
		w.Advance(20 * time.Minute)
	}},
}

// beyond is what no test can bring about here, and why.
var beyond = map[string]string{"mode": "it is a fact", "time_zones": "they are in the binary", "connections": "the server is shared with other tests"}

// A well installation is well in every point, and each ailment is seen by its
// check, with a mend.
func TestTheDoctorSeesEveryAilment(t *testing.T) {
	t.Parallel()
	w := well(t)
	healthy := w.Doctor
	known := map[string]bool{}
	for _, f := range w.Examine(t.Context()) {
		known[f.Check] = true
		if f.State != doctor.OK && f.Check != "connections" {
			t.Errorf("all is well, and %s says %s: %s", f.Check, f.State, f.Seen)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	seen := map[string]bool{}
	for _, a := range ailments {
		w.Doctor, seen[a.check] = healthy, true
		if a.bring == nil {
			continue // time alone brings it: below
		}
		a.bring(t, w)
		want(t, w.Examine(t.Context()), a.check, a.says)
	}
	w.Doctor = healthy
	w.admin(t, `UPDATE stripe_events SET state = 'waiting', next_attempt_at = now() WHERE id = (SELECT min(id) FROM stripe_events)`)
	w.Doctor.Now = func() time.Time { return w.World.Now().Add(5 * time.Hour) }
	found := w.Examine(t.Context())
	for _, check := range []string{"inbox", "queue"} {
		want(t, found, check, "should have had its turn")
	}
	for _, check := range []string{"sweep", "audit"} {
		want(t, found, check, "5h")
	}
	for check := range known {
		if !seen[check] && beyond[check] == "" {
			t.Errorf("nobody brings about what %s sees: add a line to ailments", check)
		}
	}
}

func want(t *testing.T, found []doctor.Finding, check, says string) {
	t.Helper()
	for _, f := range found {
		if f.Check == check {
			if f.State == doctor.OK || f.Mend == "" || !strings.Contains(f.Seen, strings.Replace(says, "behind", "-2m", 1)) {
				t.Errorf("%s says %s: %s (mend: %s), want %q", check, f.State, f.Seen, f.Mend, says)
			}
			return
		}
	}
	t.Errorf("%s was not looked at", check)
}

// A mail server that greets is enough; nothing is sent.
func TestTheDoctorGreetsTheMailServer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { listener.Close() })
	heard := make(chan string, 20)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, "220 ready\r\n")
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			heard <- lines.Text()
			if lines.Text() == "QUIT" {
				fmt.Fprint(conn, "221 bye\r\n")
				break
			}
			fmt.Fprint(conn, "250 fine\r\n")
		}
		close(heard)
	}()
	var d doctor.Doctor
	d.Config.SMTPHost, d.Config.SMTPPort, d.Now = "127.0.0.1", listener.Addr().(*net.TCPAddr).Port, time.Now
	d.Config.BaseURL, d.Config.StripeAPIBase = "http://localhost", "http://localhost"
	for _, f := range d.Examine(context.Background()) {
		if f.Check == "mail" && f.State != doctor.OK {
			t.Errorf("%+v", f)
		}
	}
	for line := range heard {
		if strings.HasPrefix(line, "MAIL") || strings.HasPrefix(line, "DATA") {
			t.Errorf("a mail was begun: %s", line)
		}
	}
}

func TestTheWorstCounts(t *testing.T) {
	t.Parallel()
	for want, states := range map[doctor.State][]doctor.State{doctor.OK: {doctor.OK}, doctor.Warn: {doctor.OK, doctor.Warn}, doctor.Bad: {doctor.Bad, doctor.Warn}} {
		var all []doctor.Finding
		for _, s := range states {
			all = append(all, doctor.Finding{State: s})
		}
		if got := doctor.Worst(all); got != want {
			t.Errorf("the worst of %v is %s", states, got)
		}
	}
}

// with is a database's address with one more parameter.
func with(t *testing.T, dsn, name, value string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	must(t, err)
	query := u.Query()
	query.Set(name, value)
	u.RawQuery = query.Encode()
	return u.String()
}
