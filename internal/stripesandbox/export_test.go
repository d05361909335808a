package stripesandbox

import (
	"maps"
	"slices"
)

// Kept is how many answers and deliveries are remembered.
func (s *Server) Kept() (answers, deliveries int) {
	s.look(func() { answers, deliveries = len(s.answers.byID), len(s.deliveries.byID) })
	return answers, deliveries
}

// Routes are the routes of the API, "POST /v1/refunds".
func Routes() []string { return slices.Sorted(maps.Keys(operations())) }
