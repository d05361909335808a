package browser_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hearth/internal/testkit/browser"
)

const form = `<!doctype html><title>Form</title><meta name=viewport content="width=device-width">
<style>body{color:rgb(1,1,1)} @media (prefers-color-scheme: dark){body{color:rgb(2,2,2)}}</style>
<form method=post action=/done><input name=name><input type=date name=day>
<select name=where><option value=a>A</option><option value=b>B</option></select>
<p id=js>off</p><script>document.getElementById('js').textContent = 'on'</script>
<button> Send
 it </button></form><button hidden>Send it</button>`

func site(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /form", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, form) })
	mux.HandleFunc("POST /done", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "<title>Done</title><h1>Thank you</h1><p id=got>%s %s %s</p>", r.FormValue("name"), r.FormValue("day"), r.FormValue("where"))
	})
	mux.HandleFunc("GET /cookie", func(w http.ResponseWriter, r *http.Request) {
		_, err := r.Cookie("seen")
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1", Path: "/"})
		fmt.Fprintf(w, "<p>seen: %t</p>", err == nil)
	})
	mux.HandleFunc("GET /broken", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "<p>here</p><script>undefinedThing()</script>")
	})
	mux.HandleFunc("GET /policy", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "script-src 'none'")
		fmt.Fprint(w, "<p>here</p><script>1</script>")
	})
	mux.HandleFunc("GET /faint", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		fmt.Fprint(w, `<!doctype html><html lang=en><title>Faint</title><main><h1>Hello</h1><p id=p style="color:#777">Read me</p>`)
		if r.URL.Query().Has("dark") {
			fmt.Fprint(w, `<style>@media (prefers-color-scheme: light){#p{color:#000 !important}}</style>`)
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func TestFormIsFilledAndSent(t *testing.T) {
	t.Parallel()
	p := browser.New(t)
	p.Goto(site(t) + "/form")
	p.Fill("[name=name]", "Ada")
	p.Fill("[name=day]", "2026-07-01")
	p.Fill("[name=where]", "b")
	p.ClickText("Send it")
	p.WaitURL("/done")
	p.WaitText("h1", "Thank you")
	if got := p.Text("#got"); got != "Ada 2026-07-01 b" {
		t.Errorf("the server got %q", got)
	}
}

func TestTelephoneAndDarkAndWithoutScript(t *testing.T) {
	t.Parallel()
	p := browser.New(t)
	p.Goto(site(t) + "/form")
	if got := p.Text("#js"); got != "on" {
		t.Errorf("scripts are %s", got)
	}
	p.Viewport(390, 844)
	if got := browser.Eval[int](p, "innerWidth"); got != 390 {
		t.Errorf("the window is %d wide", got)
	}
	p.Dark(true)
	if got := browser.Eval[string](p, "getComputedStyle(document.body).color"); got != "rgb(2, 2, 2)" {
		t.Errorf("in the dark the colour is %s", got)
	}
	p.NoScript()
	p.Reload()
	if got := p.Text("#js"); got != "off" {
		t.Errorf("scripts are %s", got)
	}
}

func TestTestsDoNotShareCookies(t *testing.T) {
	t.Parallel()
	url := site(t) + "/cookie"
	one, two := browser.New(t), browser.New(t)
	one.Goto(url)
	two.Goto(url)
	two.WaitText("p", "seen: false")
	one.Reload()
	one.WaitText("p", "seen: true")
}

// recorder is a test whose failure is what another test wants to see.
type recorder struct {
	*testing.T
	said     strings.Builder
	cleanups []func()
}

func (r *recorder) Errorf(format string, args ...any) { fmt.Fprintf(&r.said, format+"\n", args...) }
func (r *recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...); panic(r) }
func (r *recorder) Logf(format string, args ...any)   { r.Errorf(format, args...) }
func (r *recorder) Cleanup(f func())                  { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Failed() bool                      { return r.said.Len() > 0 }
func (r *recorder) Name() string                      { return r.T.Name() }

// failure is what a test would say that does this.
func failure(t *testing.T, test func(p *browser.Page)) string {
	r := &recorder{T: t}
	func() {
		defer func() {
			if thrown := recover(); thrown != nil && thrown != any(r) {
				panic(thrown)
			}
		}()
		test(browser.New(r))
	}()
	for _, f := range r.cleanups {
		f()
	}
	return r.said.String()
}

func TestFailureTellsWhatThePageShows(t *testing.T) {
	t.Parallel()
	url := site(t) + "/form"
	said := failure(t, func(p *browser.Page) {
		p.Goto(url)
		p.Patience = 300 * time.Millisecond
		p.WaitText("h1", "Thank you")
	})
	for _, want := range []string{url, "Form", "Send it", `"Thank you"`, "TestFailureTellsWhatThePageShows.png"} {
		if !strings.Contains(said, want) {
			t.Errorf("the failure does not say %q:\n%s", want, said)
		}
	}
	_, picture, _ := strings.Cut(said, "screenshot: ")
	if err := os.Remove(strings.TrimSpace(picture)); err != nil {
		t.Error(err)
	}
}

func TestProblemsOnThePageFailTheTest(t *testing.T) {
	t.Parallel()
	url := site(t)
	for path, want := range map[string]string{"/broken": "undefinedThing is not defined", "/policy": "stopped for security"} {
		said := failure(t, func(p *browser.Page) {
			p.Goto(url + path)
			p.WaitText("p", "here")
		})
		if !strings.Contains(said, want) {
			t.Errorf("%s: the test says %q", path, said)
		}
		_, picture, _ := strings.Cut(said, "screenshot: ")
		os.Remove(strings.TrimSpace(picture))
	}
}

// A policy that allows no script does not keep a page from being examined.
func TestAxeFindsWhatIsHardToRead(t *testing.T) {
	t.Parallel()
	url := site(t) + "/faint"
	said := failure(t, func(p *browser.Page) {
		p.Goto(url)
		p.Axe()
	})
	for _, want := range []string{url, "1280 px, light", "color-contrast: ", "#p: Element has insufficient color contrast of 4.47", "Read me"} {
		if !strings.Contains(said, want) {
			t.Errorf("the finding does not say %q:\n%s", want, said)
		}
	}
	_, picture, _ := strings.Cut(said, "screenshot: ")
	os.Remove(strings.TrimSpace(picture))

	p := browser.New(t)
	p.Goto(url + "?dark")
	p.Axe() // in the light all is well
}

func TestNoBrowser(t *testing.T) {
	t.Setenv("HEARTH_CHROMIUM", filepath.Join(t.TempDir(), "chromium"))
	if path, err := browser.Find(); err == nil {
		t.Errorf("found %s, which HEARTH_CHROMIUM does not name", path)
	}
}

func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^TestTestsDoNotShareCookies$")
	child.Env = append(os.Environ(), "TMPDIR="+dir)
	var out bytes.Buffer
	child.Stdout, child.Stderr = &out, &out
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the other binary's browser", func() bool { return count(t, dir) > 0 })
	if err := child.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	waitFor(t, "its profile to go", func() bool { return count(t, dir) == 0 })
}

func count(t *testing.T, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
