package stripesandbox

// How long the sandbox remembers what nobody needs for ever.
const (
	keepAnswers    = day      // an idempotency key, as at Stripe
	keepDeliveries = 30 * day // a delivery that is through
)

const (
	pruneAnswers    = "answers"
	pruneDeliveries = "deliveries"
)

// pruneLater sees to it that what is made now is forgotten within the hour
// after its time.
func (s *Server) pruneLater(what string, age int64) {
	if !s.waiting(timerPrune, what) {
		s.at((s.now+age)/hour*hour+hour, timerPrune, what)
	}
}

// prune forgets what is too old, and sets the timer for what is left. A
// delivery still under way stays: it may be held on purpose.
func (s *Server) prune(what string) {
	switch what {
	case pruneAnswers:
		forget(s, s.answers, what, keepAnswers, func(*Answer) bool { return true })
	case pruneDeliveries:
		forget(s, s.deliveries, what, keepDeliveries, func(d *Delivery) bool { return d.Status != "pending" })
	}
}

// forget removes from a collection what is older than age and done with.
func forget[T record](s *Server, c *collection[T], what string, age int64, done func(T) bool) {
	oldest, left := s.now, false
	for id, t := range c.byID {
		switch made := t.head().Created; {
		case made > s.now-age:
			oldest, left = min(oldest, made), true
		case done(t):
			c.remove(id)
		default:
			left = true // looked at again when something else is due
		}
	}
	if left {
		s.at((oldest+age)/hour*hour+hour, timerPrune, what)
	}
}
