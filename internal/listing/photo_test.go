package listing_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"

	"hearth/internal/fault"
	"hearth/internal/listing"
	"hearth/internal/postgres"
	"hearth/internal/testkit/pgtest"

	"github.com/jackc/pgx/v5"
)

var (
	red, green, blue, yellow = color.RGBA{255, 0, 0, 255}, color.RGBA{0, 255, 0, 255}, color.RGBA{0, 0, 255, 255}, color.RGBA{255, 255, 0, 255}
)

// quarters is red and green above blue and yellow.
func quarters(w, h int) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			p.SetRGBA(x, y, [][]color.RGBA{{red, green}, {blue, yellow}}[min(1, 2*y/h)][min(1, 2*x/w)])
		}
	}
	return p
}

func asJPEG(t *testing.T, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withExif inserts an EXIF segment with an orientation and a place name.
func withExif(file []byte, order binary.AppendByteOrder, mark string, orientation uint16) []byte {
	tiff := []byte(mark)
	tiff = order.AppendUint16(tiff, 42)
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 2)
	for _, entry := range [][2]uint16{{0x010F, 7}, {0x0112, orientation}} {
		tiff = order.AppendUint16(tiff, entry[0])
		tiff = order.AppendUint16(tiff, 3)
		tiff = order.AppendUint32(tiff, 1)
		tiff = order.AppendUint16(tiff, entry[1])
		tiff = order.AppendUint16(tiff, 0)
	}
	payload := append([]byte("Exif\x00\x00"), tiff...)
	payload = append(payload, "GPS 38.9399 -119.9772"...)
	segment := binary.BigEndian.AppendUint16([]byte{0xFF, 0xE1}, uint16(len(payload)+2))
	return slices.Concat(file[:2], segment, payload, file[2:])
}

func process(t *testing.T, data []byte) listing.Processed {
	t.Helper()
	p, err := listing.ProcessPhoto(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func widths(p listing.Processed) (w []int) {
	for _, f := range p.Files {
		w = append(w, f.Width)
	}
	return w
}

func near(a color.Color, b color.RGBA) bool {
	r, g, bl, _ := a.RGBA()
	off := func(x uint32, y uint8) bool { d := int(x>>8) - int(y); return d > 40 || d < -40 }
	return !off(r, b.R) && !off(g, b.G) && !off(bl, b.B)
}

// Every orientation comes out with the corners where a person saw them, and
// without a word of metadata.
func TestPhotosAreTurnedUprightAndStripped(t *testing.T) {
	file := asJPEG(t, quarters(800, 600))
	corners := map[uint16][4]color.RGBA{ // top left, top right, bottom left, bottom right
		1: {red, green, blue, yellow}, 2: {green, red, yellow, blue}, 3: {yellow, blue, green, red}, 4: {blue, yellow, red, green},
		5: {red, blue, green, yellow}, 6: {blue, red, yellow, green}, 7: {yellow, green, blue, red}, 8: {green, yellow, red, blue},
		9: {red, green, blue, yellow},
	}
	for orientation, want := range corners {
		for mark, order := range map[string]binary.AppendByteOrder{"II": binary.LittleEndian, "MM": binary.BigEndian} {
			p := process(t, withExif(file, order, mark, orientation))
			wantWidths := []int{640, 400}
			if orientation >= 5 && orientation <= 8 {
				wantWidths = []int{400}
			}
			if !slices.Equal(widths(p), wantWidths) {
				t.Fatalf("orientation %d: widths %v", orientation, widths(p))
			}
			for _, f := range p.Files {
				if bytes.Contains(f.JPEG, []byte("Exif")) || bytes.Contains(f.JPEG, []byte("GPS")) {
					t.Errorf("orientation %d: metadata is still there", orientation)
				}
				picture, err := jpeg.Decode(bytes.NewReader(f.JPEG))
				if err != nil {
					t.Fatal(err)
				}
				b := picture.Bounds()
				w, h := b.Dx(), b.Dy()
				if w != f.Width {
					t.Errorf("width %d, want %d", w, f.Width)
				}
				for i, at := range []image.Point{{w / 4, h / 4}, {3 * w / 4, h / 4}, {w / 4, 3 * h / 4}, {3 * w / 4, 3 * h / 4}} {
					if !near(picture.At(at.X, at.Y), want[i]) {
						t.Errorf("orientation %d (%s), corner %d: %v, want %v", orientation, mark, i, picture.At(at.X, at.Y), want[i])
					}
				}
			}
		}
	}
}

func TestPhotoSizesAreNeverEnlarged(t *testing.T) {
	for _, c := range []struct {
		w, h int
		want []int
	}{{400, 300, []int{400}}, {1300, 900, []int{1200, 960, 640, 400}}, {2400, 1600, []int{1920, 1200, 960, 640, 400}}, {500, 3000, []int{400}}} {
		p := process(t, asJPEG(t, quarters(c.w, c.h)))
		if !slices.Equal(widths(p), c.want) || p.Width != c.want[0] {
			t.Errorf("%d × %d: %v, width %d", c.w, c.h, widths(p), p.Width)
		}
		if ratio := float64(p.Height) / float64(p.Width) * float64(c.w) / float64(c.h); ratio < 0.99 || ratio > 1.01 {
			t.Errorf("%d × %d became %d × %d", c.w, c.h, p.Width, p.Height)
		}
	}
}

func TestTransparentPhotosLieOnWhite(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, 640, 480))); err != nil {
		t.Fatal(err)
	}
	picture, err := jpeg.Decode(bytes.NewReader(process(t, b.Bytes()).Files[0].JPEG))
	if err != nil || !near(picture.At(10, 10), color.RGBA{255, 255, 255, 255}) {
		t.Errorf("%v, %v", picture.At(10, 10), err)
	}
}

// hugePNG is a few bytes that claim to be many pixels.
func hugePNG(w, h uint32) []byte {
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), w), h)
	header = append(header, 8, 2, 0, 0, 0)
	file := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	file = append(file, header...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(header))
}

func TestPhotosThatCannotBeUsedAreRefused(t *testing.T) {
	var animated bytes.Buffer
	if err := gif.Encode(&animated, quarters(640, 480), nil); err != nil {
		t.Fatal(err)
	}
	whole := asJPEG(t, quarters(800, 600))
	for name, c := range map[string]struct {
		data []byte
		says string
	}{
		"a bomb":      {hugePNG(100_000, 100_000), "megapixels"},
		"just over":   {hugePNG(40_001, 1_000), "megapixels"},
		"a GIF":       {animated.Bytes(), "JPEG, PNG or WebP"},
		"an SVG":      {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), "JPEG, PNG or WebP"},
		"nothing":     {nil, "JPEG, PNG or WebP"},
		"half a file": {whole[:len(whole)/2], "damaged"},
		"a stamp":     {asJPEG(t, quarters(399, 600)), "at least 400"},
		"a strip":     {asJPEG(t, quarters(800, 299)), "at least 400 × 300"},
		"on its side": {withExif(asJPEG(t, quarters(800, 350)), binary.BigEndian, "MM", 6), "at least 400"},
		"too heavy":   {append(whole, make([]byte, listing.MaxPhotoBytes)...), "20 MB"},
	} {
		_, err := listing.ProcessPhoto(bytes.NewReader(c.data))
		if f, ok := fault.Of(err); !ok || !strings.Contains(f.Fields["photos"], c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzProcessPhoto(f *testing.F) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, quarters(400, 300), nil); err != nil {
		f.Fatal(err)
	}
	f.Add(withExif(b.Bytes(), binary.LittleEndian, "II", 6))
	f.Add(hugePNG(5, 5))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := listing.ProcessPhoto(bytes.NewReader(data)); err != nil && !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
	})
}

func TestPhotosKeepTheirOrder(t *testing.T) {
	tx := pgtest.Tx(t)
	home, other := draft(t, tx, owner(t, tx), "Cabin"), draft(t, tx, owner(t, tx), "Other")
	a, b, c, d := photo(t, tx, home.ID), photo(t, tx, home.ID), photo(t, tx, home.ID), photo(t, tx, home.ID)
	foreign := photo(t, tx, other.ID)
	names := map[listing.PhotoID]string{a.ID: "a", b.ID: "b", c.ID: "c", d.ID: "d"}
	for _, step := range []struct {
		what string
		do   func(pgx.Tx) error
		want string
	}{
		{"as they came", func(pgx.Tx) error { return nil }, "abcd"},
		{"b up", func(tx pgx.Tx) error { return listing.MovePhoto(ctx, tx, home.ID, b.ID, -1) }, "bacd"},
		{"b up at the top", func(tx pgx.Tx) error { return listing.MovePhoto(ctx, tx, home.ID, b.ID, -1) }, "bacd"},
		{"d down at the end", func(tx pgx.Tx) error { return listing.MovePhoto(ctx, tx, home.ID, d.ID, 1) }, "bacd"},
		{"a down", func(tx pgx.Tx) error { return listing.MovePhoto(ctx, tx, home.ID, a.ID, 1) }, "bcad"},
		{"d first", func(tx pgx.Tx) error { return listing.SetCover(ctx, tx, home.ID, d.ID) }, "dbca"},
		{"without b", func(tx pgx.Tx) error { return listing.DeletePhoto(ctx, tx, home.ID, b.ID) }, "dca"},
	} {
		if err := postgres.InTx(ctx, tx, step.do); err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
		photos, err := listing.Photos(ctx, tx, home.ID)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for i, p := range photos {
			if got += names[p.ID]; p.Position != i {
				t.Errorf("%s: position %d at %d", step.what, p.Position, i)
			}
		}
		if got != step.want {
			t.Errorf("%s: %s, want %s", step.what, got, step.want)
		}
	}
	if _, err := tx.Exec(ctx, `SET CONSTRAINTS ALL IMMEDIATE`); err != nil {
		t.Error(err)
	}
	for what, err := range map[string]error{
		"move":   listing.MovePhoto(ctx, tx, home.ID, foreign.ID, 1),
		"cover":  listing.SetCover(ctx, tx, home.ID, foreign.ID),
		"delete": listing.DeletePhoto(ctx, tx, home.ID, foreign.ID),
		"alt":    listing.SetAlt(ctx, tx, home.ID, foreign.ID, "Mine"),
	} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%s of another home's photo: %v", what, err)
		}
	}
}

func TestPhotoFilesAndAlt(t *testing.T) {
	tx := pgtest.Tx(t)
	home := draft(t, tx, owner(t, tx), "Cabin")
	p, err := listing.AddPhoto(ctx, tx, home.ID, listing.Processed{Width: 640, Height: 480, Files: []listing.PhotoFile{{640, []byte("wide")}, {400, []byte("narrow")}}}, " A lake ", now)
	if err != nil || p.Alt != "A lake" {
		t.Fatalf("%+v, %v", p, err)
	}
	for width, want := range map[int]string{100: "narrow", 400: "narrow", 500: "narrow", 640: "wide", 1920: "wide"} {
		if got, err := listing.PhotoJPEG(ctx, tx, p.ID, width); err != nil || string(got) != want {
			t.Errorf("%d: %q, %v", width, got, err)
		}
	}
	if _, err := listing.PhotoJPEG(ctx, tx, "nothing", 400); !fault.Is(err, fault.NotFound) {
		t.Errorf("no photo: %v", err)
	}
	if err := listing.SetAlt(ctx, tx, home.ID, p.ID, strings.Repeat("x", 201)); !fault.Is(err, fault.Invalid) {
		t.Errorf("a long alt: %v", err)
	}
	if err := listing.SetAlt(ctx, tx, home.ID, p.ID, "Dock"); err != nil {
		t.Error(err)
	}
	if got, err := listing.PhotoByID(ctx, tx, p.ID); err != nil || got.Alt != "Dock" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestPhotosAreBounded(t *testing.T) {
	tx := pgtest.Tx(t)
	home := draft(t, tx, owner(t, tx), "Cabin")
	for range listing.MaxPhotos {
		photo(t, tx, home.ID)
	}
	if _, err := listing.AddPhoto(ctx, tx, home.ID, listing.Processed{}, "", now); err == nil {
		t.Error("a photo without a file was added")
	}
	_, err := listing.AddPhoto(ctx, tx, home.ID, listing.Processed{Width: 400, Height: 300, Files: []listing.PhotoFile{{400, []byte("x")}}}, "", now)
	if fields(t, err)["photos"] == "" {
		t.Error(err)
	}
}
