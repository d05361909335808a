package site

import (
	"html/template"

	"hearth/internal/listing"
)

// searchMap is nothing yet: pages leave the column out.
func (s *Server) searchMap([]listing.Card, searchForm) template.HTML { return "" }

func (s *Server) homeMap(listing.Listing) template.HTML { return "" }
