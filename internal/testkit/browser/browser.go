// Package browser drives headless Chromium for end-to-end tests, as a person
// would: go somewhere, fill in, click, and wait for what must appear.
//
// A test binary starts one browser, on first use; each test has an incognito
// profile of its own. Whatever a test waits for has a deadline, and on failure
// the page says where it was and what it showed, and a picture of it goes to
// .ci/artifacts. A script error on the page, or something that the content
// security policy stopped, fails the test. [Page.Axe] fails it for whatever on
// the page is hard to see or to use.
package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// names are tried in PATH, and then on disk.
var names = []string{
	"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
	"chromium-headless-shell", "headless-shell", "headless_shell",
	"/usr/lib/chromium/chromium-headless-shell",
	"/snap/bin/chromium",
	"/opt/homebrew/bin/chromium",
	"/Applications/Chromium.app/Contents/MacOS/Chromium",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
}

// Find is the browser that HEARTH_CHROMIUM names, or else an installed one, or
// else the one that .ci/setup got from npm.
func Find() (string, error) {
	if path := os.Getenv("HEARTH_CHROMIUM"); path != "" {
		return exec.LookPath(path)
	}
	for _, name := range append(names, filepath.Join(npmDir(), "chromium", "chromium")) {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium was found: run .ci/setup, or set HEARTH_CHROMIUM to one")
}

// npmDir is where .ci/setup puts what npm has.
func npmDir() string {
	if os.Getuid() == 0 {
		return "/var/cache/hearth/npm"
	}
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		cache = filepath.Join(os.Getenv("HOME"), ".cache")
	}
	return filepath.Join(cache, "hearth/npm")
}

// shared is this binary's browser. It ends with the process.
var shared = sync.OnceValues(launch)

func launch() (context.Context, error) {
	path, err := Find()
	if err != nil {
		return nil, err
	}
	profile, err := os.MkdirTemp("", "hearth-browser-")
	if err != nil {
		return nil, err
	}
	if err := removeAfterwards(profile); err != nil {
		return nil, errors.Join(fmt.Errorf("watch the browser's profile: %w", err), os.RemoveAll(profile))
	}
	// A browser that starts on a very busy machine can stay mute for ever; another
	// one then answers.
	ctx, err := begin(path, profile)
	if err != nil {
		var again error
		if ctx, again = begin(path, profile); again != nil {
			return nil, fmt.Errorf("start %s: %w", path, errors.Join(err, again))
		}
	}
	return ctx, nil
}

// startLimit is how long a browser may take to answer.
const startLimit = time.Minute

func begin(path, profile string) (context.Context, error) {
	data, err := os.MkdirTemp(profile, "data-")
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(data),
		chromedp.Env("TMPDIR="+profile),
		// Only our own pages are shown, and containers seldom let it have one.
		chromedp.NoSandbox,
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("font-render-hinting", "none"),
		chromedp.Flag("force-prefers-reduced-motion", true), // a page that fades in swallows clicks
		chromedp.Flag("lang", "en-US"),
	)
	allocator, _ := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocator)
	if err := within(startLimit, stop, func() error { return chromedp.Do(ctx) }); err != nil {
		stop()
		return nil, err
	}
	return ctx, nil
}

// within gives an act a deadline where its context cannot: the browser and its
// pages live as long as the context of the call that made them.
func within(limit time.Duration, stop func(), act func() error) error {
	timer := time.AfterFunc(limit, stop)
	err := act()
	if !timer.Stop() {
		return errors.Join(fmt.Errorf("no answer within %v", limit), err)
	}
	return err
}

// reaper waits for the test binary to end, however it does, and then removes
// the profile, again while the dying browser still writes to it.
const reaper = `trap '' HUP INT TERM
cat >/dev/null
for i in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1" 2>/dev/null && [ ! -e "$1" ] && sleep 0.1 && [ ! -e "$1" ] && exit; sleep 0.1; done`

func removeAfterwards(dir string) error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	defer write.Close()
	// A descriptor that no garbage collector closes: it stays as long as the process.
	syscall.ForkLock.RLock()
	kept, err := syscall.Dup(int(write.Fd()))
	if err == nil {
		syscall.CloseOnExec(kept)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return err
	}
	shell := exec.Command("/bin/sh", "-c", reaper, "hearth-browser-reaper", dir)
	shell.Dir = "/"
	shell.Stdin = read
	shell.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return shell.Start()
}

// artifacts is .ci/artifacts of this checkout.
func artifacts() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "../../../.ci/artifacts")
}

// New is a page in an incognito window of 1280 by 800 that is closed when the
// test ends.
func New(t testing.TB) *Page {
	t.Helper()
	browser, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	p := &Page{Patience: 30 * time.Second, t: t, ctx: ctx}
	t.Cleanup(func() {
		p.finish()
		cancel()
	})
	if err := within(p.Patience, cancel, func() error { return chromedp.Listen(ctx, p.listen) }); err != nil {
		t.Fatalf("open a page: %v", err)
	}
	p.Viewport(1280, 800)
	return p
}
