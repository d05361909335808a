package stripesandbox

import (
	"slices"
	"strings"
)

// personOf finds a person of the account in the path. Who is behind an Express
// or Standard account is Stripe's to know once a link was made.
func (c *call) personOf(id string) (*Account, *Person, error) {
	a, err := c.connected(c.id)
	if err != nil {
		return nil, nil, err
	}
	if a.closed() {
		return nil, nil, closedRefusal("persons")
	}
	if id == "" {
		return a, nil, nil
	}
	p, ok := c.persons.get(id)
	if !ok || p.Account != a.ID {
		return nil, nil, missing("person", "person", id)
	}
	if c.writes {
		c.persons.save(p)
	}
	return a, p, nil
}

// personParams are the hashes and names that a person is told by.
var personParams = []string{"address", "address_kana", "address_kanji", "additional_tos_acceptances", "dob", "documents", "registered_address", "relationship", "verification",
	"full_name_aliases", "email", "first_name", "first_name_kana", "first_name_kanji", "gender", "id_number", "id_number_secondary", "last_name", "last_name_kana", "last_name_kanji",
	"maiden_name", "nationality", "phone", "political_exposure", "ssn_last_4"}

func (c *call) readPerson(a *Account, p *Person) error {
	if err := c.spread("person_token", "person"); err != nil {
		return err
	}
	p.Metadata = c.metadata("metadata", p.Metadata)
	for _, key := range personParams {
		if v, sent := c.values[key]; sent && key != "full_name_aliases" {
			c.str(key)
			c.learn(a, p.ID+"."+key, v[0])
		}
		if err := c.readFacts(a, key, p.ID+"."+key); err != nil {
			return err
		}
	}
	if err := c.check(); err != nil {
		return err
	}
	return c.onlyRepresentative(a, p)
}

// onlyRepresentative: an account has one, and an individual's account no other person.
func (c *call) onlyRepresentative(a *Account, p *Person) error {
	for other := range c.personsOf(a) {
		if other != p && p.is("representative") && other.is("representative") {
			return refuse("", "relationship[representative]", "You cannot have more than one representative on an account; %s is already one.", other.ID)
		}
	}
	return nil
}

func (c *call) createPerson() (any, error) {
	a, _, err := c.personOf("")
	if err != nil {
		return nil, err
	}
	if !a.isCompany() && (a.BusinessType == "individual" || len(a.Persons) > 0) && len(a.Persons) > 0 {
		return nil, refuse("", "", "You cannot create a person on an individual's account; update the account's `individual` instead.")
	}
	before := c.snapshot(a)
	p := c.addPerson(a)
	if err := c.readPerson(a, p); err != nil {
		return nil, err
	}
	c.changed(a, before)
	return p, nil
}

func (c *call) getPerson() (any, error) {
	_, p, err := c.personOf(c.sub)
	if err != nil {
		return nil, err
	}
	return p, c.check()
}

func (c *call) listPersons() (any, error) {
	a, _, err := c.personOf("")
	if err != nil {
		return nil, err
	}
	var roles []string
	for role := range c.hash("relationship") {
		if c.bool("relationship[" + role + "]") {
			roles = append(roles, role)
		}
	}
	newest := slices.Clone(a.Persons)
	slices.Reverse(newest)
	return page(c, byID(c.persons, newest), func(p *Person) bool {
		return len(roles) == 0 || slices.ContainsFunc(roles, p.is)
	})
}

func (c *call) updatePerson() (any, error) {
	a, p, err := c.personOf(c.sub)
	if err != nil {
		return nil, err
	}
	before := c.snapshot(a)
	if err := c.readPerson(a, p); err != nil {
		return nil, err
	}
	c.changed(a, before)
	return p, nil
}

func (c *call) deletePerson() (any, error) {
	a, p, err := c.personOf(c.sub)
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if !a.isCompany() || p.is("representative") && a.Verified {
		return nil, refuse("", "", "You cannot delete the person that represents the account.")
	}
	c.removePerson(a, p)
	return map[string]any{"id": p.ID, "object": "person", "deleted": true}, nil
}

func (s *Server) removePerson(a *Account, p *Person) {
	s.emit("person.deleted", p)
	s.change(a, func() {
		a.Persons = slices.DeleteFunc(a.Persons, func(id string) bool { return id == p.ID })
		a.Demands = slices.DeleteFunc(a.Demands, func(d Demand) bool { return strings.HasPrefix(d.Requirement, p.ID+".") })
	})
	s.persons.remove(p.ID)
}
