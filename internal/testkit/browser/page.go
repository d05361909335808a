package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Page is one test's window. Elements are named by CSS selectors. Every method
// fails the test when it cannot do its part in time.
type Page struct {
	// Patience is how long a page may take to show what the test waits for.
	Patience time.Duration

	t   testing.TB
	ctx context.Context

	mu       sync.Mutex
	at       string // where a test last went
	problems []string
}

// Goto opens an address and waits until it has loaded.
func (p *Page) Goto(url string) {
	p.t.Helper()
	p.mu.Lock()
	p.at = url
	p.mu.Unlock()
	p.do("go to "+url, chromedp.Navigate(url))
}

// Reload loads the page again.
func (p *Page) Reload() {
	p.t.Helper()
	p.do("reload", chromedp.Reload())
}

// Click clicks an element once it can be seen and nothing lies over it.
func (p *Page) Click(css string) {
	p.t.Helper()
	spot := `(() => {
		const e = document.querySelector(` + quote(css) + `);
		if (!e || !e.checkVisibility() || e.disabled) return null;
		e.scrollIntoView({block: 'center', behavior: 'instant'});
		const r = e.getClientRects()[0], x = r.x + r.width / 2, y = r.y + r.height / 2, top = document.elementFromPoint(x, y);
		return top && (e.contains(top) || top.contains(e)) ? [x, y] : null;
	})()`
	p.wait("click "+css, spot+" !== null")
	at := Eval[[]float64](p, spot)
	if len(at) != 2 {
		p.fatalf("click %s: it has moved away", css)
		return
	}
	p.do("click "+css, chromedp.MouseClickXY(at[0], at[1]))
}

// ClickText clicks the first visible link or button with exactly this text.
func (p *Page) ClickText(text string) {
	p.t.Helper()
	const mark = "data-test-click"
	p.wait("see a link or button "+quote(text), `(() => {
		document.querySelectorAll('[`+mark+`]').forEach(e => e.removeAttribute('`+mark+`'));
		const found = [...document.querySelectorAll('a, button, summary, label, input[type=submit]')].find(e =>
			(e.innerText || e.value || '').trim().replace(/\s+/g, ' ') === `+quote(text)+` && e.checkVisibility());
		if (found) found.setAttribute('`+mark+`', '');
		return !!found;
	})()`)
	p.Click("[" + mark + "]")
}

// Fill puts a value into a field, a select or a date, as a script would see it:
// with input and change events. A checkbox or radio button is clicked.
func (p *Page) Fill(css, value string) {
	p.t.Helper()
	p.wait("see the field "+css, `(() => {
		const e = document.querySelector(`+quote(css)+`);
		return !!e && e.checkVisibility() && !e.disabled && !e.readOnly;
	})()`)
	script := `(() => {
		const e = document.querySelector(` + quote(css) + `);
		e.focus();
		Object.getOwnPropertyDescriptor(Object.getPrototypeOf(e), 'value').set.call(e, ` + quote(value) + `);
		e.dispatchEvent(new Event('input', {bubbles: true}));
		e.dispatchEvent(new Event('change', {bubbles: true}));
		return e.value;
	})()`
	if got := Eval[string](p, script); got != value {
		p.fatalf("fill %s with %q: it takes %q", css, value, got)
	}
}

// Type presses keys, one for each character, wherever the caret is: also in a
// frame of another origin. "\t" is the Tab key, "\r" Enter.
func (p *Page) Type(keys string) {
	p.t.Helper()
	p.do("type "+quote(keys), chromedp.KeyEvent(keys))
}

// Upload puts files into a file field.
func (p *Page) Upload(css string, files ...string) {
	p.t.Helper()
	p.do("upload to "+css, chromedp.SetUploadFiles(chromedp.CSS(css), files))
}

// Text is what a person reads in an element, once it is there.
func (p *Page) Text(css string) string {
	p.t.Helper()
	p.wait("see "+css, `!!document.querySelector(`+quote(css)+`)`)
	return Eval[string](p, `document.querySelector(`+quote(css)+`).innerText.trim()`)
}

// Count is how many elements match now.
func (p *Page) Count(css string) int {
	p.t.Helper()
	return Eval[int](p, `document.querySelectorAll(`+quote(css)+`).length`)
}

// WaitText waits until one of the elements that match shows a text.
func (p *Page) WaitText(css, text string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("read %q in %s", text, css),
		`[...document.querySelectorAll(`+quote(css)+`)].some(e => e.innerText.replace(/\s+/g, ' ').includes(`+quote(text)+`))`)
}

// WaitURL waits until the page's address contains a part and it has loaded.
func (p *Page) WaitURL(part string) {
	p.t.Helper()
	p.wait("come to "+part, `location.href.includes(`+quote(part)+`) && document.readyState === 'complete'`)
}

// Wait waits until a JavaScript expression is true.
func (p *Page) Wait(expression string) {
	p.t.Helper()
	p.wait("have "+expression, `!!(`+expression+`)`)
}

// URL is the page's address.
func (p *Page) URL() string {
	p.t.Helper()
	return Eval[string](p, `location.href`)
}

// Eval is the value of a JavaScript expression; a promise is awaited.
func Eval[T any](p *Page, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, p.Patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.fatalf("evaluate %s: %v", expression, err)
	}
	return value
}

// Viewport sets the size of the window; narrow ones are a telephone's.
func (p *Page) Viewport(width, height int64) {
	p.t.Helper()
	var options []chromedp.EmulateViewportOption
	if width < 600 {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	p.do("set the viewport", chromedp.EmulateViewport(width, height, options...))
}

// Dark makes the person prefer dark colours, or light ones.
func (p *Page) Dark(dark bool) {
	p.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	p.call("prefer "+scheme, func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	})
}

// NoScript turns the page's JavaScript off, from the next page on.
func (p *Page) NoScript() {
	p.t.Helper()
	p.call("turn scripts off", func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
}

// Screenshot keeps a picture of the whole page in .ci/artifacts.
func (p *Page) Screenshot(name string) {
	p.t.Helper()
	if _, err := p.picture(name); err != nil {
		p.t.Errorf("take a screenshot: %v", err)
	}
}

// Shot is a PNG of what the window shows.
func (p *Page) Shot() (png []byte) {
	p.t.Helper()
	p.call("take a picture", func(ctx context.Context) (err error) {
		png, err = chromedp.Run(ctx, chromedp.CaptureScreenshot())
		return err
	})
	return png
}

// Whole is a PNG of the whole page, however long.
func (p *Page) Whole() (png []byte) {
	p.t.Helper()
	p.call("take a picture of the whole page", func(ctx context.Context) (err error) {
		png, err = chromedp.Run(ctx, chromedp.FullScreenshot(100))
		return err
	})
	return png
}

// pictureLimit is apart from Patience: the picture of a failure comes when that
// has run out.
const pictureLimit = 30 * time.Second

func (p *Page) picture(name string) (path string, err error) {
	ctx, cancel := context.WithTimeout(p.ctx, pictureLimit)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(artifacts(), 0o755); err != nil {
		return "", err
	}
	path = filepath.Join(artifacts(), strings.Map(plainName, name)+".png")
	return path, os.WriteFile(path, png, 0o644)
}

func plainName(r rune) rune {
	if strings.ContainsRune(`/\:*?"<>| #`, r) {
		return '-'
	}
	return r
}

func (p *Page) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	p.call(what, func(ctx context.Context) error { return chromedp.Do(ctx, actions...) })
}

func (p *Page) call(what string, act func(context.Context) error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, p.Patience)
	defer cancel()
	if err := act(ctx); err != nil {
		p.fatalf("%s: %v", what, err)
	}
}

// wait polls from outside the page, since what is waited for often replaces it.
func (p *Page) wait(what, condition string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, p.Patience)
	defer cancel()
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](condition))
		if ok && err == nil {
			return
		}
		select {
		case <-ctx.Done():
			p.fatalf("waited %v in vain to %s (last error: %v)", p.Patience, what, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// fatalf ends the test and says what the page shows.
func (p *Page) fatalf(format string, args ...any) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, pictureLimit)
	defer cancel()
	seen, err := chromedp.Run(ctx, chromedp.Evaluate[string](
		`location.href + '\n' + document.title + '\n' + (document.body ? document.body.innerText.slice(0, 1500) : '')`))
	if err != nil {
		seen = err.Error()
	}
	p.t.Fatalf("%s\nThe page:\n%s", fmt.Sprintf(format, args...), seen)
}

// listen hears what goes wrong on the page.
func (p *Page) listen(event any) {
	var problem string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		problem = "script error: " + e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			problem += " " + e.ExceptionDetails.Exception.Description
		}
	case *log.EventEntryAdded:
		if e.Entry.Source != "security" || e.Entry.Level != "error" {
			return
		}
		problem = "stopped for security: " + e.Entry.Text
	default:
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.problems = append(p.problems, problem+" (after going to "+p.at+")")
}

// finish reports the page's problems, and keeps a picture if the test failed.
func (p *Page) finish() {
	p.mu.Lock()
	problems := p.problems
	p.mu.Unlock()
	for _, problem := range problems {
		p.t.Errorf("on the page: %s", problem)
	}
	if p.t.Failed() {
		if path, err := p.picture(p.t.Name()); err == nil {
			p.t.Logf("screenshot: %s", path)
		}
	}
}

// quote writes a string for JavaScript.
func quote(s string) string {
	text, _ := json.Marshal(s) // a string always marshals
	return string(text)
}
