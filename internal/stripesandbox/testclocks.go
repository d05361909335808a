package stripesandbox

// What hangs on a test clock (customers, subscriptions, invoices and their items)
// lives at the clock's time. Payments and events made for them carry the
// sandbox's own time, because money settles and webhooks leave in it.

func clockOperations() map[string]operation {
	return map[string]operation{
		"POST /v1/test_helpers/test_clocks":              (*call).createClock,
		"GET /v1/test_helpers/test_clocks":               (*call).listClocks,
		"GET /v1/test_helpers/test_clocks/{id}":          (*call).getClock,
		"DELETE /v1/test_helpers/test_clocks/{id}":       (*call).deleteClock,
		"POST /v1/test_helpers/test_clocks/{id}/advance": (*call).advanceClock,
	}
}

// nowOn is the time on a test clock, or the sandbox's own.
func (s *Server) nowOn(clock text) int64 {
	if tc, ok := s.clocks.get(string(clock)); ok {
		return tc.FrozenTime
	}
	return s.now
}

func (c *call) createClock() (any, error) {
	frozen := c.int("frozen_time")
	tc := &TestClock{
		header:       header{ID: newID("clock_"), Object: "test_helpers.test_clock", Created: c.now, Scope: c.scope},
		DeletesAfter: c.now + 30*day, FrozenTime: frozen, Name: c.text("name"), Status: "ready",
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	c.clocks.add(tc)
	c.emit("test_helpers.test_clock.created", tc)
	return tc, nil
}

func (c *call) getClock() (any, error) {
	tc, err := lookup(c, c.clocks, c.id, "test clock", "id")
	if err != nil {
		return nil, err
	}
	return tc, c.check()
}

func (c *call) listClocks() (any, error) { return page(c, mine(c, c.clocks), nil) }

// deleteClock takes the clock's customers with it, and so their subscriptions.
func (c *call) deleteClock() (any, error) {
	tc, err := lookup(c, c.clocks, c.id, "test clock", "id")
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	for cu := range mine(c, c.customers) {
		if string(cu.Clock) == tc.ID {
			c.removeCustomer(cu)
		}
	}
	for _, t := range c.timers.byID {
		if t.Clock == tc.ID {
			c.timers.remove(t.ID)
		}
	}
	c.stop(timerClock, tc.ID)
	c.clocks.remove(tc.ID)
	c.emit("test_helpers.test_clock.deleted", tc)
	return map[string]any{"id": tc.ID, "object": tc.Object, "deleted": true}, nil
}

// advanceClock answers while the clock still runs; whoever asks next finds it there.
func (c *call) advanceClock() (any, error) {
	tc, err := lookup(c, c.clocks, c.id, "test clock", "id")
	if err != nil {
		return nil, err
	}
	target := c.int("frozen_time")
	if err := c.check(); err != nil {
		return nil, err
	}
	switch {
	case tc.Status != "ready":
		return nil, refuse("", "", "The test clock is still advancing; wait until its status is ready.")
	case target <= tc.FrozenTime:
		return nil, invalid("", "frozen_time", "Test clocks can only be advanced forwards in time: %d is not after %d.", target, tc.FrozenTime)
	}
	tc.Status, tc.Target = "advancing", target
	c.emit("test_helpers.test_clock.advancing", tc)
	c.at(c.now, timerClock, tc.ID)
	return tc, nil
}

// stepClock lets the next timer of an advancing clock fire at its own instant,
// or ends the advance. Each step is a transaction of its own.
func (s *Server) stepClock(id string) error {
	tc, ok := s.clocks.get(id)
	if !ok || tc.Status != "advancing" {
		return nil
	}
	defer s.clocks.save(tc)
	next := s.nextOn(tc)
	if next == nil {
		tc.FrozenTime, tc.Status = tc.Target, "ready"
		s.emit("test_helpers.test_clock.ready", tc)
		return nil
	}
	tc.FrozenTime = max(tc.FrozenTime, next.At)
	s.timers.remove(next.ID)
	s.at(s.now, timerClock, id)
	if err := s.fire(next); err != nil {
		s.log.Error("sandbox test clock", "kind", next.Kind, "ref", next.Ref, "error", err)
		s.stop(timerClock, id)
		tc.Status = "internal_failure"
		s.emit("test_helpers.test_clock.internal_failure", tc)
	}
	return nil
}

// nextOn is the earliest timer that an advancing clock reaches.
func (s *Server) nextOn(tc *TestClock) (next *Timer) {
	for _, t := range s.timers.byID {
		if t.Clock == tc.ID && t.At <= tc.Target && (next == nil || t.At < next.At || t.At == next.At && t.Seq < next.Seq) {
			next = t
		}
	}
	return next
}
