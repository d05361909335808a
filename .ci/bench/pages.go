package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"
)

// readers is how many browsers there are at once.
const readers = 16

// pages is how quickly people get what they look for, through the whole site:
// router, session, rate limits, headers, log, queries, template, compression.
// The limit is a static file through the same handler.
func (w *world) pages() (suite, error) {
	in := time.Now().AddDate(0, 2, 0)
	search := "/search?guests=2&in=" + in.Format(time.DateOnly) + "&out=" + in.AddDate(0, 0, 5).Format(time.DateOnly)
	home, err := w.firstHome(search)
	return suite{title: fmt.Sprintf("Pages: %d browsers at once, compressed, the demo homes", readers), variants: []*variant{
		{name: "a static file (the stylesheet)", limit: true, cost: atServer, run: w.read("/static/css/app.css")},
		{name: "search with dates", cost: atServer, run: w.read(search)},
		{name: "a home's page", cost: atServer, run: w.read(home)},
	}}, err
}

// read asks for a path again and again. Every answer is whole, and 200.
func (w *world) read(path string) func(context.Context, time.Duration) (work, error) {
	request := get(w.address, path, "gzip")
	return func(ctx context.Context, slice time.Duration) (work, error) {
		clients, err := w.connect(readers)
		if err != nil {
			return work{}, err
		}
		for _, c := range clients {
			defer c.conn.Close()
		}
		return gang(ctx, readers, slice, func(_ context.Context, i int) (bool, error) { return true, clients[i].do(request, io.Discard) })
	}
}

var homeLink = regexp.MustCompile(`href="(/homes/[^"?]+)`)

// firstHome is the page of the first home that the search finds.
func (w *world) firstHome(search string) (string, error) {
	clients, err := w.connect(1)
	if err != nil {
		return "", err
	}
	defer clients[0].conn.Close()
	var page bytes.Buffer
	if err := clients[0].do(get(w.address, search, "identity"), &page); err != nil {
		return "", err
	}
	found := homeLink.FindSubmatch(page.Bytes())
	if found == nil {
		return "", errors.New("the search finds no home")
	}
	return string(found[1]), nil
}
