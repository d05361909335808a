package hosted_test

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"hearth/internal/stripesandbox/hosted"
)

// Every text is there in every language, with the same places for its parts, and
// every text that a page asks for is among them.
func TestWordsAreWholeInEveryLanguage(t *testing.T) {
	data, err := os.ReadFile("words.tsv")
	if err != nil {
		t.Fatal(err)
	}
	verb := regexp.MustCompile(`%(\[(\d)\])?[sd]`)
	parts := func(text string) (n int) {
		for i, m := range verb.FindAllStringSubmatch(text, -1) {
			switch {
			case m[2] == "":
				n = max(n, i+1)
			default:
				n = max(n, int(m[2][0]-'0'))
			}
		}
		return n
	}
	known := map[string]bool{}
	rows := strings.Split(strings.TrimSpace(string(data)), "\n")
	for _, row := range rows[1:] {
		cells := strings.Split(row, "\t")
		if len(cells) != 9 {
			t.Fatalf("%d cells: %s", len(cells), row)
		}
		known[cells[0]] = true
		for i, text := range cells[1:] {
			if strings.TrimSpace(text) == "" || parts(text) != parts(cells[1]) {
				t.Errorf("%s, column %d: %q beside %q", cells[0], i, text, cells[1])
			}
		}
	}
	sources, _ := filepath.Glob("templates/*.html")
	more, _ := filepath.Glob("../*.go")
	for _, path := range append(sources, more...) {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`[Ss]ay\(? ?"(\w+)"`).FindAllStringSubmatch(string(source), -1) {
			if !known[m[1]] {
				t.Errorf("%s asks for %q", path, m[1])
			}
		}
	}
}

func TestCheckoutSpeaksThePersonsLanguage(t *testing.T) {
	for _, c := range []struct{ locale, accept, lang, button string }{
		{"", "", "en", "Pay $1,200.00"},
		{"auto", "de-AT,de;q=0.9,en;q=0.8", "de", "1.200,00\u00a0$ bezahlen"},
		{"fr-CA", "de", "fr", "Payer 1\u202f200,00\u00a0$"},
		{"nl", "", "nl", "$\u00a01.200,00 betalen"},
		{"ja", "", "ja", "$1,200.00 を支払う"},
		{"pt-BR", "", "pt", "Pagar 1.200,00\u00a0$"},
		{"fi", "", "en", "Pay $1,200.00"}, // which we do not speak
	} {
		p := checkoutPage()
		p.Words = hosted.WordsFor(c.locale, c.accept)
		doc := render(t, func(w io.Writer) error { return hosted.Checkout(w, p) })
		if lang := doc.Find("html").AttrOr("lang", ""); lang != c.lang {
			t.Errorf("%+v: the page is in %q", c, lang)
		}
		if got := doc.Find("button.main").Text(); got != c.button {
			t.Errorf("%+v: the button says %q", c, got)
		}
	}
	if home := hosted.WordsFor("en", "de-AT").Home(); home != "AT" {
		t.Errorf("somebody from Austria lives in %s", home)
	}
	if name := hosted.WordsFor("de", "").CountryName("AT"); name != "Österreich" {
		t.Errorf("Austria is %q", name)
	}
	countries := hosted.WordsFor("de", "").Named([]string{"US", "AT", "ZA", "XX1"})
	if countries[0].Code != "AT" {
		t.Errorf("in order: %v", countries)
	}
}

func TestRecurringPricesInWords(t *testing.T) {
	for count, want := range map[int64]string{1: "pro Monat", 3: "alle 3 Monate"} {
		if got := hosted.WordsFor("de", "").Every("month", count); got != want {
			t.Errorf("%d: %q", count, got)
		}
	}
}
