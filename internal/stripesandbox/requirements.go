package stripesandbox

import (
	"maps"
	"slices"
	"strings"
)

// subject is somebody a check looks at: the individual, the company, one of its
// persons, or a person that nobody has told of yet (representative, owners, …).
type subject struct {
	prefix string // of its requirements
	facts  map[string]string
	needs  []string
}

var (
	bornFacts    = []string{"dob.day", "dob.month", "dob.year"}
	addressFacts = []string{"address.city", "address.line1", "address.postal_code"}
	nameFacts    = []string{"email", "first_name", "last_name"}
	companyFacts = slices.Concat(addressFacts, []string{"name", "phone", "tax_id"})
)

// subjects are everybody behind an account.
func (s *Server) subjects(a *Account) (out []subject) {
	person := slices.Concat(addressFacts, bornFacts, nameFacts)
	if a.Country == "US" {
		person = append(person, "ssn_last_4")
	}
	if !a.isCompany() {
		facts := map[string]string{}
		if p := s.individual(a); p != nil {
			facts = p.Facts
		}
		return []subject{{"individual", facts, append(person, "phone")}}
	}
	own := map[string]string{}
	for name, v := range a.Facts {
		if rest, ok := strings.CutPrefix(name, "company."); ok {
			own[rest] = v
		}
	}
	company := subject{"company", own, slices.Clone(companyFacts)}
	roles := map[string][]string{"representative": append(slices.Clone(person), "phone", "relationship.title")}
	if a.BusinessType == "company" {
		roles["owner"] = person
		if a.Country != "US" {
			roles["director"] = slices.Concat(nameFacts, bornFacts)
		}
	}
	filled := map[string]bool{}
	for p := range s.personsOf(a) {
		sub := subject{prefix: p.ID, facts: p.Facts}
		for role, needs := range roles {
			if p.is(role) {
				filled[role] = true
				sub.needs = append(sub.needs, needs...)
			}
		}
		out = append(out, sub)
	}
	for _, role := range slices.Sorted(maps.Keys(roles)) {
		group, provided := role+"s", role+"s_provided"
		switch {
		case role == "representative" && !filled[role]:
			out = append(out, subject{prefix: role, needs: roles[role]})
		case role == "representative" || own[provided] == "true":
		case filled[role]:
			company.needs = append(company.needs, provided)
		default:
			out = append(out, subject{prefix: group, needs: nameFacts})
		}
	}
	return append([]subject{company}, out...)
}

func noRequirements() Requirements {
	return Requirements{Alternatives: []any{}, CurrentlyDue: []string{}, Errors: []RequirementError{}, EventuallyDue: []string{}, PastDue: []string{}, PendingVerification: []string{}}
}

// missingFacts is what an account still has to tell, its bank account aside.
func (s *Server) missingFacts(a *Account) []string {
	due := []string{}
	if a.Trusted {
		return due
	}
	add := func(name string, there bool) {
		if !there {
			due = append(due, name)
		}
	}
	described := a.profile("product_description") != ""
	if a.Type != "custom" && !a.Submitted {
		// Express and Standard owners tell it to Stripe's form; what the platform
		// prefilled still has to be confirmed there.
		add("business_profile.product_description", described)
	}
	add("business_profile.url", a.profile("url") != "" || described || a.Submitted)
	add("business_type", a.BusinessType != "")
	for _, sub := range s.subjects(a) {
		for _, name := range sub.needs {
			whole := name == "ssn_last_4" && sub.facts["id_number"] != ""
			add(sub.prefix+"."+name, sub.facts[name] != "" || whole)
		}
	}
	agreed := a.Type == "custom" || a.Submitted // elsewhere the owner agrees, on the form
	add("tos_acceptance.date", agreed && a.TOS.Date > 0)
	add("tos_acceptance.ip", agreed && a.TOS.IP != "")
	slices.Sort(due)
	return slices.Compact(due)
}

// derive sets an account's flags from what is known of its owner: the state
// tuples real accounts go through.
func (s *Server) derive(a *Account) {
	missing, noBank := s.missingFacts(a), len(a.Banks) == 0
	if len(missing) == 0 && (a.Submitted || a.Type == "custom") && a.Told != s.told(a) && !s.listed(a) {
		s.startCheck(a)
	}
	if len(missing) == 0 && a.Type == "custom" && !noBank {
		a.Submitted = true
	}
	if a.Verified {
		s.demandLater(a, missing)
		missing = nil
	}
	r := noRequirements()
	r.CurrentlyDue = append(r.CurrentlyDue, missing...)
	charges, payouts, capability := false, false, "inactive"
	switch {
	case a.Rejected != "":
		r.DisabledReason = text("rejected." + a.Rejected)
		if len(r.CurrentlyDue) == 0 && s.assumes(assumeRejected) == "document" {
			r.CurrentlyDue = []string{s.identity(a)} // what an appeal would have to show
		}
	case s.listed(a):
		r.DisabledReason = text(s.assumes(assumeSanctions))
	case len(missing) > 0:
		r.DisabledReason = "requirements.past_due"
	case a.Verified:
		charges, payouts, capability = true, true, "active"
	case a.Check == "pending":
		r.DisabledReason, capability = "requirements.pending_verification", "pending"
	default: // the check failed
		r.DisabledReason = "requirements.past_due"
		charges = true
		for _, f := range a.Failures {
			r.CurrentlyDue = append(r.CurrentlyDue, f.Requirement)
			charges = charges && f.PayoutsOnly
		}
		if charges {
			capability = "active"
		}
	}
	if a.Check == "pending" && a.Rejected == "" {
		r.PendingVerification = s.pendingFacts(a)
	}
	if a.Check == "failed" {
		for _, f := range a.Failures {
			r.Errors = append(r.Errors, f.RequirementError)
		}
	}
	if noBank && a.Rejected == "" {
		r.CurrentlyDue, r.DisabledReason, payouts = append(r.CurrentlyDue, "external_account"), "requirements.past_due", false
	}
	slices.Sort(r.CurrentlyDue)
	r.CurrentlyDue = slices.Compact(r.CurrentlyDue)
	if a.Type != "standard" || len(missing) == 0 {
		r.PastDue = append(r.PastDue, r.CurrentlyDue...)
	}
	a.Requirements, a.Future = r, noRequirements()
	a.ChargesEnabled, a.PayoutsEnabled = charges, payouts && !a.PayoutsOff
	for name := range a.Requested {
		a.Capabilities[name] = capability
	}
	s.deriveDemands(a)
	s.accounts.save(a)
}

// identity is the document that shows who is behind an account.
func (s *Server) identity(a *Account) string {
	if a.isCompany() {
		return "company.verification.document"
	}
	return "individual.verification.document"
}

// pendingFacts are what a running check is about.
func (s *Server) pendingFacts(a *Account) (names []string) {
	for _, d := range a.Demands {
		if s.met(a, d) {
			names = append(names, d.Requirement)
		}
	}
	if len(names) > 0 {
		return names
	}
	for _, sub := range s.subjects(a) {
		names = append(names, sub.prefix+".verification.document")
	}
	return names
}

// capability is how the API shows one capability.
func (s *Server) capability(a *Account, name string) *Capability {
	status := a.Capabilities[name]
	switch {
	case status == "":
		status = "unrequested"
	case a.Rejected != "":
		status = "disabled"
	}
	r, future := a.Requirements, a.Future
	if status == "unrequested" {
		r, future = noRequirements(), noRequirements()
	}
	return &Capability{header: header{ID: name, Object: "capability", Scope: a.ID}, Account: a.ID, Requested: a.Requested[name] > 0, RequestedAt: number(a.Requested[name]),
		Requirements: r, Future: future, Status: status}
}
