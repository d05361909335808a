package view

import (
	"net/url"
	"strconv"
	"time"

	"hearth/internal/money"
)

// Photo is a picture of a home; its sizes are served under PhotoURL. Alt says
// what is on it.
type Photo struct{ ID, Alt string }

// Card is a home among others: the part "card". The total with all mandatory
// fees is the loudest text, as the law on fees wants it: for the searched stay,
// or for the home's shortest one while no dates are given.
type Card struct {
	ID, Href, Title, Place string
	Meta                   string // a few facts: "3 bedrooms · Free cancellation"
	Tag                    string // a distinction that data backs: "Tenants’ favourite"
	Rating                 string // "4.97"; "" while there are no reviews
	Reviews                int
	Photos                 []Photo
	Nights                 int          // 0: there is no total to show yet
	Total                  money.Amount // of all nights, all mandatory fees included
	Night                  money.Amount
	Saved, Eager           bool   // Eager: the first two of a page, whose photos load at once
	SaveHref               string // where the heart posts; "" for no heart
}

// Gallery is the pictures on top of a home's page: the part "gallery".
type Gallery struct {
	Photos []Photo // the first five are shown
	Href   string  // the page with all of them
}

// Shown are the first five photos.
func (g Gallery) Shown() []Photo { return g.Photos[:min(5, len(g.Photos))] }

// Line is one line of a list of names and values: the parts "breakdown" and "kv".
type Line struct {
	Label, Note, Value string
	Sum                bool // the last line, above which a rule is drawn
	Badge              *Badge
}

// Tab is one of a row of links that filter a list: the part "tabs". N is the
// count behind it, -1 for none.
type Tab struct {
	Name, Href string
	N          int
	Current    bool
}

// Toolbar is a list's search box and its active filters: the part "toolbar".
// Hidden are the query values that the search must keep.
type Toolbar struct {
	Action, Label, Placeholder, Query string
	Hidden                            []Option
	Chips                             []Chip
	ClearHref                         string
}

// Chip is an active filter; its link leads to the same list without it.
type Chip struct{ Text, Href string }

// Column is a table's head that may sort: the part "column". Sort is "",
// "ascending" or "descending"; a column without Href does not sort.
type Column struct {
	Name, Href, Sort string
	Number           bool // aligned to the right
}

// Step is one line of a checklist: the part "steps". Action is the button of
// what is next; with Post it is a form.
type Step struct {
	Title, Text, Action, Href string
	Done, Post                bool
}

// Happening is one entry of a timeline, newest first: the part "timeline".
type Happening struct {
	Icon, Tone, Title, Text string
	Code, Href              string // an identifier, and where it leads
	At                      time.Time
}

// Empty is what a list shows when there is nothing: the part "empty".
type Empty struct{ Icon, Text, Action, Href string }

// Pager leads through the pages of a list: the part "pager". Pages may be
// empty when only the neighbours are known.
type Pager struct {
	Prev, Next      string // hrefs, "" at the ends
	Pages           []PageLink
	From, To, Total int // "26–50 of 1,284"; Total 0 says nothing
}

// PageLink is a page's number; Href is "" for a gap.
type PageLink struct {
	N       int
	Href    string
	Current bool
}

// NewPager makes the pager of a list with numbered pages. It keeps the query
// of the address and sets only "page".
func NewPager(at *url.URL, page, size, total int) Pager {
	last := max(1, (total+size-1)/size)
	page = min(max(page, 1), last)
	href := func(n int) string {
		query := at.Query()
		query.Set("page", strconv.Itoa(n))
		if n == 1 {
			query.Del("page")
		}
		return (&url.URL{Path: at.Path, RawQuery: query.Encode()}).String()
	}
	p := Pager{From: (page-1)*size + 1, To: min(page*size, total), Total: total}
	if page > 1 {
		p.Prev = href(page - 1)
	}
	if page < last {
		p.Next = href(page + 1)
	}
	for n := 1; n <= last; n++ {
		near := n == 1 || n == last || (n >= page-1 && n <= page+1)
		switch {
		case near:
			p.Pages = append(p.Pages, PageLink{N: n, Href: href(n), Current: n == page})
		case p.Pages[len(p.Pages)-1].Href != "":
			p.Pages = append(p.Pages, PageLink{})
		}
	}
	if last == 1 {
		p.Pages = nil
	}
	return p
}
