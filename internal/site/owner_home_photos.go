package site

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"

	"hearth/internal/fault"
	"hearth/internal/listing"
	"hearth/internal/postgres"

	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5"
)

type ownerHomePhotosPage struct {
	ownerHomeFrame
	Photos       []numberedPhoto
	Last         int
	Action, Hint string
}

type numberedPhoto struct {
	listing.Photo
	Number int
}

func (s *Server) ownerHomePhotosPage(r *http.Request, home listing.Listing) (ownerHomePhotosPage, error) {
	p := ownerHomePhotosPage{ownerHomeFrame: s.ownerHomeFrame(r, home, "photos"), Action: sectionHref(home, "photos"),
		Hint: fmt.Sprintf("JPEG, PNG or WebP, up to %d MB each. Where they were taken is removed.", listing.MaxPhotoBytes>>20)}
	photos, err := listing.Photos(r.Context(), s.DB, home.ID)
	for i, photo := range photos {
		p.Photos = append(p.Photos, numberedPhoto{photo, i + 1})
	}
	p.Last = len(photos) - 1
	return p, err
}

func (s *Server) getOwnerHomePhotos(w http.ResponseWriter, r *http.Request) error {
	home, err := s.ownHome(r)
	if err != nil {
		return err
	}
	p, err := s.ownerHomePhotosPage(r, home)
	if err != nil {
		return err
	}
	return s.render(w, "owner_home_photos", p)
}

// postOwnerHomePhotos takes several files. Those that can be used are kept;
// about each of the others there is a message with its name.
func (s *Server) postOwnerHomePhotos(w http.ResponseWriter, r *http.Request) error {
	home, err := s.ownHome(r)
	if err != nil {
		return err
	}
	added, wrong, err := s.addPhotos(r, home.ID)
	if err != nil {
		return err
	}
	if added == 0 && len(wrong) == 0 {
		wrong = append(wrong, "Choose at least one photo.")
	}
	if len(wrong) > 0 {
		return s.photosAgain(w, r, home, fault.Field("photos", "%s", strings.Join(wrong, " ")))
	}
	s.flash(r, "ok", photosAdded(added))
	return seeOther(w, r, sectionHref(home, "photos"))
}

func photosAdded(n int) string {
	if n == 1 {
		return "1 photo added. Say what is on it."
	}
	return fmt.Sprintf("%d photos added. Say what is on each.", n)
}

// addPhotos reads the upload as it arrives, a file at a time: never more than
// one is in memory.
func (s *Server) addPhotos(r *http.Request, home listing.ID) (added int, wrong []string, err error) {
	upload, err := r.MultipartReader()
	if err != nil {
		return 0, nil, refusal{http.StatusBadRequest, "We could not read what your browser sent."}
	}
	for {
		part, err := upload.NextPart()
		if err == io.EOF {
			return added, wrong, nil
		}
		if err != nil {
			return added, wrong, unreadable(err)
		}
		if part.FormName() != "photos" || part.FileName() == "" {
			continue
		}
		switch err := s.addPhoto(r, home, part); {
		case err == nil:
			added++
		case fault.Is(err, fault.Invalid):
			f, _ := fault.Of(err)
			wrong = append(wrong, part.FileName()+": "+f.Message)
		default:
			return added, wrong, err
		}
	}
}

// addPhoto develops one file, once it has arrived. One at a time in the whole
// process: the largest takes a few hundred megabytes while it is shrunk.
func (s *Server) addPhoto(r *http.Request, home listing.ID, part *multipart.Part) error {
	file, err := io.ReadAll(io.LimitReader(part, listing.MaxPhotoBytes+1))
	if err != nil {
		return unreadable(err)
	}
	s.darkroom.Lock()
	processed, err := listing.ProcessPhoto(bytes.NewReader(file))
	s.darkroom.Unlock()
	if err != nil {
		return err
	}
	return postgres.InTx(r.Context(), s.DB, func(tx pgx.Tx) error {
		_, err := listing.AddPhoto(r.Context(), tx, home, processed, "", s.Now())
		return err
	})
}

func (s *Server) photosAgain(w http.ResponseWriter, r *http.Request, home listing.Listing, cause error) error {
	p, err := s.ownerHomePhotosPage(r, home)
	if err != nil {
		return err
	}
	p.Errors = formErrors(cause)
	return s.again(w, cause, "owner_home_photos", p)
}

// postOwnerHomePhoto does what its button says with one photo.
func (s *Server) postOwnerHomePhoto(w http.ResponseWriter, r *http.Request) error {
	home, err := s.ownHome(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return unreadable(err)
	}
	photo := listing.PhotoID(chi.URLParam(r, "photo"))
	err = postgres.InTx(r.Context(), s.DB, func(tx pgx.Tx) error {
		switch r.PostForm.Get("do") {
		case "up":
			return listing.MovePhoto(r.Context(), tx, home.ID, photo, -1)
		case "down":
			return listing.MovePhoto(r.Context(), tx, home.ID, photo, 1)
		case "cover":
			return listing.SetCover(r.Context(), tx, home.ID, photo)
		case "delete":
			return listing.DeletePhoto(r.Context(), tx, home.ID, photo)
		}
		return listing.SetAlt(r.Context(), tx, home.ID, photo, r.PostForm.Get("alt"))
	})
	if wrong := formErrors(err); wrong != nil {
		return s.photosAgain(w, r, home, err)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, sectionHref(home, "photos")+"#photo-"+string(photo))
}
