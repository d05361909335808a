package view

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"
)

// asset is one static file, ready to be sent.
type asset struct {
	url, etag, kind string
	plain, gzipped  []byte // gzipped is nil where it would not be smaller
}

// assets are the static files by their own names ("css/app.css").
type assets struct{ byName map[string]*asset }

var (
	cssURL  = regexp.MustCompile(`url\(["']?([^"')]+)["']?\)`)
	hashed  = regexp.MustCompile(`\.[0-9a-f]{12}(\.[a-z0-9]+)$`)
	gzipped = []string{".css", ".js", ".svg", ".txt", ".json", ".webmanifest"}
)

// loadAssets reads static. Stylesheets come last, since they name other files
// and are given the hashed names of those.
func loadAssets(fsys fs.FS) (*assets, error) {
	all := &assets{byName: map[string]*asset{}}
	var sheets []string
	err := fs.WalkDir(fsys, "static", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || entry.IsDir():
			return err
		case path.Ext(file) == ".css":
			sheets = append(sheets, file)
			return nil
		}
		return all.load(fsys, file)
	})
	for _, file := range sheets {
		if err == nil {
			err = all.load(fsys, file)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("load static files: %w", err)
	}
	return all, nil
}

func (all *assets) load(fsys fs.FS, file string) error {
	content, err := fs.ReadFile(fsys, file)
	if err != nil {
		return err
	}
	name, ext := strings.TrimPrefix(file, "static/"), path.Ext(file)
	if ext == ".css" {
		if content, err = all.linkSheet(name, content); err != nil {
			return err
		}
	}
	sum := sha256.Sum256(content)
	hash := hex.EncodeToString(sum[:6])
	a := &asset{
		url:   "/static/" + strings.TrimSuffix(name, ext) + "." + hash + ext,
		etag:  hash,
		kind:  kindOf(ext),
		plain: content,
	}
	if strings.Contains(strings.Join(gzipped, " ")+" ", ext+" ") {
		a.gzipped = compress(content)
	}
	all.byName[name] = a
	return nil
}

// linkSheet replaces the relative addresses in a stylesheet by hashed ones.
func (all *assets) linkSheet(name string, content []byte) ([]byte, error) {
	var missing error
	linked := cssURL.ReplaceAllFunc(content, func(match []byte) []byte {
		target := path.Join(path.Dir(name), string(cssURL.FindSubmatch(match)[1]))
		address, err := all.url(target)
		if err != nil {
			missing = fmt.Errorf("%s: %w", name, err)
		}
		return []byte("url(" + address + ")")
	})
	return linked, missing
}

// url is where browsers find a static file.
func (all *assets) url(name string) (string, error) {
	a, ok := all.byName[name]
	if !ok {
		return "", fmt.Errorf("there is no static file web/static/%s", name)
	}
	return a.url, nil
}

// Static serves the static files under /static/. A name with the current hash
// may be kept for ever; a bare name, or the hash of another release (a page
// rendered by it may still ask), gets the current file and must be asked for
// again.
func (e *Engine) Static() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/static/")
		a, ok := e.assets.byName[hashed.ReplaceAllString(name, "$1")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", a.kind)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-cache")
		if r.URL.Path == a.url {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		content, etag := a.plain, a.etag
		if a.gzipped != nil {
			h.Set("Vary", "Accept-Encoding")
			if acceptsGzip(r) {
				h.Set("Content-Encoding", "gzip")
				content, etag = a.gzipped, a.etag+"-gz"
			}
		}
		h.Set("ETag", `"`+etag+`"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	})
}

// acceptsGzip leaves browsers out that name gzip only to refuse it (q=0).
func acceptsGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(coding, ";")
		if strings.TrimSpace(name) == "gzip" {
			return strings.TrimSpace(weight) != "q=0"
		}
	}
	return false
}

func compress(content []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	_, _ = w.Write(content) // into memory: cannot fail
	_ = w.Close()
	if out.Len() >= len(content) {
		return nil
	}
	return out.Bytes()
}

// kindOf does not ask the machine's own list, so that every machine agrees.
func kindOf(ext string) string {
	switch ext {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".woff2":
		return "font/woff2"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	if kind := mime.TypeByExtension(ext); kind != "" {
		return kind
	}
	return "application/octet-stream"
}
