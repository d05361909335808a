package site

import (
	"net/http"
	"strconv"
	"strings"

	"hearth/internal/fault"
	"hearth/internal/listing"
	"hearth/internal/user"
	"hearth/internal/view"

	"github.com/go-chi/chi/v5"
)

type listingPhotosPage struct {
	page
	Home   listing.Listing
	Photos []listing.Photo
	Empty  view.Empty
}

func (s *Server) getListingPhotos(w http.ResponseWriter, r *http.Request) error {
	home, err := s.visibleHome(r)
	if err != nil {
		return err
	}
	photos, err := listing.Photos(r.Context(), s.DB, home.ID)
	if err != nil {
		return err
	}
	p := listingPhotosPage{page: s.base(r, "Photos of "+home.Title), Home: home, Photos: photos,
		Empty: view.Empty{Icon: "image", Text: "No photos yet.", Action: "Back to the home", Href: "/homes/" + home.Slug}}
	return s.render(w, "listing_photos", p)
}

// getPhoto serves /photos/{id}/{width}.jpg. A photo never changes under its
// address, so browsers keep it for good; one that not everybody may see is
// kept by nobody in between.
func (s *Server) getPhoto(w http.ResponseWriter, r *http.Request) error {
	name, isJPEG := strings.CutSuffix(chi.URLParam(r, "file"), ".jpg")
	width, err := strconv.Atoi(name)
	if err != nil || !isJPEG {
		return refusal{http.StatusNotFound, ""}
	}
	photo, err := listing.PhotoByID(r.Context(), s.DB, listing.PhotoID(chi.URLParam(r, "id")))
	if err != nil {
		return err
	}
	public, err := s.maySeePhoto(r, photo.ListingID)
	if err != nil {
		return err
	}
	etag := `"` + string(photo.ID) + "-" + name + `"`
	if r.Header.Get("If-None-Match") == etag {
		keepForGood(w, etag, public)
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	file, err := listing.PhotoJPEG(r.Context(), s.DB, photo.ID, width)
	if err != nil {
		return err
	}
	keepForGood(w, etag, public)
	w.Header().Set("Content-Type", "image/jpeg")
	w.Header().Set("Content-Length", strconv.Itoa(len(file)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(file) // an error means that the browser went away
	}
	return nil
}

// keepForGood is for answers that are a photo, never for those that say that
// there is none.
func keepForGood(w http.ResponseWriter, etag string, public bool) {
	who := "private"
	if public {
		who = "public"
	}
	w.Header().Set("Cache-Control", who+", max-age=31536000, immutable")
	w.Header().Set("ETag", etag)
}

// maySeePhoto lets everybody see the photos of published homes, and the owner,
// admins and who has a stay there those of others.
func (s *Server) maySeePhoto(r *http.Request, id listing.ID) (public bool, err error) {
	home, err := listing.ByID(r.Context(), s.DB, id)
	if err != nil || home.Status == listing.Published {
		return true, err
	}
	u := signedIn(r)
	if u != nil && (u.ID == home.OwnerID || u.IsAdmin()) {
		return false, nil
	}
	if u != nil {
		if stayed, err := s.hasStay(r, u.ID, id); err != nil || stayed {
			return false, err
		}
	}
	return false, fault.New(fault.NotFound, "We could not find that photo.")
}

func (s *Server) hasStay(r *http.Request, tenant user.ID, home listing.ID) (has bool, err error) {
	err = s.DB.QueryRow(r.Context(), `SELECT EXISTS (SELECT FROM bookings WHERE tenant_id = $1 AND listing_id = $2)`, tenant, home).Scan(&has)
	return has, err
}
