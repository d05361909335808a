package listing

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"hearth/internal/fault"
	"hearth/internal/postgres"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// PhotoID is a photo's UUIDv7. A photo never changes; another one has another
// id, so its files may be kept by browsers for ever.
type PhotoID string

// Photo is one picture of a home; Position 0 is the cover.
type Photo struct {
	ID        PhotoID
	ListingID ID
	Position  int
	Alt       string // what is on it, for people who cannot see it
	Width     int    // of the widest file
	Height    int
}

// MaxPhotos is how many photos a home may have.
const MaxPhotos = 30

const (
	noSuchPhoto  = "We could not find that photo."
	photoColumns = `p.id, p.listing_id, p.position, p.alt, p.width, p.height`
)

// Photos are a home's pictures in order, the cover first.
func Photos(ctx context.Context, q postgres.Querier, id ID) ([]Photo, error) {
	return postgres.All[Photo](ctx, q, `SELECT `+photoColumns+` FROM listing_photos p WHERE p.listing_id = $1 ORDER BY p.position`, id)
}

// PhotoByID finds a photo.
func PhotoByID(ctx context.Context, q postgres.Querier, id PhotoID) (Photo, error) {
	if uuid.Validate(string(id)) != nil {
		return Photo{}, fault.New(fault.NotFound, noSuchPhoto)
	}
	return postgres.One[Photo](ctx, q, noSuchPhoto, `SELECT `+photoColumns+` FROM listing_photos p WHERE p.id = $1`, id)
}

// PhotoJPEG is the widest file of a photo that is not wider than asked; of a
// photo that has none so narrow, its narrowest.
func PhotoJPEG(ctx context.Context, q postgres.Querier, id PhotoID, width int) ([]byte, error) {
	if uuid.Validate(string(id)) != nil {
		return nil, fault.New(fault.NotFound, noSuchPhoto)
	}
	var file []byte
	err := q.QueryRow(ctx, `SELECT jpeg FROM listing_photo_files WHERE photo_id = $1
		ORDER BY width > $2, CASE WHEN width > $2 THEN width ELSE -width END LIMIT 1`, id, width).Scan(&file)
	if err = postgres.NotFound(err, noSuchPhoto); err != nil {
		return nil, fmt.Errorf("read photo %s: %w", id, err)
	}
	return file, nil
}

// AddPhoto puts a photo behind the others.
func AddPhoto(ctx context.Context, tx pgx.Tx, home ID, processed Processed, alt string, now time.Time) (Photo, error) {
	if len(processed.Files) == 0 {
		return Photo{}, errors.New("a photo that was not processed")
	}
	if _, err := Lock(ctx, tx, home); err != nil {
		return Photo{}, err
	}
	alt, err := cleanAlt(alt)
	if err != nil {
		return Photo{}, err
	}
	photos, err := Photos(ctx, tx, home)
	if err != nil {
		return Photo{}, err
	}
	if len(photos) >= MaxPhotos {
		return Photo{}, fault.Field("photos", "A home may have at most %d photos.", MaxPhotos)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Photo{}, err
	}
	p := Photo{PhotoID(id.String()), home, len(photos), alt, processed.Width, processed.Height}
	return p, p.insert(ctx, tx, processed.Files, now)
}

func (p Photo) insert(ctx context.Context, tx pgx.Tx, files []PhotoFile, now time.Time) error {
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO listing_photos (id, listing_id, position, alt, width, height, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, p.ID, p.ListingID, p.Position, p.Alt, p.Width, p.Height, now)
	for _, f := range files {
		batch.Queue(`INSERT INTO listing_photo_files (photo_id, width, jpeg) VALUES ($1, $2, $3)`, p.ID, f.Width, f.JPEG)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("store a photo of home %s: %w", p.ListingID, err)
	}
	return nil
}

// MovePhoto moves a photo one place towards the cover (-1) or away from it
// (+1). At either end it stays.
func MovePhoto(ctx context.Context, tx pgx.Tx, home ID, photo PhotoID, by int) error {
	return reorder(ctx, tx, home, photo, func(order []PhotoID, at int) []PhotoID {
		if to := at + by; to >= 0 && to < len(order) {
			order[at], order[to] = order[to], order[at]
		}
		return order
	})
}

// SetCover puts a photo first; the others keep their order.
func SetCover(ctx context.Context, tx pgx.Tx, home ID, photo PhotoID) error {
	return reorder(ctx, tx, home, photo, func(order []PhotoID, at int) []PhotoID {
		copy(order[1:at+1], order[:at])
		order[0] = photo
		return order
	})
}

// DeletePhoto removes a photo. A published home keeps its last one.
func DeletePhoto(ctx context.Context, tx pgx.Tx, home ID, photo PhotoID) error {
	l, err := Lock(ctx, tx, home)
	if err != nil {
		return err
	}
	err = reorder(ctx, tx, home, photo, func(order []PhotoID, at int) []PhotoID {
		return append(order[:at], order[at+1:]...)
	})
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM listing_photos WHERE id = $1 AND listing_id = $2`, photo, home); err != nil {
		return fmt.Errorf("delete photo %s: %w", photo, err)
	}
	return l.stillComplete(ctx, tx)
}

// SetAlt says what is on a photo.
func SetAlt(ctx context.Context, tx pgx.Tx, home ID, photo PhotoID, alt string) error {
	alt, err := cleanAlt(alt)
	if err != nil {
		return err
	}
	done, err := tx.Exec(ctx, `UPDATE listing_photos SET alt = $3 WHERE id = $1 AND listing_id = $2`, photo, home, alt)
	if err != nil {
		return fmt.Errorf("describe photo %s: %w", photo, err)
	}
	if done.RowsAffected() == 0 {
		return fault.New(fault.NotFound, noSuchPhoto)
	}
	return nil
}

// reorder locks the home and writes the positions of the order that arrange
// makes of the present one.
func reorder(ctx context.Context, tx pgx.Tx, home ID, photo PhotoID, arrange func(order []PhotoID, at int) []PhotoID) error {
	if _, err := Lock(ctx, tx, home); err != nil {
		return err
	}
	photos, err := Photos(ctx, tx, home)
	if err != nil {
		return err
	}
	order, at := make([]PhotoID, len(photos)), -1
	for i, p := range photos {
		if order[i] = p.ID; p.ID == photo {
			at = i
		}
	}
	if at < 0 {
		return fault.New(fault.NotFound, noSuchPhoto)
	}
	order = arrange(order, at)
	_, err = tx.Exec(ctx, `UPDATE listing_photos p SET position = o.n - 1
		FROM unnest($2::uuid[]) WITH ORDINALITY o (id, n) WHERE p.id = o.id AND p.listing_id = $1`, home, order)
	if err != nil {
		return fmt.Errorf("order the photos of home %s: %w", home, err)
	}
	return nil
}

func cleanAlt(alt string) (string, error) {
	alt = strings.TrimSpace(alt)
	if utf8.RuneCountInString(alt) > 200 || !utf8.ValidString(alt) || strings.ContainsRune(alt, 0) {
		return "", fault.Field("alt", "Describe the photo in at most 200 characters.")
	}
	return alt, nil
}
