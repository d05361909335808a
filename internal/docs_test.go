package internal_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hearth/internal/app"
)

func markdown(t *testing.T) (files []string) {
	t.Helper()
	files, err := filepath.Glob("../docs/*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no docs: %v", err)
	}
	return append(files, "../README.md")
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const (
	eventsBegin = "<!-- events: written by TestDocsListTheEvents, UPDATE_DOCS=1 -->\n"
	eventsEnd   = "<!-- events: end -->"
)

// The page lists what "hearth events" prints.
func TestDocsListTheEvents(t *testing.T) {
	const path = "../docs/stripe.md"
	page := read(t, path)
	before, rest, found := strings.Cut(page, eventsBegin)
	shown, after, ended := strings.Cut(rest, eventsEnd)
	if !found || !ended {
		t.Fatalf("%s has lost its marks", path)
	}
	var names []string
	for name := range app.Types() {
		names = append(names, name)
	}
	slices.Sort(names)
	want := "```\n" + strings.Join(names, "\n") + "\n```\n"
	if shown == want {
		return
	}
	if os.Getenv("UPDATE_DOCS") == "" {
		t.Fatalf("%s lists other events than hearth subscribes to; UPDATE_DOCS=1 writes these:\n%s", path, want)
	}
	if err := os.WriteFile(path, []byte(before+eventsBegin+want+eventsEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

var (
	testName = regexp.MustCompile(`\bTest[A-Z]\w+`)
	testFunc = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	link     = regexp.MustCompile(`\]\(([^)#\s]+)`)
)

// A test that the docs call a proof exists.
func TestDocsNameTestsThatExist(t *testing.T) {
	exist := map[string]bool{}
	for _, file := range goFiles(t, ".", "../cmd", "../.ci") {
		for _, found := range testFunc.FindAllStringSubmatch(read(t, file), -1) {
			exist[found[1]] = true
		}
	}
	for _, file := range []string{"importrules_test.go", "docs_test.go"} {
		for _, found := range testFunc.FindAllStringSubmatch(read(t, file), -1) {
			exist[found[1]] = true
		}
	}
	for _, file := range markdown(t) {
		for _, name := range testName.FindAllString(read(t, file), -1) {
			if !exist[name] {
				t.Errorf("%s names %s, which does not exist", file, name)
			}
		}
	}
}

func TestDocsLeadSomewhere(t *testing.T) {
	for _, file := range markdown(t) {
		for _, found := range link.FindAllStringSubmatch(read(t, file), -1) {
			if strings.Contains(found[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), found[1])); err != nil {
				t.Errorf("%s leads to %s, which does not exist", file, found[1])
			}
		}
	}
}
