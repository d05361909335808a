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

func TestWhatADocumentSays(t *testing.T) {
	reader, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext (poppler-utils) is not here to read it")
	}
	file := filepath.Join(t.TempDir(), "x.pdf")
	if err := os.WriteFile(file, document(t), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command(reader, "-layout", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	bare := strings.Join(strings.Fields(string(text)), "") // readers differ in what is a space
	for _, want := range []string{"Statement, May 2027", "Žofie Müller", "(€)", "9,600.00", "1 / 3"} {
		if !strings.Contains(bare, strings.ReplaceAll(want, " ", "")) {
			t.Errorf("%q is not in it", want)
		}
	}
	if n := strings.Count(string(text), "Amount"); n < 3 {
		t.Errorf("the heads stand on %d pages, want every one", n)
	}
	if strings.Contains(string(text), "Nothing") {
		t.Error("a fact without a value is shown")
	}
}
