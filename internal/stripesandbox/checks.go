package stripesandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// What a check may answer to the test values: see the manual's table.

// websites are the addresses that a check of business_profile.url knows.
var websites = map[string]string{
	"https://disallowed.stripe.com":        "invalid_url_denylisted",
	"https://geoblocked.stripe.com":        "invalid_url_website_inaccessible_geoblocked",
	"https://problem.stripe.com":           "invalid_url_website_other",
	"https://missing.stripe.com":           "invalid_url_website_incomplete",
	"https://mismatch.stripe.com":          "invalid_url_website_business_information_mismatch",
	"https://passwordprotected.stripe.com": "invalid_url_website_inaccessible_password_protected",
	"https://underconstruction.stripe.com": "invalid_url_website_incomplete_under_construction",
	"https://inaccessible.stripe.com":      "invalid_url_website_inaccessible",
}

// businessNames are those that a check of business_profile.name knows.
var businessNames = map[string]string{"disallowed_dba": "invalid_business_profile_name_denylisted", "invalid_dba": "invalid_business_profile_name"}

const (
	goodDocument = "file_identity_document_success"
	badDocument  = "file_identity_document_failure"
)

// startCheck begins a check of what is told; some test values answer at once.
func (s *Server) startCheck(a *Account) {
	a.Check, a.Told = "pending", s.told(a)
	for _, sub := range s.subjects(a) {
		if sub.facts["dob.year"] == "1902" || sub.facts["id_number"] == "222222222" || sub.facts["tax_id"] == "222222222" {
			s.endCheck(a)
			return
		}
	}
	s.at(s.now+3, timerCheck, a.ID)
}

// identityChecked is the answer of the check.
func (s *Server) identityChecked(id string) error {
	if a, ok := s.accounts.get(id); ok && a.Check == "pending" {
		s.change(a, func() { s.endCheck(a) })
	}
	return nil
}

func (s *Server) endCheck(a *Account) {
	s.stop(timerCheck, a.ID)
	a.Failures = s.verdict(a)
	a.Check = "passed"
	if len(a.Failures) > 0 {
		a.Check = "failed"
	}
	a.Verified = a.Verified || a.Check == "passed"
	a.Demands = slices.DeleteFunc(a.Demands, func(d Demand) bool { return s.met(a, d) })
	a.Told = s.told(a) // which the demands are a part of
}

// met says whether something good was told since a demand came up.
func (s *Server) met(a *Account, d Demand) bool {
	if d.Requirement == ownershipFiles {
		return !slices.ContainsFunc(a.Banks, func(id string) bool { b, ok := s.banks.get(id); return ok && b.Owned == "due" })
	}
	v := s.fact(a, d.Requirement)
	return v != "" && v != d.Had && v != badDocument
}

// told is a digest of all that a check looks at.
func (s *Server) told(a *Account) string {
	h := sha256.New()
	for _, sub := range s.subjects(a) {
		for _, name := range slices.Sorted(maps.Keys(sub.facts)) {
			if name != "email" && name != "phone" && !strings.HasPrefix(name, "relationship.") && sub.facts[name] != "" {
				fmt.Fprintf(h, "%s.%s=%s\n", sub.prefix, name, sub.facts[name])
			}
		}
	}
	for _, name := range []string{"business_profile.url", "business_profile.name", ownershipFiles} {
		fmt.Fprintf(h, "%s=%s\n", name, s.fact(a, name))
	}
	for _, d := range a.Demands {
		if s.met(a, d) {
			fmt.Fprintf(h, "%s met by %s\n", d.Requirement, s.fact(a, d.Requirement))
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// verdict is what the test values make of an account.
func (s *Server) verdict(a *Account) (out []failure) {
	fail := func(payoutsOnly bool, requirement, code, reason string) {
		out = append(out, failure{RequirementError{Code: code, Reason: reason, Requirement: requirement}, payoutsOnly})
	}
	for _, sub := range s.subjects(a) {
		if sub.prefix == "company" {
			checkCompany(sub.facts, fail)
		} else {
			checkPerson(sub.prefix, sub.facts, fail)
		}
	}
	if code := websites[strings.TrimSuffix(a.profile("url"), "/")]; code != "" {
		fail(false, "business_profile.url", code, "The provided website could not be accepted: "+a.profile("url"))
	}
	if code := businessNames[a.profile("name")]; code != "" {
		fail(false, "business_profile.name", code, "The provided business name could not be accepted.")
	}
	return out
}

func checkPerson(prefix string, facts map[string]string, fail func(payoutsOnly bool, requirement, code, reason string)) {
	checked := func(document string, matches bool, code, reason string) {
		switch file := facts["verification."+document+".front"]; {
		case file == badDocument:
			fail(false, prefix+".verification."+document, "verification_document_failed_other", "The document could not be verified.")
		case !matches && file == "":
			fail(false, prefix+".verification."+document, code, reason)
		}
	}
	checked("document", knownBirthday(facts), "verification_failed_keyed_identity", "The person's keyed-in identity information could not be verified.")
	line := facts["address.line1"]
	checked("additional_document", line != "address_no_match" && line != "address_line1_no_match", "verification_failed_keyed_match", "The address you provided could not be verified.")
	if facts["id_number"] == "111111111" || facts["id_number"] == "" && facts["ssn_last_4"] == "1111" {
		fail(false, prefix+".id_number", "verification_failed_id_number_match", "The ID number you provided does not match the person.")
	}
	if phone := facts["phone"]; phone != "" && len(digits(phone)) < 7 {
		fail(false, prefix+".phone", "invalid_phone_number", "The phone number you provided is not valid.")
	}
}

// knownBirthday: a good one, or none (a director may have told no date).
func knownBirthday(facts map[string]string) bool {
	year, month, day := facts["dob.year"], strings.TrimLeft(facts["dob.month"], "0"), strings.TrimLeft(facts["dob.day"], "0")
	return year == "" || (year == "1901" || year == "1902" || year == "1900") && month == "1" && day == "1"
}

func checkCompany(facts map[string]string, fail func(payoutsOnly bool, requirement, code, reason string)) {
	const document = "company.verification.document"
	file := facts["verification.document.front"]
	switch {
	case file == badDocument:
		fail(false, document, "verification_document_failed_other", "The document could not be verified.")
	case file != "":
	case facts["tax_id"] == "111111111":
		fail(false, document, "verification_failed_tax_id_match", "The tax ID you provided does not match the name of the business.")
	case facts["address.line1"] == "address_line1_no_match":
		fail(false, document, "verification_failed_address_match", "The address of the business could not be verified.")
	case facts["address.line1"] == "address_no_match":
		fail(true, document, "verification_failed_address_match", "The address of the business could not be verified.")
	}
	if facts["tax_id"] == "111111112" {
		fail(false, "company.tax_id", "verification_failed_tax_id_not_issued", "The tax ID you provided was never issued.")
	}
}

// listed says whether somebody's birthday is on the sanctions list.
func (s *Server) listed(a *Account) bool {
	return (a.Check == "passed" || a.Check == "failed") && slices.ContainsFunc(s.subjects(a), func(sub subject) bool { return sub.facts["dob.year"] == "1900" })
}
