package view

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"strings"
	texttemplate "text/template"
)

// mailTemplates are the two faces of one mail. The plain text also defines
// "subject", where nothing is escaped for HTML.
type mailTemplates struct {
	html *template.Template
	text *texttemplate.Template
}

// parseMails parses the pairs templates/mail/name.html and name.txt; files
// that begin with an underscore are shared by all of them.
func (e *Engine) parseMails(fsys fs.FS) error {
	base := e.empty("")
	shared, err := fs.Glob(fsys, "templates/mail/_*.html")
	if err != nil {
		return fmt.Errorf("list mail layouts: %w", err)
	}
	if len(shared) > 0 {
		if base, err = base.ParseFS(fsys, shared...); err != nil {
			return fmt.Errorf("parse mail layouts: %w", err)
		}
	}
	files, err := fs.Glob(fsys, "templates/mail/[^_]*.html")
	if err != nil {
		return fmt.Errorf("list mails: %w", err)
	}
	for _, file := range files {
		if e.mails[stem(file)], err = e.parseMail(fsys, file, base); err != nil {
			return fmt.Errorf("parse mail %s: %w", stem(file), err)
		}
	}
	return nil
}

func (e *Engine) parseMail(fsys fs.FS, file string, base *template.Template) (m mailTemplates, err error) {
	if m.html, err = e.parse(fsys, file, base); err != nil {
		return m, err
	}
	text, err := fs.ReadFile(fsys, strings.TrimSuffix(file, ".html")+".txt")
	if err != nil {
		return m, err
	}
	m.text, err = texttemplate.New("text").Funcs(e.funcs()).Option("missingkey=error").Parse(string(text))
	if err == nil && m.text.Lookup("subject") == nil {
		err = fmt.Errorf("%s.txt defines no subject", stem(file))
	}
	return m, err
}

// Mail writes a mail: one line of subject, and the body twice.
func (e *Engine) Mail(name string, data any) (subject, html, text string, err error) {
	m, ok := e.mails[name]
	if !ok {
		return "", "", "", fmt.Errorf("write mail %q: there is no templates/mail/%s.html", name, name)
	}
	var title, body, plain bytes.Buffer
	if err := m.text.ExecuteTemplate(&title, "subject", data); err != nil {
		return "", "", "", fmt.Errorf("write subject of mail %s: %w", name, err)
	}
	if err := m.html.Execute(&body, data); err != nil {
		return "", "", "", fmt.Errorf("write mail %s: %w", name, err)
	}
	if err := m.text.Execute(&plain, data); err != nil {
		return "", "", "", fmt.Errorf("write text of mail %s: %w", name, err)
	}
	// A line break in a subject would begin another header.
	subject = strings.Join(strings.Fields(title.String()), " ")
	return subject, body.String(), strings.TrimSpace(plain.String()) + "\n", nil
}

// Mails lists the names of all mails.
func (e *Engine) Mails() []string { return sortedKeys(e.mails) }
