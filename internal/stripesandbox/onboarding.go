package stripesandbox

import (
	"slices"
	"strings"
)

// OnboardingForm is what an owner types on the hosted onboarding pages. Facts
// are by Stripe's dotted names (individual.first_name); empty ones say nothing.
type OnboardingForm struct {
	Facts              map[string]string
	BusinessType       string // individual unless said
	ProductDescription string
	Routing, Account   string // the bank account, where given
	Agree              bool   // to the terms
	IP                 string
	// Done sends the form: details_submitted. Before, what was typed is kept.
	Done bool
}

// SubmitOnboarding keeps what an owner typed and, when done, sends it.
func (s *Server) SubmitOnboarding(account string, f OnboardingForm) error {
	return s.do(func() error {
		a, ok := s.accounts.get(account)
		if !ok {
			return noAccess(account)
		}
		before := s.snapshot(a)
		if f.Account != "" {
			if _, err := s.addBank(a, BankAccount{Number: f.Account, Routing: text(f.Routing), Country: a.Country, Currency: a.DefaultCurrency}, true); err != nil {
				return err
			}
		}
		s.fillFromForm(a, f)
		s.changed(a, before)
		return nil
	})
}

func (s *Server) fillFromForm(a *Account, f OnboardingForm) {
	a.BusinessType = orText(text(f.BusinessType), orText(a.BusinessType, "individual"))
	for k, v := range f.Facts {
		if v = strings.TrimSpace(v); v != "" {
			s.learn(a, k, v)
		}
	}
	if f.ProductDescription != "" {
		a.BusinessProfile["product_description"] = f.ProductDescription
	}
	if f.Agree {
		a.TOS.Date, a.TOS.IP = number(s.now), text(orElse(f.IP, "127.0.0.1"))
	}
	a.Submitted = a.Submitted || f.Done
}

// outcomes are where onboarding can end.
var outcomes = []string{"active", "pending", "restricted", "rejected", "due", "future"}

// Onboard takes an account where onboarding can end: active, pending (the check
// still runs), restricted (a document is demanded), rejected, due (active,
// with a later demand in 14 days), or future (active, with a demand announced).
func (s *Server) Onboard(account, outcome string) (found *Account, err error) {
	outcome = orElse(outcome, "active")
	if !slices.Contains(outcomes, outcome) {
		return nil, invalid("", "outcome", "Invalid outcome: must be one of %s", strings.Join(outcomes, ", "))
	}
	err = s.do(func() error {
		a, ok := s.accounts.get(account)
		if !ok {
			return noAccess(account)
		}
		found = a
		return s.onboardTo(a, outcome)
	})
	return found, err
}

func (s *Server) onboardTo(a *Account, outcome string) error {
	before := s.snapshot(a)
	if len(a.Banks) == 0 {
		if _, err := s.addBank(a, testBank(a), true); err != nil {
			return err
		}
	}
	s.fillFromForm(a, OnboardingForm{Facts: testFacts(a), Agree: true, Done: true, ProductDescription: orElse(a.profile("product_description"), "A home to rent")})
	s.stop(timerCheck, a.ID)
	a.Rejected, a.Failures, a.Demands = "", nil, nil
	a.Check, a.Verified = "passed", true
	switch outcome {
	case "pending":
		a.Check, a.Verified = "pending", false // until onboarded again: no timer
	case "restricted":
		a.Check, a.Verified = "failed", false
		a.Failures = []failure{{RequirementError: RequirementError{Code: "verification_document_failed_other", Reason: "A document is needed.", Requirement: s.identity(a)}}}
	case "rejected":
		a.Rejected = "fraud"
	case "due":
		s.demand(a, s.identity(a), "payouts", s.demandTime())
	case "future":
		a.Demands = []Demand{{Requirement: s.identity(a), By: s.now + 30*day, Blocks: "payouts", Had: s.fact(a, s.identity(a)), Future: true}}
	}
	a.Told = s.told(a)
	s.changed(a, before)
	return nil
}

// testBank is the bank account that payouts reach in an account's country.
func testBank(a *Account) BankAccount {
	ba := BankAccount{Number: testBanks[0], Routing: usRouting, Country: a.Country, Currency: a.DefaultCurrency}
	if a.Country != "US" {
		ba.Number, ba.Routing = "AT611904300234573201", ""
	}
	return ba
}

// testFacts pass every check at once.
func testFacts(a *Account) map[string]string {
	who, facts := "individual.", map[string]string{}
	if a.isCompany() {
		who = "representative."
		for k, v := range map[string]string{"name": "Rosen Homes LLC", "phone": "0000000000", "tax_id": "000000000", "address.line1": "address_full_match", "address.city": "South San Francisco",
			"address.state": "CA", "address.postal_code": "94080", "owners_provided": "true", "directors_provided": "true", "executives_provided": "true"} {
			facts["company."+k] = v
		}
		facts["representative.relationship.title"] = "CEO"
	}
	for k, v := range map[string]string{"first_name": "Jenny", "last_name": "Rosen", "email": "jenny@example.com", "phone": "0000000000", "dob.day": "1", "dob.month": "1", "dob.year": "1902",
		"ssn_last_4": "0000", "address.line1": "address_full_match", "address.city": "South San Francisco", "address.state": "CA", "address.postal_code": "94080"} {
		facts[who+k] = v
	}
	return facts
}

// Deauthorize is the owner disconnecting from the platform.
func (s *Server) Deauthorize(account string) error {
	return s.do(func() error { return s.deauthorize(account) })
}

func (s *Server) deauthorize(account string) error {
	a, ok := s.accounts.get(account)
	if !ok || a.Disconnected {
		return noAccess(account)
	}
	a.Disconnected = true
	s.accounts.save(a)
	s.emitOn(a.ID, "account.application.deauthorized", s.application())
	return nil
}
