package stripesandbox

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"time"
)

const (
	modeDeliver = "deliver"
	modeHold    = "hold"
	modeDrop    = "drop"
)

// Knobs are what is done to deliveries on purpose; see /_sandbox/webhooks.
type Knobs struct {
	Mode      string `json:"mode"`            // deliver, hold or drop
	Duplicate int    `json:"duplicate"`       // how often each event comes
	Shuffle   bool   `json:"shuffle"`         // in no order
	Delay     string `json:"delay,omitempty"` // how late, by the wall clock
	// DropShare of the deliveries is lost for good; which, follows from the seed
	// and how many of that event type there were before.
	DropShare float64 `json:"drop_share,omitempty"`
	Seed      int64   `json:"seed,omitempty"`
	// Endpoint and Types limit all this to one endpoint, and to these event types.
	Endpoint string   `json:"endpoint,omitempty"`
	Types    []string `json:"types,omitempty"`
}

func (k Knobs) check() error {
	switch d, err := time.ParseDuration(orElse(k.Delay, "0s")); {
	case !slices.Contains([]string{modeDeliver, modeHold, modeDrop}, k.Mode):
		return invalid("", "mode", "Invalid mode: must be one of deliver, hold, drop")
	case err != nil || d < 0 || d > time.Hour:
		return invalid("", "delay", "Say a delay such as 3s, of at most an hour")
	case k.DropShare < 0 || k.DropShare > 1:
		return invalid("", "drop_share", "Invalid drop_share: from 0 to 1")
	case k.Duplicate < 1 || k.Duplicate > 100:
		return invalid("", "duplicate", "Invalid duplicate: from 1 to 100")
	}
	return nil
}

// cover says whether the knobs are about deliveries of a type to an endpoint.
func (k Knobs) cover(endpoint, kind string) bool {
	return (k.Endpoint == "" || k.Endpoint == endpoint) &&
		(len(k.Types) == 0 || slices.ContainsFunc(k.Types, func(t string) bool { return matches(t, kind) }))
}

// copies is how often an endpoint gets an event.
func (s *Server) copies(ep *Endpoint, kind string) int {
	if k := s.config().Knobs; k.cover(ep.ID, kind) {
		return max(1, k.Duplicate)
	}
	return 1
}

// lost says whether a delivery is never made, and counts it.
func (s *Server) lost(ep *Endpoint, kind string) bool {
	k := s.config().Knobs
	if !k.cover(ep.ID, kind) {
		return false
	}
	n := s.wires.made[kind]
	s.wires.made[kind]++
	share, _ := chance(k.Seed, kind, n)
	return k.Mode == modeDrop || share < k.DropShare
}

// late is how long a delivery waits before its first attempt.
func (s *Server) late(d *Delivery) time.Duration {
	k := s.config().Knobs
	if !k.cover(d.Endpoint, d.Type) {
		return 0
	}
	wait, _ := time.ParseDuration(k.Delay)
	return wait
}

// held says whether a delivery waits until the mode changes or somebody flushes.
func (s *Server) held(id string) bool {
	k := s.config().Knobs
	if k.Mode != modeHold || s.wires.flushing > 0 {
		return false
	}
	d, ok := s.deliveries.get(id)
	return ok && k.cover(d.Endpoint, d.Type)
}

// next is the place in a queue of the delivery to make now, -1 when all wait.
func (w *wires) next(q *queue) int {
	k := w.s.config().Knobs
	if len(q.ready) == 0 || k.Mode == modeHold && w.flushing == 0 && k.Endpoint == "" && len(k.Types) == 0 {
		return -1
	}
	if k.Shuffle {
		i := rand.IntN(len(q.ready)) // #nosec G404 -- disorder, not a secret
		if d, ok := w.s.deliveries.get(q.ready[i]); ok && k.cover(d.Endpoint, d.Type) && !w.s.held(d.ID) {
			return i
		}
	}
	return slices.IndexFunc(q.ready, func(id string) bool { return !w.s.held(id) })
}

// turn sets the knobs; the mode stays unless one is said.
func (s *Server) turn(k Knobs) (Knobs, error) {
	err := s.do(func() error {
		c := s.config()
		k.Mode, k.Duplicate = orElse(k.Mode, c.Mode), max(1, k.Duplicate)
		if err := k.check(); err != nil {
			return err
		}
		if _, ok := s.endpoints.get(k.Endpoint); k.Endpoint != "" && !ok {
			return missing("webhook endpoint", "endpoint", k.Endpoint)
		}
		clear(s.wires.made)
		c.Knobs = k
		s.settings.save(c)
		return nil
	})
	return k, err
}

func (s *Server) controlWebhooks(r *http.Request, in *controls) (any, error) {
	var k Knobs
	if r.Method == http.MethodGet {
		s.look(func() { k = s.config().Knobs })
		return k, nil
	}
	if err := in.decode(&k); err != nil {
		return nil, err
	}
	return s.turn(k)
}
