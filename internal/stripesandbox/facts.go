package stripesandbox

import (
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A fact is something told of who is behind an account, by the dotted name that
// requirements call it: individual.dob.day, company.tax_id, person_1.email,
// documents.bank_account_ownership_verification.files. Those of people are kept
// with their person, all others with the account.

// personsOf are the people behind an account.
func (s *Server) personsOf(a *Account) iter.Seq[*Person] { return byID(s.persons, a.Persons) }

// individual is the person that an individual's account is of; nil before
// anything was told.
func (s *Server) individual(a *Account) *Person {
	if a.isCompany() {
		return nil
	}
	for p := range s.personsOf(a) {
		return p
	}
	return nil
}

// isCompany says whether persons stand behind the account beside its own facts.
func (a *Account) isCompany() bool { return a.BusinessType != "" && a.BusinessType != "individual" }

// addPerson gives an account another person.
func (s *Server) addPerson(a *Account) *Person {
	p := s.persons.add(&Person{header: header{ID: newID("person_"), Object: "person", Created: s.now, Scope: a.ID},
		Account: a.ID, Metadata: map[string]string{}, Facts: map[string]string{}})
	a.Persons = append(a.Persons, p.ID)
	return p
}

// keeperOf finds who keeps a fact, and what it is called there; p is nil for the
// account's own facts, and for a person nobody has told of.
func (s *Server) keeperOf(a *Account, name string) (p *Person, rest string, ofPerson bool) {
	head, rest, _ := strings.Cut(name, ".")
	switch {
	case head == "individual" && !a.isCompany():
		return s.individual(a), rest, true
	case head == "representative", head == "individual":
		for p := range s.personsOf(a) {
			if p.is("representative") {
				return p, rest, true
			}
		}
		return nil, rest, true
	case strings.HasPrefix(head, "person_"):
		p, _ := s.persons.get(head)
		return p, rest, true
	}
	return nil, name, false
}

// fact is what was told, "" for nothing. A document is told by its front.
func (s *Server) fact(a *Account, name string) string {
	if strings.HasSuffix(name, "document") {
		name += ".front"
	}
	switch key, ofProfile := strings.CutPrefix(name, "business_profile."); {
	case ofProfile:
		return a.profile(key)
	case name == "business_type":
		return string(a.BusinessType)
	case name == "tos_acceptance.date":
		return numeral(int64(a.TOS.Date))
	case name == "tos_acceptance.ip":
		return string(a.TOS.IP)
	case name == "external_account":
		return strings.Join(a.Banks[:min(1, len(a.Banks))], "")
	}
	p, rest, ofPerson := s.keeperOf(a, name)
	switch {
	case !ofPerson:
		return a.Facts[rest]
	case p == nil:
		return ""
	}
	return p.Facts[rest]
}

// learn keeps a fact; of a person that nobody told of before, it makes one. What
// is told anew meets a demand even if it is the same.
func (s *Server) learn(a *Account, name, value string) {
	for i, d := range a.Demands {
		if strings.TrimSuffix(name, ".front") == d.Requirement {
			a.Demands[i].Had = ""
		}
	}
	if key, ofProfile := strings.CutPrefix(name, "business_profile."); ofProfile {
		a.BusinessProfile[key] = value
		return
	}
	if name == "business_type" {
		a.BusinessType = text(value)
		return
	}
	p, rest, ofPerson := s.keeperOf(a, name)
	if !ofPerson {
		a.Facts[rest] = value
		return
	}
	if p == nil {
		p = s.addPerson(a)
		p.Facts["relationship.representative"] = "true"
	}
	p.Facts[rest] = value
	s.persons.save(p)
}

// is says whether a person stands in a relationship to the company.
func (p *Person) is(role string) bool { return p.Facts["relationship."+role] == "true" }

func (a *Account) profile(key string) string { v, _ := a.BusinessProfile[key].(string); return v }

// name is how a person is called on a page.
func (p *Person) name() string {
	return strings.TrimSpace(p.Facts["first_name"] + " " + p.Facts["last_name"])
}

// secret facts show as …_provided only.
var secretFacts = []string{"id_number", "id_number_secondary", "ssn_last_4", "tax_id", "vat_id"}

// laid lays facts out as the hashes their dotted names describe: numbers and
// truths as such, lists in order, and no secrets.
func laid(facts map[string]string) map[string]any {
	out := map[string]any{}
	for name, v := range facts {
		if v == "" || slices.Contains(secretFacts, name) {
			continue
		}
		at := out
		parts := strings.Split(name, ".")
		for _, part := range parts[:len(parts)-1] {
			sub, ok := at[part].(map[string]any)
			if !ok {
				sub = map[string]any{}
				at[part] = sub
			}
			at = sub
		}
		at[parts[len(parts)-1]] = typed(name, v)
	}
	if aliases, ok := out["full_name_aliases"].(map[string]any); ok {
		list := []any{}
		for _, i := range slices.Sorted(maps.Keys(aliases)) {
			list = append(list, aliases[i])
		}
		out["full_name_aliases"] = list
	}
	return out
}

// typed is a fact as the API's type for it.
func typed(name, v string) any {
	switch {
	case strings.HasPrefix(name, "dob."), strings.HasSuffix(name, ".date"), name == "percent_ownership", strings.HasSuffix(name, ".percent_ownership"):
		if n, err := strconv.ParseFloat(v, 64); err == nil {
			return n
		}
	case v == "true", v == "false":
		return v == "true"
	}
	return v
}

// over lays one hash over another, so that what is not told shows as null.
func over(base, told map[string]any) map[string]any {
	for k, v := range told {
		sub, ok := v.(map[string]any)
		if under, both := base[k].(map[string]any); ok && both {
			base[k] = over(under, sub)
			continue
		}
		base[k] = v
	}
	return base
}

func nulls(names ...string) map[string]any {
	m := map[string]any{}
	for _, n := range names {
		m[n] = nil
	}
	return m
}

func noDocument() map[string]any { return nulls("back", "details", "details_code", "front") }

func noAddress() map[string]any {
	return nulls("city", "country", "line1", "line2", "postal_code", "state")
}

// embedPerson is a person as the API shows one.
func (s *Server) embedPerson(p *Person, m map[string]any) {
	verification := map[string]any{"additional_document": noDocument(), "document": noDocument(), "details": nil, "details_code": nil, "status": "unverified"}
	over(m, map[string]any{
		"additional_tos_acceptances": map[string]any{"account": nulls("date", "ip", "user_agent")}, "address": noAddress(), "dob": nulls("day", "month", "year"),
		"first_name": nil, "last_name": nil, "email": nil, "phone": nil, "registered_address": noAddress(), "verification": verification,
		"relationship":       map[string]any{"director": false, "executive": false, "legal_guardian": false, "owner": false, "percent_ownership": nil, "representative": false, "title": nil},
		"id_number_provided": p.Facts["id_number"] != "" || p.Facts["ssn_last_4"] != "", "ssn_last_4_provided": p.Facts["ssn_last_4"] != "",
		"id_number_secondary_provided": p.Facts["id_number_secondary"] != "",
	})
	over(m, laid(p.Facts))
	a, ok := s.accounts.get(p.Account)
	if !ok {
		return
	}
	prefix := p.ID + "."
	if s.individual(a) == p {
		prefix = "individual."
	}
	m["requirements"], m["future_requirements"] = part(a.Requirements, prefix), part(a.Future, prefix)
	verification["status"] = s.personStatus(a, p, prefix)
	for _, e := range a.Requirements.Errors {
		which, ok := strings.CutPrefix(e.Requirement, prefix+"verification.")
		if doc, known := verification[which].(map[string]any); ok && known {
			code := strings.TrimPrefix(e.Code, "verification_")
			verification["details"], verification["details_code"] = e.Reason, code
			if doc["front"] != nil {
				doc["details"], doc["details_code"] = e.Reason, code
			}
		}
	}
}

// personStatus is what the check says of one person.
func (s *Server) personStatus(a *Account, p *Person, prefix string) string {
	concerns := func(names []string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, prefix) })
	}
	switch {
	case concerns(a.Requirements.CurrentlyDue):
		return "unverified"
	case concerns(a.Requirements.PendingVerification):
		return "pending"
	case a.Verified || a.Check == "passed":
		return "verified"
	}
	return "unverified"
}

// part is what of an account's requirements concerns a prefix, by shorter names.
func part(r Requirements, prefix string) map[string]any {
	out := map[string]any{"alternatives": []any{}}
	for name, list := range map[string][]string{"currently_due": r.CurrentlyDue, "eventually_due": r.EventuallyDue, "past_due": r.PastDue, "pending_verification": r.PendingVerification} {
		short := []string{}
		for _, n := range list {
			if rest, ok := strings.CutPrefix(n, prefix); ok {
				short = append(short, rest)
			}
		}
		out[name] = short
	}
	errs := []RequirementError{}
	for _, e := range r.Errors {
		if rest, ok := strings.CutPrefix(e.Requirement, prefix); ok {
			e.Requirement = rest
			errs = append(errs, e)
		}
	}
	out["errors"] = errs
	return out
}

// showCompany is the company hash.
func showCompany(a *Account) map[string]any {
	facts := map[string]string{}
	for name, v := range a.Facts {
		if rest, ok := strings.CutPrefix(name, "company."); ok {
			facts[rest] = v
		}
	}
	m := map[string]any{"address": noAddress(), "name": nil, "phone": nil, "directors_provided": false, "executives_provided": false, "owners_provided": false,
		"tax_id_provided": facts["tax_id"] != "", "vat_id_provided": facts["vat_id"] != "", "verification": map[string]any{"document": noDocument()}}
	return over(m, laid(facts))
}
