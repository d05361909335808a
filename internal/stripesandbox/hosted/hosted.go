// Package hosted draws the pages that a person meets at Stripe: Checkout, its
// 3D Secure challenge, Express onboarding, the Express dashboard, and beside
// them an inspector that Stripe does not have.
//
// It only draws. Each page is a struct and a function that writes it; what may
// be paid, who may be onboarded and what a button does is decided by the
// sandbox, which fills the structs and owns the routes. Every page carries a
// mark that no real money moves, works without JavaScript, and contains neither
// inline script nor inline style, so that Policy can forbid both.
//
// Texts that come from people or from the API (names, messages, JSON) are
// escaped by html/template; links to the outside are checked by the caller.
package hosted

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"strings"
	"time"
)

// StylesheetPath is where every page looks for Stylesheet.
const StylesheetPath = "/hosted.css"

// ScriptPath is where Checkout looks for Script.
const ScriptPath = "/checkout.js"

//go:embed templates hosted.css checkout.js inspector.js words.tsv
var files embed.FS

// Stylesheet is the one style sheet of all pages.
func Stylesheet() []byte { return embedded("hosted.css") }

// Script makes Checkout more pleasant where scripts run.
func Script() []byte { return embedded("checkout.js") }

// InspectorScriptPath is where the inspector looks for InspectorScript.
const InspectorScriptPath = "/inspector.js"

// InspectorScript keeps the inspector's pages fresh where scripts run.
func InspectorScript() []byte { return embedded("inspector.js") }

// InspectorPolicy is the policy of the inspector: it runs our script, which asks us.
func InspectorPolicy() string {
	return "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
}

func embedded(name string) []byte {
	data, err := files.ReadFile(name)
	if err != nil {
		panic(err) // embedded at build time
	}
	return data
}

// Policy is the Content-Security-Policy of a page. Browsers hold form-action
// against every redirect that follows a form, so a page whose form ends at
// somebody's success_url names that URL in leadsTo.
func Policy(leadsTo ...string) string {
	return "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action " + formTargets(leadsTo)
}

// CheckoutPolicy is the policy of Checkout's pages: they run our script, and in
// their embedded form any page may frame them.
func CheckoutPolicy(embedded bool, leadsTo ...string) string {
	frames := "'none'"
	if embedded {
		frames = "*"
	}
	return "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors " + frames + "; form-action " + formTargets(leadsTo)
}

func formTargets(leadsTo []string) string {
	targets := "'self'"
	for _, link := range leadsTo {
		u, err := url.Parse(link)
		if err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && !strings.ContainsAny(u.Host, " ;,'") {
			targets += " " + u.Scheme + "://" + u.Host
		}
	}
	return targets
}

// page is a parsed template: the layout with one page's blocks in it.
type page struct{ *template.Template }

func parse(name string) page {
	t := template.New("layout.html").Funcs(template.FuncMap{
		"stylesheet": func() string { return versioned(StylesheetPath, Stylesheet()) },
		"script":     func() string { return versioned(ScriptPath, Script()) },
		"inspector":  func() string { return versioned(InspectorScriptPath, InspectorScript()) },
		"moment":     func(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04:05 UTC") },
		"day":        func(t time.Time) string { return t.UTC().Format("2 Jan 2006") },
		"field":      newField,
		"dict":       dict,
	})
	return page{template.Must(t.ParseFS(files, "templates/layout.html", "templates/parts.html", "templates/"+name+".html"))}
}

// versioned names a file's content in its address, so that browsers may keep it.
func versioned(path string, content []byte) string {
	sum := sha256.Sum256(content)
	return path + "?v=" + hex.EncodeToString(sum[:4])
}

// write renders to memory first: a page is sent whole or not at all.
func (p page) write(w io.Writer, data any) error {
	var buf bytes.Buffer
	if err := p.Execute(&buf, data); err != nil {
		return fmt.Errorf("render sandbox page: %w", err)
	}
	_, err := w.Write(buf.Bytes())
	return err
}

// field is what the "input" part needs to draw one labelled input.
type field struct {
	Name, Label, Value, Error string
	Attr                      map[string]string
}

// newField pairs a field with its message; attrs are name, value, name, value…
func newField(errors map[string]string, name, label, value string, attrs ...string) field {
	f := field{Name: name, Label: label, Value: value, Error: errors[name], Attr: map[string]string{}}
	for i := 0; i+1 < len(attrs); i += 2 {
		f.Attr[attrs[i]] = attrs[i+1]
	}
	return f
}

func dict(pairs ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return m
}

// contains says whether a word is among those in a list parted by blanks.
func contains(list, word string) bool {
	for w := range strings.FieldsSeq(list) {
		if w == word {
			return true
		}
	}
	return false
}
