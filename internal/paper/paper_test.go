package paper_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hearth/internal/paper"
)

var made = time.Date(2027, 5, 1, 12, 0, 0, 0, time.UTC)

func document(t *testing.T) []byte {
	t.Helper()
	d := paper.New("Statement, May 2027", "Žofie Müller · acct_1", made)
	d.Heading("Stays")
	d.Text("Every amount is in euros (€).")
	d.Facts(paper.Fact{Name: "Owner", Value: "Žofie Müller"}, paper.Fact{Name: "Nothing", Value: ""})
	rows := make([][]string, 80) // more than a page
	for i := range rows {
		rows[i] = []string{"A cabin with a rather long name that needs more than one line of its column", "120.00"}
	}
	d.Table([]paper.Column{{Name: "Home", Share: 2}, {Name: "Amount", Share: 1, Number: true}}, rows, []string{"Sum", "9,600.00"})
	out, err := d.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestADocumentIsAPDFAndAlwaysTheSame(t *testing.T) {
	first := document(t)
	if !bytes.HasPrefix(first, []byte("%PDF-")) || !bytes.Contains(first, []byte("%%EOF")) {
		t.Fatalf("no PDF: %.20q", first)
	}
	if second := document(t); !bytes.Equal(first, second) {
		t.Error("the same content gave other bytes")
	}
}

// read is the text of a document as it stands on its pages.
func read(t *testing.T, document []byte) string {
	t.Helper()
	reader, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext (poppler-utils) is not here to read it")
	}
	file := filepath.Join(t.TempDir(), "x.pdf")
	if err := os.WriteFile(file, document, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command(reader, "-layout", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A figure too wide for its column is set smaller, never broken in two.
func TestFiguresStayInOnePiece(t *testing.T) {
	const figure, many = "-1,234,567,890.123", 7
	columns, row := []paper.Column{{Name: "Stay", Share: 3}}, []string{"H92YSCP4T, Lakeside A-frame"}
	for range many {
		columns, row = append(columns, paper.Column{Name: "Transferred", Share: 1.4, Number: true}), append(row, figure)
	}
	d := paper.New("Statement, May 2027", "", made)
	d.Table(columns, [][]string{row})
	out, err := d.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if text := read(t, out); strings.Count(text, figure) != many {
		t.Errorf("a figure is broken:\n%s", text)
	}
}

// A letter that the font does not have is an empty box: the document says so,
// and does not when it has them all.
func TestBoxesAreExplained(t *testing.T) {
	for name, boxed := range map[string]bool{"Žofie Müller": false, "Παναγιώτα Οικονόμου": false, "Александра": false, "山田 太郎": true} {
		d := paper.New("Receipt", "", made)
		d.Facts(paper.Fact{Name: "Customer", Value: name})
		d.Table([]paper.Column{{Name: "What", Share: 3}, {Name: "Amount", Share: 1, Number: true}}, [][]string{{"3 nights – “home’s” · – …", "−¥12,000"}})
		out, err := d.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if text := read(t, out); strings.Contains(text, "An empty box") != boxed {
			t.Errorf("%s:\n%s", name, text)
		}
	}
}

func TestWhatADocumentSays(t *testing.T) {
	text := read(t, document(t))
	bare := strings.Join(strings.Fields(text), "") // readers differ in what is a space
	for _, want := range []string{"Statement, May 2027", "Žofie Müller", "(€)", "9,600.00", "1 / 3"} {
		if !strings.Contains(bare, strings.ReplaceAll(want, " ", "")) {
			t.Errorf("%q is not in it", want)
		}
	}
	if n := strings.Count(text, "Amount"); n < 3 {
		t.Errorf("the heads stand on %d pages, want every one", n)
	}
	if strings.Contains(text, "Nothing") {
		t.Error("a fact without a value is shown")
	}
}
