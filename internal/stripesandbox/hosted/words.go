package hosted

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// Words are the texts of Checkout in one language, and how that language writes
// money, days and countries. The texts are in words.tsv, a column for each.
type Words struct {
	column int
	region string // of the person, where their browser tells it
}

// languages are the columns of words.tsv.
var languages = []language.Tag{language.English, language.German, language.French, language.Spanish, language.Italian, language.Dutch, language.Portuguese, language.Japanese}

var matcher = sync.OnceValue(func() language.Matcher { return language.NewMatcher(languages) })

// table is words.tsv by key.
var table = sync.OnceValue(func() map[string][]string {
	rows := map[string][]string{}
	for line := range strings.Lines(string(embedded("words.tsv"))) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		rows[cells[0]] = cells[1:]
	}
	return rows
})

// WordsFor are the words of a session's locale, or where it leaves that open, of
// the browser's Accept-Language.
func WordsFor(locale, accept string) Words {
	wanted, _, _ := language.ParseAcceptLanguage(accept)
	var region string
	if len(wanted) > 0 {
		if r, confidence := wanted[0].Region(); confidence == language.Exact {
			region = r.String()
		}
	}
	if locale != "" && locale != "auto" {
		wanted = []language.Tag{language.Make(locale)}
	}
	_, column, _ := matcher().Match(wanted...)
	return Words{column, region}
}

func (w Words) tag() language.Tag { return languages[w.column] }

// Lang is the language's tag, for the page's lang.
func (w Words) Lang() string { return w.tag().String() }

// Say is a text of the table, with what belongs in its places.
func (w Words) Say(key string, parts ...any) string {
	texts, ok := table()[key]
	if !ok {
		panic("no words for " + key)
	}
	text := texts[w.column]
	for i, part := range parts {
		if m, ok := part.(Money); ok {
			parts[i] = w.Money(m)
		}
	}
	if len(parts) == 0 {
		return text
	}
	return fmt.Sprintf(text, parts...)
}

// Said is the text of the table, or the fallback where there is none.
func (w Words) Said(key, fallback string) string {
	if _, ok := table()[key]; !ok {
		return fallback
	}
	return w.Say(key)
}

// Money writes an amount as the language does.
func (w Words) Money(m Money) string {
	switch w.Lang() {
	case "en", "ja":
		return m.String()
	case "nl":
		return m.written(".", ",", true)
	case "fr":
		return m.written("\u202f", ",", false)
	}
	return m.written(".", ",", false)
}

// Moment writes an instant so that no order of day and month can be mistaken.
func (w Words) Moment(t time.Time) string {
	if w.Lang() == "en" {
		return t.UTC().Format("2 Jan 2006, 15:04:05 UTC")
	}
	return t.UTC().Format("2006-01-02, 15:04 UTC")
}

// Every says how often a price recurs.
func (w Words) Every(interval string, count int64) string {
	if count > 1 {
		return w.Say("every_"+interval, count)
	}
	return w.Say("per_" + interval)
}

// CountryName is a country in the language.
func (w Words) CountryName(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	return display.Regions(w.tag()).Name(region)
}

// Named are countries with their names, in the language's order.
func (w Words) Named(codes []string) []Country {
	out := make([]Country, 0, len(codes))
	for _, code := range codes {
		out = append(out, Country{code, w.CountryName(code)})
	}
	order := collate.New(w.tag())
	slices.SortFunc(out, func(a, b Country) int { return order.CompareString(a.Name, b.Name) })
	return out
}

// Home is the country that a form begins with: the person's own if cards are
// offered there, else the United States.
func (w Words) Home() string {
	for _, c := range Countries {
		if c.Code == w.region {
			return w.region
		}
	}
	return "US"
}
