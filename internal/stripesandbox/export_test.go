package stripesandbox

// Kept is how many answers and deliveries are remembered.
func (s *Server) Kept() (answers, deliveries int) {
	s.look(func() { answers, deliveries = len(s.answers.byID), len(s.deliveries.byID) })
	return answers, deliveries
}
