// Package internal_test holds the shape of the house: who may import whom.
package internal_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rooms is the picture of docs/architecture.md: what each room may import of
// ours. A room that is not here may not exist.
var rooms = map[string]string{
	// ground
	"money": "", "fault": "", "inbound": "",
	"config":            "money",
	"postgres":          "fault migrations",
	"postgres/embedded": "",
	"mail":              "",
	"view":              "money",
	"basemap":           "",
	"paper":             "",
	"stripeapi":         "fault inbound money postgres",
	"stripesandbox":     "stripesandbox/elements stripesandbox/hosted", "stripesandbox/elements": "", "stripesandbox/hosted": "",

	// nouns
	"user":     "fault postgres",
	"audit":    "fault postgres user",
	"task":     "fault postgres user",
	"listing":  "fault money postgres user",
	"calendar": "fault listing postgres",
	"booking":  "calendar fault listing money postgres user",
	"ledger":   "money postgres",
	"payment":  "fault inbound ledger money postgres stripeapi",
	"connect":  "fault inbound postgres stripeapi user",
	"webhook":  "fault inbound postgres stripeapi",

	// verbs: they cross nouns and do not know each other
	"notify":    "booking fault listing mail money postgres user view",
	"account":   "fault notify postgres user",
	"hosting":   "audit booking connect fault inbound listing notify postgres stripeapi task user webhook",
	"checkout":  "audit booking calendar connect fault inbound ledger listing money notify paper payment postgres stripeapi task user",
	"payout":    "audit booking calendar connect fault inbound ledger listing money notify paper payment postgres stripeapi task user webhook",
	"doctor":    "config mail postgres stripeapi",
	"invariant": "booking postgres task",
	"reconcile": "booking connect fault inbound ledger money payment postgres stripeapi task",

	"site": "account audit basemap booking calendar checkout config connect fault hosting inbound invariant ledger listing mail money notify payment payout postgres reconcile stripeapi task user view webhook web",
	"app":  "account checkout config connect hosting inbound invariant mail notify payment payout postgres reconcile site stripeapi view web webhook",
	"demo": "calendar fault listing money postgres user",

	"testkit/pgtest":   "postgres postgres/embedded migrations",
	"testkit/browser":  "",
	"testkit/htmltest": "",
	"testkit/factory":  "listing money user",
	"testkit/apptest":  "app booking calendar checkout config connect inbound invariant listing payment site stripesandbox testkit/factory testkit/pgtest user webhook",
}

const module = "hearth/"

func TestRoomsImportOnlyWhatThePictureShows(t *testing.T) {
	found := imports(t, ".")
	for room, imported := range found {
		allowed, known := rooms[room]
		if !known {
			t.Errorf("internal/%s is not in the picture: add it to docs/architecture.md and to this test", room)
			continue
		}
		for _, path := range imported {
			if !slices.Contains(strings.Fields(allowed), path) {
				t.Errorf("internal/%s imports %s, which the picture does not show", room, path)
			}
		}
	}
	for room := range rooms {
		if _, exists := found[room]; !exists {
			t.Errorf("the picture shows internal/%s, which does not exist", room)
		}
	}
	if len(found) < 20 {
		t.Errorf("only %d rooms were looked at", len(found))
	}
}

func TestThePictureHasNoCycle(t *testing.T) {
	var walk func(room string, path []string)
	walk = func(room string, path []string) {
		if slices.Contains(path, room) {
			t.Fatalf("cycle: %s", strings.Join(append(path, room), " → "))
		}
		for _, next := range strings.Fields(rooms[room]) {
			walk(next, append(slices.Clone(path), room))
		}
	}
	for room := range rooms {
		walk(room, nil)
	}
}

// Only one room speaks stripe-go, and only tests use the testkit.
func TestDoorsToOtherWorlds(t *testing.T) {
	for _, file := range goFiles(t, ".", "../cmd") {
		for _, path := range importsOf(t, file) {
			inTest := strings.HasSuffix(file, "_test.go") || strings.Contains(file, "testkit/")
			switch {
			case strings.HasPrefix(path, "github.com/stripe/stripe-go") && !strings.HasPrefix(file, "stripeapi/") && !inTest:
				t.Errorf("%s imports %s: only internal/stripeapi does", file, path)
			case strings.HasPrefix(path, "hearth/internal/testkit") && !inTest:
				t.Errorf("%s imports %s outside a test", file, path)
			case path == "hearth/internal/stripesandbox" && !inTest && !strings.HasPrefix(file, "../cmd/") && !strings.HasPrefix(file, "stripesandbox/"):
				t.Errorf("%s imports the sandbox: the app speaks to it by HTTP only", file)
			}
		}
	}
}

// Top level holds what the plan says, and nothing else.
func TestTopLevel(t *testing.T) {
	allowed := strings.Fields("cmd internal web migrations docs go.mod go.sum Makefile docker-compose.yml README.md LICENSE Dockerfile bin")
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(allowed, e.Name()) {
			t.Errorf("%s stands at the top level", e.Name())
		}
	}
}

// imports lists, per room, what of ours its files outside tests import.
func imports(t *testing.T, root string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, file := range goFiles(t, root) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		room := filepath.ToSlash(filepath.Dir(file))
		found[room] = slices.Concat(found[room], nil)
		for _, path := range importsOf(t, file) {
			if short, ours := strings.CutPrefix(path, module); ours {
				short = strings.TrimPrefix(short, "internal/")
				if !slices.Contains(found[room], short) && short != room {
					found[room] = append(found[room], short)
				}
			}
		}
	}
	return found
}

func goFiles(t *testing.T, roots ...string) (files []string) {
	t.Helper()
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && strings.HasSuffix(path, ".go") && filepath.Dir(path) != "." {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func importsOf(t *testing.T, file string) (paths []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(fmt.Errorf("read %s: %w", file, err))
	}
	for _, spec := range parsed.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}
