package site

import "hearth/internal/listing"

// homeRoutes are the pages about homes: finding, seeing and offering them.
func (s *Server) homeRoutes() []Route {
	const uploads = 12*listing.MaxPhotoBytes + 1<<20 // a dozen of the largest at once
	return []Route{
		get("/", Public, s.getSearch),
		get("/search", Public, s.getSearch),
		get("/homes/{slug}", Public, s.getListing),
		get("/homes/{slug}/quote", Public, s.getListingQuote),
		get("/homes/{slug}/photos", Public, s.getListingPhotos),
		get("/photos/{id}/{file}", Public, s.getPhoto),

		get("/owner/homes", SignedIn, s.getOwnerHomes),
		get("/owner/homes/new", SignedIn, s.getOwnerHomeNew),
		post("/owner/homes/new", SignedIn, s.postOwnerHomeNew),
		get("/owner/homes/{id}", Owner, s.getOwnerHome),
		post("/owner/homes/{id}/publish", Owner, s.postOwnerHomePublish),
		post("/owner/homes/{id}/pause", Owner, s.postOwnerHomePause),
		get("/owner/homes/{id}/photos", Owner, s.getOwnerHomePhotos),
		post("/owner/homes/{id}/photos", Owner, s.postOwnerHomePhotos).upTo(uploads),
		post("/owner/homes/{id}/photos/{photo}", Owner, s.postOwnerHomePhoto),
		get("/owner/homes/{id}/availability", Owner, s.getOwnerHomeAvailability),
		post("/owner/homes/{id}/availability", Owner, s.postOwnerHomeAvailability),
		get("/owner/homes/{id}/{section}", Owner, s.getOwnerHomeSection),
		post("/owner/homes/{id}/{section}", Owner, s.postOwnerHomeSection),
	}
}
