package stripesandbox

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

func (s *Server) capability(a *Account, name string) *Capability {
	status := a.Capabilities[name]
	if status == "" {
		status = "unrequested"
	}
	return &Capability{header: header{ID: name, Object: "capability", Scope: a.ID}, Account: a.ID, Requested: a.Requested[name] > 0, RequestedAt: number(a.Requested[name]),
		Requirements: a.Requirements, Future: noRequirements(), Status: status}
}

func (c *call) getCapability() (any, error) {
	a, err := c.connected(c.id)
	if err != nil {
		return nil, err
	}
	return c.capability(a, c.sub), c.check()
}

func (c *call) listCapabilities() (any, error) {
	a, err := c.connected(c.id)
	if err != nil {
		return nil, err
	}
	data := []any{}
	for _, name := range slices.Sorted(maps.Keys(a.Requested)) {
		data = append(data, c.show(c.capability(a, name)))
	}
	return map[string]any{"object": "list", "data": data, "has_more": false, "url": c.path}, c.check()
}

func (c *call) updateCapability() (any, error) {
	a, err := c.connected(c.id)
	if err != nil {
		return nil, err
	}
	wanted, sent := c.bool("requested"), c.has("requested")
	if err := c.check(); err != nil {
		return nil, err
	}
	if sent {
		c.change(a, func() { c.request(a, c.sub, wanted) })
	}
	return c.capability(a, c.sub), nil
}

// embedAccount shows an account as its platform may see it: personal data of
// Express and Standard owners is gone once an account link was made.
func (s *Server) embedAccount(a *Account, m map[string]any) {
	data := []any{}
	for _, id := range a.Banks {
		if b, ok := s.banks.get(id); ok {
			data = append(data, s.show(b))
		}
	}
	if a.Type == "standard" {
		return
	}
	m["external_accounts"] = map[string]any{"object": "list", "data": data, "has_more": false, "total_count": len(data), "url": "/v1/accounts/" + a.ID + "/external_accounts"}
	if a.Type == "express" {
		m["login_links"] = map[string]any{"object": "list", "data": []any{}, "has_more": false, "total_count": 0, "url": "/v1/accounts/" + a.ID + "/login_links"}
	}
	if a.Linked && a.Type != "custom" {
		delete(m, "tos_acceptance")
		return
	}
	if a.BusinessType == "individual" {
		m["individual"] = s.showPerson(a)
	}
}

// showPerson is the individual, with secrets as facts only (…_provided).
func (s *Server) showPerson(a *Account) map[string]any {
	born := map[string]any{"day": nil, "month": nil, "year": nil} // numbers, however they were typed
	p := map[string]any{"id": "person_" + a.ID[5:], "object": "person", "account": a.ID, "created": a.Created, "dob": born}
	for name, v := range a.Facts {
		rest, ok := strings.CutPrefix(name, "individual.")
		if !ok {
			continue
		}
		if rest == "ssn_last_4" || rest == "id_number" {
			p[rest+"_provided"] = true
			continue
		}
		head, tail, nested := strings.Cut(rest, ".")
		if !nested {
			p[rest] = v
			continue
		}
		sub, ok := p[head].(map[string]any)
		if !ok {
			sub = map[string]any{}
			p[head] = sub
		}
		if head == "dob" {
			if n, err := strconv.ParseInt(v, 10, 64); err == nil {
				born[tail] = n
			}
			continue
		}
		sub[tail] = v
	}
	return p
}
