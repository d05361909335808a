// Package view turns templates into pages and mails.
//
// An [Engine] parses everything once, at the start: the layouts, the parts,
// and then each page with its own copy of what it uses of both, so that every
// page may define its own "main" and "head". A page's first line chooses its layout:
//
//	{{template "site" .}}
//	{{define "main"}}<h1>{{.Listing.Title}}</h1>{{end}}
//
// What can be known to be wrong at the start stops the start: a template that
// names a part, an icon or an asset that does not exist. What is left is found
// when a page is rendered, and a page is rendered into a buffer first: either
// the whole page is sent, or none of it and the caller gets the error.
//
// A page's data is a struct that embeds [Base], which the layouts read. Parts
// with more than a few values take a type of this package ([Card], [Field],
// [Pager], [Badge] …). Templates decide presence, nothing else.
//
// Files of static are served by [Engine.Static] under names that carry the
// hash of their content, so that browsers may keep them for ever.
//
// How to write a page, with every part and class: docs/pages.md.
package view

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// Engine renders pages and mails. It is safe for concurrent use.
type Engine struct {
	pages  map[string]*template.Template
	mails  map[string]mailTemplates
	assets *assets
	icons  icons
}

// New parses everything under fsys: static, icons and templates with its
// folders layout, parts, pages and mail.
func New(fsys fs.FS) (*Engine, error) {
	e := &Engine{pages: map[string]*template.Template{}, mails: map[string]mailTemplates{}}
	var err error
	if e.icons, err = loadIcons(fsys); err != nil {
		return nil, err
	}
	if e.assets, err = loadAssets(fsys); err != nil {
		return nil, err
	}
	if err := e.parsePages(fsys); err != nil {
		return nil, err
	}
	if err := e.parseMails(fsys); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *Engine) parsePages(fsys fs.FS) error {
	base, err := e.empty("").ParseFS(fsys, "templates/layout/*.html", "templates/parts/*.html")
	if err != nil {
		return fmt.Errorf("parse layouts and parts: %w", err)
	}
	files, err := fs.Glob(fsys, "templates/pages/*.html")
	if err != nil {
		return fmt.Errorf("list pages: %w", err)
	}
	for _, file := range files {
		name := stem(file)
		page, err := e.parse(fsys, file, base)
		if err != nil {
			return fmt.Errorf("parse page %s: %w", name, err)
		}
		e.pages[name] = page
	}
	if err := e.checkBase(base, e.pages); err != nil {
		return fmt.Errorf("layouts and parts: %w", err)
	}
	return nil
}

// parse is a page or the face of a mail, under a name that no part has, with
// what it uses of the base.
func (e *Engine) parse(fsys fs.FS, file string, base *template.Template) (*template.Template, error) {
	text, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, err
	}
	page, err := e.empty("page:" + stem(file)).Parse(string(text))
	if err != nil {
		return nil, err
	}
	return page, e.complete(page, base)
}

// empty is a set of templates that knows the functions.
func (e *Engine) empty(name string) *template.Template {
	return template.New(name).Funcs(e.funcs()).Option("missingkey=error")
}

// Render writes a whole page, or nothing and an error.
func (e *Engine) Render(w http.ResponseWriter, status int, page string, data any) error {
	return e.render(w, status, page, "page:"+page, data)
}

// Fragment writes one named block of a page without its layout, for scripts
// that replace a part of what is shown (data-quote).
func (e *Engine) Fragment(w http.ResponseWriter, status int, page, block string, data any) error {
	return e.render(w, status, page, block, data)
}

func (e *Engine) render(w http.ResponseWriter, status int, page, block string, data any) error {
	t, ok := e.pages[page]
	if !ok {
		return fmt.Errorf("render page %q: there is no templates/pages/%s.html", page, page)
	}
	var out bytes.Buffer
	if err := t.ExecuteTemplate(&out, block, data); err != nil {
		return fmt.Errorf("render page %s: %w", page, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(out.Len()))
	w.WriteHeader(status)
	// A write fails when the browser has gone: nobody is left to tell.
	_, _ = out.WriteTo(w)
	return nil
}

// Pages lists the names of all pages.
func (e *Engine) Pages() []string { return sortedKeys(e.pages) }

func stem(file string) string { return strings.TrimSuffix(path.Base(file), path.Ext(file)) }
