package view_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"hearth/internal/testkit/browser"
)

// stand serves the guide pages to a real browser under the real policy, and
// answers what app.js asks for. It notes every POST and every breach.
type stand struct {
	url      string
	settled  chan struct{} // one value: the payment is settled, which one waiting page is told
	mu       sync.Mutex
	posts    []string
	breaches []string
}

func newStand(t *testing.T) *stand {
	e := newEngine(t, guideFS(t))
	s := &stand{settled: make(chan struct{}, 1)}
	mux := http.NewServeMux()
	mux.Handle("GET /static/", e.Static())
	mux.HandleFunc("GET /guide/{page}", func(w http.ResponseWriter, r *http.Request) {
		if err := e.Render(w, http.StatusOK, r.PathValue("page"), newGuide(r.PathValue("page"))); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("GET /homes/a-frame/quote", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `<p class="total">%s to %s</p>`, r.FormValue("in"), r.FormValue("out"))
	})
	mux.HandleFunc("GET /trips/HX-4F2K/events", s.events)
	mux.HandleFunc("POST /csp", func(_ http.ResponseWriter, r *http.Request) {
		report, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.breaches = append(s.breaches, string(report))
	})
	mux.HandleFunc("POST /", s.post)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; report-uri /csp")
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *stand) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = io.WriteString(w, ": hello\n\n")
	_ = http.NewResponseController(w).Flush()
	select {
	case <-s.settled:
		_, _ = io.WriteString(w, "event: done\ndata: confirmed\n\n")
	case <-r.Context().Done():
	}
}

// post notes the address, and the number of files of an upload. Hearts get a
// refusal, the others lead to the receipt.
func (s *stand) post(w http.ResponseWriter, r *http.Request) {
	note := r.URL.Path
	if err := r.ParseMultipartForm(1 << 20); err == nil {
		note = fmt.Sprintf("%s with %d files", note, len(r.MultipartForm.File["photos"]))
	}
	s.mu.Lock()
	s.posts = append(s.posts, note)
	s.mu.Unlock()
	if strings.HasPrefix(note, "/saved/") {
		http.Error(w, "no", http.StatusServiceUnavailable)
		return
	}
	http.Redirect(w, r, "/guide/receipt", http.StatusSeeOther)
}

func (s *stand) noted() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.posts...)
}

func do(p *browser.Page, script string) {
	browser.Eval[bool](p, "(() => {"+script+"; return true})()")
}

// night is the calendar's button of a day in June.
func night(day int) string {
	return fmt.Sprintf(`[...document.querySelector('calendar-month').shadowRoot.querySelectorAll('button')].find(b => b.textContent.trim() === '%d')`, day)
}

func TestScripts(t *testing.T) {
	p, s := browser.New(t), newStand(t)

	t.Run("the calendar fills the form and the server quotes", func(t *testing.T) {
		p.Goto(s.url + "/guide/home")
		p.Wait(night(8))
		do(p, night(8)+".click()")
		do(p, night(11)+".click()")
		p.Wait("document.querySelector('[data-quote-result]').textContent === '2027-06-08 to 2027-06-11'")
		p.Wait("document.querySelector('.book').elements.out.value === '2027-06-11'")
	})
	t.Run("a stay ends where the next begins, not later", func(t *testing.T) {
		p.Goto(s.url + "/guide/home")
		p.Wait(night(18))
		p.Wait(night(20) + ".getAttribute('aria-disabled') === 'true'")
		do(p, night(18)+".click()")
		p.Wait(night(20) + ".getAttribute('aria-disabled') !== 'true'")
		p.Wait(night(26) + ".matches('[aria-disabled=true],:disabled')")
	})
	t.Run("the waiting page reloads when it is done", func(t *testing.T) {
		p.Goto(s.url + "/guide/confirming")
		do(p, "window.before = true")
		s.settled <- struct{}{}
		p.Wait("!window.before && document.querySelector('.waiting')")
		p.Goto(s.url + "/guide/receipt")
	})
	t.Run("a heart that the server refuses is put back", func(t *testing.T) {
		p.Goto(s.url + "/guide/search")
		heart := "document.querySelectorAll('.heart button')[1]"
		do(p, heart+".click()")
		p.Wait(heart + ".getAttribute('aria-pressed') === 'false'")
	})
	t.Run("a dialog opens, and its form is sent once", func(t *testing.T) {
		p.Goto(s.url + "/guide/admin")
		do(p, "document.querySelector('[data-dialog]').click()")
		p.Wait("document.querySelector('dialog').open")
		// Counted before the browser acts, as it would fold two quick clicks into one.
		do(p, "window.sent = 0; addEventListener('submit', e => { if (!e.defaultPrevented) sent++; e.preventDefault() })")
		do(p, "const b = document.querySelector('dialog .btn-danger'); b.click(); b.click()")
		p.Wait("sent === 1")
		p.Goto(s.url + "/guide/admin")
		// After the command has been answered: a page that leaves takes the answer with it.
		do(p, "setTimeout(() => document.querySelector('dialog .btn-danger').click())")
		p.Wait("location.pathname === '/guide/receipt'")
		if got := strings.Join(s.noted(), " "); strings.Count(got, "/admin/bookings/1/refund") != 1 {
			t.Errorf("posts: %s", got)
		}
		// The back button: the form must be usable again.
		do(p, "setTimeout(() => history.back())")
		p.Wait("location.pathname === '/guide/admin' && !document.querySelector('form[data-sent]')")
	})
	t.Run("photos go up together", func(t *testing.T) {
		p.Goto(s.url + "/guide/owner")
		var files []string
		for _, name := range []string{"a.jpg", "b.jpg"} {
			file := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(file, []byte("picture"), 0o600); err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
		p.Upload("input[type=file]", files...)
		do(p, "document.querySelector('[data-upload]').requestSubmit()")
		p.Wait("location.pathname === '/guide/receipt'")
		if got := s.noted(); got[len(got)-1] != "/owner/listings/1/photos with 2 files" {
			t.Errorf("posts: %v", got)
		}
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.breaches) > 0 {
		t.Errorf("content security policy: %s", s.breaches[0])
	}
}
