package browser

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/chromedp/chromedp"
)

// axeCore is Deque's axe-core 4.14.1 (MPL-2.0); it is part of no binary but
// the tests'.
//
//go:embed axe/axe.min.js
var axeCore string

// axeRules are WCAG 2.0 to 2.2, levels A and AA, and what axe thinks best.
// Frames are pages of their own, and no stylesheet is fetched a second time:
// pages whose policy forbids that are examined too.
const axeRules = `{
	runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'],
	resultTypes: ['violations'], iframes: false, preload: false, elementRef: false,
}`

// violation is a rule that the page breaks, and the elements that break it.
type violation struct {
	Rule, Help string
	Elements   []struct{ Selector, HTML, Why string }
}

// Axe examines the page as it is shown now, and reports each rule that it
// breaks, the elements that do and what to change. Scripts must be on.
func (p *Page) Axe() {
	p.t.Helper()
	// Not a script of the page: its policy has no say in it.
	p.do("load axe-core", chromedp.Evaluate[chromedp.Void](`if (!window.axe) { `+axeCore+` }; undefined`))
	found := Eval[[]violation](p, `axe.run(document, `+axeRules+`).then(result => result.violations.map(v => ({
		Rule: v.id, Help: v.help, Elements: v.nodes.map(n => ({
			Selector: n.target.flat().join(' '), HTML: n.html.slice(0, 200),
			Why: [...n.any, ...n.all, ...n.none].map(c => c.message).join('; '),
		})),
	})))`)
	if len(found) == 0 {
		return
	}
	var text strings.Builder
	for _, v := range found {
		fmt.Fprintf(&text, "\n%s: %s", v.Rule, v.Help)
		for _, e := range v.Elements {
			fmt.Fprintf(&text, "\n\t%s: %s\n\t\t%s", e.Selector, e.Why, e.HTML)
		}
	}
	p.t.Errorf("%s is not accessible to everybody (%s):%s", p.URL(), p.looks(), text.String())
}

// looks is how the page is shown: a finding in the dark is none in the light.
func (p *Page) looks() string {
	p.t.Helper()
	return Eval[string](p, `innerWidth + ' px, ' + (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')`)
}
