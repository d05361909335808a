package stripesandbox

import (
	"net/http"
	"slices"
	"time"
)

// controlRoll gives an endpoint a new secret; the old ones sign beside it for
// expires_in, a day unless told. With retire it makes none, and lets only the
// newest go on signing.
func (s *Server) controlRoll(r *http.Request, in *controls) (any, error) {
	var order struct {
		ExpiresIn string `json:"expires_in"`
		Retire    bool   `json:"retire"`
	}
	if len(in.body) > 0 {
		if err := in.decode(&order); err != nil {
			return nil, err
		}
	}
	life, err := time.ParseDuration(orElse(order.ExpiresIn, "24h"))
	if err != nil || life < 0 || life > 24*time.Hour {
		return nil, invalid("", "expires_in", "Say how long the old secret goes on, as in 2h; at most 24h.")
	}
	var secrets []string
	err = s.do(func() (err error) {
		if order.Retire {
			secrets, err = s.retireSecrets(r.PathValue("id"))
		} else {
			secrets, err = s.rollSecret(r.PathValue("id"), int64(life/time.Second))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return map[string]any{"id": r.PathValue("id"), "secret": secrets[0], "signing": len(secrets)}, nil
}

// controlDeliveries is the newest of the log, by type, event, endpoint and status.
func (s *Server) controlDeliveries(r *http.Request, _ *controls) (any, error) {
	want := func(name, have string) bool { v := r.URL.Query().Get(name); return v == "" || v == have }
	out := []*Delivery{}
	s.look(func() {
		for d := range s.deliveries.newest() {
			if len(out) < 500 && want("type", d.Type) && want("event", d.Event) && want("endpoint", d.Endpoint) && want("status", d.Status) {
				cp := *d
				out = append(out, &cp)
			}
		}
	})
	return map[string]any{"data": out}, nil
}

// controlResend sends an event again: to the endpoint named, or to all that it
// was addressed to.
func (s *Server) controlResend(r *http.Request, in *controls) (any, error) {
	var order struct {
		Endpoint string `json:"endpoint"`
	}
	if len(in.body) > 0 {
		if err := in.decode(&order); err != nil {
			return nil, err
		}
	}
	var endpoints []string
	err := s.do(func() (err error) {
		endpoints, err = s.resend(r.PathValue("id"), order.Endpoint)
		return err
	})
	return map[string]any{"event": r.PathValue("id"), "endpoints": endpoints}, err
}

// resend makes new deliveries of an event: to the endpoint named, or to all that
// it was addressed to. Earlier ones go on.
func (s *Server) resend(event, endpoint string) (endpoints []string, err error) {
	e, ok := s.events.get(event)
	if !ok {
		return nil, missing("event", "id", event)
	}
	if endpoint != "" {
		endpoints = []string{endpoint}
	}
	for d := range s.deliveries.newest() {
		if endpoint == "" && d.Event == event && !slices.Contains(endpoints, d.Endpoint) {
			endpoints = append(endpoints, d.Endpoint)
		}
	}
	for _, id := range endpoints {
		ep, ok := s.endpoints.get(id)
		if !ok {
			return nil, missing("webhook endpoint", "webhook_endpoint", id)
		}
		s.deliver(e, ep)
	}
	return endpoints, nil
}

// retryEvent is what "stripe events resend" calls; Stripe does not describe it.
func (c *call) retryEvent() (any, error) {
	endpoint := c.str("webhook_endpoint")
	c.ignore("for_stripecli", "account")
	if err := c.check(); err != nil {
		return nil, err
	}
	e, err := lookup(c, c.events, c.id, "event", "id")
	if err != nil {
		return nil, err
	}
	_, err = c.resend(c.id, endpoint)
	return e, err
}
