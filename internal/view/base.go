package view

import (
	"hash/fnv"
	"strings"
	"time"
	"unicode"
)

// Base is what every page shows around its own content. A page's struct
// embeds it; the site fills it for each request.
type Base struct {
	Title, Description string
	User               *UserInfo // nil: nobody is logged in
	Theme              string    // "light", "dark", or "" for the system's choice
	Flash              []Flash
	Path               string // this page's own path and query, to come back to
	Search             SearchBox
	Nav                string         // the current item of the navigation: "trips", "owner:today", "admin:refunds"
	Counts             map[string]int // numbers beside items of the navigation, by the same keys; 0 is not shown
	RequestID          string
	Sandbox            bool // no real money moves: a strip says so
	Year               int
	Now                time.Time
}

// IsAdminPage tells the layout "app" which of its two navigations to show.
func (b Base) IsAdminPage() bool { return strings.HasPrefix(b.Nav, "admin:") }

// UserInfo is who is logged in.
type UserInfo struct {
	ID, Name, Email  string
	IsOwner, IsAdmin bool
	Initial          string
	AvatarColor      int // 0 to 4, see AvatarColor
}

// Flash is a message about what was just done. Kind: "ok", "warn", "bad", "info".
type Flash struct{ Kind, Text string }

// Icon goes with the kind, as colour alone does not speak.
func (f Flash) Icon() string {
	return map[string]string{"ok": "circle-check", "warn": "triangle-alert", "bad": "circle-alert"}[f.Kind]
}

// SearchBox is what the person last searched for. In and Out are ISO dates, Min
// is today's; Guests counts people, 0 for not said.
type SearchBox struct {
	Where, In, Out, Min string
	Guests              int
}

// Dates says the stay in a few words, "" when there is none.
func (s SearchBox) Dates() string {
	in, errIn := time.Parse(time.DateOnly, s.In)
	out, errOut := time.Parse(time.DateOnly, s.Out)
	if errIn != nil || errOut != nil {
		return ""
	}
	return Stay(in, out)
}

// Avatar is a person's round initial. Size is 32, 40, 48 or 96.
type Avatar struct {
	Initial     string
	Color, Size int
}

// NewAvatar gives the same person the same colour everywhere.
func NewAvatar(id, name string, size int) Avatar {
	return Avatar{Initial: Initial(name), Color: AvatarColor(id), Size: size}
}

// AvatarColor picks one of five colours by a person's id.
func AvatarColor(id string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return int(h.Sum32() % 5)
}

// Initial is a name's first letter, "?" when it has none.
func Initial(name string) string {
	for _, r := range strings.TrimSpace(name) {
		return string(unicode.ToUpper(r))
	}
	return "?"
}

// ErrorPage is the data of the page "error". Status decides what it offers:
// 404 a search, 409 the alternatives, 500 the request id.
type ErrorPage struct {
	Base
	Status       int
	Message      string // fit for people; "" lets the page choose its words
	Alternatives []Link // on 409: other dates, for example
}

// Link is a word that leads somewhere.
type Link struct{ Text, Href string }
