package stripesandbox

import (
	"slices"
	"strings"
)

// What an individual has to tell before payments are switched on.
var individualFacts = []string{
	"individual.address.city", "individual.address.line1", "individual.address.postal_code", "individual.dob.day", "individual.dob.month", "individual.dob.year",
	"individual.email", "individual.first_name", "individual.last_name", "individual.phone", "individual.ssn_last_4",
}

var companyFacts = []string{
	"company.address.city", "company.address.line1", "company.address.postal_code", "company.name", "company.phone", "company.tax_id",
}

func noRequirements() Requirements {
	return Requirements{Alternatives: []any{}, CurrentlyDue: []string{}, Errors: []RequirementError{}, EventuallyDue: []string{}, PastDue: []string{}, PendingVerification: []string{}}
}

// missingFacts is what an account still has to tell, its bank account aside.
func (a *Account) missingFacts() []string {
	due := []string{}
	add := func(name string, there bool) {
		if !there {
			due = append(due, name)
		}
	}
	if a.Type != "custom" && !a.Submitted {
		// Express and Standard owners tell it to Stripe's form; what the platform
		// prefilled still has to be confirmed there.
		add("business_profile.product_description", a.BusinessProfile["product_description"] != "")
	}
	add("business_profile.url", a.BusinessProfile["url"] != "" || a.BusinessProfile["product_description"] != "" || a.Submitted)
	add("business_type", a.BusinessType != "")
	facts := individualFacts
	if a.BusinessType != "" && a.BusinessType != "individual" {
		facts = companyFacts
	}
	for _, name := range facts {
		id := strings.HasSuffix(name, ".ssn_last_4") && a.Facts["individual.id_number"] != ""
		if name == "individual.ssn_last_4" && a.Country != "US" {
			continue
		}
		add(name, a.Facts[name] != "" || id)
	}
	add("tos_acceptance.date", a.TOS.Date > 0)
	add("tos_acceptance.ip", a.TOS.IP != "")
	slices.Sort(due)
	return due
}

// derive sets an account's flags from what is known of its owner: the state
// tuples real accounts go through.
func (s *Server) derive(a *Account) {
	missing := a.missingFacts()
	noBank := len(a.Banks) == 0
	if len(missing) == 0 && a.Check == "" {
		s.startCheck(a)
	}
	if len(missing) == 0 && a.Type == "custom" && !noBank {
		a.Submitted = true
	}
	due := slices.Clone(missing)
	if noBank {
		due = append(due, "external_account")
		slices.Sort(due)
	}
	r := noRequirements()
	r.CurrentlyDue, r.EventuallyDue, r.PastDue = due, slices.Clone(due), slices.Clone(due)
	charges, payouts, capability := false, false, "inactive"
	switch {
	case a.Rejected != "":
		r.DisabledReason = text("rejected." + a.Rejected)
	case len(missing) > 0:
		r.DisabledReason = "requirements.past_due"
		if a.Type == "standard" {
			r.PastDue = []string{}
		}
	case a.Check == "pending":
		r.PendingVerification = []string{"individual.verification.document"}
		r.DisabledReason, capability = "requirements.pending_verification", "pending"
		if noBank {
			r.DisabledReason = "requirements.past_due"
		}
	case a.Check == "failed":
		r.DisabledReason = "requirements.past_due"
		for _, f := range a.Failures {
			r.CurrentlyDue = append(r.CurrentlyDue, f.Requirement)
		}
		r.EventuallyDue, r.PastDue, r.Errors = slices.Clone(r.CurrentlyDue), slices.Clone(r.CurrentlyDue), slices.Clone(a.Failures)
	case noBank:
		r.DisabledReason = "requirements.past_due"
		charges, capability = true, "active"
	default:
		charges, payouts, capability = true, true, "active"
		s.deriveDemand(a, &r, &payouts)
	}
	a.Requirements, a.Future = r, noRequirements()
	a.ChargesEnabled, a.PayoutsEnabled = charges, payouts && !a.PayoutsOff
	for name := range a.Requested {
		a.Capabilities[name] = capability
	}
	s.accounts.save(a)
}

// deriveDemand is a later requirement: due by a deadline, and after it payouts stop.
func (s *Server) deriveDemand(a *Account, r *Requirements, payouts *bool) {
	if a.Demand == "" {
		return
	}
	r.CurrentlyDue, r.EventuallyDue = []string{a.Demand}, []string{a.Demand}
	if a.DemandBy > s.now {
		r.CurrentDeadline = number(a.DemandBy)
		return
	}
	r.PastDue, r.DisabledReason = []string{a.Demand}, "requirements.past_due"
	*payouts = false
}

func (s *Server) demandExpired(id string) error {
	if a, ok := s.accounts.get(id); ok && a.Demand != "" {
		s.change(a, func() {})
	}
	return nil
}

// startCheck begins the identity check; some test values answer at once.
func (s *Server) startCheck(a *Account) {
	a.Failures = a.verdict()
	switch {
	case a.Facts["individual.dob.year"] == "1902" || a.Facts["individual.id_number"] == "222222222" || a.Facts["company.tax_id"] == "222222222":
		a.Check = "verified"
	default:
		a.Check = "pending"
		s.at(s.now+3, timerCheck, a.ID)
	}
}

// identityChecked is the answer of the check.
func (s *Server) identityChecked(id string) error {
	a, ok := s.accounts.get(id)
	if !ok || a.Check != "pending" {
		return nil
	}
	s.change(a, func() {
		a.Check = "verified"
		if len(a.Failures) > 0 {
			a.Check = "failed"
		}
	})
	return nil
}

// verdict is what the test values make of a person: nothing is demanded, a
// document, a second one, or both.
func (a *Account) verdict() []RequirementError {
	if a.Facts["individual.verification.document.front"] == "file_identity_document_success" {
		return nil
	}
	out := []RequirementError{}
	fail := func(code, reason, requirement string) {
		out = append(out, RequirementError{Code: code, Reason: reason, Requirement: requirement})
	}
	if a.BusinessType != "" && a.BusinessType != "individual" {
		if id := a.Facts["company.tax_id"]; id == "111111111" || id == "111111112" {
			fail("verification_failed_tax_id_match", "The tax ID you provided does not match the name of the business.", "company.verification.document")
		}
		return out
	}
	year := a.Facts["individual.dob.year"]
	goodDay := strings.TrimLeft(a.Facts["individual.dob.month"], "0") == "1" && strings.TrimLeft(a.Facts["individual.dob.day"], "0") == "1"
	if !goodDay || year != "1901" && year != "1902" {
		fail("verification_failed_keyed_identity", "The person's keyed-in identity information could not be verified.", "individual.verification.document")
	}
	if line := a.Facts["individual.address.line1"]; line == "address_no_match" || line == "address_line1_no_match" {
		fail("verification_failed_keyed_match", "The address you provided could not be verified.", "individual.verification.additional_document")
	}
	if a.Facts["individual.ssn_last_4"] == "1111" || a.Facts["individual.id_number"] == "111111111" {
		fail("verification_failed_id_number_match", "The ID number you provided does not match the person.", "individual.id_number")
	}
	return out
}
