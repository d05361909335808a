package listing

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	_ "image/png" // registers the format
	"io"
	"slices"

	"hearth/internal/fault"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // registers the format
)

// What a photo may be. The pixels are counted from the header, before any is
// decoded.
const (
	MaxPhotoBytes  = 20 << 20
	MaxPhotoPixels = 40_000_000
	minPhotoWidth  = 400
	minPhotoHeight = 300
	photoQuality   = 76
)

// photoWidths are the widths that photos are stored in; none is wider than
// what was uploaded, so a small photo has fewer.
var photoWidths = [...]int{1920, 1200, 960, 640, 400}

// Processed is an uploaded photo made ready: upright, without metadata, one
// JPEG per width.
type Processed struct {
	Width, Height int // of the widest file
	Files         []PhotoFile
}

// PhotoFile is one width of a photo.
type PhotoFile struct {
	Width int
	JPEG  []byte
}

// ProcessPhoto reads a JPEG, PNG or WebP. What cannot be used is Invalid with
// a message for the field "photos".
func ProcessPhoto(r io.Reader) (Processed, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxPhotoBytes+1))
	if err != nil {
		return Processed{}, fmt.Errorf("read a photo: %w", err)
	}
	if len(data) > MaxPhotoBytes {
		return Processed{}, fault.Field("photos", "A photo may have at most %d MB.", MaxPhotoBytes>>20)
	}
	turn, err := inspect(data)
	if err != nil {
		return Processed{}, err
	}
	picture, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return Processed{}, fault.Field("photos", "That picture is damaged. Try to export it again.")
	}
	return develop(picture, turn)
}

// inspect refuses by the header alone what must not be decoded.
func inspect(data []byte) (turn int, err error) {
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if !slices.Contains([]string{"jpeg", "png", "webp"}, format) { // whatever other formats the program can read
		return 0, fault.Field("photos", "Upload photos as JPEG, PNG or WebP.")
	}
	if err != nil {
		return 0, fault.Field("photos", "That picture is damaged. Try to export it again.")
	}
	if int64(config.Width)*int64(config.Height) > MaxPhotoPixels {
		return 0, fault.Field("photos", "A photo may have at most %d megapixels.", MaxPhotoPixels/1_000_000)
	}
	turn = 1
	if format == "jpeg" {
		turn = orientation(data)
	}
	width, height := config.Width, config.Height
	if turn >= 5 {
		width, height = height, width
	}
	if width < minPhotoWidth || height < minPhotoHeight {
		return 0, fault.Field("photos", "A photo must be at least %d × %d pixels.", minPhotoWidth, minPhotoHeight)
	}
	return turn, nil
}

// develop shrinks first and turns what is left, then makes each smaller file
// from the one before.
func develop(picture image.Image, turn int) (Processed, error) {
	upright := turned(shrink(picture, turn), turn)
	var p Processed
	for _, width := range photoWidths {
		if width > upright.Bounds().Dx() {
			continue
		}
		upright = scaled(upright, width, upright.Bounds().Dy()*width/upright.Bounds().Dx())
		if len(p.Files) == 0 {
			p.Width, p.Height = width, upright.Bounds().Dy()
		}
		var file bytes.Buffer
		if err := jpeg.Encode(&file, upright, &jpeg.Options{Quality: photoQuality}); err != nil {
			return Processed{}, fmt.Errorf("encode a photo: %w", err)
		}
		p.Files = append(p.Files, PhotoFile{width, file.Bytes()})
	}
	return p, nil
}

// shrink brings the picture, as it lies, down to the widest width it will
// have once upright, on white where it is transparent.
func shrink(picture image.Image, turn int) *image.RGBA {
	size := picture.Bounds().Size()
	across, along := &size.X, &size.Y
	if turn >= 5 {
		across, along = along, across
	}
	if widest := photoWidths[0]; *across > widest {
		*across, *along = widest, max(1, *along*widest / *across)
	}
	target := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(target, target.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.CatmullRom.Scale(target, target.Bounds(), picture, picture.Bounds(), draw.Over, nil)
	return target
}

func scaled(picture *image.RGBA, width, height int) *image.RGBA {
	if picture.Bounds().Dx() == width {
		return picture
	}
	target := image.NewRGBA(image.Rect(0, 0, width, max(1, height)))
	draw.CatmullRom.Scale(target, target.Bounds(), picture, picture.Bounds(), draw.Src, nil)
	return target
}

// turned brings a picture upright by EXIF's number.
func turned(p *image.RGBA, turn int) *image.RGBA {
	if turn <= 1 {
		return p
	}
	w, h := p.Bounds().Dx(), p.Bounds().Dy()
	size := image.Pt(w, h)
	if turn >= 5 {
		size = image.Pt(h, w)
	}
	upright := image.NewRGBA(image.Rectangle{Max: size})
	for y := range h {
		for x := range w {
			to := destination(turn, x, y, w-1, h-1)
			upright.SetRGBA(to.X, to.Y, p.RGBAAt(x, y))
		}
	}
	return upright
}

// destination is where the pixel x, y of a picture whose last pixel is right,
// bottom belongs when it is upright.
func destination(turn, x, y, right, bottom int) image.Point {
	switch turn {
	case 2:
		return image.Pt(right-x, y)
	case 3:
		return image.Pt(right-x, bottom-y)
	case 4:
		return image.Pt(x, bottom-y)
	case 5:
		return image.Pt(y, x)
	case 6:
		return image.Pt(bottom-y, x)
	case 7:
		return image.Pt(bottom-y, right-x)
	case 8:
		return image.Pt(y, right-x)
	}
	return image.Pt(x, y)
}
