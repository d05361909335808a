package view

import (
	"fmt"
	"html/template"
	"io/fs"
	"strings"
)

// icons holds the drawing of each icon: what is between <svg …> and </svg>.
type icons map[string]string

func loadIcons(fsys fs.FS) (icons, error) {
	files, err := fs.Glob(fsys, "icons/*.svg")
	if err != nil {
		return nil, fmt.Errorf("list icons: %w", err)
	}
	all := icons{}
	for _, file := range files {
		text, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, fmt.Errorf("read icon: %w", err)
		}
		_, svg, _ := strings.Cut(string(text), "<svg")
		_, drawing, ok := strings.Cut(svg, ">")
		if !ok {
			return nil, fmt.Errorf("icon %s is not an SVG", file)
		}
		drawing = strings.TrimSuffix(strings.TrimSpace(drawing), "</svg>")
		all[stem(file)] = strings.Join(strings.Fields(drawing), " ")
	}
	return all, nil
}

// inline draws an icon, hidden from screen readers: the word beside it speaks.
// Size and stroke come from the class ico; more classes may be added.
func (all icons) inline(name string, classes ...string) (template.HTML, error) {
	drawing, ok := all[name]
	if !ok {
		return "", fmt.Errorf("there is no icon web/icons/%s.svg", name)
	}
	class := template.HTMLEscapeString(strings.Join(append([]string{"ico"}, classes...), " "))
	// #nosec G203 -- our own drawings, and the classes are escaped
	return template.HTML(`<svg class="` + class + `" width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor"` +
		` stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">` + drawing + `</svg>`), nil
}
