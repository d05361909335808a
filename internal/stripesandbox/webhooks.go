package stripesandbox

import (
	"cmp"
	"slices"
	"strings"
)

// register makes the endpoint a sandbox is opened with, unless it is there.
func (s *Server) register(url, secret string, connect bool) {
	if url == "" {
		return
	}
	for ep := range s.endpoints.newest() {
		if ep.URL == url && ep.Connect == connect {
			if secret != "" && !slices.Contains(ep.Secrets, secret) {
				ep.Secrets = []string{secret}
				s.endpoints.save(ep)
			}
			return
		}
	}
	s.endpoints.add(&Endpoint{header: header{ID: newID("we_"), Object: "webhook_endpoint", Created: s.now}, APIVersion: APIVersion, Types: []string{"*"},
		Metadata: map[string]string{}, Status: "enabled", URL: url, Connect: connect, Secrets: []string{orElse(secret, newSecret())}})
}

// Secret is the signing secret of the endpoint with this URL, "" if there is none.
func (s *Server) Secret(url string) (secret string) {
	s.look(func() {
		for ep := range s.endpoints.newest() {
			if ep.URL == url {
				secret = ep.Secrets[0]
			}
		}
	})
	return secret
}

func newSecret() string { return "whsec_" + token(32) }

// rollSecret gives an endpoint a new secret, the first of its list; the old ones
// sign beside it until their time, or until a second roll leaves them none.
func (s *Server) rollSecret(id string, life int64) ([]string, error) {
	ep, ok := s.endpoints.get(id)
	if !ok {
		return nil, missing("webhook endpoint", "id", id)
	}
	ends := map[string]int64{}
	for _, old := range ep.Secrets {
		ends[old] = s.now + life
		if at, ending := ep.Ends[old]; ending {
			ends[old] = min(at, ends[old])
		}
	}
	ep.Secrets, ep.Ends = append([]string{newSecret()}, ep.Secrets...), ends
	return s.endSecrets(ep), nil
}

// retireSecrets lets only the newest go on signing.
func (s *Server) retireSecrets(id string) ([]string, error) {
	ep, ok := s.endpoints.get(id)
	if !ok {
		return nil, missing("webhook endpoint", "id", id)
	}
	ep.Ends = map[string]int64{}
	for _, old := range ep.Secrets[1:] {
		ep.Ends[old] = s.now
	}
	return s.endSecrets(ep), nil
}

// endSecrets drops what has had its time and waits for the next; what is left
// is answered.
func (s *Server) endSecrets(ep *Endpoint) []string {
	var next int64
	ep.Secrets = slices.DeleteFunc(ep.Secrets, func(secret string) bool {
		at, ending := ep.Ends[secret]
		if !ending {
			return false
		}
		if at > s.now {
			next = min(cmp.Or(next, at), at)
			return false
		}
		delete(ep.Ends, secret)
		return true
	})
	s.endpoints.save(ep)
	if next > 0 {
		s.at(next, timerSecret, ep.ID)
	}
	return slices.Clone(ep.Secrets)
}

func (s *Server) secretEnds(id string) {
	if ep, ok := s.endpoints.get(id); ok {
		s.endSecrets(ep)
	}
}

func (c *call) createEndpoint() (any, error) {
	ep := &Endpoint{header: header{ID: newID("we_"), Object: "webhook_endpoint", Created: c.now}, URL: c.need("url"), Types: c.list("enabled_events"), Connect: c.bool("connect"),
		Description: c.text("description"), Metadata: c.metadata("metadata", nil), Status: "enabled", Secrets: []string{newSecret()},
		APIVersion: text(c.oneOf("api_version", APIVersion, APIVersion))}
	if err := c.check(); err != nil {
		return nil, err
	}
	if len(ep.Types) == 0 {
		return nil, invalid("parameter_missing", "enabled_events", "Missing required param: enabled_events.")
	}
	if !isURL(ep.URL) {
		return nil, invalid("url_invalid", "url", "Invalid URL: An explicit scheme (such as https) must be provided.")
	}
	c.endpoints.add(ep)
	m := c.show(ep)
	m["secret"] = ep.Secrets[0] // shown only now
	return m, nil
}

func (c *call) getEndpoint() (any, error) {
	ep, err := lookup(c, c.endpoints, c.id, "webhook endpoint", "id")
	if err != nil {
		return nil, err
	}
	return ep, c.check()
}

func (c *call) listEndpoints() (any, error) { return page(c, mine(c, c.endpoints), nil) }

func (c *call) updateEndpoint() (any, error) {
	ep, err := lookup(c, c.endpoints, c.id, "webhook endpoint", "id")
	if err != nil {
		return nil, err
	}
	ep.URL = orElse(c.str("url"), ep.URL)
	if types := c.list("enabled_events"); len(types) > 0 {
		ep.Types = types
	}
	if c.has("description") {
		ep.Description = c.text("description")
	}
	ep.Metadata = c.metadata("metadata", ep.Metadata)
	if c.has("disabled") {
		ep.Status = "enabled"
		if c.bool("disabled") {
			ep.Status = "disabled"
		}
	}
	return ep, c.check()
}

func (c *call) deleteEndpoint() (any, error) {
	if _, err := lookup(c, c.endpoints, c.id, "webhook endpoint", "id"); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	c.endpoints.remove(c.id)
	return map[string]any{"id": c.id, "object": "webhook_endpoint", "deleted": true}, nil
}

func (c *call) getEvent() (any, error) {
	e, err := lookup(c, c.events, c.id, "event", "id")
	if err != nil {
		return nil, err
	}
	return e, c.check()
}

func (c *call) listEvents() (any, error) {
	kind, kinds := c.str("type"), c.list("types")
	success, filtered := c.bool("delivery_success"), c.has("delivery_success")
	if kind != "" && len(kinds) > 0 {
		return nil, invalid("", "types", "You may pass either `type` or `types`, but not both.")
	}
	if len(kinds) > 20 {
		return nil, invalid("", "types", "You may pass up to 20 event types.")
	}
	return page(c, mine(c, c.events), func(e *Event) bool {
		return e.Created > c.now-30*day && (kind == "" || matches(kind, e.Type)) && (len(kinds) == 0 || slices.Contains(kinds, e.Type)) &&
			(!filtered || success == (e.Pending == 0))
	})
}

// matches allows a trailing .* as the API does.
func matches(pattern, kind string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(kind, prefix)
	}
	return pattern == kind
}

// payload is an event as an endpoint receives it.
func (s *Server) payload(e *Event) []byte {
	data, _ := wire(s.show(e))
	return data
}
