package site_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"hearth/internal/site"
	"hearth/internal/testkit/htmltest"
)

func TestHeadersKeepPagesSafe(t *testing.T) {
	h := start(t)
	page := h.Get("/login")
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'self'", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
		"Referrer-Policy": "same-origin", "Vary": "Cookie",
	} {
		if got := strings.Join(page.Header.Values(name), ", "); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	csp := page.Header.Get("Content-Security-Policy")
	for _, want := range []string{"https://checkout.stripe.com", "https://connect.stripe.com", "http://127.0.0.1:12111", "frame-ancestors 'none'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("the policy lacks %s: forms that lead there die silently", want)
		}
	}
	live := start(t, func(s *site.Server) { s.Config.StripeAPIBase = "https://api.stripe.com" })
	if csp := live.Get("/login").Header.Get("Content-Security-Policy"); strings.Contains(csp, "12111") || strings.Contains(csp, "api.stripe.com") {
		t.Errorf("without a sandbox: %s", csp)
	}
}

func TestFormsFromOtherSitesDoNothing(t *testing.T) {
	h := start(t)
	b := h.as(t, h.person(t, "Ada"))
	for name, header := range map[string]http.Header{
		"cross-site":   {"Sec-Fetch-Site": {"cross-site"}},
		"same-site":    {"Sec-Fetch-Site": {"same-site"}},
		"other origin": {"Sec-Fetch-Site": {""}, "Origin": {"https://evil.example"}},
	} {
		b.Header = header
		b.Post("/account/sessions").WantStatus(http.StatusForbidden).Want("main", "another site")
		b.Post("/logout").WantStatus(http.StatusForbidden)
		b.Header = http.Header{}
		if page := b.Get("/account"); page.Status != 200 {
			t.Errorf("%s: the form was obeyed", name)
		}
	}
}

func TestRawHandlersAreLeftAlone(t *testing.T) {
	var got string
	h := start(t, func(s *site.Server) {
		s.Raw = map[string]http.Handler{"/webhooks/stripe": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			got = string(body)
		})}
	})
	h.Header.Set("Sec-Fetch-Site", "cross-site")
	page := h.Do("POST", "/webhooks/stripe", "application/json", strings.NewReader(`{"id":"evt_1"}`)).WantStatus(200)
	if got != `{"id":"evt_1"}` || page.Header.Get("Set-Cookie") != "" {
		t.Errorf("got %q, cookie %q", got, page.Header.Get("Set-Cookie"))
	}
}

func TestLargeBodiesAreRefused(t *testing.T) {
	h := start(t)
	large := strings.Repeat("x", 1<<20+1)
	h.Post("/login", "email", large).WantStatus(http.StatusRequestEntityTooLarge).Want("main", "larger than we can take")
	// and when the size is not announced
	unsized := struct{ io.Reader }{strings.NewReader("email=" + large)}
	h.Do("POST", "/login", "application/x-www-form-urlencoded", unsized).WantStatus(http.StatusRequestEntityTooLarge)
}

func TestTooManyTriesHaveToWait(t *testing.T) {
	h := start(t, func(s *site.Server) { s.Limits = site.Limits{LogIns: 2, Mails: 1} })
	for range 2 {
		h.Post("/login", "email", "a@b.co", "password", "wrong wrong wrong").WantStatus(422)
	}
	h.Post("/login", "email", "a@b.co", "password", "wrong wrong wrong").WantStatus(http.StatusTooManyRequests).Want("h1", "slower")
	h.Post("/reset", "token", "x", "password", "wrong wrong wrong").WantStatus(http.StatusTooManyRequests) // the same count
	log := h.log.String()
	if !strings.Contains(log, "status=429") {
		t.Errorf("the log does not tell: %s", log)
	}
	h.Get("/login").WantStatus(200)
	h.Post("/forgot", "email", "a@b.co").WantStatus(303)
	h.Post("/signup", "email", "a@b.co").WantStatus(http.StatusTooManyRequests)
	h.Post("/theme", "theme", "dark").WantStatus(303)
}

// One password must not be guessed from many addresses.
func TestTriesOfOneAccountAreCountedFromEverywhere(t *testing.T) {
	h := start(t, func(s *site.Server) { s.Limits = site.Limits{LogIns: 2}; s.Config.TrustProxy = true })
	try := func(ip int, email string) *htmltest.Page {
		h.Header.Set("X-Forwarded-For", fmt.Sprintf("192.0.2.%d", ip))
		return h.Post("/login", "email", email, "password", "wrong wrong wrong")
	}
	for ip := range 4 {
		try(ip, "ada@example.com").WantStatus(422)
	}
	try(5, " ADA@example.com").WantStatus(429)
	try(6, "bob@example.com").WantStatus(422)
}

// Events of a page that waits must not sit in a buffer.
func TestStreamsLeaveAtOnce(t *testing.T) {
	release := make(chan struct{})
	h := start(t, func(s *site.Server) {
		s.Raw = map[string]http.Handler{"/events": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			out := http.NewResponseController(w)
			if err := out.SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
				t.Error(err)
			}
			w.Header().Set("Content-Type", "text/event-stream")
			io.WriteString(w, "data: first\n\n")
			if err := out.Flush(); err != nil {
				t.Error(err)
			}
			select {
			case <-release:
			case <-r.Context().Done():
				t.Error("the first event did not arrive while the stream was open")
			}
		})}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, "GET", h.URL("/events"), nil)
	r.Header.Set("Accept-Encoding", "gzip")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	line, err := bufio.NewReader(response.Body).ReadString('\n')
	if err != nil || line != "data: first\n" {
		t.Errorf("%q, %v", line, err)
	}
	close(release)
}

func TestPagesAreCompressed(t *testing.T) {
	h := start(t)
	h.Header.Set("Accept-Encoding", "gzip")
	if got := h.Get("/help").Header.Get("Content-Encoding"); got != "gzip" {
		t.Errorf("encoding %q", got)
	}
}

// A visitor must not escape the count by inventing addresses, nor share one
// with everybody behind the proxy.
func TestAddressesComeFromATrustedProxyOnly(t *testing.T) {
	for _, c := range []struct {
		trust bool
		last  int
	}{{false, 429}, {true, 422}} {
		h := start(t, func(s *site.Server) { s.Limits = site.Limits{LogIns: 1}; s.Config.TrustProxy = c.trust })
		h.Header.Set("X-Forwarded-For", "192.0.2.1")
		h.Post("/login", "email", "a@b.co", "password", "x").WantStatus(422)
		h.Header.Set("X-Forwarded-For", "192.0.2.2")
		h.Post("/login", "email", "second@b.co", "password", "x").WantStatus(c.last)
		h.Header.Set("X-Forwarded-For", "198.51.100.7, 192.0.2.2")
		h.Post("/login", "email", "third@b.co", "password", "x").WantStatus(429) // ours is the last
	}
}

func TestErrorsArePagesAndSayNothingOfTheInside(t *testing.T) {
	h := start(t, func(s *site.Server) {
		s.Raw = map[string]http.Handler{"/panic": http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(errors.New("secret detail")) })}
	})
	h.Get("/no/such/page").WantStatus(404).Want("form[role=search]")
	h.Do("DELETE", "/login", "", nil).WantStatus(405).Want("h1")
	page := h.Get("/panic").WantStatus(500).Want("h1", "Something broke").Want(".code", "")
	id := page.Header.Get("X-Request-Id")
	if !strings.Contains(page.Body, id) || strings.Contains(page.Body, "secret detail") {
		t.Errorf("the page: %s", page.Text("main"))
	}
	if log := h.log.String(); !strings.Contains(log, "secret detail") || !strings.Contains(log, id) {
		t.Errorf("the log does not tell: %s", log)
	}
}

func TestTheLogHoldsNoSecrets(t *testing.T) {
	h := start(t)
	h.Get("/reset?token=TOKEN-IN-QUERY")
	h.Get("/verify-email?token=TOKEN-IN-QUERY")
	h.Post("/login", "email", "a@b.co", "password", "PASSWORD-IN-FORM")
	log := h.log.String()
	if !strings.Contains(log, "path=/reset") || strings.Contains(log, "TOKEN-IN") || strings.Contains(log, "PASSWORD-IN") {
		t.Errorf("the log: %s", log)
	}
}

func TestTheDatabaseIsAway(t *testing.T) {
	h := start(t)
	h.Get("/readyz").WantStatus(200)
	h.server.DB.Close()
	h.Get("/healthz").WantStatus(200)
	h.Get("/readyz").WantStatus(http.StatusServiceUnavailable)
	h.Header.Set("Cookie", "hearth=something")
	page := h.Get("/login").WantStatus(http.StatusInternalServerError).Want("h1", "Something broke")
	if strings.Contains(page.Body, "closed pool") {
		t.Error("the page tells of the inside")
	}
}

func TestTheme(t *testing.T) {
	h := start(t)
	h.Get("/help").WantNone("html[data-theme]").Submit("form.theme", "theme", "dark").WantRedirect("/help").Follow().Want("html[data-theme=dark]").
		Submit("form.theme", "theme", "").WantRedirect("/help").Follow().WantNone("html[data-theme]")
	h.Post("/theme", "theme", "<script>", "back", "//evil.example").WantRedirect("/").Follow()
	h.Get("/help").WantNone("html[data-theme]")
}

func TestOutboxShowsMails(t *testing.T) {
	h := start(t)
	h.Post("/signup", "name", "Ada", "email", "ada@example.com", "password", password)
	m := h.mail(t)
	h.Get("/dev/outbox").Want("a[href='/dev/outbox/"+m.ID+"']", m.Subject)
	h.Get("/dev/outbox/"+m.ID).Want("pre", "Hello Ada").Want("main a[href*='/verify-email?token=']")
	if page := h.Get("/dev/outbox/" + m.ID + "/html"); !strings.Contains(page.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Error("a mail may run scripts on our site")
	}
	h.Get("/dev/outbox/none").WantStatus(404)
	h.Get("/dev/outbox/..%2f..%2fpasswd").WantStatus(404)
}
