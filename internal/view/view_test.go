package view_test

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"hearth/internal/view"
	"hearth/web"
)

// with is the real look and one more file.
func with(t *testing.T, file, text string) fstest.MapFS {
	t.Helper()
	all := guideFS(t)
	all[file] = &fstest.MapFile{Data: []byte(text)}
	return all
}

// What ships must parse, with every icon and asset it names.
func TestShippedTemplatesParse(t *testing.T) {
	newEngine(t, web.FS)
}

func TestNewRefuses(t *testing.T) {
	for name, tc := range map[string]struct{ file, text, want string }{
		"no such part":         {"templates/pages/x.html", `{{template "site" .}}{{define "main"}}{{template "crad" .}}{{end}}`, `"crad"`},
		"no such icon":         {"templates/pages/x.html", `{{template "site" .}}{{define "main"}}{{if .User}}{{icon "huose"}}{{end}}{{end}}`, "huose"},
		"no such icon in pipe": {"templates/pages/x.html", `{{template "site" .}}{{define "main"}}{{with (icon "huose")}}{{.}}{{end}}{{end}}`, "huose"},
		"no such asset":        {"templates/parts/x.html", `{{define "x"}}{{range .}}{{else}}{{asset "css/ap.css"}}{{end}}{{end}}`, "css/ap.css"},
		"no such part's part":  {"templates/parts/x.html", `{{define "x"}}{{template "crad" .}}{{end}}`, `"crad"`},
		"no main":              {"templates/pages/x.html", `{{template "site" .}}`, `"main"`},
		"broken syntax":        {"templates/pages/x.html", `{{if}}`, "page x"},
		"font not there":       {"static/css/more.css", `@font-face{src:url(../fonts/none.woff2)}`, "none.woff2"},
		"mail without text":    {"templates/mail/x.html", `{{template "mail" .}}{{define "body"}}{{end}}`, "x.txt"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := view.New(with(t, tc.file, tc.text))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("want an error about %s, got %v", tc.want, err)
			}
		})
	}
}

// An error after half of the page leaves the response untouched.
func TestRenderIsAllOrNothing(t *testing.T) {
	e := newEngine(t, with(t, "templates/pages/x.html", `{{template "site" .}}{{define "main"}}{{.Missing}}{{end}}`))
	for _, data := range []any{newGuide("x"), map[string]any{}} {
		w := httptest.NewRecorder()
		if err := e.Render(w, http.StatusOK, "x", data); err == nil {
			t.Fatal("no error")
		}
		if w.Body.Len() > 0 || len(w.Header()) > 0 {
			t.Fatalf("half a page was sent: %q %v", w.Body, w.Header())
		}
	}
	if err := e.Render(httptest.NewRecorder(), 200, "nowhere", nil); err == nil {
		t.Fatal("a page that does not exist was rendered")
	}
}

func TestMissingKeyIsAnError(t *testing.T) {
	e := newEngine(t, with(t, "templates/pages/x.html", `{{define "main"}}{{.Missing}}{{end}}`))
	if err := e.Fragment(httptest.NewRecorder(), 200, "x", "main", map[string]any{}); err == nil {
		t.Fatal("a missing key rendered as nothing")
	}
}

func TestFragment(t *testing.T) {
	w := httptest.NewRecorder()
	if err := newEngine(t, guideFS(t)).Fragment(w, http.StatusConflict, "home", "quote", newGuide("home")); err != nil {
		t.Fatal(err)
	}
	if w.Code != http.StatusConflict || !strings.HasPrefix(w.Body.String(), `<p class="total num">$1,928 `) {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
}

func TestErrorPageOffersTheNextStep(t *testing.T) {
	e := newEngine(t, guideFS(t))
	for status, want := range map[int]string{
		403: ".btn-primary", 404: "form[action='/search'] input[name=q]", 409: ".choices a[href='/homes/x?in=2027-06-20']",
		422: "h1", 429: "h1", 500: ".copy code:contains('req-77')", 503: ".copy code:contains('req-77')",
	} {
		base := newGuide("error").Base
		base.RequestID = "req-77"
		doc := document(t, render(t, e, "error", view.ErrorPage{Base: base, Status: status,
			Alternatives: []view.Link{{Text: "Jun 20 – 25", Href: "/homes/x?in=2027-06-20"}}}))
		if doc.Find("main "+want).Length() == 0 {
			t.Errorf("%d has no %s", status, want)
		}
		if shown := strings.Contains(doc.Find("main").Text(), "req-77"); shown != (status >= 500) {
			t.Errorf("%d shows the request id: %v", status, shown)
		}
		holdsPolicy(t, doc)
	}
}

// Nobody logged in, nothing searched: the header still stands.
func TestHeaderForStrangers(t *testing.T) {
	doc := document(t, render(t, newEngine(t, guideFS(t)), "error", view.ErrorPage{Status: 404}))
	for _, want := range []string{"a[href='/login']", "a[href='/signup']", ".searchbar", ".tabbar"} {
		if doc.Find(want).Length() == 0 {
			t.Errorf("no %s", want)
		}
	}
	if doc.Find("form[action='/logout'], .sandbox, .flashes").Length() > 0 {
		t.Error("a stranger is shown what is not theirs")
	}
}

// What people type is text, wherever it lands.
func TestMarkupInDataIsEscaped(t *testing.T) {
	g := newGuide("search")
	g.Title = `</title><script>x</script>`
	g.Cards[0].Title = `"><script>x</script>`
	g.Cards[0].Photos[0].ID = `a" onerror="x`
	g.Search.Where = `"><script>x</script>`
	g.Chips[0].Href = `javascript:x`
	e := newEngine(t, guideFS(t))
	html := render(t, e, "search", g)
	holdsPolicy(t, document(t, html))
	if doc := document(t, html); doc.Find("[onerror], [href^='javascript:']").Length() > 0 || strings.Contains(html, "<script>x") {
		t.Error("markup came through")
	}
}

func get(e *view.Engine, address, encoding string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", address, nil)
	r.Header.Set("Accept-Encoding", encoding)
	e.Static().ServeHTTP(w, r)
	return w
}

func TestStatic(t *testing.T) {
	e := newEngine(t, guideFS(t))
	doc := document(t, render(t, e, "search", newGuide("search")))
	sheet := doc.Find("link[rel=stylesheet]").AttrOr("href", "")
	font := doc.Find("link[as=font]").AttrOr("href", "")

	w := get(e, sheet, "")
	if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("Content-Encoding") != "" {
		t.Fatalf("%s: %d %v", sheet, w.Code, w.Header())
	}
	if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/css") {
		t.Error(w.Header().Get("Content-Type"))
	}
	plain := w.Body.String()
	if !strings.Contains(plain, "url("+font+")") {
		t.Errorf("the stylesheet does not name the preloaded font %s", font)
	}

	w = get(e, sheet, "br, gzip;q=0.8")
	if w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("Vary") != "Accept-Encoding" {
		t.Fatalf("not gzipped: %v", w.Header())
	}
	unzip, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(unzip); err != nil || string(text) != plain {
		t.Fatalf("gzip holds something else: %v", err)
	}
	if w := get(e, sheet, "gzip;q=0"); w.Header().Get("Content-Encoding") != "" {
		t.Error("gzip was refused and sent")
	}
	if w := get(e, font, "gzip"); w.Header().Get("Content-Type") != "font/woff2" || w.Header().Get("Content-Encoding") != "" {
		t.Errorf("font: %v", w.Header())
	}
}

// Only the current hash may be kept for ever: a page of the last release must
// not pin the new file under the old name.
func TestStaticOtherNames(t *testing.T) {
	e := newEngine(t, guideFS(t))
	for _, address := range []string{"/static/css/app.css", "/static/css/app.0123456789ab.css"} {
		if w := get(e, address, ""); w.Code != 200 || w.Header().Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %d %v", address, w.Code, w.Header())
		}
	}
	for _, address := range []string{"/static/", "/static/css", "/static/../embed.go", "/static/css/none.css"} {
		if w := get(e, address, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", address, w.Code)
		}
	}
}

func TestMail(t *testing.T) {
	all := with(t, "templates/mail/hello.html", `{{template "mail" .}}{{define "body"}}<p>{{.Name}}</p>{{end}}`)
	all["templates/mail/hello.txt"] = &fstest.MapFile{Data: []byte("{{define \"subject\"}}Hello {{.Name}}\n{{end}}\nDear {{.Name}}")}
	e := newEngine(t, all)
	subject, html, text, err := e.Mail("hello", struct{ Name string }{"O'Neil <b>\r\nBcc: x"})
	if err != nil {
		t.Fatal(err)
	}
	if subject != "Hello O'Neil <b> Bcc: x" {
		t.Errorf("subject %q", subject)
	}
	if !strings.Contains(html, "<p>O&#39;Neil &lt;b&gt;") || !strings.Contains(text, "Dear O'Neil <b>") {
		t.Errorf("%s\n%s", html, text)
	}
	if _, _, _, err := e.Mail("hello", map[string]any{}); err == nil {
		t.Error("a mail without its data was written")
	}
	if _, _, _, err := e.Mail("nothing", nil); err == nil {
		t.Error("a mail that does not exist was written")
	}
}

// A browser that has gone is no error of the page.
func TestRenderToGoneBrowser(t *testing.T) {
	if err := newEngine(t, guideFS(t)).Render(gone{}, 200, "receipt", newGuide("receipt")); err != nil {
		t.Fatal(err)
	}
}

type gone struct{}

func (gone) Header() http.Header       { return http.Header{} }
func (gone) Write([]byte) (int, error) { return 0, errors.New("gone") }
func (gone) WriteHeader(int)           {}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := view.New(web.FS); err != nil {
			b.Fatal(err)
		}
	}
}
