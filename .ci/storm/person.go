package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// person is somebody with a browser without scripts. What fails they try
// again, the same form with the same token, as people do.
type person struct {
	world       *world
	name, email string
	id          string
	ip          string
	http        *http.Client
}

func (w *world) newPerson(name string, n int) (*person, error) {
	jar, err := cookiejar.New(nil)
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &person{world: w, name: name, email: fmt.Sprintf("%s%d@people.test", strings.ToLower(name), n), ip: address(n),
		http: &http.Client{Jar: jar, CheckRedirect: stay, Timeout: 40 * time.Second}}, err
}

// address is one for each number: the site counts requests by address.
func address(n int) string { return fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255) }

// page is what came back.
type page struct {
	*goquery.Document
	status int
	leads  string // where to, of a redirect
	path   string
}

// says is the page's message, for errors.
func (p page) says() string {
	return fmt.Sprintf("%s answers %d %s: %s", p.path, p.status, p.leads, strings.Join(strings.Fields(p.Find("main").Text()), " "))
}

const (
	patience = 90 * time.Second
	again    = 200 * time.Millisecond
)

func (p *person) get(ctx context.Context, path string) (page, error) {
	return p.ask(ctx, http.MethodGet, path, nil)
}

func (p *person) send(ctx context.Context, path string, form url.Values) (page, error) {
	return p.ask(ctx, http.MethodPost, path, form)
}

// ask asks until there is an answer.
func (p *person) ask(ctx context.Context, method, path string, form url.Values) (page, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for wait := again; ; wait = min(2*wait, 2*time.Second) {
		got, err := p.once(ctx, method, path, form)
		switch {
		case err != nil, got.status == http.StatusBadGateway, got.status == http.StatusServiceUnavailable, got.status == http.StatusTooManyRequests:
		case got.status >= http.StatusInternalServerError:
			p.world.books.broken(method + " " + got.says())
		default:
			return got, nil
		}
		select {
		case <-ctx.Done():
			if err == nil {
				err = errors.New(got.says())
			}
			return got, fmt.Errorf("%w: %s %s: %w", errWaiting, method, path, err)
		case <-time.After(wait):
		}
	}
}

func (p *person) once(ctx context.Context, method, path string, form url.Values) (page, error) {
	r, err := http.NewRequestWithContext(ctx, method, p.world.site+path, strings.NewReader(form.Encode()))
	if err != nil {
		return page{}, err
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("X-Forwarded-For", p.ip)
	answer, err := p.http.Do(r)
	if err != nil {
		return page{}, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return page{}, err
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(body))
	return page{doc, answer.StatusCode, strings.TrimPrefix(answer.Header.Get("Location"), p.world.site), path}, err
}

// form is what a form would send as it stands on the page; nil when it is not
// there.
func (p page) form(selector string) url.Values {
	form := p.Find(selector)
	if form.Length() != 1 {
		return nil
	}
	sent := url.Values{}
	form.Find("input[name], textarea[name], select[name]").Each(func(_ int, field *goquery.Selection) {
		name := field.AttrOr("name", "")
		switch {
		case field.Is("textarea"):
			sent.Set(name, field.Text())
		case field.Is("select"):
			sent.Set(name, field.Find("option[selected]").AttrOr("value", ""))
		case field.AttrOr("type", "text") != "checkbox":
			sent.Set(name, field.AttrOr("value", ""))
		}
	})
	return sent
}
