package stripesandbox

import (
	"net/http"
	"slices"
	"strings"

	"hearth/internal/stripesandbox/hosted"
)

// personRoles are what somebody may be to a company, as the form says it.
var personRoles = []hosted.Option{{Value: "owner", Label: "Owns 25 % or more"}, {Value: "director", Label: "Director"}, {Value: "executive", Label: "Executive"}}

// roles is what a person is to the company, in words.
func roles(p *Person) string {
	var words []string
	if p.is("representative") {
		words = append(words, "representative")
	}
	for _, role := range personRoles {
		if p.is(role.Value) {
			words = append(words, strings.ToLower(role.Label))
		}
	}
	return orElse(strings.Join(words, ", "), "no role yet")
}

// personStep is the page of one of the company's people, or of a new one.
func (s *Server) personStep(v onboardingVisit, id string) (formStep, bool) {
	who := "person_new."
	if id != "" {
		p, ok := s.persons.get(id)
		if !ok || p.Account != v.account.ID {
			return formStep{}, false
		}
		who = id + "."
	}
	fields := []formField{{Field: hosted.Field{Name: "roles", Label: "What are they to the company?", Type: "checks", Options: personRoles}, optional: true}}
	fields = append(fields, input("person_email", "E-mail", who+"email", "bob@example.com").typed("email", "off"))
	about := s.personFields(v.account, who)
	about[0].test = "Bob" // the first name
	return formStep{"person", "Person", "Tell us about this person", slices.Concat(about, fields)}, v.account.isCompany()
}

// unfinished is somebody of whom something is missing; nil when nobody is.
func (s *Server) unfinished(a *Account) *Person {
	for p := range s.personsOf(a) {
		for _, sub := range s.subjects(a) {
			if sub.prefix != p.ID {
				continue
			}
			for _, name := range sub.needs {
				if sub.facts[name] == "" && !(name == "ssn_last_4" && sub.facts["id_number"] != "") {
					return p
				}
			}
		}
	}
	return nil
}

// people lists who is told of.
func (s *Server) people(v onboardingVisit, p *hosted.OnboardingPage, path string) {
	p.Add = path + "person"
	p.Lead = "List everybody who owns 25 % or more of the company, and who runs it."
	for person := range s.personsOf(v.account) {
		row := hosted.PersonRow{ID: person.ID, Name: orElse(person.name(), "Somebody"), Roles: roles(person), Href: path + "person?person=" + person.ID, Removable: !person.is("representative")}
		row.Incomplete = slices.ContainsFunc(v.account.Requirements.CurrentlyDue, func(n string) bool {
			return strings.HasPrefix(n, person.ID+".") && !strings.Contains(n, "verification")
		})
		p.People = append(p.People, row)
	}
}

// takePeople removes somebody, or takes the list for whole.
func (s *Server) takePeople(r *http.Request, v onboardingVisit, open func(int, map[string]string) onboardingAnswer) (onboardingAnswer, error) {
	a := v.account
	if p, ok := s.persons.get(r.PostForm.Get("remove")); ok && p.Account == a.ID && !p.is("representative") {
		s.removePerson(a, p)
		return onboardingAnswer{to: onboardingPath(v.link) + "people"}, nil
	}
	if p := s.unfinished(a); p != nil && !p.is("representative") {
		return open(http.StatusUnprocessableEntity, map[string]string{"people": "Something is missing about " + orElse(p.name(), "somebody") + "."}), nil
	}
	s.change(a, func() {
		for _, list := range []string{"owners_provided", "directors_provided", "executives_provided"} {
			a.Facts["company."+list] = "true"
		}
	})
	return onboardingAnswer{to: onboardingPath(v.link) + s.nextStep(v, "people")}, nil
}

// takePerson keeps what was told of somebody, new or known.
func (s *Server) takePerson(r *http.Request, v onboardingVisit, st formStep, values entries, wrong map[string]string, open func(int, map[string]string) onboardingAnswer) (onboardingAnswer, error) {
	a, id := v.account, r.URL.Query().Get("person")
	chosen := r.PostForm["roles"]
	p, known := s.persons.get(id)
	if len(chosen) == 0 && !(known && p.is("representative")) {
		wrong["roles"] = "Choose at least one."
	}
	if len(wrong) > 0 {
		return open(http.StatusUnprocessableEntity, wrong), nil
	}
	before := s.snapshot(a)
	if !known {
		p = s.addPerson(a)
	}
	for _, role := range personRoles {
		p.Facts["relationship."+role.Value] = "false"
		if slices.Contains(chosen, role.Value) {
			p.Facts["relationship."+role.Value] = "true"
		}
	}
	s.persons.save(p)
	s.changed(a, before)
	fields := slices.DeleteFunc(slices.Clone(st.fields), func(f formField) bool { return f.Name == "roles" })
	for i := range fields {
		fields[i].fact = strings.Replace(fields[i].fact, "person_new.", p.ID+".", 1)
	}
	return onboardingAnswer{to: onboardingPath(v.link) + "people"}, s.keep(a, fields, values, nil)
}
