// Package paper makes PDF documents out of headings, text, names with values,
// and tables: evidence for a bank, a homeowner's statement. The caller gives
// words and formatted amounts; paper knows nothing of bookings or money. Pages
// are A4 with numbered feet; text is Unicode (Latin, Greek and Cyrillic letters
// have glyphs; every other is an empty box, which the document then explains). The same content and time give the same bytes.
package paper

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

const (
	margin = 18.0 // mm
	width  = 210 - 2*margin
	line   = 5.0
	family = "go"
)

// Document is written from top to bottom. The first error stays and is told by
// [Document.Bytes].
type Document struct {
	pdf   *fpdf.Fpdf
	boxes bool // a letter without a glyph was written
}

// New begins a document with its title and a line under it.
func New(title, subtitle string, made time.Time) *Document {
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.AddUTF8FontFromBytes(family, "", goregular.TTF)
	pdf.AddUTF8FontFromBytes(family, "B", gobold.TTF)
	pdf.SetTitle(title, true)
	pdf.SetCreator("Hearth", true)
	pdf.SetCreationDate(made)
	pdf.SetModificationDate(made)
	pdf.SetCatalogSort(true)
	pdf.SetMargins(margin, margin, margin)
	pdf.SetAutoPageBreak(true, 22)
	pdf.AliasNbPages("{pages}")
	pdf.SetFooterFunc(func() {
		pdf.SetY(-14)
		pdf.SetFont(family, "", 8)
		pdf.SetTextColor(90, 98, 93)
		// To the left: the number of pages is not known yet, nor how wide it is.
		pdf.CellFormat(width, 5, fmt.Sprintf("%s · %d / {pages}", title, pdf.PageNo()), "", 0, "L", false, 0, "")
	})
	pdf.AddPage()
	d := &Document{pdf: pdf}
	d.read(title, subtitle)
	d.ink("B", 17)
	pdf.MultiCell(width, 8, title, "", "L", false)
	if subtitle != "" {
		d.ink("", 10)
		pdf.MultiCell(width, line, subtitle, "", "L", false)
	}
	pdf.Ln(3)
	return d
}

// letters are those that the font has.
var letters = sync.OnceValues(func() (*sfnt.Font, error) { return sfnt.Parse(goregular.TTF) })

// read notes whether a letter has no glyph and is shown as an empty box.
func (d *Document) read(texts ...string) {
	font, err := letters()
	if err != nil {
		d.pdf.SetError(err)
		return
	}
	for _, r := range strings.Join(texts, "") {
		if i, err := font.GlyphIndex(nil, r); err != nil || (i == 0 && r != '\n') {
			d.boxes = true
		}
	}
}

func (d *Document) ink(style string, size float64) {
	d.pdf.SetFont(family, style, size)
	d.pdf.SetTextColor(26, 31, 28)
}

// Heading begins a section.
func (d *Document) Heading(text string) {
	d.read(text)
	d.pdf.Ln(3)
	if d.pdf.GetY() > 255 { // not alone at the foot of a page
		d.pdf.AddPage()
	}
	d.ink("B", 12)
	d.pdf.MultiCell(width, 6, text, "", "L", false)
	d.pdf.Ln(1)
}

// Text is a paragraph.
func (d *Document) Text(text string) {
	d.read(text)
	d.ink("", 9.5)
	d.pdf.MultiCell(width, line, text, "", "L", false)
	d.pdf.Ln(1.5)
}

// Fact is a name and its value.
type Fact struct{ Name, Value string }

// Facts are names and values, one under the other. One without a value is left
// out.
func (d *Document) Facts(facts ...Fact) {
	const name = 48.0
	for _, f := range facts {
		if f.Value == "" {
			continue
		}
		d.read(f.Name, f.Value)
		d.ink("B", 9.5)
		if d.pdf.GetY() > 268 {
			d.pdf.AddPage()
		}
		top := d.pdf.GetY()
		d.pdf.CellFormat(name, line, f.Name, "", 0, "L", false, 0, "")
		d.ink("", 9.5)
		d.pdf.SetXY(margin+name, top)
		d.pdf.MultiCell(width-name, line, f.Value, "", "L", false)
	}
	d.pdf.Ln(1.5)
}

// Column of a table: its share of the width, and where its text stands.
type Column struct {
	Name   string
	Share  float64
	Number bool // set to the right
}

// Table writes rows under their heads, which are written again on every page.
// Bold rows are sums.
func (d *Document) Table(columns []Column, rows [][]string, sums ...[]string) {
	var all float64
	for _, c := range columns {
		all += c.Share
	}
	d.row(columns, all, heads(columns), "B", "B")
	for _, r := range rows {
		d.fit(columns, all, r, "", "")
	}
	for _, r := range sums {
		d.fit(columns, all, r, "B", "T")
	}
	d.pdf.Ln(2)
}

func heads(columns []Column) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return names
}

// fit begins a new page, with the heads, where a row has no room.
func (d *Document) fit(columns []Column, all float64, cells []string, style, border string) {
	d.read(cells...)
	if d.pdf.GetY()+d.height(columns, all, cells, style) > 297-22 {
		d.pdf.AddPage()
		d.row(columns, all, heads(columns), "B", "B")
	}
	d.row(columns, all, cells, style, border)
}

func (d *Document) height(columns []Column, all float64, cells []string, style string) float64 {
	d.ink(style, 8.5)
	most := 1
	for i, c := range columns {
		if !c.Number {
			most = max(most, len(d.pdf.SplitText(cells[i], width*c.Share/all)))
		}
	}
	return float64(most)*4.4 + 1.6
}

func (d *Document) row(columns []Column, all float64, cells []string, style, border string) {
	x, y := margin, d.pdf.GetY()
	bottom := y + d.height(columns, all, cells, style)
	for i, c := range columns {
		w := width * c.Share / all
		d.pdf.SetXY(x, y+0.8)
		if c.Number {
			d.number(w, cells[i], style)
		} else {
			d.pdf.MultiCell(w, 4.4, cells[i], "", "L", false)
			bottom = max(bottom, d.pdf.GetY()+0.8)
		}
		x += w
	}
	d.pdf.SetDrawColor(223, 227, 224)
	switch border {
	case "B":
		d.pdf.Line(margin, bottom, margin+width, bottom)
	case "T":
		d.pdf.Line(margin, y, margin+width, y)
	}
	d.pdf.SetXY(margin, bottom)
}

// number writes a figure in one piece: one that is too wide is set smaller.
func (d *Document) number(w float64, text, style string) {
	for size := 8.5; size > 4; size -= 0.25 {
		d.ink(style, size)
		if d.pdf.GetStringWidth(text) <= w-2 {
			break
		}
	}
	d.pdf.CellFormat(w, 4.4, text, "", 0, "R", false, 0, "")
	d.ink(style, 8.5)
}

// Bytes is the finished document.
func (d *Document) Bytes() ([]byte, error) {
	if d.boxes {
		d.Text("An empty box stands for a letter of a script that this document cannot show.")
	}
	var out bytes.Buffer
	if err := d.write(&out); err != nil {
		return nil, fmt.Errorf("make a PDF: %w", err)
	}
	return out.Bytes(), nil
}

func (d *Document) write(w io.Writer) error { return d.pdf.Output(w) }
